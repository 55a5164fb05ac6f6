"""Which network the names of tensors belong to: concluded, never read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from inspector.core.model import Node
from inspector.core.recognition.base import Fact
from inspector.core.text import plural

Names = Mapping[str, Node]
_FIRST = 64  # names whose begins are tried: a network may be a part of a larger one


class Architecture(NamedTuple):
    """One row: names that all members have, and how to name the member."""

    name: str
    signs: tuple[str, ...]
    """All of these must be there, each behind the same prefix."""
    member: Callable[[Names, str], str] | None = None


def _blocks(names: Names, prefix: str, group: str) -> int:
    """Return how many consecutive numbers follow `group` among the names."""
    pattern = re.compile(re.escape(prefix + group) + r"(\d+)\.")
    numbers = {int(found[1]) for name in names if (found := pattern.match(name))}
    return max(numbers) + 1 if numbers else 0


def _size(names: Names, name: str, axis: int) -> int:
    shape = names[name].value.shape if name in names else ()
    return int(shape[axis]) if len(shape) > axis else 0


# Blocks per stage and the kind of block: torchvision/models/resnet.py.
_RESNETS: dict[tuple[tuple[int, ...], bool], str] = {
    ((2, 2, 2, 2), False): "ResNet-18",
    ((3, 4, 6, 3), False): "ResNet-34",
    ((3, 4, 6, 3), True): "ResNet-50",
    ((3, 4, 23, 3), True): "ResNet-101",
    ((3, 8, 36, 3), True): "ResNet-152",
}


def _resnet(names: Names, prefix: str) -> str:
    blocks = tuple(_blocks(names, prefix, f"layer{stage}.") for stage in range(1, 5))
    deep = f"{prefix}layer1.0.conv3.weight" in names
    stages = tuple(count for count in blocks if count)
    return _RESNETS.get((blocks, deep), f"ResNet, blocks {'-'.join(map(str, stages))}")


def _transformer(name: str, group: str, width: tuple[str, int]) -> Callable[[Names, str], str]:
    def member(names: Names, prefix: str) -> str:
        layers = plural(_blocks(names, prefix, group), "layer")
        return f"{name}, {layers}, width {_size(names, prefix + width[0], width[1])}"

    return member


_LLAMA_WIDTH = ("embed_tokens.weight", 1)

# The more particular rows stand first.
ARCHITECTURES: tuple[Architecture, ...] = (
    Architecture(
        "Stable Diffusion U-Net",
        ("input_blocks.0.0.weight", "middle_block.0.in_layers.0.weight", "time_embed.0.weight"),
    ),
    Architecture(
        "U-Net of diffusers",
        (
            "conv_in.weight",
            "time_embedding.linear_1.weight",
            "down_blocks.0.resnets.0.conv1.weight",
        ),
    ),
    Architecture(
        "Mixtral-like",
        ("layers.0.block_sparse_moe.gate.weight", "layers.0.self_attn.q_proj.weight"),
        _transformer("Mixtral-like", "layers.", _LLAMA_WIDTH),
    ),
    Architecture(
        "Llama-like",
        (
            "layers.0.self_attn.q_proj.weight",
            "layers.0.mlp.gate_proj.weight",
            "layers.0.input_layernorm.weight",
        ),
        _transformer("Llama-like", "layers.", _LLAMA_WIDTH),
    ),
    Architecture(
        "Llama (Meta's names)",
        ("layers.0.attention.wq.weight", "layers.0.feed_forward.w1.weight"),
        _transformer("Llama", "layers.", ("tok_embeddings.weight", 1)),
    ),
    Architecture(
        "OPT or BART decoder",
        ("layers.0.self_attn.q_proj.weight", "layers.0.fc1.weight", "embed_positions.weight"),
    ),
    Architecture(
        "GPT-2",
        ("h.0.attn.c_attn.weight", "h.0.mlp.c_fc.weight", "wte.weight"),
        _transformer("GPT-2", "h.", ("wte.weight", 1)),
    ),
    Architecture(
        "GPT-NeoX",
        ("layers.0.attention.query_key_value.weight", "embed_in.weight"),
        _transformer("GPT-NeoX", "layers.", ("embed_in.weight", 1)),
    ),
    Architecture(
        "DistilBERT",
        ("transformer.layer.0.attention.q_lin.weight", "embeddings.word_embeddings.weight"),
    ),
    Architecture(
        "ViT of transformers",
        (
            "embeddings.patch_embeddings.projection.weight",
            "encoder.layer.0.attention.attention.query.weight",
        ),
        _transformer("ViT", "encoder.layer.", ("embeddings.cls_token", 2)),
    ),
    Architecture(
        "ALBERT",
        (
            "encoder.albert_layer_groups.0.albert_layers.0.attention.query.weight",
            "embeddings.word_embeddings.weight",
        ),
    ),
    Architecture(
        "BERT",
        ("embeddings.word_embeddings.weight", "encoder.layer.0.attention.self.query.weight"),
        _transformer("BERT", "encoder.layer.", ("embeddings.word_embeddings.weight", 1)),
    ),
    Architecture(
        "T5",
        ("shared.weight", "encoder.block.0.layer.0.SelfAttention.q.weight"),
        _transformer("T5", "encoder.block.", ("shared.weight", 1)),
    ),
    Architecture("Whisper", ("encoder.conv1.weight", "encoder.blocks.0.attn.query.weight")),
    Architecture("wav2vec 2.0", ("feature_extractor.conv_layers.0.conv.weight",)),
    Architecture("CLIP", ("visual.conv1.weight", "token_embedding.weight", "text_projection")),
    Architecture("CLIP of transformers", ("text_model.embeddings.token_embedding.weight",)),
    Architecture(
        "Swin Transformer",
        ("patch_embed.proj.weight", "layers.0.blocks.0.attn.relative_position_bias_table"),
    ),
    Architecture(
        "ViT",
        ("patch_embed.proj.weight", "blocks.0.attn.qkv.weight"),
        _transformer("ViT", "blocks.", ("patch_embed.proj.weight", 0)),
    ),
    Architecture(
        "ViT of torchvision", ("conv_proj.weight", "encoder.layers.encoder_layer_0.mlp.0.weight")
    ),
    Architecture("ConvNeXt", ("stages.0.blocks.0.conv_dw.weight", "stem.0.weight")),
    Architecture("ConvNeXt", ("downsample_layers.0.0.weight", "stages.0.0.dwconv.weight")),
    Architecture(
        "ResNet", ("conv1.weight", "layer1.0.conv1.weight", "layer2.0.conv1.weight"), _resnet
    ),
    Architecture(
        "DenseNet", ("features.conv0.weight", "features.denseblock1.denselayer1.conv1.weight")
    ),
    Architecture("EfficientNet", ("conv_stem.weight", "blocks.0.0.conv_dw.weight")),
    Architecture(
        "EfficientNet (lukemelas)", ("_conv_stem.weight", "_blocks.0._depthwise_conv.weight")
    ),
    Architecture("MobileNetV2", ("features.0.0.weight", "features.1.conv.0.0.weight")),
    Architecture("MobileNetV3", ("features.0.0.weight", "features.1.block.0.0.weight")),
    Architecture("SqueezeNet", ("features.3.squeeze.weight", "features.3.expand1x1.weight")),
    Architecture("Inception v3", ("Mixed_5b.branch1x1.conv.weight",)),
    Architecture(
        "AlexNet",
        ("features.0.weight", "features.10.weight", "classifier.1.weight", "classifier.6.weight"),
    ),
    Architecture(
        "VGG",
        ("features.0.weight", "features.2.weight", "classifier.0.weight", "classifier.6.weight"),
    ),
    Architecture("YOLOv8", ("model.0.conv.weight", "model.22.dfl.conv.weight")),
    Architecture("YOLO", ("model.0.conv.weight", "model.2.cv1.conv.weight")),
    Architecture("Mask R-CNN", ("rpn.head.cls_logits.weight", "roi_heads.mask_head.0.0.weight")),
    Architecture("Faster R-CNN", ("rpn.head.cls_logits.weight", "roi_heads.box_head.fc6.weight")),
    Architecture(
        "DETR",
        (
            "query_embed.weight",
            "transformer.encoder.layers.0.self_attn.in_proj_weight",
            "class_embed.weight",
        ),
    ),
    Architecture(
        "Segment Anything",
        ("image_encoder.patch_embed.proj.weight", "mask_decoder.iou_token.weight"),
    ),
    Architecture(
        "U-Net", ("inc.double_conv.0.weight", "down1.maxpool_conv.1.double_conv.0.weight")
    ),
    Architecture("DQN policy", ("q_net.q_net.0.weight",)),
)

# Names of the last layer, whose rows are the classes.
_HEADS = ("fc", "classifier", "head", "head.fc", "classifier.6", "classifier.1", "classifier.3",
          "heads.head", "last_linear", "linear", "output", "out", "logits")  # fmt: skip


def architecture_facts(names: Names) -> list[Fact]:
    """Return the family of networks and the number of classes, if names and shapes tell."""
    facts = []
    prefixes = _prefixes(names)
    found = next(
        (
            (row, prefix)
            for row in ARCHITECTURES
            for prefix in prefixes
            if prefix + row.signs[0] in names and all(prefix + sign in names for sign in row.signs)
        ),
        None,
    )
    if found is not None:
        row, prefix = found
        name = row.member(names, prefix) if row.member else row.name
        facts.append(Fact("architecture", "Architecture", name, inferred=True))
    for head in _HEADS:
        shape = _shape(names, f"{head}.weight")
        if len(shape) == 2 and _shape(names, f"{head}.bias") == shape[:1] and shape[0] > 1:
            facts.append(Fact("classes", "Classes", shape[0], inferred=True))
            break
    return facts


def _prefixes(names: Names) -> list[str]:
    """Return the begins that some of the names have, the empty one first."""
    prefixes = {"": None}
    some = list(names)
    for name in (*some[:_FIRST], *some[-_FIRST:]):
        steps = name.split(".")
        for length in range(1, min(len(steps), 5)):
            prefixes.setdefault(".".join(steps[:length]) + ".", None)
    return list(prefixes)


def _shape(names: Names, name: str) -> tuple[int, ...]:
    node = names.get(name)
    return tuple(node.value.shape) if node is not None else ()
