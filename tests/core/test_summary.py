"""What a checkpoint is in one line, and the facts of its nodes."""

from pathlib import Path
from typing import Any

import pytest
import torch

from inspector.core.checkpoint import Checkpoint
from inspector.core.formats import open_checkpoint
from inspector.core.model import Node
from inspector.core.summary import device_bytes, facts_of, headline, value_text, words_of
from tests.checkpoints import save_safetensors, save_zip


def opened(path: Path, value: Any) -> Checkpoint:
    return open_checkpoint(str(save_zip(path / "file.pt", value)))


def child(node: Node, *keys: object) -> Node:
    for key in keys:
        node = next(item for item in node.children if item.key == key)
    return node


def test_headline_of_a_training_checkpoint(tmp_path: Path) -> None:
    model = torch.nn.Linear(3, 4)
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    value = {"epoch": 12, "model": model.state_dict(), "optimizer": optimizer.state_dict()}
    with opened(tmp_path, value) as checkpoint:
        words = headline(checkpoint).split(" · ")
    assert words[0] == "Training checkpoint"
    assert "epoch 12" in words
    assert "AdamW (inferred)" in words
    assert "16 parameters" in words
    assert "saved on cpu" in words
    assert words[-1] == "torch zip v3"


def test_headline_of_a_state_dict(tmp_path: Path) -> None:
    path = save_safetensors(tmp_path / "a.safetensors", {"a.weight": torch.ones(1000, 2)})
    with open_checkpoint(str(path)) as checkpoint:
        words = headline(checkpoint)
    assert words.startswith("State dict")
    assert "2.00 k parameters" in words
    assert "saved on" not in words  # safetensors knows no devices
    assert words.endswith("safetensors")


def test_weights_beside_their_average_and_an_inference_bundle(tmp_path: Path) -> None:
    weights = {"a.weight": torch.ones(2), "a.bias": torch.ones(1)}
    average = {f"module.{key}": value.clone() for key, value in weights.items()}
    with opened(tmp_path, {"ema_state_dict": average, "state_dict": weights}) as checkpoint:
        assert checkpoint.recognition.state_dicts[0] == ("state_dict",)
        assert ("ema_state_dict",) in checkpoint.recognition.state_dicts
    facts = {"timestamp": "2025-01-01", "pytorch_version": "2.9.1", "content_hash": "abc"}
    bundle = {"model_state_dict": weights, "model_config": {"width": 3}, "metadata": facts}
    with opened(tmp_path, bundle) as checkpoint:
        assert checkpoint.recognition.kind == "state_dict"
        assert checkpoint.recognition.state_dicts[0] == ("model_state_dict",)
        named = {fact.name: fact.value for fact in checkpoint.recognition.facts}
    assert named["torch_version"] == "2.9.1"
    assert named["content_hash"] == "abc"
    assert named["date"] == "2025-01-01"


def test_facts_of_tensors_and_values(tmp_path: Path) -> None:
    base = torch.arange(10.0)
    value = {"view": base[2:8:2], "text": "line\nbreak", "list": [1, 2], "class": torch.float16}
    with opened(tmp_path, value) as checkpoint:
        root = checkpoint.root
        tensor = dict(facts_of(child(root, "view"), checkpoint))
        text = dict(facts_of(child(root, "text"), checkpoint))
        named = dict(facts_of(child(root, "class"), checkpoint))
        whole = dict(facts_of(root, checkpoint))
    assert tensor["Shape"] == "3"
    assert tensor["Stride"] == "2"
    assert tensor["Storage offset"] == "2 elements"
    assert tensor["Contiguous"] == "no"
    assert tensor["Storage size"] == "40 bytes"
    assert text["Value"] == "line\\nbreak"
    assert text["Length"] == "10 characters"
    assert "not imported and not called" in named["Meaning"]
    assert whole["File"].endswith("file.pt")
    assert whole["Format"] == "torch zip v3"


def test_no_text_of_a_file_can_act(tmp_path: Path) -> None:
    odd = "\x1b]0;x\x07\u202e\n"
    value = {odd: torch.ones(1), "epoch": odd, "arch": odd, "more": {odd: [odd, {odd: odd}]}}
    with opened(tmp_path, value) as checkpoint:
        shown = [headline(checkpoint)]
        stack = [checkpoint.root]
        while stack:
            node = stack.pop()
            shown += [words for fact in facts_of(node, checkpoint) for words in fact]
            stack += node.children
    assert not {"\x1b", "\x07", "\u202e", "\n"} & set("".join(shown))


def test_values_are_cut() -> None:
    assert len(value_text("x" * 1000)) == 200
    assert value_text(b"\n") == "b'\\n'"
    assert value_text(float("nan")) == "nan"


def test_bytes_by_device(tmp_path: Path) -> None:
    base = torch.ones(4)
    with opened(tmp_path, {"a": base, "tied": base, "meta": torch.empty(3, device="meta")}) as it:
        assert device_bytes(it.storages.values()) == {"cpu": 16}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"lr": 0.001, "betas": [0.9, 0.999]}, "lr 0.001, betas (0.9, 0.999)"),
        ([["ema", "model"], ["teacher"]], "(ema, model), teacher"),
        (["module."], "module."),
        ({}, "none"),
        (True, "yes"),
        (12345, "12\u202f345"),
        ({"a": {"b": {"c": {"d": [1]}}}}, "a b c d …"),
    ],
)
def test_values_in_words(value, words):
    assert words_of(value) == words


@pytest.mark.parametrize("layout", ["coo", "csr"])
def test_a_sparse_tensor_has_facts_but_no_stride(
    tmp_path: Path, layout: str, recwarn: pytest.WarningsRecorder
) -> None:
    eye = torch.eye(4)
    made = eye.to_sparse() if layout == "coo" else eye.to_sparse_csr()
    with opened(tmp_path, {"w": made}) as checkpoint:
        facts = dict(facts_of(child(checkpoint.root, "w"), checkpoint))
    assert facts["Layout"] == f"sparse_{layout}"
    assert facts["Storage"].startswith("in its parts: ")
    assert facts["Shape"] == "4 × 4"
    assert "Stride" not in facts
    assert "Contiguous" not in facts
