r"""Many key-tensor items of a state_dict at once, instead of some 35 opcodes for each.

torch writes every tensor of a state_dict as the same opcodes: the key, then the arguments of
`torch._utils._rebuild_tensor_v2`, whose globals were named before and come from the memo. One
regular expression recognises such an item, and whole columns of them are turned into tensors, which
takes a fifth of the time. What deviates in any way (the first item of a dtype, more than 7
dimensions, long keys, keys and storages met before, another pickler) is not recognised, and read
opcode by opcode.

Each item puts eight values into the memo. They are hardly ever fetched again, so `Items` only keeps
where to find them.
"""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import islice, repeat
from typing import Any, NamedTuple

from inspector.core.formats.pickling.standins import Global
from inspector.core.formats.pickling.storages import StorageTable
from inspector.core.model import DType, Tensor

_MOST = 1 << 9  # items between two progress calls: two milliseconds
_FEWEST = 3  # fewer are not worth the effort
_PUTS = 8  # values that an item puts into the memo
LONGEST = 1024  # bytes that an item takes at most

_INT = rb"(?:K.|M..|J....)"  # BININT1, BININT2, BININT
_PUT = rb"r(....)"  # LONG_BINPUT
_SIZES = rb"((?:\)|" + _INT + rb"\x85|" + _INT + rb"{2}\x86|" + _INT + rb"{3}\x87|"
_SIZES += rb"\(" + _INT + rb"{4,7}t))" + _PUT
# A key has no control characters here: the lengths in front of texts contain zeros, so a match
# never reaches from one item into the next.
_ITEM = re.compile(
    rb"X(....)([^\0-\x1f]{0,255}?)" + _PUT + rb"(h.)\(\((h.h.)"
    rb"X(.)\0\0\0(\d{1,20})" + _PUT + rb"(h.)(" + _INT + rb")N?t" + _PUT + rb"Q"
    rb"(" + _INT + rb")" + _SIZES + _SIZES + rb"([\x88\x89]h.)\)R" + _PUT + rb"t" + _PUT
    + rb"R" + _PUT,
    re.DOTALL,
)  # fmt: skip


class Items(NamedTuple):
    """Key-tensor items that stand in a row."""

    keys: list[str]
    tensors: list[Tensor]
    starts: array[int]
    """Where each item begins."""
    end: int
    """Where the last one ends."""
    first: int
    """The first memo index that they use; the others follow without a gap."""

    @property
    def stop(self) -> int:
        """The memo index behind their last one."""
        return self.first + _PUTS * len(self.starts)

    def start_of(self, index: int) -> int:
        """Return where the item begins that puts its value at a memo index."""
        return self.starts[(index - self.first) // _PUTS]

    def at(self, base: int) -> Items:
        """Return what is needed to find their values again, if `starts` count from `base`."""
        return Items([], [], array("Q", [base + start for start in self.starts]), 0, self.first)


def one_item(data: bytes) -> bytes | None:
    """Return the opcodes of the item that `data` begins with."""
    found = _ITEM.match(data)
    return found[0] if found else None


def take_items(
    data: bytes,
    position: int,
    limit: int,
    memo: Mapping[int | bytes, Any],
    storages: StorageTable,
    rebuild_tensor: Global,
) -> Items | None:
    """Return the items in a row at a position; None if there are too few, no keys if one is odd."""
    scanner = _ITEM.scanner(data, position, limit)  # type: ignore[attr-defined]
    found = list(islice(iter(scanner.match, None), _MOST))
    if len(found) < _FEWEST:
        return None
    starts = array("Q", [match.start() for match in found])
    (lengths, keys, key_puts, gets, names, name_lengths, numbers, number_puts, places, numels,
     id_puts, offsets, shapes, shape_puts, strides, stride_puts, flags, hook_puts, args_puts,
     tensor_puts) = zip(*(match.groups() for match in found), strict=True)  # fmt: skip
    puts = (
        key_puts, number_puts, id_puts, shape_puts, stride_puts, hook_puts, args_puts, tensor_puts
    )  # fmt: skip
    first = int.from_bytes(key_puts[0], "little")
    odd = Items([], [], starts, 0, first)
    if (
        first < 256  # LONG_BINGET and BINGET would both reach it
        or not all(_count_up(column, first + at) for at, column in enumerate(puts))
        or b"".join(lengths) != _little(map(len, keys))
        or b"".join(name_lengths) != bytes(map(len, numbers))
    ):
        return odd
    contexts = _contexts((gets, names, places, flags), memo, storages, rebuild_tensor)
    if contexts is None:
        return odd
    devices, dtypes, grads = contexts
    counts = list(map(_INTEGERS.__getitem__, numels))
    starts_at = list(map(_INTEGERS.__getitem__, offsets))
    sizes = list(map(_TUPLES.__getitem__, shapes))
    steps = list(map(_TUPLES.__getitem__, strides))
    if (
        min(counts) < 0
        or min(starts_at) < 0
        or list(map(len, sizes)) != list(map(len, steps))
        or not _NEGATIVE.isdisjoint(sizes)
    ):
        return odd
    try:  # no key has a zero in it
        texts = b"\0".join(keys).decode("utf-8", "surrogatepass").split("\0")
    except UnicodeDecodeError:
        return odd
    held = storages.many(dtypes, b"\0".join(numbers).decode().split("\0"), devices, counts)
    fields = zip(dtypes, sizes, steps, starts_at, held, grads, *_DEFAULTS, strict=False)
    tensors = list(map(tuple.__new__, repeat(Tensor), fields))
    return Items(texts, tensors, starts, found[-1].end(), first)


def _contexts(
    columns: tuple[tuple[bytes, ...], ...],
    memo: Mapping[int | bytes, Any],
    storages: StorageTable,
    rebuild_tensor: Global,
) -> tuple[list[str], list[DType], list[bool]] | None:
    """Return device, dtype and requires_grad of each item from what its BINGETs fetch.

    They fetch from the memo below 256, where no item puts anything. None if one of them is odd.
    """
    length = len(columns[0])
    if all(column.count(column[0]) == length for column in columns):  # nearly always
        row = tuple(column[0] for column in columns)
        one = _context(row, memo, storages, rebuild_tensor)
        return one and ([one[0]] * length, [one[1]] * length, [one[2]] * length)
    rows = list(zip(*columns, strict=True))
    known = {row: _context(row, memo, storages, rebuild_tensor) for row in set(rows)}
    if None in known.values():
        return None
    devices, dtypes, grads = zip(*(known[row] or () for row in rows), strict=True)
    return list(devices), list(dtypes), list(grads)


def _context(
    row: tuple[bytes, ...],
    memo: Mapping[int | bytes, Any],
    storages: StorageTable,
    rebuild_tensor: Global,
) -> tuple[str, DType, bool] | None:
    """Return device, dtype and requires_grad that these BINGETs fetch, None for what is odd."""
    get, names, place, flags = row
    device, hooks = memo.get(place[1]), memo.get(flags[2])
    if memo.get(get[1]) is not rebuild_tensor or memo.get(names[1]) != "storage":
        return None
    if type(device) is not str or type(hooks) is not Global or hooks.name != "OrderedDict":
        return None
    try:
        return device, storages.dtype(memo.get(names[3])), flags[0] == 0x88
    except TypeError:
        return None


def _little(numbers: Iterable[int]) -> bytes:
    """Return the numbers as 4-byte little-endian integers in a row."""
    values = array("I", numbers)
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


def _count_up(indices: tuple[bytes, ...], first: int) -> bool:
    """True if these are first, first + 8, first + 16 and so on, as 4-byte integers.

    They are compared as the digits of one long integer: no object for each of them is needed.
    """
    length = len(indices)
    if first + _PUTS * length >= 1 << 32:
        return False  # the digits would carry
    steps, ones = _ladder(1 << (length - 1).bit_length())
    wanted = int.from_bytes(steps[: 4 * length], "little")
    wanted += first * int.from_bytes(ones[: 4 * length], "little")
    return int.from_bytes(b"".join(indices), "little") == wanted


@lru_cache(maxsize=32)
def _ladder(length: int) -> tuple[bytes, bytes]:
    """Return the integers 0, 8, 16… and as many ones, 4 bytes each."""
    return _little(range(0, _PUTS * length, _PUTS)), _little(repeat(1, length))


_DEFAULTS = [repeat(value) for value in tuple(Tensor._field_defaults.values())[1:]]
"""What stands behind `requires_grad` in a plain tensor."""


class _Integers(dict[bytes, int]):
    """The operand of each BININT1, BININT2 and BININT met so far: sizes repeat in every layer."""

    def __missing__(self, code: bytes) -> int:
        value = int.from_bytes(code[1:], "little", signed=code[0] == 0x4A)
        if len(self) < _MAX_CACHED:
            self[code] = value
        return value


class _Tuples(dict[bytes, tuple[int, ...]]):
    """The tuple that each run of BININT* opcodes with its closing opcode makes."""

    def __missing__(self, code: bytes) -> tuple[int, ...]:
        numbers = []
        p, stop = (1 if code[:1] == b"(" else 0), len(code) - 1
        while p < stop:
            width = {0x4B: 2, 0x4D: 3, 0x4A: 5}[code[p]]
            numbers.append(_INTEGERS[code[p : p + width]])
            p += width
        value = tuple(numbers)
        if value and min(value) < 0:
            _NEGATIVE.add(value)
        if len(self) < _MAX_CACHED:
            self[code] = value
        return value


_MAX_CACHED = 1 << 16
_INTEGERS = _Integers()
_TUPLES = _Tuples()
_NEGATIVE: set[tuple[int, ...]] = set()  # tuples that are no shapes
