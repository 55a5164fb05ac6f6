"""Other dtypes and shapes of the same bytes are those of torch's `view`."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from inspector.core.analysis.reinterpretation import parsed_shape, reinterpreted
from inspector.core.errors import FormatError
from inspector.core.model import Storage, Tensor, dtype_named

NAMES = ["float32", "float16", "bfloat16", "int64", "uint8", "complex64", "float8_e4m3fn"]


def described(values: torch.Tensor) -> Tensor:
    name = str(values.dtype).removeprefix("torch.")
    storage = Storage("0", "cpu", values.untyped_storage().nbytes())
    shape, stride = tuple(values.shape), tuple(values.stride())
    return Tensor(dtype_named(name), shape, stride, values.storage_offset(), storage)


@given(
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
    st.lists(st.integers(1, 8), min_size=1, max_size=3),
    st.integers(0, 8),
)
def test_as_torch_views_them(before: str, after: str, shape: list[int], offset: int) -> None:
    flat = torch.zeros(offset + torch.Size(shape).numel(), dtype=getattr(torch, before))
    values = flat[offset:].view(shape)
    tensor = described(values)
    try:
        wanted = values.view(getattr(torch, after))
    except RuntimeError:
        # Where the last dimension does not divide, all of it may.
        try:
            found = reinterpreted(tensor, dtype_named(after))
        except FormatError:
            return
        assert len(found.shape) == 1
        assert found.extent == tensor.extent
        return
    assert reinterpreted(tensor, dtype_named(after)) == described(wanted)


def test_another_shape() -> None:
    tensor = described(torch.zeros(4, 6)[1:])
    found = reinterpreted(tensor, dtype_named("int16"), (-1, 4))
    assert (found.shape, found.stride, found.offset) == ((9, 4), (4, 1), 12)


@pytest.mark.parametrize(
    ("after", "shape", "words"),
    [
        ("float32", (5, 5), "5 × 5 are 25 elements, but the bytes are 24 elements of float32"),
        ("float32", (-1, 7), "do not fit"),
        ("complex128", None, "begin at 24 of their storage"),
    ],
)
def test_what_does_not_fit(after: str, shape: tuple[int, ...] | None, words: str) -> None:
    tensor = described(torch.zeros(5, 6)[1:])
    with pytest.raises(FormatError, match=words):
        reinterpreted(tensor, dtype_named(after), shape)


def test_bytes_that_do_not_divide_and_elements_that_are_scattered() -> None:
    with pytest.raises(FormatError, match="do not divide into int32"):
        reinterpreted(described(torch.zeros(3, dtype=torch.uint8)), dtype_named("int32"))
    scattered = described(torch.zeros(4, 6).T)
    with pytest.raises(FormatError, match="one after the other"):
        reinterpreted(scattered, dtype_named("float32"), (24,))
    same = reinterpreted(scattered, dtype_named("int32"))
    assert (same.dtype.name, same.stride) == ("int32", scattered.stride)


def test_a_lazy_conjugate_belongs_to_the_dtype_as_stored() -> None:
    tensor = described(torch.zeros(4, dtype=torch.complex64))._replace(lazy="conj")
    assert reinterpreted(tensor, tensor.dtype, (2, 2)).lazy == "conj"
    assert reinterpreted(tensor, dtype_named("float32")).lazy == ""


@pytest.mark.parametrize(
    ("words", "shape"),
    [
        ("", None),
        (" ( 64, 3 ,7,7 ) ", (64, 3, 7, 7)),
        ("[-1, 4]", (-1, 4)),
        ("64 × 3", (64, 3)),
        ("1\u202f000 000, 2_0,", (1_000_000, 20)),
    ],
)
def test_shapes_as_people_write_them(words: str, shape: tuple[int, ...] | None) -> None:
    assert parsed_shape(words) == shape


@pytest.mark.parametrize("words", ["a", "1.5", "-1, -1", "-2", "1,,2"])
def test_what_is_no_shape(words: str) -> None:
    with pytest.raises(FormatError, match="no shape"):
        parsed_shape(words)
