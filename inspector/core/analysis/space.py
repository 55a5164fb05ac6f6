"""Where the bytes go: tensors that share storages, and storage bytes that no tensor uses."""

from __future__ import annotations

from typing import NamedTuple

from inspector.core import text
from inspector.core.checkpoint import Checkpoint
from inspector.core.model import Path, Storage, Tensor, tensors
from inspector.core.summary import path_text

_WORTH_SHARING = 4096  # bytes
_MOST = 5  # names, and ties, that are listed one by one


class Shared(NamedTuple):
    """A storage that several tensors look at."""

    storage: Storage
    paths: tuple[Path, ...]
    tied: bool
    """True if all of them are the same view, as tied weights are; False for different parts."""


class Waste(NamedTuple):
    """A storage with bytes that no tensor looks at; saving a slice keeps the whole of it."""

    storage: Storage
    unused: int
    paths: tuple[Path, ...]


class Duplicates(NamedTuple):
    """Storages of the same size and checksum: very probably the same bytes."""

    storages: tuple[Storage, ...]

    @property
    def spare(self) -> int:
        """Bytes that one copy would save."""
        return sum(storage.nbytes for storage in self.storages[1:])


class Space(NamedTuple):
    """How tensors and storages of a checkpoint relate."""

    stored: int
    """Bytes of all storages."""
    shared: tuple[Shared, ...]
    wasted: tuple[Waste, ...]
    """The largest waste first."""
    duplicates: tuple[Duplicates, ...] = ()
    """Known only where the file carries checksums; the largest first."""

    @property
    def unused(self) -> int:
        """Bytes of storages that tensors look at, but not at these bytes."""
        return sum(waste.unused for waste in self.wasted)


def space_of(checkpoint: Checkpoint) -> Space:
    """Return what is shared and what is wasted; looks at the structure only."""
    stored = sum(storage.nbytes for storage in checkpoint.storages.values())
    if checkpoint.storages_alone:
        return Space(stored, (), (), _duplicates(checkpoint))
    users: dict[str, list[tuple[Path, Tensor]]] = {}
    for path, tensor in tensors(checkpoint.root):
        for part in (tensor, *(part for _, part in tensor.parts)):
            if part.storage is not None:
                users.setdefault(part.storage.key, []).append((path, part))
    shared, wasted = [], []
    for key, views in users.items():
        storage = checkpoint.storages[key]
        paths = tuple(dict.fromkeys(path for path, _ in views))
        if len(paths) > 1:
            first = _view(views[0][1])
            tied = all(_view(tensor) == first for _, tensor in views)
            shared.append(Shared(storage, paths, tied))
        unused = storage.nbytes - _covered([tensor.extent for _, tensor in views], storage.nbytes)
        if unused:
            wasted.append(Waste(storage, unused, paths))
    wasted.sort(key=lambda waste: -waste.unused)
    return Space(stored, tuple(shared), tuple(wasted), _duplicates(checkpoint))


def _duplicates(checkpoint: Checkpoint) -> tuple[Duplicates, ...]:
    """Return groups of storages of the same content, by the checksums that the file carries.

    Small storages are left out: counters and fresh biases are the same by nature.
    """
    groups: dict[tuple[int, int], list[Storage]] = {}
    for storage in checkpoint.storages.values():
        if storage.nbytes >= _WORTH_SHARING:
            checksum = checkpoint.checksum(storage)
            if checksum is not None:
                groups.setdefault((storage.nbytes, checksum), []).append(storage)
    found = [Duplicates(tuple(group)) for group in groups.values() if len(group) > 1]
    return tuple(sorted(found, key=lambda group: -group.spare))


def space_sentences(space: Space) -> list[str]:
    """Return what people should know about shared and unused storages, in sentences."""
    tied = [shared.paths for shared in space.shared if shared.tied][:_MOST]
    said = [f"One tensor under several names: {_listed(paths)}." for paths in tied]
    views = [shared for shared in space.shared if not shared.tied]
    if views:
        numbers = text.plural(sum(len(shared.paths) for shared in views), "tensor")
        said.append(f"{numbers} are parts of {text.plural(len(views), 'storage')}.")
    if space.unused:
        said.append(
            f"{text.size(space.unused)} of {text.size(space.stored)} in storages are used by no "
            f"tensor, most behind {text.printable(path_text(space.wasted[0].paths[0]), 100)}."
        )
    if space.duplicates:
        spare = sum(group.spare for group in space.duplicates)
        said.append(
            f"{text.size(spare)} are probably stored more than once: storages of the same size and "
            f"checksum, such as {' and '.join(_keys(space.duplicates[0]))}."
        )
    return said


def _keys(group: Duplicates) -> list[str]:
    return [text.printable(storage.key, 40) for storage in group.storages[:2]]


def _listed(paths: tuple[Path, ...]) -> str:
    names = [text.printable(path_text(path), 100) for path in paths[:_MOST]]
    more = f" and {len(paths) - _MOST} more" if len(paths) > _MOST else ""
    return ", ".join(names) + more


def _view(tensor: Tensor) -> tuple[object, ...]:
    return tensor.offset, tensor.shape, tensor.stride, tensor.dtype.name


def _covered(ranges: list[tuple[int, int]], size: int) -> int:
    """Return how many bytes of a storage lie in at least one of the ranges.

    A range is from the first to the last byte of a view: gaps inside a strided view count as used.
    """
    covered = end = 0
    for start, stop in sorted(ranges):
        start, stop = max(start, end), min(stop, size)
        if stop > start:
            covered += stop - start
            end = stop
    return covered
