import gc
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.core.progress import Cancelled, Progress
from inspector.gui.jobs import JobRunner, import_in_job, undisturbed


@pytest.fixture
def runner(qapp: QApplication) -> Iterator[JobRunner]:
    made = JobRunner()
    yield made
    made.shutdown()


def until_cancelled(progress: Progress) -> None:
    pause = threading.Event()
    while True:
        progress(0.5, "going on")
        pause.wait(0.001)


def test_success_arrives_in_the_gui_thread(runner: JobRunner, qtbot: QtBot):
    seen = []
    job = runner.start("add", lambda a, b, progress: a + b, 1, 2)
    job.succeeded.connect(lambda sum_: seen.append((sum_, threading.current_thread())))
    with qtbot.waitSignal(job.finished):
        pass
    assert seen == [(3, threading.main_thread())]
    assert not runner.running


def test_failure_brings_the_exception(runner: JobRunner, qtbot: QtBot):
    def fail(progress: Progress) -> None:
        raise ValueError("no")

    job = runner.start("fail", fail)
    with qtbot.waitSignal(job.failed) as caught:
        pass
    assert str(caught.args[0]) == "no"


def test_cancel_stops_the_call(runner: JobRunner, qtbot: QtBot):
    stopped = threading.Event()

    def work(progress: Progress) -> None:
        try:
            until_cancelled(progress)
        except Cancelled:
            stopped.set()
            raise

    job = runner.start("work", work)
    with qtbot.waitSignal(job.progressed):
        pass
    with qtbot.waitSignal(job.cancelled):
        job.cancel()
    assert stopped.is_set()


def test_a_result_that_comes_too_late_is_discarded(runner: JobRunner, qtbot: QtBot):
    returned = threading.Event()
    discarded: list[str] = []
    got: list[str] = []

    def quick(progress: Progress) -> str:
        returned.set()
        return "late"

    job = runner.start("quick", quick, discard=discarded.append)
    job.succeeded.connect(got.append)
    assert returned.wait(5)
    with qtbot.waitSignal(job.cancelled):
        job.cancel()
    assert (got, discarded) == ([], ["late"])


def test_a_job_that_never_began_is_cancelled_too(qtbot: QtBot):
    runner = JobRunner(workers=1)
    first = runner.start("first", until_cancelled)
    began = []
    second = runner.start("second", lambda progress: began.append(1))
    second.cancel()
    first.cancel()
    with qtbot.waitSignals([first.cancelled, second.cancelled]):
        pass
    assert not began
    runner.shutdown()


def test_shutdown_tells_every_outcome(qapp: QApplication):
    runner = JobRunner()
    outcomes = []
    for number in range(5):
        job = runner.start("work", until_cancelled)
        job.cancelled.connect(lambda number=number: outcomes.append(number))
    runner.shutdown()
    assert sorted(outcomes) == [0, 1, 2, 3, 4]
    assert not runner.running


def test_what_the_end_of_a_job_asks_for_after_shutdown_is_not_begun(qapp: QApplication):
    runner = JobRunner()
    begun: list[str] = []
    job = runner.start("scan", until_cancelled)
    asked = []
    job.cancelled.connect(
        lambda: asked.append(runner.start("marks", lambda progress: begun.append("marks")))
    )
    runner.shutdown()
    assert [later.is_cancelled for later in asked] == [True]
    assert not begun
    assert not runner.running


def test_shutdown_discards_what_was_just_opened(qapp: QApplication):
    runner = JobRunner()
    discarded: list[str] = []
    returned = threading.Event()

    def quick(progress: Progress) -> str:
        returned.set()
        return "open file"

    runner.start("quick", quick, discard=discarded.append)
    assert returned.wait(5)
    runner.shutdown()
    assert discarded == ["open file"]


def test_many_jobs_with_cancels_leave_nothing(runner: JobRunner, qtbot: QtBot):
    finished = []
    for number in range(300):
        job = runner.start("many", lambda number, progress: number, number)
        job.finished.connect(lambda number=number: finished.append(number))
        if number % 3 == 0:
            job.cancel()
    qtbot.waitUntil(lambda: len(finished) == 300)
    assert not runner.running


def test_a_job_that_is_over_lets_go_of_its_slots(runner: JobRunner, qtbot: QtBot):
    class Held:
        pass

    held = Held()
    known = weakref.ref(held)
    job = runner.start("quick", lambda progress: 1)
    with qtbot.waitSignal(job.finished):
        job.succeeded.connect(lambda _, held=held: None)
    del job, held
    qtbot.waitUntil(lambda: known() is None)


def test_a_job_that_is_over_is_not_kept_by_slots_that_name_it(runner: JobRunner, qtbot: QtBot):
    job = runner.start("quick", lambda progress: 1)
    known = weakref.ref(job)
    job.progressed.connect(lambda *_, job=job: None)
    job.succeeded.connect(lambda _, job=job: None)
    with qtbot.waitSignal(job.finished):
        pass
    del job
    gc.collect()
    qtbot.waitUntil(lambda: known() is None)


def test_nothing_looks_for_garbage_beside_a_job_nor_in_what_a_long_one_made(
    runner: JobRunner, qtbot: QtBot
):
    def work(progress: Progress) -> tuple[bool, int]:
        until = time.monotonic() + 0.3
        while time.monotonic() < until:
            progress(0.5)
        return gc.isenabled(), len([[] for _ in range(50_000)])

    frozen = gc.get_freeze_count()
    job = runner.start("work", work)
    with qtbot.waitSignal(job.succeeded) as done:
        pass
    assert done.args == [(False, 50_000)]
    qtbot.waitUntil(gc.isenabled)
    assert gc.get_freeze_count() > frozen


def test_jobs_go_on_after_a_turn_of_rest(runner: JobRunner, qtbot: QtBot):
    runner.rest_a_turn()
    job = runner.start("add", lambda progress: 1 + 2)
    with qtbot.waitSignal(job.succeeded) as done:
        pass
    assert done.args == [3]


def test_a_job_lets_the_window_go_first(runner: JobRunner, qtbot: QtBot):
    began, reports = threading.Event(), [0]

    def work(progress: Progress) -> None:
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            progress(0.5)
            began.set()
            reports[0] += 1

    job = runner.start("work", work)
    assert began.wait(5)
    with undisturbed():
        before = reports[0]
        time.sleep(0.2)
        meanwhile = reports[0] - before
    with qtbot.waitSignal(job.succeeded):
        pass
    assert meanwhile < 20 < reports[0] - before - meanwhile


def test_jobs_are_held_while_progress_is_told(runner: JobRunner, qtbot: QtBot):
    began = threading.Event()
    reports = [0]
    meanwhile: list[int] = []

    def work(progress: Progress) -> None:
        began.wait(5)
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            progress(0.5)
            reports[0] += 1

    def look() -> None:
        if not meanwhile:
            before = reports[0]
            time.sleep(0.1)
            meanwhile.append(reports[0] - before)

    job = runner.start("work", work)
    job.progressed.connect(look)
    began.set()
    with qtbot.waitSignal(job.succeeded):
        pass
    assert meanwhile[0] < 20 < reports[0]


def test_a_failure_that_nobody_listens_to_is_logged(runner, qtbot, caplog):
    def broken(progress):
        raise ZeroDivisionError

    job = runner.start("Dividing", broken)
    with qtbot.waitSignal(job.finished):
        pass
    assert "Dividing failed" in caplog.text
    caplog.clear()


def test_the_end_of_an_import_hides_no_module_from_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    begun, go_on = threading.Event(), threading.Event()
    monkeypatch.setitem(sys.modules, "hall", SimpleNamespace(begun=begun, go_on=go_on))
    (tmp_path / "long_import.py").write_text("import hall\nhall.begun.set()\nhall.go_on.wait(20)\n")
    monkeypatch.syspath_prepend(tmp_path)
    importing = threading.Thread(target=import_in_job, args=("long_import",))
    importing.start()
    assert begun.wait(20)
    # What Python does for another thread that imports, which is not alone with the list either.
    finders = iter(sys.meta_path)
    place = sys.meta_path.index(PathFinder)
    asked = [next(finders) for _ in range(place)]
    go_on.set()
    importing.join()
    assert PathFinder not in asked
    assert PathFinder in list(finders)


def test_an_import_lets_the_window_go_first_but_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for number in range(3):
        (tmp_path / f"short_{number}.py").write_text(f"import short_{number + 1}\n")
    (tmp_path / "short_3.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    importing = threading.Thread(target=import_in_job, args=("short_0",))
    with undisturbed():
        begin = time.monotonic()
        importing.start()
        importing.join(20)
        assert not importing.is_alive()
    assert time.monotonic() - begin >= 0.05
    assert "short_3" in sys.modules
