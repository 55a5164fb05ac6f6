"""The command that does what a recipe says, to be pasted into a terminal."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from typing import Any

from inspector.core.export.recipe import OMITTED, Recipe
from inspector.core.export.recipe_file import path_text
from inspector.core.export.renaming import (
    AddPrefix,
    RenameMap,
    StripPrefix,
    Substitute,
    Unwrap,
)

_MARK = "__renamed__"
_MANY = 40  # words of rules; longer commands are better kept in a file


def command_text(
    recipe: Recipe, source: str, target: str, recipe_file: str = "", against: str = ""
) -> str:
    """Return `inspector export …`; with a `recipe_file`, that is named where rules are many.

    `against` is a file that the result is compared with, and nothing more.
    """
    words = list(_words(recipe))
    if recipe_file and len(words) > _MANY:
        words = ["--recipe", recipe_file]
    if against:
        words += ["--against", against]
    return shlex.join(["inspector", "export", source, target, *words])


def _words(recipe: Recipe) -> Iterator[str]:
    yield from _chosen(recipe)
    for rule in recipe.renames:
        yield from _RULES[type(rule)](rule)
    for dtype in recipe.dtypes:
        name = dtype.dtype + ("!" if dtype.any_kind else "")
        yield from ("--dtype", name if dtype.pattern == "*" else f"{dtype.pattern}={name}")
    for device in recipe.devices:
        yield from ("--device", f"{device.pattern}={device.device}")
    yield from _container(recipe)
    yield from _form(recipe)


def _chosen(recipe: Recipe) -> Iterator[str]:
    if recipe.at is not None:
        yield from ("--at", path_text(recipe.at) or "/")
    if recipe.weights == "ema":
        yield "--ema"
    for path in recipe.ticks or ():
        yield from ("--tick", path_text(path))
    for choice in recipe.choices:
        yield from ("--include" if choice.keep else "--exclude", choice.pattern)
    if recipe.match:
        yield from ("--match", recipe.match)


def _form(recipe: Recipe) -> Iterator[str]:
    usual = Recipe()
    if recipe.ownership != usual.ownership:
        yield from ("--parameters", recipe.ownership)
    if recipe.requires_grad is not None:
        yield "--requires-grad" if recipe.requires_grad else "--no-requires-grad"
    if recipe.format != usual.format:
        yield from ("--format", recipe.format)
    if recipe.max_shard_size:
        yield from ("--max-shard-size", str(recipe.max_shard_size))
    if recipe.tied != usual.tied:
        yield from ("--tied", recipe.tied)


def _container(recipe: Recipe) -> Iterator[str]:
    if recipe.container == "stored":
        yield "--as-stored"
        if recipe.omit != OMITTED:
            yield from ("--omit", ",".join(recipe.omit) or "nothing")
    if recipe.wrap:
        yield from ("--wrap", recipe.wrap)
    for pattern in recipe.extras:
        yield from ("--keep", pattern)
    if recipe.stamp:
        yield "--stamp"


def _named(rule: RenameMap) -> Iterator[str]:
    """Yield a rule per name; as they follow each other, names that change places get a mark."""
    olds = {old for old, _ in rule.names}
    mark = _MARK if any(new in olds for _, new in rule.names) else ""
    for old, new in rule.names:
        escaped = new.replace("\\", "\\\\")
        yield from ("--rename", f"^{re.escape(old)}$={escaped}{mark}")
    if mark:
        yield from ("--rename", f"{re.escape(mark)}$=")


_RULES: dict[type, Callable[[Any], Any]] = {
    StripPrefix: lambda rule: ("--strip-prefix", rule.prefix),
    AddPrefix: lambda rule: ("--add-prefix", rule.prefix),
    Unwrap: lambda _: ("--unwrap",),
    Substitute: lambda rule: ("--rename", f"{rule.pattern}={rule.replacement}"),
    RenameMap: _named,
}
