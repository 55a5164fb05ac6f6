"""Colours of numbers: from blue over the ground to red, or from the ground to one colour.

Between two stops, colours are mixed in OKLab (Ottosson 2020, "A perceptual color space for image
processing"), where equal steps look equally large. Zero has the colour of the ground, so that
what is large stands out, on a light ground and on a dark one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from math import dist

Colour = tuple[int, int, int]
Point = tuple[float, ...]

LEVELS = 253
"""Colours of a scale: an odd number, so that zero has the one in the middle."""

_DIVERGING = {
    False: ("#0b3c8c", "#5b8fdb", "#f7f7f6", "#e07a5f", "#8f1414"),
    True: ("#a9d0ff", "#3b7fdc", "#20242b", "#d2552f", "#ffc9a8"),
}
_RISING = {
    False: ("#f2f5f6", "#7fb7be", "#2f7f92", "#12374f"),
    True: ("#20242b", "#1f6274", "#4fb3b0", "#e4f7d0"),
}
# Of differences: nothing is black, on any ground, and the least that is not has a hue of its own.
_FALLING_OFF = ("#b5dcff", "#3f86e0", "#14386b")
_GROWING = ("#7a2a12", "#e0672f", "#ffd3a8")
_ODD = {False: "#b5179e", True: "#ff5fd7"}


@lru_cache(maxsize=8)
def scale_colours(*, diverging: bool, dark: bool) -> tuple[Colour, ...]:
    """Return the colours from the lowest value to the highest."""
    points = [_oklab(stop) for stop in (_DIVERGING if diverging else _RISING)[dark]]
    if not diverging:
        return tuple(_rgb(*point) for point in _even(points, LEVELS))
    middle, half = len(points) // 2, LEVELS // 2 + 1
    low, high = _even(points[: middle + 1], half), _even(points[middle:], half)
    return tuple(_rgb(*point) for point in low + high[1:])


@lru_cache(maxsize=1)
def difference_colours() -> tuple[Colour, ...]:
    """Return the colours from what fell most over black to what grew most."""
    half = LEVELS // 2
    low = _even([_oklab(stop) for stop in _FALLING_OFF], half)
    high = _even([_oklab(stop) for stop in _GROWING], half)
    return (*(_rgb(*point) for point in low), (0, 0, 0), *(_rgb(*point) for point in high))


def _even(stops: Sequence[Point], number: int) -> list[Point]:
    """Return so many points on the way along all stops, equally far from each other."""
    lengths = [dist(one, other) for one, other in pairwise(stops)]
    step = sum(lengths) / (number - 1)
    found = []
    for level in range(number):
        way, leg = level * step, 0
        while leg < len(lengths) - 1 and way > lengths[leg]:
            way -= lengths[leg]
            leg += 1
        share = way / lengths[leg]
        one, other = stops[leg], stops[leg + 1]
        found.append(tuple(a + (b - a) * share for a, b in zip(one, other, strict=True)))
    return found


def odd_colour(*, dark: bool) -> Colour:
    """Return the colour of what is no finite number: no scale has it."""
    value = _ODD[dark]
    return int(value[1:3], 16), int(value[3:5], 16), int(value[5:7], 16)


def lightness(colour: Colour) -> float:
    """Return how light a colour looks, 0.0 to 1.0."""
    return _oklab("#{:02x}{:02x}{:02x}".format(*colour))[0]


def steps(colours: tuple[Colour, ...]) -> list[float]:
    """Return how far each colour looks from the next one."""
    points = [_oklab("#{:02x}{:02x}{:02x}".format(*colour)) for colour in colours]
    return [dist(one, other) for one, other in pairwise(points)]


def _oklab(colour: str) -> tuple[float, float, float]:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    )
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _rgb(light: float, green_red: float, blue_yellow: float) -> Colour:
    long = (light + 0.3963377774 * green_red + 0.2158037573 * blue_yellow) ** 3
    middle = (light - 0.1055613458 * green_red - 0.0638541728 * blue_yellow) ** 3
    short = (light - 0.0894841775 * green_red - 1.2914855480 * blue_yellow) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    red, green, blue = (
        12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
        for part in (min(max(part, 0.0), 1.0) for part in linear)
    )
    return round(red * 255), round(green * 255), round(blue * 255)
