"""The benchmark runs; what it measures is for people to read."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("bench_open.py")


@pytest.mark.skipif(not hasattr(os, "posix_spawn"), reason="measures with wait4")
def test_the_benchmark_runs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--tiny", "--folder", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for words in ("zip, 50 tensors", "legacy", "safetensors", "inspector show", "times ours"):
        assert words in done.stdout
