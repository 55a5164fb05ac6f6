"""Arrays that are saved are read by numpy as torch has them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspector.core.analysis import array_file
from inspector.core.analysis.array_file import array_code, array_nbytes, save_array
from inspector.core.analysis.sheet_texts import Place
from inspector.core.analysis.sheets import Grid
from inspector.core.arrays import decode, encoding_of
from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import WorkerPool
from inspector.core.errors import InspectorError, SourceError
from inspector.core.formats import open_checkpoint
from inspector.core.model import DTYPES, DType, Tensor
from inspector.core.progress import Cancelled
from tests.checkpoints import save_safetensors, save_zip


def the_tensor(checkpoint: Checkpoint) -> tuple[Place, Tensor]:
    tensor = checkpoint.root.value
    return Place.of(checkpoint, tensor), tensor


def saved(values: torch.Tensor, folder: Path, engine: WorkerPool) -> np.ndarray:
    target = folder / "out.npy"
    with open_checkpoint(str(save_zip(folder / "in.pt", values))) as checkpoint:
        place, tensor = the_tensor(checkpoint)
        save_array(place, tensor, target, engine)
    assert sorted(path.name for path in folder.iterdir()) == ["in.pt", "out.npy"]
    return np.load(target, allow_pickle=False)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.name)
def test_codes_are_those_of_the_values(dtype: DType) -> None:
    stored = np.zeros(1, encoding_of(dtype).stored)
    assert np.dtype(array_code(dtype)) == decode(stored, dtype).dtype
    assert array_code(dtype)[0] in "<|"


@pytest.mark.parametrize(
    "dtype",
    [torch.float32, torch.bfloat16, torch.float8_e5m2, torch.int64, torch.bool, torch.complex64],
    ids=str,
)
@pytest.mark.parametrize("shape", [(), (0, 3), (5,), (40, 3, 7)], ids=str)
def test_whole_tensors(
    dtype: torch.dtype, shape: tuple[int, ...], tmp_path: Path, engine: WorkerPool
) -> None:
    values = (torch.randn(shape) * 3).to(dtype)
    found = saved(values, tmp_path, engine)
    narrow = dtype in (torch.bfloat16, torch.float8_e5m2)
    wanted = values.to(torch.float32).numpy() if narrow else values.numpy()
    assert found.dtype == wanted.dtype
    assert np.array_equal(found, wanted)


@given(
    shape=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    block=st.integers(1, 200),
    data=st.data(),
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_view_in_blocks_of_any_size(
    shape: list[int],
    block: int,
    data: st.DataObject,
    tmp_path: Path,
    engine: WorkerPool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(array_file, "_BLOCK", block)
    monkeypatch.setattr(array_file, "_SCATTERED_BLOCK", block)
    values = torch.arange(np.prod(shape, dtype=int), dtype=torch.float32).reshape(shape)
    values = values.permute(data.draw(st.permutations(range(len(shape)))))
    values = values[data.draw(st.integers(0, values.shape[0] - 1)) :]
    assert np.array_equal(saved(values, tmp_path, engine), values.numpy())


def test_two_axes_of_a_tensor(tmp_path: Path, engine: WorkerPool) -> None:
    values = torch.arange(4 * 5 * 6).reshape(4, 5, 6)
    with open_checkpoint(str(save_zip(tmp_path / "in.pt", values))) as checkpoint:
        place, tensor = the_tensor(checkpoint)
        save_array(place, Grid(tensor, 2, 0, (0, 3, 0)).described, tmp_path / "out.npy", engine)
    assert np.array_equal(np.load(tmp_path / "out.npy"), values[:, 3].T.numpy())


def test_the_file_itself_is_never_the_target(tmp_path: Path, engine: WorkerPool) -> None:
    file = save_zip(tmp_path / "in.pt", torch.zeros(3))
    link = tmp_path / "link.npy"
    os.link(file, link)
    before = file.read_bytes()
    with open_checkpoint(str(file)) as checkpoint:
        place, tensor = the_tensor(checkpoint)
        for target in (file, link):
            with pytest.raises(InspectorError, match="is being read"):
                save_array(place, tensor, target, engine)
    assert file.read_bytes() == link.read_bytes() == before


def test_what_fails_leaves_nothing_behind(tmp_path: Path, engine: WorkerPool) -> None:
    folder = tmp_path / "target"
    folder.mkdir()
    (folder / "out.npy").write_bytes(b"before")

    def give_up(fraction: float, message: str = "", /) -> None:
        raise Cancelled

    file = save_safetensors(tmp_path / "in.safetensors", {"a": torch.zeros(1000)})
    with open_checkpoint(str(file)) as checkpoint:
        tensor = checkpoint.root.children[0].value
        place = Place.of(checkpoint, tensor)
        with pytest.raises(Cancelled):
            save_array(place, tensor, folder / "out.npy", engine, give_up)
        with pytest.raises(InspectorError, match="cannot be written"):
            save_array(place, tensor, tmp_path / "nowhere" / "out.npy", engine)
        wide = tensor._replace(shape=(1 << 60,), stride=(0,))
        with pytest.raises(InspectorError, match="left"):
            save_array(place, wide, folder / "out.npy", engine)
    os.truncate(file, file.stat().st_size - 100)
    with open_checkpoint(str(file)) as checkpoint:
        place = Place.of(checkpoint, tensor)
        with pytest.raises(SourceError, match="missing"):
            save_array(place, tensor, folder / "out.npy", engine)
    assert [path.name for path in folder.iterdir()] == ["out.npy"]
    assert (folder / "out.npy").read_bytes() == b"before"
    assert array_nbytes(wide) == 4 << 60
