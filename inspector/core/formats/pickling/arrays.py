"""numpy arrays become tensors: where their bytes lie, and how the numbers lie in them."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any, NamedTuple

from inspector.core.checkpoint import ByteOrder, Locate
from inspector.core.errors import InspectorError
from inspector.core.formats.pickling.standins import Bulk, MaskedArray, RawArray
from inspector.core.model import Array, Storage, Tensor, contiguous_stride
from inspector.core.sources import Bytes, Section, Source, Swapped

_KEPT = 64 << 20  # bytes of arrays that a pickle spells as text, and that are kept in memory


class ArrayPlace(NamedTuple):
    """The bytes of an array."""

    source: Source
    offset: int
    nbytes: int
    byte_order: ByteOrder
    turned: int
    """Bytes of what is turned around if the other order is wanted."""

    def in_order(self, wanted: ByteOrder) -> tuple[Source, int]:
        """Return where the same numbers are in a byte order."""
        if self.turned == 1 or self.byte_order == wanted:
            return self.source, self.offset
        return Swapped(Section(self.source, self.offset, self.nbytes), self.turned), 0


def locate_with(
    arrays: Mapping[str, ArrayPlace], locate: Locate, byte_order: ByteOrder, whole: Source
) -> Locate:
    """Return what finds storages of a file and of arrays in it, all in the file's byte order.

    Where something is not found because the `whole` file has changed, that is said.
    """

    def located(storage: Storage) -> tuple[Source, int]:
        place = arrays.get(storage.key)
        if place is not None:
            return place.in_order(byte_order)
        try:
            return locate(storage)
        except InspectorError:
            whole.verify()
            raise

    return located


class ArrayTable:
    """Turns the arrays of one pickle into tensors; each has a storage of its own."""

    def __init__(self, source: Source, prefix: str, places: dict[str, ArrayPlace]) -> None:
        self._source = source
        self._prefix = prefix
        self._left = _KEPT
        self._known: dict[Any, tuple[Array, Any]] = {}
        self.places = places
        """What is known by now; arrays are added as they are met."""

    def array(self, raw: RawArray) -> Array:
        """Return what the file says of an array, with a tensor if its numbers can be read.

        Arrays of the same bytes, shape and dtype are the same one.
        """
        mark = (id(raw.data), raw.type, raw.shape, raw.fortran)
        found = self._known.get(mark)
        if found is None:
            # Kept with its bytes, so that their id is not given out again.
            found = self._known[mark] = self._array(raw), raw.data
        return found[0]

    def _array(self, raw: RawArray) -> Array:
        objects = raw.type.code == "O"
        array = Array(raw.type.text, raw.shape, None, raw.type.reason, objects)
        dtype, data = raw.type.dtype, raw.data
        if dtype is None:
            return array
        nbytes = prod(raw.shape) * dtype.bits // 8
        if type(data) is bytes:
            self._left -= len(data)
            source: Source = Bytes(data, self._source.uri)
            offset, length = 0, len(data)
        elif type(data) is Bulk:
            source, (offset, length) = self._source, data
        else:
            return array._replace(reason="The pickle spells its bytes as text too long to keep.")
        if length != nbytes:
            said = f"Its elements take {nbytes} bytes, but the file has {length} for them."
            return array._replace(reason=said)
        if self._left < 0:
            return array._replace(reason="The pickle spells more bytes as text than are kept.")
        key = f"{self._prefix}array {len(self.places)}"
        order: ByteOrder = "big" if raw.type.big_endian else "little"
        self.places[key] = ArrayPlace(source, offset, nbytes, order, raw.type.turned)
        storage = Storage(key, "cpu", nbytes)
        stride = array_stride(raw.shape, fortran=raw.fortran)
        return array._replace(tensor=Tensor(dtype, raw.shape, stride, 0, storage), reason="")

    def masked(self, raw: MaskedArray) -> Array:
        """Return an array of two parts: its data, and a mask that hides some of them."""
        data, mask = self.array(raw.data), self.array(raw.mask)
        if data.tensor is None or mask.tensor is None:
            return data
        parts = (("data", data.tensor), ("mask", mask.tensor))
        tensor = Tensor(data.tensor.dtype, data.shape, (), 0, None, parts=parts)
        return data._replace(tensor=tensor)


def array_stride(shape: tuple[int, ...], *, fortran: bool) -> tuple[int, ...]:
    """Return the stride of an array without gaps, its first dimension the fastest or its last."""
    return contiguous_stride(shape[::-1])[::-1] if fortran else contiguous_stride(shape)
