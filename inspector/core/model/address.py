"""A file and a place in it on one line: `FILE::model/layers.0.weight`, exact whatever the keys are.

Steps are joined by `/`. A key that is text stands as it is where nobody can misread it, and quoted
as Python does otherwise; an integer stands bare, an attribute behind a dot, what keys begin with
before a star, and any other key in parentheses:

    model.pt::state/0/exp_avg      checkpoint['state'][0]['exp_avg']
    net.pt::.encoder/weight        the attribute `encoder`, and its item `weight`
    net.pt::model/layers.0.*       all keys that begin with `layers.0.`
    odd.pt::'a/b'/(1.5)/('t', 2)   a key with a slash, a float, a tuple
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import NamedTuple

from inspector.core.model.path import Attribute, Key, OpaqueKey, Path, Prefix

MARK = "::"
_INTEGER = re.compile(r"-?\d{1,18}")
_STEP = re.compile(
    r"""(?P<sign>[.~]?)(?P<quoted>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(?P<star>\*?)(?:/|$)""",
    re.DOTALL,
)
_ODD_START = tuple("'\"(.~")


class Address(NamedTuple):
    """Where to look."""

    file: str
    path: Path = ()


class BadAddress(ValueError):
    """The part behind `::` is no path; the text says where it goes wrong."""


def print_address(address: Address) -> str:
    """Return the address on one line; `parse_address` reads it back."""
    if not address.path:
        return address.file + (MARK if MARK in address.file else "")
    return address.file + MARK + "/".join(map(_printed, address.path))


def parse_address(text: str, exists: Callable[[str], bool]) -> Address:
    """Read an address; `exists` says of a file's name whether there is such a file.

    A file whose own name contains `::` is taken for what it is; raises BadAddress.
    """
    if MARK not in text or exists(text):
        return Address(text)
    file, _, path = text.rpartition(MARK)
    return Address(file, parse_path(path))


def parse_path(text: str) -> Path:
    """Read what stands behind `::`."""
    keys: list[Key] = []
    rest = text
    while rest:
        key, rest = _first(rest)
        keys.append(key)
    return tuple(keys)


def _printed(key: Key) -> str:
    kind = type(key)
    if kind is int and _INTEGER.fullmatch(str(key)):
        return str(key)
    if kind is Attribute:
        return "." + _name(str(key))
    if kind is Prefix:
        return _name(str(key)) + "*"
    if kind is OpaqueKey:
        return "~" + _quoted(str(key))
    if kind is str:
        return _name(key) if not _INTEGER.fullmatch(key) else _quoted(key)
    return _hidden(f"({key!r})")


def _name(key: str) -> str:
    is_plain = (
        key
        and key.isprintable()
        and key == key.strip()
        and "/" not in key
        and MARK not in f"{key}:"
        and not key.startswith(("*", ":", *_ODD_START))
        and not key.endswith(("*", ":"))
    )
    return key if is_plain else _quoted(key)


def _quoted(key: str) -> str:
    return _hidden(ascii(key))


def _hidden(spelled: str) -> str:
    """Keep out what would be taken for the mark, or tidied away in the name of a file."""
    for taken, instead in (("::", r":\x3a"), ("//", r"/\x2f"), ("/./", r"/.\x2f")):
        spelled = spelled.replace(taken, instead)
    return spelled


def _first(text: str) -> tuple[Key, str]:
    """Return the first key and what follows it."""
    found = _STEP.match(text)
    if found:
        if not text[found.end() :] and found[0].endswith("/"):
            raise BadAddress(f"A key is missing after {text!r}.")
        name = str(ast.literal_eval(found["quoted"]))
        return _as(found["sign"], name, bool(found["star"])), text[found.end() :]
    if text.startswith("("):
        return _in_parentheses(text)
    step, slash, rest = text.partition("/")
    if not step or (slash and not rest) or step[0] in "'\"~":
        raise BadAddress(f"{text!r} is no path of keys.")
    if _INTEGER.fullmatch(step):
        return int(step), rest
    sign = "." if step.startswith(".") else ""
    star = step.endswith("*")
    name = step[len(sign) : len(step) - star]
    if not name:
        raise BadAddress(f"{text!r} is no path of keys.")
    return _as(sign, name, star), rest


def _as(sign: str, name: str, star: bool) -> Key:
    if star:
        return Prefix(name)
    return Attribute(name) if sign == "." else OpaqueKey(name) if sign == "~" else name


def _in_parentheses(text: str) -> tuple[Key, str]:
    """Read a key such as `(1.5)`, which ends where Python can read it."""
    end = -1
    while (end := text.find(")", end + 1)) >= 0:
        if text[end + 1 : end + 2] not in ("", "/"):
            continue
        inside = text[1:end]
        try:
            key = float(inside) if inside in ("nan", "inf", "-inf") else ast.literal_eval(inside)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        return key, text[end + 2 :]
    raise BadAddress(f"{text!r} is no path of keys.")
