"""The command itself: help, version, errors of one line, and real processes around it."""

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import torch

import inspector
from inspector.cli.main import main
from tests.checkpoints import save_zip

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[2]


def process(*arguments: str | Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in screens}
    return subprocess.run(
        [sys.executable, "-m", "inspector", *map(str, arguments)],
        env=environment | variables,
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="backslashreplace",
        check=False,
    )


def refused(capsys: Capture, *arguments: str | Path) -> str:
    """Return the one line that an error is."""
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    assert ended.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("inspector: ")
    assert captured.err.count("\n") == 1
    assert "Traceback" not in captured.err
    return captured.err


def tar_file() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("notes.txt"))
    return buffer.getvalue()


LFS = b"""version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 12345678
"""

BROKEN = {
    "lfs": (LFS, "Git LFS pointer to a file of 12.3 MB", "git lfs pull"),
    "page": (b"<!DOCTYPE html><title>Quota\nexceeded</title>", "a web page", "download it again"),
    "empty": (b"", "empty (0 bytes)", "do it again"),
    "zeros": (bytes(5000), "filled with zeros", "interrupted"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(50), "a PNG picture", ""),
    "gzip": (b"\x1f\x8b\x08" + bytes(50), "compressed", ""),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(50), "a 7z archive", "Unpack it first"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(50), "an HDF5 file", ""),
    "gguf": (b"GGUF" + bytes(50), "a GGUF model", ""),
    "text": (b"key: value\nother: \x1b[2J\n", "a text that begins with", ""),
    "json": (b'{"a": 1}', "a JSON text", ""),
    "tar": (tar_file(), "a tar archive", ""),
    "noise": (b"\xf0\x9f\x92\xa9" * 20, "no checkpoint that this program knows", "Check"),
    "zip": (b"PK\x03\x04" + bytes(100), "", ""),
    "pickle": (b"\x80\x04\x95" + bytes(3), "pickle stream", "cut off or damaged"),
    "safetensors": (b"\xff\0\0\0\0\0\0\0{}", "ends in the middle of the header", "download"),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_errors_are_one_line_that_says_what_to_do(
    tmp_path: Path, capsys: Capture, name: str, options: tuple[str, ...]
) -> None:
    content, problem, step = BROKEN[name]
    path = tmp_path / f"{name}.pth"
    path.write_bytes(content)
    line = refused(capsys, "show", path, *options)
    assert str(path) in line
    assert problem in line
    assert step in line
    assert "\x1b" not in line


def test_errors_of_paths(tmp_path: Path, capsys: Capture) -> None:
    assert "does not exist. Check the spelling" in refused(capsys, "show", tmp_path / "no.pt")
    assert "is a folder. Open a checkpoint file inside" in refused(capsys, "show", tmp_path)
    fifo = tmp_path / "fifo"
    if hasattr(os, "mkfifo"):
        os.mkfifo(fifo)
        assert "is not a regular file. Write what it gives to a file" in refused(
            capsys, "show", fifo
        )
    assert "The name of the file is empty. Name a" in refused(capsys, "show", "")
    address = "https://example.org/model.pt"
    assert f"{address} is an address, and only files of this machine are opened. Download" in (
        refused(capsys, "show", address)
    )
    file = save_zip(tmp_path / "a.pt", {"epoch": 7})
    assert f"{file} does: leave out the place in it" in refused(capsys, "check", f"{file}::epoch")
    assert f"{file}/b cannot be opened: Not a directory. Check" in refused(
        capsys, "show", f"{file}/b"
    )
    assert f"{file} has nothing at nowhere. " in refused(capsys, "show", f"{file}::nowhere")
    assert "is no path of keys" in refused(capsys, "show", f"{file}::a//b")


def on_a_terminal(*arguments: str | Path) -> str:
    """Return what a person sees: where nobody sees it, click takes the escapes away."""
    pty = pytest.importorskip("pty", reason="terminals of another kind")
    written: list[bytes] = []

    def take(descriptor: int) -> bytes:
        written.append(os.read(descriptor, 1 << 16))
        return written[-1]

    pty.spawn([sys.executable, "-m", "inspector", *map(str, arguments)], take)
    return b"".join(written).decode()


def test_a_file_name_cannot_act_on_the_terminal(tmp_path: Path) -> None:
    folder = tmp_path / "\x1b[2Jruns"
    folder.mkdir()
    values = {"\x1b[2Jw": torch.tensor([float("nan")]), "\x1b[2Jn": "\x1b[2J"}
    first, second = (save_zip(folder / f"\x1b[2J{n}.pt", values | {"epoch": n}) for n in (1, 2))
    (folder / "\x1b[2J3.pt").write_bytes(first.read_bytes()[:70])
    target = folder / "\x1b[2Jnew.pt"
    for arguments in (
        ("show", folder / "none.pt"),
        ("show", f"{first}/inside"),
        ("show", f"{first}::\x1b[2Jx"),
        ("show", first),
        ("show", first, "--\x1b[2J"),
        ("stats", first),
        ("check", first),
        ("diff", first, second),
        ("diff", folder),
        ("export", first, target, "--dtype", "\x1b[2J"),
        ("export", first, target, "--include", "\x1b[2J", "--dry-run"),
        ("export", first, target),
    ):
        told = on_a_terminal(*arguments)
        assert "\x1b[2J" not in told, arguments
        assert "\\x1b[2J" in told, arguments


def test_unreadable_files(tmp_path: Path, capsys: Capture) -> None:
    path = save_zip(tmp_path / "a.pt", 1)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    assert "may not be read by this user" in refused(capsys, "show", path)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show",), "Missing argument 'FILE'. See inspector show --help."),
        (("show", "a", "b"), "extra argument (b). See inspector show --help."),
        (("show", "a", "--jsn"), "Did you mean '--json'? See inspector show --help."),
        (("show", "a", "--nothing"), "'--nothing'. See inspector show --help."),
        (("--nothing",), "See inspector window --help."),
        (("stats", "a", "--json", "--csv"), "--json or --csv, not both. See inspector stats"),
        (("diff", "a", "b", "--json", "--csv"), "--json or --csv, not both. See inspector diff"),
        (("shwo", "a.pt"), "There is no command and no file 'shwo'. Did you mean 'show'?"),
        (("difff",), "Did you mean 'diff'?"),
    ],
)
def test_usage_errors_are_one_line_too(
    capsys: Capture, arguments: tuple[str, ...], said: str
) -> None:
    assert said in refused(capsys, *arguments)


def test_version(capsys: Capture) -> None:
    main(["--version"])
    assert capsys.readouterr().out == f"inspector {inspector.__version__}\n"


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ("show", "--help")])
def test_help_has_examples(capsys: Capture, arguments: tuple[str, ...]) -> None:
    main(arguments)
    words = capsys.readouterr().out
    assert "Examples:" in words
    assert "inspector show model.pt" in words
    assert all(len(line) <= 100 for line in words.splitlines())


# ---- real processes ------------------------------------------------------------------------


def test_without_a_display_the_tree_is_printed(training: Path) -> None:
    if sys.platform in ("win32", "darwin"):
        pytest.skip("these always have a display")
    done = process(training)
    assert done.returncode == 0
    assert "no display" in done.stderr
    assert "0.weight" in done.stdout
    part = process(f"{training}::model/0.*")  # as the window copies it
    assert "0.weight" in part.stdout
    assert "1.weight" not in part.stdout
    alike = save_zip(training.parent / "shw", {"epoch": 7})  # a file, and no slip for `show`
    assert "epoch" in process(alike).stdout


def test_a_reader_that_goes_away(tmp_path: Path) -> None:
    value = {f"key{number}": torch.ones(1) for number in range(20_000)}
    path = save_zip(tmp_path / "a.pt", value)
    for options in ((), ("--json",)):
        show = subprocess.Popen(
            [sys.executable, "-m", "inspector", "show", str(path), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
        )
        assert show.stdout is not None
        assert show.stderr is not None
        assert show.stdout.read(100)
        show.stdout.close()
        assert show.stderr.read() == b""
        show.stderr.close()
        assert show.wait() == 0


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_terminals_of_other_encodings(tmp_path: Path, encoding: str) -> None:
    value = {"ключ 🔑 é": torch.ones(2, 2), "long": "x" * 200, "epoch": 12345}
    path = save_zip(tmp_path / "\u00fc.pt", value)
    for options in ((), ("--json",)):
        done = process("show", path, *options, PYTHONIOENCODING=encoding)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        assert "epoch" in done.stdout


def test_errors_do_not_need_an_encoding(tmp_path: Path) -> None:
    done = process("show", tmp_path / "\u00fc \U0001f511.pt", PYTHONIOENCODING="ascii")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "does not exist" in done.stderr


def test_file_names_that_are_no_text(tmp_path: Path) -> None:
    if sys.platform in ("win32", "darwin"):
        pytest.skip("file names are Unicode there")
    path = save_zip(tmp_path / "a.pt", {"epoch": 1})
    odd = path.rename(tmp_path / os.fsdecode(b"\xff.pt"))
    for options in ((), ("--json",)):
        done = process("show", odd, *options)
        assert (done.returncode, done.stderr) == (0, "")


def test_nothing_is_imported_from_beside_the_file(tmp_path: Path) -> None:
    save_zip(tmp_path / "a.pt", {"epoch": 1})
    for name in ("torch", "click", "json", "inspector"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported')")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "inspector", "show", "a.pt"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
