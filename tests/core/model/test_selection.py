"""Globs hold against the key in the state_dict and against the whole path."""

from typing import Any

import pytest

from inspector.core.model import Attribute, Selection

ROOTS = [("model",), ()]


@pytest.mark.parametrize(
    ("globs", "path", "chosen"),
    [
        ([], ("anything",), True),
        (["*"], ("model", "0.weight"), True),
        (["0.weight"], ("model", "0.weight"), True),
        (["*.weight"], ("model", "a.b.weight"), True),
        (["*.weight"], ("optimizer", "lr"), False),
        (["model/*"], ("model", "0.weight"), True),
        (["model/0.weight"], ("model", "0.weight"), True),
        (["?.weight"], ("model", "0.weight"), True),
        (["[0-9].weight"], ("model", "0.weight"), True),
        (["[!0].weight"], ("model", "0.weight"), False),
        (["*.WEIGHT"], ("model", "0.weight"), False),
        (["weight"], ("model", "0.weight"), False),
        (["state/0/*"], ("state", 0, "exp_avg"), True),
        (["state/0"], ("state", "0"), True),
        (["fc.weight"], ("model", Attribute("fc"), Attribute("weight")), True),
        (["a\nb"], ("a\nb",), True),
        (["*"], ("\ud800",), True),
        (["one", "two"], ("two",), True),
        (["[*]"], ("*",), True),
        (["[x"], ("[x",), True),
    ],
)
def test_globs(globs: list[str], path: tuple[Any, ...], chosen: bool) -> None:
    assert (path in Selection(globs, ROOTS)) is chosen


def test_keys_are_joined_with_dots_inside_a_state_dict() -> None:
    path = ("net", "encoder", "weight")
    assert path in Selection(["encoder.weight"], [("net",)])
    assert path not in Selection(["encoder.weight"], [])
    assert path in Selection(["net/encoder/weight"], [])
