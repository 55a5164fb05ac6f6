"""What containers are made of, at every depth."""

from inspector.core.model import Node, Prefix, Span, grouping, measure
from inspector.gui.viewers.breakdown import ALL, breakdown, largest
from tests.gui.trees import mapping, tensor, value

STATE = mapping(
    "model",
    tensor("enc.0.weight", 8, 4),
    tensor("enc.0.bias", 8),
    tensor("enc.1.weight", 2, 8),
    tensor("head", 2),
    value("note", "x"),
)


def names(node: Node, depth: int, path: tuple[object, ...] = ()) -> list[tuple[str, object, int]]:
    return [(part.name, part.path, part.elements) for part in breakdown(node, path, depth)]


def test_steps_are_dots_and_keys():
    root = mapping("", STATE, tensor("extra", 1))
    assert names(root, 1) == [("model", ("model",), 58), ("extra", ("extra",), 1)]
    assert names(root, 2)[:2] == [
        ("model.enc", ("model", Prefix("enc.")), 56),
        ("model.head", ("model", "head"), 2),
    ]
    assert names(STATE, 2, ("model",))[:2] == [
        ("enc.0", ("model", Prefix("enc.0.")), 40),
        ("enc.1", ("model", Prefix("enc.1.")), 16),
    ]
    assert [name for name, *_ in names(STATE, ALL)] == [
        "enc.0.weight",
        "enc.0.bias",
        "enc.1.weight",
        "head",
    ]


def test_layers_are_inferred_where_they_are_whole():
    parts = {part.name: part.layer for part in breakdown(STATE, (), 2)}
    assert parts == {"enc.0": "Linear 4 → 8, bias", "enc.1": "Linear 8 → 2", "head": ""}


def test_groups_are_broken_down_below_their_prefix():
    made = grouping(STATE, measure(STATE).totals)
    group = made.children[id(STATE)][0]
    assert group.value == Span("enc.")
    path = ("model", group.key)
    assert names(group, 1, path) == [
        ("0", ("model", Prefix("enc.0.")), 40),
        ("1", ("model", Prefix("enc.1.")), 16),
    ]


def test_the_largest_are_kept_in_stored_order():
    kept = largest(breakdown(STATE, (), ALL), 2)
    assert [part.name for part in kept] == ["enc.0.weight", "enc.1.weight"]
