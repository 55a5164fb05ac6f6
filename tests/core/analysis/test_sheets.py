"""Sheets, the texts in them, and what is copied of them, against torch."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.core.analysis.excerpts import MOST_CELLS, Form, excerpt
from inspector.core.analysis.notation import texts_of
from inspector.core.analysis.sheet_texts import GAP, MISSING, NAN, ZERO, Place, read_texts, request
from inspector.core.analysis.sheets import Edges, Grid, Sheet
from inspector.core.engine import ExecutorEngine
from inspector.core.errors import FormatError
from inspector.core.model import Storage, Tensor, dtype_named
from inspector.core.sources import Bytes

STORED = {1: np.uint8, 2: np.uint16, 4: np.float32, 8: np.float64}
NARROW = ["bfloat16", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz"]


@pytest.fixture(scope="module")
def threads() -> Iterator[ExecutorEngine]:
    with ThreadPoolExecutor(2) as executor:
        yield ExecutorEngine(executor)


def placed(values: torch.Tensor) -> tuple[Place, Tensor]:
    """Return a tensor in memory as if it were one of a file."""
    data = values.untyped_storage()
    raw = torch.empty(0, dtype=torch.uint8).set_(data).numpy().tobytes()
    name = str(values.dtype).removeprefix("torch.")
    tensor = Tensor(
        dtype_named(name),
        tuple(values.shape),
        tuple(values.stride()),
        values.storage_offset(),
        Storage("0", "cpu", len(raw)),
    )
    return Place(Bytes(raw, "x"), 0, "little"), tensor


def shown(place: Place, sheet: Sheet) -> list[list[str]]:
    found = read_texts(request(place, sheet, range(sheet.rows), range(sheet.columns), "decimal"))
    lines = [found.texts[n : n + found.columns] for n in range(0, len(found.texts), found.columns)]
    return [list(line) for line in lines]


@given(st.lists(st.integers(1, 9), max_size=4), st.data())
@settings(max_examples=60, deadline=None)
def test_any_two_axes(shape: list[int], data: st.DataObject) -> None:
    values = torch.arange(np.prod(shape, dtype=int)).reshape(shape)
    values = values.permute(data.draw(st.permutations(range(len(shape)))))
    place, tensor = placed(values)
    grid = Grid.of(tensor)
    if len(shape) > 1:
        row, column = data.draw(st.permutations(range(len(shape))))[:2]
        at = tuple(data.draw(st.integers(0, length - 1)) for length in values.shape)
        grid = Grid(tensor, row, column, at)
    texts = shown(place, grid)
    for row in range(grid.rows):
        for column in range(grid.columns):
            index = grid.index_of(row, column)
            assert index is not None
            assert texts[row][column] == str(values[index].item())


@given(st.lists(st.integers(1, 12), max_size=4))
@settings(max_examples=60, deadline=None)
def test_edges_are_those_of_numpy(shape: list[int]) -> None:
    values = torch.arange(np.prod(shape, dtype=int)).reshape(shape)
    place, tensor = placed(values)
    sheet = Edges(tensor)
    with np.printoptions(threshold=0, edgeitems=3, linewidth=10**6):
        words = repr(values.numpy()).removeprefix("array(").replace("[", " ").replace("]", " ")
    printed = words.partition("shape=")[0].rstrip(" ,)").split("dtype")[0].replace(",", " ").split()
    texts = [word for line in shown(place, sheet) for word in line if word]
    assert texts == [word for word in printed if word != "..."]
    for row, line in enumerate(shown(place, sheet)):
        for column, word in enumerate(line):
            index = sheet.index_of(row, column)
            assert (index is None) == (not word)
            assert index is None or str(values[index].item()) == word


def test_edges_of_more_dimensions_than_anybody_looks_at() -> None:
    storage = Storage("0", "cpu", 1)
    tensor = Tensor(dtype_named("uint8"), (10**6,) * 40, (0,) * 40, 0, storage)
    sheet = Edges(tensor)
    place = Place(Bytes(b"\x07", "x"), 0, "little")
    first = sheet.rows - 5
    found = read_texts(request(place, sheet, range(first, sheet.rows), range(7), "decimal"))
    assert found.kinds[-7:] == bytes([0, 0, 0, GAP, 0, 0, 0])
    assert sheet.row_label(sheet.rows - 1).count("999\u202f999") == 39


@pytest.mark.parametrize("name", NARROW)
def test_decimals_of_every_narrow_float_are_the_shortest(name: str) -> None:
    dtype = getattr(torch, name)
    codes = np.arange(1 << 8 * dtype.itemsize).astype(STORED[dtype.itemsize])
    values = torch.from_numpy(codes.view(np.uint8)).view(dtype).to(torch.float64)
    texts = texts_of(codes, Tensor(dtype_named(name), (1,), (1,), 0, None), "decimal")
    again = torch.tensor([float(text) for text in texts], dtype=torch.float64)
    back = again.to(torch.float32).to(dtype).to(torch.float64)
    assert torch.equal(back.nan_to_num(7, 8, 9), values.nan_to_num(7, 8, 9))
    digits = [text.lstrip("-").partition("e")[0].replace(".", "").strip("0") for text in texts]
    assert max(map(len, digits)) <= 4
    assert texts[0] == "0.0"


@given(st.lists(st.floats(width=32), min_size=1, max_size=20))
def test_notations_of_float32(numbers: list[float]) -> None:
    stored = np.array(numbers, np.float32)
    tensor = Tensor(dtype_named("float32"), (len(numbers),), (1,), 0, None)
    for notation in ("decimal", "scientific"):
        texts = texts_of(stored, tensor, notation)
        again = np.array([float(text) for text in texts], np.float32)
        assert np.array_equal(again, stored, equal_nan=True)
        assert (np.signbit(again) == np.signbit(stored))[~np.isnan(stored)].all()
    bits = [int(text, 16) for text in texts_of(stored, tensor, "hexadecimal")]
    assert bits == stored.view(np.uint32).tolist()


def test_scientific_texts() -> None:
    tensor = Tensor(dtype_named("int64"), (4,), (1,), 0, None)
    stored = np.array([-(2**63), 0, 1200, 7])
    wanted = ["-9.223372036854775808e+18", "0e+00", "1.2e+03", "7e+00"]
    assert texts_of(stored, tensor, "scientific") == wanted


def test_what_cells_hold_and_what_is_missing() -> None:
    place, tensor = placed(torch.tensor([[0.0, 1.0], [float("nan"), 2.0]]))
    source = Bytes(place.source.read_at(0, 12), "x")
    found = read_texts(
        request(place._replace(source=source), Grid.of(tensor), range(2), range(2), "decimal")
    )
    assert found.kinds == bytes([ZERO, 0, NAN, MISSING])
    assert found.texts == ("0.0", "1.0", "nan", "")


ALL = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.float8_e4m3fn]
ALL += [torch.float8_e5m2, torch.complex64, torch.complex128, torch.int64, torch.uint8]
ALL += [torch.bool, torch.uint16, torch.uint64]


@pytest.mark.parametrize("dtype", ALL, ids=str)
@pytest.mark.parametrize("shape", [(), (9,), (7, 5), (3, 7, 5)], ids=str)
def test_python_makes_the_same_tensor(
    dtype: torch.dtype, shape: tuple[int, ...], threads: ExecutorEngine
) -> None:
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(shape, generator=generator, dtype=torch.float64) * 40
    if dtype.is_floating_point:
        values = values.where(values < 50, float("inf")).where(values > -50, float("nan"))
    values = values.abs() if dtype in (torch.uint8, torch.uint16, torch.uint64) else values
    values = values.to(dtype)
    place, tensor = placed(values)
    grid = Grid.of(tensor)
    rows, columns = range(max(1, grid.rows - 1)), range(grid.columns // 2, grid.columns)
    code = excerpt(place, grid, rows, columns, "tensor", "decimal", threads)
    made = eval(code, {"torch": torch})
    wanted = values
    for _ in shape[2:]:
        wanted = wanted[0]
    if shape:
        wanted = wanted[: len(rows)]
    if len(shape) > 1:
        wanted = wanted[:, columns.start :]
    assert made.dtype == wanted.dtype
    assert made.shape == wanted.shape
    wide = torch.complex128 if dtype.is_complex else torch.float64
    assert torch.equal(made.to(wide).nan_to_num(9), wanted.to(wide).nan_to_num(9))


def test_rows_and_columns_for_a_spreadsheet(threads: ExecutorEngine) -> None:
    values = torch.arange(300_000).reshape(3000, 100)
    place, tensor = placed(values)
    rows, columns = range(5, 2000), range(10, 13)
    code = excerpt(place, Grid.of(tensor), rows, columns, "tsv", "decimal", threads)
    found = [[int(word) for word in line.split("\t")] for line in code.split("\n")]
    assert found == values[5:2000, 10:13].tolist()


@pytest.mark.parametrize("form", ["tsv", "lists", "tensor"])
def test_too_much_is_refused(form: Form, threads: ExecutorEngine) -> None:
    place, tensor = placed(torch.zeros(1).expand(2000, 2000))
    grid = Grid.of(tensor)
    with pytest.raises(FormatError, match="at most") as refusal:
        excerpt(place, grid, range(2000), range(2000), form, "decimal", threads)
    assert f"{MOST_CELLS[form]:,}".replace(",", "\u202f") in str(refusal.value)


def test_gaps_and_missing_elements_are_not_copied_as_python(threads: ExecutorEngine) -> None:
    place, tensor = placed(torch.arange(20))
    sheet = Edges(tensor)
    with pytest.raises(FormatError, match="leave elements out"):
        excerpt(place, sheet, range(7), range(1), "lists", "decimal", threads)
    words = excerpt(place, sheet, range(7), range(1), "tsv", "decimal", threads)
    assert words.split("\n") == ["0", "1", "2", "…", "17", "18", "19"]
    cut = place._replace(source=Bytes(bytes(40), "x"))
    with pytest.raises(FormatError, match="missing"):
        excerpt(cut, Grid.of(tensor), range(20), range(1), "lists", "decimal", threads)


def test_ten_thousand_million_elements_in_a_file_of_holes(tmp_path: Path) -> None:
    from inspector.core.sources import open_source

    elements = 10**10
    file = tmp_path / "huge.bin"
    with file.open("wb") as target:
        target.truncate(elements * 4)
        target.seek(4 * 9_999_999_998)
        target.write(np.array([1.5, -2.5], "<f4").tobytes())
    storage = Storage("0", "cpu", elements * 4)
    tensor = Tensor(dtype_named("float32"), (elements,), (1,), 0, storage)
    place = Place(open_source(str(file)), 0, "little")
    rows = range(elements - 4, elements)
    found = read_texts(request(place, Grid.of(tensor), rows, range(1), "decimal"))
    assert found.texts == ("0.0", "0.0", "1.5", "-2.5")
    place.source.close()


def test_a_table_begins_with_the_axes_that_have_a_length() -> None:
    _, tensor = placed(torch.zeros(5, 1, 7))
    grid = Grid.of(tensor)
    assert (grid.row_axis, grid.column_axis) == (0, 2)
    _, tensor = placed(torch.zeros(1, 7))
    grid = Grid.of(tensor)
    assert (grid.row_axis, grid.column_axis) == (0, 1)
