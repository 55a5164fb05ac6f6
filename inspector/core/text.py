"""Sizes, counts, shapes and values as short plain text for people; pure functions."""

from __future__ import annotations

import re

# C0 and C1 controls, line and paragraph separators, the marks that reorder text on screen, and
# lone surrogates: none may act on a terminal, a window title or a clipboard.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def size(nbytes: int) -> str:
    """Return bytes in decimal units with three significant digits, as file managers do."""
    value, unit = _scaled(nbytes, ("B", "kB", "MB", "GB", "TB", "PB", "EB"))
    return f"{nbytes} B" if unit == "B" else f"{_three_digits(value)} {unit}"


def count(number: int) -> str:
    """Return a number of elements with three significant digits: `124 M`, `1.25 k`, `17`."""
    value, unit = _scaled(number, ("", "k", "M", "G", "T", "P", "E"))
    return f"{_three_digits(value)} {unit}" if unit else str(number)


def _scaled(number: int, units: tuple[str, ...]) -> tuple[float, str]:
    """Return the number in the first unit in which it has at most three digits."""
    value = float(min(number, 10**300))  # hostile sizes are larger than any float
    position = 0
    while abs(value) >= 999.5 and position < len(units) - 1:
        value /= 1000
        position += 1
    return value, units[position]


def exact(number: int) -> str:
    """Return an integer in full, with thin groups of three digits."""
    return f"{number:,}".replace(",", "\u202f")


def plural(number: int, noun: str) -> str:
    """Return `1 tensor`, `2 tensors`, `1 entry`, `2 entries`, `2 keys`."""
    if number == 1:
        return f"1 {noun}"
    changes = noun.endswith("y") and noun[-2:-1] not in tuple("aeiou")
    return f"{exact(number)} {noun[:-1] + 'ies' if changes else noun + 's'}"


def shape(sizes: tuple[int, ...]) -> str:
    """Return `64 × 3 × 7 × 7`, or `scalar` for a tensor without dimensions."""
    return " × ".join(map(str, sizes)) if sizes else "scalar"


def printable(untrusted: str, limit: int = 0) -> str:
    """Return one line in which nothing can act on a terminal or reorder the text around it."""
    if limit and len(untrusted) > limit:
        untrusted = untrusted[: limit - 1] + "…"
    return _UNPRINTABLE.sub(_escape, untrusted)


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character) or (
        f"\\x{ord(character):02x}" if ord(character) < 256 else f"\\u{ord(character):04x}"
    )


def _three_digits(value: float) -> str:
    digits = 0 if abs(value) >= 99.95 else 1 if abs(value) >= 9.995 else 2
    return f"{value:.{digits}f}"
