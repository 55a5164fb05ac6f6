"""A tar archive of other files, such as NeMo's `.nemo`: checkpoints open under their names.

`.pth.tar` files are hardly ever tar archives: people name what torch.save wrote so.
"""

from __future__ import annotations

from inspector.core.errors import UnknownFormat
from inspector.core.formats.base import Reader, Structure, Subject
from inspector.core.formats.foreign import identify_archive
from inspector.core.formats.members import Assembly
from inspector.core.model import Finding
from inspector.core.progress import Progress


def _accepts(subject: Subject) -> bool:
    return subject.tar is not None


def _read(subject: Subject, progress: Progress) -> Structure:
    index = subject.tar
    assert index is not None
    whole = Assembly(subject)
    nodes = whole.members(index.members, index.open, progress)
    if not whole.checkpoints:
        foreign = identify_archive("tar", list(index.members))
        raise UnknownFormat(f"{subject.source.uri} is {foreign.what}.", foreign.hint)
    if index.cut_off:
        message = "The tar archive ends in the middle: members are missing or cut off."
        whole.findings.append(Finding("truncated", "error", message, subject.path))
    return whole.structure("tar", "tar archive", nodes)


READER = Reader("tar", "tar archive of checkpoints", (".tar", ".nemo", ".tar.gz"), _accepts, _read)
