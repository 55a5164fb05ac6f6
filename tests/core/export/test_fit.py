"""What is said of a target is what `load_state_dict` says; and a real network goes on learning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from inspector.core.export import (
    Choice,
    DeviceRule,
    DTypeRule,
    Fit,
    Recipe,
    StripPrefix,
    export,
    fit_of,
    fit_sentences,
    loading_code,
    make_plan,
    state_dict_tensors,
)
from inspector.core.formats import open_checkpoint
from tests.checkpoints import save_zip
from tests.core.export.exports import loaded


def write(source: Path, target: Path, recipe: Recipe, model: torch.nn.Module, folder: Path) -> Fit:
    """Export, and hold the plan against a network's state_dict."""
    with open_checkpoint(str(save_zip(folder / "model.pt", model.state_dict()))) as checkpoint:
        there = state_dict_tensors(checkpoint)
    with open_checkpoint(str(source)) as checkpoint:
        plan = make_plan(checkpoint, recipe)
        export(checkpoint, plan, str(target))
        return fit_of(plan, there)


def check(fit: Fit, model: torch.nn.Module, state: Any) -> None:
    """Load for real, and compare with what was foretold."""
    for strict, foretold in ((True, fit.strict), (False, fit.lenient)):
        if foretold:
            found = model.load_state_dict(state, strict=strict)
            assert set(found.missing_keys) == set(fit.missing)
            assert set(found.unexpected_keys) == set(fit.unexpected)
            continue
        with pytest.raises(RuntimeError) as refused:
            model.load_state_dict(state, strict=strict)
        message = str(refused.value)
        for row in fit.mismatched:
            assert f"size mismatch for {row.key}" in message
        assert message.count("size mismatch") == len(fit.mismatched)


@pytest.mark.parametrize("keeps_versions", [True, False])
@pytest.mark.parametrize("case", ["same", "missing", "unexpected", "size", "counters"])
def test_the_report_is_what_load_state_dict_returns(
    case, keeps_versions, network, tmp_path
) -> None:
    model: torch.nn.Module = torch.nn.Sequential(*network)
    state = network.state_dict()
    recipe = Recipe()
    if case == "missing":
        recipe = Recipe(choices=(Choice("3.*", keep=False),))
    elif case == "unexpected":
        model = torch.nn.Sequential(*list(network)[:3])
    elif case == "size":
        model = torch.nn.Sequential(*list(network)[:3], torch.nn.Linear(4, 9))
    elif case == "counters":
        recipe = Recipe(choices=(Choice("*num_batches*", keep=False),))
    if not keeps_versions:
        state = dict(state)
    source, target = save_zip(tmp_path / "a.pt", state), tmp_path / "b.pt"
    fit = write(source, target, recipe, model, tmp_path)
    check(fit, model, loaded(target))
    assert fit_sentences(fit)


class Classifier(torch.nn.Module):  # type: ignore[misc]
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.backbone = torch.nn.Sequential(
            torch.nn.Linear(2, 16), torch.nn.BatchNorm1d(16), torch.nn.ReLU(),
            torch.nn.Linear(16, 8), torch.nn.ReLU(),
        )  # fmt: skip
        self.head = torch.nn.Linear(8, classes)

    def forward(self, points: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.head(self.backbone(points))
        return result


def learn(model: torch.nn.Module, classes: int, steps: int) -> float:
    torch.manual_seed(1)
    points = torch.randn(256, 2)
    angles = torch.atan2(points[:, 1], points[:, 0])
    wanted = ((angles + torch.pi) / (2 * torch.pi) * classes).long().clamp(0, classes - 1)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=0.02)
    loss = torch.tensor(0.0)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(points), wanted)
        loss.backward()
        optimizer.step()
    return float(loss.detach())


def test_a_trained_backbone_serves_a_new_head(tmp_path: Path) -> None:
    torch.manual_seed(0)
    first = Classifier(3)
    learn(first, 3, 60)
    source = save_zip(
        tmp_path / "first.pt",
        {"epoch": 60, "state_dict": torch.nn.DataParallel(first).state_dict()},
    )
    target = tmp_path / "backbone.pt"
    recipe = Recipe(
        choices=(Choice("module.backbone.*"),),
        renames=(StripPrefix("module."),),
        dtypes=(DTypeRule("float16"),),
        devices=(DeviceRule("cuda:0"),),
    )
    second = Classifier(5)
    fit = write(source, target, recipe, second, tmp_path)
    assert set(fit.missing) == {"head.weight", "head.bias"}
    assert not fit.strict
    assert fit.lenient
    assert len(fit.dtypes) == 8

    with open_checkpoint(str(source)) as checkpoint:
        code = loading_code(make_plan(checkpoint, recipe), str(target), fit, freeze=True)
    names: dict[str, Any] = {"model": second}
    exec(compile(code, "loading", "exec"), names)
    assert set(names["incompatible"].missing_keys) == set(fit.missing)
    assert set(names["incompatible"].unexpected_keys) == set(fit.unexpected)
    frozen = [name for name, value in second.named_parameters() if not value.requires_grad]
    assert frozen == [name for name, _ in second.named_parameters() if name.startswith("backbone")]
    before = {key: value.clone() for key, value in second.state_dict().items()}
    for key, value in first.backbone.state_dict().items():
        wanted = value.half().to(value.dtype) if value.is_floating_point() else value
        assert torch.equal(before[f"backbone.{key}"], wanted)
    second.backbone.eval()
    start = learn(second, 5, 1)
    assert learn(second, 5, 60) < start
    after = second.state_dict()
    assert all(torch.equal(after[key], before[key]) for key in before if "backbone" in key)


@pytest.mark.parametrize("ending", ["pt", "safetensors", "npz"])
@pytest.mark.parametrize("prefix", ["", "backbone."])
def test_the_code_that_loads_it_runs(ending: str, prefix: str, network, tmp_path, capsys) -> None:
    formats = {"pt": "torch-zip", "safetensors": "safetensors", "npz": "numpy"}
    source, target = save_zip(tmp_path / "a.pt", network.state_dict()), tmp_path / f"b.{ending}"
    recipe = Recipe(format=formats[ending])
    with open_checkpoint(str(source)) as checkpoint:
        plan = make_plan(checkpoint, recipe)
        export(checkpoint, plan, str(target))
    model: torch.nn.Module = torch.nn.Sequential(*[type(x)(*_sizes(x)) for x in network])
    if prefix:
        model = torch.nn.ModuleDict({"backbone": model})
    names: dict[str, Any] = {"model": model}
    code = loading_code(plan, str(target), prefix=prefix)
    exec(compile(code, "loading", "exec"), names)
    found = model.state_dict()
    assert all(
        torch.equal(found[prefix + key], value) for key, value in network.state_dict().items()
    )


def _sizes(module: torch.nn.Module) -> tuple[int, ...]:
    if isinstance(module, torch.nn.Conv2d):
        return 3, 4, 3
    return (
        (4, 2) if isinstance(module, torch.nn.Linear) else (4,) if list(module.parameters()) else ()
    )
