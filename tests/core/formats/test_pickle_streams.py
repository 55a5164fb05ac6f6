"""Raw pickles: several in one stream, bytes behind them, and the arrays of joblib."""

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from inspector.core.errors import Damaged
from inspector.core.formats import open_checkpoint
from tests.core.formats.archives import codes, equal, nodes, read_tensors

joblib = pytest.importorskip("joblib")

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_several_in_a_row_are_numbered(tmp_path: Path, protocol: int):
    values: list[Any] = [{"epoch": 3}, [1.5, "two"], torch.arange(4.0), {"w": torch.ones(2, 2)}]
    (tmp_path / "m").write_bytes(b"".join(pickle.dumps(value, protocol) for value in values))
    with open_checkpoint(str(tmp_path / "m")) as checkpoint:
        assert checkpoint.format_text == "4 pickles"
        assert nodes(checkpoint)[0, "epoch"].value == 3
        assert nodes(checkpoint)[1, 1].value == "two"
        assert equal(
            read_tensors(checkpoint), {(2,): torch.arange(4.0), (3, "w"): torch.ones(2, 2)}
        )
        assert not checkpoint.findings


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_single_one_stays_the_root(tmp_path: Path, protocol: int):
    (tmp_path / "m").write_bytes(pickle.dumps({"w": torch.ones(2)}, protocol))
    with open_checkpoint(str(tmp_path / "m")) as checkpoint:
        assert checkpoint.format_text == "pickle"
        assert equal(read_tensors(checkpoint), {("w",): torch.ones(2)})


@pytest.mark.parametrize("tail", [b"\xff" * 40, b"\0\0", b"\x80\x02]("])
def test_what_is_no_pickle_behind_it_is_a_finding(tmp_path: Path, tail: bytes):
    (tmp_path / "m").write_bytes(pickle.dumps({"a": 1}) + pickle.dumps([2]) + tail)
    with open_checkpoint(str(tmp_path / "m")) as checkpoint:
        assert nodes(checkpoint)[1, 0].value == 2
        assert codes(checkpoint) == {"trailing-bytes"}


def test_many_small_ones_in_a_large_stream(tmp_path: Path):
    piece = pickle.dumps(bytes(50_000))
    (tmp_path / "m").write_bytes(piece * 1000)
    with open_checkpoint(str(tmp_path / "m")) as checkpoint:
        assert len(checkpoint.root.children) == 1000


def arrays() -> dict[str, Any]:
    return {
        "plain": np.arange(12.0).reshape(3, 4),
        "fortran": np.asfortranarray(np.arange(6, dtype=np.int16).reshape(2, 3)),
        "big": np.zeros(3_000_000, dtype=np.float32),
        "flags": np.array([True, False]),
        "text": np.array(["one", "three"]),
        "swapped": np.arange(3, dtype=">i4"),
        "complex": np.ones(2, dtype=np.complex64),
        "dates": np.array(["2024-01-01"], dtype="datetime64[D]"),
        "rows": np.zeros(3, dtype=[("a", "f4"), ("b", "i8")]),
        "scalar": np.array(3.5),
        "empty": np.zeros((0, 5)),
        "objects": np.array([{"deep": [1, 2]}, None], dtype=object),
        "after": "the end",
    }


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_arrays_of_joblib(tmp_path: Path, compress: Any, protocol: int):
    values = arrays()
    joblib.dump(values, tmp_path / "m.joblib", compress=compress, protocol=protocol)
    with open_checkpoint(str(tmp_path / "m.joblib")) as checkpoint:
        assert checkpoint.format == "pickle"
        assert checkpoint.format_text.startswith("joblib pickle")
        found = {node.key: node for node in checkpoint.root.children}
        assert list(found) == list(values)
        for name, value in values.items():
            if isinstance(value, np.ndarray):
                assert found[name].kind == "array", name
                assert found[name].value.shape == value.shape
        assert found["plain"].value.dtype == "float64"
        assert nodes(checkpoint)["after",].value == "the end"
        assert not checkpoint.findings


def test_joblib_before_padding(tmp_path: Path):
    """joblib < 1.2 leaves the attribute out and writes no padding."""
    buffer = io.BytesIO()
    wrapper = joblib.numpy_pickle.NumpyArrayWrapper(np.ndarray, (2,), "C", np.dtype("f4"))
    del wrapper.numpy_array_alignment_bytes
    stream = pickle.dumps(wrapper, 2)
    assert stream[-2:] == b"b."
    buffer.write(stream[:-1] + np.ones(2, "f4").tobytes() + b".")
    (tmp_path / "m").write_bytes(buffer.getvalue())
    assert joblib.load(tmp_path / "m").tolist() == [1, 1]
    with open_checkpoint(str(tmp_path / "m")) as checkpoint:
        assert checkpoint.root.value.shape == (2,)


def test_a_joblib_file_that_ends_within_an_array(tmp_path: Path):
    joblib.dump({"a": np.zeros(1000)}, tmp_path / "m")
    whole = (tmp_path / "m").read_bytes()
    (tmp_path / "cut").write_bytes(whole[:2000])
    with pytest.raises(Damaged):
        open_checkpoint(str(tmp_path / "cut"))
