import pytest

from inspector.core.model import Node, measure
from inspector.core.progress import Cancelled
from inspector.gui.tree.arrangement import Arrangement, Request, Subject, arrange
from inspector.gui.tree.lines import Row, rows_between
from inspector.gui.tree.search import Mode
from tests.gui.trees import mapping, tensor, training_tree, value

STATE_DICT = (("model",),)


def arranged(tree: Node, request: Request, expanded: frozenset[int] = frozenset()) -> Arrangement:
    return arrange(Subject(tree, measure(tree).totals, STATE_DICT), request, expanded)


def rows(plan: Arrangement) -> list[Row]:
    return list(rows_between(plan.lines, 0, plan.lines.height))


def shown(tree: Node, pattern: str, mode: Mode = "auto") -> list[str]:
    plan = arranged(tree, Request(pattern, mode))
    return ["/".join(map(str, row.path)) for row in rows(plan)]


def test_stored_order_is_the_first_order():
    tree = training_tree()
    plan = arranged(tree, Request())
    assert [row.node.key for row in rows(plan)] == ["epoch", "model", "note", "alias"]


def test_expanded_branches_are_laid_out():
    tree = training_tree()
    plan = arranged(tree, Request(), frozenset({id(tree.children[1])}))
    assert [row.depth for row in rows(plan)] == [0, 0, 1, 1, 1, 0, 0]
    assert rows(plan)[3].path == ("model", "layer.2.weight")


@pytest.mark.parametrize(
    ("column", "descending", "keys"),
    [
        (0, False, ["layer.2.bias", "layer.2.weight", "layer.10.weight"]),
        (0, True, ["layer.10.weight", "layer.2.weight", "layer.2.bias"]),
        (1, True, ["layer.10.weight", "layer.2.weight", "layer.2.bias"]),
        (2, False, ["layer.2.bias", "layer.10.weight", "layer.2.weight"]),
        (3, False, ["layer.2.bias", "layer.2.weight", "layer.10.weight"]),
        (6, True, ["layer.2.bias", "layer.10.weight", "layer.2.weight"]),
    ],
)
def test_sorting(column: int, descending: bool, keys: list[str]):
    tree = training_tree()
    plan = arranged(tree, Request(column=column, descending=descending))
    assert [child.key for child in plan.shown(tree.children[1])] == keys


@pytest.mark.parametrize("descending", [False, True])
def test_rows_without_a_size_stand_last_in_both_directions(descending: bool):
    plan = arranged(training_tree(), Request(column=3, descending=descending))
    assert rows(plan)[0].node.key == "model"


def test_search_keeps_what_leads_to_a_match():
    assert shown(training_tree(), "BIAS") == ["model", "model/layer.2.bias"]
    assert shown(training_tree(), "epo") == ["epoch"]
    assert shown(training_tree(), "nothing like it") == []


def test_search_over_the_path():
    expected = ["model", "model/layer.10.weight"]
    assert shown(training_tree(), "model.layer.10") == expected
    assert shown(training_tree(), "model/layer.10") == expected


def test_a_matching_container_keeps_its_children_but_does_not_open():
    tree = training_tree()
    plan = arranged(tree, Request("mode"))
    assert [row.node.key for row in rows(plan)] == ["model"]
    assert len(plan.shown(tree.children[1])) == 3
    assert plan.matches == 1


@pytest.mark.parametrize("glob", ["*.bias", "layer.?.bias", "model/*bias", "model.layer.2.b*"])
def test_globs_match_inside_the_state_dict_and_from_the_root(glob: str):
    assert shown(training_tree(), glob) == ["model", "model/layer.2.bias"]


def test_search_and_sort_together():
    plan = arranged(training_tree(), Request("weight", column=0))
    assert [row.node.key for row in rows(plan)] == ["model", "layer.2.weight", "layer.10.weight"]


def test_search_can_be_cancelled():
    tree = mapping("", *(value(number, number) for number in range(5000)))

    def give_up(fraction: float, message: str = "", /) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        arrange(Subject(tree, {}), Request("4"), progress=give_up)


def test_hostile_globs_do_not_hang():
    tree = mapping("", tensor("a" * 200, 1))
    assert shown(tree, "*a" * 30 + "*b") == []
