"""A new file is opened as any other and held against the checkpoint that it was made from."""

from __future__ import annotations

import hashlib
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

from inspector.core.checkpoint import Checkpoint
from inspector.core.errors import InspectorError
from inspector.core.export.checksums import joined_crc
from inspector.core.export.plan import PlannedFile
from inspector.core.export.transfer import carry
from inspector.core.export.writers import UNKNOWN_HASH, Sums
from inspector.core.formats import open_checkpoint
from inspector.core.formats.numpy_files import header_of
from inspector.core.model import Node, Storage, Tensor, tensors
from inspector.core.sources import Source, ZipIndex, innermost, open_source

_THREADS = 3  # one of them waits for the disk, or for the others of the system


class NotAsPlanned(InspectorError):
    """What was written is not what was meant; a mistake of this program, or of the disk."""


class Bytes(NamedTuple):
    """Some bytes of a content that were made here, and where they were written."""

    number: int
    position: int
    data: bytes


class Comparison:
    """Reads what was written again while more is written, and adds up checksums.

    What is copied unchanged is copied here as well, so that it is in the processor only once.
    """

    def __init__(
        self, path: str, descriptor: int, contents: int, *, needs_crc: bool, stamp: bool
    ) -> None:
        self._source = open_source(path)
        self._descriptor = descriptor
        self._crcs = [0] * contents
        self._needs_crc = needs_crc
        self._hash: Any = hashlib.sha256() if stamp else None
        # A hash goes from the first byte to the last, a checksum is put together from parts.
        self._pool = ThreadPoolExecutor(1 if stamp else _THREADS, "export")
        self._waiting: deque[Future[list[_Part]]] = deque()

    def carry(self, number: int, origin: int, start: int, position: int, length: int) -> None:
        """Have a range of another file copied, and read again."""
        self._submit(self._carry, number, origin, start, position, length)

    def written(self, blocks: list[Bytes]) -> None:
        """Have bytes compared with those that were written."""
        self._submit(self._compare_bytes, blocks)

    def result(self) -> Sums:
        """Wait for all comparisons; raises NotAsPlanned, and OSError of the new file."""
        while self._waiting:
            self._take()
        return Sums(tuple(self._crcs), self._hash.hexdigest() if self._hash is not None else "")

    def close(self) -> None:
        """Stop at once."""
        for future in self._waiting:
            future.cancel()
        self._pool.shutdown()
        self._source.close()

    def _submit(self, work: Callable[..., list[_Part]], *arguments: Any) -> None:
        while len(self._waiting) > _THREADS:
            self._take()
        self._waiting.append(self._pool.submit(work, *arguments))

    def _take(self) -> None:
        for number, nbytes, crc in self._waiting.popleft().result():
            self._crcs[number] = joined_crc(self._crcs[number], crc, nbytes)

    def _carry(
        self, number: int, origin: int, start: int, position: int, length: int
    ) -> list[_Part]:
        crc = 0

        def see(data: memoryview) -> None:
            nonlocal crc
            if self._needs_crc:
                crc = zlib.crc32(data, crc)
            if self._hash is not None:
                self._hash.update(data)

        if not carry(origin, start, self._descriptor, position, length, see):
            raise _not_written(position)
        return [(number, length, crc)]

    def _compare_bytes(self, blocks: list[Bytes]) -> list[_Part]:
        found = []
        for number, position, data in blocks:
            if self._source.read_at(position, len(data)) != data:
                raise _not_written(position)
            if self._hash is not None:
                self._hash.update(data)
            found.append((number, len(data), zlib.crc32(data) if self._needs_crc else 0))
        return found


_Part = tuple[int, int, int]
"""Number of the content, length and CRC-32 of a part of it."""


def _not_written(position: int) -> NotAsPlanned:
    return NotAsPlanned(
        f"The new file does not hold what was written to it, near byte {position}.",
        "The disk, or the memory of this machine, may be damaged; try another disk.",
    )


def verify_structure(
    path: str, file: PlannedFile, format_name: str, positions: Sequence[int]
) -> None:
    """Open a new file with its reader: names, shapes, dtypes and ties, and where every byte is.

    Raises NotAsPlanned.
    """
    if format_name == "numpy":
        _verify_arrays(path, file, positions)
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
        _compare_places(_located(written, file), file, positions)


def _located(written: Checkpoint, file: PlannedFile) -> Iterator[tuple[Source, int]]:
    """Yield where the reader finds each content."""
    names = {}
    if written.format == "safetensors":
        names = {node.value.storage.key: node.key for node in file.root.children}
    for content in file.contents:
        key = content.storage.key
        yield written.locate(written.storages[names.get(key, key)])


def _compare_places(
    places: Iterable[tuple[Source, int]], file: PlannedFile, positions: Sequence[int]
) -> None:
    for content, place, position in zip(file.contents, places, positions, strict=True):
        if content.storage.nbytes and innermost(*place)[1] != position:
            raise NotAsPlanned(f"The new file has storage {content.storage.key!r} elsewhere.")


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
                if str(one.key) != str(other.key):
                    raise NotAsPlanned(f"The new file has {one.key!r} for {other.key!r}.")
                stack.append((one, other))


def _verify_arrays(path: str, file: PlannedFile, positions: Sequence[int]) -> None:
    source = open_source(path)
    try:
        index = ZipIndex.read_directory(source)
        places = []
        names = {node.value.storage.key: node for node in file.root.children}
        for content in file.contents:
            node = names[content.storage.key]
            member = index.open(f"{node.key}.npy")
            header = header_of(member)
            if header.shape != node.value.shape or header.dtype != node.value.dtype.name:
                raise NotAsPlanned(f"The new file does not describe {node.key!r} so.")
            places.append((member, header.end))
        _compare_places(places, file, positions)
    finally:
        source.close()
