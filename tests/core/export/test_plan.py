"""Recipes applied: what torch does with the same state_dict in Python, and what is said of it."""

from __future__ import annotations

import re
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from inspector.core.errors import InspectorError
from inspector.core.export import (
    AddPrefix,
    Choice,
    DeviceRule,
    DTypeRule,
    Plan,
    Recipe,
    RenameMap,
    StripPrefix,
    Substitute,
    Unwrap,
    cast_losses,
    loss_findings,
    make_plan,
    state_dict_tensors,
)
from inspector.core.formats import open_checkpoint
from inspector.core.model import Attribute
from tests.checkpoints import Vanishing, save_zip
from tests.core.export.exports import exported, loaded, same


def plan_of(path: Path, recipe: Recipe, target: Any = None) -> Plan:
    with open_checkpoint(str(path)) as checkpoint:
        return make_plan(checkpoint, recipe, target)


def keys(plan: Plan) -> list[str]:
    return [row.key for row in plan.rows]


def equal(found: Any, wanted: Any) -> None:
    assert list(found) == list(wanted)
    assert all(same(found[key], value) for key, value in wanted.items())


# ---- which ---------------------------------------------------------------------------------

STATE = OrderedDict(
    (key, torch.full((2,), float(n)))
    for n, key in enumerate(["a.w", "a.b", "b.w", "b.x.w", "head.w", "head.b"])
)


@pytest.mark.parametrize(
    ("choices", "kept"),
    [
        ((), "a.w a.b b.w b.x.w head.w head.b"),
        ((Choice("a.*"),), "a.w a.b"),
        ((Choice("head.*", keep=False),), "a.w a.b b.w b.x.w"),
        ((Choice("*.w"), Choice("b.*", keep=False), Choice("b.x.*")), "a.w b.x.w head.w"),
        ((Choice("b.*", keep=False), Choice("b.x.*")), "a.w a.b b.x.w head.w head.b"),
        ((Choice(r"re:^(a|b)\.w$"),), "a.w b.w"),
        ((Choice("model/a.?"),), "a.w a.b"),
        ((Choice("[ab].w"),), "a.w b.w"),
    ],
)
def test_choices_apply_in_order(choices, kept, tmp_path: Path) -> None:
    source = save_zip(tmp_path / "a.pt", {"model": STATE, "epoch": 1})
    plan = plan_of(source, Recipe(choices=choices))
    assert keys(plan) == kept.split()
    assert {row.source for row in plan.rows} == {("model", key) for key in kept.split()}
    assert len(plan.dropped) == len(STATE) - len(plan.rows)
    assert {drop.reason for drop in plan.dropped} <= {"not-chosen"}


def test_ticks_are_exact_paths_or_what_contains_them(tmp_path: Path) -> None:
    source = save_zip(tmp_path / "a.pt", {"model": STATE})
    ticks = (("model", "a.w"), ("model", "head.b"))
    assert keys(plan_of(source, Recipe(ticks=ticks))) == ["a.w", "head.b"]
    assert len(plan_of(source, Recipe(ticks=(("model",),))).rows) == 6
    assert not plan_of(source, Recipe(ticks=())).possible


def test_what_matches_nothing_is_said(tmp_path: Path) -> None:
    source = save_zip(tmp_path / "a.pt", STATE)
    recipe = Recipe(choices=(Choice("a.*"), Choice("zzz.*")), renames=(StripPrefix("yyy."),))
    codes = [finding.code for finding in plan_of(source, recipe).findings]
    assert codes == ["no-match", "no-match"]
    assert "take off 'yyy.'" in plan_of(source, recipe).findings[1].message
    nothing = plan_of(source, Recipe(choices=(Choice("zzz"),)))
    assert not nothing.possible


# ---- names ---------------------------------------------------------------------------------


def torch_prefix(state: dict[str, Any], prefix: str) -> dict[str, Any]:
    state = dict(state)
    torch.nn.modules.utils.consume_prefix_in_state_dict_if_present(state, prefix)
    return state


def test_stripping_a_prefix_is_what_torch_does(tmp_path: Path, network) -> None:
    wrapped = torch.nn.DataParallel(network).state_dict()
    target = tmp_path / "b.pt"
    exported(
        save_zip(tmp_path / "a.pt", wrapped), target, Recipe(renames=(StripPrefix("module."),))
    )
    found = loaded(target)
    equal(found, torch_prefix(wrapped, "module."))
    assert found._metadata == network.state_dict()._metadata
    network.load_state_dict(found)


@pytest.mark.parametrize(
    ("key", "bare"),
    [
        ("module._orig_mod.a.w", "a.w"),
        ("_orig_mod.module.a.w", "a.w"),
        ("module.a._orig_mod.w", "a.w"),
        ("module.a._fsdp_wrapped_module._checkpoint_wrapped_module.w", "a.w"),
        ("a.module.w", "a.module.w"),
        ("_forward_module.module.model.a", "model.a"),
    ],
)
def test_wrappers_come_off_in_any_order(key: str, bare: str) -> None:
    assert Unwrap().renamed(key) == bare


def test_rules_follow_each_other(tmp_path: Path) -> None:
    source = save_zip(tmp_path / "a.pt", STATE)
    renames = (
        Substitute(r"^(\w+)\.(w|b)$", r"\2/\1"),
        RenameMap((("w/a", "first"), ("nothing", "else"))),
        AddPrefix("net."),
        StripPrefix("net.b"),
    )
    wanted = []
    for key in STATE:
        key = re.sub(r"^(\w+)\.(w|b)$", r"\2/\1", key)
        key = "net." + {"w/a": "first"}.get(key, key)
        wanted.append(key.removeprefix("net.b").removeprefix("."))
    plan = plan_of(source, Recipe(renames=renames))
    assert keys(plan) == wanted


def test_collisions_forbid_writing_and_name_both(tmp_path: Path) -> None:
    source = save_zip(tmp_path / "a.pt", STATE)
    recipe = Recipe(renames=(Substitute(r"^(a|b)\.", ""),))
    plan = plan_of(source, recipe)
    assert not plan.possible
    message = plan.findings[0].message
    assert "a.w" in message
    assert "b.w" in message
    with pytest.raises(InspectorError, match="same key"):
        exported(source, tmp_path / "b.pt", recipe)
    assert not (tmp_path / "b.pt").exists()


def test_the_same_tensor_under_one_new_key_is_a_duplicate(tmp_path: Path) -> None:
    weight = torch.ones(2)
    source = save_zip(tmp_path / "a.pt", {"module.w": weight, "w": weight})
    plan = plan_of(source, Recipe(renames=(Unwrap(),)))
    assert plan.possible
    assert keys(plan) == ["w"]
    assert [drop.reason for drop in plan.dropped] == ["duplicate"]


def test_metadata_follows_the_modules(tmp_path: Path, network) -> None:
    whole = torch.nn.ModuleDict({"backbone": network, "head": torch.nn.BatchNorm1d(2)})
    source, target = save_zip(tmp_path / "a.pt", whole.state_dict()), tmp_path / "b.pt"
    recipe = Recipe(choices=(Choice("backbone.*"),), renames=(StripPrefix("backbone."),))
    exported(source, target, recipe)
    assert loaded(target)._metadata == network.state_dict()._metadata
    again = tmp_path / "c.pt"
    exported(target, again, Recipe(renames=(AddPrefix("x.y."),)))
    assert loaded(again)._metadata["x.y.1"] == {"version": 2}


# ---- dtypes and devices --------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"]
)
def test_casts_are_those_of_torch(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    every = torch.arange(1 << 16).to(torch.int32).to(torch.uint16)
    state = {
        "wide": torch.randn(1000, dtype=torch.float64) * 10.0 ** torch.randint(-50, 50, (1000,)),
        "single": torch.randn(300, 7) * 10.0 ** torch.randint(-20, 20, (300, 7)),
        "half": every.view(torch.float16)[every.view(torch.float16).isfinite()],
        "brain": every.view(torch.bfloat16)[every.view(torch.bfloat16).isfinite()],
        "strided": torch.randn(40, 30).t()[3:, ::2],
        "whole": torch.arange(5), "truth": torch.tensor([True, False]),
        "special": torch.tensor([float("inf"), -float("inf"), 0.0, -0.0]),
    }  # fmt: skip
    dtype = getattr(torch, name)
    source, target = save_zip(tmp_path / "a.pt", state), tmp_path / "b.pt"
    exported(source, target, Recipe(dtypes=(DTypeRule(name),)))
    floats = {key: value.is_floating_point() for key, value in state.items()}
    wanted = {key: x.to(dtype) if floats[key] else x for key, x in state.items()}
    equal(loaded(target), wanted)


def test_dtype_rules_have_patterns_and_kinds(tmp_path: Path) -> None:
    state = {
        "a.w": torch.randn(3),
        "b.w": torch.randn(3),
        "n": torch.arange(3),
        "t": torch.ones(2) > 0,
    }
    source, target = save_zip(tmp_path / "a.pt", state), tmp_path / "b.pt"
    rules = (DTypeRule("float16"), DTypeRule("bfloat16", "b.*"), DTypeRule("int32"))
    exported(source, target, Recipe(dtypes=rules))
    wanted = {"a.w": state["a.w"].half(), "b.w": state["b.w"].bfloat16(), "n": state["n"].int()}
    equal(loaded(target), wanted | {"t": state["t"]})
    every = (DTypeRule("float16", any_kind=True),)
    exported(source, target, Recipe(dtypes=every), overwrite=True)
    equal(loaded(target), {key: value.half() for key, value in state.items()})
    with pytest.raises(InspectorError, match="no dtype"):
        plan_of(source, Recipe(dtypes=(DTypeRule("float17"),)))


def test_dtype_rules_are_held_against_keys_as_they_are_stored(tmp_path: Path) -> None:
    source = save_zip(tmp_path / "a.pt", {"model": {"a.w": torch.ones(2), "b.w": torch.ones(2)}})
    dtypes = DTypeRule("float16", "a.*"), DTypeRule("bfloat16", "model/b.*")
    recipe = Recipe(at=("model",), renames=(Substitute("^(.)", r"new.\1"),), dtypes=dtypes)
    made = {row.key: row.dtype.name for row in plan_of(source, recipe).rows}
    assert made == {"new.a.w": "float16", "new.b.w": "bfloat16"}


def test_what_a_cast_loses_is_counted_before_anything_is_written(tmp_path: Path) -> None:
    values = torch.tensor(
        [1.0, 65504.0, 65520.0, 1e6, -1e6, 1e-8, -1e-9, 0.0, float("inf"), float("nan")]
    )
    state = {"lost": values, "fine": torch.ones(4), "double": values.double() * 1e40}
    source = save_zip(tmp_path / "a.pt", state)
    with open_checkpoint(str(source)) as checkpoint:
        for name in ("float16", "bfloat16", "float32", "float8_e5m2", "float8_e4m3fn"):
            plan = make_plan(checkpoint, Recipe(dtypes=(DTypeRule(name),)))
            losses = {loss.row.key: loss for loss in cast_losses(checkpoint, plan)}
            for key, before in state.items():
                after = before.to(getattr(torch, name)).double()
                limit = torch.finfo(getattr(torch, name)).max
                over = before.isfinite() & (
                    ~after.isfinite() if name != "float8_e4m3fn" else before.abs() > limit
                )
                under = (after == 0) & (before != 0)
                counted = (losses[key].overflow, losses[key].underflow) if key in losses else (0, 0)
                assert counted == (int(over.sum()), int(under.sum())), (name, key)
        plan = make_plan(checkpoint, Recipe(dtypes=(DTypeRule("float16"),)))
        findings = loss_findings(cast_losses(checkpoint, plan))
    assert findings[0].severity == "warning"
    assert not list(tmp_path.glob("b*"))


def test_device_rules_are_held_against_the_stored_tag(tmp_path: Path) -> None:
    source = save_zip(tmp_path / "a.pt", {"a": torch.ones(2)})
    swapped = Recipe(devices=(DeviceRule("cuda:1", "cpu"), DeviceRule("cpu", "cuda:*")))
    assert plan_of(source, swapped).rows[0].device == "cuda:1"
    with pytest.raises(InspectorError, match="no device"):
        plan_of(source, Recipe(devices=(DeviceRule("the moon"),)))


# ---- where ---------------------------------------------------------------------------------


def test_several_state_dicts_must_be_told_apart(tmp_path: Path) -> None:
    source = save_zip(tmp_path / "a.pt", {"generator": STATE, "critic": dict(STATE)})
    with pytest.raises(InspectorError, match=r"several state_dicts: generator, critic"):
        plan_of(source, Recipe())
    assert len(plan_of(source, Recipe(at=("critic",))).rows) == len(STATE)
    with pytest.raises(InspectorError, match="nothing at"):
        plan_of(source, Recipe(at=("nowhere",)))


def test_averaged_weights_instead_of_the_trained(training: Path, tmp_path: Path) -> None:
    whole = torch.load(training)
    exported(training, tmp_path / "b.pt", Recipe(weights="ema"))
    equal(loaded(tmp_path / "b.pt"), whole["model_ema"])
    exported(training, tmp_path / "c.pt", Recipe(weights="ema", container="stored"))
    found = loaded(tmp_path / "c.pt")
    equal(found["model"], whole["model_ema"])
    assert "model_ema" not in found
    assert found["epoch"] == 7


def test_a_checkpoint_as_stored_without_what_training_needs(training: Path, tmp_path: Path) -> None:
    whole = torch.load(training)
    plan = exported(training, tmp_path / "b.pt", Recipe(container="stored"))
    found = loaded(tmp_path / "b.pt")
    assert list(found) == ["epoch", "config", "model"]
    assert found["config"] == whole["config"]
    equal(found["model"], whole["model"])
    assert {drop.source for drop in plan.dropped} == {
        ("optimizer",),
        ("scheduler",),
        ("model_ema",),
    }
    exported(training, tmp_path / "c.pt", Recipe(container="stored", omit=()))
    found = loaded(tmp_path / "c.pt")
    assert list(found) == list(whole)
    assert str(found["optimizer"]) == str(whole["optimizer"])
    assert found["scheduler"] == whole["scheduler"]


def test_under_a_key_with_extras_and_a_stamp(training: Path, tmp_path: Path) -> None:
    import hashlib
    import zipfile

    target = tmp_path / "b.pt"
    recipe = Recipe(wrap="state_dict", extras=("epoch", "conf*"), stamp=True, renames=(Unwrap(),))
    with open_checkpoint(str(training)) as checkpoint:
        from inspector.core.export import export

        done = export(checkpoint, make_plan(checkpoint, recipe), str(target))
    found = loaded(target)
    assert list(found) == ["state_dict", "epoch", "config", "metadata"]
    equal(found["state_dict"], torch_prefix(torch.load(training)["model"], "module."))
    stamp = found["metadata"]
    assert stamp["source"] == "training.pt"
    assert stamp["torch_version"] == torch.__version__
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        names = [name for name in archive.namelist() if "/data/" in name]
        real = hashlib.sha256(b"".join(archive.read(name) for name in names)).hexdigest()
    assert stamp["content_hash"] == real == done.content_hash


@pytest.mark.parametrize("recipe", [Recipe(stamp=True), Recipe(extras=("epoch",))])
def test_a_bare_state_dict_has_no_place_for_more(recipe: Recipe, training: Path) -> None:
    with pytest.raises(InspectorError, match="--wrap"):
        plan_of(training, recipe)


def test_a_whole_module_is_written_as_its_state_dict(tmp_path: Path) -> None:
    with Vanishing(tmp_path) as models:
        torch.manual_seed(0)
        net = models.Net()
        net.register_buffer("hidden", torch.ones(3), persistent=False)
        net.again = net.blocks[0]
        wanted = net.state_dict()
        source = save_zip(tmp_path / "net.pt", {"model": net, "epoch": 3})
    for recipe in (Recipe(), Recipe(format="torch-legacy")):
        target = tmp_path / f"{recipe.format}.pt"
        exported(source, target, recipe)
        found = loaded(target)
        equal(found, wanted)
        assert all(type(x) is torch.Tensor and not x.requires_grad for x in found.values())


class Scripted(torch.nn.Module):  # type: ignore[misc]
    """A tensor that is a mere attribute is in no state_dict, and parameters come first."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("first", torch.ones(2))
        self.norm = torch.nn.BatchNorm1d(2)
        self.weight = torch.nn.Parameter(torch.randn(2))
        self.mere = torch.zeros(4)
        self.again = self.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(x) * self.weight + self.first + self.mere.sum()


@pytest.mark.filterwarnings("ignore")
def test_a_scripted_module_is_written_as_its_state_dict(tmp_path: Path) -> None:
    source, target = tmp_path / "a.pt", tmp_path / "b.pt"
    torch.jit.save(torch.jit.script(Scripted()), str(source))
    exported(source, target)
    wanted = torch.jit.load(str(source)).state_dict()
    assert list(loaded(target)) == list(wanted)
    equal(loaded(target), wanted)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("quantized", [False, True])
def test_a_frozen_module_for_phones_has_its_weights_among_the_constants(
    quantized: bool, tmp_path: Path
) -> None:
    layer = torch.nn.Linear(4, 3).eval()
    net = torch.nn.Sequential(layer, torch.nn.Linear(3, 2)).eval()
    if quantized:
        net = torch.ao.quantization.quantize_dynamic(net, {torch.nn.Linear}, dtype=torch.qint8)
    source, target = tmp_path / "a.ptl", tmp_path / "b.pt"
    torch.jit.freeze(torch.jit.script(net))._save_for_lite_interpreter(str(source))
    with open_checkpoint(str(source)) as checkpoint:
        assert ("constants.pkl", 0) not in checkpoint.recognition.state_dicts
        said = [finding.message for finding in make_plan(checkpoint, Recipe()).findings]
        assert quantized == any("no tensors that a state_dict would hold" in one for one in said)
    if not quantized:
        exported(source, target, Recipe(at=("constants.pkl",)))
        assert any(torch.equal(layer.weight, found) for found in loaded(target).values())


def test_objects_become_plain_or_are_named(tmp_path: Path) -> None:
    import argparse

    state = {
        "state_dict": {"a": torch.ones(2), "b": torch.zeros(2)},
        "args": argparse.Namespace(lr=0.1, names=["a", "b"]),
        "values": {1: (True, None, 2**70, -5, 1.5, "ä", b"\x00\xff", {"x"}, 1 + 2j)},
        "sizes": [torch.Size([2, 3]), torch.device("cuda:1"), torch.float16],
    }
    target = tmp_path / "b.pt"
    plan = exported(save_zip(tmp_path / "a.pt", state), target, Recipe(container="stored"))
    found = loaded(target)
    assert found["args"] == vars(state["args"])
    assert found["values"] == state["values"]
    assert found["sizes"] == state["sizes"]
    assert any("argparse.Namespace" in finding.message for finding in plan.findings)


def test_what_stands_behind_an_object_in_a_list_keeps_its_place(tmp_path: Path) -> None:
    state = {"state_dict": {"a": torch.ones(2)}, "random": ("MT", np.arange(3), 624, [object()])}
    source, target = save_zip(tmp_path / "a.pt", state), tmp_path / "b.pt"
    plan = exported(source, target, Recipe(container="stored"))
    assert loaded(target)["random"] == ("MT", None, 624, [None])
    assert any("random/1" in finding.message for finding in plan.findings)


def test_extra_state_goes_along(tmp_path: Path) -> None:
    state = OrderedDict(
        {"w": torch.ones(2), "v": torch.ones(2), "_extra_state": {"t": torch.ones(3), "n": 4}}
    )
    exported(save_zip(tmp_path / "a.pt", state), tmp_path / "b.pt")
    found = loaded(tmp_path / "b.pt")
    assert list(found) == list(state)
    assert found["_extra_state"]["n"] == 4
    assert torch.equal(found["_extra_state"]["t"], torch.ones(3))


def test_a_damaged_file_gives_what_is_whole(tmp_path: Path) -> None:
    state = {f"t{n}": torch.full((1000,), float(n)) for n in range(10)}
    source = save_zip(tmp_path / "a.pt", state)
    data = source.read_bytes()
    source.write_bytes(data[: len(data) * 6 // 10])
    plan = exported(source, tmp_path / "b.pt")
    found = loaded(tmp_path / "b.pt")
    assert 3 <= len(found) < 10
    assert all(torch.equal(found[key], state[key]) for key in found)
    assert {drop.reason for drop in plan.dropped} == {"damaged"}


def test_only_what_fits_a_target(tmp_path: Path, network) -> None:
    source = save_zip(tmp_path / "a.pt", network.state_dict())
    other = torch.nn.Sequential(*list(network)[:3], torch.nn.Linear(4, 9))
    with open_checkpoint(str(save_zip(tmp_path / "t.pt", {"model": other}))) as checkpoint:
        target = state_dict_tensors(checkpoint, ("model",))
    plan = plan_of(source, Recipe(), target)
    assert {drop.source[0] for drop in plan.dropped} == {"3.weight", "3.bias"}
    assert {drop.reason for drop in plan.dropped} == {"does-not-fit"}


def test_paths_into_modules_are_ticked_by_attribute(tmp_path: Path) -> None:
    with Vanishing(tmp_path) as models:
        source = save_zip(tmp_path / "net.pt", models.Net())
    plan = plan_of(source, Recipe(ticks=((Attribute("stem"),),)))
    assert keys(plan) == ["stem.0.weight", "stem.0.bias", "stem.2.weight"]
