"""Casting gives the bits that torch's `to` gives."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inspector.core.arrays import code_values, encoding_of
from inspector.core.arrays.casting import cast_floats
from inspector.core.errors import FormatError
from inspector.core.model import dtype_named

NAMES = [
    "float64",
    "float32",
    "float16",
    "bfloat16",
    "float8_e4m3fn",
    "float8_e5m2",
    "float8_e4m3fnuz",
    "float8_e5m2fnuz",
]
ODD = [0.0, -0.0, float("inf"), float("-inf"), 1e-45, -1e-45, 3.4e38, 65504, 65519.99, 65520, 448]


def inputs(name: str) -> np.ndarray:
    """Return values of every size, every value of the dtype, and all ties between neighbours."""
    random = np.random.default_rng(0)
    spread = random.standard_normal(40_000) * 10.0 ** random.integers(-44, 38, 40_000)
    near = random.standard_normal(20_000)
    parts = [spread, near, np.array(ODD)]
    if encoding_of(dtype_named(name)).meaning == "code":
        values = np.unique(code_values(name)[np.isfinite(code_values(name))])
        middles = (values[1:] + values[:-1]) / 2
        parts += [values, middles, np.nextafter(middles.astype("f4"), np.float32(np.inf))]
        parts += [np.array([values[-1] + (values[-1] - values[-2]) / 2, values[-1] * 1.01])]
    with np.errstate(over="ignore"):
        return np.concatenate(parts).astype(np.float32)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_bits_as_torch(name: str) -> None:
    values = inputs(name)
    dtype = getattr(torch, name)
    wanted = torch.from_numpy(values).to(dtype)
    raw = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}[dtype.itemsize]
    bits = wanted.view(torch.uint8).numpy().view(raw)
    found = cast_floats(values, dtype_named(name)).view(raw)
    wrong = np.flatnonzero(found != bits)
    assert not wrong.size, (values[wrong[:5]], found[wrong[:5]], bits[wrong[:5]])


@pytest.mark.parametrize("name", NAMES)
def test_nan_stays_nan(name: str) -> None:
    found = cast_floats(np.array([np.nan], np.float32), dtype_named(name))
    table = encoding_of(dtype_named(name)).meaning == "code"
    assert np.isnan(code_values(name)[found] if table else found).all()


def test_what_is_no_float_is_refused() -> None:
    for name in ("int8", "float8_e8m0fnu", "float4_e2m1fn_x2"):
        with pytest.raises(FormatError, match=name):
            cast_floats(np.zeros(3, np.float32), dtype_named(name))
