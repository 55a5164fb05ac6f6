import pytest
from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from inspector.core.model import Node, Prefix, measure
from inspector.gui.tree.arrangement import Request, Subject, arrange
from inspector.gui.tree.model import TreeModel
from tests.gui.trees import mapping, tensor, training_tree, value

MODE = QAbstractItemModelTester.FailureReportingMode.Fatal


def model_of(tree: Node) -> TreeModel:
    return TreeModel(arrange(Subject(tree, measure(tree).totals), Request()))


def watch(model: QAbstractItemModel) -> QAbstractItemModelTester:
    tester = QAbstractItemModelTester(model, MODE, model)
    tester.setUseFetchMore(False)
    return tester


def keys(model: TreeModel) -> list[object]:
    return [model.row_at(number).node.key for number in range(model.rowCount())]


def test_expand_and_collapse(qapp):
    model = model_of(training_tree())
    watch(model)
    model.expand(1)
    inside = ["layer.10.weight", "layer.2.weight", "layer.2.bias"]
    assert keys(model) == ["epoch", "model", *inside, "note", "alias"]
    assert model.is_expanded(1)
    assert [model.parent_of(number) for number in range(7)] == [-1, -1, 1, 1, 1, -1, -1]
    model.expand(1)
    model.collapse(1)
    assert keys(model) == ["epoch", "model", "note", "alias"]
    model.collapse(1)
    model.expand(0)
    assert model.rowCount() == 4


def test_what_is_open_inside_stays_open(qapp):
    model = model_of(mapping("", mapping("a", mapping("b", tensor("w", 1)))))
    watch(model)
    model.expand(0)
    model.expand(1)
    model.collapse(0)
    model.expand(0)
    assert keys(model) == ["a", "b", "w"]


def test_reveal_and_find(qapp):
    model = model_of(training_tree())
    watch(model)
    assert model.find(("model", "layer.2.bias")) == -1
    assert model.reveal(("model", "layer.2.bias")) == 4
    assert model.find(("model", "layer.2.bias")) == 4
    assert model.reveal(("model", "missing")) == -1
    assert model.reveal(("missing", "x")) == -1


def test_new_arrangement(qapp):
    tree = training_tree()
    model = model_of(tree)
    watch(model)
    model.expand(1)
    model.show_arrangement(arrange(Subject(tree, measure(tree).totals), Request("bias")))
    assert keys(model) == ["model", "layer.2.bias"]
    model.collapse(0)
    model.expand(0)
    assert keys(model) == ["model", "layer.2.bias"]
    model.collapse_all()
    assert keys(model) == ["model"]


def test_groups_are_rows_that_open_and_close(qapp):
    keys_ = [f"m.layers.{n}.{leaf}" for n in range(3) for leaf in ("w", "b")]
    tree = mapping("", mapping("model", *(tensor(key, 2) for key in keys_)), value("epoch", 1))
    subject = Subject(tree, measure(tree).totals)
    model = TreeModel(arrange(subject, Request(grouped=True)))
    watch(model)
    path = ("model", "m.layers.1.b")
    assert model.find(path) == -1
    number = model.reveal(path)
    assert model.row_at(number).path == path
    column = [model.index(n, 0).data() for n in range(model.rowCount())]
    assert column[:4] == ["model", "m.layers.[0-2]  × 3", "0", "1"]
    assert column[number] == "b"
    assert model.index(1, 3).data() == "48 B"
    group = model.row_at(2).path
    assert group == ("model", Prefix("m.layers.0."))
    assert model.find(group) == 2
    model.collapse(1)
    assert [model.index(n, 0).data() for n in range(model.rowCount())][2:] == ["epoch"]
    assert model.reveal(path) == number


def test_everything_open_at_once(qapp):
    tree = mapping("", mapping("a", mapping("b", tensor("w", 1))), tensor("x", 1))
    model = TreeModel(arrange(Subject(tree, measure(tree).totals), Request(), "all"))
    watch(model)
    assert keys(model) == ["a", "b", "w", "x"]


def test_texts_alignment_and_tool_tips(qapp):
    model = model_of(mapping("", tensor("<b>&amp;", 2)))
    roles = Qt.ItemDataRole
    first, size = model.index(0, 0), model.index(0, 3)
    assert first.data() == "<b>&amp;"
    assert (
        first.data(roles.ToolTipRole) == '<p style="white-space: pre-wrap">&lt;b&gt;&amp;amp;</p>'
    )
    assert size.data(roles.TextAlignmentRole) & Qt.AlignmentFlag.AlignRight
    assert model.headerData(3, Qt.Orientation.Horizontal) == "Size"
    assert first.data(roles.AccessibleTextRole) == "<b>&amp;, level 1"
    assert model.rowCount(first) == model.columnCount(first) == 0
    assert model.data(QModelIndex()) is None


@pytest.mark.parametrize("number", [100_000])
def test_a_hundred_thousand_rows_expand(qapp, number: int):
    model = model_of(mapping("", mapping("m", *(tensor(f"layer.{n}", 1) for n in range(number)))))
    model.expand(0)
    assert model.rowCount() == number + 1
    assert model.index(number, 0).data() == f"layer.{number - 1}"
