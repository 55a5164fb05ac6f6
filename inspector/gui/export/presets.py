"""What people most often want, as one press: each preset is a row that changes a recipe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from inspector.core.export import Choice, DeviceRule, DTypeRule, Recipe
from inspector.gui.export.survey import Survey

_HALF = DTypeRule("float16")
_CPU = DeviceRule("cpu")


@dataclass(frozen=True)
class Preset:
    """A wish that can be put into a recipe, and taken out again."""

    id: str
    text: str
    says: str
    applies: Callable[[Survey], bool]
    is_on: Callable[[Recipe, Survey], bool]
    turned: Callable[[Recipe, Survey, bool], Recipe]


def _plain(recipe: Recipe, found: Survey) -> bool:
    usual = Recipe()
    names = ("container", "wrap", "extras", "ownership")
    return all(getattr(recipe, name) == getattr(usual, name) for name in names)


def _make_plain(recipe: Recipe, found: Survey, on: bool) -> Recipe:
    if on:
        return replace(recipe, container="state_dict", wrap="", extras=(), ownership="as_stored")
    return replace(recipe, container="stored") if _plain(recipe, found) else recipe


def _without_head(found: Survey) -> Choice:
    return Choice(f"{found.head}*", keep=False)


def _drop_head(recipe: Recipe, found: Survey, on: bool) -> Recipe:
    rule = _without_head(found)
    left = tuple(choice for choice in recipe.choices if choice != rule)
    return replace(recipe, choices=(*left, rule) if on else left)


def _halve(recipe: Recipe, found: Survey, on: bool) -> Recipe:
    left = tuple(rule for rule in recipe.dtypes if rule != _HALF)
    return replace(recipe, dtypes=(*left, _HALF) if on else left)


def _move(recipe: Recipe, found: Survey, on: bool) -> Recipe:
    left = tuple(rule for rule in recipe.devices if rule != _CPU)
    return replace(recipe, devices=(*left, _CPU) if on else left)


PRESETS = (
    Preset(
        "weights",
        "Weights only",
        "The state_dict alone: no optimizer, no epoch, nothing around it",
        lambda found: True,
        _plain,
        _make_plain,
    ),
    Preset(
        "head",
        "Drop the classifier",
        "Leaves out the last layer, for a network with another head",
        lambda found: bool(found.head),
        lambda recipe, found: _without_head(found) in recipe.choices,
        _drop_head,
    ),
    Preset(
        "half",
        "Half precision",
        "Casts floating-point tensors to float16",
        lambda found: True,
        lambda recipe, found: _HALF in recipe.dtypes,
        _halve,
    ),
    Preset(
        "cpu",
        "For the CPU",
        "Tags every tensor cpu, so that torch.load needs no GPU",
        lambda found: True,
        lambda recipe, found: _CPU in recipe.devices,
        _move,
    ),
)
