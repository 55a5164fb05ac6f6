"""The benchmark runs; what it measures is for people to read."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("bench_statistics.py")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="writes its files in a child")
def test_the_benchmark_runs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--tiny", "--only", "bfloat16", "--folder", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for words in ("bfloat16, ", "scan (ours)", "inspector stats", "torch: nine", "whole s"):
        assert words in done.stdout
    assert "nan" not in done.stdout
