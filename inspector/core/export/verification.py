"""A new file is opened as any other and held against the checkpoint that it was made from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from inspector.core.checkpoint import Checkpoint
from inspector.core.errors import InspectorError
from inspector.core.export.ahead import ahead
from inspector.core.export.content import as_bytes
from inspector.core.export.plan import Content, PlannedFile
from inspector.core.export.writers import UNKNOWN_HASH
from inspector.core.formats import open_checkpoint
from inspector.core.formats.numpy_files import header_of
from inspector.core.model import Node, Storage, Tensor, tensors
from inspector.core.progress import Progress
from inspector.core.sources import Source, ZipIndex, open_source


class NotAsPlanned(InspectorError):
    """What was written is not what was meant; a mistake of this program, or of the disk."""


def verify(
    checkpoint: Checkpoint, path: str, file: PlannedFile, format_name: str, progress: Progress
) -> None:
    """Compare names, shapes, dtypes, ties, values and every byte; raises NotAsPlanned."""
    if format_name == "numpy":
        _verify_arrays(checkpoint, path, file, progress)
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
        found = _located(written, file)
        _compare_contents(checkpoint, file.contents, found, progress)


def _located(written: Checkpoint, file: PlannedFile) -> list[tuple[Source, int]]:
    """Return where the new file has each content."""
    if written.format != "safetensors":
        return [written.locate(written.storages[c.storage.key]) for c in file.contents]
    names = {node.value.storage.key: node.key for node in file.root.children}
    return [written.locate(written.storages[names[c.storage.key]]) for c in file.contents]


def _compare_contents(
    checkpoint: Checkpoint,
    contents: Iterable[Content],
    places: Iterable[tuple[Source, int]],
    progress: Progress,
) -> None:
    contents, places = tuple(contents), tuple(places)
    total = sum(content.storage.nbytes for content in contents) or 1
    done, last, position = 0, -1, 0
    for number, block in ahead(_wanted(checkpoint, contents), lambda item: len(item[1])):
        source, start = places[number]
        position = position if number == last else 0
        last = number
        if source.read_at(start + position, len(block)) != block:
            raise NotAsPlanned(
                f"The new file does not hold what was written to it, at byte {start + position} "
                f"of {source.uri}.",
                "Try again on another disk.",
            )
        position += len(block)
        done += len(block)
        progress(done / total, "Comparing")


def _wanted(checkpoint: Checkpoint, contents: Sequence[Content]) -> Iterator[tuple[int, bytes]]:
    for number, content in enumerate(contents):
        for block in as_bytes(checkpoint, content.view, content.dtype):
            yield number, block


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


def _verify_arrays(
    checkpoint: Checkpoint, path: str, file: PlannedFile, progress: Progress
) -> None:
    source = open_source(path)
    try:
        index = ZipIndex.read_directory(source)
        places = []
        names = {node.value.storage.key: node for node in file.root.children}
        for content in file.contents:
            node = names[content.storage.key]
            member = index.open(f"{node.key}.npy")
            header = header_of(member)
            tensor = node.value
            if header.shape != tensor.shape or header.dtype != tensor.dtype.name:
                raise NotAsPlanned(f"The new file does not describe {node.key!r} so.")
            places.append((member, header.end))
        _compare_contents(checkpoint, file.contents, places, progress)
    finally:
        source.close()
