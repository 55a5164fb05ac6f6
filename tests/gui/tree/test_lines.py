"""Lines that are found in a few steps, held against lines that are simply listed."""

import random

import pytest

from inspector.core.model import Node
from inspector.gui.tree.lines import (
    Branch,
    branch_of,
    grown,
    let_go,
    line_of,
    open_nodes,
    open_paths,
    row_at,
    rows_between,
    way_to,
    with_closed,
    with_open,
)
from tests.gui.trees import mapping, tensor


def random_tree(key: object, luck: random.Random, depth: int) -> Node:
    if not depth or luck.random() < 0.4:
        return tensor(key, 1)
    return mapping(key, *(random_tree(n, luck, depth - 1) for n in range(luck.randrange(1, 5))))


def listed(node: Node, opened: set[int], depth: int = 0) -> list[tuple[int, int]]:
    lines = []
    for child in node.children:
        lines.append((id(child), depth))
        if id(child) in opened:
            lines += listed(child, opened, depth + 1)
    return lines


def shown(lines: Branch) -> list[tuple[int, int]]:
    return [(id(row.node), row.depth) for row in rows_between(lines, 0, lines.height)]


@pytest.mark.parametrize("seed", range(20))
def test_opening_and_closing_at_random(seed: int):
    luck = random.Random(seed)
    tree = mapping("", *(random_tree(n, luck, 4) for n in range(5)))
    lines, opened, kept = branch_of(tree, tree.children), set(), {}
    for _ in range(60):
        number = luck.randrange(lines.height)
        row = row_at(lines, number)
        assert row.number == number
        if row.branch is not None:
            kept[id(row.node)] = row.branch
            lines = with_closed(lines, number)
            opened.discard(id(row.node))
            below = {id(node) for node in open_nodes(row.branch)}
            opened -= below
        elif row.node.children:
            inside = kept.pop(id(row.node), None) or branch_of(row.node, row.node.children)
            lines = with_open(lines, number, inside)
            opened |= {id(row.node), *map(id, open_nodes(inside))}
        expected = listed(tree, opened)
        assert shown(lines) == expected
        assert [(id(r.node), r.depth) for r in (row_at(lines, n) for n in range(lines.height))] == (
            expected
        )
        start = luck.randrange(lines.height)
        assert shown(lines)[start : start + 3] == [
            (id(row.node), row.depth) for row in rows_between(lines, start, start + 3)
        ]
    again = grown(tree, lambda node: node.children, lambda n: id(n) in opened, lambda _: None)
    assert shown(again) == shown(lines)


def test_ways_lines_and_paths():
    tree = mapping("", tensor("x", 1), mapping("a", mapping("b", tensor("w", 1))), tensor("y", 1))
    lines = grown(tree, lambda node: node.children, lambda node: True, lambda _: None)
    assert way_to(tree, ("a", "b", "w"), lambda node: node.children) == [1, 0, 0]
    assert way_to(tree, ("a", "c"), lambda node: node.children) is None
    assert [line_of(lines, position) for position in range(3)] == [0, 1, 4]
    assert list(open_paths(lines)) == [("a",), ("a", "b")]
    assert row_at(lines, 3).path == ("a", "b", "w")


def test_keys_that_are_equal_but_not_the_same():
    tree = mapping("", tensor(True, 1))
    assert way_to(tree, (1,), lambda node: node.children) is None
    assert way_to(tree, (True,), lambda node: node.children) == [0]


def test_a_million_lines_are_found_at_once():
    children = tuple(tensor("x", 1) for _ in range(10)) * 100_000
    tree = mapping("", mapping("m", *children), tensor("last", 1))
    lines = with_open(branch_of(tree, tree.children), 0, branch_of(tree.children[0], children))
    assert lines.height == 1_000_002
    assert row_at(lines, 1_000_001).node.key == "last"
    assert row_at(lines, 700_000).depth == 1


def test_letting_go_empties_the_list():
    tree = mapping("", mapping("a", mapping("b", tensor("w", 1))))
    held = [grown(tree, lambda node: node.children, lambda node: True, lambda _: None)]
    let_go(held)
    assert held == []
