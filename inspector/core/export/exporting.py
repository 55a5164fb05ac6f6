"""A plan becomes a file: streamed, synced, read again, compared, then put in its place."""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from inspector.core.checkpoint import Checkpoint
from inspector.core.errors import InspectorError
from inspector.core.export.ahead import ahead
from inspector.core.export.content import as_bytes
from inspector.core.export.plan import Content, Exported, Plan, PlannedFile
from inspector.core.export.replacement import (
    Part,
    Replacement,
    check_room,
    naming,
    refuse_sources,
    refuse_strange,
)
from inspector.core.export.targets import Targets, index_text, replaced_shards, targets_of
from inspector.core.export.verification import verify
from inspector.core.export.writers import Document, Writer, writer_named
from inspector.core.progress import Progress, part, silent

_OVERHEAD = 1024  # bytes that describe a tensor, at most
_WRITING = 0.6  # of the time; comparing takes the rest


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
        total = plan.nbytes or 1
        done = 0
        for number, file in enumerate(plan.files):
            share = part(progress, done / total, (done + file.nbytes) / total)
            made = replacement.open(number)
            hashes.append(_write(checkpoint, plan, file, writer, made, share))
            done += file.nbytes
        if targets.index_file is not None:
            _write_index(plan, targets, replacement.open(len(plan.files)))
        checkpoint.source.verify()
        progress(1.0, "Putting it in its place")
        stale = [targets.index_file] if targets.index_file is not None else []
        replacement.commit(first=stale, last=obsolete)
    paths = tuple(map(str, targets.every))
    nbytes = sum(Path(path).stat().st_size for path in paths)
    whole = hashes[0] if len(hashes) == 1 else _hash_of(hashes)
    return Exported(paths, nbytes, whole)


def _hash_of(hashes: list[str]) -> str:
    return hashlib.sha256("".join(hashes).encode()).hexdigest() if all(hashes) else ""


def _write(
    checkpoint: Checkpoint,
    plan: Plan,
    file: PlannedFile,
    writer: Writer,
    made: Part,
    progress: Progress,
) -> str:
    """Write and verify one file; return the hash of its content, if it is stamped."""
    stream = _Stream(checkpoint, file.contents, made, part(progress, 0.0, _WRITING), plan)
    try:
        writer.write(Document(file, plan.metadata), stream)
        stream.finish()
    finally:
        stream.close()
    # The disk is busy with the one, the processor with the other.
    with ThreadPoolExecutor(1, "export") as pool:
        synced = pool.submit(os.fsync, made.file.fileno())
        verify(checkpoint, str(made.path), file, writer.name, part(progress, _WRITING, 1.0))
        with naming(made.target):
            synced.result()
    return stream.content_hash


def _write_index(plan: Plan, targets: Targets, made: Part) -> None:
    text = index_text(plan, targets)
    with naming(made.target):
        made.file.write(text)
        made.file.flush()
        os.fsync(made.file.fileno())
        there = json.loads(made.path.read_bytes())
    if there != json.loads(text):
        raise InspectorError(f"{made.target} does not hold what was written to it.")


class _Block(NamedTuple):
    number: int
    data: bytes
    crc: int
    """Of the content up to and with this block."""


class _Stream:
    """The new file as writers see it."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        contents: tuple[Content, ...],
        made: Part,
        progress: Progress,
        plan: Plan,
    ) -> None:
        self._checkpoint = checkpoint
        self._contents = contents
        self._made = made
        self._progress = progress
        self._hash: Any = hashlib.sha256() if plan.recipe.stamp else None
        self._needs_crc = plan.recipe.format in ("torch-zip", "numpy")
        self._blocks = ahead(self._made_blocks(), lambda block: len(block.data))
        self._number = 0
        self._total = sum(content.storage.nbytes for content in contents) or 1
        self._done = 0
        self._patches: list[tuple[int, bytes]] = []
        self.position = 0

    @property
    def content_hash(self) -> str:
        """SHA-256 over the contents so far; empty if the recipe asks for none."""
        return self._hash.hexdigest() if self._hash is not None else ""

    def write(self, data: bytes) -> None:
        """Go on with these bytes."""
        with naming(self._made.target):
            self._made.file.write(data)
        self.position += len(data)

    def fill(self, content: Content, *, checksum: bool = False) -> int:
        """Go on with the bytes of the next storage, which must be this one."""
        assert content is self._contents[self._number], "contents are written in their order"
        left, crc = content.storage.nbytes, 0
        while left > 0:
            block = next(self._blocks)
            assert block.number == self._number, "a content has as many bytes as planned"
            self.write(block.data)
            left -= len(block.data)
            self._done += len(block.data)
            crc = block.crc
            self._progress(self._done / self._total, "Writing")
        assert left == 0, "a content has as many bytes as planned"
        self._number += 1
        return crc

    def patch(self, position: int, data: bytes) -> None:
        """Replace bytes that were written before, at the end: every seek empties the buffer."""
        self._patches.append((position, data))

    def finish(self) -> None:
        """Write what is still to be written."""
        with naming(self._made.target):
            file = self._made.file
            for position, data in sorted(self._patches):
                file.seek(position)
                file.write(data)
            file.flush()

    def close(self) -> None:
        """Stop reading ahead."""
        self._blocks.close()  # type: ignore[attr-defined]

    def _made_blocks(self) -> Iterator[_Block]:
        """Yield the blocks of all contents; runs ahead of what is written."""
        for number, content in enumerate(self._contents):
            crc = 0
            for data in as_bytes(self._checkpoint, content.view, content.dtype):
                if self._needs_crc:
                    crc = zlib.crc32(data, crc)
                if self._hash is not None:
                    self._hash.update(data)
                yield _Block(number, data, crc)
