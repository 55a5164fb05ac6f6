"""The files of a Hugging Face Trainer's folder, of accelerate, and PEFT adapters."""

from __future__ import annotations

from collections.abc import Iterable

from inspector.core.recognition.base import Fact
from inspector.core.recognition.families.base import Family, stated
from inspector.core.recognition.optimizer import is_scheduler
from inspector.core.recognition.survey import Survey

_LORA = (".lora_A.", ".lora_B.", ".lora_embedding_A", ".lora_down.", ".lora_up.")
_SAMPLE = 512


def _is_training_args(seen: Survey) -> bool:
    if seen.root.kind != "object":
        return False
    name = seen.root.type.rpartition(".")[2]
    return name.endswith("TrainingArguments") or seen.top.keys() >= {
        "per_device_train_batch_size", "learning_rate", "output_dir",
    }  # fmt: skip


def _training_args(seen: Survey) -> Iterable[Fact]:
    return stated(
        seen.root,
        ("learning_rate", "learning_rate", "Learning rate"),
        ("num_train_epochs", "planned_epochs", "Planned epochs"),
        ("max_steps", "planned_steps", "Planned steps"),
        ("per_device_train_batch_size", "batch_size", "Batch size per device"),
        ("gradient_accumulation_steps", "gradient_accumulation_steps", "Accumulated batches"),
        ("weight_decay", "weight_decay", "Weight decay"),
        ("warmup_steps", "warmup_steps", "Warm-up steps"),
        ("fp16", "fp16", "fp16"),
        ("bf16", "bf16", "bf16"),
        ("seed", "seed", "Seed"),
    )


def _is_rng_state(seen: Survey) -> bool:
    return seen.top.keys() >= {"python", "numpy", "cpu"} and len(seen.top) <= 8


def _is_random_states(seen: Survey) -> bool:
    wanted = {"random_state", "numpy_random_seed", "torch_manual_seed"}
    return seen.top.keys() >= wanted


def _is_scaler(seen: Survey) -> bool:
    return seen.top.keys() >= {"scale", "growth_factor", "backoff_factor"}


def _is_adapter(seen: Survey) -> bool:
    return any(mark in name for name in list(seen.names)[:_SAMPLE] for mark in _LORA)


def _adapter(seen: Survey) -> Iterable[Fact]:
    """Conclude rank and targets: `lora_A` maps to the rank, `lora_B` from it."""
    ranks, targets = set(), set()
    for name, node in seen.names.items():
        if (".lora_A." in name or ".lora_down." in name) and len(node.value.shape) >= 2:
            ranks.add(node.value.shape[0])
            before = name.replace(".lora_down.", ".lora_A.").partition(".lora_A.")[0]
            targets.add(before.rpartition(".")[2])
    if ranks:
        rank = ranks.pop() if len(ranks) == 1 else sorted(ranks)
        yield Fact("lora_rank", "LoRA rank", rank, inferred=True)
        yield Fact("lora_targets", "LoRA targets", sorted(targets)[:16], inferred=True)


FAMILIES = (
    Family(
        "hf-training-args",
        "Training arguments of Hugging Face's Trainer",
        _is_training_args,
        _training_args,
        "other",
    ),
    Family("hf-rng-state", "Random states of a training run", _is_rng_state, kind="training",
           role="rng"),
    Family(
        "accelerate-random-states", "Random states saved by accelerate", _is_random_states,
        kind="training",
    ),
    Family("scheduler", "Scheduler state", lambda seen: is_scheduler(seen.root), kind="training"),
    Family("scaler", "State of a gradient scaler", _is_scaler, kind="training"),
    Family("peft", "LoRA adapter", _is_adapter, _adapter, inferred=True),
)  # fmt: skip
