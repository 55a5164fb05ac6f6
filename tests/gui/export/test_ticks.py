from hypothesis import given
from hypothesis import strategies as st

from inspector.core.model import Grouping, grouping, measure
from inspector.gui.export.ticks import Ticks
from tests.gui.trees import mapping, tensor

KEYS = ("a.x.1", "a.x.2", "a.y", "b.1", "b.2", "c")


def made():
    root = mapping("", *(tensor(key, 2) for key in KEYS))
    groups: Grouping = grouping(root, measure(root).totals, fold=False)
    return root, Ticks(root, groups.children)


def nodes(ticks):
    found, pending = [], [ticks.root]
    while pending:
        node = pending.pop(0)
        found.append(node)
        pending += ticks.children(node)
    return found


def node(ticks, key):
    return next(one for one in nodes(ticks) if str(one.key) == key)


def ticked(ticks):
    return [leaf.key for leaf, on in ticks.leaves() if on]


def test_everything_is_ticked_at_first():
    root, ticks = made()
    assert ticked(ticks) == list(KEYS)
    assert ticks.state(root) == "on"
    assert not ticks.overrides()


def test_a_group_takes_all_below_with_it_and_its_parents_become_mixed():
    root, ticks = made()
    ticks.toggle(node(ticks, "a.x."))
    assert ticked(ticks) == ["a.y", "b.1", "b.2", "c"]
    assert [ticks.state(node(ticks, key)) for key in ("a.x.", "a.x.1", "a.", "b.")] == [
        "off", "off", "mixed", "on",
    ]  # fmt: skip
    ticks.toggle(node(ticks, "a."))
    assert ticks.state(node(ticks, "a.")) == "on"
    ticks.toggle(root)
    assert ticked(ticks) == []
    assert ticks.state(root) == "off"


def test_children_that_are_all_unticked_untick_their_parent():
    _, ticks = made()
    for key in ("a.x.1", "a.x.2", "a.y"):
        ticks.toggle(node(ticks, key))
    assert ticks.state(node(ticks, "a.")) == "off"
    assert [(str(one.key), on) for one, on in ticks.overrides()] == [("a.", False)]


def test_a_copy_is_not_changed_by_what_happens_later():
    root, ticks = made()
    before = ticks.copy()
    ticks.set(root, on=False)
    assert ticked(before) == list(KEYS)


@given(st.lists(st.tuples(st.integers(0, 10), st.booleans()), max_size=12))
def test_any_sequence_says_what_a_plain_set_of_leaves_says(steps):
    _, ticks = made()
    every = nodes(ticks)
    plain = dict.fromkeys(KEYS, True)

    def leaves_below(one):
        children = ticks.children(one)
        return [leaf for child in children for leaf in leaves_below(child)] or [one.key]

    for number, on in steps:
        one = every[number % len(every)]
        ticks.set(one, on=on)
        plain.update(dict.fromkeys(leaves_below(one), on))
    assert {leaf.key: on for leaf, on in ticks.leaves()} == plain
    for one in every:
        states = {plain[key] for key in leaves_below(one)}
        assert ticks.state(one) == (
            "mixed" if len(states) > 1 else "on" if True in states else "off"
        )
