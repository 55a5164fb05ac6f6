"""Every known attack is opened under an audit hook: nothing runs, hangs or escapes."""

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.checkpoints import WRITERS, save_safetensors
from tests.security.attacks import ATTACKS, CANARY, Attack

if not hasattr(os, "fork"):
    pytest.skip("the harness forks a process per file", allow_module_level=True)

ROOT = Path(__file__).parents[2]
MEGABYTES = 300
SECONDS = 20  # far more than any takes: what explodes never ends
Reports = dict[str, dict[str, Any]]


def warm_files(folder: Path) -> list[Path]:
    """Write harmless files that use every codec and format there is."""
    value = {"weight": torch.ones(2), "text": "\u202e\n", "bytes": b"\xff", "old": 1 << 70}
    files = [write(folder / f"warm-{name}", value) for name, write in WRITERS.items()]
    files.append(save_safetensors(folder / "warm-safetensors", {"a": torch.ones(2)}, {"k": "v"}))
    (folder / "warm-protocol-0").write_bytes(pickle.dumps([value["text"], b"x"], 0))
    (folder / "warm-strings").write_bytes(b"(S'a\\n'\nI5\nL6L\nF1.5\nl.")
    return [*files, folder / "warm-protocol-0", folder / "warm-strings"]


def run_harness(paths: list[Path], warm: list[Path]) -> Reports:
    asked = {"paths": list(map(str, paths)), "warm": list(map(str, warm))}
    done = subprocess.run(
        [sys.executable, "-m", "tests.security.harness"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    reports: Reports = json.loads(done.stdout)
    return reports


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    folder = tmp_path_factory.mktemp("attacks")
    paths = {attack.name: folder / f"{number}.pt" for number, attack in enumerate(ATTACKS)}
    assert len(paths) == len(ATTACKS), "two attacks of one name"
    for attack in ATTACKS:
        attack.build(paths[attack.name])
    by_path = run_harness(list(paths.values()), warm_files(folder))
    return {name: by_path[str(path)] for name, path in paths.items()}


def name(attack: Attack) -> str:
    return attack.name


@pytest.mark.parametrize("attack", ATTACKS, ids=name)
def test_attack_is_survived(attack: Attack, reports: Reports) -> None:
    report = reports[attack.name]
    assert "crash" not in report, report["crash"]
    assert report["new_events"] == []
    assert report["modules"] == []
    assert report["controls"] == [], "control characters reached the terminal"
    assert report.get("json", "") == ""
    assert report["megabytes"] < MEGABYTES
    assert report["seconds"] < SECONDS
    if "message" in report:
        assert report["message"].endswith((".", "`")), report["message"]
        assert "\n" not in report["message"]


def test_nothing_was_run() -> None:
    assert not Path(CANARY.split()[1]).exists()


def test_the_hook_sees_what_it_should(tmp_path: Path) -> None:
    """The harness itself: a program that does import and open is caught."""
    code = (
        "import tests.security.harness as h\n"
        "import io, json\n"
        "def evil(path):\n"
        "    open('/dev/null').close(); import colorsys; eval('1'); return h.real(path)\n"
        "h.real, h.open_checkpoint = h.open_checkpoint, evil\n"
        "h.main()\n"
    )
    path = tmp_path / "file.pkl"
    path.write_bytes(pickle.dumps({"a": 1}))
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps({"paths": [str(path)], "warm": []}),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    report = json.loads(done.stdout)[str(path)]
    seen = " ".join(report["new_events"])
    assert "/dev/null" in seen
    assert "colorsys" in seen
    assert "colorsys" in report["modules"]
