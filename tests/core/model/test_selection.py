"""Globs hold against the key in the state_dict and against the whole path."""

from typing import Any

import pytest

from inspector.core.model import Attribute, Path, Prefix, Selection

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


@pytest.mark.parametrize(
    ("below", "chosen"),
    [
        (("net",), [("net",), ("net", "a.w"), ("net", "b.w")]),
        (("net", "a.w"), [("net", "a.w")]),
        (("net", Prefix("a")), [("net", "a.w")]),
        ((Prefix("n"),), [("net",), ("net", "a.w"), ("net", "b.w")]),
        (("a.w",), []),
    ],
)
def test_a_place_narrows_it_down(below: Path, chosen: list[Path]) -> None:
    paths: list[Path] = [(), ("net",), ("net", "a.w"), ("net", "b.w"), ("epoch",), (0,)]
    assert [path for path in paths if path in Selection((), (), below)] == chosen
    both = Selection(["*w"], (), below)
    assert [path for path in paths if path in both] == [p for p in chosen if len(p) == 2]
    assert both.chooses
