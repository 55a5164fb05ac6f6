r"""A reader of pickle streams that can build values but cannot run anything.

The opcodes are those of CPython's `Lib/pickletools.py` (protocols 0 to 5). Names are those of
CPython's unpickler where it does the same: `find_class` is asked for every global and
`persistent_load` for every persistent id; here both only describe.
"""

from __future__ import annotations

import re
import struct
from array import array
from collections import ChainMap
from typing import Any

from inspector.core.formats.pickling.machine import ROUND, Machine
from inspector.core.formats.pickling.opcodes import OPCODES
from inspector.core.formats.pickling.standins import Global
from inspector.core.model import DType, Tensor
from inspector.core.sources import Bytes

# 32 opcodes in a row that torch writes for nearly every tensor: the arguments of
# `torch._utils._rebuild_tensor_v2`, whose globals were named before and come from the memo.
# Taken in one step, they are read five times as fast; a tensor that deviates in any way (the
# first of its dtype, more than 7 dimensions, another pickler) is read opcode by opcode.
_INT = rb"(?:K.|M..|J....)"
_PUT = rb"r(?!.\0\0\0)(....)"  # LONG_BINPUT of an index that needs it
_SIZES = rb"((?:\)|" + _INT + rb"\x85|" + _INT + rb"{2}\x86|" + _INT + rb"{3}\x87|\(" + _INT
_SIZES += rb"{4,7}t))" + _PUT
_TENSOR = re.compile(
    rb"\(\((h.h.)X(.)\0\0\0(\d{1,20})" + _PUT + rb"(h.)(" + _INT + rb")N?t" + _PUT + rb"Q"
    rb"(" + _INT + rb")" + _SIZES + _SIZES + rb"([\x88\x89]h.)\)R" + _PUT + rb"t" + _PUT + rb"R",
    re.DOTALL,
)  # fmt: skip
_PLAIN = tuple(Tensor._field_defaults.values())[1:]  # what stands behind requires_grad
_LONGEST = 512  # bytes that such a run takes at most
_MARK, _STOP = 0x28, 0x2E


class Unpickler(Machine):
    """Reads one pickle of a source; `position` is then the first byte behind it."""

    _taken = array("Q")
    """Where the tensors begin whose inner values `recall` would have to add to the memo."""

    def load(self) -> Any:
        """Run to STOP and return the value; raises Damaged where the stream breaks."""
        self._taken = array("Q")
        p = self.refill(0)
        try:
            while p >= 0:
                p = self._run(p)
                consumed = self.base + p - self.position
                if p >= 0:
                    self.progress(consumed / max(self.source.size - self.position, 1))
                    if p > self.limit:
                        p = self.refill(p)
        except (IndexError, struct.error):
            self.broken()
        if not self.stack:
            self.broken()
        return self.stack.pop()

    def _run(self, p: int) -> int:  # noqa: C901 - a call per opcode would double the time
        """Run some thousand opcodes from window position `p`; return the next, or -1 at STOP.

        The opcodes of tensors are handled here, in the order of their frequency; all others by
        the function that the table in `opcodes` lists.
        """
        data, memo, stack, limit = self.data, self.memo, self.stack, self.limit
        from_bytes = int.from_bytes
        push, pop, seen = stack.append, stack.pop, self.opcodes.add
        for _ in range(ROUND):
            op = data[p]
            p += 1
            if op == 0x72:  # LONG_BINPUT
                key: int | bytes = data[p : p + 4]
                memo[key if data[p + 1 : p + 4] != b"\0\0\0" else data[p]] = stack[-1]
                p += 4
            elif op == 0x58:  # BINUNICODE
                length = from_bytes(data[p : p + 4], "little")
                p += 4
                if p + length > limit:
                    p = self.long_text(p, length)
                    data, limit = self.data, self.limit
                else:
                    try:
                        push(data[p : p + length].decode("utf-8", "surrogatepass"))
                    except UnicodeDecodeError:
                        push(self.text(data[p : p + length]))
                    p += length
            elif op == _MARK:
                if data[p] == _MARK and p < limit and stack and stack[-1] is self.rebuild_tensor:
                    taken = self._tensors(p - 1)
                    if taken >= p:
                        p = taken
                        continue
                self.marks.append(stack)
                stack = self.stack = []
                push, pop = stack.append, stack.pop
            elif op == 0x68:  # BINGET
                try:
                    push(memo[data[p]])
                except KeyError:
                    self.fetch(data[p])
                p += 1
            elif op == 0x4B:  # BININT1
                push(data[p])
                p += 1
            elif op == 0x71:  # BINPUT
                memo[data[p]] = stack[-1]
                p += 1
            elif op == 0x52:  # REDUCE
                args = pop()
                stack[-1] = self.call(stack[-1], args)
            elif op == 0x74:  # TUPLE
                value = tuple(stack)
                stack = self.stack = self.marks.pop()
                push, pop = stack.append, stack.pop
                push(value)
            elif op == 0x86:  # TUPLE2
                value = pop()
                stack[-1] = (stack[-1], value)
            elif op == 0x29:  # EMPTY_TUPLE
                push(())
            elif op == 0x51:  # BINPERSID
                stack[-1] = self.persistent_load(stack[-1])
            elif op == _STOP:
                self.position = self.base + p
                return -1
            else:
                handle = OPCODES[op]
                if handle is None:
                    self.broken(p - 1, f"has no opcode {op:#04x}")
                seen(op)
                p = handle(self, p)
                data, stack, limit = self.data, self.stack, self.limit
                push, pop = stack.append, stack.pop
        return p

    def _tensors(self, p: int) -> int:  # noqa: C901 - the same
        """Take a tensor's arguments at `p`, and all key-tensor items that follow it in a row.

        Returns the position behind the last that was taken, `p` if none was: whatever looks
        unusual is left to `_run`, which knows what it means. The stack ends with the function.
        """
        data, memo, stack, storages = self.data, self.memo, self.stack, self.storages
        match, new, from_bytes = _TENSOR.match, tuple.__new__, int.from_bytes
        limit = self.limit - _LONGEST
        unseen = memo.keys().isdisjoint
        named, device, dtype = None, "", None
        get_function = b""
        key, key_put = None, b""  # of the item that is being taken; the first has none
        start = p
        while storages is not None:
            found = match(data, start)
            if found is None:
                break
            (kind, length, name, name_put, place, numel, id_put, offset, shape, shape_put, stride,
             stride_put, flags, hooks_put, args_put) = found.groups()  # fmt: skip
            if named != (kind, place, flags):
                # These stand in the memo below 256, where nothing that is taken here is put.
                named = (kind, place, flags)
                device, dtype = self._named(kind[1], kind[3], place[1], flags[2])
            elements, at = _INTS.get(numel), _INTS.get(offset)
            elements = _int_of(numel) if elements is None else elements
            at = _int_of(offset) if at is None else at
            sizes = _TUPLES.get(shape) or _tuple_of(shape)
            strides = _TUPLES.get(stride) or _tuple_of(stride)
            if (
                dtype is None
                or length[0] != len(name)
                or len(sizes) != len(strides)
                or elements < 0
                or at < 0
                or (sizes and min(sizes) < 0)
                or not unseen((id_put, shape_put, stride_put, hooks_put, args_put))
            ):
                break
            text = name.decode()
            memo[name_put] = text  # fetched again for every further tensor on the same storage
            storage = storages.storage(dtype, text, device, elements)
            self._taken.append(self.base + start)
            grad = flags[0] == 0x88
            tensor = new(Tensor, (dtype, sizes, strides, at, storage, grad, *_PLAIN))
            p = found.end()
            if key is None:
                stack[-1] = tensor
            else:
                memo[key_put] = key
                stack += (key, tensor)
            # Go on if `PUT key PUT GET function ((` follows.
            if data[p] != 0x72 or data[p + 5] != 0x58 or p > limit:
                break
            end = p + 10 + from_bytes(data[p + 6 : p + 10], "little")
            if end > limit or data[end] != 0x72 or data[p + 2 : p + 5] == b"\0\0\0":
                break
            key_put = data[end + 1 : end + 5]
            if key_put[1:] == b"\0\0\0":
                break
            if data[end + 5 : end + 7] != get_function:
                if data[end + 5] != 0x68 or memo.get(data[end + 6]) is not self.rebuild_tensor:
                    break
                get_function = data[end + 5 : end + 7]
            try:
                key = data[p + 10 : end].decode("utf-8", "surrogatepass")
            except UnicodeDecodeError:
                break
            memo[data[p + 1 : p + 5]] = tensor
            p, start = p + 5, end + 7
        return p

    def _named(self, kind: int, cls: int, device: int, hooks: int) -> tuple[str, DType | None]:
        """Return the device and dtype that the memo holds at these; no dtype for what is odd."""
        memo, storages = self.memo, self.storages
        ordered, place = memo.get(hooks), memo.get(device)
        if storages is None or type(place) is not str or memo.get(kind) != "storage":
            return "", None
        if type(ordered) is not Global or ordered.name != "OrderedDict":
            return "", None
        try:
            return place, storages.dtype(memo.get(cls))
        except TypeError:
            return "", None

    def recall(self) -> None:
        """Fill the memo with the inner values of the tensors that were taken in one step.

        Their opcodes run again, one by one. What stands in the memo is younger and stays.
        """
        positions, self._taken = self._taken, array("Q")
        recalled: dict[int | bytes, Any] = {}
        for position in positions:
            opcodes = self.source.read_at(position, _LONGEST)
            found = _TENSOR.match(opcodes)
            if found is None:
                self.broken(what="changed while it was read")
            again = Unpickler(Bytes(found[0] + b".", self.source.uri), storages=self.storages)
            again.memo = ChainMap(recalled, self.memo)  # type: ignore[assignment]
            again.stack = [self.rebuild_tensor]
            again.load()
        self.memo.update({key: recalled[key] for key in recalled.keys() - self.memo.keys()})


_INTS: dict[bytes, int] = {}  # sizes repeat from layer to layer
_TUPLES: dict[bytes, tuple[int, ...]] = {}
_MAX_CACHED = 1 << 16


def _int_of(code: bytes) -> int:
    """Return the operand of one BININT1, BININT2 or BININT."""
    value = int.from_bytes(code[1:], "little", signed=code[0] == 0x4A)
    if len(_INTS) < _MAX_CACHED:
        _INTS[code] = value
    return value


def _tuple_of(code: bytes) -> tuple[int, ...]:
    """Return the tuple that a run of BININT* opcodes with its closing opcode makes."""
    numbers = []
    p, stop = (1 if code[0] == _MARK else 0), len(code) - 1
    while p < stop:
        width = {0x4B: 2, 0x4D: 3, 0x4A: 5}[code[p]]
        numbers.append(_int_of(code[p : p + width]))
        p += width
    value = tuple(numbers)
    if len(_TUPLES) < _MAX_CACHED:
        _TUPLES[code] = value
    return value
