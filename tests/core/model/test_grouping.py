"""Folders made of dots, over trees made by hand."""

import pytest

from inspector.core.model import (
    Attribute,
    Grouping,
    Node,
    Prefix,
    Storage,
    Tensor,
    dtype_named,
    grouping,
    measure,
    python_path,
    step_of,
)
from inspector.core.model.tensor import contiguous_stride
from inspector.core.progress import Cancelled


def tensor(key: object, *shape: int) -> Node:
    storage = Storage(str(key), "cpu", 4)
    return Node(
        key,
        "tensor",
        "Tensor",
        Tensor(dtype_named("float32"), shape, contiguous_stride(shape), 0, storage),
    )


def mapping(key: object, *children: Node) -> Node:
    return Node(key, "mapping", "dict", None, children)


def drawn(node: Node, found: Grouping, depth: int = 0) -> list[str]:
    """Return the tree as it is shown, one step a line."""
    lines = []
    for child in found.children.get(id(node), node.children):
        times = f" x{child.value.times}" if child.kind == "repeat" else ""
        lines.append("  " * depth + f"{step_of(child, node)}{times}")
        lines += drawn(child, found, depth + 1)
    return lines


def grouped(*children: Node, fold: bool = True) -> list[str]:
    root = mapping("", *children)
    return drawn(root, grouping(root, measure(root).totals, fold=fold))


def names(*keys: object) -> list[Node]:
    return [tensor(key, 2) for key in keys]


def test_keys_become_folders_in_the_order_of_their_first_key():
    assert grouped(*names("b.w", "a.w", "b.x", "plain")) == ["b", "  w", "  x", "a", "  w", "plain"]


def test_a_folder_with_one_folder_is_told_with_it():
    assert grouped(*names("m.enc.w", "m.enc.b")) == ["m.enc", "  w", "  b"]


def test_equal_neighbours_fold_and_unfold():
    keys = [f"layers.{n}.{leaf}" for n in range(4) for leaf in ("w", "b")]
    whole = ["layers.[0-3] x4", "  0", "    w", "    b", "  1", "    w", "    b"]
    assert grouped(*names(*keys))[:7] == whole
    unfolded = grouped(*names(*keys), fold=False)
    assert unfolded[:4] == ["layers", "  0", "    w", "    b"]


def test_what_differs_or_has_a_gap_is_not_folded():
    different = [tensor("l.0.w", 2), tensor("l.1.w", 2), tensor("l.2.w", 3)]
    assert "l.[0-2] x3" not in grouped(*different)
    assert not [row for row in grouped(*names("l.0.w", "l.1.w", "l.3.w")) if "x" in row]
    assert not [row for row in grouped(*names("l.00.w", "l.01.w", "l.02.w")) if "x" in row]


def test_runs_among_other_keys_fold_on_their_own():
    keys = ["n.head.w", *(f"n.{k}.w" for k in range(3)), "n.tail.w"]
    assert grouped(*names(*keys)) == [
        "n",
        "  head",
        "    w",
        "  [0-2] x3",
        "    0",
        "      w",
        "    1",
        "      w",
        "    2",
        "      w",
        "  tail",
        "    w",
    ]


def test_repeats_inside_repeats():
    keys = [f"a.{x}.b.{y}.w" for x in range(3) for y in range(3)]
    assert grouped(*names(*keys))[:4] == ["a.[0-2] x3", "  0.b.[0-2] x3", "    0", "      w"]


def test_parts_of_a_pickled_module_fold_too():
    blocks = [Node(Attribute(str(n)), "module", "Block", None, (tensor("w", 2),)) for n in range(3)]
    root = Node("", "module", "Net", None, tuple(blocks))
    assert drawn(root, grouping(root, measure(root).totals))[:3] == ["[0-2] x3", "  0", "    w"]


def test_only_mappings_of_tensors_are_grouped():
    settings = mapping("settings", Node("a.b", "value", "int", 1))
    assert grouped(settings, *names("x.w")) == ["settings", "  a.b", "x", "  w"]


def test_a_tensor_and_a_folder_may_have_the_same_name():
    assert grouped(*names("a", "a.b")) == ["a", "a", "  b"]


@pytest.mark.parametrize(
    "key", [".", "..", "a.", ".a", "a..b", "." * 300, "." * 3000, "x." * 300 + "y"]
)
def test_odd_keys_lose_nothing(key: str):
    root = mapping("", tensor(key, 2), tensor(7, 2), tensor(("t", 1), 2))
    found = grouping(root, measure(root).totals)
    seen: list[object] = []
    pending = [*found.children.get(id(root), root.children)]
    while pending:
        node = pending.pop()
        pending += node.children
        seen += [node.key] if node.kind == "tensor" else []
    assert {str(one) for one in seen} == {key, "7", "('t', 1)"}


def test_groups_add_up():
    root = mapping("", tensor("a.x", 2), tensor("a.y", 3), tensor("b", 5))
    found = grouping(root, measure(root).totals)
    folder = found.children[id(root)][0]
    assert found.totals[id(folder)] == (2, 5, 20)
    assert python_path((folder.key,)) == (
        "{key: value for key, value in checkpoint.items() if key.startswith('a.')}"
    )


def test_a_prefix_is_no_key():
    assert Prefix("a") != "a"
    assert {Prefix("a"): 1, "a": 2} == {"a": 2, Prefix("a"): 1}


def test_grouping_can_be_cancelled():
    def give_up(fraction: float, message: str = "", /) -> None:
        raise Cancelled

    root = mapping("", *names(*(f"a.{n}" for n in range(5000))))
    with pytest.raises(Cancelled):
        grouping(root, measure(root).totals, give_up)
