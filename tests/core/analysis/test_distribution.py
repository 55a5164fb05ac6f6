"""Distributions agree with numpy, whatever the dtype, the view, the values and the blocks."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspector.core.analysis import tallies
from inspector.core.analysis.distribution import (
    QUANTILES,
    Counted,
    Distribution,
    count,
    distribution_of,
    even_edges,
    merge_counted,
)
from inspector.core.analysis.statistics import statistics_of
from inspector.core.arrays import blocks
from inspector.core.engine import ExecutorEngine, WorkerPool
from inspector.core.errors import FormatError, InspectorError
from inspector.core.formats import open_checkpoint
from inspector.core.model import tensors
from inspector.core.progress import Cancelled
from inspector.core.resources import resource
from tests.checkpoints import CORPUS, save_zip

FLOATS = [torch.float64, torch.float32, torch.float16, torch.bfloat16]
SMALL = [torch.float8_e4m3fn, torch.float8_e5m2]
INTEGERS = [torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8]
MANY = 300_000  # more values than are told apart


@pytest.fixture(scope="module")
def threads() -> Iterator[ExecutorEngine]:
    with ThreadPoolExecutor(2) as executor:
        yield ExecutorEngine(executor)


def ours(tensor: torch.Tensor, folder: Path, engine: Any) -> Distribution:
    with open_checkpoint(str(save_zip(folder / "one.pt", tensor))) as checkpoint:
        ((_, described),) = tensors(checkpoint.root)
        found = distribution_of(checkpoint, described, engine)
        assert found.statistics == statistics_of(checkpoint, described, engine)
    return found


def values_of(tensor: torch.Tensor) -> np.ndarray:
    """Return the finite values, or sizes, as float64."""
    plain = tensor.detach().resolve_conj().resolve_neg()
    if plain.is_complex():
        wide = plain.to(torch.complex128).numpy().reshape(-1)
        values = np.where(np.isnan(wide), np.nan, np.abs(wide))
    else:
        values = plain.to(torch.float64).numpy().reshape(-1)
    return values[np.isfinite(values)]


@np.errstate(over="ignore")  # of what we allow for, at the end of float64
def check(found: Distribution, tensor: torch.Tensor) -> None:
    """Hold a distribution against the values themselves."""
    values = np.sort(values_of(tensor))
    assert found.counts.sum() == values.size == found.statistics.finite
    if not values.size:
        assert found.quantile(0.5) is None
        assert found.rebin(0, 1, 7).tolist() == [0] * 7
        return
    low, high = float(values[0]), float(values[-1])
    assert (found.quantile(0), found.quantile(1)) == (low, high)
    # Below the smallest normal number, cells are as wide as there.
    tiny = 2.0**-126 if tensor.dtype == torch.float32 else 2.0**-1022
    for q in QUANTILES:
        place = q * (values.size - 1)
        # Inside a cell, elements are where they might be: no further off than it is wide.
        pair = values[[int(np.floor(place)), int(np.ceil(place))]]
        slack = found.resolution * np.maximum(np.abs(pair), tiny)
        told = found.quantile(q)
        assert told is not None
        assert pair[0] - slack[0] <= told <= pair[1] + slack[1]
        if found.exact and np.isfinite(high - low):
            assert told == pytest.approx(np.quantile(values, q), rel=1e-12, abs=1e-300)
    for edges in (even_edges(low, high, 100), even_edges(low / 3, high / 2, 37)):
        if edges[0] < edges[-1]:
            check_histogram(found, values, edges, tiny)


def test_edges_of_round_parts_are_round() -> None:
    assert even_edges(-20, 32, 13).tolist() == list(range(-20, 33, 4))
    wide = even_edges(-1.7e308, 1.7e308, 2).tolist()
    assert wide == [-1.7e308, 0.0, 1.7e308]


def check_histogram(
    found: Distribution, values: np.ndarray, edges: np.ndarray, tiny: float
) -> None:
    told = found.rebin_at(edges)
    assert told.min() >= -1e-6
    # Up to each edge, no more is in doubt than lies within a cell of it.
    upto = np.cumsum(told)
    slack = found.resolution * np.maximum(np.abs(edges), tiny)
    base = np.searchsorted(values, [edges[0] - slack[0], edges[0] + slack[0]], "left")
    least = np.searchsorted(values, edges[1:] - slack[1:], "left") - base[1]
    most = np.searchsorted(values, edges[1:] + slack[1:], "right") - base[0]
    assert (least - 1e-6 <= upto).all()
    assert (upto <= most + 1e-6).all()
    if found.exact:
        below = np.searchsorted(values, edges, "left")
        below[-1] = np.searchsorted(values, edges[-1], "right")
        assert told.tolist() == np.diff(below).tolist()


@pytest.mark.parametrize(
    "dtype", [*FLOATS, *SMALL, *INTEGERS, torch.bool, torch.complex64], ids=str
)
@pytest.mark.parametrize("size", [1, 1000, MANY])
def test_every_dtype(dtype, size, tmp_path, threads):
    torch.manual_seed(size)
    tensor = (torch.randn(size) * 50).to(dtype)
    found = ours(tensor, tmp_path, threads)
    check(found, tensor)
    # 16 bits are exact whatever there is; so are integers in a small range, and few values.
    assert found.exact == (size < MANY or dtype not in (*FLOATS[:2], torch.complex64))


def test_the_resolution_is_fine_where_values_are_close(tmp_path, threads):
    tensor = 1 + torch.randn(MANY, dtype=torch.float64) * 1e-4
    found = ours(tensor, tmp_path, threads)
    check(found, tensor)
    assert 0 < found.resolution <= 2**-16
    told = found.rebin(0.9999, 1.0001, 50)
    wanted, _ = np.histogram(tensor.numpy(), 50, (0.9999, 1.0001))
    assert np.abs(told - wanted).max() < 0.1 * wanted.max()


def test_outliers_do_not_blur_the_rest(tmp_path, threads):
    tensor = torch.randn(MANY)
    tensor[:4] = torch.tensor([1e-38, -1e38, 1e38, 1e-42])
    found = ours(tensor, tmp_path, threads)
    check(found, tensor)
    assert found.resolution <= 2**-12


def test_many_zeros_are_a_value_of_their_own(tmp_path, threads):
    tensor = torch.randn(MANY)
    tensor[: MANY // 2] = -0.0
    tensor[MANY // 2 : MANY * 6 // 10] = 0.0
    found = ours(tensor, tmp_path, threads)
    check(found, tensor)
    assert not found.exact
    assert found.quantile(0.5) == 0
    assert found.rebin(0.0, 1e-9, 2).tolist()[0] >= MANY * 6 // 10


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("size", [10, MANY])
def test_what_is_not_finite_is_left_out(dtype, size, tmp_path, threads):
    tensor = torch.randn(size, dtype=dtype)
    tensor[:5] = torch.tensor([float("nan"), float("inf"), -float("inf"), 0.0, -float("nan")])
    found = ours(tensor, tmp_path, threads)
    check(found, tensor)
    told = found.statistics
    assert (told.nan, told.posinf, told.neginf, told.zero) == (2, 1, 1, 1)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_nothing_finite(value, tmp_path, threads):
    found = ours(torch.full((70_000,), value), tmp_path, threads)
    assert found.statistics.elements == 70_000
    assert found.distinct == 0
    assert found.quantile(0.5) is None


def test_nothing_at_all(tmp_path, threads):
    found = ours(torch.zeros(0, 3), tmp_path, threads)
    assert found.statistics.elements == 0
    assert found.quantile(0.5) is None


def test_a_constant(tmp_path, threads):
    found = ours(torch.full((MANY,), 0.1), tmp_path, threads)
    assert (found.distinct, found.counts.tolist()) == (1, [MANY])
    assert {found.quantile(q) for q in QUANTILES} == {float(np.float32(0.1))}
    assert found.rebin(0, 0.2, 4).sum() == MANY


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.uint32], ids=str)
def test_integers_in_a_small_range_are_exact(dtype, tmp_path, threads):
    tensor = torch.arange(200_000).to(dtype)
    found = ours(tensor, tmp_path, threads)
    check(found, tensor)
    assert found.exact
    assert found.whole
    assert found.distinct == 200_000
    spread = ours(torch.arange(MANY).to(dtype), tmp_path, threads)
    assert not spread.exact
    assert spread.rebin(0, MANY, 30).tolist() == pytest.approx([MANY / 30] * 30, rel=0.01)


def test_the_largest_integers(tmp_path, threads):
    ends = torch.tensor([-(2**63), 2**63 - 1, 0])
    found = ours(ends, tmp_path, threads)
    assert (found.statistics.min, found.statistics.max) == (-(2**63), 2**63 - 1)
    assert found.rebin(-(2.0**63), 2.0**63, 3).tolist() == [1, 1, 1]


NUMBERS = st.one_of(
    st.floats(width=32), st.floats(), st.sampled_from([0.0, -0.0, 1e300, -1.7e308, 5e-324])
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(NUMBERS, max_size=40),
    st.sampled_from([*FLOATS, *SMALL, torch.complex64, torch.complex128]),
    st.integers(0, 3),
    st.sampled_from([3, 8, 1 << 16]),
)
def test_any_values(tmp_path, threads, values, dtype, start, few):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tallies, "FEW", few)
        whole = torch.tensor(values, dtype=torch.float64).to(dtype)
        tensor = whole[min(start, len(values)) :]
        check(ours(tensor, tmp_path, threads), tensor)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from([torch.float32, torch.float64, torch.bfloat16, torch.int64, torch.int8]),
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 5)), max_size=3),
    st.integers(0, 3),
)
def test_any_view(tmp_path, threads, dtype, steps, offset):
    sizes, strides = [size for size, _ in steps], [stride for _, stride in steps]
    tensor = torch.arange(100).sub(30).to(dtype).as_strided(sizes, strides, offset)
    check(ours(tensor, tmp_path, threads), tensor)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.int64], ids=str)
def test_windows_that_overlap_and_expanded_ones(dtype, tmp_path, threads):
    torch.manual_seed(3)
    base = torch.randint(-50, 50, (1000,)).to(dtype)
    check(ours(base.unfold(0, 50, 1), tmp_path, threads), base.unfold(0, 50, 1))
    wide = base.expand(7, 1000)
    found = ours(wide, tmp_path, threads)
    check(found, wide)
    many = torch.randn(MANY).to(torch.float32).expand(3, MANY)
    check(ours(many, tmp_path, threads), many)


@pytest.mark.parametrize("size", [100, MANY])
def test_negated_views(size, tmp_path, threads):
    pairs = torch.randn(size, dtype=torch.complex64)
    pairs[0] = 0
    tensor = torch.imag(pairs.conj())
    assert tensor.is_neg()
    check(ours(tensor, tmp_path, threads), tensor)


def test_the_sign_of_complex_numbers_makes_no_difference(tmp_path, threads):
    tensor = torch._neg_view(torch.randn(50, dtype=torch.complex64))
    assert tensor.is_neg()
    found = ours(tensor, tmp_path, threads)
    check(found, tensor)
    assert found.statistics.min is not None
    assert found.statistics.min > 0


def same(one: Counted, other: Counted) -> bool:
    mine, yours = one.tally, other.tally
    return (
        one.partial[:7] == other.partial[:7]  # sums of squares are rounded within a block
        and mine.shift == yours.shift
        and np.array_equal(mine.keys, yours.keys)
        and np.array_equal(mine.counts, yours.counts)
    )


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.integers(-300, 300).map(lambda n: n / 7), min_size=1, max_size=60),
    st.sampled_from([torch.float32, torch.float64, torch.int64, torch.bfloat16]),
    st.integers(1, 7),
    st.sampled_from([(4, 64), (20, 128), (1 << 16, 1 << 18)]),
    st.randoms(use_true_random=False),
)
def test_any_split_merged_in_any_order_gives_the_same(
    tmp_path, values, dtype, number, bounds, shuffle
):
    tensor = torch.tensor(values).to(dtype)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tallies, "FEW", bounds[0])
        patch.setattr(tallies, "CELLS", bounds[1])
        with open_checkpoint(str(save_zip(tmp_path / "s.pt", tensor))) as checkpoint:
            ((_, described),) = tensors(checkpoint.root)
            assert described.storage is not None
            source, offset = checkpoint.locate(described.storage)
            (whole,) = blocks.blocks_of(described, source, offset)
            width = -(-described.nbytes // number)
            width -= width % -8
            parts = list(blocks.blocks_of(described, source, offset, most=width))
            shuffle.shuffle(parts)
            found = [piece for _, piece in count(tuple((0, False, part) for part in parts))]
            ((_, wanted),) = count(((0, False, whole),))
    total = found.pop()
    assert isinstance(total, Counted)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tallies, "FEW", bounds[0])
        patch.setattr(tallies, "CELLS", bounds[1])
        for piece in found:
            assert isinstance(piece, Counted)
            total = merge_counted(total, piece)
    assert isinstance(wanted, Counted)
    assert same(total, wanted)


def test_blocks_that_are_coarse_and_fine_merge(tmp_path, threads, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1 << 19)
    torch.manual_seed(0)
    parts = [torch.randn(MANY), torch.full((MANY,), 0.5), torch.zeros(MANY), torch.randn(7) * 1e9]
    tensor = torch.cat(parts)
    check(ours(tensor, tmp_path, threads), tensor)
    for order in itertools.permutations(parts, 4):
        assert ours(torch.cat(order), tmp_path, threads).resolution == 2**-12


def test_worker_processes_say_the_same(tmp_path, engine: WorkerPool, threads):
    torch.manual_seed(0)
    tensor = torch.randn(MANY)
    one, other = ours(tensor, tmp_path, engine), ours(tensor, tmp_path, threads)
    assert one.statistics == pytest.approx(other.statistics, rel=1e-12)
    assert np.array_equal(one.counts, other.counts)
    assert np.array_equal(one.lows, other.lows)


def test_of_composite_tensors_the_values_that_mean_something(tmp_path, threads):
    sparse = torch.eye(4).to_sparse()
    with open_checkpoint(str(save_zip(tmp_path / "sparse.pt", sparse))) as checkpoint:
        described = next(tensor for _, tensor in tensors(checkpoint.root) if tensor.parts)
        found = distribution_of(checkpoint, described, threads)
    assert found.counts.tolist() == [4]
    assert "12 elements are zero" in found.note


def test_a_meta_tensor_has_none(tmp_path, threads):
    with open_checkpoint(
        str(save_zip(tmp_path / "meta.pt", torch.empty(3, device="meta")))
    ) as checkpoint:
        ((_, described),) = tensors(checkpoint.root)
        with pytest.raises(FormatError, match="meta device"):
            distribution_of(checkpoint, described, threads)


def test_a_cut_file_says_so(tmp_path, threads):
    path = save_zip(tmp_path / "cut.pt", {"a": torch.zeros(10), "b": torch.zeros(100_000)})
    path.write_bytes(path.read_bytes()[:100_000])
    with open_checkpoint(str(path)) as checkpoint:
        last = list(tensors(checkpoint.root))[-1][1]
        with pytest.raises(InspectorError):
            distribution_of(checkpoint, last, threads)


def test_it_stops_when_nobody_wants_it_any_more(tmp_path, threads):
    def stop(fraction: float, message: str = "", /) -> None:
        raise Cancelled

    with open_checkpoint(str(save_zip(tmp_path / "one.pt", torch.zeros(10)))) as checkpoint:
        ((_, described),) = tensors(checkpoint.root)
        with pytest.raises(Cancelled):
            distribution_of(checkpoint, described, threads, stop)


def test_a_range_that_float64_cannot_express():
    edges = even_edges(-1.7e308, 1.7e308, 4)
    assert edges.tolist() == pytest.approx([-1.7e308, -0.85e308, 0.0, 0.85e308, 1.7e308])


def test_the_sample(threads):
    with open_checkpoint(str(resource("samples/shapes-cnn-epoch12.pt"))) as checkpoint:
        for _, described in tensors(checkpoint.root):
            found = distribution_of(checkpoint, described, threads)
            assert found.exact
            assert found.counts.sum() == found.statistics.finite
            assert found.quantile(0) == found.statistics.min


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is on the team's machines only")
def test_real_checkpoints_agree_with_torch(threads):
    paths = sorted((CORPUS / "files").rglob("*.p*t*"))
    looked = 0
    for path in [path for path in paths if path.stat().st_size < 3_000_000][:40]:
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
        except Exception:  # noqa: BLE001 - not every file is one
            continue
        if not isinstance(state, dict):
            continue
        with open_checkpoint(str(path)) as checkpoint:
            for place, described in itertools.islice(tensors(checkpoint.root), 12):
                if len(place) == 1 and isinstance(state.get(place[0]), torch.Tensor):
                    check(distribution_of(checkpoint, described, threads), state[place[0]])
                    looked += 1
    assert looked > 20
