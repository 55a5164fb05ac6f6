"""Optimizer states: recognised by their shape, named by their settings."""

from __future__ import annotations

from typing import Any

from inspector.core.model import Node
from inspector.core.recognition.base import Fact

# One row per optimizer of torch.optim: the settings that only its param_groups have.
# The more particular rows stand first.
_SETTINGS: tuple[tuple[str, frozenset[str]], ...] = (
    ("SGD", frozenset({"momentum", "dampening", "nesterov"})),
    ("RMSprop", frozenset({"alpha", "centered"})),
    ("Adagrad", frozenset({"lr_decay", "initial_accumulator_value"})),
    ("Adadelta", frozenset({"rho"})),
    ("Rprop", frozenset({"etas", "step_sizes"})),
    ("LBFGS", frozenset({"history_size", "line_search_fn"})),
    ("NAdam", frozenset({"betas", "momentum_decay"})),
    ("ASGD", frozenset({"lambd", "t0"})),
    ("Muon", frozenset({"ns_steps", "ns_coefficients"})),
    ("Adam", frozenset({"betas", "eps", "amsgrad"})),
    ("Adamax or RAdam", frozenset({"betas", "eps"})),
)


def is_optimizer(node: Node) -> bool:
    """True for what `Optimizer.state_dict()` returns, and for a pickled optimizer."""
    keys = {str(child.key) for child in node.children} if len(node.children) < 64 else set()
    return node.kind in ("mapping", "object") and {"state", "param_groups"} <= keys


def optimizer_facts(node: Node) -> list[Fact]:
    """Return name, learning rate and weight decay; the name is inferred unless it was pickled."""
    groups = _child(node, "param_groups")
    settings: dict[str, Any] = {}
    if groups is not None and groups.children:
        settings = {str(child.key): child.value for child in groups.children[0].children}
    facts = []
    if node.kind == "object":
        facts.append(Fact("optimizer", "Optimizer", node.type.rpartition(".")[2]))
    else:
        name = next((name for name, keys in _SETTINGS if keys <= settings.keys()), None)
        if name == "Adam" and settings.get("decoupled_weight_decay") is True:
            name = "AdamW"
        elif name == "Adam" and "decoupled_weight_decay" not in settings:
            name = "Adam or AdamW"  # before torch 2.7 their settings are the same
        if name is not None:
            facts.append(Fact("optimizer", "Optimizer", name, inferred=True))
    for key, label in (("lr", "Learning rate"), ("weight_decay", "Weight decay")):
        if type(settings.get(key)) in (int, float):
            facts.append(Fact({"lr": "learning_rate"}.get(key, key), label, settings[key]))
    return facts


def _child(node: Node, key: str) -> Node | None:
    return next((child for child in node.children if str(child.key) == key), None)
