"""Optimizers, schedulers and loss scalers: recognised by their shape, named by their settings."""

from __future__ import annotations

from typing import Any

from inspector.core.model import Node
from inspector.core.recognition.base import Fact

_FEW = 64  # more children than any of them has

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
    ("Adafactor", frozenset({"eps", "beta2_decay", "d"})),
    ("Adafactor (transformers)", frozenset({"scale_parameter", "relative_step", "warmup_init"})),
    ("Adam", frozenset({"betas", "eps", "amsgrad"})),
    ("Adamax or RAdam", frozenset({"betas", "eps"})),
    ("Lion", frozenset({"betas", "weight_decay"})),
)
# What every torch optimizer can have and nobody looks for.
_SWITCHES = frozenset(
    {"params", "param_names", "foreach", "maximize", "capturable", "differentiable", "fused", "lr",
     "initial_lr", "swa_lr", "lr_scale", "name", "decoupled_weight_decay"}
)  # fmt: skip

# One row per scheduler of torch.optim.lr_scheduler: the settings that only it has.
_SCHEDULERS: tuple[tuple[str, frozenset[str]], ...] = (
    ("OneCycleLR", frozenset({"total_steps", "_schedule_phases"})),
    ("OneCycleLR", frozenset({"total_steps", "anneal_func"})),
    ("CosineAnnealingWarmRestarts", frozenset({"T_0", "T_mult"})),
    ("CosineAnnealingLR", frozenset({"T_max", "eta_min"})),
    ("ReduceLROnPlateau", frozenset({"patience", "cooldown"})),
    ("CyclicLR", frozenset({"base_lrs", "max_lrs", "step_ratio"})),
    ("MultiStepLR", frozenset({"milestones", "gamma"})),
    ("StepLR", frozenset({"step_size", "gamma"})),
    ("LambdaLR", frozenset({"lr_lambdas"})),
    ("LinearLR", frozenset({"start_factor", "end_factor"})),
    ("PolynomialLR", frozenset({"power", "total_iters"})),
    ("ConstantLR", frozenset({"factor", "total_iters"})),
    ("SequentialLR", frozenset({"_schedulers", "_milestones"})),
    ("ChainedScheduler", frozenset({"_schedulers"})),
    ("ExponentialLR", frozenset({"gamma", "last_epoch"})),
)


def is_optimizer(node: Node) -> bool:
    """True for what `Optimizer.state_dict()` returns, and for a pickled optimizer."""
    if node.kind not in ("mapping", "object") or not 2 <= len(node.children) < _FEW:
        return False
    keys = _keys(node)
    return {"state", "param_groups"} <= keys or {"state", "hypers"} == keys  # fastai's own


def is_scheduler(node: Node) -> bool:
    """True for what `LRScheduler.state_dict()` returns, and for a pickled scheduler."""
    if node.kind not in ("mapping", "object") or not 2 <= len(node.children) < _FEW:
        return False
    keys = _keys(node)
    return "last_epoch" in keys and bool(keys & {"_step_count", "_last_lr", "base_lrs", "best"})


def is_scaler(node: Node) -> bool:
    """True for what `GradScaler.state_dict()` returns."""
    return 4 <= len(node.children) < 8 and {"scale", "growth_factor"} <= _keys(node)


def optimizer_facts(node: Node) -> list[Fact]:
    """Return name, learning rates and settings; the name is inferred unless it was pickled."""
    groups = _param_groups(node)
    first = groups[0] if groups else {}
    facts = []
    if node.kind == "object":
        facts.append(Fact("optimizer", "Optimizer", node.type.rpartition(".")[2]))
    else:
        name = next((name for name, keys in _SETTINGS if keys <= first.keys()), None)
        if name == "Adam" and first.get("decoupled_weight_decay") is True:
            name = "AdamW"
        elif name == "Adam" and "decoupled_weight_decay" not in first:
            name = "Adam or AdamW"  # before torch 2.7 their settings are the same
        if name is not None:
            facts.append(Fact("optimizer", "Optimizer", name, inferred=True))
    rates = [group.get("lr") for group in groups]
    if rates and type(rates[0]) in (int, float):
        facts.append(Fact("learning_rate", "Learning rate", rates[0]))
        if len(rates) > 1 and all(type(rate) in (int, float) for rate in rates):
            facts.append(Fact("learning_rates", "Learning rates of all groups", rates))
    if type(first.get("weight_decay")) in (int, float):
        facts.append(Fact("weight_decay", "Weight decay", first["weight_decay"]))
    settings = {
        key: value
        for key, value in first.items()
        if key not in _SWITCHES and value is not None and value is not False
    }
    if settings:
        facts.append(Fact("optimizer_settings", "Optimizer settings", settings))
    return facts


def scheduler_facts(node: Node) -> list[Fact]:
    """Return the name of a scheduler; it is inferred unless it was pickled."""
    if node.kind == "object":
        return [Fact("scheduler", "Scheduler", node.type.rpartition(".")[2])]
    keys = _keys(node)
    name = next((name for name, settings in _SCHEDULERS if settings <= keys), None)
    return [Fact("scheduler", "Scheduler", name, inferred=True)] if name else []


def _param_groups(node: Node) -> list[dict[str, Any]]:
    """Return the plain settings of each group."""
    for name in ("param_groups", "hypers"):
        found = next((entry for entry in node.children if str(entry.key) == name), None)
        if found is not None:
            return [
                {str(entry.key): _setting(entry) for entry in group.children[:_FEW]}
                for group in found.children[:_FEW]
            ]
    return []


def _setting(node: Node) -> Any:
    if node.kind == "value" and type(node.value) in (int, float, bool, str):
        return node.value
    if node.kind == "sequence" and 0 < len(node.children) <= 4:
        values = [_setting(entry) for entry in node.children]
        return None if None in values else values
    return None


def _keys(node: Node) -> set[str]:
    return {str(entry.key) for entry in node.children}
