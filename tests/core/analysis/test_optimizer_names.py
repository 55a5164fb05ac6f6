"""Optimizer state under the names of its parameters, as real optimizers write it."""

import torch

from inspector.core.analysis.optimizer_names import OptimizerNames, optimizer_names
from inspector.core.formats import open_checkpoint


def trained(net: torch.nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Make a step, after which the optimizer has something to keep."""
    for parameter in net.parameters():
        if parameter.requires_grad:
            parameter.grad = torch.ones_like(parameter)
    optimizer.step()


def names_in(tmp_path, checkpoint: dict) -> OptimizerNames:
    torch.save(checkpoint, tmp_path / "run.pt")
    with open_checkpoint(str(tmp_path / "run.pt")) as opened:
        (found,) = optimizer_names(opened)
    return found


def owned(found: OptimizerNames, *, sure: bool = True) -> dict:
    assert all(owner.sure is sure for owner in found.owners.values())
    return {key: owner.name for key, owner in found.owners.items()}


def normed() -> torch.nn.Module:
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Conv2d(4, 4, 3)
    )


NORMED = ["0.weight", "0.bias", "1.weight", "1.bias", "2.weight", "2.bias"]


def test_adam_with_buffers_between_the_parameters(tmp_path):
    net = normed()
    optimizer = torch.optim.Adam(net.parameters())
    trained(net, optimizer)
    found = names_in(tmp_path, {"model": net.state_dict(), "optimizer": optimizer.state_dict()})
    assert owned(found) == dict(enumerate(NORMED))
    assert found.owners[2].path == ("model", "1.weight")
    assert found.state == ("optimizer", "state")
    assert found.note == ""


def test_momentum(tmp_path):
    net = normed()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    trained(net, optimizer)
    found = names_in(tmp_path, {"model": net.state_dict(), "optimizer": optimizer.state_dict()})
    assert owned(found) == dict(enumerate(NORMED))


def test_two_groups_by_decay_are_told_apart_by_their_shapes(tmp_path):
    net = torch.nn.Sequential(*(torch.nn.Linear(4, 4) for _ in range(5)))
    pairs = list(net.named_parameters())
    biases = [pair for pair in pairs if pair[1].ndim == 1]
    weights = [pair for pair in pairs if pair[1].ndim == 2]
    optimizer = torch.optim.AdamW(
        [
            {"params": [value for _, value in weights]},
            {"params": [value for _, value in biases], "weight_decay": 0.0},
        ]
    )
    trained(net, optimizer)
    found = names_in(tmp_path, {"model": net.state_dict(), "optimizer": optimizer.state_dict()})
    assert owned(found) == dict(enumerate(name for name, _ in weights + biases))


def test_head_first_and_backbone_second(tmp_path):
    net = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Linear(4, 4), torch.nn.Linear(4, 3))
    optimizer = torch.optim.Adam(
        [{"params": net[2].parameters()}, {"params": net[:2].parameters(), "lr": 1e-5}]
    )
    trained(net, optimizer)
    found = names_in(tmp_path, {"model": net.state_dict(), "optimizer": optimizer.state_dict()})
    wanted = ["2.weight", "2.bias", "0.weight", "0.bias", "1.weight", "1.bias"]
    assert owned(found) == dict(enumerate(wanted))


def test_groups_of_equal_layers_may_be_in_any_order(tmp_path):
    net = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Linear(4, 4))
    optimizer = torch.optim.Adam([{"params": layer.parameters()} for layer in net])
    trained(net, optimizer)
    found = names_in(tmp_path, {"model": net.state_dict(), "optimizer": optimizer.state_dict()})
    wanted = ["0.weight", "0.bias", "1.weight", "1.bias"]
    assert owned(found, sure=False) == dict(enumerate(wanted))


def test_frozen_parameters_that_were_left_out(tmp_path):
    net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Linear(8, 3))
    net[0].requires_grad_(False)
    optimizer = torch.optim.Adam(p for p in net.parameters() if p.requires_grad)
    trained(net, optimizer)
    found = names_in(tmp_path, {"model": net.state_dict(), "optimizer": optimizer.state_dict()})
    assert owned(found) == {0: "1.weight", 1: "1.bias"}


def test_frozen_parameters_that_were_given_have_a_number_and_no_state(tmp_path):
    net = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Linear(4, 4))
    net[0].requires_grad_(False)
    optimizer = torch.optim.Adam(net.parameters())
    trained(net, optimizer)
    found = names_in(tmp_path, {"model": net.state_dict(), "optimizer": optimizer.state_dict()})
    assert owned(found) == {2: "1.weight", 3: "1.bias"}


def test_equal_layers_of_which_one_was_frozen_cannot_be_told_apart(tmp_path):
    net = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Linear(4, 4))
    optimizer = torch.optim.Adam(net[1].parameters())
    trained(net, optimizer)
    found = names_in(tmp_path, {"model": net.state_dict(), "optimizer": optimizer.state_dict()})
    assert found.owners == {}
    assert "several parameters have their shape" in found.note


def test_a_pickled_module_says_what_is_trained(tmp_path):
    net = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Linear(4, 4))
    net[0].requires_grad_(False)
    optimizer = torch.optim.Adam(p for p in net.parameters() if p.requires_grad)
    trained(net, optimizer)
    found = names_in(tmp_path, {"model": net, "optimizer": optimizer.state_dict()})
    assert owned(found) == {0: "1.weight", 1: "1.bias"}


def test_a_shuffled_order_cannot_be_known(tmp_path):
    net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Linear(8, 3))
    optimizer = torch.optim.Adam(reversed(list(net.parameters())))
    trained(net, optimizer)
    found = names_in(tmp_path, {"model": net.state_dict(), "optimizer": optimizer.state_dict()})
    assert found.owners == {}
    assert "cannot be known" in found.note


def test_tied_weights_are_counted_once(tmp_path):
    net = torch.nn.ModuleDict({"embed": torch.nn.Embedding(9, 4), "body": torch.nn.Linear(4, 4)})
    net["head"] = torch.nn.Linear(4, 9, bias=False)
    net["head"].weight = net["embed"].weight
    optimizer = torch.optim.Adam(net.parameters())
    trained(net, optimizer)
    found = names_in(tmp_path, {"model": net.state_dict(), "optimizer": optimizer.state_dict()})
    assert owned(found) == dict(enumerate(["embed.weight", "body.weight", "body.bias"]))


def test_names_that_the_optimizer_was_given(tmp_path):
    net = normed()
    optimizer = torch.optim.Adam(reversed(list(net.named_parameters())))
    trained(net, optimizer)
    found = names_in(tmp_path, {"model": net.state_dict(), "optimizer": optimizer.state_dict()})
    assert owned(found) == dict(enumerate(reversed(NORMED)))
    assert found.owners[0].path == ("model", "2.bias")


def test_an_average_of_the_model_has_the_same_names(tmp_path):
    net = normed()
    optimizer = torch.optim.Adam(net.parameters())
    trained(net, optimizer)
    weights = net.state_dict()
    average = {name: value.clone() for name, value in weights.items()}
    run = {"model": weights, "ema": average, "optimizer": optimizer.state_dict()}
    found = names_in(tmp_path, run)
    assert owned(found) == dict(enumerate(NORMED))
    assert found.owners[0].path == ("model", "0.weight")


def test_two_networks_of_the_same_shapes_cannot_be_told_apart(tmp_path):

    one = torch.nn.Linear(3, 3)
    other = torch.nn.ModuleDict({"out": torch.nn.Linear(3, 3)})
    optimizer = torch.optim.Adam(one.parameters())
    trained(one, optimizer)
    run = {"actor": one.state_dict(), "critic": other.state_dict(), "opt": optimizer.state_dict()}
    found = names_in(tmp_path, run)
    assert found.owners == {}
    assert "actor and critic" in found.note


def test_parameters_that_are_not_in_the_file(tmp_path):
    net = normed()
    optimizer = torch.optim.Adam(net.parameters())
    trained(net, optimizer)
    run = {"model": net[0].state_dict(), "optimizer": optimizer.state_dict()}
    found = names_in(tmp_path, run)
    assert found.owners == {}
    assert "6 parameters, and model has 2" in found.note


def test_an_optimizer_without_state_or_without_a_model(tmp_path):
    net = normed()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    torch.save(
        {"model": net.state_dict(), "optimizer": optimizer.state_dict()}, tmp_path / "plain.pt"
    )
    with open_checkpoint(str(tmp_path / "plain.pt")) as opened:
        assert optimizer_names(opened) == ()
    adam = torch.optim.Adam(net.parameters())
    trained(net, adam)
    found = names_in(tmp_path, {"optimizer": adam.state_dict(), "epoch": 1})
    assert "no state_dict" in found.note
