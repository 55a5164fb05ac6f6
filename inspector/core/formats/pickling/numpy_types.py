"""numpy's dtypes by their codes, and which of torch's they are.

Codes: numpy/_core/_dtype.py and `numpy.dtype.str`: a letter for the kind, then the bytes of an
element (of texts, the characters), in front of it the byte order, behind it a unit of time.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from inspector.core.model import DType, dtype_named

_NAMES = {"f": "float", "i": "int", "u": "uint", "c": "complex"}
_LETTERS = {name: letter for letter, name in _NAMES.items()}
_SPELLED = re.compile(r"([a-zA-Z]+)_?(\d*)(\[.*\])?")
_IN_BITS = re.compile(r"(float|int|uint|complex)(\d+)")
_REASONS = {
    "O": "The elements are Python objects.",
    "U": "The elements are texts.",
    "S": "The elements are byte strings.",
    "a": "The elements are byte strings.",
    "M": "The elements are dates, which torch does not have.",
    "m": "The elements are durations, which torch does not have.",
    "V": "The elements are records of several fields, which torch does not have.",
}
_MOST_FIELDS = 50
_LONGEST = 500


class NumpyType(NamedTuple):
    """The dtype of an array."""

    code: str
    """Without byte order: `f4`, `b1`, `U5`, `M8[s]`, `O`; `V` and a size for records."""
    big_endian: bool = False
    fields: str = ""
    """The names and dtypes of a record's fields, as numpy writes them down."""

    @property
    def text(self) -> str:
        """numpy's name of it; its code where its bytes stand in big-endian order, or it has none.

        Of records, their fields.
        """
        if self.fields:
            return self.fields
        letter, size = self.code[:1], self.code[1:]
        if letter == "O":
            return "object"
        if self.big_endian and self.width != 1:
            return f">{self.code}"
        if self.code == "b1":
            return "bool"
        return f"{_NAMES[letter]}{8 * int(size)}" if self._is_number else self.code

    @property
    def spelled(self) -> str:
        """The code with its byte order, as a record names it."""
        order = "|" if self.width == 1 or self.code[:1] in "OSV" else "<>"[self.big_endian]
        return self.fields or f"{order}{self.code}"

    @property
    def dtype(self) -> DType | None:
        """Torch's dtype of the same numbers, None where there is none."""
        if self.fields or not (self._is_number or self.code == "b1"):
            return None
        name = "bool" if self.code == "b1" else f"{_NAMES[self.code[0]]}{8 * int(self.code[1:])}"
        found = dtype_named(name)
        return found if found.kind != "unknown" else None

    @property
    def width(self) -> int | None:
        """Bytes of one element, if that is known."""
        found = _SPELLED.fullmatch(self.code)
        if found is None or not found[2] or len(found[2]) > 18:
            return None
        return int(found[2]) * (4 if found[1] == "U" else 1)

    @property
    def turned(self) -> int:
        """Bytes of what has an order of its bytes: a number, or a half of a complex one."""
        return (self.width or 1) // (2 if self.code[:1] == "c" else 1)

    @property
    def reason(self) -> str:
        """A sentence that says why there is no such dtype in torch."""
        known = _REASONS.get("V" if self.fields else self.code[:1])
        return known or f"torch has no dtype like numpy's {self.text[:_LONGEST]}."

    @property
    def _is_number(self) -> bool:
        return self.code[:1] in _NAMES and self.code[1:].isdecimal() and len(self.code) < 5


def numpy_type(spelled: str) -> NumpyType:
    """Return the dtype that a code (`>f4`) or a name (`float32`) spells."""
    order, code = (spelled[0], spelled[1:]) if spelled[:1] in "<>|=" else ("", spelled)
    named = _IN_BITS.fullmatch(code)
    if named is not None and len(named[2]) < 5:
        code = f"{_LETTERS[named[1]]}{int(named[2]) // 8}"
    elif code in ("bool", "?"):
        code = "b1"
    elif code == "object" or code[:1] == "O":
        code = "O"
    return NumpyType(code, order == ">")


class PickledDType:
    """A dtype under construction: a pickle names its code first, then hands over the rest."""

    __slots__ = ("_known", "code", "state")

    def __init__(self, code: str) -> None:
        self.code = code
        self.state: Any = ()
        """`(version, byte order, (base, shape), names, fields, size, alignment, flags, unit)`."""
        self._known: NumpyType | None = None

    def take(self, state: Any) -> None:
        """Take what BUILD hands over."""
        self.state, self._known = state, None

    def finished(self) -> NumpyType:
        """Return what it is now (`arraydescr_setstate` in numpy's descriptor.c)."""
        if self._known is None:
            # Found by those that hold it and that it holds itself: no dtype of numpy's does.
            self._known = NumpyType(self.code, fields="[…]")
            self._known = self._described()
        return self._known

    def _described(self) -> NumpyType:
        plain = numpy_type(self.code)
        state = self.state if type(self.state) is tuple else ()
        if len(state) < 5:
            return plain
        plain = plain._replace(big_endian=plain.big_endian or state[1] == ">")
        names, fields = state[3], getattr(state[4], "pairs", None)
        if type(names) is tuple and names and fields is not None:
            return plain._replace(fields=_fields(names, fields))
        unit = _unit(state[8]) if len(state) > 8 and plain.code in ("M8", "m8") else ""
        return plain._replace(code=plain.code + unit)


def _fields(names: tuple[Any, ...], pairs: Any) -> str:
    known = {
        name: value[0]
        for name, value in zip(pairs[::2], pairs[1::2], strict=False)
        if type(name) is str and type(value) is tuple and value
    }
    said = [_field(name, known.get(name)) for name in names[:_MOST_FIELDS] if name in known]
    more = ", …" if len(names) > _MOST_FIELDS else ""
    text = f"[{', '.join(said)}{more}]"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…]"


def _field(name: str, dtype: Any) -> str:
    if type(dtype) is not PickledDType:
        return f"({name[:_LONGEST]!r}, ?)"
    inner = dtype.state[2] if type(dtype.state) is tuple and len(dtype.state) > 2 else None
    shape = ""
    if type(inner) is tuple and len(inner) == 2 and type(inner[0]) is PickledDType:
        numbers = type(inner[1]) is tuple and all(type(n) is int for n in inner[1][:_MOST_FIELDS])
        dtype, shape = inner[0], f", {inner[1]}" if numbers and len(inner[1]) < 33 else ", ?"
    found = dtype.finished()
    spelled = found.fields or repr(found.spelled)
    return f"({name[:_LONGEST]!r}, {spelled}{shape})"


def _unit(metadata: Any) -> str:
    """Return the unit of a date or duration: `({}, (b"s", 1, 1, 1))`."""
    unit = metadata[1] if type(metadata) is tuple and len(metadata) == 2 else None
    if type(unit) is not tuple or len(unit) != 4 or type(unit[1]) is not int:
        return ""
    name = unit[0].decode("latin-1") if type(unit[0]) is bytes else unit[0]
    if type(name) is not str or not name.isalpha() or len(name) > 7:
        return ""
    return f"[{unit[1] if unit[1] != 1 else ''}{name}]"
