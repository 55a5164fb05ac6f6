"""A new file that the disk has is opened as any other, and held against what was to be in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from inspector.core.checkpoint import Checkpoint
from inspector.core.errors import InspectorError
from inspector.core.export.ledger import Written
from inspector.core.export.plan import PlannedFile
from inspector.core.export.segments import side_by_side
from inspector.core.export.transfer import crc_of
from inspector.core.export.writers import UNKNOWN_HASH
from inspector.core.formats import open_checkpoint
from inspector.core.formats.numpy_files import header_of
from inspector.core.model import Node, Storage, Tensor, tensors
from inspector.core.progress import Progress
from inspector.core.sources import Source, ZipIndex, innermost, open_source

_BATCH = 32 << 20  # bytes that one thread reads at a time


class NotAsPlanned(InspectorError):
    """What was written is not what was meant; a mistake of this program, or of the disk."""


class _Run(NamedTuple):
    """Bytes that the reader takes for a part of a content."""

    source: Source
    start: int
    part: Written


def verify(
    path: str, file: PlannedFile, format_name: str, parts: Sequence[Written], progress: Progress
) -> None:
    """Open a new file with its reader; compare names, shapes, dtypes, ties, and every byte.

    Raises NotAsPlanned and Cancelled.
    """
    if format_name == "numpy":
        _verify_arrays(path, file, parts, progress)
        return
    with open_checkpoint(path) as written:
        grave = [finding for finding in written.findings if finding.severity == "error"]
        if grave or written.format != format_name:
            said = grave[0].message if grave else f"It is read as {written.format}."
            raise NotAsPlanned(f"The new file is damaged: {said}")
        if format_name == "safetensors":
            _compare_tensors(written.root, file.root)
        else:
            _compare(written.root, file.root)
        _compare_bytes(_located(written, file), file, parts, progress)


def _located(written: Checkpoint, file: PlannedFile) -> Iterator[tuple[Source, int]]:
    """Yield where the reader finds each content."""
    names = {}
    if written.format == "safetensors":
        names = {node.value.storage.key: node.key for node in file.root.children}
    for content in file.contents:
        key = content.storage.key
        yield written.locate(written.storages[names.get(key, key)])


def _compare_bytes(
    places: Iterable[tuple[Source, int]],
    file: PlannedFile,
    parts: Sequence[Written],
    progress: Progress,
) -> None:
    """Read all contents where the reader finds them, and hold them against what went in."""
    total, done = file.nbytes or 1, 0
    batches = list(_batches(_runs(places, file, parts)))
    # From the end: of what does not fit into memory, that is what is still there.
    batches.reverse()
    for nbytes in side_by_side(_check, batches, alone=total < _BATCH):
        done += nbytes
        progress(done / total, "Comparing")
    if done != file.nbytes:
        raise NotAsPlanned("Not all of the new file was counted.")


def _runs(
    places: Iterable[tuple[Source, int]], file: PlannedFile, parts: Sequence[Written]
) -> Iterator[_Run]:
    following = iter(parts)
    for number, (content, place) in enumerate(zip(file.contents, places, strict=True)):
        source, start = innermost(*place)
        end = start + content.storage.nbytes
        while start < end:
            part = next(following, None)
            if part is None or part.number != number or part.nbytes > end - start:
                raise NotAsPlanned(f"Storage {content.storage.key!r} is not as it was counted.")
            yield _Run(source, start, part)
            start += part.nbytes


def _batches(runs: Iterable[_Run]) -> Iterator[list[_Run]]:
    batch: list[_Run] = []
    nbytes = 0
    for run in runs:
        batch.append(run)
        nbytes += run.part.nbytes
        if nbytes >= _BATCH:
            yield batch
            batch, nbytes = [], 0
    if batch:
        yield batch


def _check(runs: list[_Run]) -> int:
    for source, start, part in runs:
        if crc_of(source, start, part.nbytes) != part.crc:
            raise NotAsPlanned(
                f"The new file does not hold what was written to it, near byte {start}.",
                "The disk, or the memory of this machine, may be damaged; try another disk.",
            )
    return sum(run.part.nbytes for run in runs)


def _compare_tensors(written: Node, planned: Node) -> None:
    """Compare the tensors of a format that gives every one its own storage."""
    found = {path: _detached(tensor) for path, tensor in tensors(written)}
    wanted = {path: _detached(tensor) for path, tensor in tensors(planned)}
    if found != wanted:
        names = [path for path in wanted if found.get(path) != wanted[path]]
        raise NotAsPlanned(f"The new file does not describe {names[:1] or 'its tensors'} so.")


def _detached(tensor: Tensor) -> Tensor:
    storage = tensor.storage
    return tensor._replace(storage=storage and Storage("", "cpu", storage.nbytes))


def _compare(written: Node, planned: Node) -> None:
    """Compare two trees, node by node."""
    stack = [(written, planned)]
    while stack:
        here, wanted = stack.pop()
        same = here.kind == wanted.kind and len(here.children) >= len(wanted.children)
        if same and here.kind == "tensor":
            same = here.value == wanted.value
        elif same and here.kind == "value":
            same = repr(here.value) == repr(wanted.value) or wanted.value == UNKNOWN_HASH
        if not same:
            raise NotAsPlanned(f"The new file is not as planned at {wanted.key!r}.")
        if here.kind != "tensor":
            for one, other in zip(here.children, wanted.children, strict=True):
                # Of a list from which tensors were left out, the reader counts anew.
                if wanted.kind != "sequence" and str(one.key) != str(other.key):
                    raise NotAsPlanned(f"The new file has {one.key!r} for {other.key!r}.")
                stack.append((one, other))


def _verify_arrays(
    path: str, file: PlannedFile, parts: Sequence[Written], progress: Progress
) -> None:
    source = open_source(path)
    try:
        index = ZipIndex.read_directory(source)
        places: list[tuple[Source, int]] = []
        names = {node.value.storage.key: node for node in file.root.children}
        for content in file.contents:
            node = names[content.storage.key]
            member = index.open(f"{node.key}.npy")
            header = header_of(member)
            if header.shape != node.value.shape or header.type.dtype != node.value.dtype:
                raise NotAsPlanned(f"The new file does not describe {node.key!r} so.")
            places.append((member, header.end))
        _compare_bytes(places, file, parts, progress)
    finally:
        source.close()
