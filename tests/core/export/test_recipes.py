"""Recipes in files come back as they were, and say what is wrong with them."""

from __future__ import annotations

import json
import shlex
import tomllib
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.cli.export import command
from inspector.cli.export_options import recipe_of_options
from inspector.core.errors import InspectorError
from inspector.core.export import (
    OMITTED,
    AddPrefix,
    Choice,
    DeviceRule,
    DTypeRule,
    Recipe,
    RenameMap,
    StripPrefix,
    Substitute,
    Unwrap,
    command_text,
    names_from,
    read_recipe,
    recipe_json,
    recipe_of,
    recipe_toml,
)
from inspector.core.model import Attribute

FULL = Recipe(
    at=("a", 0, "b/c", Attribute("d")),
    weights="ema",
    ticks=(("a", "x.w"), (Attribute("m"), 3), ("*odd", "::")),
    choices=(Choice("a.*"), Choice("re:^b", keep=False), Choice("c")),
    match="other.pt::model",
    renames=(
        StripPrefix("module."), Unwrap(), AddPrefix('net"\\.'), Substitute(r"^(\w+)=", r"\1"),
        RenameMap((("old", "new"), ("a'b", "c\nd"))),
    ),
    dtypes=(DTypeRule("float16"), DTypeRule("int32", "n.*", any_kind=True)),
    devices=(DeviceRule("cpu", "cuda:*"), DeviceRule("meta")),
    ownership="parameters",
    requires_grad=False,
    container="stored",
    wrap="state dict",
    omit=("optimizer",),
    extras=("epoch", "conf*"),
    stamp=True,
    format="safetensors",
    max_shard_size=5_000_000_000,
    tied="drop",
)  # fmt: skip


@pytest.mark.parametrize("recipe", [Recipe(), FULL, Recipe(ticks=(), omit=(), at=())])
def test_both_texts_come_back(recipe: Recipe, tmp_path: Path) -> None:
    for text in (recipe_toml(recipe), recipe_json(recipe)):
        assert recipe_of(text) == recipe
        (tmp_path / "recipe").write_text(text, "utf-8")
        assert read_recipe(str(tmp_path / "recipe")) == recipe
    assert tomllib.loads(recipe_toml(recipe)) == json.loads(recipe_json(recipe))


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
rules = st.one_of(
    texts.map(StripPrefix), texts.map(AddPrefix), st.just(Unwrap()),
    st.builds(Substitute, texts, texts),
    st.dictionaries(texts, texts, max_size=3).map(lambda names: RenameMap(tuple(names.items()))),
)  # fmt: skip
recipes = st.builds(
    Recipe,
    at=st.none() | st.lists(st.one_of(texts, st.integers(), texts.map(Attribute))).map(tuple),
    choices=st.lists(st.builds(Choice, texts, st.booleans())).map(tuple),
    renames=st.lists(rules, max_size=4).map(tuple),
    dtypes=st.lists(st.builds(DTypeRule, texts, texts, st.booleans())).map(tuple),
    devices=st.lists(st.builds(DeviceRule, texts, texts)).map(tuple),
    requires_grad=st.sampled_from([None, True, False]),
    omit=st.lists(st.sampled_from(OMITTED), unique=True).map(tuple),
    wrap=texts,
)


@given(recipes)
def test_any_recipe_comes_back(recipe: Recipe) -> None:
    assert recipe_of(recipe_toml(recipe)) == recipe
    assert recipe_of(recipe_json(recipe)) == recipe


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("wrong = 1", "no 'wrong'"),
        ("at = 3", "at makes no sense"),
        ("weights = 'best'", "none of model, ema"),
        ("choose = [{ only = 'a' }]", "choose makes no sense"),
        ("rename = [{ swap = 'a' }]", "a rule is one of"),
        ("rename = [{ pattern = 'a' }]", "rename makes no sense"),
        ("stamp = 'yes'", "neither true nor false"),
        ("max_shard_size = -1", "no number of bytes"),
        ("omit = ['model']", "is none of"),
        ("[[[", "no recipe"),
        ('{"at": ', "no recipe"),
        ("[]", "no recipe"),
    ],
)
def test_what_is_wrong_with_a_recipe_is_said(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text(text)
    with pytest.raises(InspectorError, match=words) as refused:
        read_recipe(str(path))
    assert str(path) in str(refused.value)


def test_maps_of_names_in_three_spellings() -> None:
    wanted = RenameMap((("a.b", "c"), ("d", "e.f")))
    assert names_from('{"a.b": "c", "d": "e.f"}') == wanted
    assert names_from('"a.b" = "c"\nd = "e.f"\n') == wanted
    assert names_from("a.b\tc\nd   e.f\n") == wanted
    with pytest.raises(InspectorError):
        names_from("a b c\n")


def parsed(text: str) -> tuple[Recipe, str, str]:
    """Return what the command line makes of a command."""
    words = shlex.split(text)
    assert words[:2] == ["inspector", "export"]
    context = click.Context(command)
    command.parse_args(context, words[2:])
    source, target = context.params.pop("source"), context.params.pop("target")
    return recipe_of_options(context.params, context.meta["order"]), source, target


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(),
        Recipe(at=()),
        Recipe(
            at=("a", 0),
            choices=(Choice("b", False), Choice("a*"), Choice("c", False)),
            renames=(AddPrefix("x."), StripPrefix("y."), Unwrap(), AddPrefix("z.")),
        ),
        FULL,
    ],
)
def test_the_command_says_the_same(recipe: Recipe) -> None:
    again, source, target = parsed(command_text(recipe, "my model.pt", "out put.pt"))
    assert (source, target) == ("my model.pt", "out put.pt")
    keys = ["old", "a'b", "module.x", "net", "w=3"]
    assert [_renamed(again, key) for key in keys] == [_renamed(recipe, key) for key in keys]
    for name in recipe.__dataclass_fields__:
        if name != "renames" or not any(isinstance(rule, RenameMap) for rule in recipe.renames):
            assert getattr(again, name) == getattr(recipe, name), name


def test_names_that_change_places_do_so_in_the_command() -> None:
    recipe = Recipe(renames=(RenameMap((("a", "b"), ("b", "a"), ("c", "a.c"))),))
    again, _, _ = parsed(command_text(recipe, "a.pt", "b.pt"))
    assert [_renamed(again, key) for key in ("a", "b", "c", "d")] == ["b", "a", "a.c", "d"]


def _renamed(recipe: Recipe, key: str) -> str:
    for rule in recipe.renames:
        key = rule.renamed(key)
    return key


def test_long_commands_name_a_recipe() -> None:
    long = Recipe(choices=tuple(Choice(f"layer.{n}") for n in range(100)))
    assert (
        command_text(long, "a.pt", "b.pt", "r.toml") == "inspector export a.pt b.pt --recipe r.toml"
    )
