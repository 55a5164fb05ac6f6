"""Files that numpy itself writes."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspector.core.errors import Damaged
from inspector.core.formats import open_checkpoint
from tests.core.formats.archives import codes, nodes

ARRAYS: dict[str, Any] = {
    "float32": np.zeros((3, 4), np.float32),
    "float16": np.zeros(3, np.float16),
    "int64": np.arange(5),
    "uint8": np.zeros((2, 0, 3), np.uint8),
    "bool": np.array(True),
    "complex64": np.zeros(2, np.complex64),
    "U5": np.array(["hello"]),
    "S3": np.array([b"abc"]),
    ">i4": np.arange(3, dtype=">i4"),
    "M8[s]": np.array(["2024-01-01"], "datetime64[s]"),
    "[('a', '<f4'), ('b', '<i8', (2,))]": np.zeros(2, [("a", "f4"), ("b", "i8", (2,))]),
}


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_arrays(tmp_path: Path, name: str, version: tuple[int, int]):
    array = np.asfortranarray(ARRAYS[name])
    with (tmp_path / "a.npy").open("wb") as file:
        np.lib.format.write_array(file, array, version)
    with open_checkpoint(str(tmp_path / "a.npy")) as checkpoint:
        assert checkpoint.format == "numpy"
        node = checkpoint.root
        assert node.value.shape == array.shape
        assert not checkpoint.findings
        if node.kind == "tensor":
            assert node.value.dtype.name == str(array.dtype.newbyteorder("="))
            assert node.type == "numpy.ndarray" + (", big-endian" if name[0] == ">" else "")
        else:
            assert node.kind == "array"
            assert node.value.dtype == name
            assert node.value.reason


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_archives(tmp_path: Path, write: Any):
    values = {"w": np.zeros((2, 3)), "folder/b": np.ones(4, np.float32), "o": objects()}
    write(tmp_path / "a.npz", **values)
    with open_checkpoint(str(tmp_path / "a.npz")) as checkpoint:
        assert checkpoint.format_text == "numpy npz"
        found = nodes(checkpoint)
        assert [node.key for node in checkpoint.root.children] == ["w", "folder/b", "o"]
        assert found["folder/b",].value.shape == (4,)
        assert "deep" in str(checkpoint.root)
        assert not checkpoint.findings


def objects() -> Any:
    return np.array([{"deep": [1, 2]}, None, "three"], dtype=object)


def test_objects_are_read_without_importing(tmp_path: Path):
    np.save(tmp_path / "a.npy", objects(), allow_pickle=True)
    with open_checkpoint(str(tmp_path / "a.npy")) as checkpoint:
        values = [node.value for node in nodes(checkpoint).values()]
        assert "three" in values
        assert checkpoint.demands is not None


def test_a_file_that_was_cut_off(tmp_path: Path):
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(100))
    (tmp_path / "a.npy").write_bytes(buffer.getvalue()[:-1])
    with open_checkpoint(str(tmp_path / "a.npy")) as checkpoint:
        assert codes(checkpoint) == {"truncated"}


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (1 << 3,)}",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        b"{'descr': '<f4', 'fortran_order': False}",
        b"__import__('os').system('true')",
        b"(" * 5000,
        b"{" + b"'a':" * 3000,
        b"\xff\xfe",
        b"[1, 2]",
    ],
)
def test_hostile_headers(tmp_path: Path, header: bytes):
    data = b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(Damaged):
        open_checkpoint(str(tmp_path / "a.npy"))
