"""Numbers of numpy arrays, wherever a file keeps them: the same as numpy reads, bit by bit."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import joblib  # type: ignore[import-untyped]
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from inspector.core.analysis.statistics import measured
from inspector.core.arrays import Window, load_window, values_of
from inspector.core.checkpoint import Checkpoint
from inspector.core.formats import open_checkpoint
from inspector.core.formats.pickling.arrays import ArrayTable
from inspector.core.formats.pickling.numpy_types import NumpyType, PickledDType
from inspector.core.formats.pickling.standins import PickledDict, RawArray
from inspector.core.model import Tensor, numeric, walk
from inspector.core.sources import Bytes, Swapped
from tests.core.analysis.scans import scanned

CODES = ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "b1", "c8", "c16"]
SHAPES = [(), (5,), (3, 4), (2, 3, 4), (0, 3), (40, 30)]


def every_array() -> dict[str, Any]:
    """Return an array of each dtype, order and shape, as far as they differ."""
    random = np.random.default_rng(3)
    found = {}
    for code in CODES:
        for order in "<>":
            for shape in SHAPES:
                wide = random.normal(size=shape) * 50 + 1j * random.normal(size=shape)
                values = np.asarray(wide if code[0] == "c" else wide.real)
                array = values.astype("f8" if code[0] == "u" else values.dtype)
                array = np.asarray(abs(array) if code[0] == "u" else array).astype(order + code)
                name = f"{order}{code} {shape}"
                array = np.asarray(array)
                found[name] = array
                found[f"{name} fortran"] = np.array(array, order="F")
    found["strided"] = np.arange(60.0).reshape(6, 10)[::2, 1::3]
    return found


ARRAYS = every_array()


def write_pickle(protocol: int, path: Path, values: dict[str, Any]) -> None:
    path.write_bytes(pickle.dumps(values, protocol))


def write_npz(path: Path, values: dict[str, Any], write: Any) -> None:
    with path.open("wb") as file:
        write(file, **values)


def in_legacy_stream(path: Path, values: dict[str, Any]) -> None:
    torch.save(values, path, _use_new_zipfile_serialization=False)


def write_joblib(path: Path, values: dict[str, Any]) -> None:
    joblib.dump(values, path, compress=3)


WRITERS: dict[str, Callable[[Path, Any], Any]] = {
    "npz": lambda path, values: write_npz(path, values, np.savez),
    "npz deflated": lambda path, values: write_npz(path, values, np.savez_compressed),
    **{f"pickle {protocol}": partial(write_pickle, protocol) for protocol in range(6)},
    "joblib": lambda path, values: joblib.dump(values, path),
    "joblib in zlib": write_joblib,
    "torch zip": lambda path, values: torch.save(values, path),
    "torch zip 5": lambda path, values: torch.save(values, path, pickle_protocol=5),
    "torch legacy": in_legacy_stream,
}


def read(checkpoint: Checkpoint, tensor: Tensor) -> Any:
    """Return all values of a tensor, read as the window reads them."""
    assert tensor.storage is not None
    source, offset = checkpoint.locate(tensor.storage)
    big = checkpoint.byte_order == "big"
    found = load_window(Window(source, offset, tensor, big))
    assert found.there is None
    return values_of(found.stored, tensor)


@pytest.mark.parametrize("writer", WRITERS)
def test_every_dtype_order_and_shape(tmp_path: Path, writer: str) -> None:
    WRITERS[writer](tmp_path / "a", ARRAYS)
    with open_checkpoint(str(tmp_path / "a")) as checkpoint:
        found = {str(path[-1]): tensor for path, tensor in numeric(checkpoint.root)}
        assert found.keys() == ARRAYS.keys()
        for name, array in ARRAYS.items():
            values = read(checkpoint, found[name])
            assert found[name].shape == array.shape
            assert found[name].dtype.name == array.dtype.newbyteorder("=").name
            wanted = array.astype(values.dtype) if array.dtype == np.float16 else array
            np.testing.assert_array_equal(values, wanted, err_msg=name)
        assert not checkpoint.findings


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("shape", [(70_000,), (300, 700)])
def test_statistics_are_those_of_numpy(tmp_path: Path, order: str, shape: Any) -> None:
    array = np.asfortranarray(np.random.default_rng(0).normal(size=shape).astype(order + "f4"))
    array.flat[[3, 4, 5]] = np.nan, np.inf, 0
    np.savez_compressed(tmp_path / "a.npz", w=array)
    finite = array[np.isfinite(array)].astype(np.float64)
    (found,) = scanned(tmp_path / "a.npz").rows.values()
    assert found.statistics is not None
    assert (found.statistics.nan, found.statistics.posinf) == (1, 1)
    assert found.statistics.min == finite.min()
    assert found.statistics.mean == pytest.approx(finite.mean(), rel=1e-12)
    assert found.statistics.std == pytest.approx(finite.std(), rel=1e-12)
    assert {finding.code for finding in found.findings} == {"nan", "infinite"}


@settings(max_examples=60, deadline=None)
@given(
    array=arrays.arrays(
        st.sampled_from([np.dtype(order + code) for code in CODES for order in "<>"]),
        arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5),
    ),
    fortran=st.booleans(),
    protocol=st.integers(0, 5),
)
def test_any_array_in_any_pickle(
    tmp_path_factory: pytest.TempPathFactory, array: Any, fortran: bool, protocol: int
) -> None:
    path = tmp_path_factory.mktemp("any") / "a"
    array = np.asfortranarray(array) if fortran else array
    path.write_bytes(pickle.dumps({"a": array}, protocol))
    with open_checkpoint(str(path)) as checkpoint:
        ((_, tensor),) = numeric(checkpoint.root)
        values = read(checkpoint, tensor)
        np.testing.assert_array_equal(values, array.astype(values.dtype))


def test_what_has_no_numbers_says_why(tmp_path: Path) -> None:
    fields = [("a", ">f4"), ("b", "<i8", (2, 3)), ("c", [("d", "S3")])]
    values = {
        "texts": np.array(["hello"]),
        "bytes": np.array([b"abc"]),
        "dates": np.array(["2024-01-01"], "datetime64[25s]"),
        "durations": np.array([3], "timedelta64[ns]"),
        "records": np.zeros(3, fields),
        "objects": np.array([None, {}], object),
        "wide": np.zeros(3, np.longdouble),
    }
    (tmp_path / "a").write_bytes(pickle.dumps(values, 2))
    with open_checkpoint(str(tmp_path / "a")) as checkpoint:
        assert list(numeric(checkpoint.root)) == []
        found = {node.key: node.value for _, node in walk(checkpoint.root) if node.kind == "array"}
        assert {name: array.dtype for name, array in found.items()} == {
            "texts": "U5",
            "bytes": "S3",
            "dates": "M8[25s]",
            "durations": "m8[ns]",
            "records": str(np.dtype(fields)).replace("'S3'", "'|S3'"),
            "objects": "object",
            "wide": "float128",
        }
        assert "records of several fields" in found["records"].reason
        assert all(array.reason.endswith(".") for array in found.values())


def test_masked_arrays_say_that_hidden_values_count(tmp_path: Path) -> None:
    values = np.ma.masked_array([[1.0, np.nan], [3.0, 4.0]], [[False, True], [False, False]])
    (tmp_path / "a").write_bytes(pickle.dumps(values, 4))
    (row,) = scanned(tmp_path / "a").rows.values()
    assert row.statistics is not None
    assert (row.statistics.finite, row.statistics.nan, row.statistics.max) == (3, 1, 4)
    assert "including those that the mask hides" in measured(row.tensor).of_numbers
    assert [finding.severity for finding in row.findings] == ["info"]


def test_bytes_of_another_length_are_not_read(tmp_path: Path) -> None:
    stream = pickle.dumps(np.arange(6.0), 3)
    (tmp_path / "a").write_bytes(stream.replace(b"K\x06\x85", b"K\x07\x85"))
    with open_checkpoint(str(tmp_path / "a")) as checkpoint:
        assert checkpoint.root.value.shape == (7,)
        assert checkpoint.root.value.reason.startswith("Its elements take 56 bytes")


def test_an_array_cut_short_is_an_error(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((1000, 100)))
    (tmp_path / "cut.npy").write_bytes((tmp_path / "a.npy").read_bytes()[:5000])
    (row,) = scanned(tmp_path / "cut.npy").rows.values()
    assert row.statistics is None
    assert "cut off" in row.error


@pytest.mark.parametrize("width", [2, 4, 8])
def test_any_range_of_swapped_numbers(width: int) -> None:
    data = bytes(range(48))
    whole = np.frombuffer(data, f"u{width}").byteswap().tobytes()
    swapped = Swapped(Bytes(data, "some"), width)
    for start in range(50):
        for stop in range(start, 50):
            assert swapped.read_at(start, stop - start) == whole[start:stop]
    cut = Swapped(Bytes(data[: width + 1], "cut"), width)
    assert cut.read_at(0, 2 * width) == whole[:width]


def test_a_dtype_that_holds_itself_ends() -> None:
    dtype = PickledDType("V8")
    names = tuple(f"f{n}" for n in range(60))
    fields = PickledDict(pairs=[item for name in names for item in (name, (dtype, 0))])
    dtype.take((3, "|", None, names, fields, 8, 1, 0))
    assert len(dtype.finished().text) < 600


def test_the_same_bytes_are_one_array() -> None:
    table = ArrayTable(Bytes(b"", "a"), "", {})
    data = bytes(48)
    raws = [RawArray(NumpyType("f8"), shape, data) for shape in ((6,), (6,), (2, 3))]
    one, same, other = map(table.array, raws)
    assert one is same
    assert one is not other
    assert len(table.places) == 2
