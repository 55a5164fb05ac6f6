"""Recipes in files: TOML to write by hand, JSON for programs; the same members in both.

at = "model"
wrap = "state_dict"
[[choose]]                      # rules stand in lists, in the order in which they are applied
include = "backbone.*"
[[rename]]
strip_prefix = "backbone."
[[dtype]]
to = "float16"
[[device]]
from = "cuda:*"
to = "cpu"
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path as FilePath
from typing import Any, get_args

from inspector.core.errors import InspectorError
from inspector.core.export.recipe import (
    OMITTED,
    Choice,
    Container,
    DeviceRule,
    DTypeRule,
    Ownership,
    Recipe,
    Tied,
    Weights,
)
from inspector.core.export.renaming import (
    AddPrefix,
    RenameMap,
    RenameRule,
    StripPrefix,
    Substitute,
    Unwrap,
)
from inspector.core.model import Path
from inspector.core.model.address import Address, BadAddress, parse_path, print_address

_LARGEST = 64 << 20  # bytes of a recipe; ticks and maps of names may be long


def read_recipe(path: str) -> Recipe:
    """Return the recipe in a file; raises InspectorError that says what is wrong with it."""
    try:
        if FilePath(path).stat().st_size > _LARGEST:
            raise InspectorError(f"{path} is too large for a recipe.")
        text = FilePath(path).read_text("utf-8")
    except OSError as error:
        raise InspectorError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InspectorError(f"{path} is no text, so no recipe.") from None
    try:
        return recipe_of(text)
    except InspectorError as error:
        raise InspectorError(f"{path}: {error}") from None


def recipe_of(text: str) -> Recipe:
    """Return the recipe that a TOML or JSON text says; raises InspectorError."""
    try:
        is_json = text.lstrip().startswith("{")
        members = json.loads(text) if is_json else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InspectorError(f"This is no recipe: {error}.") from None
    return recipe_from(members)


def recipe_from(members: Mapping[str, Any]) -> Recipe:
    """Return the recipe that the members of a file describe; raises InspectorError."""
    fields: dict[str, Any] = {}
    for name, value in members.items():
        read = _READ.get(name)
        if read is None:
            raise InspectorError(f"A recipe has no {name!r}.", f"It may have {', '.join(_READ)}.")
        field, convert = read
        try:
            fields[field] = convert(value)
        except (KeyError, TypeError, ValueError, AttributeError, BadAddress) as error:
            raise InspectorError(f"In the recipe, {name} makes no sense: {error}.") from None
    return Recipe(**fields)


def recipe_members(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe as plain values, without what is as usual."""
    usual = Recipe()
    members: dict[str, Any] = {}
    for name, (field, _) in _READ.items():
        value = getattr(recipe, field)
        if value != getattr(usual, field):
            members[name] = _WRITE.get(name, _same)(value)
    return members


def recipe_json(recipe: Recipe) -> str:
    """Return the recipe as a JSON text."""
    return json.dumps(recipe_members(recipe), indent=1) + "\n"


def recipe_toml(recipe: Recipe) -> str:
    """Return the recipe as a TOML text."""
    members = recipe_members(recipe)
    lines = []
    tables = []
    for name, value in members.items():
        if type(value) is list and value and type(value[0]) is dict:
            for row in value:
                tables += ["", f"[[{name}]]", *(f"{k} = {_toml(v)}" for k, v in row.items())]
        else:
            lines.append(f"{name} = {_toml(value)}")
    return "\n".join([*lines, *tables]).lstrip("\n") + "\n"


def names_from(text: str) -> RenameMap:
    """Return the names in a map file: JSON or TOML, or lines of an old and a new name.

    Raises InspectorError.
    """
    start = text.lstrip()[:1]
    try:
        if start == "{":
            return _names(json.loads(text))
        lines = [line.split() for line in text.splitlines() if line.strip()]
        if lines and all(len(line) == 2 for line in lines):
            return RenameMap(tuple((old, new) for old, new in lines))
        return _names(tomllib.loads(text))
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InspectorError(f"This is no map of names: {error}.") from None


# ---- reading ---------------------------------------------------------------------------------


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError(f"{value!r} is no text")
    return value


def _truth(value: Any) -> bool:
    if type(value) is not bool:
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TypeError(f"{value!r} is no number of bytes")
    return value


def _one_of(words: tuple[str, ...]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in words:
            raise ValueError(f"{value!r} is none of {', '.join(words)}")
        return str(value)

    return read


def _path(value: Any) -> Path:
    return parse_path(_text(value).removeprefix("::").removesuffix("/"))


def _paths(value: Any) -> tuple[Path, ...]:
    return tuple(_path(item) for item in _list(value))


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise TypeError(f"{value!r} is no list")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(_text, _list(value)))


def _omitted(value: Any) -> tuple[str, ...]:
    return tuple(_one_of(OMITTED)(item) for item in _list(value))


def _choices(value: Any) -> tuple[Choice, ...]:
    found = []
    for row in _list(value):
        ((kind, pattern),) = row.items()
        found.append(Choice(_text(pattern), {"include": True, "exclude": False}[kind]))
    return tuple(found)


def _renames(value: Any) -> tuple[RenameRule, ...]:
    return tuple(_rename(row) for row in _list(value))


def _rename(row: Any) -> RenameRule:
    kinds: dict[str, Callable[[Any], RenameRule]] = {
        "strip_prefix": lambda prefix: StripPrefix(_text(prefix)),
        "add_prefix": lambda prefix: AddPrefix(_text(prefix)),
        "unwrap": lambda _: Unwrap(),
        "map": _names,
        "pattern": lambda pattern: Substitute(_text(pattern), _text(row["replacement"])),
    }
    kind = next((name for name in kinds if name in row), None)
    if kind is None or set(row) - {kind, "replacement"}:
        raise ValueError(f"a rule is one of {', '.join(kinds)}, not {', '.join(row)}")
    return kinds[kind](row[kind])


def _names(value: Any) -> RenameMap:
    return RenameMap(tuple((_text(old), _text(new)) for old, new in value.items()))


def _dtypes(value: Any) -> tuple[DTypeRule, ...]:
    return tuple(
        DTypeRule(
            _text(row["to"]), _text(row.get("pattern", "*")), _truth(row.get("any_kind", False))
        )
        for row in _list(value)
    )


def _devices(value: Any) -> tuple[DeviceRule, ...]:
    return tuple(DeviceRule(_text(row["to"]), _text(row.get("from", "*"))) for row in _list(value))


_READ: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "at": ("at", _path),
    "weights": ("weights", _one_of(get_args(Weights))),
    "ticks": ("ticks", _paths),
    "match": ("match", _text),
    "parameters": ("ownership", _one_of(get_args(Ownership))),
    "requires_grad": ("requires_grad", _truth),
    "container": ("container", _one_of(get_args(Container))),
    "wrap": ("wrap", _text),
    "omit": ("omit", _omitted),
    "extras": ("extras", _texts),
    "stamp": ("stamp", _truth),
    "format": ("format", _text),
    "max_shard_size": ("max_shard_size", _count),
    "tied": ("tied", _one_of(get_args(Tied))),
    "choose": ("choices", _choices),
    "rename": ("renames", _renames),
    "dtype": ("dtypes", _dtypes),
    "device": ("devices", _devices),
}
"""Name in a file; name in a Recipe, and what reads it."""


# ---- writing ---------------------------------------------------------------------------------


def _same(value: Any) -> Any:
    return list(value) if type(value) is tuple else value


def path_text(path: Path) -> str:
    """Return a path as recipes and `--at` spell it."""
    return print_address(Address("", path)).removeprefix("::")


def _rename_row(rule: RenameRule) -> dict[str, Any]:
    match rule:
        case StripPrefix(prefix):
            return {"strip_prefix": prefix}
        case AddPrefix(prefix):
            return {"add_prefix": prefix}
        case Substitute(pattern, replacement):
            return {"pattern": pattern, "replacement": replacement}
        case RenameMap(names):
            return {"map": dict(names)}
    return {"unwrap": True}


_WRITE: dict[str, Callable[[Any], Any]] = {
    "at": path_text,
    "ticks": lambda paths: [path_text(path) for path in paths],
    "choose": lambda rules: [
        {"include" if rule.keep else "exclude": rule.pattern} for rule in rules
    ],
    "rename": lambda rules: [_rename_row(rule) for rule in rules],
    "dtype": lambda rules: [
        {
            "to": rule.dtype,
            **({"pattern": rule.pattern} if rule.pattern != "*" else {}),
            **({"any_kind": True} if rule.any_kind else {}),
        }
        for rule in rules
    ],
    "device": lambda rules: [{"from": rule.pattern, "to": rule.device} for rule in rules],
}


def _toml(value: Any) -> str:
    if type(value) is list:
        return f"[{', '.join(map(_toml, value))}]"
    if type(value) is dict:
        return "{ " + ", ".join(f"{_toml(k)} = {_toml(v)}" for k, v in value.items()) + " }"
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is int:
        return str(value)
    # A basic string escapes as JSON does, and DEL besides.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
