"""The options of `inspector export` that make a recipe."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from inspector.core.errors import InspectorError
from inspector.core.export import (
    OMITTED,
    WRITERS,
    AddPrefix,
    Choice,
    DeviceRule,
    DTypeRule,
    Recipe,
    RenameMap,
    RenameRule,
    StripPrefix,
    Substitute,
    Unwrap,
    names_from,
    read_recipe,
)
from inspector.core.model import Path as TensorPath
from inspector.core.model.address import BadAddress, parse_path

_Command = TypeVar("_Command", bound=Callable[..., Any])
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kKMGT]?)(i?)B?")
_UNITS = {"": 0, "k": 1, "K": 1, "M": 2, "G": 3, "T": 4}
_ALIASES = {"torch": "torch-zip", "legacy": "torch-legacy", "npz": "numpy"}

_OPTIONS = (
    click.option("--at", metavar="PATH", help="Where the state_dict is, as inspector show has it."),
    click.option("--ema", is_flag=True, help="Take the averaged weights instead of the trained."),
    click.option("--tick", metavar="PATH", multiple=True, help="Only the tensors at this place."),
    click.option("--include", metavar="PATTERN", multiple=True, help="Only tensors that match."),
    click.option("--exclude", metavar="PATTERN", multiple=True, help="Leave out what matches."),
    click.option(
        "--match", metavar="TARGET", help="Leave out what does not fit the state_dict in TARGET."
    ),
    click.option("--strip-prefix", metavar="TEXT", multiple=True, help="Take it off keys."),
    click.option("--add-prefix", metavar="TEXT", multiple=True, help="Put it in front of keys."),
    click.option("--unwrap", is_flag=True, help="Take module., _orig_mod. and such off keys."),
    click.option(
        "--rename", metavar="REGEX=NEW", multiple=True, help=r"Replace in keys; \1 is a group."
    ),
    click.option(
        "--rename-map", metavar="FILE", multiple=True, help="New names by old ones: JSON, lines."
    ),
    click.option(
        "--dtype",
        metavar="[PATTERN=]DTYPE",
        multiple=True,
        help="Cast floats to a float dtype, integers to an integer one; DTYPE! casts all kinds.",
    ),
    click.option(
        "--device",
        metavar="[FROM=]TO",
        multiple=True,
        help="New location tags: 'cuda:*=cpu', '*=cuda:1'; meta leaves the values out.",
    ),
    click.option(
        "--parameters",
        type=click.Choice(["as_stored", "tensors", "parameters"]),
        help="Whether tensors are Parameters in DST.",
    ),
    click.option("--requires-grad/--no-requires-grad", default=None, help="In DST, for floats."),
    click.option("--wrap", metavar="KEY", help="Put the state_dict under a key."),
    click.option("--as-stored", is_flag=True, help="Keep the rest, but for what --omit names."),
    click.option(
        "--omit",
        metavar="PARTS",
        help=f"With --as-stored, what is left out: {','.join(OMITTED)} (all) or nothing.",
    ),
    click.option(
        "--keep", metavar="PATTERN", multiple=True, help="Other values to keep beside --wrap."
    ),
    click.option("--stamp", is_flag=True, help="Say in DST when and from what it was made."),
    click.option(
        "--format",
        "format_name",
        type=click.Choice([*(writer.name for writer in WRITERS), *_ALIASES]),
        help="The format of DST.",
    ),
    click.option("--max-shard-size", metavar="SIZE", help="Cut into files of at most 5GB, say."),
    click.option(
        "--tied",
        type=click.Choice(["split", "drop"]),
        help="Tied tensors in formats that cannot say so: write each, or the first.",
    ),
)


def options(function: _Command) -> _Command:
    """Add the options to a command."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def recipe_of_options(given: Mapping[str, Any], order: Iterable[str]) -> Recipe:
    """Return the recipe of a command line; raises InspectorError for what makes no sense."""
    recipe = read_recipe(given["recipe_file"]) if given["recipe_file"] else Recipe()
    changes: dict[str, Any] = {
        "choices": (*recipe.choices, *_in_order(given, order, _CHOICES)),
        "renames": (*recipe.renames, *_in_order(given, order, _RENAMES)),
        "dtypes": (*recipe.dtypes, *map(_dtype, given["dtype"])),
        "devices": (*recipe.devices, *map(_device, given["device"])),
        "extras": (*recipe.extras, *given["keep"]),
    }
    if given["tick"]:
        changes["ticks"] = (*(recipe.ticks or ()), *map(_path, given["tick"]))
    for option, (field, read) in _SINGLE.items():
        if given[option] is not None:
            changes[field] = read(given[option])
    for option, (field, value) in _FLAGS.items():
        if given[option]:
            changes[field] = value
    return replace(recipe, **changes)


def _in_order(
    given: Mapping[str, Any], order: Iterable[str], kinds: Mapping[str, Callable[[Any], Any]]
) -> Iterator[Any]:
    """Yield what options of several names make, in the order of the command line."""
    values = {
        name: iter(given[name]) if type(given[name]) is tuple else iter([given[name]])
        for name in kinds
    }
    for name in order:
        if name in kinds:
            value = next(values[name], None)
            if value is not None:
                yield kinds[name](value)


def _substitute(text: str) -> RenameRule:
    pattern, equals, replacement = text.rpartition("=")
    if not equals:
        raise InspectorError(f"--rename {text!r} lacks a `=`.", "Write it as 'REGEX=NEW'.")
    try:
        re.compile(pattern)
    except re.error as error:
        raise InspectorError(f"{pattern!r} is no regular expression: {error}.") from None
    return Substitute(pattern, replacement)


def _map(path: str) -> RenameMap:
    try:
        return names_from(Path(path).read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InspectorError(f"{path} cannot be read: {error}.") from None


_CHOICES: dict[str, Callable[[Any], Choice]] = {
    "include": lambda pattern: Choice(pattern, True),
    "exclude": lambda pattern: Choice(pattern, False),
}
_RENAMES: dict[str, Callable[[Any], RenameRule]] = {
    "strip_prefix": StripPrefix,
    "add_prefix": AddPrefix,
    "unwrap": lambda _: Unwrap(),
    "rename": _substitute,
    "rename_map": _map,
}


def _dtype(text: str) -> DTypeRule:
    pattern, _, name = text.rpartition("=")
    any_kind = name.endswith("!")
    name = name.removesuffix("!").removeprefix("torch.")
    return DTypeRule(_SHORT.get(name, name), pattern or "*", any_kind)


_SHORT = {"half": "float16", "float": "float32", "double": "float64", "long": "int64"}


def _device(text: str) -> DeviceRule:
    pattern, _, device = text.rpartition("=")
    return DeviceRule(device, pattern or "*")


def _path(text: str) -> TensorPath:
    try:
        return parse_path(text.removeprefix("::").removesuffix("/"))
    except BadAddress as error:
        raise InspectorError(f"{text!r} is no place in a checkpoint: {error}") from None


def _omit(text: str) -> tuple[str, ...]:
    words = [] if text == "nothing" else [word.strip() for word in text.split(",")]
    wrong = [word for word in words if word not in OMITTED]
    if wrong:
        raise InspectorError(
            f"{wrong[0]!r} is no part that can be left out.", f"There are: {', '.join(OMITTED)}."
        )
    return tuple(words)


def _size(text: str) -> int:
    found = _SIZE.fullmatch(text.strip())
    number = float(found[1]) if found else 0.0
    if found is None or not number:
        raise InspectorError(f"{text!r} is no size.", "Write 5GB, 500MB or a number of bytes.")
    return int(number * (1024 if found[3] else 1000) ** _UNITS[found[2]])


_SINGLE: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "at": ("at", _path),
    "match": ("match", str),
    "parameters": ("ownership", str),
    "requires_grad": ("requires_grad", bool),
    "wrap": ("wrap", str),
    "omit": ("omit", _omit),
    "format_name": ("format", lambda name: _ALIASES.get(name, name)),
    "max_shard_size": ("max_shard_size", _size),
    "tied": ("tied", str),
}
"""Options that are given once, by name: the member of a recipe, and what reads it."""
_FLAGS: dict[str, tuple[str, Any]] = {
    "ema": ("weights", "ema"),
    "as_stored": ("container", "stored"),
    "stamp": ("stamp", True),
}
