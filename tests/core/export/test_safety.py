"""A target is complete or untouched: sources, links, full disks, cancelled and killed exports."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from inspector.core.errors import InspectorError, SourceError
from inspector.core.export import (
    DTypeRule,
    ExportError,
    Recipe,
    clear_unfinished,
    export,
    ledger,
    make_plan,
    verification,
)
from inspector.core.export import stream as stream_module
from inspector.core.formats import open_checkpoint
from inspector.core.progress import Cancelled
from tests.checkpoints import save_zip
from tests.core.export.exports import exported, loaded

ROOT = Path(__file__).parents[3]
OLD = b"what was there before"


def litter(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name.startswith(".")]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return save_zip(tmp_path / "a.pt", {f"t{n}": torch.randn(300_000) for n in range(8)})


# ---- sources and targets -------------------------------------------------------------------


@pytest.mark.parametrize("way", ["itself", "relative", "symlink", "hardlink", "dangling case"])
def test_a_source_is_never_written(way: str, source: Path, monkeypatch) -> None:
    before = source.read_bytes()
    target: Any = source
    if way == "relative":
        monkeypatch.chdir(source.parent)
        target = f"../{source.parent.name}/a.pt"
    elif way == "symlink":
        target = source.with_name("link.pt")
        target.symlink_to(source)
    elif way == "hardlink":
        target = source.with_name("hard.pt")
        os.link(source, target)
    elif way == "dangling case":  # a file system without case says that both are one
        target = source.with_name("A.PT")
        monkeypatch.setattr(os.path, "samefile", lambda *_: True)
    with pytest.raises(ExportError, match="is the file that is read"):
        exported(source, target, overwrite=True)
    assert source.read_bytes() == before
    assert not litter(source.parent)


def test_an_existing_file_is_replaced_only_if_asked_for(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "b.pt"
    target.write_bytes(OLD)
    target.chmod(0o640)
    with pytest.raises(ExportError, match="exists already"):
        exported(source, target)
    assert target.read_bytes() == OLD
    exported(source, target, overwrite=True)
    assert len(loaded(target)) == 8
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_and_its_file_is_replaced(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "real.pt").write_bytes(OLD)
    link = tmp_path / "link.pt"
    link.symlink_to(folder / "real.pt")
    exported(source, link, overwrite=True)
    assert link.is_symlink()
    assert len(loaded(folder / "real.pt")) == 8
    assert not litter(folder)


def test_targets_that_cannot_be_are_said_in_a_line(source: Path, tmp_path: Path) -> None:
    for target, words in (
        (tmp_path, "is a folder"),
        (tmp_path / "none" / "b.pt", "is no folder"),
        (Path("/dev/null"), "no regular file"),
    ):
        with pytest.raises(ExportError, match=words):
            exported(source, target, overwrite=True)


def test_new_files_have_the_permissions_of_new_files(source: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.touch()
    exported(source, tmp_path / "b.pt")
    assert (tmp_path / "b.pt").stat().st_mode == plain.stat().st_mode


@pytest.mark.skipif(os.geteuid() == 0, reason="may write everywhere")
def test_a_folder_without_permission(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o555)
    with pytest.raises(ExportError, match="may not be written"):
        exported(source, folder / "b.pt")


# ---- no room -------------------------------------------------------------------------------


def test_room_is_looked_for_first(source: Path, tmp_path: Path, monkeypatch) -> None:
    usage = shutil._ntuple_diskusage(10**12, 10**12, 5_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(ExportError, match=r"has 5\.00 MB left, but .* are needed"):
        exported(source, tmp_path / "b.pt")
    assert not litter(tmp_path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("dtype", [None, "float64"])
def test_a_full_disk(dtype, source: Path, small_disk: Path, monkeypatch) -> None:
    monkeypatch.setattr("inspector.core.export.refusals.free_bytes", lambda _: None)
    target = small_disk / "b.pt"
    target.write_bytes(OLD)
    recipe = Recipe(dtypes=(DTypeRule(dtype),) if dtype else ())
    with pytest.raises(ExportError, match="the disk is full"):
        exported(source, target, recipe, overwrite=True)
    assert target.read_bytes() == OLD
    assert not litter(small_disk)


def run(code: str, *arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


@pytest.mark.parametrize("options", [(), ("--dtype", "float64"), ("--format", "safetensors")])
def test_a_limit_on_the_size_of_files(options, source: Path, tmp_path: Path) -> None:
    target = tmp_path / "b.pt"
    target.write_bytes(OLD)

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))

    code = "import sys; from inspector.cli.main import main; main(sys.argv[1:])"
    done = run(code, "export", source, target, "--force", *options, preexec_fn=limited)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "too large" in done.stderr
    assert target.read_bytes() == OLD
    assert not litter(tmp_path)


# ---- stopped -------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [None, "float16"])
def test_cancelling_at_any_moment_leaves_nothing(dtype, source: Path, tmp_path: Path) -> None:
    target = tmp_path / "b.pt"
    target.write_bytes(OLD)
    recipe = Recipe(dtypes=(DTypeRule(dtype),) if dtype else ())
    calls = 0
    limit = 0

    def progress(fraction: float, message: str = "", /) -> None:
        nonlocal calls
        calls += 1
        if calls > limit:
            raise Cancelled

    with open_checkpoint(str(source)) as checkpoint:
        plan = make_plan(checkpoint, recipe)
        for limit in range(200):  # noqa: B007 - `progress` reads it
            calls = 0
            try:
                export(checkpoint, plan, str(target), overwrite=True, progress=progress)
            except Cancelled:
                assert target.read_bytes() == OLD
                assert not litter(tmp_path)
            else:
                break
    assert limit > 5
    assert len(loaded(target)) == 8


KILLED = """
import os, signal, sys
from inspector.core.export import Recipe, export, make_plan
from inspector.core.export import exporting, replacement
from inspector.core.formats import open_checkpoint

left = int(sys.argv[3])
def die(*_):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

sys.setprofile(lambda frame, event, arg: die()
               if "inspector/core/export/re" in frame.f_code.co_filename
               or "inspector/core/export/exp" in frame.f_code.co_filename
               or "inspector/core/export/stream" in frame.f_code.co_filename else None)
with open_checkpoint(sys.argv[1]) as checkpoint:
    export(checkpoint, make_plan(checkpoint, Recipe()), sys.argv[2], overwrite=True)
print("done")
"""


def test_killing_at_any_moment_leaves_the_old_file_or_the_new(tmp_path: Path, own_state) -> None:
    source = save_zip(tmp_path / "a.pt", {f"t{n}": torch.randn(1000) for n in range(3)})
    folder = tmp_path / "out"
    folder.mkdir()
    target = folder / "b.pt"
    seen = set()
    moment = 0
    while "finished" not in seen:
        target.write_bytes(OLD)
        done = run(KILLED, source, target, moment)
        moment += 9
        if done.returncode == 0:
            seen.add("finished")
        else:
            assert done.returncode == -signal.SIGKILL, done.stderr
        if target.read_bytes() == OLD:
            seen.add("old")
        else:
            seen.add("new")
            assert len(loaded(target)) == 3
        if litter(folder):
            seen.add("litter")
        clear_unfinished()
        assert not litter(folder)
    assert {"old", "new", "litter"} <= seen


def test_the_next_export_clears_up_as_well(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    code = """
    import os, sys
    from inspector.core.export.replacement import Replacement
    from pathlib import Path
    with Replacement([Path(sys.argv[1])]) as replacement:
        part = replacement.open(0)
        part.file.write(b"x" * 100)
        part.file.flush()
        os._exit(9)
    """
    assert run(code, folder / "b.pt").returncode == 9
    assert len(litter(folder)) == 1
    exported(source, folder / "other.pt")
    assert not litter(folder)


def test_an_export_at_work_is_not_cleared_away(source: Path, tmp_path: Path) -> None:
    code = """
    import sys
    from inspector.core.export.replacement import Replacement
    from pathlib import Path
    with Replacement([Path(sys.argv[1])]) as replacement:
        replacement.open(0)
        print("open", flush=True)
        sys.stdin.read()
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "b.pt")]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == "open\n"
        assert len(litter(tmp_path)) == 1
        exported(source, tmp_path / "c.pt")
        clear_unfinished()
        assert len(litter(tmp_path)) == 1
        other.stdin.close()
    assert not litter(tmp_path)


# ---- changed and damaged -------------------------------------------------------------------


def test_a_source_that_changes_meanwhile_gives_nothing(source: Path, tmp_path: Path) -> None:
    with open_checkpoint(str(source)) as checkpoint:
        plan = make_plan(checkpoint, Recipe())
        os.utime(source, (1, 1))
        with pytest.raises(SourceError, match="has changed"):
            export(checkpoint, plan, str(tmp_path / "b.pt"))
    assert not (tmp_path / "b.pt").exists()
    assert not litter(tmp_path)


def test_a_source_that_becomes_shorter_meanwhile_gives_nothing(
    source: Path, tmp_path: Path
) -> None:
    with open_checkpoint(str(source)) as checkpoint:
        plan = make_plan(checkpoint, Recipe())
        os.truncate(source, 3_000_000)
        with pytest.raises(InspectorError, match=r"shorter|has changed|ends after"):
            export(checkpoint, plan, str(tmp_path / "b.pt"))
    assert not (tmp_path / "b.pt").exists()


@pytest.mark.parametrize("name", ["torch-zip", "torch-legacy", "safetensors", "numpy"])
@pytest.mark.parametrize("elements", [300, 900_000])
def test_bytes_that_arrive_otherwise_are_noticed(name, elements, tmp_path, monkeypatch) -> None:
    source = save_zip(tmp_path / "a.pt", {"t": torch.randn(elements)})
    if elements > 300_000:
        real = os.pwrite

        def pwrite(file: int, data: Any, position: int) -> int:
            return real(file, bytes([data[0] ^ 1]) + bytes(data[1:]), position)

        monkeypatch.setattr(os, "pwrite", pwrite)
    else:
        monkeypatch.setattr(
            stream_module, "Bytes", lambda number, data: ledger.Bytes(
                number, bytes([data[0] ^ 1]) + data[1:]
            ),
        )  # fmt: skip
    with pytest.raises(verification.NotAsPlanned, match="does not hold what was written"):
        exported(source, tmp_path / "b.out", Recipe(format=name))
    assert not (tmp_path / "b.out").exists()
    assert not litter(tmp_path)


def test_errors_of_the_system_are_named() -> None:
    from inspector.core.export.refusals import naming

    for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EROFS, errno.EIO):
        with pytest.raises(ExportError) as refused, naming(Path("b.pt")):
            raise OSError(number, os.strerror(number))
        assert "b.pt" in str(refused.value)
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["torch-zip", "safetensors"])
def test_a_source_that_fails_its_own_checksums_is_told(name: str, source: Path, tmp_path) -> None:
    data = bytearray(source.read_bytes())
    data[len(data) // 2] ^= 1
    source.write_bytes(data)
    with open_checkpoint(str(source)) as checkpoint:
        plan = make_plan(checkpoint, Recipe(format=name))
        done = export(checkpoint, plan, str(tmp_path / "b.out"))
    assert [finding.code for finding in done.findings] == ["source-damaged"]
    assert "1 storage" in done.findings[0].message
