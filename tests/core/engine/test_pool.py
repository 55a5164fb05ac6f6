"""Worker processes: they die alone, are started again, and end with the program."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from inspector.core.analysis import TASK_MODULES
from inspector.core.engine import WorkerPool, worker_count
from inspector.core.errors import WorkerDied

ROOT = Path(__file__).parents[3]


def pid_of(_: object) -> int:
    return os.getpid()


def die(_: object) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def modules(_: object) -> list[str]:
    return sorted(sys.modules)


def test_work_is_done_elsewhere(engine: WorkerPool) -> None:
    assert os.getpid() not in set(engine.run(pid_of, [(1, None)] * 8, 8))


def test_workers_know_nothing_of_the_window() -> None:
    pool = WorkerPool(1)  # of its own: others have seen the modules of other tests
    try:
        (names,) = pool.run(modules, [(1, None)], 1)
    finally:
        pool.close()
    assert "numpy" in names
    assert not [name for name in names if name.startswith(("PySide6", "torch", "pyqtgraph"))]


def test_workers_know_the_tasks_before_they_are_asked() -> None:
    pool = WorkerPool(1, TASK_MODULES)
    try:
        (names,) = pool.run(modules, [(1, None)], 1)
        assert set(TASK_MODULES) <= set(names)
    finally:
        pool.close()


@pytest.mark.skipif(not hasattr(os, "nice"), reason="this system has no niceness")
@pytest.mark.parametrize("behind_window", [False, True])
def test_workers_behind_a_window_let_it_go_first(behind_window: bool) -> None:
    pool = WorkerPool(1, behind_window=behind_window)
    try:
        (pid,) = pool.run(pid_of, [(1, None)], 1)
        less_urgent = psutil.Process(pid).nice() - psutil.Process().nice()
        assert (less_urgent > 0) == behind_window
    finally:
        pool.close()


def test_a_dead_worker_is_reported_and_the_next_request_works() -> None:
    pool = WorkerPool(1)
    try:
        with pytest.raises(WorkerDied, match="killed, or the machine ran out of memory"):
            list(pool.run(die, [(1, None)], 1))
        assert len(list(pool.run(pid_of, [(1, None)], 1))) == 1
    finally:
        pool.close()


def test_a_worker_killed_between_requests_is_reported_too() -> None:
    pool = WorkerPool(1)
    try:
        (pid,) = pool.run(pid_of, [(1, None)], 1)
        os.kill(pid, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(pid)], timeout=20)
        answers: list[int] = []
        for _ in range(2):  # the first may hear of the death, or not meet the dead at all
            try:
                answers += pool.run(pid_of, [(1, None)], 1)
            except WorkerDied:
                continue
        assert answers
        assert pid not in answers
    finally:
        pool.close()


def test_after_the_end_nothing_is_started() -> None:
    pool = WorkerPool(1)
    pool.close()
    pool.close()
    with pytest.raises(WorkerDied, match="about to end"):
        list(pool.run(pid_of, [(1, None)], 1))


def test_workers_end_with_a_program_that_was_killed() -> None:
    code = (
        "from inspector.core.engine import WorkerPool\n"
        "import os, sys\n"
        "pool = WorkerPool(1)\n"
        "pool.warm()\n"
        "list(pool.run(len, [(1, 'a')], 1))\n"
        "print(*pool.pids(), flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as program:
        assert program.stdout is not None
        workers = [psutil.Process(int(pid)) for pid in program.stdout.readline().split()]
        assert workers
        program.kill()
        _, alive = psutil.wait_procs(workers, timeout=20)
        assert not alive


def test_warming_does_not_wait() -> None:
    pool = WorkerPool(2)
    try:
        begin = time.monotonic()
        pool.warm()
        assert time.monotonic() - begin < 5
        assert len(pool.pids()) == 2
    finally:
        pool.close()


def test_worker_count_suits_the_machine() -> None:
    assert 1 <= worker_count() <= 4
