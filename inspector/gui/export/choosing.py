"""What is ticked as part of a recipe: patterns where few say exactly the same, paths otherwise."""

from __future__ import annotations

from dataclasses import replace
from glob import escape

from inspector.core.errors import InspectorError
from inspector.core.export import Choice, Recipe
from inspector.core.export.patterns import matches
from inspector.core.model import Node
from inspector.core.progress import Progress
from inspector.gui.export.survey import Survey
from inspector.gui.export.ticks import Ticks

_FEW = 24  # patterns that a person still reads, and that are quickly held against every key


def with_ticks(found: Survey, ticks: Ticks, recipe: Recipe, progress: Progress) -> Recipe:
    """Return the recipe with what is ticked; its own patterns choose among that."""
    words = ticks.overrides()
    if not words:
        return recipe
    chosen = [(node, on) for node, on in ticks.leaves()]
    only_off = all(not on for _, on in words)
    if len(words) <= _FEW and (only_off or not recipe.choices):
        choices = [Choice(_pattern(node), on) for node, on in words if node is not ticks.root]
        if words[0][0] is ticks.root and not words[0][1] and not (choices and choices[0].keep):
            choices = []
        if choices and _say_exactly(found, choices, chosen, progress):
            return replace(recipe, choices=(*recipe.choices, *choices))
    paths = tuple(found.members[id(node)].path for node, on in chosen if on)
    return replace(recipe, ticks=paths)


def _pattern(node: Node) -> str:
    return escape(str(node.key)) + ("*" if node.kind == "group" else "")


def _say_exactly(
    found: Survey, choices: list[Choice], chosen: list[tuple[Node, bool]], progress: Progress
) -> bool:
    """Return whether patterns alone come to what is ticked: `*` crosses everything."""
    try:
        for number, (node, on) in enumerate(chosen):
            if number % 500 == 0:
                progress(0.1, "Choosing tensors")
            member = found.members[id(node)]
            keep = not choices[0].keep
            for choice in choices:
                if matches(choice.pattern, member.key, member.path):
                    keep = choice.keep
            if keep != on:
                return False
    except InspectorError:  # a key that begins as a regular expression does
        return False
    return True
