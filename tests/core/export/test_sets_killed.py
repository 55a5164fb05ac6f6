"""A set of shards is the old one or the new one, whenever its export is killed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from inspector.core.export import ExportError, Recipe, clear_unfinished, exchange
from tests.checkpoints import save_zip
from tests.core.export.exports import exported

ROOT = Path(__file__).parents[3]
INDEX = "net.safetensors.index.json"
RECIPE = Recipe(format="safetensors", max_shard_size=1000)

# Each export is killed one step later than the one before: a step is any call that `exchange` and
# `replacement` make or that is made of them, so that one lies before and one behind each rename.
DRIVER = """
import json, os, shutil, signal, sys
from pathlib import Path
from inspector.core.export import Recipe, clear_unfinished, export, make_plan
from inspector.core.formats import open_checkpoint
import inspector.core.export.verification, inspector.core.formats.safetensors
from hashlib import sha256

source, old, folder = sys.argv[1:4]
WATCHED = ("export/exchange.py", "export/replacement.py", "export/leftovers.py")

def run(moment):
    left = moment
    def step(frame, event, arg):
        nonlocal left
        if frame.f_code.co_filename.endswith(WATCHED):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
    recipe = Recipe(format="safetensors", max_shard_size=1000)
    with open_checkpoint(source) as checkpoint:
        plan = make_plan(checkpoint, recipe)
        sys.setprofile(step)
        export(checkpoint, plan, folder + "/net.safetensors", overwrite=True)
        sys.setprofile(None)
    os._exit(0)

def look():
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in Path(folder).iterdir()}

moment, status = 0, None
while status != 0:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(old, folder)
    child = os.fork()
    if not child:
        run(moment)
    status = os.waitpid(child, 0)[1]
    assert status in (0, signal.SIGKILL), status
    killed = look()
    clear_unfinished()
    print(json.dumps([killed, look()]))
    moment += 1
"""


def looks(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def save_set(folder: Path, value: float, count: int) -> Path:
    """Make a folder with a set, and with a file of the person's own."""
    state = {f"{value}.{n}.weight": torch.full((200,), value + n) for n in range(count)}
    source = save_zip(folder.with_suffix(".pt"), state)
    folder.mkdir()
    (folder / "net-notes.safetensors").write_bytes(b"mine")
    exported(source, folder / "net.safetensors", RECIPE)
    return source


@pytest.mark.parametrize("count", [3, 2, 0], ids=["same names", "other names", "no old set"])
def test_killing_at_any_moment_leaves_the_old_set_or_none(count: int, tmp_path: Path) -> None:
    source = save_set(tmp_path / "new", 7.0, 3)
    if count:
        save_set(tmp_path / "old", 1.0, count)
    else:
        (tmp_path / "old").mkdir()
        (tmp_path / "old" / "net-notes.safetensors").write_bytes(b"mine")
    old, new = looks(tmp_path / "old"), looks(tmp_path / "new")
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, source, tmp_path / "old", tmp_path / "out"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    moments = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(moments) > 100
    seen = set()
    for killed, afterwards in moments:
        assert afterwards in (old, new)
        index = killed.get(INDEX)
        if index is None:
            seen.add("none")
        else:  # whoever reads the index finds the files that it means
            meant = old if index == old.get(INDEX) else new
            assert index == meant[INDEX]
            assert meant.items() <= killed.items()
            seen.add("old" if meant is old else "new")
        if killed not in (old, new):
            seen.add("half")
    assert seen == {"half", "new", *(["old"] if count else []), *([] if count == 2 else ["none"])}
    assert moments[-1][1] == new


@pytest.fixture
def halves(tmp_path: Path) -> exchange.Exchange:
    """An exchange that was killed when one of two shards was in its place."""
    files = []
    for name in ("a.bin", "b.bin", "index.json"):
        part = tmp_path / f".{name}.999999999-0123456789ab{exchange.PART}"
        part.write_text(f"new {name}")
        (tmp_path / name).write_text(f"old {name}")
        files.append((part, tmp_path / name))
    change = exchange.plan_exchange(files, [])
    with (tmp_path / f".index.json.999999999-0123456789ab{exchange.RECORD}").open("xb") as file:
        exchange._write_record(file, change)
    for move in change.moves:
        assert move.aside is not None
        move.target.rename(move.aside)
    change.moves[0].part.rename(change.moves[0].target)
    return change


def clear(tmp_path: Path) -> dict[str, str]:
    from inspector.core.export.leftovers import clear

    clear(tmp_path)
    return {path.name: path.read_text() for path in tmp_path.iterdir()}


def test_what_was_half_done_is_undone(halves: exchange.Exchange, tmp_path: Path) -> None:
    assert clear(tmp_path) == {name: f"old {name}" for name in ("a.bin", "b.bin", "index.json")}


@pytest.mark.parametrize("name", ["a.bin", "b.bin"])
def test_a_file_that_somebody_put_there_meanwhile_survives(
    name: str, halves: exchange.Exchange, tmp_path: Path
) -> None:
    (tmp_path / "theirs").write_text("theirs")
    (tmp_path / "theirs").replace(tmp_path / name)
    old = {other: f"old {other}" for other in ("a.bin", "b.bin", "index.json")}
    assert clear(tmp_path) == old | {name: "theirs", f"{name}.old1": f"old {name}"}


def test_what_cannot_be_put_in_its_place_leaves_the_old_set(tmp_path: Path, monkeypatch) -> None:
    source = save_set(tmp_path / "new", 7.0, 3)
    save_set(tmp_path / "out", 1.0, 3)
    before = looks(tmp_path / "out")
    real, left = Path.replace, 2

    def replace(self: Path, target: Path) -> Path:
        nonlocal left
        left -= 1
        if not left:
            raise PermissionError(13, os.strerror(13))
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(ExportError, match="may not be written"):
        exported(source, tmp_path / "out" / "net.safetensors", RECIPE, overwrite=True)
    assert looks(tmp_path / "out") == before


def test_a_record_that_leads_elsewhere_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("precious")
    folder = tmp_path / "downloads"
    folder.mkdir()
    (folder / f"x{exchange.PART}").touch()
    look = exchange.look_of(outside)
    moves = [[f"x{exchange.PART}", "../outside", look, look, f"../outside{exchange.PART}"]]
    record = folder / f".x.999999999-0123456789ab{exchange.RECORD}"
    record.write_text(json.dumps({"moves": moves, "obsolete": [["../outside", look]]}))
    clear(folder)
    assert outside.read_text() == "precious"
    assert not record.exists()


CRASHING = """
import os, sys
from pathlib import Path
from inspector.core.export.replacement import Replacement
folder = Path(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for number in range(200):
    with Replacement([folder / f"{number}.pt"]) as replacement:
        replacement.open(0)
with Replacement([folder / "last.pt"]) as replacement:
    replacement.open(0)
    os._exit(9)
"""


def test_exports_side_by_side_do_not_lose_each_others_notes(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    processes = []
    for folder in folders:
        folder.mkdir()
        processes.append(
            subprocess.Popen(
                [sys.executable, "-c", CRASHING, str(folder)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate()
        assert process.returncode == 9
    assert [len(list(folder.iterdir())) for folder in folders] == [1, 1]
    assert len(clear_unfinished()) == 2
    assert [list(folder.iterdir()) for folder in folders] == [[], []]
    assert clear_unfinished() == []


def test_a_note_waits_for_a_folder_whose_disk_is_away(tmp_path: Path, own_state: Path) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    command = [sys.executable, "-c", CRASHING.replace("range(200)", "range(1)"), str(folder)]
    done = subprocess.run(command, cwd=ROOT, input="go\n", text=True, check=False)
    assert done.returncode == 9
    folder.rename(tmp_path / "away")
    assert clear_unfinished() == []
    (tmp_path / "away").rename(folder)
    assert len(clear_unfinished()) == 1
    assert list(folder.iterdir()) == []
    assert list((own_state / "checkpoint-inspector" / "exports").iterdir()) == []
