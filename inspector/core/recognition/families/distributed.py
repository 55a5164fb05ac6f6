"""Single files of DeepSpeed and Megatron runs, which one process of many wrote."""

from __future__ import annotations

from collections.abc import Iterable

from inspector.core.recognition.base import Fact
from inspector.core.recognition.families.base import Family, keys, stated
from inspector.core.recognition.survey import Survey


def _is_deepspeed(seen: Survey) -> bool:
    top = seen.top.keys()
    return "ds_version" in top or {"module", "param_shapes"} <= top or "ds_config" in top


def _deepspeed(seen: Survey) -> Iterable[Fact]:
    yield from stated(
        seen.root,
        ("ds_version", "deepspeed_version", "DeepSpeed"),
        ("dp_world_size", "data_parallel_size", "Data parallel ranks"),
        ("mp_world_size", "model_parallel_size", "Model parallel ranks"),
        ("global_steps", "step", "Step"),
        ("global_samples", "samples", "Samples"),
    )
    for where in (seen.root, seen.top.get("optimizer_state_dict")):
        yield from stated(
            where,
            ("zero_stage", "zero_stage", "ZeRO stage"),
            ("partition_count", "partition_count", "Partitions"),
        )


def _is_deepspeed_optimizer(seen: Survey) -> bool:
    state = seen.top.get("optimizer_state_dict")
    names = {str(entry.key) for entry in state.children} if state is not None else set()
    return bool(names & {"zero_stage", "partition_count", "single_partition_of_fp32_groups"})


def _megatron(seen: Survey) -> Iterable[Fact]:
    yield from stated(seen.root, ("iteration", "step", "Step"))
    yield from stated(
        seen.top.get("args"),
        ("tensor_model_parallel_size", "model_parallel_size", "Tensor parallel ranks"),
        ("pipeline_model_parallel_size", "pipeline_parallel_size", "Pipeline parallel ranks"),
        ("num_layers", "layers", "Layers"),
        ("hidden_size", "hidden_size", "Hidden size"),
        ("num_attention_heads", "attention_heads", "Attention heads"),
    )


FAMILIES = (
    Family(
        "deepspeed-optimizer", "DeepSpeed optimizer partition", _is_deepspeed_optimizer,
        _deepspeed, "training",
    ),
    Family("deepspeed", "DeepSpeed checkpoint", _is_deepspeed, _deepspeed),
    Family("megatron", "Megatron checkpoint", keys("checkpoint_version", "iteration"), _megatron),
)  # fmt: skip
