"""Windows have exactly the elements that torch has, and read little more than their bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.core.arrays import Window, load_window, region, values_of
from inspector.core.errors import FormatError
from inspector.core.model import Storage, Tensor, dtype_named
from inspector.core.sources import Bytes

DTYPES = [
    *["float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"],
    *["float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu"],
    *["complex128", "complex64", "complex32", "bool"],
    *["int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8"],
]


def described(tensor: torch.Tensor, name: str) -> Tensor:
    nbytes = tensor.untyped_storage().nbytes()
    storage = Storage("0", "cpu", nbytes)
    shape, stride = tuple(tensor.shape), tuple(tensor.stride())
    return Tensor(dtype_named(name), shape, stride, tensor.storage_offset(), storage)


def bits(values: np.ndarray) -> bytes:
    """Return the bytes of values, all NaN alike."""
    flat = np.ascontiguousarray(values).copy()
    if flat.dtype.kind in "fc":
        flat[np.isnan(flat)] = np.nan
    return flat.tobytes()


class Counting(Bytes):
    """Counts what is read."""

    reads = 0
    total = 0
    longest = 0

    def read_at(self, offset: int, length: int) -> bytes:
        self.reads += 1
        self.total += length
        self.longest = max(self.longest, length)
        return super().read_at(offset, length)


@st.composite
def views(draw: Any) -> tuple[str, bytes, Tensor, tuple[range, ...]]:
    name = draw(st.sampled_from(DTYPES))
    width = dtype_named(name).bits // 8
    shape = tuple(draw(st.lists(st.integers(1, 7), max_size=4)))
    # Any strides: transposed, expanded, overlapping, flipped.
    stride = tuple(draw(st.integers(-9, 9)) for _ in shape)
    low = sum(min(0, (n - 1) * step) for n, step in zip(shape, stride, strict=True))
    high = sum(max(0, (n - 1) * step) for n, step in zip(shape, stride, strict=True))
    offset = -low + draw(st.integers(0, 3))
    elements = offset + high + 1 + draw(st.integers(0, 3))
    data = draw(st.binary(min_size=elements * width, max_size=elements * width))
    if name == "bool":
        data = bytes(byte & 1 for byte in data)
    tensor = Tensor(dtype_named(name), shape, stride, offset, Storage("0", "cpu", len(data)))
    ranges = []
    for length in shape:
        first = draw(st.integers(0, length - 1))
        ranges.append(range(first, draw(st.integers(first, length))))
    return name, data, tensor, tuple(ranges)


def as_torch(name: str, data: bytes, tensor: Tensor) -> np.ndarray:
    """Return the values of a view as numpy has them; torch knows no negative strides."""
    dtype = getattr(torch, name)
    flat = torch.frombuffer(bytearray(data), dtype=torch.uint8).view(dtype)
    numpy_has = dtype.is_complex or dtype in (torch.float64, torch.float32, torch.float16)
    if name == "complex32":
        flat = flat.to(torch.complex64)
    elif dtype.is_floating_point and not numpy_has:
        flat = flat.to(torch.float32)
    array = flat.numpy()
    steps = [step * array.itemsize for step in tensor.stride]
    return np.lib.stride_tricks.as_strided(array[tensor.offset :], tensor.shape, steps)


@given(views())
@settings(max_examples=300, deadline=None)
def test_any_part_of_any_view(case: tuple[str, bytes, Tensor, tuple[range, ...]]) -> None:
    name, data, tensor, ranges = case
    part = region(tensor, ranges)
    stored, there = load_window(Window(Bytes(b"???" + data, "x"), 3, part))
    wanted = as_torch(name, data, tensor)[tuple(slice(r.start, r.stop) for r in ranges)]
    found = values_of(stored, part)
    assert there is None
    assert found.dtype == wanted.dtype
    assert found.shape == wanted.shape
    assert bits(found) == bits(wanted)


@given(views(), st.data())
@settings(max_examples=200, deadline=None)
def test_of_a_file_that_is_cut_off_there_is_what_is_there(
    case: tuple[str, bytes, Tensor, tuple[range, ...]], data: st.DataObject
) -> None:
    name, content, tensor, _ = case
    kept = data.draw(st.integers(0, len(content)))
    source = Bytes(content[:kept], "x")
    stored, there = load_window(Window(source, 0, tensor))
    width = tensor.dtype.bits // 8
    position = np.full(tensor.shape, tensor.offset)
    for axis, step in enumerate(tensor.stride):
        along = np.arange(tensor.shape[axis]) * step
        position = position + along.reshape([-1 if n == axis else 1 for n in range(position.ndim)])
    exists = (position + 1) * width <= kept
    assert bool(exists.all()) == (there is None)
    if there is not None:
        assert (there == exists).all()
    wanted = as_torch(name, content, tensor)
    assert bits(values_of(stored, tensor)[exists]) == bits(wanted[exists])


@pytest.mark.parametrize("name", ["float32", "int64", "complex64", "complex32", "bfloat16"])
def test_big_endian_files(name: str) -> None:
    values = torch.arange(24).to(torch.complex64 if "complex" in name else torch.float32)
    if name == "complex32":  # torch warns of its own
        raw = np.stack([values.real, values.imag], -1).astype(np.float16).tobytes()
        wanted = torch.empty(4, 6, dtype=torch.int32)
    else:
        wanted = values.to(getattr(torch, name)).view(4, 6)
        raw = wanted.contiguous().view(torch.uint8).numpy().tobytes()
    # Of a complex number each half is swapped by itself.
    unit = wanted.element_size() // (2 if "complex" in name else 1)
    swapped = b"".join(raw[n : n + unit][::-1] for n in range(0, len(raw), unit))
    tensor = described(wanted, name)
    stored, _ = load_window(Window(Bytes(swapped, "x"), 0, tensor, big_endian=True))
    assert (values_of(stored, tensor).real == np.arange(24).reshape(4, 6)).all()


@pytest.mark.parametrize(("name", "per"), [("quint4x2", 2), ("quint2x4", 4)])
def test_packed_codes_of_any_view(name: str, per: int) -> None:
    data = bytes(range(0, 256, 5))
    width = 8 // per
    codes = [byte >> (width * n) & (1 << width) - 1 for byte in data for n in range(per)]
    dtype = dtype_named(name)
    tensor = Tensor(dtype, (3, 5), (-7, 2), 20, Storage("0", "cpu", len(data)))
    stored, there = load_window(Window(Bytes(data, "x"), 0, tensor))
    assert there is None
    assert stored.tolist() == [[codes[20 - 7 * r + 2 * c] for c in range(5)] for r in range(3)]
    cut = Window(Bytes(data[:6], "x"), 0, tensor)
    _, there = load_window(cut)
    assert there is not None
    limit = 6 * per
    assert there.tolist() == [[20 - 7 * r + 2 * c < limit for c in range(5)] for r in range(3)]


def test_pairs_of_float4() -> None:
    data = bytes(range(16))
    tensor = Tensor(dtype_named("float4_e2m1fn_x2"), (4, 4), (4, 1), 0, Storage("0", "cpu", 16))
    stored, _ = load_window(Window(Bytes(data, "x"), 0, region(tensor, (range(2), range(1, 3)))))
    values = values_of(stored, tensor)
    assert values.tolist() == [[[0.5, 0], [1, 0]], [[3, 0], [4, 0]]]


@pytest.mark.parametrize("lazy", ["conj", "neg", "conj neg"])
def test_what_torch_applies_when_it_reads(lazy: str) -> None:
    values = torch.tensor([1 + 2j, -3 - 4j])
    tensor = described(values, "complex64")._replace(lazy=lazy)
    data = values.numpy().tobytes()
    stored, _ = load_window(Window(Bytes(data, "x"), 0, tensor))
    wanted = values.conj() if "conj" in lazy else values
    wanted = -wanted if "neg" in lazy else wanted
    assert values_of(stored, tensor).tolist() == wanted.tolist()


def test_columns_of_wide_rows_are_read_element_by_element() -> None:
    width, rows = 100_000, 60
    source = Counting(bytes(4 * width * rows), "x")
    storage = Storage("0", "cpu", source.size)
    tensor = Tensor(dtype_named("float32"), (rows, width), (width, 1), 0, storage)
    load_window(Window(source, 0, region(tensor, (range(rows), range(7, 8)))))
    assert source.total == 4 * rows
    source.total = source.reads = 0
    load_window(Window(source, 0, region(tensor, (range(rows), range(7, 17)))))
    assert source.total == 40 * rows
    source.total = source.reads = 0
    load_window(Window(source, 0, tensor._replace(shape=(width, rows), stride=(1, width))))
    assert source.total == source.size
    assert source.longest <= 16 << 20


def test_an_expanded_dimension_is_read_once() -> None:
    source = Counting(bytes(range(40)), "x")
    storage = Storage("0", "cpu", 40)
    tensor = Tensor(dtype_named("uint8"), (1000, 40, 1000), (0, 1, 0), 0, storage)
    stored, _ = load_window(Window(source, 0, tensor))
    assert source.total == 40
    assert stored.shape == (1000, 40, 1000)
    assert (stored[7, :, 9] == np.arange(40)).all()


def test_no_byte_outside_the_storage_is_shown() -> None:
    storage = Storage("0", "cpu", 8)
    source = Bytes(b"SECRET__12345678SECRET__", "x")
    tensor = Tensor(dtype_named("uint8"), (24,), (1,), -8, storage)
    stored, there = load_window(Window(source, 8, tensor))
    assert there is not None
    assert there.tolist() == [False] * 8 + [True] * 8 + [False] * 8
    assert bytes(stored[~there]) == bytes(16)
    far = tensor._replace(offset=1 << 70, stride=(1 << 70,), shape=(3,))
    _, there = load_window(Window(source, 8, far))
    assert there is not None
    assert not there.any()


def test_nothing_and_the_unknown() -> None:
    storage = Storage("0", "cpu", 8)
    tensor = Tensor(dtype_named("float32"), (0, 3), (3, 1), 0, storage)
    stored, there = load_window(Window(Bytes(bytes(8), "x"), 0, tensor))
    assert stored.shape == (0, 3)
    assert there is None
    with pytest.raises(FormatError, match="not known"):
        load_window(Window(Bytes(b"", "x"), 0, tensor._replace(dtype=dtype_named("new"))))
