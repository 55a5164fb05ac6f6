"""Recognition must neither fail nor cost: on no tree."""

from __future__ import annotations

import collections
import pickle
import sys
from collections.abc import Iterator
from typing import ClassVar

import pytest
import torch
from hypothesis import given

from inspector.core.formats import open_checkpoint
from inspector.core.model import Node, measure
from inspector.core.recognition import recognise
from inspector.core.recognition.families import FAMILIES
from inspector.core.recognition.families.base import Family
from tests.core.recognition.trees import TENSOR, TREES


def state_dict(count, key=""):
    names = (f"layers.{i}.weight" for i in range(count))
    return Node(
        key, "mapping", "dict", None, Counted(Node(n, "tensor", "Tensor", TENSOR) for n in names)
    )


class Counted(tuple):
    """A tuple that counts what is taken out of it by iteration and slices."""

    taken: ClassVar[collections.Counter] = collections.Counter()

    def __iter__(self) -> Iterator:
        for entry in super().__iter__():
            Counted.taken[id(self)] += 1
            yield entry

    def __getitem__(self, at):
        got = super().__getitem__(at)
        Counted.taken[id(self)] += len(got) if isinstance(at, slice) else 1
        return got


@pytest.mark.parametrize("nested", [False, True])
def test_a_million_names_are_looked_at_once(nested):
    count = 100_000
    weights = state_dict(count, "model" if nested else "")
    root = Node("", "mapping", "dict", None, (weights,)) if nested else weights
    totals = measure(root).totals
    Counted.taken.clear()
    found = recognise(root, totals)
    assert found.state_dicts == ((("model",),) if nested else ((),))
    # Once each; beside that, recognisers sample a few thousand, however many there are.
    more = Counted.taken[id(weights.children)] - count
    assert 0 <= more < 30_000, more
    larger = state_dict(2 * count, "model" if nested else "")
    root = Node("", "mapping", "dict", None, (larger,)) if nested else larger
    totals = measure(root).totals
    Counted.taken.clear()
    recognise(root, totals)
    assert Counted.taken[id(larger.children)] - 2 * count == more


def test_a_recogniser_that_errs_hides_nothing():
    def broken(seen):
        raise ZeroDivisionError

    rows = (
        Family("never", "Never", broken),
        Family("half", "Half", lambda seen: True, broken),
        *FAMILIES,
    )
    root = state_dict(3)
    found = recognise(root, measure(root).totals, rows)
    assert found.failed == ("never", "half: facts")
    assert [finding.code for finding in found.findings] == ["recogniser-failed"] * 2
    assert "“never”" in found.findings[0].message
    assert found.kind == "state_dict"
    assert {"family", "parameters"} <= {fact.name for fact in found.facts}


def test_an_error_of_ours_becomes_a_finding_of_the_file(tmp_path, monkeypatch):
    def broken(root):
        raise ZeroDivisionError

    file = tmp_path / "file.pkl"
    file.write_bytes(pickle.dumps({"epoch": 3}))
    monkeypatch.setattr(sys.modules[recognise.__module__], "survey", broken)
    with open_checkpoint(str(file)) as checkpoint:
        assert checkpoint.root.children[0].value == 3
        assert [finding.code for finding in checkpoint.findings] == ["recogniser-failed"]


def test_names_of_families_are_unique_and_fit_for_programs():
    names = [family.name for family in FAMILIES]
    assert len(set(names)) == len(names)
    assert all(name == name.lower() and " " not in name for name in names)


@given(TREES)
def test_no_tree_breaks_a_recogniser(tree):
    found = recognise(tree, measure(tree).totals)
    assert not found.failed
    for path in found.state_dicts:
        reached = [tree]  # several: keys repeat in trees like these
        for step in path:
            reached = [child for node in reached for child in node.children if child.key == step]
        assert any(node.kind in ("mapping", "module") for node in reached)


def test_parameters_are_what_is_trained(tmp_path):
    """Running statistics are none, and tied weights are one."""
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    trained = sum(parameter.numel() for parameter in model.parameters())
    state = model.state_dict()
    state["again.weight"] = state["0.weight"]
    for name, value in {"state": state, "module": model}.items():
        torch.save(value, tmp_path / name)
        with open_checkpoint(str(tmp_path / name)) as checkpoint:
            facts = {fact.name: fact.value for fact in checkpoint.recognition.facts}
        assert facts["parameters"] == trained, name


def test_planned_numbers_are_not_the_state_of_training(tmp_path):
    value = {"model": {"a": torch.ones(2)}, "epochs": 300, "total_steps": 10, "best_loss": 0.5}
    torch.save(value, tmp_path / "a.pt")
    with open_checkpoint(str(tmp_path / "a.pt")) as checkpoint:
        facts = {fact.name: fact.value for fact in checkpoint.recognition.facts}
    assert {"epoch", "step", "loss"}.isdisjoint(facts)
    assert facts["best_loss"] == 0.5
