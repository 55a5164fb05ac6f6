"""Findings about values, in files that torch and safetensors wrote."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from inspector.core.analysis.health import HEALTH
from inspector.core.errors import SourceError
from inspector.core.model import tensors
from tests.checkpoints import WRITERS, save_safetensors, save_zip
from tests.core.analysis.scans import Scanned, scanned


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def of(tmp_path: Path, **state: torch.Tensor) -> Scanned:
    return scanned(save_zip(tmp_path / "a.pt", state))


def test_the_table_has_a_row_per_code_and_says_what_it_means() -> None:
    codes = [health.code for health in HEALTH]
    assert len(set(codes)) == len(codes)
    for health in HEALTH:
        assert health.meaning.endswith(".")
        assert "safe" not in health.meaning


def test_a_fresh_network_has_nothing_to_say(tmp_path) -> None:
    model = nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 30))
    found = scanned(save_zip(tmp_path / "a.pt", model.state_dict()))
    assert all(not row.findings and not row.error for row in found.rows.values())
    assert found.across == []


# ---- NaN and infinity ---------------------------------------------------------------------


def broken_network() -> dict[str, torch.Tensor]:
    model = nn.Sequential(nn.Conv2d(3, 16, 3), nn.Linear(64, 30))
    with torch.no_grad():
        model[0].weight[7, 1, 2, 0] = torch.nan
        model[0].weight[9, 0, 0, 0] = torch.nan
        model[1].weight[29, 63] = torch.inf
        model[1].weight[3, 5] = -torch.inf
    return model.state_dict()


WRITE = {**WRITERS, "safetensors": save_safetensors}


@pytest.mark.parametrize("name", WRITE)
def test_the_first_nan_and_infinity_are_named(name, tmp_path) -> None:
    state = broken_network()
    found = scanned(WRITE[name](tmp_path / "a.pt", dict(state)))
    assert found.codes("0.weight") == {
        "nan": "2 of 432 elements are NaN; the first at [7, 1, 2, 0]."
    }
    assert found.codes("1.weight") == {
        "infinite": "2 of 1\u202f920 elements are infinite; the first at [3, 5]."
    }
    assert found.severities("0.weight") == {"nan": "error"}
    assert found.codes("0.bias") == {}


def test_where_a_single_element_is_goes_without_saying(tmp_path) -> None:
    found = of(tmp_path, loss=torch.tensor(torch.nan), best=torch.tensor([[-torch.inf]]))
    assert found.codes("loss") == {"nan": "The only element is NaN."}
    assert found.codes("best") == {"infinite": "The only element is infinite."}


def test_of_sparse_tensors_it_is_told_where_among_the_stored_values(tmp_path) -> None:
    values = torch.tensor([1.0, torch.nan, 2.0])
    found = of(
        tmp_path,
        coo=torch.sparse_coo_tensor([[0, 7, 9]], values, (20,), check_invariants=True),
        zeros=torch.sparse_coo_tensor([range(20)], torch.zeros(20), (90,), check_invariants=True),
    )
    said = "1 of 3 stored values is NaN; the first at [1] of these."
    assert found.codes("coo") == {"nan": said}
    assert found.codes("zeros") == {"all-zero": "All 20 stored values are zero."}


def test_worker_processes_say_the_same(tmp_path, engine) -> None:
    path = save_zip(tmp_path / "a.pt", broken_network())
    assert scanned(path, engine) == scanned(path)


@pytest.mark.parametrize("dtype", [
    torch.float64, torch.float16, torch.bfloat16, torch.complex64, torch.float8_e5m2,
], ids=str)  # fmt: skip
def test_in_every_dtype_that_has_them(dtype, tmp_path) -> None:
    tensor = torch.randn(30, 20).to(dtype)
    tensor.view(-1)[431] = torch.nan
    tensor.view(-1)[77] = torch.inf
    found = of(tmp_path, w=tensor).codes("w")
    assert "first at [21, 11]" in found["nan"]
    assert "first at [3, 17]" in found["infinite"]


def views(whole: torch.Tensor) -> dict[str, torch.Tensor]:
    return {
        "plain": whole,
        "transposed": whole.transpose(0, 2),
        "permuted": whole.permute(1, 2, 0),
        "strided": whole[3::2, :, 1::3],
        "expanded": whole[:, :, None, :].expand(-1, -1, 5, -1),
        "channels last": whole[None].contiguous(memory_format=torch.channels_last),
    }


def first(flags: torch.Tensor) -> str:
    index = flags.nonzero()
    return f"first at {index[0].tolist()}." if len(index) else ""


@pytest.mark.parametrize("seed", range(6))
def test_the_first_is_that_of_the_tensors_own_order(seed, tmp_path, monkeypatch) -> None:
    from inspector.core.arrays import blocks

    monkeypatch.setattr(blocks, "BLOCK_BYTES", 2048)
    torch.manual_seed(seed)
    whole = torch.randn(20, 18, 16)
    for value in (torch.nan, torch.inf, -torch.inf):
        whole.view(-1)[torch.randint(whole.numel(), (4,))] = value
    state = views(whole)
    found = scanned(save_zip(tmp_path / "a.pt", state))
    for name, tensor in state.items():
        messages = found.codes(name)
        assert messages.get("nan", "").endswith(first(tensor.isnan())), name
        assert messages.get("infinite", "").endswith(first(tensor.isinf())), name


@pytest.mark.parametrize(
    ("shape", "stride"), [((30, 8), (1, 2)), ((8, 30), (2, 1)), ((3, 4, 5, 30), (0, 3, 1, 1))]
)
def test_of_a_view_that_overlaps_itself_the_first_place_is_told(shape, stride, tmp_path) -> None:
    storage = torch.randn(64)
    storage[20], storage[13] = torch.nan, torch.inf
    view = storage.as_strided(shape, stride, 2)
    found = of(tmp_path, w=view).codes("w")
    assert found["nan"].endswith(first(view.isnan()))
    assert found["infinite"].endswith(first(view.isinf()))


def test_of_a_large_view_that_overlaps_itself_no_place_is_told(tmp_path) -> None:
    storage = torch.randn(9000)
    storage[20] = torch.nan
    found = of(tmp_path, w=storage.as_strided((3000, 3000), (1, 2))).codes("w")
    assert found["nan"].endswith("are NaN.")


def test_a_mask_of_infinities_is_no_damage(tmp_path) -> None:
    mask = torch.full((9, 9), -torch.inf).triu(1)
    assert of(tmp_path, mask=mask).severities("mask") == {"infinite-mask": "info"}


def test_infinity_in_a_callback_is_no_damage(tmp_path) -> None:
    state = {
        "state_dict": nn.Linear(4, 4).state_dict(),
        "callbacks": {"best": torch.tensor(torch.inf)},
        "optimizer_states": [],
        "epoch": 3,
    }
    found = scanned(save_zip(tmp_path / "a.ckpt", state))
    assert found.severities("callbacks/best") == {"infinite": "info"}


def test_nan_in_an_optimizer_is_damage(tmp_path) -> None:
    model = nn.Linear(4, 4)
    optimizer = torch.optim.Adam(model.parameters())
    (model(torch.ones(1, 4)).sum() * torch.nan).backward()
    optimizer.step()
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    found = scanned(save_zip(tmp_path / "a.pt", state))
    assert found.severities("optimizer/state/0/exp_avg") == {"nan": "error"}
    assert found.severities("model/weight") == {"nan": "error"}


# ---- the same everywhere, dead rows and columns ----------------------------------------------


def test_zeros_and_constants(tmp_path) -> None:
    found = of(
        tmp_path,
        **{
            "a.weight": torch.zeros(8, 8),
            "b.weight": torch.full((8, 8), 0.5),
            "b.bias": torch.zeros(64),
            "norm.weight": torch.ones(64),
            "steps": torch.full((40,), 7),
            "few.weight": torch.zeros(2, 2),
            "mask": torch.ones(9, 9, dtype=torch.bool),
        },
    )
    assert found.severities("a.weight") == {"all-zero": "warning"}
    assert found.codes("b.weight") == {"constant": "All 64 elements are 0.5."}
    assert found.severities("b.bias") == {"all-zero": "info"}
    assert found.severities("norm.weight") == {"constant": "info"}
    assert found.severities("steps") == {"constant": "info"}
    assert found.codes("few.weight") == {}
    assert found.codes("mask") == {}


def test_a_unit_that_died_behind_a_relu(tmp_path) -> None:
    """Without gradients, weight decay takes its weights to zero."""
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))
    dead = torch.zeros(16, dtype=torch.bool)
    dead[5] = True
    with torch.no_grad():
        model[0].bias[dead] = -1e30  # never fires, and decay is not strong enough to change that
        for _ in range(250):
            model[0].weight[dead] *= 0.5
            model[2].weight[:, dead] *= 0.5
    found = scanned(save_zip(tmp_path / "a.pt", model.state_dict()))
    assert found.codes("0.weight")["dead-rows"] == "1 of 16 rows is all zero; the first is 5."
    assert found.codes("2.weight")["dead-columns"] == "1 of 16 columns is all zero; the first is 5."


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.float8_e4m3fn], ids=str)
def test_dead_channels_of_a_convolution(dtype, tmp_path, monkeypatch) -> None:
    from inspector.core.analysis.health import closer

    monkeypatch.setattr(closer, "_ROWS_BYTES", 1000)
    weight = torch.randn(32, 24, 3, 3).sign() * (1 + torch.rand(32, 24, 3, 3))
    weight[[9, 20, 31]] = 0
    weight[:, 4:6] = -0.0
    last = weight.contiguous(memory_format=torch.channels_last)
    found = of(tmp_path, w=weight.to(dtype), last=last.to(dtype))
    for name in ("w", "last"):
        assert found.codes(name) == {
            "dead-rows": "3 of 32 rows are all zero; the first is 9.",
            "dead-columns": "2 of 24 columns are all zero; the first is 4.",
        }


def test_zeros_that_fill_no_row_are_not_dead(tmp_path) -> None:
    weight = torch.randn(16, 16)
    weight.fill_diagonal_(0.0)
    assert of(tmp_path, w=weight).codes("w") == {}


def test_the_row_of_the_padding_token_is_zero_on_purpose(tmp_path) -> None:
    model = nn.ModuleDict({"embed": nn.Embedding(30, 8, padding_idx=0)})
    found = scanned(save_zip(tmp_path / "a.pt", model.state_dict()))
    assert found.severities("embed.weight") == {"dead-rows": "info"}


def test_rows_that_an_optimizer_never_touched_say_nothing(tmp_path) -> None:
    model = nn.Embedding(30, 8)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.tensor([3, 4])).sum().backward()
    optimizer.step()
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    found = scanned(save_zip(tmp_path / "a.pt", state))
    assert found.codes("optimizer/state/0/exp_avg") == {}


# ---- the ends of a dtype -------------------------------------------------------------------


def test_float16_near_its_end(tmp_path) -> None:
    near = torch.randn(50).half()
    near[3] = 40_000
    mask = torch.randn(50).half()
    mask[3] = torch.finfo(torch.float16).min
    found = of(tmp_path, near=near, mask=mask, wide=near.float(), fine=torch.randn(50).half())
    assert found.codes("near") == {
        "near-overflow": "The largest number is 40000; float16 ends at 65504."
    }
    assert found.severities("mask") == {"near-overflow": "info"}
    assert found.codes("wide") == {}
    assert found.codes("fine") == {}


def test_what_float16_could_not_hold(tmp_path) -> None:
    wide = torch.randn(50)
    wide[3] = -70_000
    found = of(tmp_path, w=wide, mask=torch.tensor([0.0, torch.finfo(torch.float32).min]))
    assert found.severities("w") == {"beyond-float16": "info"}
    assert found.severities("mask") == {"near-overflow": "info"}


@pytest.mark.parametrize(
    ("dtype", "factor"),
    [(torch.float32, 1e-39), (torch.bfloat16, 1e-39), (torch.float64, 1e-309),
     (torch.float16, 1e-6)],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("size", [3000, 300])
def test_numbers_below_the_smallest_normal(dtype, factor, size, tmp_path) -> None:
    small = (torch.randn(size, dtype=torch.float64) * factor).to(dtype)
    values = torch.cat([torch.randn(size).to(dtype), small, torch.zeros(size, dtype=dtype)])
    below = ((values != 0) & (values.double().abs() < torch.finfo(dtype).tiny)).sum().item()
    nonzero = (values != 0).sum().item()
    shown = f"{below:,} of {nonzero:,} numbers".replace(",", "\u202f")
    for name, tensor in {"w": values, "v": values.view(-1, 3).T}.items():
        assert of(tmp_path, **{name: tensor}).codes(name)["subnormal"].startswith(shown)


def test_batch_norm_behind_a_dead_channel(tmp_path) -> None:
    """Its running variance falls by a tenth a step, until float32 has no smaller number."""
    model = nn.BatchNorm1d(4)
    for _ in range(1200):
        model(torch.randn(8, 4) * torch.tensor([1.0, 0.0, 1.0, 1.0]))
    zero, below = copy.deepcopy(model), copy.deepcopy(model)
    zero.running_var[1] = 0.0
    below.running_var[2] = -1e-3
    assert 0 < model.running_var[1] < 1e-40
    net = nn.ModuleDict({"a": model, "b": zero, "c": below})
    found = scanned(save_zip(tmp_path / "a.pt", net.state_dict()))
    sentence = "1 of 4 variances is zero, or next to it."
    assert found.codes("a.running_var") == {"running-variance": sentence}
    assert found.severities("a.running_var") == {"running-variance": "info"}
    assert found.codes("b.running_var") == {"running-variance": sentence}
    assert found.severities("b.running_var") == {"running-variance": "warning"}
    assert found.severities("c.running_var") == {"running-variance": "error"}


# ---- numbers of half the size ----------------------------------------------------------------


def test_numbers_that_half_the_bytes_would_hold(tmp_path) -> None:
    noise = torch.randn(3000)
    state = {
        "bf16": noise.bfloat16().float(),
        "fp16": noise.half().float(),
        "tiny": (noise * 3e-5).half().float(),  # float16 below its smallest normal number
        "double": noise.double(),
        "noise": noise,
        "nearly": torch.cat([noise.bfloat16().float(), torch.tensor([1.0000001])]),
        "too large": noise.half().float() * 1024 * 1024,
        "mask": (noise > 0).float(),
        "constant": torch.ones(3000),
        "few": noise[:1000].bfloat16().float(),
    }
    found = scanned(save_zip(tmp_path / "a.pt", {k: v.clone() for k, v in state.items()}))
    told = {key: found.codes(key).get("fits-half", "").split(" of ")[-1] for key in state}
    assert {key: text.partition(",")[0] for key, text in told.items() if text} == {
        "bf16": "bfloat16",
        "fp16": "float16",
        "tiny": "float16",
        "double": "float32",
    }
    assert "6.00 kB" in told["bf16"]


# ---- several tensors together -----------------------------------------------------------------


def layers(count: int, odd: int, factor: float) -> dict[str, torch.Tensor]:
    model = nn.ModuleDict(
        {"layers": nn.ModuleList(nn.ModuleDict({"q": nn.Linear(32, 32)}) for _ in range(count))}
    )
    with torch.no_grad():
        model["layers"][odd]["q"].weight *= factor
    return model.state_dict()


@pytest.mark.parametrize("factor", [40.0, 0.02])
def test_a_layer_of_another_scale(factor, tmp_path) -> None:
    found = scanned(save_zip(tmp_path / "a.pt", layers(8, 3, factor)))
    (finding,) = found.across
    assert (finding.code, finding.path) == ("unlike-siblings", ("layers.3.q.weight",))
    assert "7 siblings layers.*.q.weight" in finding.message


def test_a_few_layers_are_too_few_to_judge(tmp_path) -> None:
    assert scanned(save_zip(tmp_path / "a.pt", layers(5, 3, 40.0))).across == []
    assert scanned(save_zip(tmp_path / "b.pt", layers(8, 3, 2.0))).across == []


@pytest.mark.parametrize("name", WRITE)
def test_the_same_values_twice(name, tmp_path) -> None:
    weight = torch.randn(40, 40)
    other = weight.clone()
    other[0, [0, 1]] = other[0, [1, 0]]  # the same numbers, in another order
    state = {
        "a": weight,
        "copy": weight.clone(),
        "other": other,
        "shape": weight.clone().view(20, 80),
        "small": torch.randn(4),
        "ones": torch.ones(40, 40),
        "ones too": torch.ones(40, 40),
    }
    if name != "safetensors":  # which knows no ties
        state["tied"] = weight
    state["small too"] = state["small"].clone()
    found = scanned(WRITE[name](tmp_path / "a.pt", state))
    duplicates = [finding for finding in found.across if finding.code == "duplicate"]
    assert [finding.path for finding in duplicates] == [("copy",)]
    assert duplicates[0].message.startswith("The same values as a, stored once more: 6.40 kB")


def test_duplicates_whose_channels_come_last(tmp_path) -> None:
    weight = torch.randn(16, 8, 3, 3).to(memory_format=torch.channels_last)
    found = of(tmp_path, a=weight, copy=weight.clone(), other=weight.contiguous())
    assert [(finding.code, finding.path) for finding in found.across] == [("duplicate", ("copy",))]


def test_a_small_slice_with_all_of_its_storage_is_a_note(tmp_path) -> None:
    found = of(tmp_path, head=torch.randn(100_000)[:100], fine=torch.randn(2000)[:100])
    (finding,) = found.across
    assert (finding.severity, finding.path) == ("info", ("head",))


def test_a_slice_that_was_saved_with_all_of_its_storage(tmp_path) -> None:
    whole = torch.randn(1_000_000)
    found = of(tmp_path, head=whole[:100], other=torch.randn(100))
    (finding,) = found.across
    assert (finding.code, finding.severity) == ("large-storage", "warning")
    assert finding.path == ("head",)


# ---- the scan itself ----------------------------------------------------------------------


def test_every_tensor_has_a_row_also_where_there_are_no_values(tmp_path) -> None:
    weight = torch.randn(4, 4)
    state = {
        "a": weight,
        "tied": weight,
        "part": weight[1],
        "meta": torch.empty(3, device="meta"),
        "empty": torch.empty(0, 5),
        "sparse": torch.eye(5).to_sparse(),
    }
    found = scanned(save_zip(tmp_path / "a.pt", state))
    assert set(found.rows) == set(state)
    assert found.rows["tied"].statistics == found.rows["a"].statistics
    assert "meta device" in found.rows["meta"].error
    assert found.rows["empty"].statistics is not None
    assert {key for key, row in found.rows.items() if row.statistics is None} == {"meta"}


def test_what_is_cut_off_is_an_error_and_the_rest_is_not(tmp_path) -> None:
    path = save_zip(tmp_path / "a.pt", {f"w{n}": torch.randn(500) for n in range(10)})
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    found = scanned(path)
    lost = {key for key, row in found.rows.items() if row.error}
    assert 3 <= len(lost) <= 6
    assert all(found.rows[key].statistics is not None for key in set(found.rows) - lost)


def test_a_file_that_changes_meanwhile_is_refused(tmp_path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from inspector.core.analysis.health import health_scan
    from inspector.core.engine import ExecutorEngine
    from inspector.core.formats import open_checkpoint

    path = save_zip(tmp_path / "a.pt", {"w": torch.randn(500)})
    with open_checkpoint(str(path)) as checkpoint, ThreadPoolExecutor(1) as executor:
        items = list(tensors(checkpoint.root))
        save_zip(path, {"w": torch.randn(700)})
        with pytest.raises(SourceError, match="has changed"):
            list(health_scan(checkpoint, items, ExecutorEngine(executor)))


def test_progress_ends_with_everything(tmp_path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from inspector.core.analysis.health import health_scan
    from inspector.core.engine import ExecutorEngine
    from inspector.core.formats import open_checkpoint

    seen: list[float] = []

    def progress(fraction: float, message: Any = "", /) -> None:
        seen.append(fraction)

    path = save_zip(tmp_path / "a.pt", broken_network())
    with open_checkpoint(str(path)) as checkpoint, ThreadPoolExecutor(1) as executor:
        items = list(tensors(checkpoint.root))
        list(health_scan(checkpoint, items, ExecutorEngine(executor), progress))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_of_an_expanded_tensor_only_the_stored_bytes_could_be_saved(tmp_path) -> None:
    row, few = torch.randn(2000).bfloat16().float(), torch.randn(5).bfloat16().float()
    found = of(tmp_path, w=row.expand(1000, 2000), few=few.expand(1000, 5))
    assert found.codes("w")["fits-half"].endswith("would save 4.00 kB.")
    assert "fits-half" not in found.codes("few")
