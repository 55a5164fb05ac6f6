"""Every rule by which tensors are paired, on pairs of files that torch wrote."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from inspector.core.analysis.comparison import (
    Choices,
    Matching,
    Row,
    compare,
    match,
    rename_candidates,
    result_of,
)
from inspector.core.analysis.comparison.words import matching_sentences, note_text
from inspector.core.engine import ExecutorEngine
from inspector.core.errors import FormatError
from inspector.core.formats import open_checkpoint
from tests.checkpoints import save_legacy, save_safetensors, save_zip
from tests.core.analysis.comparison.training import Net, copied, run, train

WRAPPED = ("module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module.", "module.module.")


@pytest.fixture(scope="module")
def threads() -> Iterator[ExecutorEngine]:
    with ThreadPoolExecutor(2) as executor:
        yield ExecutorEngine(executor)


def matched(a: Path, b: Path, choices: Choices | None = None) -> Matching:
    with open_checkpoint(str(a)) as one, open_checkpoint(str(b)) as other:
        return match(one, other, choices or Choices())


def saved(a: Any, b: Any, folder: Path, choices: Choices | None = None) -> Matching:
    return matched(save_zip(folder / "a.pt", a), save_zip(folder / "b.pt", b), choices)


def together(matching: Matching) -> dict[str, str]:
    """Return the paths of all pairs, joined with slashes."""
    return {
        "/".join(map(str, pair.a.path)): "/".join(map(str, pair.b.path))
        for pair in matching.pairs
        if pair.a and pair.b
    }


def alone(matching: Matching) -> list[str]:
    return [pair.name for pair in matching.pairs if not (pair.a and pair.b)]


def statuses(a: Path, b: Path, engine: Any, choices: Choices | None = None) -> dict[str, str]:
    return {name: row.status for name, row in rows(a, b, engine, choices).items()}


def rows(a: Path, b: Path, engine: Any, choices: Choices | None = None) -> dict[str, Row]:
    with open_checkpoint(str(a)) as one, open_checkpoint(str(b)) as other:
        matching = match(one, other, choices or Choices())
        last = {row.number: row for row in compare(one, other, matching, engine)}
    return {row.pair.name: row for row in last.values() if row.into is None}


def test_epochs_of_one_run(tmp_path, threads) -> None:
    first, second = run(2)
    a, b = save_zip(tmp_path / "a.pt", first), save_zip(tmp_path / "b.pt", second)
    found = statuses(a, b, threads)
    assert set(found.values()) == {"changed"}
    assert "optimizer.state.head.weight.exp_avg" in found
    assert "model.backbone.1.running_mean" in found


def test_frozen_layers_are_the_same_and_their_statistics_are_not(tmp_path, threads) -> None:
    first, second = run(2, frozen=True)
    a, b = save_zip(tmp_path / "a.pt", first), save_zip(tmp_path / "b.pt", second)
    found = rows(a, b, threads)
    weights = {
        name: row.status
        for name, row in found.items()
        if name.startswith("model.backbone") and row.pair.role == "weight"
    }
    assert set(weights.values()) == {"same"}
    assert found["model.backbone.1.running_mean"].status == "changed"
    assert found["model.head.weight"].status == "changed"


def test_a_head_of_other_classes(tmp_path, threads) -> None:
    torch.manual_seed(0)
    net = Net(3)
    other = copy.deepcopy(net)
    other.head = nn.Linear(4, 7)
    a = save_zip(tmp_path / "a.pt", net.state_dict())
    found = statuses(a, save_zip(tmp_path / "b.pt", other.state_dict()), threads)
    assert [name for name, status in found.items() if status == "shape"] == [
        "head.weight",
        "head.bias",
    ]
    assert sum(status == "same" for status in found.values()) == len(found) - 2


@pytest.mark.parametrize("key", ["model", "model_state_dict", "state_dict", "net"])
def test_a_bare_state_dict_and_a_training_checkpoint(key, tmp_path) -> None:
    training = run(1)[0]
    training[key] = training.pop("model")
    matching = saved(training[key], training, tmp_path)
    assert (matching.root_a, matching.root_b) == ((), (key,))
    assert not alone(matching)
    assert matching.outside_b == len(training["optimizer"]["state"]) * 3
    assert saved(training, training[key], tmp_path).root_a == (key,)


def test_training_checkpoints_that_keep_the_model_under_other_keys(tmp_path) -> None:
    a = run(1)[0]
    b = {"state_dict": copied(a["model"]), "global_step": 4}
    matching = saved(a, b, tmp_path)
    assert (matching.root_a, matching.root_b) == (("model",), ("state_dict",))
    assert not alone(matching)


@pytest.mark.parametrize("write", [save_legacy, save_safetensors], ids=lambda f: f.__name__)
def test_formats(write, tmp_path) -> None:
    state = Net().state_dict()
    matching = matched(save_zip(tmp_path / "a.pt", {"model": state}), write(tmp_path / "b", state))
    assert len(together(matching)) == len(state)
    assert not alone(matching)


def test_a_module_and_its_state_dict(tmp_path) -> None:
    net = Net()
    matching = saved(net, net.state_dict(), tmp_path)
    assert not alone(matching)
    assert not alone(saved({"model": net, "epoch": 3}, {"net": net.state_dict()}, tmp_path))


def test_data_parallel_really(tmp_path) -> None:
    net = Net()
    wrapped = nn.DataParallel(net)
    for value in (wrapped.state_dict(), wrapped):
        matching = saved(net.state_dict(), value, tmp_path)
        assert not alone(matching)
        assert matching.stripped_b.wrappers == ("module.",)
        assert matching.stripped_a.wrappers == ()


def test_a_compiled_module_really(tmp_path) -> None:
    net = Net()
    matching = saved(net.state_dict(), torch.compile(net, backend="eager").state_dict(), tmp_path)
    assert not alone(matching)
    assert matching.stripped_b.wrappers == ("_orig_mod.",)
    partly = copy.deepcopy(net)
    partly.backbone = torch.compile(partly.backbone, backend="eager")
    matching = saved(net.state_dict(), partly.state_dict(), tmp_path)
    assert not alone(matching)
    assert matching.stripped_b.wrappers == ("_orig_mod.",)


@pytest.mark.parametrize("one", ["", *WRAPPED])
@pytest.mark.parametrize("other", WRAPPED)
def test_wrappers_in_any_order(one, other, tmp_path) -> None:
    state = Net().state_dict()
    a, b = ({prefix + key: value for key, value in state.items()} for prefix in (one, other))
    assert not alone(saved(a, b, tmp_path))
    assert not alone(saved({"model": a, "epoch": 1}, {"model": b, "epoch": 2}, tmp_path))


def test_wrappers_can_be_left_alone(tmp_path) -> None:
    state = Net().state_dict()
    wrapped = {f"module.{key}": value for key, value in state.items()}
    choices = Choices(wrappers=False, prefixes=False)
    assert len(alone(saved(state, wrapped, tmp_path, choices))) == 2 * len(state)


def test_a_layer_that_is_called_module_keeps_its_name(tmp_path) -> None:
    state = {"module.weight": torch.ones(2), "other.module.weight": torch.ones(2)}
    assert [pair.name for pair in saved(state, state, tmp_path).pairs] == list(state)


def test_keys_that_would_collide_keep_their_names(tmp_path) -> None:
    state = {"weight": torch.ones(2), "module.weight": torch.zeros(2), "module.bias": torch.ones(3)}
    matching = saved(state, {"weight": torch.ones(2), "bias": torch.ones(3)}, tmp_path)
    assert together(matching) == {"weight": "weight", "module.bias": "bias"}
    assert alone(matching) == ["module.weight"]


@pytest.mark.parametrize("prefix", ["model", "backbone", "model.backbone", "a.b.encoder", "net.0"])
def test_prefixes(prefix, tmp_path) -> None:
    state = Net().state_dict()
    longer = {f"{prefix}.{key}": value for key, value in state.items()}
    matching = saved(state, longer, tmp_path)
    assert not alone(matching)
    assert matching.stripped_b.prefixes == (f"{prefix}.",)
    matching = saved(longer, state, tmp_path, Choices(prefixes=False))
    assert len(alone(matching)) == 2 * len(state)
    matching = saved(
        {"model": longer}, {"model": {f"module.{k}": state[k] for k in state}}, tmp_path
    )
    assert not alone(matching)


def test_a_prefix_on_either_side(tmp_path) -> None:
    state = Net().state_dict()
    a, b = ({f"{lead}.{key}": value for key, value in state.items()} for lead in ("model", "net"))
    matching = saved(a, b, tmp_path)
    assert not alone(matching)
    assert (matching.stripped_a.prefixes, matching.stripped_b.prefixes) == (("model.",), ("net.",))


def test_prefixes_that_begin_alike(tmp_path) -> None:
    state = Net().state_dict()
    leads = ("model.module.backbone._orig_mod.", "module.model._orig_mod.net.")
    a, b = ({lead + key: value for key, value in state.items()} for lead in leads)
    matching = saved(a, b, tmp_path)
    assert not alone(matching)
    assert (matching.stripped_a.prefixes, matching.stripped_b.prefixes) == (
        ("module.backbone.",),
        ("net.",),
    )


def test_a_file_of_the_backbone_only(tmp_path) -> None:
    net = Net()
    matching = saved(net.backbone.state_dict(), {"model": net.state_dict()}, tmp_path)
    assert matching.stripped_b.prefixes == ("backbone.",)
    assert alone(matching) == ["head.weight", "head.bias"]


def test_two_parts_of_equal_structure_are_not_taken_for_each_other(tmp_path) -> None:
    part = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3)).state_dict()
    a = {f"encoder.{key}": value for key, value in part.items()} | {"head": torch.ones(4)}
    b = {f"decoder.{key}": value for key, value in part.items()} | {"head": torch.ones(4)}
    assert together(saved(a, b, tmp_path)) == {"head": "head"}


def test_averages_in_one_file(tmp_path, threads) -> None:
    torch.manual_seed(0)
    net = Net()
    average = torch.optim.swa_utils.AveragedModel(net)
    train(net, torch.optim.SGD(net.parameters(), lr=0.1))
    value = {"model": net.state_dict(), "model_ema": average.state_dict(), "epoch": 1}
    path, bare = save_zip(tmp_path / "a.pt", value), save_zip(tmp_path / "b.pt", net.state_dict())
    assert set(statuses(path, path, threads).values()) == {"same"}
    matching = matched(bare, path)
    assert matching.root_b == ("model",)
    assert not alone(matching)
    within = Choices(root_a=("model",), root_b=("model_ema",))
    found = statuses(path, path, threads, within)
    assert found["head.weight"] == "changed"
    assert found["n_averaged"] == "added"
    other = copied(value)
    other["model_ema"] = {f"module.{key}": value for key, value in other["model_ema"].items()}
    assert not alone(matched(path, save_zip(tmp_path / "c.pt", other)))


def test_a_root_that_is_not_there_is_said(tmp_path) -> None:
    with pytest.raises(FormatError, match="no tensors below elsewhere"):
        saved({"a": torch.ones(1)}, {"a": torch.ones(1)}, tmp_path, Choices(root_b=("elsewhere",)))


def test_optimizer_state_in_another_order(tmp_path, threads) -> None:
    torch.manual_seed(0)
    net = Net()
    order = list(net.named_parameters())

    def optimized(pairs: list[tuple[str, nn.Parameter]]) -> dict[str, Any]:
        optimizer = torch.optim.Adam(pairs)
        for number, (_, parameter) in enumerate(order):
            parameter.grad = torch.full_like(parameter, number + 1.0)
        optimizer.step()
        return {"model": copied(net.state_dict()), "optimizer": copied(optimizer.state_dict())}

    start = copied(net.state_dict())
    a = save_zip(tmp_path / "a.pt", optimized(order))
    net.load_state_dict(start)
    b = save_zip(tmp_path / "b.pt", optimized(order[::-1]))
    assert set(statuses(a, b, threads).values()) == {"same"}
    pairs = together(matched(a, b))
    assert pairs["optimizer/state/0/exp_avg"] == f"optimizer/state/{len(order) - 1}/exp_avg"
    wrapped = torch.load(b)
    wrapped["model"] = {f"module.{key}": value for key, value in wrapped["model"].items()}
    for group in wrapped["optimizer"]["param_groups"]:
        group["param_names"] = [f"module.{name}" for name in group["param_names"]]
    assert not alone(matched(a, save_zip(tmp_path / "c.pt", wrapped)))


def test_tied_weights(tmp_path, threads) -> None:
    shared = torch.randn(5, 4)
    tied = {"embed.weight": shared, "out.weight": shared, "mid.weight": torch.randn(4, 4)}
    untied = {"embed.weight": shared, "mid.weight": tied["mid.weight"]}
    a, b = save_zip(tmp_path / "a.pt", tied), save_zip(tmp_path / "b.pt", untied)
    assert statuses(a, a, threads) == dict.fromkeys(tied, "same")
    found = rows(a, b, threads)
    assert found["out.weight"].status == "removed"
    assert found["out.weight"].note == "tied to embed.weight, which both have"


def test_keys_that_are_numbers_or_attributes(tmp_path) -> None:
    both = {0: torch.ones(2), "0": torch.zeros(2), "a.b": torch.ones(3), "a": {"b": torch.ones(4)}}
    turned = dict(reversed(both.items()))
    found = saved({"x": both, "y": 1}, {"x": turned, "y": 1}, tmp_path)
    assert not alone(found)
    for pair in found.pairs:
        assert pair.a is not None
        assert pair.b is not None
        assert pair.a.path == pair.b.path
    text = {str(key): value for key, value in both.items() if key == 0}
    assert together(saved({0: both[0]}, text, tmp_path)) == {"0": "0"}


def test_a_single_tensor(tmp_path, threads) -> None:
    a = save_zip(tmp_path / "a.pt", torch.ones(3))
    assert list(statuses(a, a, threads).values()) == ["same"]


def test_files_without_tensors(tmp_path) -> None:
    assert saved({"epoch": 1}, {"epoch": 2}, tmp_path).pairs == ()


def test_what_only_one_has_stands_where_it_stood(tmp_path) -> None:
    a = {"one": torch.ones(1), "gone": torch.ones(2), "three": torch.ones(3)}
    b = {"one": torch.ones(1), "three": torch.ones(3), "new": torch.ones(4)}
    assert [pair.name for pair in saved(a, b, tmp_path).pairs] == ["one", "gone", "three", "new"]


def test_renames_by_content_are_certain_and_by_order_are_offered(tmp_path, threads) -> None:
    torch.manual_seed(0)
    net = Net()
    state = net.state_dict()
    later = copied(state)
    later["head.weight"] += 1
    b = {key.replace("head", "classifier").replace("backbone.3", "conv2"): value
         for key, value in later.items()}  # fmt: skip
    one, other = save_zip(tmp_path / "a.pt", state), save_zip(tmp_path / "b.pt", b)
    found = rows(one, other, threads)
    assert found["backbone.3.weight"].status == "renamed"
    assert found["head.bias"].status == "renamed"
    assert "now classifier.bias: same content" in found["head.bias"].pair.evidence
    assert found["head.weight"].status == "removed"
    assert found["classifier.weight"].status == "added"
    with open_checkpoint(str(one)) as x, open_checkpoint(str(other)) as y:
        matching = match(x, y)
        candidates = rename_candidates(x, y, matching, threads)
    names = {(matching.pairs[row.a].name, matching.pairs[row.b].name): row for row in candidates}
    offered = names["head.weight", "classifier.weight"]
    assert not offered.certain
    assert "same shape and dtype" in offered.evidence
    assert "both names end with weight" in offered.evidence
    assert names["head.bias", "classifier.bias"].certain


def test_many_keys_find_each_other(tmp_path) -> None:
    state = {f"layers.{n // 10}.b.{n % 10}.weight": torch.zeros(1) for n in range(50_000)}
    wrapped = {f"module.{key}": value for key, value in state.items()}
    a, b = save_zip(tmp_path / "a.pt", state), save_zip(tmp_path / "b.pt", {"model": wrapped})
    with open_checkpoint(str(a)) as one, open_checkpoint(str(b)) as other:
        matching = match(one, other)
    assert len(matching.pairs) == 50_000
    assert not alone(matching)


# ---- optimizer state of nobody knows what ----------------------------------------------------


def trained(model: nn.Module, groups: list[Any]) -> dict[str, Any]:
    """Return the checkpoint of a step of Adam with groups of parameters, or with their names."""
    optimizer = torch.optim.Adam(groups, lr=0.01)
    train(model, optimizer, 1)
    return {"model": copied(dict(model.state_dict())), "optimizer": copied(optimizer.state_dict())}


def head_first(net: Net) -> list[dict[str, Any]]:
    """Return groups in which two layers of one shape have changed places."""
    layers = [net.head, net.backbone[4], net.backbone[3], net.backbone[1], net.backbone[0]]
    return [{"params": list(reversed(list(layer.parameters())))} for layer in layers]


def test_optimizer_state_without_names_is_said_to_be_matched_by_index(tmp_path) -> None:
    torch.manual_seed(0)
    net = Net()
    first = trained(net, [{"params": list(reversed(list(net.parameters())))}])
    found = saved(first, trained(net, head_first(net)), tmp_path)
    assert found.owners == ({}, {})
    assert found.unnamed == (True, True)
    assert [*matching_sentences(found)] == [
        "Optimizer states are matched by index: their parameters' names cannot be told."
    ]


def test_it_is_said_which_side_has_no_names(tmp_path) -> None:
    torch.manual_seed(0)
    net = Net()
    known = trained(net, list(net.parameters()))
    for name, parameter in list(net.named_parameters()):
        known["optimizer"]["param_groups"][0].setdefault("param_names", []).append(name)
        assert parameter.requires_grad
    unknown = trained(net, [{"params": list(reversed(list(net.parameters())))}])
    assert [*matching_sentences(saved(known, unknown, tmp_path))] == [
        "Optimizer states are matched by index: "
        "their parameters' names cannot be told in the second."
    ]
    assert [*matching_sentences(saved(unknown, known, tmp_path))] == [
        "Optimizer states are matched by index: "
        "their parameters' names cannot be told in the first."
    ]
    assert [*matching_sentences(saved(known, known, tmp_path))] == []


# ---- random states ---------------------------------------------------------------------------


def test_random_states_are_no_weights(tmp_path, threads) -> None:
    def value(seed: int) -> dict[str, Any]:
        torch.manual_seed(seed)
        rng, cuda = torch.get_rng_state(), [torch.get_rng_state()]
        return {
            "rng_state": rng,
            "random": {"torch": rng.clone(), "cuda_rng_state_all": cuda},
            "model": {"rng.weight": torch.randn(3), "random_state": torch.randn(3)},
        }

    a, b = (save_zip(tmp_path / f"{seed}.pt", value(seed)) for seed in (1, 2))
    with open_checkpoint(str(a)) as one, open_checkpoint(str(b)) as other:
        found = result_of(one, other, threads)
    roles = {row.pair.name: row.pair.role for row in found.rows}
    assert roles == {
        "rng_state": "random",
        "random.torch": "random",
        "random.cuda_rng_state_all.0": "random",
        "model.rng.weight": "weight",
        "model.random_state": "weight",
    }
    assert [row.pair.role for row in found.differing] == ["weight"] * 2 + ["random"] * 3
    assert [note_text(row) for row in found.differing] == [""] * 2 + ["random state"] * 3
