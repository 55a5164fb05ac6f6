"""Quick filters and the marks that they ask for."""

from inspector.core.model import Finding, Node, Storage, Tensor, dtype_named, measure
from inspector.gui.tree.arrangement import Request, Subject, arrange
from inspector.gui.tree.columns import Known, badges
from inspector.gui.tree.filters import NO_FILTERS, Filters
from inspector.gui.tree.lines import rows_between
from inspector.gui.tree.marks import NO_MARKS, Marks, marks_of
from tests.gui.trees import mapping, tensor, training_tree, value


def shown(tree: Node, filters: Filters, pattern: str = "", marks: Marks = NO_MARKS) -> list[str]:
    subject = Subject(tree, measure(tree).totals, (("model",),), marks)
    plan = arrange(subject, Request(pattern, filters=filters))
    rows = rows_between(plan.lines, 0, plan.lines.height)
    return ["/".join(map(str, row.path)) for row in rows]


def test_dtype_device_and_size():
    tree = training_tree()
    bias = ["model", "model/layer.2.bias"]
    assert shown(tree, Filters(dtypes=frozenset(["float16"]))) == bias
    assert shown(tree, Filters(devices=frozenset(["cuda:0"]))) == bias
    assert shown(tree, Filters(at_least=1000)) == ["model", "model/layer.10.weight"]
    assert shown(tree, Filters(at_least=10**9)) == []
    assert NO_FILTERS.any is False
    assert Filters(at_least=1000).words() == "at least 1.00 kB"


def test_search_and_filter_must_both_hold_but_a_name_counts_for_what_is_inside():
    tree = mapping("", mapping("left", tensor("w", 9)), mapping("right", tensor("w", 9)))
    assert shown(tree, Filters(at_least=1), "left") == ["left", "left/w"]
    assert shown(tree, Filters(at_least=1000), "left") == []


def test_marks_of_findings_ties_and_parameters(make_checkpoint):
    storage = Storage("s", "cpu", 8)
    view = Tensor(dtype_named("float32"), (2,), (1,), 0, storage, parameter=True)
    tied = [Node(key, "tensor", "Parameter", view) for key in ("a", "b")]
    tree = mapping("", mapping("m", *tied, tensor("c", 2)), value("epoch", 1))
    findings = (Finding("odd", "warning", "Odd.", ("m", "c")), Finding("all", "info", "All."))
    checkpoint = make_checkpoint(tree, findings)
    storages = {"s": storage, "c": tree.children[0].children[2].value.storage}
    object.__setattr__(checkpoint, "storages", storages)
    marks = marks_of(checkpoint)
    known = Known(measure(tree).totals, marks=marks)
    inside = tree.children[0].children
    assert [[word for _, word in badges(node, known)] for node in inside] == [
        ["tied", "parameter"],
        ["tied", "parameter"],
        ["warning"],
    ]
    assert [name for name, _ in badges(tree.children[0], known)] == ["warning"]
    assert marks.dtypes == {"float32": 3}
    assert shown(tree, Filters(shared=True), marks=marks) == ["m", "m/a", "m/b"]
    assert shown(tree, Filters(found=True), marks=marks) == ["m", "m/c"]


def test_nothing_to_mark(make_checkpoint):
    tree = mapping("", value("epoch", 1))
    assert marks_of(make_checkpoint(tree)) == NO_MARKS
