"""Blocks of any strided view hold exactly its elements, each as often as the view does."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.core.arrays import blocks, blocks_of, distinct_view, load_positions, stored_chunks
from inspector.core.arrays.blocks import check_bounds
from inspector.core.arrays.views import View, pieces
from inspector.core.errors import Damaged, FormatError
from inspector.core.model import Storage, Tensor, dtype_named
from inspector.core.sources import Bytes

ROOM = 4000  # elements of the storage


@st.composite
def strided(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    """Return shape, stride and offset of a view that fits."""
    shape = tuple(draw(st.lists(st.integers(0, 7), max_size=4)))
    stride = tuple(draw(st.sampled_from([0, 1, 2, 3, 5, 7, 35, 49, 64])) for _ in shape)
    reach = sum((size - 1) * step for size, step in zip(shape, stride, strict=True) if size)
    return shape, stride, draw(st.integers(0, ROOM - 1 - max(reach, 0)))


def tensor(shape: tuple[int, ...], stride: tuple[int, ...], offset: int) -> Tensor:
    return Tensor(dtype_named("int32"), shape, stride, offset, Storage("0", "cpu", 4 * ROOM))


STORAGE = torch.arange(ROOM, dtype=torch.int32)
SOURCE = Bytes(b"in front" + STORAGE.numpy().tobytes(), "memory")


def contents(described: Tensor) -> Counter[int]:
    found: Counter[int] = Counter()
    for block in blocks_of(described, SOURCE, 8):
        if block.view.dense:
            for value, times in zip(*load_positions(block), strict=True):
                found[int(value)] += int(times)
        else:
            for chunk in stored_chunks(block):
                for value in chunk.tolist():
                    found[value] += block.view.weight
    return found


@given(strided())
def test_every_element_of_the_view(geometry) -> None:
    shape, stride, offset = geometry
    wanted = Counter(torch.as_strided(STORAGE, shape, stride, offset).flatten().tolist())
    assert contents(tensor(shape, stride, offset)) == wanted


@settings(max_examples=60)
@given(strided(), st.integers(1, 40))
def test_in_pieces_as_well(geometry, most: int) -> None:
    view = distinct_view(tensor(*geometry))
    wanted: Counter[int] = Counter()
    found: Counter[int] = Counter()
    if view is None:
        return
    for whole, counter in ((view, wanted), *((piece, found) for piece in pieces(view, most))):
        grid = torch.as_strided(STORAGE, whole.sizes, whole.strides, whole.start)
        counter.update(grid.flatten().tolist())
        assert whole is view or whole.extent <= most
    assert found == wanted


def test_small_blocks_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 64)
    monkeypatch.setattr(blocks, "_CHUNK", 5)
    for shape, stride in (((30, 40), (40, 1)), ((40, 30), (1, 40)), ((20, 20), (80, 2))):
        wanted = Counter(torch.as_strided(STORAGE, shape, stride, 7).flatten().tolist())
        assert contents(tensor(shape, stride, 7)) == wanted


def test_permuted_tensors_are_walked_as_they_lie() -> None:
    view = distinct_view(tensor((5, 6, 7), (1, 35, 5), 3))
    assert view == View(3, (210,), (1,))
    assert view.solid


def test_expanded_tensors_are_not_walked() -> None:
    huge = tensor((1 << 40, 10), (0, 1), 0)
    assert distinct_view(huge) == View(0, (10,), (1,), 1 << 40)


def test_dense_overlap_is_counted() -> None:
    """A window that moves by one element is 500 times as many elements as there are."""
    described = tensor((500, 500), (1, 1), 0)
    assert contents(described) == Counter(
        torch.as_strided(STORAGE, (500, 500), (1, 1)).flatten().tolist()
    )
    (block,) = blocks_of(described, SOURCE, 8)
    assert block.view.dense


def test_a_view_that_would_never_end_is_refused() -> None:
    view = View(0, (1 << 30, 1 << 30), (1, 1))
    with pytest.raises(FormatError, match="overlaps itself so densely"):
        next(pieces(view, 1 << 20))


@pytest.mark.parametrize(
    ("shape", "stride", "offset"),
    [((ROOM + 1,), (1,), 0), ((2,), (1,), ROOM - 1), ((2,), (1,), -1)],
)
def test_a_view_outside_its_storage_is_damage(shape, stride, offset) -> None:
    with pytest.raises(Damaged, match="does not fit in storage"):
        check_bounds(tensor(shape, stride, offset))


def test_numbers_in_the_other_byte_order() -> None:
    data = np.arange(10, dtype=">f4")
    described = Tensor(dtype_named("float32"), (10,), (1,), 0, Storage("0", "cpu", 40))
    (block,) = blocks_of(described, Bytes(data.tobytes(), "memory"), 0, big_endian=True)
    (chunk,) = stored_chunks(block)
    assert chunk.tolist() == list(range(10))
    assert chunk.dtype.isnative
