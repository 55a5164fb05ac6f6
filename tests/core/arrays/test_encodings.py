"""The values of every bit pattern are those that torch gives it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inspector.core.arrays import code_values, decode, encoding_of, finite_limit
from inspector.core.errors import FormatError
from inspector.core.model import DTYPES, dtype_named

NARROW = [
    "float16",
    "bfloat16",
    "float8_e4m3fn",
    "float8_e5m2",
    "float8_e4m3fnuz",
    "float8_e5m2fnuz",
    "float8_e8m0fnu",
    "int16",
    "int8",
    "uint16",
    "uint8",
]


def patterns(name: str) -> torch.Tensor:
    dtype = getattr(torch, name)
    if dtype.itemsize == 1:
        return torch.arange(256, dtype=torch.uint8).view(dtype)
    return torch.arange(65536, dtype=torch.int32).to(torch.uint16).view(dtype)


@pytest.mark.parametrize("name", NARROW)
def test_every_pattern_has_torchs_value(name: str) -> None:
    wanted = patterns(name).to(torch.float64).numpy()
    np.testing.assert_array_equal(code_values(name), wanted)
    signs = np.signbit(code_values(name)), np.signbit(wanted)
    zero = wanted == 0
    np.testing.assert_array_equal(signs[0][zero], signs[1][zero])


@pytest.mark.parametrize("name", NARROW)
def test_decoding_keeps_the_value(name: str) -> None:
    codes = np.arange(256, dtype="u1") if encoding_of(dtype_named(name)).stored == "u1" else None
    stored = np.arange(65536, dtype="u2") if codes is None else codes
    values = decode(stored.reshape(16, -1), dtype_named(name))
    wanted = patterns(name).to(torch.float64).numpy().reshape(16, -1)
    np.testing.assert_array_equal(values.astype(np.float64), wanted)


def test_pairs_of_float4_come_low_half_first() -> None:
    # torch 2.13 cannot convert them; the sixteen values are those of the specification (E2M1).
    values = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0]
    wanted = [*values, *(-value for value in values)]
    np.testing.assert_array_equal(code_values("float4_e2m1fn_x2"), wanted)
    pair = np.array([0xF2, 0x19], "u1")
    decoded = decode(pair, dtype_named("float4_e2m1fn_x2"))
    np.testing.assert_array_equal(decoded, [1.0, -6.0, -0.5, 0.5])


def test_packed_integers_come_low_bits_first() -> None:
    byte = np.array([0b11100100], "u1")
    assert decode(byte, dtype_named("quint2x4")).tolist() == [0, 1, 2, 3]
    assert decode(byte, dtype_named("quint4x2")).tolist() == [0b0100, 0b1110]


@pytest.mark.filterwarnings("ignore:ComplexHalf support is experimental")
def test_half_complex_numbers() -> None:
    wanted = torch.tensor([1 - 2j, 0.5 + 65504j], dtype=torch.complex64)
    stored = wanted.to(torch.complex32).view(torch.int32).numpy().view("u4")
    np.testing.assert_array_equal(decode(stored, dtype_named("complex32")), wanted.numpy())


@pytest.mark.parametrize("name", ["complex32", "int8", "float16", "bfloat16", "bool", "int64"])
def test_a_scalar_stays_one(name: str) -> None:
    stored = np.zeros((), encoding_of(dtype_named(name)).stored)
    assert decode(stored, dtype_named(name)).shape == ()


def test_any_byte_but_zero_is_true() -> None:
    assert decode(np.array([0, 1, 2, 255], "u1"), dtype_named("bool")).tolist() == [
        False,
        True,
        True,
        True,
    ]


@pytest.mark.parametrize("row", DTYPES, ids=lambda row: row.name)
def test_every_known_dtype_can_be_read(row) -> None:
    assert encoding_of(row).bits <= max(row.bits, 8)


def test_an_unknown_dtype_is_named() -> None:
    with pytest.raises(FormatError, match="'float5'"):
        encoding_of(dtype_named("float5"))


@pytest.mark.parametrize("name", [*NARROW[:5], "float32", "float64"])
def test_largest_finite_value(name: str) -> None:
    assert finite_limit(name) == torch.finfo(getattr(torch, name)).max


def test_integers_have_no_such_limit() -> None:
    assert finite_limit("int8") == float("inf")
