"""Files laid out as the programs of each family write them, saved by torch."""

from __future__ import annotations

import argparse
import collections
import types
import warnings
from typing import Any

import pytest
import torch

from inspector.core.formats import open_checkpoint
from tests.checkpoints import save_safetensors, save_zip

W = torch.nn.Linear(2, 3).state_dict()
ADAM = torch.optim.Adam(torch.nn.Linear(2, 3).parameters(), lr=0.01).state_dict()


def t(*shape):
    return torch.zeros(shape)


def prefixed(prefix, weights=W):
    return {prefix + key: value for key, value in weights.items()}


class TrainingArguments:
    """As `transformers` would have it."""

    def __init__(self):
        self.output_dir = "out"
        self.learning_rate = 5e-5
        self.num_train_epochs = 3
        self.per_device_train_batch_size = 8


ARGUMENTS = TrainingArguments()

# One row per layout: the object, the family, the kind, facts that it must state.
LAYOUTS: dict[str, tuple[Any, str, str, dict[str, Any]]] = {
    "lightning": (
        {
            "epoch": 4,
            "global_step": 100,
            "pytorch-lightning_version": "2.2.4",
            "state_dict": prefixed("model."),
            "callbacks": {
                "ModelCheckpoint{'monitor': 'val_loss'}": {
                    "monitor": "val_loss",
                    "best_model_score": 0.25,
                    "best_model_path": "a/b.ckpt",
                },
                "EarlyStopping{}": {"patience": 3},
            },
            "optimizer_states": [ADAM],
            "lr_schedulers": [{"step_size": 3, "gamma": 0.1, "last_epoch": 4, "_step_count": 5}],
            "hyper_parameters": {"lr": 0.1},
        },
        "lightning",
        "training",
        {
            "epoch": 4, "step": 100, "lightning_version": "2.2.4", "best_score": 0.25,
            "monitor": "val_loss", "callbacks": ["ModelCheckpoint", "EarlyStopping"],
            "config": ["hyper_parameters"], "scheduler": "StepLR", "learning_rate": 0.01,
            "common_prefix": "model.",
        },
    ),
    "training arguments": (
        ARGUMENTS, "hf-training-args", "other",
        {"learning_rate": 5e-5, "planned_epochs": 3, "batch_size": 8},
    ),
    "random states of the Trainer": (
        {"python": (3, (1,), None), "numpy": ("MT19937", 1), "cpu": t(4), "cuda": t(4)},
        "hf-rng-state", "training", {},
    ),
    "random states of accelerate": (
        {"step": 7, "random_state": (3, (1,)), "numpy_random_seed": ("MT19937", 1),
         "torch_manual_seed": t(4)},
        "accelerate-random-states", "training", {"step": 7},
    ),
    "scheduler": (
        {"base_lrs": [0.1], "last_epoch": 3, "_step_count": 4, "_last_lr": [0.1],
         "lr_lambdas": [None]},
        "scheduler", "training", {"scheduler": "LambdaLR"},
    ),
    "scaler": (
        torch.amp.GradScaler("cpu").state_dict() or {"scale": 65536.0, "growth_factor": 2.0,
                                                      "backoff_factor": 0.5,
                                                      "growth_interval": 2000,
                                                      "_growth_tracker": 0},
        "scaler", "training", {},
    ),
    "mmengine": (
        {
            "meta": {"epoch": 12, "iter": 1000, "mmengine_version": "0.10", "time": "2024",
                     "dataset_meta": {"classes": ("cat", "dog", "cow")}, "cfg": "model = dict()"},
            "state_dict": W, "optimizer": ADAM, "message_hub": {"log": {}},
        },
        "mmengine", "training",
        {"epoch": 12, "step": 1000, "mmengine_version": "0.10", "classes": 3, "date": "2024",
         "config": ["meta", "cfg"]},
    ),
    "mmcv": (
        {"meta": {"mmcv_version": "1.3", "CLASSES": ("a", "b"), "epoch": 2}, "state_dict": W},
        "mmengine", "training", {"mmcv_version": "1.3", "classes": 2},
    ),
    "detectron2": (
        {"model": W, "optimizer": ADAM, "scheduler": {"last_epoch": 9, "_step_count": 2},
         "iteration": 899},
        "detectron2", "training", {"step": 899},
    ),
    "detectron2 zoo": (
        {"model": W, "__author__": "Detectron2", "matching_heuristics": True},
        "detectron2", "state_dict", {"author": "Detectron2"},
    ),
    "ultralytics": (
        {"epoch": -1, "best_fitness": 0.5, "model": torch.nn.Linear(2, 3), "ema": None,
         "updates": None, "optimizer": None, "date": "2024-01-02T03:04:05", "version": "8.1.0",
         "license": "AGPL-3.0", "train_args": {"task": "detect", "imgsz": 640, "epochs": 100}},
        "ultralytics", "training",
        {"ultralytics_version": "8.1.0", "best_fitness": 0.5, "task": "detect",
         "date": "2024-01-02T03:04:05", "license": "AGPL-3.0",
         "model_class": "torch.nn.modules.linear.Linear"},
    ),
    "timm": (
        {"epoch": 9, "arch": "resnet18", "state_dict": W, "state_dict_ema": W, "optimizer": ADAM,
         "version": 2, "args": argparse.Namespace(batch_size=64), "metric": 0.7},
        "timm", "training",
        {"epoch": 9, "architecture": "resnet18", "batch_size": 64, "metrics": {"metric": 0.7}},
    ),
    "DINO": (
        {"student": prefixed("module."), "teacher": prefixed("module."), "optimizer": ADAM,
         "epoch": 3, "args": argparse.Namespace(arch="vit_small")},
        "dino", "training",
        {"architecture": "vit_small", "wrappers": ["module."],
         "networks": [["student"], ["teacher"]]},
    ),
    "MoCo": ({"state_dict": prefixed("module.encoder_q."), "epoch": 1}, "self-supervised",
             "training", {"epoch": 1}),
    "Stable Diffusion": (
        {"state_dict": {"model.diffusion_model.out.0.weight": t(2),
                        "model.diffusion_model.out.0.bias": t(2),
                        "first_stage_model.encoder.conv_in.weight": t(2),
                        "cond_stage_model.transformer.weight": t(2)}, "global_step": 5},
        "stable-diffusion", "training",
        {"unet_tensors": 2, "vae_tensors": 1, "text_encoder_tensors": 1},
    ),
    "LoRA": (
        {"base_model.model.h.0.attn.q_proj.lora_A.weight": t(8, 64),
         "base_model.model.h.0.attn.q_proj.lora_B.weight": t(64, 8)},
        "peft", "state_dict", {"lora_rank": 8, "lora_targets": ["q_proj"]},
    ),
    "fastai": ({"model": W, "opt": {"state": [{}], "hypers": [{"lr": 0.1, "mom": 0.9}]}},
               "fastai", "training", {"learning_rate": 0.1}),
    "stable-baselines3": (
        {"mlp_extractor.policy_net.0.weight": t(64, 4), "action_net.weight": t(2, 64)},
        "stable-baselines3", "state_dict", {},
    ),
    "DeepSpeed": (
        {"module": W, "param_shapes": [{}], "ds_version": "0.14.0", "dp_world_size": 4,
         "global_steps": 10, "optimizer": None},
        "deepspeed", "training",
        {"deepspeed_version": "0.14.0", "data_parallel_size": 4, "step": 10},
    ),
    "DeepSpeed optimizer": (
        {"optimizer_state_dict": {"zero_stage": 2, "partition_count": 4,
                                  "single_partition_of_fp32_groups": [t(4)]},
         "ds_config": {}, "ds_version": "0.14.0"},
        "deepspeed-optimizer", "training", {"zero_stage": 2, "partition_count": 4},
    ),
    "Megatron": (
        {"args": argparse.Namespace(tensor_model_parallel_size=2, num_layers=4),
         "checkpoint_version": 3.0, "iteration": 100, "model": {"language_model": W}},
        "megatron", "training", {"step": 100, "model_parallel_size": 2, "layers": 4},
    ),
    "AllenNLP": (
        {"metric_tracker": {"best_so_far": 0.5, "best_epoch": 1}, "optimizer": ADAM,
         "batches_in_epoch_completed": 0, "epochs_completed": 2},
        "allennlp", "training", {"best_score": 0.5, "best_epoch": 1, "epoch": 2},
    ),
    "chemprop": (
        {"args": argparse.Namespace(dataset_type="regression", depth=3), "state_dict": W,
         "data_scaler": None},
        "chemprop", "state_dict", {"task": "regression", "depth": 3},
    ),
    "OpenNMT": (
        {"model": W, "generator": W, "opt": argparse.Namespace(layers=2), "epoch": 13,
         "optim": types.SimpleNamespace(method="sgd", lr=0.5, _step=7)},
        "opennmt", "training", {"optimizer": "sgd", "learning_rate": 0.5, "step": 7},
    ),
    "bundle": (
        {"state_dict": W, "model_config": {"width": 3},
         "metadata": {"timestamp": "2024-01-02", "content_hash": "abc", "pytorch_version": "2.1"}},
        "inference-bundle", "state_dict",
        {"date": "2024-01-02", "content_hash": "abc", "torch_version": "2.1",
         "config": ["model_config"]},
    ),
}  # fmt: skip


def recognition_of(path, value):
    with open_checkpoint(str(save_zip(path / "file.pt", value))) as checkpoint:
        return checkpoint.recognition


@pytest.mark.parametrize("name", LAYOUTS)
def test_family_kind_and_facts(tmp_path, name):
    value, family, kind, wanted = LAYOUTS[name]
    found = recognition_of(tmp_path, value)
    facts = {fact.name: fact.value for fact in found.facts}
    assert facts.get("family") == family
    assert found.kind == kind
    assert {key: facts.get(key) for key in wanted} == wanted
    assert not found.failed


# ---- without a family ----------------------------------------------------------------------


def test_a_plain_state_dict(tmp_path):
    found = recognition_of(tmp_path, torch.nn.Linear(2, 3).state_dict())
    assert (found.kind, found.title, found.state_dicts) == ("state_dict", "State dict", ((),))
    assert {fact.name: fact.value for fact in found.facts} == {"parameters": 9}
    assert found.weights[0].has_versions


def test_a_whole_module_and_a_single_tensor(tmp_path):
    assert recognition_of(tmp_path, torch.nn.Linear(2, 3)).title == "Whole module, Linear"
    assert recognition_of(tmp_path, t(2)).kind == "tensor"


def test_torchscript(tmp_path):
    file = tmp_path / "script.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(torch.nn.Sequential(torch.nn.Linear(2, 3))), file)
    with open_checkpoint(str(file)) as checkpoint:
        found = checkpoint.recognition
    facts = {fact.name: fact.value for fact in found.facts}
    assert (found.kind, facts["family"], facts["parameters"]) == ("module", "torchscript", 9)
    assert facts["model_class"] == "torch.nn.modules.container.Sequential"


def test_quantized_weights(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = {"fc.weight": torch.quantize_per_tensor(t(2, 2), 0.1, 0, torch.qint8)}
        found = recognition_of(tmp_path, value)
    assert found.facts[0].value == "quantized"


def test_an_optimizer_alone(tmp_path):
    found = recognition_of(tmp_path, ADAM)
    assert (found.kind, found.title) == ("training", "Optimizer state")
    facts = {fact.name: fact for fact in found.facts}
    assert facts["optimizer"].value == "Adam"
    assert facts["optimizer"].inferred
    assert facts["optimizer_settings"].value["betas"] == [0.9, 0.999]


OPTIMIZERS: dict[str, dict[str, Any]] = {
    "SGD": {"momentum": 0.9}, "Adam": {}, "AdamW": {}, "RMSprop": {}, "Adagrad": {},
    "Adadelta": {}, "Rprop": {}, "LBFGS": {}, "NAdam": {}, "ASGD": {}, "Adafactor": {},
}  # fmt: skip


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_of_torch_is_named(tmp_path, name):
    made = getattr(torch.optim, name)(
        torch.nn.Linear(2, 3).parameters(), lr=0.1, **OPTIMIZERS[name]
    )
    found = recognition_of(tmp_path, made.state_dict())
    assert next(fact.value for fact in found.facts if fact.name == "optimizer") == name


SCHEDULERS: dict[str, dict[str, Any]] = {
    "StepLR": {"step_size": 2}, "MultiStepLR": {"milestones": [2]}, "ExponentialLR": {"gamma": 0.9},
    "CosineAnnealingLR": {"T_max": 5}, "CosineAnnealingWarmRestarts": {"T_0": 5},
    "OneCycleLR": {"max_lr": 1, "total_steps": 5}, "ReduceLROnPlateau": {}, "LinearLR": {},
    "ConstantLR": {}, "PolynomialLR": {}, "LambdaLR": {"lr_lambda": lambda epoch: 1.0},
}  # fmt: skip


@pytest.mark.parametrize("name", SCHEDULERS)
def test_every_scheduler_of_torch_is_named(tmp_path, name):
    optimizer = torch.optim.SGD(torch.nn.Linear(2, 3).parameters(), lr=0.1, momentum=0.9)
    made = getattr(torch.optim.lr_scheduler, name)(optimizer, **SCHEDULERS[name])
    found = recognition_of(tmp_path, {"model": W, "scheduler": made.state_dict()})
    assert next(fact.value for fact in found.facts if fact.name == "scheduler") == name
    assert [part.path for part in found.parts if part.role == "scheduler"] == [("scheduler",)]


def test_learning_rates_of_all_groups(tmp_path):
    layer = torch.nn.Linear(2, 3)
    groups = [{"params": [layer.weight], "lr": 0.1}, {"params": [layer.bias], "lr": 0.2}]
    found = recognition_of(tmp_path, torch.optim.SGD(groups).state_dict())
    facts = {fact.name: fact.value for fact in found.facts}
    assert facts["learning_rate"] == 0.1
    assert facts["learning_rates"] == [0.1, 0.2]


def test_several_networks_the_main_one_first(tmp_path):
    value = {"ema": W, "discriminator": W, "model": collections.OrderedDict(W), "steps": 3}
    found = recognition_of(tmp_path, value)
    assert found.state_dicts[0] == ("model",)
    assert found.state_dicts[-1] == ("ema",)
    assert [part.path for part in found.parts if part.role == "ema"] == [("ema",)]


def test_what_wrappers_left_on_keys(tmp_path):
    weights = {f"_orig_mod.module.{key}": value for key, value in W.items()}
    found = recognition_of(tmp_path, {"net": weights})
    assert found.weights[0].wrappers == ("_orig_mod.", "module.")
    mixed = recognition_of(tmp_path, {"net": prefixed("module.") | {"other": t(2)}})
    assert mixed.weights[0].wrappers == ()


def test_numbers_that_json_cannot_say(tmp_path):
    value = {"model": W, "loss": float("nan"), "metrics": {"f1": float("inf")}, "best_acc": 0.5}
    facts = {fact.name: fact.value for fact in recognition_of(tmp_path, value).facts}
    assert facts["loss"] == "nan"
    assert facts["metrics"] == {"loss": "nan", "f1": "inf", "best_acc": 0.5}


def test_metadata_of_safetensors(tmp_path):
    file = save_safetensors(tmp_path / "a.safetensors", W, {"format": "pt", "epoch": "3"})
    with open_checkpoint(str(file)) as checkpoint:
        assert checkpoint.recognition.kind == "state_dict"
