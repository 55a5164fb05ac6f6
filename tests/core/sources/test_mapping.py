"""Files are mapped where a death is survived, and nowhere else; what is read there is the same."""

from __future__ import annotations

import os
import resource
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch

from inspector.core.analysis.comparison import compare, match
from inspector.core.analysis.passes import Batch, Results, run_pass
from inspector.core.analysis.statistics import scan
from inspector.core.engine import ExecutorEngine, WorkerPool
from inspector.core.errors import SourceError, WorkerDied
from inspector.core.formats import open_checkpoint
from inspector.core.model import tensors
from inspector.core.sources import Bytes, LocalSource, Section, mapped
from tests.checkpoints import save_zip

SIZE = 3 << 20
Request = tuple[Any, int, int, int]


def look(request: Request) -> bytes | None:
    """Worker: return what is mapped."""
    there = mapped(*request)
    return None if there is None else bytes(there)


def cut_and_look(request: Request) -> int:
    """Worker: cut the file short after it was mapped, and look at what was there."""
    source, *place = request
    there = mapped(source, *place)
    os.truncate(source.uri, 100)
    return -1 if there is None else there[-1]


def core_limit(_: object) -> int:
    """Worker: return how large a core may be that it leaves."""
    return resource.getrlimit(resource.RLIMIT_CORE)[0]


def cut_and_sum(batch: Batch) -> Results[Any]:
    """Worker: the same, of the blocks of a pass."""
    found: Results[Any] = []
    for number, _, block in batch:
        found.append((number, cut_and_look((block.source, block.start, block.nbytes, 4))))
    return found


def max_of(one: Any, other: Any) -> Any:
    """Merge: the larger of two."""
    return max(one, other)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "bytes.bin"
    path.write_bytes(os.urandom(SIZE))
    return path


@pytest.fixture
def pool():
    """Return worker processes that may die."""
    made = WorkerPool(1)
    yield made
    made.close()


def test_this_process_maps_nothing(file: Path) -> None:
    assert mapped(LocalSource(str(file)), 0, SIZE) is None


@pytest.mark.parametrize(
    ("start", "length", "width"),
    [(0, SIZE, 4), (4096, 1 << 20, 8), (8, SIZE - 8, 8), (13, 2_000_000, 1)],
)
def test_a_worker_sees_the_bytes(engine: WorkerPool, file: Path, start, length, width) -> None:
    request = (LocalSource(str(file)), start, length, width)
    assert list(engine.run(look, [(1, request)], 1)) == [file.read_bytes()[start:][:length]]


@pytest.mark.parametrize(
    ("start", "length", "width"),
    [(0, 1000, 1), (2, 2_000_000, 4), (8, SIZE, 1), (-8, 2_000_000, 1)],
)
def test_few_crooked_and_missing_bytes_are_to_be_read(
    engine: WorkerPool, file: Path, start, length, width
) -> None:
    request = (LocalSource(str(file)), start, length, width)
    assert list(engine.run(look, [(1, request)], 1)) == [None]


def test_what_is_no_file_is_to_be_read(engine: WorkerPool, file: Path) -> None:
    sources = [Bytes(bytes(SIZE), "memory"), Section(LocalSource(str(file)), 0, SIZE)]
    requests = [(1, (source, 0, SIZE, 1)) for source in sources]
    assert list(engine.run(look, requests, 2)) == [None, None]


def test_a_file_that_is_cut_short_is_told_and_read_by_position_from_then_on(pool, file) -> None:
    request = (LocalSource(str(file)), 0, SIZE, 1)
    assert list(pool.run(core_limit, [(1, None)], 1)) == [0]
    with pytest.raises(WorkerDied, match="it was cut short, or its disk"):
        list(pool.run(cut_and_look, [(1, request)], 1))
    file.write_bytes(bytes(SIZE))
    assert list(pool.run(look, [(1, (LocalSource(str(file)), 0, SIZE, 1))], 1)) == [None]


def test_a_pass_says_that_the_file_has_changed(pool, tmp_path) -> None:
    path = save_zip(tmp_path / "a.pt", torch.ones(1 << 20))
    with open_checkpoint(str(path)) as checkpoint:
        items = enumerate(tensor for _, tensor in tensors(checkpoint.root))
        with pytest.raises(SourceError, match=r"a\.pt has changed since it was opened"):
            list(run_pass(checkpoint, items, lambda x: x, cut_and_sum, max_of, pool))


DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.int64, torch.uint8, torch.complex64]


def test_numbers_of_mapped_files_are_those_of_read_ones(engine: WorkerPool, tmp_path) -> None:
    random = torch.Generator().manual_seed(1)
    state: dict[str, torch.Tensor] = {}
    for dtype in DTYPES:
        whole = torch.randn(3000, 700, generator=random).to(dtype)
        state |= {f"{dtype}": whole, f"{dtype} turned": whole.T, f"{dtype} part": whole[5:2500, 3:]}
    other = {name: tensor + (number % 2) for number, (name, tensor) in enumerate(state.items())}
    a, b = save_zip(tmp_path / "a.pt", state), save_zip(tmp_path / "b.pt", other)
    with (
        ThreadPoolExecutor(1) as executor,
        open_checkpoint(str(a)) as one,
        open_checkpoint(str(b)) as two,
    ):
        threads = ExecutorEngine(executor)
        found: list[list[Any]] = []
        said: list[list[str]] = []
        measures: list[list[Any]] = []
        items = [tensor for _, tensor in tensors(one.root)]
        for each in (engine, threads):
            summed = dict(scan(one, enumerate(items), each))
            found.append([summed[number] for number in range(len(items))])
            rows = {row.number: row for row in compare(one, two, match(one, two), each)}
            said.append([rows[number].status for number in range(len(items))])
            measures.append([rows[number].measures for number in range(len(items))])
    assert said[0] == said[1]
    assert len(said[0]) == len(state)
    for one_row, other_row in [*zip(*found, strict=True), *zip(*measures, strict=True)]:
        # numpy adds up in another order where it may use threads.
        for value, other_value in zip(one_row, other_row, strict=True):
            assert value == other_value or value == pytest.approx(other_value, rel=1e-12)


def test_a_file_that_can_be_mapped_is_compared_with_one_that_cannot(
    engine: WorkerPool, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    a = {"w": torch.randn(3_000_000)}
    b = {"w": a["w"] + 1e-3 * torch.randn(3_000_000)}
    save_zip(tmp_path / "a.pt", a)
    save_zip(tmp_path / "b.pt", b)
    # Numbers that begin at an odd byte cannot be looked at where they are.
    head = b'{"w":{"dtype":"F32","shape":[3000000],"data_offsets":[0,12000000]}}'
    crooked = len(head).to_bytes(8, "little") + head + b["w"].numpy().tobytes()
    (tmp_path / "b.safetensors").write_bytes(crooked)
    assert (8 + len(head)) % 4
    measures = []
    for name in ("b.pt", "b.safetensors"):
        with (
            open_checkpoint(str(tmp_path / "a.pt")) as one,
            open_checkpoint(str(tmp_path / name)) as other,
        ):
            row = list(compare(one, other, match(one, other), engine))[-1]
            assert row.sure
            measures.append(row.measures)
    assert measures[0] == measures[1]
    assert measures[0] is not None
    assert measures[0].max_abs == (b["w"].double() - a["w"].double()).abs().max()
