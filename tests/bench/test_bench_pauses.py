"""The benchmarks of the window run; what they measure is for people to read."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

LINE = re.compile(r"\d+\.\d+ s   longest pauses")


@pytest.mark.parametrize(
    ("script", "argument", "wanted"),
    [
        ("bench_values.py", "--tiny", ("first values", "edges", "select all", "first histogram")),
        ("bench_compare_window.py", "300", ("first rows on sc", "only changes", "sort", "swap")),
        ("bench_heartbeat.py", "300", ("open", "search a part", "group", "reload", "close")),
    ],
)
def test_the_benchmark_runs(script: str, argument: str, wanted: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name(script)), argument],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    if script != "bench_compare_window.py" and sys.platform == "linux":
        assert re.search(r"^memory at most +\d+ \+ \d+", done.stdout, re.MULTILINE)
    said = {line[:16].strip() for line in done.stdout.splitlines() if LINE.search(line)}
    assert said.issuperset(wanted)
