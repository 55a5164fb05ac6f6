"""The same values stored more than once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any

from inspector.core.analysis.health.base import Health, ScanRow, Whole
from inspector.core.arrays import Block, blocks_of, distinct_view
from inspector.core.checkpoint import Checkpoint
from inspector.core.errors import InspectorError
from inspector.core.model import Finding, Tensor
from inspector.core.sources import innermost, read_exactly
from inspector.core.summary import path_text
from inspector.core.text import printable, size

_SMALLEST = 4096  # bytes: counters and small biases are the same by nature


def _duplicates(whole: Whole) -> Iterator[Finding]:
    groups = list(_candidates(whole.checkpoint, whole.report.between(whole.rows)))
    tasks: list[tuple[int, tuple[int, int, Block]]] = []
    members = [row for group in groups for row in group]
    for number, row in enumerate(members):
        for place, block in enumerate(_blocks(whole.checkpoint, row.tensor)):
            tasks.append((block.nbytes, (number, place, block)))
    total = sum(cost for cost, _ in tasks)
    digests: dict[int, dict[int, bytes]] = {}
    for number, place, digest in whole.engine.run(
        digest_of, tasks, total, whole.report, "Comparing values"
    ):
        digests.setdefault(number, {})[place] = digest
    same: dict[Any, list[ScanRow]] = {}
    for number, found in digests.items():
        if b"" not in found.values():
            row = members[number]
            content = tuple(found[place] for place in sorted(found))
            key = (*_arrangement(row.tensor), content)
            same.setdefault(key, []).append(row)
    order = {row.path: number for number, row in enumerate(whole.rows)}
    for group in same.values():
        first, *others = sorted(group, key=lambda row: order[row.path])
        for row in others:
            message = (
                f"The same values as {printable(path_text(first.path), 120)}, stored once more: "
                f"{size(row.tensor.nbytes)}."
            )
            yield Finding("duplicate", "info", message, row.path)


def _candidates(checkpoint: Checkpoint, rows: Iterable[ScanRow]) -> Iterator[list[ScanRow]]:
    """Yield tensors that look the same from afar, each view once."""
    groups: dict[Any, dict[Any, ScanRow]] = {}
    for row in rows:
        found, tensor = row.statistics, row.tensor
        if found is None or tensor.nbytes < _SMALLEST or tensor.storage is None:
            continue
        if found.min == found.max or not _is_solid(tensor):
            continue
        alike = (*_arrangement(tensor), found[:8])  # what does not depend on rounding
        view = (tensor.storage.key, tensor.offset)
        groups.setdefault(alike, {}).setdefault(view, row)
    for views in groups.values():
        if len(views) > 1:
            yield from _same_checksums(checkpoint, list(views.values()))


def _arrangement(tensor: Tensor) -> tuple[Any, ...]:
    """Return what two tensors have in common if the same bytes are the same values."""
    stride = () if tensor.contiguous else tensor.stride
    return tensor.dtype.name, tensor.shape, stride


def _is_solid(tensor: Tensor) -> bool:
    """True if its elements lie in one run of bytes, in whatever order (channels last)."""
    view = distinct_view(tensor)
    return view is not None and view.solid


def _same_checksums(checkpoint: Checkpoint, rows: list[ScanRow]) -> Iterator[list[ScanRow]]:
    """Split a group by checksums where all of them are those of whole tensors."""
    by_checksum: dict[int | None, list[ScanRow]] = {}
    for row in rows:
        storage = row.tensor.storage
        assert storage is not None
        whole = storage.nbytes == row.tensor.nbytes
        by_checksum.setdefault(checkpoint.checksum(storage) if whole else None, []).append(row)
    if None in by_checksum:
        yield rows
        return
    yield from (group for group in by_checksum.values() if len(group) > 1)


def _blocks(checkpoint: Checkpoint, tensor: Tensor) -> Iterator[Block]:
    assert tensor.storage is not None
    try:
        source, offset = innermost(*checkpoint.locate(tensor.storage))
        yield from blocks_of(tensor, source, offset)
    except InspectorError:
        return  # it could be read a moment ago


def digest_of(task: tuple[int, int, Block]) -> tuple[int, int, bytes]:
    """Worker: return a digest of the bytes of a block; empty if they cannot be read any more."""
    number, place, block = task
    try:
        data = read_exactly(block.source, block.start, block.nbytes, "a tensor")
    except InspectorError:
        return number, place, b""
    return number, place, blake2b(data, digest_size=32).digest()


DUPLICATES = Health(
    "duplicate",
    "The same bytes under two names, not tied: torch.save writes tensors that share a storage "
    "once. An average (EMA) that was never updated looks like that, too.",
    across=_duplicates,
)
