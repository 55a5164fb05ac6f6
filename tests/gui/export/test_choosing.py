import pytest

from inspector.core.export import Choice, Recipe, make_plan
from inspector.core.progress import silent
from inspector.gui.export.choosing import with_ticks
from inspector.gui.export.survey import head_of, open_survey, tick_paths
from tests.checkpoints import save_zip


@pytest.fixture
def found(tmp_path):
    import torch

    keys = ("a.x.w", "a.x.b", "a.y", "b[0].w", "b[0].b", "head.weight", "head.bias")
    path = save_zip(tmp_path / "some.pt", {"model": {key: torch.ones(2) for key in keys}, "n": 1})
    survey = open_survey(str(path), None, ())
    yield survey
    survey.checkpoint.close()


def turn(found, key, on):
    pending = [found.ticks.root]
    while pending:
        node = pending.pop()
        if str(node.key) == key:
            found.ticks.set(node, on=on)
            return
        pending += found.ticks.children(node)
    raise AssertionError(key)


def planned(found, recipe):
    made = with_ticks(found, found.ticks, recipe, silent)
    return made, [row.key for row in make_plan(found.checkpoint, made).rows]


def test_nothing_unticked_says_nothing(found):
    assert planned(found, Recipe())[0] == Recipe()


def test_a_group_becomes_one_pattern_with_its_brackets_taken_literally(found):
    turn(found, "b[0].", False)
    made, keys = planned(found, Recipe())
    assert made.choices == (Choice("b[[]0].*", keep=False),)
    assert keys == ["a.x.w", "a.x.b", "a.y", "head.weight", "head.bias"]


def test_a_few_ticked_become_what_is_included(found):
    turn(found, "", False)
    turn(found, "a.x.", True)
    turn(found, "a.x.b", False)
    made, keys = planned(found, Recipe())
    assert keys == ["a.x.w"]
    assert made.ticks is None


def test_patterns_choose_among_what_is_ticked(found):
    turn(found, "", False)
    turn(found, "a.", True)
    made, keys = planned(found, Recipe(choices=(Choice("*w*"),)))
    assert keys == ["a.x.w"]
    assert made.ticks is not None
    turn(found, "", True)
    turn(found, "a.x.w", False)
    assert planned(found, Recipe(choices=(Choice("*w*"),)))[1] == ["b[0].w", "head.weight"]


def test_a_key_that_looks_like_an_expression_is_still_itself(tmp_path):
    import torch

    path = save_zip(tmp_path / "odd.pt", {"re:(": torch.ones(1), "b": torch.ones(1)})
    survey = open_survey(str(path), None, ())
    turn(survey, "re:(", False)
    assert planned(survey, Recipe())[1] == ["b"]
    survey.checkpoint.close()


def test_paths_of_a_selection_tick_what_lies_below_them(found):
    tick_paths(found.ticks, found.members, [("model", "a.y"), ("model", "head.bias")])
    assert planned(found, Recipe())[1] == ["a.y", "head.bias"]


@pytest.mark.parametrize(
    ("keys", "head"),
    [
        (("body.weight", "fc.weight", "fc.bias"), "fc."),
        (("model.head.weight", "model.body.weight"), "model.head."),
        (("0.weight", "2.weight", "2.bias"), "2."),
        (("weight", "bias"), ""),
        ((), ""),
    ],
)
def test_the_classifier_is_found_by_name_or_because_it_is_last(keys, head):
    assert head_of(keys) == head
