"""Series of real snapshots: their order, their curves, and where NaN came in."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch

from inspector.core.analysis.series import Series, Snapshot, in_order, series_of
from inspector.core.engine import ExecutorEngine
from inspector.core.errors import InspectorError
from tests.checkpoints import save_zip
from tests.core.analysis.comparison.training import run


@pytest.fixture(scope="module")
def threads() -> Iterator[ExecutorEngine]:
    with ThreadPoolExecutor(2) as executor:
        yield ExecutorEngine(executor)


def epochs(folder: Path, count: int = 4) -> list[dict[str, Any]]:
    found = run(count)
    for number, value in enumerate(found):  # named against their order
        save_zip(folder / f"run-{count - number}.pt", value)
    return found


def test_curves_are_those_of_torch(tmp_path, threads) -> None:
    found = epochs(tmp_path)
    (tmp_path / "notes.txt").write_text("no checkpoint")
    seen: list[int] = []

    def look(series: Series) -> None:
        seen.append(max(map(len, series.curves.values())))

    series = series_of([str(tmp_path)], threads, on_snapshot=look)
    assert seen == [1, 2, 3, 4]
    assert series.order == "epoch"
    assert [one.facts["epoch"] for one in series.snapshots] == [0, 1, 2, 3]
    assert series.snapshots[2].facts["learning_rate"] == 0.0025
    for name in ("backbone.0.weight", "head.bias", "backbone.1.running_var"):
        points = series.curves[f"model.{name}"]
        tensors = [value["model"][name].double() for value in found]
        for place, (point, tensor) in enumerate(zip(points, tensors, strict=True)):
            assert point is not None
            assert point.norm == pytest.approx(tensor.norm().item())
            if not place:
                assert point.to_first is None
                continue
            first, previous = tensors[0], tensors[place - 1]
            assert point.to_first == pytest.approx(((tensor - first).norm() / first.norm()).item())
            change = (tensor - previous).norm() / previous.norm()
            assert point.to_previous == pytest.approx(change.item())
            assert point.changed == (tensor != previous).sum()


def test_the_last_checkpoint_without_nan(tmp_path, threads) -> None:
    found = run(4)
    for value in found[2:]:
        value["model"]["head.weight"][0, 0] = math.nan
    files = [str(save_zip(tmp_path / f"{n}.pt", value)) for n, value in enumerate(found)]
    series = series_of(files[::-1], threads)
    assert series.last_without_nan == 1
    assert series.first_with_nan == 2
    assert series.not_finite(3) == ["model.head.weight"]
    assert series_of(files[:2], threads).first_with_nan is None
    assert series_of(files[2:], threads).last_without_nan is None


def test_tensors_that_come_and_go(tmp_path, threads) -> None:
    ones = torch.ones(3)
    states = [{"a": ones, "b": ones}, {"a": ones * 2}, {"a": ones * 2, "c": ones, "b": ones}]
    files = [str(save_zip(tmp_path / f"s{n}.pt", value)) for n, value in enumerate(states)]
    series = series_of(files, threads)
    assert series.order == "name"
    there = {name: [point is not None for point in row] for name, row in series.curves.items()}
    assert there == {"a": [True] * 3, "b": [True, False, True], "c": [False, False, True]}
    last = series.curves["a"][2]
    assert last is not None
    assert (last.to_first, last.to_previous, last.changed) == (1.0, 0.0, 0)


def test_facts_of_several_numbers_are_told_one_by_one(tmp_path, threads) -> None:
    net = torch.nn.Linear(2, 2)
    groups = [{"params": [net.weight], "lr": 0.1}, {"params": [net.bias], "lr": 0.2}]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.95))
    for epoch in range(2):
        state = {"epoch": epoch, "model": net.state_dict(), "optimizer": optimizer.state_dict()}
        torch.save(state, tmp_path / f"{epoch}.pt")
    facts = series_of([str(tmp_path)], threads).snapshots[0].facts
    told = {name: value for name, value in facts.items() if name.startswith(("betas", "learning"))}
    assert told == {
        "learning_rate": 0.1,
        "learning_rates[1]": 0.2,
        "betas[0]": 0.9,
        "betas[1]": 0.95,
    }


def test_order() -> None:
    def ordered(*snapshots: tuple[str, Any]) -> tuple[str, str]:
        found, order = in_order([Snapshot(*one) for one in snapshots])
        return "".join(one.uri for one in found), order

    assert ordered(("a10", {}), ("a2", {}), ("a1", {})) == ("a1a2a10", "name")
    assert ordered(("a", {"epoch": 2}), ("b", {"epoch": 1})) == ("ba", "epoch")
    assert ordered(("a", {"epoch": 2}), ("b", {})) == ("ab", "name")
    assert ordered(("a", {"step": 20}), ("b", {"step": 3})) == ("ba", "step")
    same_epoch = ("a", {"epoch": 1, "step": 20}), ("b", {"epoch": 1, "step": 3})
    assert ordered(*same_epoch) == ("ba", "step")
    finer = ("a", {"epoch": 1, "step": 9}), ("b", {"epoch": 1, "step": 3}), ("c", {"epoch": 0})
    assert ordered(*finer) == ("cba", "epoch")


def test_what_is_no_series_is_said(tmp_path, threads) -> None:
    with pytest.raises(InspectorError, match="two checkpoints or more; there are 0"):
        series_of([str(tmp_path)], threads)
    with pytest.raises(InspectorError, match="does not exist"):
        series_of([str(tmp_path / "a.pt")], threads)
