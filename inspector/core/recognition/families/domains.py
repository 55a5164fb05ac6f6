"""Toolkits for language, chemistry, games and tables whose files have marks of their own."""

from __future__ import annotations

from collections.abc import Iterable

from inspector.core.model import Node
from inspector.core.recognition.base import Fact
from inspector.core.recognition.families.base import Family, stated
from inspector.core.recognition.survey import Survey


def _is_allennlp(seen: Survey) -> bool:
    top = seen.top.keys()
    return {"metric_tracker", "batches_in_epoch_completed"} <= top or (
        {"metric_tracker", "batch_num_total"} <= top
    )


def _allennlp(seen: Survey) -> Iterable[Fact]:
    yield from stated(
        seen.top.get("metric_tracker"),
        ("best_so_far", "best_score", "Best score"),
        ("best_epoch", "best_epoch", "Best epoch"),
    )


def _is_chemprop(seen: Survey) -> bool:
    if {"args", "state_dict", "data_scaler"} <= seen.top.keys():
        return True
    return any(entry.type.startswith("chemprop.") for entry in _inside(seen))


def _inside(seen: Survey) -> Iterable[Node]:
    parameters = seen.top.get("hyper_parameters")
    inside = [entry for node in (parameters,) if node for entry in node.children]
    nested = [entry for node in inside for entry in node.children[:8]]
    return (seen.root, *seen.top.values(), *inside, *nested)


def _chemprop(seen: Survey) -> Iterable[Fact]:
    yield from stated(
        seen.top.get("args"),
        ("dataset_type", "task", "Task"),
        ("depth", "depth", "Depth"),
        ("hidden_size", "hidden_size", "Hidden size"),
        ("epochs", "planned_epochs", "Planned epochs"),
    )


def _is_opennmt(seen: Survey) -> bool:
    return {"model", "generator", "opt"} <= seen.top.keys() and (
        bool({"vocab", "optim"} & seen.top.keys())
    )


def _opennmt(seen: Survey) -> Iterable[Fact]:
    yield from stated(
        seen.top.get("optim"),
        ("method", "optimizer", "Optimizer"),
        ("lr", "learning_rate", "Learning rate"),
        ("_step", "step", "Step"),
        ("last_ppl", "perplexity", "Perplexity"),
    )
    yield from stated(
        seen.top.get("opt"),
        ("layers", "layers", "Layers"),
        ("rnn_size", "hidden_size", "Hidden size"),
        ("encoder_type", "encoder", "Encoder"),
    )


def _is_fastai(seen: Survey) -> bool:
    if seen.root.kind == "object" and seen.root.type.startswith("fastai."):
        return True
    optimizer = seen.top.get("opt")
    names = {str(entry.key) for entry in optimizer.children} if optimizer is not None else set()
    return "model" in seen.top and {"state", "hypers"} == names


def _is_sb3(seen: Survey) -> bool:
    names = seen.names
    return {"policy_class", "observation_space"} <= seen.top.keys() or (
        "action_net.weight" in names
        or any(name.startswith("mlp_extractor.policy_net.") for name in names)
        or any(name.startswith(("critic.qf0.", "actor.latent_pi.")) for name in names)
    )


def _sb3(seen: Survey) -> Iterable[Fact]:
    return stated(
        seen.root,
        ("num_timesteps", "step", "Step"),
        ("learning_rate", "learning_rate", "Learning rate"),
        ("gamma", "gamma", "Discount"),
        ("_stable_baselines3_version", "sb3_version", "Stable-Baselines3"),
    )


def _is_fairseq(seen: Survey) -> bool:
    return {"cfg", "last_optimizer_state", "optimizer_history"} <= seen.top.keys()


def _fairseq(seen: Survey) -> Iterable[Fact]:
    history = seen.top.get("optimizer_history")
    if history is not None and history.children:
        yield from stated(
            history.children[-1],
            ("num_updates", "step", "Step"),
            ("optimizer_name", "optimizer", "Optimizer"),
            ("criterion_name", "criterion", "Criterion"),
        )


FAMILIES = (
    Family("allennlp", "AllenNLP training state", _is_allennlp, _allennlp, "training"),
    Family("chemprop", "chemprop model", _is_chemprop, _chemprop),
    Family("opennmt", "OpenNMT checkpoint", _is_opennmt, _opennmt, "training"),
    Family("fastai", "fastai learner", _is_fastai),
    Family("stable-baselines3", "Stable-Baselines3 policy", _is_sb3, _sb3),
    Family("fairseq", "fairseq checkpoint", _is_fairseq, _fairseq, "training"),
)
