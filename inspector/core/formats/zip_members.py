"""A zip archive of other files: those that are checkpoints open as trees under their names.

stable-baselines3 (`policy.pth`, `data`, …), TorchServe's `.mar`, a checkpoint that somebody put
into a zip, several at once. Only the archive's directory and the members' first bytes decide.
"""

from __future__ import annotations

from inspector.core.errors import UnknownFormat
from inspector.core.formats.base import Reader, Structure, Subject
from inspector.core.formats.foreign import identify_archive
from inspector.core.formats.members import Assembly
from inspector.core.formats.torch_archive import archive_findings
from inspector.core.progress import Progress


def _accepts(subject: Subject) -> bool:
    return subject.zip is not None


def _read(subject: Subject, progress: Progress) -> Structure:
    index = subject.zip
    assert index is not None
    whole = Assembly(subject)
    whole.findings += archive_findings(index, subject.path)
    names = [name for name in index.members if not name.endswith("/")]
    nodes = whole.members(names, index.open, progress)
    if not whole.checkpoints:
        foreign = identify_archive("zip", names)
        raise UnknownFormat(f"{index.uri} is {foreign.what}.", foreign.hint)
    return whole.structure("zip", "zip archive", nodes)


READER = Reader("zip", "zip archive of checkpoints", (".zip", ".mar"), _accepts, _read)
