"""Tasks on any executor: order does not matter, memory is bounded, cancelling is felt."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from inspector.core.engine import ExecutorEngine, spread
from inspector.core.progress import Cancelled

TASKS = [(1, number) for number in range(40)]


def square(number: int) -> int:
    return number * number


def test_every_result_once() -> None:
    with ThreadPoolExecutor(3) as executor:
        results = ExecutorEngine(executor).run(square, TASKS, 40)
        assert sorted(results) == [square(number) for number in range(40)]


def test_no_more_tasks_than_asked_are_under_way() -> None:
    made: list[int] = []
    done: list[int] = []

    def tasks():
        for number in range(30):
            made.append(number)
            assert len(made) - len(done) <= 5
            yield 1, number

    with ThreadPoolExecutor(3) as executor:
        for result in spread(executor, square, tasks(), 30, 4):
            done += [result]
    assert len(done) == 30


def test_progress_goes_from_nothing_to_all() -> None:
    said: list[float] = []
    with ThreadPoolExecutor(1) as executor:
        engine = ExecutorEngine(executor)
        list(engine.run(square, TASKS, 40, lambda done, _="": said.append(done), "Squaring"))
    assert said[0] == 0.0
    assert said[-1] == 1.0
    assert said == sorted(said)


def test_cancelling_does_not_wait_for_what_is_under_way() -> None:
    release = threading.Event()
    asked = []

    def progress(done: float, message: str = "") -> None:
        asked.append(done)
        if len(asked) > 2:
            raise Cancelled

    with ThreadPoolExecutor(2) as executor:
        begin = time.monotonic()
        with pytest.raises(Cancelled):
            list(spread(executor, lambda _: release.wait(20), TASKS, 40, 4, progress=progress))
        assert time.monotonic() - begin < 10
        release.set()


def test_what_a_task_raises_arrives() -> None:
    with ThreadPoolExecutor(1) as executor, pytest.raises(ZeroDivisionError):
        list(ExecutorEngine(executor).run(lambda number: 1 // number, TASKS, 40))
