"""Statistics agree with numpy over float64, whatever the dtype, the view and the values."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspector.core.analysis import gathering
from inspector.core.analysis.statistics import Statistics, measured, scan, statistics_of
from inspector.core.arrays import blocks
from inspector.core.engine import ExecutorEngine, WorkerPool
from inspector.core.errors import FormatError, InspectorError, SourceError
from inspector.core.formats import open_checkpoint
from inspector.core.model import tensors, walk
from tests.checkpoints import CORPUS, save_deflated, save_legacy, save_safetensors, save_zip

FLOATS = [torch.float64, torch.float32, torch.float16, torch.bfloat16]
SMALL = [torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e8m0fnu]
INTEGERS = [torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8]
WIDE = [torch.uint64, torch.uint32, torch.uint16]


@pytest.fixture(scope="module")
def threads() -> Iterator[ExecutorEngine]:
    """Return an engine of threads: the same tasks, without processes."""
    with ThreadPoolExecutor(2) as executor:
        yield ExecutorEngine(executor)


def ours(path: Path, engine: Any) -> list[Statistics]:
    with open_checkpoint(str(path)) as checkpoint:
        items = [tensor for _, tensor in tensors(checkpoint.root)]
        found = dict(scan(checkpoint, enumerate(items), engine))
    results = [found[number] for number in range(len(items))]
    for result in results:
        assert isinstance(result, Statistics), result
    return results  # type: ignore[return-value]


def one(tensor: torch.Tensor, path: Path, engine: Any) -> Statistics:
    (found,) = ours(save_zip(path / "one.pt", tensor), engine)
    return found


def check(found: Statistics, tensor: torch.Tensor) -> None:
    """Hold the statistics against numpy's over the same values."""
    values = tensor.detach().resolve_conj().resolve_neg()
    if values.is_complex():
        wide = values.to(torch.complex128).numpy()
        array = np.where(np.isnan(wide), np.nan, np.abs(wide)).reshape(-1)
    elif values.dtype in FLOATS + SMALL:
        array = values.to(torch.float64).numpy().reshape(-1)
    else:
        array = values.numpy().reshape(-1)
    finite = array[np.isfinite(array)] if array.dtype.kind == "f" else array
    assert found.elements == array.size
    assert found.finite == finite.size
    assert found.nan == np.isnan(array.astype(np.float64)).sum()
    assert found.posinf == (array == np.inf).sum()
    assert found.neginf == (array == -np.inf).sum()
    assert found.zero == (array == 0).sum()
    if not finite.size:
        assert (found.min, found.max, found.mean, found.std) == (None, None, None, None)
        return
    assert found.min == finite.min()
    assert found.max == finite.max()
    check_sums(found, finite)


def check_sums(found: Statistics, finite: np.ndarray) -> None:
    """Hold mean, deviation and norm against what rational numbers say, to a few ulp."""
    exact = [Fraction(value) for value in finite.tolist()]
    nothing = Fraction()
    mean = sum(exact, nothing) / len(exact)
    variance = sum(((value - mean) ** 2 for value in exact), nothing) / len(exact)
    norm = sum((value * value for value in exact), nothing)
    size = float(sum(map(abs, exact)) / len(exact))
    assert found.mean is not None
    assert found.mean == pytest.approx(float(mean), rel=1e-15, abs=4e-16 * size)
    assert found.std == pytest.approx(root(variance), rel=1e-12, abs=1e-320)
    assert found.l2 == pytest.approx(root(norm), rel=1e-14, abs=1e-320)


def root(number: Fraction) -> float:
    """Return the square root of a rational number that may leave the range of a float."""
    scale = 4**600
    found = Fraction(math.isqrt(int(number * scale * scale)), scale)
    return float(found) if found < 2**1024 else math.inf


def sample(dtype: torch.dtype, size: int, seed: int, spread: float = 1.0) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    if dtype.is_complex:
        parts = torch.randn(size, 2, generator=random, dtype=torch.float64) * spread
        return torch.view_as_complex(parts).to(dtype)
    if dtype.is_floating_point:
        return (torch.randn(size, generator=random, dtype=torch.float64) * spread).to(dtype)
    if dtype == torch.bool:
        return torch.rand(size, generator=random) < 0.3
    low, high = torch.iinfo(dtype).min, torch.iinfo(dtype).max
    if dtype in WIDE:
        signed = {4: torch.int32, 8: torch.int64, 2: torch.int16}[dtype.itemsize]
        bounds = torch.iinfo(signed)
        return torch.randint(bounds.min, bounds.max, (size,), generator=random, dtype=signed).view(
            dtype
        )
    return torch.randint(low, high, (size,), generator=random, dtype=dtype)


ALL = [*FLOATS, *SMALL[:3], *INTEGERS, *WIDE, torch.bool, torch.complex64, torch.complex128]


@pytest.mark.parametrize("dtype", ALL, ids=str)
@pytest.mark.parametrize("size", [1, 2, 1000, 5000])
def test_every_dtype(dtype, size, tmp_path, threads) -> None:
    tensor = sample(dtype, size, seed=size)
    check(one(tensor, tmp_path, threads), tensor)


@pytest.mark.parametrize("dtype", [*FLOATS, torch.complex64, torch.float8_e5m2], ids=str)
def test_what_is_not_finite_is_counted_and_left_out(dtype, tmp_path, threads) -> None:
    tensor = sample(dtype, 3000, seed=1)
    odd = [float("nan"), float("inf"), float("-inf")]
    wide = tensor.to(torch.complex128 if dtype.is_complex else torch.float64)
    for at, value in enumerate(odd * 3):
        wide[at * 7] = value
    tensor = wide.to(dtype)
    check(one(tensor, tmp_path, threads), tensor)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_nothing_finite(value, tmp_path, threads) -> None:
    tensor = torch.full((5,), value)
    found = one(tensor, tmp_path, threads)
    check(found, tensor)
    assert found.l2 is None


def test_nothing_at_all(tmp_path, threads) -> None:
    found = one(torch.empty(0, 3), tmp_path, threads)
    assert found == Statistics(0, 0, 0, 0, 0, 0, None, None, None, None, 0.0)


def test_a_scalar(tmp_path, threads) -> None:
    assert one(torch.tensor(-2.5), tmp_path, threads) == Statistics(
        1, 1, 0, 0, 0, 0, -2.5, -2.5, -2.5, 0.0, 2.5
    )


@pytest.mark.parametrize(
    "values",
    [
        [1e200, -1e200, 3e200],
        [1e-200, 2e-200, -5e-200],
        [5e-324, 1e-323],
        [1e308, 1e308, 1e308, 1e308],
        [1e300, 1e-300, 1.0],
        [1e16 + 2, 1e16 + 4, 1e16],
        [0.0, -0.0],
    ],
    ids=str,
)
def test_at_the_ends_of_float64(values, tmp_path, threads) -> None:
    tensor = torch.tensor(values, dtype=torch.float64)
    check(one(tensor, tmp_path, threads), tensor)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_values_that_hardly_differ(dtype, tmp_path, threads) -> None:
    """The squares of a batch norm's weights say nothing about how they differ."""
    tensor = (1 + sample(torch.float64, 4000, 3, 1e-3)).to(dtype)
    check(one(tensor, tmp_path, threads), tensor)


@pytest.mark.parametrize("start", [0, 2**53, 1_700_000_000_000_000_000, -(2**62), 2**63 - 300])
def test_integers_beyond_floats_are_exact(start, tmp_path, threads) -> None:
    tensor = torch.tensor([start + number for number in range(300)], dtype=torch.int64)
    found = one(tensor, tmp_path, threads)
    assert (found.min, found.max) == (start, start + 299)
    check(found, tensor)


def test_the_largest_unsigned_integers(tmp_path, threads) -> None:
    tensor = torch.tensor([2**64 - 1, 2**64 - 2, 0, 2**63], dtype=torch.uint64)
    found = one(tensor, tmp_path, threads)
    assert (found.min, found.max, found.zero) == (0, 2**64 - 1, 1)
    assert found.mean == (2**64 - 1 + 2**64 - 2 + 2**63) / 4


FLOAT_VALUES = st.floats(width=32) | st.sampled_from([0.0, -0.0, 1.0, 1e-40, 3e38])


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(FLOAT_VALUES, min_size=1, max_size=60),
    st.sampled_from([*FLOATS, torch.float8_e5m2]),
    st.integers(0, 5),
)
def test_any_values(tmp_path, threads, values, dtype, start) -> None:
    tensor = torch.tensor(values, dtype=torch.float64).to(dtype)[min(start, len(values) - 1) :]
    check(one(tensor, tmp_path, threads), tensor)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(ALL),
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from([0, 1, 2, 5, 9])), max_size=4),
    st.integers(0, 9),
)
def test_any_view(tmp_path, threads, dtype, steps, offset) -> None:
    storage = sample(dtype, 200, seed=offset)
    shape, stride = [size for size, _ in steps], [step for _, step in steps]
    tensor = torch.as_strided(storage, shape, stride, offset)
    check(one(tensor, tmp_path, threads), tensor)


def test_an_expanded_tensor_is_weighted(tmp_path, threads) -> None:
    tensor = torch.tensor([1.0, 3.0]).expand(1 << 40, 2)
    found = one(tensor, tmp_path, threads)
    assert found.elements == 1 << 41
    assert (found.mean, found.std, found.zero) == (2.0, 1.0, 0)
    assert found.l2 == pytest.approx(math.sqrt(10 * 2.0**40), rel=1e-15)


def test_a_window_that_moves_by_one_is_counted(tmp_path, threads) -> None:
    storage = sample(torch.float32, 3000, seed=4)
    tensor = torch.as_strided(storage, (1000, 1000, 1000), (1, 1, 1))
    found = one(tensor, tmp_path, threads)
    times = np.convolve(np.convolve(np.ones(1000), np.ones(1000)), np.ones(1000))
    values = storage.double().numpy()[: times.size]
    assert found.elements == 10**9
    mean = (values * times).sum() / 1e9
    assert found.mean == pytest.approx(mean, rel=1e-12)
    assert found.std == pytest.approx(math.sqrt(((values - mean) ** 2 * times).sum() / 1e9))


@pytest.mark.parametrize("dtype", [torch.int32, torch.uint8, torch.complex64], ids=str)
def test_such_windows_of_other_dtypes(dtype, tmp_path, threads) -> None:
    storage = sample(dtype, 60, seed=4)
    tensor = torch.as_strided(storage, (30, 30), (1, 1))
    check(one(tensor, tmp_path, threads), tensor)


@pytest.mark.parametrize("size", [1e308, 1e200, 1.0, 1e-200, 5e-324])
def test_such_windows_at_the_ends_of_float64(size, tmp_path, threads) -> None:
    storage = sample(torch.float64, 60, seed=4).clamp(-1, 1) * size
    tensor = torch.as_strided(storage, (30, 30), (1, 1))
    check(one(tensor, tmp_path, threads), tensor)


@pytest.mark.parametrize("dtype", [*FLOATS, torch.int64, torch.complex64, torch.bool], ids=str)
def test_many_blocks_are_one_tensor(dtype, tmp_path, threads, monkeypatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 4096)
    monkeypatch.setattr(blocks, "_CHUNK", 300)
    monkeypatch.setattr(gathering, "_TASK_BYTES", 8192)
    tensor = sample(dtype, 20_000, seed=8, spread=0.02)
    check(one(tensor, tmp_path, threads), tensor)
    check(one(tensor.view(100, 200).t(), tmp_path, threads), tensor)
    check(one(tensor.view(100, 200)[:, ::3], tmp_path, threads), tensor.view(100, 200)[:, ::3])


def test_negated_views(tmp_path, threads) -> None:
    tensor = torch.tensor([1 + 2j, 3 - 4j, -1j]).conj().imag
    assert tensor.is_neg()
    check(one(tensor, tmp_path, threads), tensor)


@pytest.mark.parametrize("save", [save_zip, save_legacy, save_deflated], ids=lambda f: f.__name__)
def test_every_container(save, tmp_path, threads) -> None:
    state = {f"layer.{n}": sample(dtype, 777, n) for n, dtype in enumerate(FLOATS)}
    results = ours(save(tmp_path / "a.pt", state), threads)
    for found, tensor in zip(results, state.values(), strict=True):
        check(found, tensor)


def test_safetensors(tmp_path, threads) -> None:
    state = {"a": sample(torch.float32, 99, 1), "b": sample(torch.int64, 98, 2)}
    path = save_safetensors(tmp_path / "a.safetensors", state)
    with open_checkpoint(str(path)) as checkpoint:
        for name, tensor in tensors(checkpoint.root):
            check(statistics_of(checkpoint, tensor, threads), state[name[-1]])


# ---- tensors that are made of others -----------------------------------------------------------


def test_of_a_sparse_tensor_the_stored_values(tmp_path, threads) -> None:
    tensor = torch.tensor([[0.0, 2.0, 0.0], [-3.0, 0.0, 0.0]]).to_sparse()
    path = save_zip(tmp_path / "sparse.pt", tensor)
    with open_checkpoint(str(path)) as checkpoint:
        described = checkpoint.root.value
        assert measured(described).note.endswith("the other 4 elements are zero.")
        found = statistics_of(checkpoint, described, threads)
    assert (found.elements, found.min, found.max) == (2, -3.0, 2.0)


@pytest.mark.parametrize(
    ("dense", "note"),
    [
        (torch.ones(2, 3), "These are the 6 stored values; no element is left out."),
        (torch.zeros(2, 3), "No value is stored: all 6 elements are zero."),
    ],
)
def test_a_sparse_tensor_may_leave_out_nothing_or_all(dense, note, tmp_path) -> None:
    path = save_zip(tmp_path / "full.pt", dense.to_sparse_coo())
    with open_checkpoint(str(path)) as checkpoint:
        assert measured(checkpoint.root.value).note == note


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
def test_of_a_quantized_tensor_the_stored_integers(tmp_path, threads) -> None:
    tensor = torch.quantize_per_tensor(torch.tensor([-1.0, 0.0, 2.0]), 0.1, 10, torch.quint8)
    path = save_zip(tmp_path / "quantized.pt", tensor)
    with open_checkpoint(str(path)) as checkpoint:
        found = statistics_of(checkpoint, checkpoint.root.value, threads)
        assert "stored integers" in measured(checkpoint.root.value).note
    check(found, tensor.int_repr())


def test_of_an_uncoalesced_tensor_it_is_said_that_values_may_add_up(tmp_path, threads) -> None:
    made = torch.sparse_coo_tensor([[0, 0, 1]], [1.0, 2.0, 3.0], (4,), check_invariants=True)
    with open_checkpoint(str(save_zip(tmp_path / "sparse.pt", made))) as checkpoint:
        described = checkpoint.root.value
        assert statistics_of(checkpoint, described, threads).elements == 3
        assert measured(described).note == (
            "These are the 3 stored values; those at the same place are added up, and all other "
            "elements are zero."
        )


def test_of_complex_numbers_it_is_said_that_they_count_by_their_absolute_value(tmp_path) -> None:
    path = save_zip(tmp_path / "complex.pt", torch.tensor([3 + 4j, 1j]))
    with open_checkpoint(str(path)) as checkpoint:
        found = measured(checkpoint.root.value)
    assert found.note == ""
    assert found.of_numbers == "Complex numbers count by their absolute values."


def test_a_meta_tensor_has_none(tmp_path, threads) -> None:
    path = save_zip(tmp_path / "meta.pt", torch.empty(3, device="meta"))
    with (
        open_checkpoint(str(path)) as checkpoint,
        pytest.raises(FormatError, match="no values: it was saved on the meta device"),
    ):
        statistics_of(checkpoint, checkpoint.root.value, threads)


# ---- files that are not whole, or do not stay ----------------------------------------------------


def test_of_a_cut_file_what_is_left(tmp_path, threads) -> None:
    path = save_zip(tmp_path / "cut.pt", {f"l{n}": torch.ones(2000) for n in range(20)})
    path.write_bytes(path.read_bytes()[:90_000])
    with open_checkpoint(str(path)) as checkpoint:
        items = [tensor for _, tensor in tensors(checkpoint.root)]
        found = dict(scan(checkpoint, enumerate(items), threads))
    whole = [number for number, result in found.items() if isinstance(result, Statistics)]
    assert len(found) == 20
    assert 5 < len(whole) < 15
    assert all(found[number].mean == 1 for number in whole)  # type: ignore[union-attr]
    assert all(isinstance(found[n], InspectorError) for n in set(found) - set(whole))


def test_a_file_that_was_written_to_says_so(tmp_path, engine: WorkerPool) -> None:
    path = save_zip(tmp_path / "a.pt", torch.ones(1000))
    with open_checkpoint(str(path)) as checkpoint:
        save_zip(path, torch.zeros(2000))
        with pytest.raises(SourceError, match=r"a\.pt has changed since it was opened"):
            statistics_of(checkpoint, checkpoint.root.value, engine)


def test_a_file_that_changes_under_the_scan_says_so(tmp_path, threads) -> None:
    path = save_zip(tmp_path / "a.pt", {"a": torch.ones(1000), "b": torch.ones(1000)})
    with open_checkpoint(str(path)) as checkpoint:
        items = enumerate(tensor for _, tensor in tensors(checkpoint.root))
        results = scan(checkpoint, items, threads)
        next(results)
        other = save_zip(tmp_path / "b.pt", torch.ones(5))
        other.replace(path)
        with pytest.raises(SourceError, match="has changed"):
            list(results)


# ---- other engines ------------------------------------------------------------------------------


def test_worker_processes_say_the_same(tmp_path, engine: WorkerPool, threads) -> None:
    state = {f"{n}": sample(dtype, 3000, n) for n, dtype in enumerate(ALL)}
    path = save_zip(tmp_path / "a.pt", state)
    assert ours(path, engine) == ours(path, threads)
    packed = save_deflated(tmp_path / "packed.pt", state)
    assert ours(packed, engine) == ours(path, threads)


def test_a_cluster_says_the_same(tmp_path, threads) -> None:
    distributed = pytest.importorskip("distributed")
    path = save_zip(tmp_path / "a.pt", {f"{n}": sample(d, 3000, n) for n, d in enumerate(ALL)})
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert ours(path, ExecutorEngine(client.get_executor())) == ours(path, threads)


# ---- checkpoints of other people -----------------------------------------------------------------


def _corpus() -> list[dict[str, Any]]:
    if not CORPUS.exists():
        return []
    rows = map(json.loads, (CORPUS / "expected.jsonl").read_text().splitlines())
    return [row for row in rows if row.get("tensors")]


def key_of(path: tuple[Any, ...]) -> str:
    """Return a path without the steps that only one of two readers shows."""
    skipped = ("_parameters", "_buffers", "_modules", "_args", "_items", "state")
    return "/".join(str(step) for step in path if str(step) not in skipped)


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not on this machine")
def test_real_checkpoints_agree_with_torch(threads) -> None:
    compared = 0
    for row in _corpus():
        path = CORPUS / "files" / row["path"]
        with open_checkpoint(str(path)) as checkpoint:
            nodes = {
                key_of(path): node.value
                for path, node in walk(checkpoint.root)
                if node.kind == "tensor"
            }
            for wanted in row["tensors"]:
                tensor = nodes.get(key_of(tuple(wanted["key"])))
                if tensor is None or wanted.get("min") is None:
                    continue
                found = statistics_of(checkpoint, tensor, threads)
                assert (found.nan, found.posinf + found.neginf) == (
                    wanted.get("n_nan", 0),
                    wanted.get("n_inf", 0),
                )
                # torch takes absolute values of complex64 in float32.
                near = 1e-6 if wanted.get("stats_of") == "abs" else 1e-12
                assert found.min == pytest.approx(wanted["min"], rel=near)
                assert found.max == pytest.approx(wanted["max"], rel=near)
                assert found.mean == pytest.approx(wanted["mean"], rel=near, abs=1e-15)
                compared += 1
    assert compared > 1000
