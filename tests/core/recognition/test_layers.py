"""What layers are called, held to the real layers of torch."""

from __future__ import annotations

import collections

import pytest
import torch
from torch import nn

from inspector.core.formats import open_checkpoint
from inspector.core.recognition.layers import layer_text
from inspector.core.recognition.outline import layer_around, layer_of, outline
from tests.checkpoints import save_zip

LAYERS = {
    "Linear 640 → 2048, bias": nn.Linear(640, 2048),
    "Linear 8 → 4": nn.Linear(8, 4, bias=False),
    "Conv2d 3 → 64, 7×7": nn.Conv2d(3, 64, 7, bias=False),
    "Conv1d 80 → 16, 3, bias": nn.Conv1d(80, 16, 3),
    "Conv3d 2 → 4, 1×2×3, bias": nn.Conv3d(2, 4, (1, 2, 3)),
    "Conv2d 1 (per group) → 8, 3×3, bias": nn.Conv2d(8, 8, 3, groups=8),
    "ConvTranspose2d 16 → 8, 2×2, bias": nn.ConvTranspose2d(16, 8, 2),
    "BatchNorm 64": nn.BatchNorm2d(64),
    "BatchNorm 64, not affine": nn.BatchNorm1d(64, affine=False),
    "LayerNorm or GroupNorm 16": nn.LayerNorm(16),
    "MultiheadAttention 32": nn.MultiheadAttention(32, 4),
    "LSTM 10 → 16, 2 layers, bidirectional": nn.LSTM(10, 16, 2, bidirectional=True),
    "GRU 10 → 16": nn.GRU(10, 16),
    "RNN 10 → 16": nn.RNN(10, 16),
    "LSTMCell 10 → 16": nn.LSTMCell(10, 16),
    "PReLU": nn.PReLU(),
    "Linear 8 → 4, bias, weight norm": nn.utils.parametrizations.weight_norm(nn.Linear(8, 4)),
    "": nn.ReLU(),
}


@pytest.fixture
def node_of(tmp_path):
    def read(value):
        with open_checkpoint(str(save_zip(tmp_path / "file.pt", value))) as checkpoint:
            return checkpoint.root

    return read


@pytest.mark.parametrize("text", LAYERS)
def test_layers_of_torch(node_of, text):
    node = node_of({f"net.0.{key}": value for key, value in LAYERS[text].state_dict().items()})
    assert layer_of(node, "net.0") == text


def test_tables_are_told_by_their_names(node_of):
    node = node_of({"embed_tokens.weight": torch.zeros(10, 4), "head.weight": torch.zeros(10, 4)})
    assert layer_of(node, "embed_tokens") == "Embedding 10 × 4"
    assert layer_of(node, "head") == "Linear 4 → 10"


def test_low_rank_adapters(node_of):
    weights = {"q.lora_A.weight": torch.zeros(8, 64), "q.lora_B.weight": torch.zeros(32, 8)}
    assert layer_of(node_of(weights), "q") == "LoRA of rank 8, 64 → 32"


def test_what_is_not_known_has_no_name(node_of):
    node = node_of(
        {"a.scale": torch.zeros(3), "b.weight": torch.zeros(3), "c.weight": torch.zeros(())}
    )
    assert [layer_of(node, name) for name in ("a", "b", "c", "none", "")] == [""] * 5
    assert layer_text({}) == ""


def test_blocks_of_a_module_are_folded(node_of):
    class Block(nn.Sequential):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(
                collections.OrderedDict(conv=nn.Conv2d(4, 4, 3), norm=nn.BatchNorm2d(4))
            )

    model = nn.Sequential(
        collections.OrderedDict(
            stem=nn.Conv2d(3, 4, 3),
            layer1=nn.Sequential(Block(), Block(), Block()),
            fc=nn.Linear(4, 2),
        )
    )
    wanted = [
        ("stem", 0, "Conv2d 3 → 4, 3×3, bias", 1),
        ("layer1.[0-2]", 0, "", 3),
        ("conv", 1, "Conv2d 4 → 4, 3×3, bias", 1),
        ("norm", 1, "BatchNorm 4", 1),
        ("fc", 0, "Linear 4 → 2, bias", 1),
    ]
    rows = outline(node_of(model.state_dict()))
    assert [row[:4] for row in rows] == wanted
    assert sum(row.elements for row in rows if row.depth == 0) == sum(
        value.numel() for value in model.state_dict().values()
    )


def test_neighbours_that_differ_are_not_folded(node_of):
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 3), nn.Linear(3, 3))
    names = [row.name for row in outline(node_of(model.state_dict()))]
    assert names == ["[0-1]", "2", "3"]
    gap = {f"{i}.weight": torch.zeros(2, 2) for i in (0, 2, 3)}
    assert [row.name for row in outline(node_of(gap))] == ["0", "[2-3]"]


def test_deep_names_are_no_deep_recursion(node_of):
    node = node_of({".".join("a" * 5000): torch.zeros(2), "": torch.zeros(2), "..": torch.zeros(2)})
    assert outline(node) is not None


# ---- architectures -------------------------------------------------------------------------


def names_of_resnet(blocks, bottleneck, prefix=""):
    names = {"conv1.weight": (64, 3, 7, 7), "fc.weight": (10, 512), "fc.bias": (10,)}
    for stage, count in enumerate(blocks, 1):
        for block in range(count):
            for conv in range(1, 4 if bottleneck else 3):
                names[f"layer{stage}.{block}.conv{conv}.weight"] = (4, 4, 3, 3)
    return {prefix + name: torch.zeros(1).expand(shape) for name, shape in names.items()}


def named(*names, shape=(4, 4)):
    return {name: torch.zeros(shape) for name in names}


LLAMA = [f"model.layers.{i}.{name}.weight" for i in range(3)
         for name in ("self_attn.q_proj", "mlp.gate_proj", "input_layernorm")]  # fmt: skip
VIT = ["patch_embed.proj.weight", *(f"blocks.{i}.attn.qkv.weight" for i in range(12))]

ARCHITECTURES = {
    "ResNet-18": names_of_resnet((2, 2, 2, 2), False),
    "ResNet-50": names_of_resnet((3, 4, 6, 3), True, "module."),
    "ResNet-34": names_of_resnet((3, 4, 6, 3), False, "module.encoder_q."),
    "Llama-like, 3 layers, width 8": {
        **named(*LLAMA), "model.embed_tokens.weight": torch.zeros(16, 8)
    },
    "ViT, 12 layers, width 4": named(*VIT),
    "BERT, 1 layer, width 4": named(
        "bert.embeddings.word_embeddings.weight", "bert.encoder.layer.0.attention.self.query.weight"
    ),
    "GPT-2, 2 layers, width 4": named(
        "transformer.wte.weight", "transformer.h.0.attn.c_attn.weight",
        "transformer.h.0.mlp.c_fc.weight", "transformer.h.1.attn.c_attn.weight",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_architectures_are_concluded(tmp_path, name):
    with open_checkpoint(str(save_zip(tmp_path / "file.pt", ARCHITECTURES[name]))) as checkpoint:
        facts = {fact.name: fact for fact in checkpoint.recognition.facts}
    assert facts["architecture"].value == name
    assert facts["architecture"].inferred
    if name.startswith("ResNet") and "classes" in facts:
        assert facts["classes"].value == 10


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("0.weight", ("weight", "Linear 640 → 2048, bias")),
        ("0.bias", ("bias", "Linear 640 → 2048, bias")),
        ("1.num_batches_tracked", ("num_batches_tracked", "BatchNorm 2048")),
        ("2.in_proj_weight", ("in_proj_weight", "MultiheadAttention 32")),
        ("2.out_proj.weight", ("weight", "Linear 32 → 32, bias")),
        (
            "3.parametrizations.weight.original0",
            ("parametrizations.weight.original0", "Linear 8 → 4, bias, weight norm"),
        ),
        ("scale", ("", "")),
        ("nowhere", ("", "")),
    ],
)
def test_a_tensor_is_named_by_the_layer_around_it(node_of, key, expected):
    model = nn.Sequential(
        nn.Linear(640, 2048),
        nn.BatchNorm1d(2048),
        nn.MultiheadAttention(32, 4),
        nn.utils.parametrizations.weight_norm(nn.Linear(8, 4)),
    )
    state = model.state_dict() | {"scale": torch.ones(1, 3)}
    assert layer_around(node_of(state), key) == expected
