"""`torch.save` before 0.1.10: a tar archive of `storages`, `tensors` and `pickle`.

torch/serialization.py, `legacy_load`, still reads it. `storages`: the pickle of a count, then for
each storage the pickle of `(key, location, type)`, the number of elements (8 bytes) and the
elements; then the pickle of views, a list of `(key, root key, offset, numel)`. `tensors`: the
pickle of a count, then for each tensor the pickle of `(key, storage key, type)`, the number of
dimensions (4 bytes and 4 of padding), sizes, strides and the offset (8 bytes each). `pickle`
refers to both by their keys, and to classes by `(class, file, source text)`.
"""

from __future__ import annotations

import struct
from typing import Any

from inspector.core.errors import Damaged, SourceError
from inspector.core.formats.base import Reader, Structure, Subject
from inspector.core.formats.pickling.standins import Global, Instance, TypedStorage
from inspector.core.formats.pickling.storages import StorageTable
from inspector.core.formats.torch_pickle import PickleRun, make_tree, run_pickle
from inspector.core.model import Finding, Storage, Tensor
from inspector.core.progress import Progress, part
from inspector.core.sources import Section, Source, read_exactly

_MEMBERS = frozenset({"storages", "tensors", "pickle"})
_SMALL = 1 << 16  # bytes that the pickle in front of a storage or tensor takes at most
_MAX_NUMBER = 1 << 56
_MAX_DIMENSIONS = 64
_COUNT = struct.Struct("<q")
_DIMENSIONS = struct.Struct("<i4x")


class _TarObjects(StorageTable):
    """Storages and tensors by their keys, as the main pickle refers to them."""

    def __init__(self, prefix: str) -> None:
        super().__init__(prefix)
        self.objects: dict[int, TypedStorage | Tensor] = {}
        self.offsets: dict[str, tuple[Source, int]] = {}
        self.texts: dict[str, str] = {}

    def persistent_load(self, persistent_id: Any) -> Any:
        """Return the storage or tensor of a key, or the class of `(class, file, text)`."""
        if type(persistent_id) is tuple and persistent_id:
            cls, _, text = (*persistent_id, None, None)[:3]
            if type(cls) is Global and type(text) is str:
                self.texts[cls.text] = text
            return cls
        found = self.objects.get(_key(persistent_id))
        if found is None:
            return Instance(Global("pickle", "persistent_id"), (persistent_id,))
        return found

    def read_storages(self, source: Source) -> None:
        """Note where the elements of each storage are; raises Damaged."""
        count, position = _count(source)
        for _ in range(count):
            run = _small_pickle(source, position)
            key, location, cls = _triple(run, source)
            if type(cls) is not Global:
                raise _damaged(source)
            dtype = self.dtype(cls)
            numel = _COUNT.unpack(read_exactly(source, run.position, 8, "a storage's size"))[0]
            if not 0 <= numel < _MAX_NUMBER or type(location) not in (str, bytes):
                raise _damaged(source)
            if type(location) is bytes:
                location = location.decode("utf-8", "replace")
            storage = self.storage(dtype, str(key), location, numel)
            self.offsets[storage.key] = source, run.position + 8
            self.objects[key] = TypedStorage(storage, dtype)
            position = run.position + 8 + storage.nbytes
        views = _small_pickle(source, position).value
        for view in views if type(views) is list else ():
            target, root, offset, _ = _numbers(view, 4, source)
            typed = self.objects.get(root)
            if not isinstance(typed, TypedStorage):
                raise _damaged(source)
            self.objects[target] = typed._replace(base=typed.base + offset)

    def read_tensors(self, source: Source) -> None:
        """Describe each tensor; raises Damaged."""
        count, position = _count(source)
        for _ in range(count):
            run = _small_pickle(source, position)
            key, storage_key, _ = _triple(run, source)
            position = run.position + _DIMENSIONS.size
            head = read_exactly(source, run.position, _DIMENSIONS.size, "a tensor")
            dimensions = _DIMENSIONS.unpack(head)[0]
            typed = self.objects.get(_key(storage_key))
            if not 0 <= dimensions <= _MAX_DIMENSIONS or not isinstance(typed, TypedStorage):
                raise _damaged(source)
            length = 8 * (2 * dimensions + 1)
            numbers = struct.unpack(
                f"<{2 * dimensions + 1}q", read_exactly(source, position, length, "a tensor")
            )
            position += length
            shape, stride = numbers[:dimensions], numbers[dimensions:-1]
            if min((*shape, numbers[-1])) < 0:
                raise _damaged(source)
            offset = typed.base + numbers[-1]
            self.objects[key] = Tensor(typed.dtype, shape, stride, offset, typed.storage)


def _accepts(subject: Subject) -> bool:
    return subject.tar is not None and subject.tar.members.keys() >= _MEMBERS


def _read(subject: Subject, progress: Progress) -> Structure:
    progress(0.0, "Reading the structure")
    index = subject.tar
    assert index is not None
    table = _TarObjects(subject.prefix)
    findings: list[Finding] = []
    try:
        table.read_storages(index.open("storages"))
        table.read_tensors(index.open("tensors"))
    except (Damaged, SourceError) as error:
        # The main pickle still shows the structure.
        findings.append(Finding("damaged-tensors", "error", str(error), subject.path))
    run = run_pickle(index.open("pickle"), 0, table, part(progress, 0.2, 0.9))
    tree, odd = make_tree(run, subject.path)

    def locate(storage: Storage) -> tuple[Source, int]:
        return table.offsets[storage.key]

    return Structure(
        "torch-tar",
        "torch tar",
        tree,
        table.storages,
        locate,
        (*findings, *odd),
        table.texts,
        run.demands,
        arrays=run.arrays,
    )


def _count(source: Source) -> tuple[int, int]:
    run = _small_pickle(source, 0)
    if type(run.value) is not int or run.value < 0:
        raise _damaged(source)
    return run.value, run.position


def _small_pickle(source: Source, position: int) -> PickleRun:
    """Run the pickle at a position of which not much is read at a time."""
    run = run_pickle(Section(source, position, _SMALL))
    return run._replace(position=position + run.position)


def _triple(run: PickleRun, source: Source) -> tuple[int, Any, Any]:
    value = run.value
    if type(value) is not tuple or len(value) != 3 or _key(value[0]) < 0:
        raise _damaged(source)
    return _key(value[0]), value[1], value[2]


def _numbers(value: Any, length: int, source: Source) -> tuple[int, ...]:
    if type(value) is not tuple or len(value) != length:
        raise _damaged(source)
    if not all(type(number) is int and abs(number) < 1 << 64 for number in value):
        raise _damaged(source)
    return value


def _key(value: Any) -> int:
    """Return the key that an id spells, an address of then: an integer, or its digits."""
    if type(value) is int and 0 <= value < 1 << 64:
        return value
    return int(value) if type(value) is str and value.isdecimal() and len(value) < 25 else -1


def _damaged(source: Source) -> Damaged:
    return Damaged(
        f"{source.uri} does not describe its content as torch's tar format demands.",
        "Copy or download the file again.",
    )


READER = Reader("torch-tar", "torch.save before 0.1.10 (tar)", (".pt", ".pth"), _accepts, _read)
