"""A plan becomes a file: streamed, synced, opened, compared, then put in its place."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from inspector.core.checkpoint import Checkpoint
from inspector.core.errors import InspectorError
from inspector.core.export.content import is_copied
from inspector.core.export.ledger import Ledger
from inspector.core.export.plan import Exported, Plan, PlannedFile
from inspector.core.export.refusals import check_room, naming, refuse_sources, refuse_strange
from inspector.core.export.replacement import Part, Replacement
from inspector.core.export.stream import Stream
from inspector.core.export.targets import Targets, index_text, replaced_shards, targets_of
from inspector.core.export.verification import verify
from inspector.core.export.writers import Document, Sums, Writer, writer_named
from inspector.core.model import Finding
from inspector.core.progress import Progress, part, silent
from inspector.core.text import plural, printable

_OVERHEAD = 1024  # bytes that describe a tensor, at most
_MANY = 5  # names that are listed
_WRITING = 0.7  # of the time; reading the new file again is faster


def export(
    checkpoint: Checkpoint,
    plan: Plan,
    target: str,
    *,
    overwrite: bool = False,
    sources: Iterable[str] = (),
    progress: Progress = silent,
) -> Exported:
    """Write what a plan says to `target`; the file is complete and verified, or not there.

    `sources` names other files that must not be written. Raises InspectorError and Cancelled.
    """
    if not plan.possible:
        errors = [finding.message for finding in plan.findings if finding.severity == "error"]
        raise InspectorError(errors[0])
    targets = targets_of(plan, target)
    read = (checkpoint.source.uri, *sources)
    refuse_sources(targets.every, read)
    refuse_strange(targets.every, overwrite=overwrite)
    sizes = [file.nbytes + _OVERHEAD * (len(file.contents) + 64) for file in plan.files]
    check_room(targets.every, sizes if targets.index_file is None else [*sizes, 1 << 20])
    obsolete = replaced_shards(targets)
    refuse_sources(obsolete, read)
    writer = writer_named(plan.recipe.format)
    with Replacement(targets.every) as replacement:
        hashes = []
        findings: list[Finding] = []
        total = plan.nbytes or 1
        done = 0
        for number, file in enumerate(plan.files):
            share = part(progress, done / total, (done + file.nbytes) / total)
            made = replacement.open(number)
            sums = _write(checkpoint, plan, file, writer, made, share)
            hashes.append(sums.content_hash)
            findings += _damage(checkpoint, file, sums)
            done += file.nbytes
        if targets.index_file is not None:
            _write_index(plan, targets, replacement.open(len(plan.files)))
        checkpoint.source.verify()
        progress(1.0, "Putting it in its place")
        replacement.commit(obsolete)
    paths = tuple(map(str, targets.every))
    nbytes = sum(Path(path).stat().st_size for path in paths)
    whole = hashes[0] if len(hashes) == 1 else _hash_of(hashes)
    return Exported(paths, nbytes, whole, tuple(findings))


def _damage(checkpoint: Checkpoint, file: PlannedFile, sums: Sums) -> list[Finding]:
    """Return the storages that went over whole and are not what their file's checksums say."""
    wrong = []
    for content, crc in zip(file.contents, sums.crcs, strict=True):
        view = content.view
        whole = view.storage is not None and view.nbytes == view.storage.nbytes
        if whole and is_copied(checkpoint, view, content.dtype):
            assert view.storage is not None
            stated = checkpoint.checksum(view.storage)
            if stated is not None and stated != crc:
                wrong.append(view.storage.key)
    if not wrong:
        return []
    names = ", ".join(printable(key, 40) for key in wrong[:_MANY])
    many = "does not have its checksum" if len(wrong) == 1 else "do not have their checksums"
    message = (
        f"{plural(len(wrong), 'storage')} of the source {many}, so that values have "
        f"changed since it was saved: {names}. They were exported as they are."
    )
    return [Finding("source-damaged", "error", message)]


def _hash_of(hashes: list[str]) -> str:
    return hashlib.sha256("".join(hashes).encode()).hexdigest() if all(hashes) else ""


def _write(
    checkpoint: Checkpoint,
    plan: Plan,
    file: PlannedFile,
    writer: Writer,
    new: Part,
    progress: Progress,
) -> Sums:
    """Write and verify one file; return what its content adds up to."""
    ledger = Ledger(new.file.fileno(), len(file.contents), stamp=plan.recipe.stamp)
    stream = Stream(checkpoint, file.contents, new, ledger, part(progress, 0.0, _WRITING))
    try:
        finish = writer.write(Document(file, plan.metadata), stream)
        stream.flush()
        with naming(new.target):
            sums = ledger.result()
        finish(sums)
        stream.flush()
        stream.sync()
    finally:
        stream.close()
        ledger.close()
    verify(str(new.path), file, writer.name, ledger.parts, part(progress, _WRITING, 1.0))
    return sums


def _write_index(plan: Plan, targets: Targets, made: Part) -> None:
    text = index_text(plan, targets)
    with naming(made.target):
        made.file.write(text)
        made.file.flush()
        os.fsync(made.file.fileno())
        there = json.loads(made.path.read_bytes())
    if there != json.loads(text):
        raise InspectorError(f"{made.target} does not hold what was written to it.")
