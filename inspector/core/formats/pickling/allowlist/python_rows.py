"""Python's standard library: containers and values that are better seen than taken apart."""

from __future__ import annotations

from typing import Any

from inspector.core.formats.pickling.standins import (
    Builder,
    Caller,
    Global,
    Instance,
    PickledDict,
    PickledSequence,
    PlainValue,
)

# ---- containers --------------------------------------------------------------------------


def _mapping(type_name: str) -> Builder:
    """Describe `cls()`, `cls({…})` and Python 2's `cls([[key, value], …])`."""

    def build(caller: Caller, args: tuple[Any, ...]) -> PickledDict:
        if not args:
            return PickledDict(type_name)
        (items,) = args
        if isinstance(items, PickledDict):
            caller.spend(len(items.pairs))
            return PickledDict(type_name, list(items.pairs))
        caller.spend(len(items))
        return PickledDict(type_name, [half for key, item in items for half in (key, item)])

    return build


def _default_dict(caller: Caller, args: tuple[Any, ...]) -> PickledDict:
    """Describe `defaultdict(factory)`; the factory is named, not called."""
    factory = args[0].text if args and type(args[0]) is Global else ""
    return PickledDict(f"collections.defaultdict({factory})")


def _sequence(type_name: str) -> Builder:
    def build(caller: Caller, args: tuple[Any, ...]) -> PickledSequence:
        return PickledSequence(type_name, _items(caller, args))

    return build


def _list(caller: Caller, args: tuple[Any, ...]) -> list[Any]:
    """Describe `list()` and `list([…])`."""
    return _items(caller, args)


def _tuple(caller: Caller, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Describe `tuple([…])`."""
    return tuple(_items(caller, args))


def _items(caller: Caller, args: tuple[Any, ...]) -> list[Any]:
    items = args[0] if args else []
    if isinstance(items, PickledSequence):
        items = items.items
    if type(items) not in (list, tuple):
        raise TypeError("no items")
    caller.spend(len(items))
    return list(items)


def _reconstructor(caller: Caller, args: tuple[Any, ...]) -> Any:
    """Describe `copyreg._reconstructor(cls, base, state)`: how protocols 0 and 1 make objects."""
    cls, _base, state = args
    instance = Instance(cls)
    if isinstance(state, PickledDict):
        caller.spend(len(state.pairs))
        instance.pairs = list(state.pairs)
    elif type(state) in (list, tuple):
        caller.spend(len(state))
        instance.items = list(state)
    elif state is not None:
        instance.args = (state,)
    return instance


# ---- values ------------------------------------------------------------------------------


def _complex(caller: Caller, args: tuple[Any, ...]) -> complex:
    """Describe `complex(real, imag)`."""
    real, imag = args
    if type(real) is not float or type(imag) is not float:
        raise TypeError("no numbers")
    return complex(real, imag)


def _range(type_name: str) -> Builder:
    def build(caller: Caller, args: tuple[Any, ...]) -> PlainValue:
        if not all(type(number) in (int, type(None)) for number in args):
            raise TypeError("no numbers")
        return PlainValue(type_name, f"{type_name}({', '.join(map(str, args))})")

    return build


def _encode(caller: Caller, args: tuple[Any, ...]) -> bytes:
    """Describe `_codecs.encode(text, "latin1")`: how protocol 2 spells bytes."""
    text, encoding = args
    if type(text) is not str or encoding not in ("latin1", "latin-1"):
        raise TypeError("no text")
    return text.encode("latin-1")


def _bytes(caller: Caller, args: tuple[Any, ...]) -> bytes:
    """Describe `bytes()`, and `bytearray(b"…")` whose difference does not matter here."""
    if not args:
        return b""
    if type(args[0]) is str and args[1:] in (("latin-1",), ("latin1",)):  # bytearray, protocol 2
        return args[0].encode("latin-1")
    if type(args[0]) is not bytes:
        raise TypeError("no bytes")
    return args[0]


def _path(type_name: str, separator: str) -> Builder:
    def build(caller: Caller, args: tuple[Any, ...]) -> PlainValue:
        if not all(type(part) is str for part in args):
            raise TypeError("no path")
        first, *rest = args or (".",)
        whole = first.rstrip(separator) + separator if rest else first
        return PlainValue(type_name, whole + separator.join(rest))

    return build


def _datetime(caller: Caller, args: tuple[Any, ...]) -> PlainValue:
    """Describe `datetime(ten bytes[, timezone])` (`Lib/_pydatetime.py`, `_getstate`)."""
    data = _octets(args[0], 10)
    year, month, day, hour, minute, second = data[0] << 8 | data[1], *data[2:7]
    fraction = int.from_bytes(data[7:10], "big")
    text = f"{year:04}-{month & 0x7F:02}-{day:02} {hour:02}:{minute:02}:{second:02}"
    text += f".{fraction:06}" if fraction else ""
    zone = args[1] if len(args) > 1 else None
    text += f" {zone.value}" if isinstance(zone, PlainValue) else ""
    return PlainValue("datetime.datetime", text)


def _date(caller: Caller, args: tuple[Any, ...]) -> PlainValue:
    """Describe `date(four bytes)`."""
    data = _octets(args[0], 4)
    return PlainValue("datetime.date", f"{data[0] << 8 | data[1]:04}-{data[2]:02}-{data[3]:02}")


def _time(caller: Caller, args: tuple[Any, ...]) -> PlainValue:
    """Describe `time(six bytes[, timezone])`."""
    data = _octets(args[0], 6)
    return PlainValue("datetime.time", f"{data[0] & 0x7F:02}:{data[1]:02}:{data[2]:02}")


def _octets(data: Any, length: int) -> bytes:
    if type(data) is str:  # Python 2
        data = data.encode("latin-1")
    if type(data) is not bytes or len(data) != length:
        raise TypeError("no packed time")
    return data


def _timedelta(caller: Caller, args: tuple[Any, ...]) -> PlainValue:
    """Describe `timedelta(days, seconds, microseconds)`."""
    days, seconds, micros = args
    if not type(days) is type(seconds) is type(micros) is int or not 0 <= seconds < 86400:
        raise TypeError("no numbers")
    sign = "-" if days < 0 else ""
    total = abs(days * 86400 + seconds)
    text = f"{sign}{total // 3600}:{total // 60 % 60:02}:{total % 60:02}"
    return PlainValue("datetime.timedelta", text + (f".{micros:06}" if micros else ""))


def _timezone(caller: Caller, args: tuple[Any, ...]) -> PlainValue:
    """Describe `timezone(offset[, name])`."""
    offset = args[0]
    if not isinstance(offset, PlainValue) or offset.type != "datetime.timedelta":
        raise TypeError("no offset")
    shown = offset.value if offset.value.startswith("-") else f"+{offset.value}"
    return PlainValue("datetime.timezone", "UTC" if offset.value == "0:00:00" else f"UTC{shown}")


def _member(caller: Caller, args: tuple[Any, ...]) -> PlainValue:
    """Describe `getattr(cls, name)`: how Python 3.11 and others spell the member of an enum."""
    cls, name = args
    if type(cls) is not Global or type(name) is not str:
        raise TypeError("no member of a class")
    return PlainValue(cls.text, name)


_BUILTINS: dict[str, Builder] = {
    "dict": _mapping("dict"),
    "getattr": _member,
    "list": _list,
    "tuple": _tuple,
    "set": _sequence("set"),
    "frozenset": _sequence("frozenset"),
    "complex": _complex,
    "bytes": _bytes,
    "bytearray": _bytes,
    "slice": _range("slice"),
    "range": _range("range"),
    "xrange": _range("range"),  # Python 2
}

PYTHON: dict[tuple[str, str], Builder] = {
    ("collections", "OrderedDict"): _mapping("collections.OrderedDict"),
    ("collections", "Counter"): _mapping("collections.Counter"),
    ("collections", "defaultdict"): _default_dict,
    ("collections", "deque"): _sequence("collections.deque"),
    ("_codecs", "encode"): _encode,
    ("copyreg", "_reconstructor"): _reconstructor,
    ("copy_reg", "_reconstructor"): _reconstructor,  # Python 2
    ("datetime", "datetime"): _datetime,
    ("datetime", "date"): _date,
    ("datetime", "time"): _time,
    ("datetime", "timedelta"): _timedelta,
    ("datetime", "timezone"): _timezone,
    **{("builtins", name): build for name, build in _BUILTINS.items()},
    **{("__builtin__", name): build for name, build in _BUILTINS.items()},  # Python 2
    **{
        (module, name): _path(f"pathlib.{name}", separator)
        for module in ("pathlib", "pathlib._local")  # Python 3.13 names the second
        for name, separator in (
            ("PosixPath", "/"),
            ("PurePosixPath", "/"),
            ("Path", "/"),
            ("WindowsPath", "\\"),
            ("PureWindowsPath", "\\"),
        )
    },
}
