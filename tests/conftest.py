"""What every test gets: no screen, settings of its own, and nothing left behind.

`--headed` shows the windows on a real screen.
"""

import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.core.engine import WorkerPool


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--headed", action="store_true", help="show the windows on a real screen")


def pytest_configure(config: pytest.Config) -> None:
    # Before pytest-qt makes its application; the program itself never sets this.
    if not config.getoption("--headed"):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        # Said of every window and menu, and of no interest: there is no screen.
        config.addinivalue_line("qt_log_ignore", "^This plugin does not support ")


@pytest.fixture(scope="session")
def qapp_cls() -> type:
    """Let every test of the window run in the program's own application."""
    from inspector.gui.app import Application

    return Application


@pytest.fixture(scope="session")
def engine() -> Iterator[WorkerPool]:
    """Return real worker processes, started once for all tests that ask for them."""
    pool = WorkerPool(2)
    yield pool
    pool.close()


@pytest.fixture(autouse=True)
def own_settings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep what is remembered between runs away from the person's own settings."""
    folder = tmp_path_factory.mktemp("config")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def quiet_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail on a warning that the test has not taken note of with `caplog.clear()`."""
    yield
    records = [record for phase in ("setup", "call") for record in caplog.get_records(phase)]
    loud = [record for record in records if record.levelno >= logging.WARNING]
    assert not loud, "\n".join(record.getMessage() for record in loud)


@pytest.fixture(autouse=True)
def no_threads_left() -> Iterator[None]:
    """Fail on a job thread that outlives its test."""
    yield
    left = [thread.name for thread in threading.enumerate() if thread.name.startswith("job")]
    assert not left, f"job threads left running: {left}"
