"""Every status and measure, against torch over real files."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspector.core.analysis.comparison import Row, compare, match, tasks
from inspector.core.engine import ExecutorEngine, WorkerPool
from inspector.core.formats import open_checkpoint
from tests.checkpoints import save_legacy, save_safetensors, save_zip
from tests.core.analysis.comparison.training import run


@pytest.fixture(scope="module")
def threads() -> Iterator[ExecutorEngine]:
    with ThreadPoolExecutor(2) as executor:
        yield ExecutorEngine(executor)


def rows_of(a: Path, b: Path, engine: Any) -> dict[str, Row]:
    """Return the last row of each name."""
    with open_checkpoint(str(a)) as one, open_checkpoint(str(b)) as other:
        found = {row.number: row for row in compare(one, other, match(one, other), engine)}
    assert all(row.sure for row in found.values())
    return {row.pair.name: row for row in found.values()}


def compared(a: Any, b: Any, folder: Path, engine: Any) -> dict[str, Row]:
    return rows_of(save_zip(folder / "a.pt", a), save_zip(folder / "b.pt", b), engine)


def one(a: torch.Tensor, b: torch.Tensor, folder: Path, engine: Any) -> Row:
    return compared({"x": a}, {"x": b}, folder, engine)["x"]


def check(row: Row, a: torch.Tensor, b: torch.Tensor) -> None:
    """Hold the measures against numpy's over the same values in float64."""
    wide = torch.complex128 if a.is_complex() or b.is_complex() else torch.float64
    x, y = a.detach().to(wide).numpy(), b.detach().to(wide).numpy()
    found = row.measures
    assert found is not None
    both = np.isfinite(x) & np.isfinite(y)
    assert found.elements == x.size
    assert found.nan_born == (np.isnan(y) & ~np.isnan(x)).sum()
    assert found.nan_gone == (np.isnan(x) & ~np.isnan(y)).sum()
    if not both.any():
        assert found.max_abs is None
        return
    apart = np.abs(y[both] - x[both])
    assert found.max_abs == pytest.approx(apart.max(), rel=1e-15)
    if found.max_abs:
        assert found.at is not None
        assert np.abs(y[found.at] - x[found.at]) == pytest.approx(apart.max(), rel=1e-15)
    # Of narrow floats, each difference is rounded to float32.
    is_narrow = a.dtype == b.dtype and a.dtype.is_floating_point and a.dtype.itemsize <= 4
    rel = 6e-8 if is_narrow else 1e-12
    assert found.mean_abs == pytest.approx(apart.mean(), rel=rel)
    norms = np.linalg.norm(x[both]), np.linalg.norm(y[both])
    if norms[0]:
        assert found.rel_l2 == pytest.approx(np.linalg.norm(apart) / norms[0], rel=rel)
    if norms[0] and norms[1]:
        cosine = np.vdot(x[both], y[both]).real / norms[0] / norms[1]
        assert found.cosine == pytest.approx(cosine, abs=rel)
    if a.dtype == b.dtype and not a.is_complex():
        raw = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[a.dtype.itemsize]
        flat = a.detach().contiguous().view(raw), b.detach().contiguous().view(raw)
        assert found.changed == (flat[0] != flat[1]).sum()
        assert found.flips == (x[both] * y[both] < 0).sum()


def noisy(tensor: torch.Tensor, share: float = 0.3) -> torch.Tensor:
    """Return the tensor with a share of its elements changed."""
    random = torch.Generator().manual_seed(5)
    picked = torch.rand(tensor.shape, generator=random) < share
    if not tensor.dtype.is_floating_point and not tensor.is_complex():
        return torch.where(picked, tensor ^ torch.ones_like(tensor), tensor)
    wide = tensor.to(torch.complex128 if tensor.is_complex() else torch.float64)
    noise = torch.randn(tensor.shape, generator=random, dtype=torch.float64)
    return torch.where(picked, (wide + noise).to(tensor.dtype), tensor)


FLOATS = [torch.float32, torch.float64, torch.float16, torch.bfloat16]
DTYPES = [*FLOATS, torch.int64, torch.int32, torch.uint8, torch.bool, torch.complex64]


def sample(dtype: torch.dtype, *shape: int) -> torch.Tensor:
    random = torch.Generator().manual_seed(1)
    if dtype.is_floating_point or dtype.is_complex:
        return torch.randn(shape, generator=random, dtype=torch.float64).to(dtype)
    return torch.randint(0, 2 if dtype == torch.bool else 99, shape, generator=random).to(dtype)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_changed(dtype, tmp_path, threads) -> None:
    a = sample(dtype, 70, 50)
    row = one(a, noisy(a), tmp_path, threads)
    assert row.status == "changed"
    check(row, a, noisy(a))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_same(dtype, tmp_path, threads) -> None:
    row = one(sample(dtype, 70, 50), sample(dtype, 70, 50), tmp_path, threads)
    assert row.status == "same"
    assert row.measures is not None
    assert (row.measures.max_abs, row.measures.changed, row.measures.cosine) == (0, 0, 1)


def test_epochs_of_a_training(tmp_path, threads) -> None:
    first, second = run(2)
    rows = compared(first, second, tmp_path, threads)
    for name, value in first["model"].items():
        check(rows[f"model.{name}"], value, second["model"][name])


def test_what_is_not_finite_is_counted(tmp_path, threads) -> None:
    a, b = sample(torch.float32, 4000), noisy(sample(torch.float32, 4000))
    a[7] = a[9] = b[9] = b[11] = math.nan
    b[13], a[15] = math.inf, -math.inf
    row = one(a, b, tmp_path, threads)
    check(row, a, b)
    assert row.measures is not None
    assert (row.measures.nan_born, row.measures.nan_gone, row.measures.inf_born) == (1, 1, 1)


def test_nan_in_both_is_the_same(tmp_path, threads) -> None:
    a = torch.tensor([1.0, math.nan, math.inf])
    assert one(a, a.clone(), tmp_path, threads).status == "same"
    everything = torch.full((5,), math.nan)
    row = one(everything, torch.ones(5), tmp_path, threads)
    check(row, everything, torch.ones(5))


@pytest.mark.parametrize("narrow", [torch.float16, torch.bfloat16, torch.float8_e4m3fn], ids=str)
def test_the_same_after_a_cast(narrow, tmp_path, threads) -> None:
    a = sample(torch.float32, 500)
    assert one(a, a.to(narrow), tmp_path, threads).status == "cast"
    assert one(a.to(narrow), a, tmp_path, threads).status == "cast"
    other = a.to(narrow)
    other[3] = 100
    row = one(a, other, tmp_path, threads)
    assert row.status == "dtype"
    check(row, a, other)


def test_shapes_keys_and_devices(tmp_path, threads) -> None:
    a = {"gone": torch.ones(3), "head": torch.ones(2, 3), "stays": torch.ones(4)}
    b = {"head": torch.ones(5, 3), "stays": torch.ones(4), "new": torch.ones(7)}
    rows = compared(a, b, tmp_path, threads)
    assert {name: row.status for name, row in rows.items()} == {
        "gone": "removed",
        "head": "shape",
        "stays": "same",
        "new": "added",
    }


def test_a_renamed_tensor_is_found_by_its_content(tmp_path, threads) -> None:
    a = {"old.weight": sample(torch.float32, 40, 3), "kept": torch.ones(2)}
    b = {"kept": torch.ones(2), "new.weight": sample(torch.float32, 40, 3)}
    rows = compared(a, b, tmp_path, threads)
    assert rows["old.weight"].status == "renamed"
    assert "now new.weight: same content" in rows["old.weight"].pair.evidence


def test_the_same_content_twice_is_no_evidence(tmp_path, threads) -> None:
    a = {"a": torch.zeros(9), "b": torch.zeros(9)}
    b = {"c": torch.zeros(9), "d": torch.zeros(9)}
    rows = compared(a, b, tmp_path, threads)
    assert {row.status for row in rows.values()} == {"removed", "added"}


@pytest.mark.parametrize("turn", ["transposed", "sliced", "expanded", "permuted"])
def test_other_strides_the_same_values(turn, tmp_path, threads, monkeypatch) -> None:
    monkeypatch.setattr(tasks, "_TILE_ELEMENTS", 700)
    whole = sample(torch.float32, 60, 40)
    a = {
        "transposed": lambda: whole.t().contiguous().t(),
        "sliced": lambda: torch.cat([whole, whole], 1)[:, :40],
        "expanded": lambda: whole[:1].expand(4, 40),
        "permuted": lambda: whole.view(3, 20, 40).permute(2, 0, 1).contiguous().permute(1, 2, 0),
    }[turn]()
    b = a.clone(memory_format=torch.contiguous_format)
    assert one(a, b, tmp_path, threads).status == "same"
    b = noisy(b)
    row = one(a, b, tmp_path, threads)
    check(row, a, b)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(DTYPES),
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from([1, 2, 5, 9])), max_size=3),
    st.integers(0, 9),
    st.booleans(),
)
def test_any_view(tmp_path, threads, dtype, steps, offset, alike) -> None:
    shape, stride = [size for size, _ in steps], [step for _, step in steps]
    a = torch.as_strided(sample(dtype, 200), shape, stride, offset)
    other = noisy(sample(dtype, 200))
    b = torch.as_strided(other, shape, stride, offset)
    b = b if alike else b.clone(memory_format=torch.contiguous_format)
    row = one(a, b, tmp_path, threads)
    if row.status == "changed":
        check(row, a, b)
    else:
        assert row.status == "same"
        assert torch.equal(a, b)


def test_pieces_are_put_together(tmp_path, threads, monkeypatch) -> None:
    monkeypatch.setattr(tasks, "_PIECE_ELEMENTS", 512)
    a = sample(torch.float32, 90, 50)
    b = noisy(a)
    check(one(a, b, tmp_path, threads), a, b)
    check(one(a, b.double(), tmp_path, threads), a, b.double())


@pytest.mark.parametrize("write", [save_legacy, save_safetensors], ids=lambda f: f.__name__)
def test_across_formats(write, tmp_path, threads) -> None:
    state = {"a": sample(torch.float32, 30), "b": sample(torch.float32, 20)}
    other = {"a": state["a"].clone(), "b": noisy(state["b"])}
    rows = rows_of(save_zip(tmp_path / "a.pt", state), write(tmp_path / "b", other), threads)
    assert {name: row.status for name, row in rows.items()} == {"a": "same", "b": "changed"}


def test_probable_answers_come_first_and_are_marked(tmp_path, threads) -> None:
    a = {"a": sample(torch.float32, 300), "b": sample(torch.float32, 200)}
    b = {"a": a["a"].clone(), "b": noisy(a["b"])}
    one_path, other_path = save_zip(tmp_path / "a.pt", a), save_zip(tmp_path / "b.pt", b)
    with open_checkpoint(str(one_path)) as x, open_checkpoint(str(other_path)) as y:
        rows = list(compare(x, y, match(x, y), threads))
    assert [(row.status, row.sure) for row in rows[:2]] == [("same", False), ("changed", False)]
    assert {(row.pair.name, row.status) for row in rows[2:] if row.sure} == {
        ("a", "same"),
        ("b", "changed"),
    }


def test_a_checksum_that_lies_does_not_make_a_difference_the_same(tmp_path, threads) -> None:
    path = save_zip(tmp_path / "a.pt", {"a": torch.zeros(300)})
    data = bytearray(path.read_bytes())
    with open_checkpoint(str(path)) as checkpoint:
        (storage,) = checkpoint.storages.values()
        source = checkpoint.locate(storage)[0]
        place = data.find(source.read_at(0, 64) + bytes(64))
    data[place + 40] = 1
    other = tmp_path / "b.pt"
    other.write_bytes(bytes(data))
    assert rows_of(path, other, threads)["a"].status == "changed"


def test_missing_bytes_are_said(tmp_path, threads) -> None:
    state = {f"l{n}": torch.ones(2000) for n in range(20)}
    whole, cut = save_zip(tmp_path / "a.pt", state), tmp_path / "cut.pt"
    cut.write_bytes(whole.read_bytes()[:90_000])
    rows = rows_of(whole, cut, threads)
    assert {row.status for row in rows.values()} == {"same", "unread"}
    assert all(row.note for row in rows.values() if row.status == "unread")


def test_worker_processes_say_the_same(tmp_path, threads, engine: WorkerPool) -> None:
    a = {str(dtype): sample(dtype, 300) for dtype in DTYPES}
    b = {name: noisy(tensor) for name, tensor in a.items()}
    one_path, other_path = save_zip(tmp_path / "a.pt", a), save_zip(tmp_path / "b.pt", b)
    assert rows_of(one_path, other_path, engine) == rows_of(one_path, other_path, threads)
