"""Ctrl+C in the terminal, or the end of the session, closes the program and all its processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
# Says which processes there are as soon as the workers have been started.
CHILD = """
import sys
from PySide6.QtCore import QTimer
from inspector.core.engine import WorkerPool
from inspector.gui import app

warm = WorkerPool.warm
def warmed(pool):
    warm(pool)
    list(pool.run(len, [(1, "a")], 1))
    print(*pool.pids(), flush=True)

WorkerPool.warm = warmed
sys.exit(app.run(sys.argv[1:], new_window=True))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other signals")
@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM], ids=lambda name: name.name)
def test_the_program_ends_properly(name: signal.Signals, tmp_path: Path) -> None:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", CHILD],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout is not None
        workers = [psutil.Process(int(pid)) for pid in program.stdout.readline().split()]
        assert workers
        program.send_signal(name)
        _, complaints = program.communicate(timeout=60)
    assert program.returncode == 0
    assert "leaked" not in complaints
    assert "Traceback" not in complaints
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert not alive
