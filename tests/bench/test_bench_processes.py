"""The benchmarks of whole processes run; what they measure is for people to read."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHES = {
    "open": ([], ["zip, 50 tensors", "legacy", "safetensors", "inspector show", "times ours"]),
    "export": (
        [],
        ["zip to zip", "float32 to float16", "small tensors", "cp + sync", "growth MB"],
    ),
    "statistics": (
        ["--only", "bfloat16"],
        ["bfloat16, ", "scan (ours)", "inspector stats", "torch: nine", "whole s"],
    ),
    "compare": (
        ["--only", "third"],
        ["a third changed", "compare (ours)", "inspector diff", "torch loop", "cmp of equal"],
    ),
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="writes its files in a child")
@pytest.mark.parametrize("name", BENCHES)
def test_the_benchmark_runs(name: str, tmp_path: Path) -> None:
    options, words = BENCHES[name]
    script = Path(__file__).with_name(f"bench_{name}.py")
    done = subprocess.run(
        [sys.executable, str(script), "--tiny", "--folder", str(tmp_path), *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    missing = [word for word in words if word not in done.stdout]
    assert not missing
    assert not list(tmp_path.iterdir())
