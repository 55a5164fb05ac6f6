"""The storages that a torch pickle refers to by persistent id."""

from __future__ import annotations

from itertools import repeat
from typing import Any

from inspector.core.formats.pickling.standins import Global, Instance, TypedStorage
from inspector.core.model import DTYPES, DType, Finding, Path, Storage, dtype_named
from inspector.core.text import printable

_BY_CLASS = {row.storage_class: row for row in DTYPES if row.storage_class}
_UNTYPED = dtype_named("uint8")  # `UntypedStorage` counts bytes
_MANY = 5  # keys that a finding lists
_MAX_ELEMENTS = 1 << 56


class StorageTable:
    """Turns persistent ids into storages, each made once.

    The id is `('storage', class, key, location, numel)`, in legacy streams with view metadata
    `(view_key, offset, numel)` or None at the end: torch/serialization.py, `_save`, `_legacy_save`.
    """

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.storages: dict[str, Storage] = {}
        self.conflicts: list[str] = []
        """Keys that the pickle gives two different sizes or devices."""
        self._dtypes: dict[Global, DType] = {}

    def persistent_load(self, persistent_id: Any) -> Any:
        """Return the storage that an id names; what is no such id stays inert."""
        try:
            tag, cls, key, device, numel, *views = persistent_id
            if tag not in ("storage", b"storage"):
                raise ValueError("another kind of id")
            dtype = self.dtype(cls)
            if type(numel) is not int or not 0 <= numel < _MAX_ELEMENTS:
                raise ValueError("impossible size")
            storage = self.storage(dtype, _text(key), _text(device), numel)
            return TypedStorage(storage, dtype, _view_offset(views))
        except (TypeError, ValueError):
            return Instance(Global("pickle", "persistent_id"), (persistent_id,))

    def storage(self, dtype: DType, key: str, device: str, numel: int) -> Storage:
        """Return the storage of a key, made at its first mention; numel counts elements."""
        nbytes = numel * max(dtype.bits, 8) >> 3  # packed dtypes count bytes
        if self.prefix:
            key = self.prefix + key
        found = self.storages.get(key)
        if found is None:
            found = self.storages[key] = tuple.__new__(Storage, (key, device, nbytes))
        elif found.nbytes != nbytes or found.device != device:
            self.conflicts.append(key)
        return found

    def many(
        self, dtypes: list[DType], keys: list[str], devices: list[str], numels: list[int]
    ) -> list[Storage]:
        """Return `storage` of each row; quick if none of them was mentioned before."""
        distinct = set(keys)
        if self.prefix or len(distinct) != len(keys) or not self.storages.keys().isdisjoint(keys):
            return list(map(self.storage, dtypes, keys, devices, numels))
        sizes = [n * max(dtype.bits, 8) >> 3 for n, dtype in zip(numels, dtypes, strict=True)]
        rows = zip(keys, devices, sizes, strict=True)
        fresh = list(map(tuple.__new__, repeat(Storage), rows))
        self.storages.update(zip(keys, fresh, strict=True))
        return fresh

    def dtype(self, cls: Any) -> DType:
        """Return the dtype of the elements in a storage of a class, `torch.FloatStorage` say."""
        if type(cls) is not Global:  # before it is hashed: nested tuples would overflow the stack
            raise TypeError("no storage class")
        dtype = self._dtypes.get(cls)
        if dtype is None:
            if cls.name == "UntypedStorage":
                dtype = _UNTYPED
            else:
                dtype = _BY_CLASS.get(cls.name) or dtype_named(cls.text)
            self._dtypes[cls] = dtype
        return dtype

    def findings(self, path: Path) -> list[Finding]:
        """Return what to say of storages that the pickle gives two sizes or devices."""
        if not self.conflicts:
            return []
        names = ", ".join(printable(key, 40) for key in self.conflicts[:_MANY])
        message = f"The pickle describes these storages in two ways: {names}."
        return [Finding("storage-conflict", "warning", message, path)]


def _view_offset(views: list[Any]) -> int:
    if not views or views[0] is None:
        return 0
    _, offset, _ = views[0]
    if type(offset) is not int or not 0 <= offset < _MAX_ELEMENTS:
        raise ValueError("impossible view")
    return offset


def _text(value: Any) -> str:
    """Return a key or location as text; Python 2 wrote them as bytes."""
    if type(value) is bytes:
        return value.decode("utf-8", "backslashreplace")
    if type(value) is not str:
        raise TypeError("no text")
    return value
