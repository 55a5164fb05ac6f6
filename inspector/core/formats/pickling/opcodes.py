"""What each opcode does that `Unpickler` does not handle itself: one row per opcode.

A handler gets the machine and the window position behind the opcode, and returns the position
behind its operands. Names and operands: CPython, `Lib/pickletools.py`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from inspector.core.formats.pickling.machine import KEEP, KEEP_TEXT, Machine, memo_key
from inspector.core.formats.pickling.standins import (
    Global,
    Instance,
    PickledDict,
    PickledSequence,
    PlainValue,
)

Handler = Callable[[Machine, int], int]

_DOUBLE = struct.Struct(">d")
_LONGEST_INTEGER = 1 << 20  # bytes; more are left in the source as any other bulk
_MAX_DIGITS = 4300  # CPython's own limit for decimal text; longer conversions take quadratic time


def _constant(value: Any) -> Handler:
    def push(machine: Machine, p: int) -> int:
        machine.stack.append(value)
        return p

    return push


def _fresh(make: Callable[[], Any]) -> Handler:
    def push(machine: Machine, p: int) -> int:
        machine.spend(1)
        machine.stack.append(make())
        return p

    return push


def _integer(width: int, signed: bool = False) -> Handler:
    def push(machine: Machine, p: int) -> int:
        data, p = machine.payload(p, width)
        machine.stack.append(int.from_bytes(data, "little", signed=signed))
        return p

    return push


def _length(machine: Machine, p: int, width: int, signed: bool = False) -> tuple[int, int]:
    data, p = machine.payload(p, width)
    length = int.from_bytes(data, "little", signed=signed)
    if length < 0:
        machine.broken(p, "announces a negative length")
    return length, p


def _long(width: int) -> Handler:
    def push(machine: Machine, p: int) -> int:
        length, p = _length(machine, p, width, signed=width == 4)
        if length > _LONGEST_INTEGER:
            bulk, p = machine.skip(p, length)
            machine.stack.append(bulk)
            return p
        data, p = machine.payload(p, length)
        machine.stack.append(_printable(int.from_bytes(data, "little", signed=True)))
        return p

    return push


def _printable(number: int) -> int | PlainValue:
    """Return the number, as text if it is so large that CPython refuses to print it."""
    huge = number.bit_length() > _MAX_DIGITS * 3.32
    return PlainValue("int", hex(number)) if huge else number


def _unicode(width: int) -> Handler:
    def push(machine: Machine, p: int) -> int:
        length, p = _length(machine, p, width)
        if length > KEEP_TEXT:
            bulk, p = machine.skip(p, length)
            machine.stack.append(bulk)
            return p
        data, p = machine.payload(p, length)
        machine.stack.append(machine.text(data))
        return p

    return push


def _bytes(width: int) -> Handler:
    def push(machine: Machine, p: int) -> int:
        length, p = _length(machine, p, width)
        value: Any
        value, p = machine.payload(p, length) if length <= KEEP else machine.skip(p, length)
        machine.stack.append(value)
        return p

    return push


def _python2_string(width: int) -> Handler:
    """Read a Python-2 `str`: text if it is UTF-8, bytes otherwise, as people would load it."""

    def push(machine: Machine, p: int) -> int:
        length, p = _length(machine, p, width, signed=width == 4)
        if length > KEEP_TEXT:
            bulk, p = machine.skip(p, length)
            machine.stack.append(bulk)
            return p
        data, p = machine.payload(p, length)
        machine.stack.append(_text_or_bytes(data))
        return p

    return push


def _text_or_bytes(data: bytes) -> str | bytes:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data


def _string(machine: Machine, p: int) -> int:
    line, p = machine.line(p)
    quoted = line.strip()
    if len(quoted) < 2 or quoted[:1] not in b"'\"" or quoted[-1:] != quoted[:1]:
        machine.broken(p, "has a string without quotes")
    try:
        data = quoted[1:-1].decode("unicode_escape").encode("latin-1")
    except (UnicodeDecodeError, UnicodeEncodeError):
        data = quoted[1:-1]
    machine.stack.append(_text_or_bytes(data))
    return p


def _unicode_line(machine: Machine, p: int) -> int:
    line, p = machine.line(p)
    try:
        machine.stack.append(line.decode("raw-unicode-escape"))
    except UnicodeDecodeError:
        machine.stack.append(machine.text(line))
    return p


def _number(machine: Machine, line: bytes, p: int) -> Any:
    text = line.strip().removesuffix(b"L")
    if len(text) * (1.21 if text[:2].lower() == b"0x" else 1) > _MAX_DIGITS:
        machine.note("huge-integer", "An integer of more than 4,300 digits is shown as text.")
        return machine.text(text)
    try:
        number = int(text, 0) if text[:2].lower() == b"0x" else int(text)
    except ValueError:
        machine.broken(p, "has an integer that is none")
    return _printable(number)


def _int_line(machine: Machine, p: int) -> int:
    line, p = machine.line(p)
    special = {b"00": False, b"01": True}
    machine.stack.append(special[line] if line in special else _number(machine, line, p))
    return p


def _long_line(machine: Machine, p: int) -> int:
    line, p = machine.line(p)
    machine.stack.append(_number(machine, line, p))
    return p


def _float_line(machine: Machine, p: int) -> int:
    line, p = machine.line(p)
    try:
        machine.stack.append(float(line))
    except ValueError:
        machine.broken(p, "has a float that is none")
    return p


def _binfloat(machine: Machine, p: int) -> int:
    data, p = machine.payload(p, 8)
    machine.stack.append(_DOUBLE.unpack(data)[0])
    return p


# ---- stack -------------------------------------------------------------------------------


def _pop(machine: Machine, p: int) -> int:
    if machine.stack:
        machine.stack.pop()
    else:
        machine.pop_mark()
    return p


def _pop_mark(machine: Machine, p: int) -> int:
    machine.pop_mark()
    return p


def _dup(machine: Machine, p: int) -> int:
    machine.stack.append(machine.stack[-1])
    return p


def _tuple(length: int) -> Handler:
    def push(machine: Machine, p: int) -> int:
        stack = machine.stack
        value = (*stack[-length:],)
        if len(value) != length:
            machine.broken(p, "builds a tuple of values that are not there")
        stack[-length:] = [value]
        return p

    return push


def _list(machine: Machine, p: int) -> int:
    machine.spend(1)
    items = machine.pop_mark()
    machine.stack.append(items)
    return p


def _dict(machine: Machine, p: int) -> int:
    machine.spend(1)
    pairs = machine.pop_mark()
    value = PickledDict()
    machine.set_items(value, pairs)
    machine.stack.append(value)
    return p


def _frozenset(machine: Machine, p: int) -> int:
    machine.spend(1)
    items = machine.pop_mark()
    machine.stack.append(PickledSequence("frozenset", items))
    return p


def _append(machine: Machine, p: int) -> int:
    value = machine.stack.pop()
    machine.extend(machine.stack[-1], [value])
    return p


def _appends(machine: Machine, p: int) -> int:
    items = machine.pop_mark()
    machine.extend(machine.stack[-1], items)
    return p


def _set_item(machine: Machine, p: int) -> int:
    value = machine.stack.pop()
    key = machine.stack.pop()
    machine.set_items(machine.stack[-1], [key, value])
    return p


def _set_items(machine: Machine, p: int) -> int:
    pairs = machine.pop_mark()
    machine.set_items(machine.stack[-1], pairs)
    return p


# ---- memo --------------------------------------------------------------------------------


def _put_line(machine: Machine, p: int) -> int:
    line, p = machine.line(p)
    machine.memo[_memo_line(machine, line, p)] = machine.stack[-1]
    return p


def _get_line(machine: Machine, p: int) -> int:
    line, p = machine.line(p)
    machine.fetch(_memo_line(machine, line, p))
    return p


def _memo_line(machine: Machine, line: bytes, p: int) -> int | bytes:
    if not line.isdigit() or len(line) > 20:
        # CPython would take any integer here; pickles written by it have small ones only.
        machine.broken(p, "uses a memo index that is no number")
    return memo_key(int(line))


def _long_binget(machine: Machine, p: int) -> int:
    data, p = machine.payload(p, 4)
    machine.fetch(memo_key(int.from_bytes(data, "little")))
    return p


def _memoize(machine: Machine, p: int) -> int:
    machine.recall_all()  # the index is the number of values stored
    machine.memo[memo_key(len(machine.memo))] = machine.stack[-1]
    return p


# ---- globals and objects -------------------------------------------------------------------


def _global(machine: Machine, p: int) -> int:
    module, p = machine.line(p)
    name, p = machine.line(p)
    machine.stack.append(machine.find_class(machine.text(module), machine.text(name)))
    return p


def _stack_global(machine: Machine, p: int) -> int:
    name, module = machine.stack.pop(), machine.stack.pop()
    if type(name) is not str or type(module) is not str:
        machine.note("computed-global", "The stream names a class by something that is no text.")
        name, module = "?", "?"
    machine.stack.append(machine.find_class(module, name))
    return p


def _extension(width: int) -> Handler:
    def push(machine: Machine, p: int) -> int:
        data, p = machine.payload(p, width)
        code = int.from_bytes(data, "little")
        machine.note("extension-code", f"The stream uses copyreg's extension code {code}.")
        machine.stack.append(machine.find_class("copyreg", f"extension {code}"))
        return p

    return push


def _newobj(machine: Machine, p: int) -> int:
    args = machine.stack.pop()
    machine.stack[-1] = machine.call(machine.stack[-1], args)
    return p


def _newobj_ex(machine: Machine, p: int) -> int:
    kwargs, args = machine.stack.pop(), machine.stack.pop()
    if isinstance(kwargs, PickledDict) and not kwargs.pairs:
        kwargs = None
    machine.stack[-1] = machine.call(machine.stack[-1], args, kwargs)
    return p


def _inst(machine: Machine, p: int) -> int:
    module, p = machine.line(p)
    name, p = machine.line(p)
    args = tuple(machine.pop_mark())
    found = machine.find_class(machine.text(module), machine.text(name))
    machine.stack.append(machine.call(found, args))
    return p


def _obj(machine: Machine, p: int) -> int:
    items = machine.pop_mark()
    if not items:
        machine.broken(p, "makes an object of no class")
    machine.stack.append(machine.call(items[0], tuple(items[1:])))
    return p


def _build(machine: Machine, p: int) -> int:
    state = machine.stack.pop()
    machine.build(machine.stack[-1], state)
    return machine.built(p)


def _persid(machine: Machine, p: int) -> int:
    line, p = machine.line(p)
    machine.stack.append(machine.persistent_load(machine.text(line)))
    return p


def _next_buffer(machine: Machine, p: int) -> int:
    machine.note("out-of-band-buffer", "The stream refers to a buffer outside of itself.")
    machine.stack.append(Instance(Global("pickle", "out_of_band_buffer")))
    return p


def _operand(width: int) -> Handler:
    """Skip an operand that says nothing about the values: PROTO's version, FRAME's length."""

    def ignore(machine: Machine, p: int) -> int:
        return machine.payload(p, width)[1]

    return ignore


_TABLE: dict[str, Handler] = {
    "\x80": _operand(1),  # PROTO
    # FRAME: only a hint for buffering; CPython's two unpicklers disagree about what crosses one.
    "\x95": _operand(8),
    "N": _constant(None),
    "\x88": _constant(True),
    "\x89": _constant(False),
    "I": _int_line,
    "L": _long_line,
    "J": _integer(4, signed=True),  # BININT
    "M": _integer(2),  # BININT2
    "\x8a": _long(1),
    "\x8b": _long(4),
    "F": _float_line,
    "G": _binfloat,
    "S": _string,
    "T": _python2_string(4),
    "U": _python2_string(1),
    "V": _unicode_line,
    "\x8c": _unicode(1),  # SHORT_BINUNICODE
    "\x8d": _unicode(8),  # BINUNICODE8
    "B": _bytes(4),
    "C": _bytes(1),
    "\x8e": _bytes(8),
    "\x96": _bytes(8),  # BYTEARRAY8
    "\x97": _next_buffer,
    "\x98": _operand(0),  # READONLY_BUFFER
    "]": _fresh(list),
    "l": _list,
    "a": _append,
    "e": _appends,
    "\x85": _tuple(1),
    "\x87": _tuple(3),
    "}": _fresh(PickledDict),
    "d": _dict,
    "s": _set_item,
    "u": _set_items,
    "\x8f": _fresh(lambda: PickledSequence("set")),  # EMPTY_SET
    "\x90": _appends,  # ADDITEMS
    "\x91": _frozenset,
    "0": _pop,
    "1": _pop_mark,
    "2": _dup,
    "p": _put_line,
    "g": _get_line,
    "j": _long_binget,
    "\x94": _memoize,
    "c": _global,
    "\x93": _stack_global,
    "\x82": _extension(1),
    "\x83": _extension(2),
    "\x84": _extension(4),
    "i": _inst,
    "o": _obj,
    "\x81": _newobj,
    "\x92": _newobj_ex,
    "b": _build,
    "P": _persid,
}

OPCODES: tuple[Handler | None, ...] = tuple(_TABLE.get(chr(code)) for code in range(256))
