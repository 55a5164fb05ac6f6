"""Pictures against torch: what cells say is what a loop over the elements says."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspector.core.analysis import patches, pictures
from inspector.core.analysis.cells import Cells, coarser
from inspector.core.analysis.pictures import Area, Picture, picture_of
from inspector.core.analysis.planes import (
    Plane,
    has_kernels,
    kernels_of,
    line_of,
    page_of,
    plane_of,
    unpacked,
    usual_axes,
)
from inspector.core.analysis.statistics import measured
from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import WorkerPool
from inspector.core.errors import FormatError
from inspector.core.formats import open_checkpoint
from inspector.core.model import Tensor
from tests.gui.trees import tensor

DTYPES = (
    torch.float32,
    torch.float64,
    torch.float16,
    torch.bfloat16,
    torch.float8_e4m3fn,
    torch.float8_e5m2,
    torch.complex64,
    torch.int64,
    torch.int32,
    torch.int8,
    torch.uint8,
    torch.bool,
)
Look = Callable[..., Picture]


@contextmanager
def saved(value: torch.Tensor, folder: Path) -> Iterator[tuple[Checkpoint, Tensor]]:
    file = folder / "saved.pt"
    torch.save({"t": value}, file)
    with open_checkpoint(str(file)) as checkpoint:
        tensor = checkpoint.root.children[0].value
        assert isinstance(tensor, Tensor)
        yield checkpoint, unpacked(measured(tensor).tensor)


@pytest.fixture
def look(engine: WorkerPool, tmp_path: Path) -> Look:
    def made(
        value: torch.Tensor,
        lay: Callable[[Tensor], Plane],
        most: tuple[int, int] = (64, 64),
        area: Area | None = None,
    ) -> Picture:
        with saved(value, tmp_path) as (checkpoint, tensor):
            return picture_of(checkpoint, lay(tensor), most, engine, area)

    return made


def numbers(value: torch.Tensor) -> np.ndarray:
    """Return the values as numpy has them, complex ones as their absolute values."""
    if value.is_complex():
        wide = value.to(torch.complex128).numpy()
        return np.where(np.isnan(wide), np.nan, np.abs(wide))
    exact = value.dtype in (torch.int64, torch.float64, torch.float32)
    return (value if exact else value.to(torch.float32)).numpy()


def check(picture: Picture, value: torch.Tensor) -> None:
    """Compare every cell with a loop over its elements."""
    grid = numbers(value)
    area, plane = picture.area, picture.plane
    shape = -(-area.rows // picture.tall), -(-area.columns // picture.wide)
    cells = picture.cells
    assert cells.low.shape == cells.high.shape == cells.total.shape == shape
    assert picture.every == (1, 1)
    for row, column in product(range(shape[0]), range(shape[1])):
        down = range(area.rows)[row * picture.tall : (row + 1) * picture.tall]
        across = range(area.columns)[column * picture.wide : (column + 1) * picture.wide]
        places = [plane.index_at(area.top + r, area.left + c) for r in down for c in across]
        inside = np.array([grid[place] for place in places if place is not None], grid.dtype)
        check_cell(cells, row, column, inside)
        if picture.values is not None and len(inside):
            assert picture.cell_at(area.top + down[0], area.left + across[0]) == (row, column)
            stored = value[plane.index_at(area.top + down[0], area.left + across[0])]
            np.testing.assert_equal(picture.values[row, column].item(), stored.item())
    assert (picture.values is not None) == (picture.tall == picture.wide == 1)


def check_cell(cells: Cells, row: int, column: int, inside: np.ndarray) -> None:
    finite = inside[np.isfinite(inside)]
    assert cells.elements[row, column] == len(inside)
    odd = [0, 0, 0] if cells.odd is None else cells.odd[:, row, column].tolist()
    assert odd == [
        np.isnan(inside).sum(),
        (inside == np.inf).sum(),
        (inside == -np.inf).sum(),
    ]
    if len(finite):
        assert cells.low[row, column] == finite.min()
        assert cells.high[row, column] == finite.max()
        mean = finite.astype(np.float64).sum()
        size = np.abs(finite.astype(np.float64)).sum()
        assert cells.total[row, column] == pytest.approx(mean, abs=1e-12 * size + 1e-300)
    else:
        assert not cells.low[row, column] < cells.high[row, column]


def filled(dtype: torch.dtype, size: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    if dtype in (torch.bool, torch.uint8, torch.int8, torch.int32, torch.int64):
        top = 2 if dtype == torch.bool else 1 << 62 if dtype == torch.int64 else 100
        return torch.randint(0, top, (size,), generator=generator).to(dtype)
    value = torch.randn(size, generator=generator, dtype=torch.float32)
    if seed % 3 == 0:
        value[:: 1 + seed % 7] = float("nan")
        value[1 :: 2 + seed % 5] = float("inf")
        value[2 :: 3 + seed % 3] = -float("inf")
    if dtype.is_complex:
        return torch.complex(value, value.roll(1)).to(dtype)
    return value.to(dtype)


@st.composite
def views(draw: st.DrawFn) -> torch.Tensor:
    shape = draw(st.lists(st.integers(1, 7), min_size=2, max_size=4))
    stride = [draw(st.sampled_from([0, 1, 2, 3, 5, 7, 12, 40])) for _ in shape]
    offset = draw(st.integers(0, 5))
    reach = 1 + offset + sum((n - 1) * step for n, step in zip(shape, stride, strict=True))
    base = filled(draw(st.sampled_from(DTYPES)), reach, draw(st.integers(0, 1000)))
    return base.as_strided(shape, stride, offset)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=views(), data=st.data())
def test_any_two_axes_of_any_view(look: Look, value: torch.Tensor, data: st.DataObject) -> None:
    axes = data.draw(st.permutations(range(value.ndim)))[:2]
    at = [data.draw(st.integers(0, size - 1)) for size in value.shape]
    most = data.draw(st.integers(1, 8)), data.draw(st.integers(1, 8))
    rows, columns = value.shape[axes[0]], value.shape[axes[1]]
    top, left = data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, columns - 1))
    area = Area(
        top,
        left,
        data.draw(st.integers(1, rows - top)),
        data.draw(st.integers(1, columns - left)),
    )
    chosen = data.draw(st.sampled_from([None, area]))
    picture = look(value, lambda tensor: plane_of(tensor, (axes[0], axes[1]), at), most, chosen)
    if chosen is None:
        assert picture.cells.low.shape[0] <= most[0]
        assert picture.cells.low.shape[1] <= most[1]
    check(picture, value)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    shape=st.tuples(*[st.integers(1, 6)] * 4),
    most=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    data=st.data(),
)
def test_grids_of_kernels(
    look: Look, shape: tuple[int, ...], most: tuple[int, int], data: st.DataObject
) -> None:
    value = torch.arange(float(np.prod(shape))).reshape(shape)
    first = data.draw(st.integers(0, shape[0] - 1))
    second = data.draw(st.integers(0, shape[1] - 1))

    def lay(tensor: Tensor) -> Plane:
        return kernels_of(tensor, range(first, shape[0]), range(second, shape[1])).plane

    with_area = data.draw(st.booleans())
    picture = look(value, lay, most, Area(1, 1, 2, 2) if with_area and min(shape) > 2 else None)
    check(picture, value)


def test_kernels_stand_side_by_side() -> None:
    value = described(64, 3, 7, 7)
    grid = kernels_of(value, range(64), range(3))
    assert (grid.plane.rows, grid.plane.columns) == (16 * 7, 4 * 3 * 7)
    assert grid.tile == (7, 7)
    assert grid.plane.index_at(0, 21) == (1, 0, 0, 0)
    assert grid.plane.index_at(7, 7) == (4, 1, 0, 0)
    assert has_kernels(value)
    assert not has_kernels(described(64, 3, 1, 1))
    assert not has_kernels(described(2, 12, 64, 64))
    assert [page_of(130, index) for index in (0, 127, 129)] == [
        range(64),
        range(64, 128),
        range(128, 130),
    ]
    deep = kernels_of(described(4, 2, 3, 5, 5), range(4), range(2), (0, 0, 2, 0, 0))
    assert deep.plane.index_at(0, 0) == (0, 0, 2, 0, 0)


def described(*shape: int) -> Tensor:
    found = tensor("k", *shape).value
    assert isinstance(found, Tensor)
    return found


@pytest.mark.parametrize("size", [1, 2, 128, 129, 200, 256, 1000])
@pytest.mark.parametrize("most", [(64, 64), (5, 7)])
def test_a_single_axis_is_folded(look: Look, size: int, most: tuple[int, int]) -> None:
    value = torch.randn(size)
    picture = look(value, line_of, most)
    plane = picture.plane
    assert plane.rows == 1 or plane.columns * plane.rows - plane.short == size
    places = [plane.index_at(*divmod(n, plane.columns)) for n in range(plane.rows * plane.columns)]
    assert [place for place in places if place] == [(n,) for n in range(size)]
    check(picture, value)


def test_long_rows_are_wider_than_they_are_many() -> None:
    assert [(line_of(described(n)).rows, line_of(described(n)).columns) for n in (512, 10**6)] == [
        (8, 64),
        (489, 2048),
    ]


def test_a_scalar_is_one_cell(look: Look) -> None:
    picture = look(torch.tensor(2.5), line_of)
    assert picture.values is not None
    assert picture.values.tolist() == [[2.5]]
    assert picture.plane.index_at(0, 0) == ()


def test_axes_to_begin_with() -> None:
    shapes = {(5, 7): (0, 1), (64, 3, 1, 1): (0, 1), (2, 12, 64, 64): (2, 3), (1, 9): None}
    assert {shape: usual_axes(described(*shape)) for shape in shapes} == shapes


@pytest.mark.parametrize("where", [(0, 0), (4999, 4999), (2501, 17)])
@pytest.mark.parametrize("value", [100.0, -100.0, float("nan"), float("inf")])
def test_no_extreme_is_hidden(look: Look, where: tuple[int, int], value: float) -> None:
    tensor = torch.randn(5000, 5000).clamp_(-5, 5)
    tensor[where] = value
    picture = look(tensor, lambda t: plane_of(t, (0, 1)), (300, 400))
    cell = picture.cell_at(*where)
    assert cell is not None
    cells = picture.cells
    if np.isfinite(value):
        assert (cells.high if value > 0 else cells.low)[cell] == value
        assert (np.abs(cells.high) == 100).sum() + (np.abs(cells.low) == 100).sum() == 1
    else:
        assert cells.odd is not None
        assert cells.odd.sum() == 1
        assert cells.odd[:, *cell].sum() == 1
    smaller = coarser(cells, 7, 9)
    assert smaller.elements.sum() == 25_000_000
    assert smaller.high.max() == cells.high.max()
    assert smaller.total.sum() == pytest.approx(cells.total.sum())


def test_integers_beyond_float64_stay_exact(look: Look) -> None:
    value = torch.tensor([[2**53 + 1, 2**53], [-(2**62) - 1, 2**62 + 1]])
    picture = look(value, lambda t: plane_of(t, (0, 1)))
    assert picture.values is not None
    assert picture.values.tolist() == value.tolist()
    reduced = look(value, lambda t: plane_of(t, (0, 1)), (1, 1)).cells
    assert (int(reduced.low[0, 0]), int(reduced.high[0, 0])) == (-(2**62) - 1, 2**62 + 1)


@pytest.mark.parametrize("axes", [(0, 1), (1, 0), (2, 0), (2, 1)])
def test_patches_of_every_size_agree(
    look: Look, axes: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    value = torch.randn(40, 30, 50)
    monkeypatch.setattr(patches, "_MOST_BYTES", 1000)
    check(look(value, lambda t: plane_of(t, axes, (3, 4, 5)), (7, 6)), value)
    monkeypatch.setattr(patches, "_MOST_ELEMENTS", 50)
    check(look(value, lambda t: plane_of(t, axes, (3, 4, 5))), value)


@pytest.mark.parametrize("axes", [(0, 2), (2, 0), (1, 0), (0, 1), (2, 3)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_what_lies_far_apart_is_gathered(
    look: Look, axes: tuple[int, int], dtype: torch.dtype
) -> None:
    value = torch.randn(5, 7, 4, 12_000).to(dtype)[..., 5:9]
    check(look(value, lambda t: plane_of(t, axes, (3, 2, 1, 0)), (3, 3)), value)
    check(look(value, lambda t: plane_of(t, axes, (3, 2, 1, 0))), value)


def test_only_what_is_needed_is_read(tmp_path: Path) -> None:
    with saved(torch.zeros(64, 1000, 300), tmp_path) as (checkpoint, tensor):
        read = pictures.Reading(plane_of(tensor, (0, 2), (0, 9, 0)), Area(0, 0, 64, 300), (64, 64))
        assert sum(cost for cost, _ in read.patches(checkpoint)) == 64 * 300 * 4


def test_expanded_tensors_of_any_size_are_read_once(look: Look) -> None:
    value = torch.randn(3, 1).expand(3, 10**12)
    picture = look(value, lambda t: plane_of(t, (0, 1)), (8, 8))
    assert picture.cells.elements.sum() == 3 * 10**12
    assert picture.cells.low[:, 0].tolist() == value[:, 0].tolist()
    assert picture.cells.total[:, -1] == pytest.approx(value[:, 0].numpy() * 125 * 10**9)
    few = look(torch.randn(1, 4).expand(3, 4), lambda t: plane_of(t, (0, 1)))
    assert few.values is not None
    assert few.values.shape == (3, 4)


def test_more_than_can_be_counted_is_refused(look: Look) -> None:
    value = torch.ones(1).as_strided((1 << 31, 1 << 31), (0, 0))
    with pytest.raises(FormatError, match="more than can be counted"):
        look(value, lambda t: plane_of(t, (0, 1)))


@pytest.mark.parametrize("view", [torch.conj, torch._neg_view, lambda pairs: pairs.conj().imag])
def test_what_torch_applies_to_a_view_is_applied(
    look: Look, view: Callable[[torch.Tensor], torch.Tensor]
) -> None:
    value = view(torch.randn(6, 5, dtype=torch.complex64))
    assert value.is_conj() or value.is_neg()
    picture = look(value, lambda t: plane_of(t, (0, 1)))
    plain = value.resolve_conj().resolve_neg()
    np.testing.assert_equal(picture.values, plain.numpy())
    check(picture, plain)


def test_what_is_too_much_is_thinned_and_said_so(
    look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MOST_BYTES", 10_000)
    value = torch.arange(200.0 * 100).reshape(200, 100)
    picture = look(value, lambda t: plane_of(t, (0, 1)), (10, 10))
    assert picture.every == (8, 1)
    assert (picture.tall, picture.wide) == (24, 10)
    assert picture.cells.elements.sum() == 25 * 100
    assert picture.cells.low[1, 0] == 2400
    turned = look(value.T, lambda t: plane_of(t, (0, 1)), (10, 10))
    assert turned.every == (1, 8)
    folded = look(value.reshape(-1)[:-50], line_of, (10, 10))
    assert folded.every > (1, 1)
    assert folded.cells.high.max() == 200 * 100 - 51


def test_overlapping_views_end(look: Look) -> None:
    base = torch.randn(20_000)
    picture = look(base.as_strided((10_000, 10_000), (1, 1)), lambda t: plane_of(t, (0, 1)))
    assert picture.cells.elements.sum() == 10**8
    assert picture.cells.high.max() == base[:19_999].max()


def test_quantized_and_packed(look: Look) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch would rather nobody made such tensors
        values = torch.arange(12.0).reshape(3, 4)
        quantized = torch.quantize_per_tensor(values, 0.5, 1, torch.qint8)
    picture = look(quantized, lambda t: plane_of(t, (0, 1)))
    assert picture.values is not None
    assert picture.values.tolist() == quantized.int_repr().tolist()
    packed = torch.tensor([[0x21, 0x43], [0x65, 0x87]], dtype=torch.uint8)
    fours = packed.view(torch.float4_e2m1fn_x2)
    picture = look(fours, lambda t: plane_of(t, (0, 1)))
    assert picture.values is not None
    assert picture.values.tolist() == [[0.5, 1.0, 1.5, 2.0], [3.0, 4.0, 6.0, -0.0]]
