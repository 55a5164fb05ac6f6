"""Reports: where work can be stopped, and where it lets a window go first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import torch

from inspector.core.analysis.comparison import compare, match
from inspector.core.analysis.health import health_scan
from inspector.core.checkpoint import Checkpoint
from inspector.core.formats import open_checkpoint
from inspector.core.model import Storage, numeric
from inspector.core.progress import Cancelled, Progress, Repeated, silent
from inspector.core.sources import Source
from tests.checkpoints import save_zip

TENSORS = 3000
OFTEN = 60  # tensors between two reports


def test_what_was_said_last_is_said_again() -> None:
    said: list[tuple[float, str]] = []
    report = Repeated(lambda fraction, message="", /: said.append((fraction, message)))
    report(0.25, "Reading")
    report.again()
    assert list(report.between(range(120))) == list(range(120))
    assert said[0] == (0.25, "Reading")
    assert len(said) > 120 / OFTEN
    assert set(said) == {(0.25, "Reading")}


def test_a_loop_stops_where_it_reports() -> None:
    def stop(fraction: float, message: str = "", /) -> None:
        raise Cancelled

    rest = Repeated(stop).between(range(10_000))
    taken: list[int] = []
    with pytest.raises(Cancelled):
        taken.extend(rest)
    assert len(taken) < OFTEN


@pytest.fixture
def many(tmp_path: Path) -> Callable[[float], str]:
    def write(value: float) -> str:
        state = {f"layers.{n}.weight": torch.full((2, 3), value + n) for n in range(TENSORS)}
        return str(save_zip(tmp_path / f"{value}.pt", state))

    return write


class Inline:
    """An engine that works everything out where it is asked."""

    def run(
        self,
        function: Callable[[Any], Any],
        tasks: Iterable[tuple[int, Any]],
        total: int,
        progress: Progress = silent,
        message: str = "",
    ) -> Iterator[Any]:
        for _, task in tasks:
            progress(0.5, message)
            yield function(task)


def test_tasks_of_thousands_of_tensors_are_made_between_reports(
    many: Callable[[float], str],
) -> None:
    """A window waits as long as the job beside it makes no report."""
    seen: list[bool] = []  # True for a report, False for a tensor that was located

    def report(fraction: float, message: str = "", /) -> None:
        seen.append(True)

    def watched(checkpoint: Checkpoint) -> Checkpoint:
        def locate(storage: Storage) -> tuple[Source, int]:
            seen.append(False)
            return checkpoint.locate(storage)

        return replace(checkpoint, locate=locate)

    with open_checkpoint(many(0.0)) as opened, open_checkpoint(many(0.5)) as other:
        a, b = watched(opened), watched(other)
        rows = list(health_scan(a, list(numeric(a.root)), Inline(), report))
        assert len(rows) == seen.count(False) == TENSORS
        assert longest_silence(seen) < OFTEN
        seen.clear()
        last = {row.number: row for row in compare(a, b, match(a, b), Inline(), report)}
        assert {row.status for row in last.values()} == {"changed"}
        assert seen.count(False) >= 2 * TENSORS
        assert longest_silence(seen) < 2 * OFTEN  # both sides of so many


def longest_silence(seen: list[bool]) -> int:
    return max(sum(1 for _ in run) for reported, run in groupby(seen) if not reported)
