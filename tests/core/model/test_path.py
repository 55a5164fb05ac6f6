"""Paths: exact for programs, expressions for Python, arrays for JSON."""

import json
from pathlib import Path as File
from typing import Any

import pytest
import torch

from inspector.core.formats import open_checkpoint
from inspector.core.model import Attribute, json_path, python_path, tensors
from inspector.core.model.path import OpaqueKey
from tests.checkpoints import Vanishing, save_zip


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ((), "checkpoint"),
        (("model", "0.weight"), "checkpoint['model']['0.weight']"),
        (("a", 0, (1, "b")), "checkpoint['a'][0][(1, 'b')]"),
        ((Attribute("fc"), Attribute("weight")), "checkpoint.fc.weight"),
        ((Attribute("0"), Attribute("a b")), "getattr(getattr(checkpoint, '0'), 'a b')"),
        ((Attribute("class"),), "getattr(checkpoint, 'class')"),
        (("'\n\ud800",), 'checkpoint["\'\\n\\ud800"]'),
    ],
)
def test_python_expressions(path: tuple[Any, ...], expected: str) -> None:
    assert python_path(path) == expected


def test_every_expression_reaches_its_tensor(tmp_path: File) -> None:
    keys: list[Any] = [
        "a.b", "'", '"', "\\", "\n", "\u202e", "\ud800", "", 0, -1, True, None, 1.5, (1, ("x",)),
        b"\xff", 1j, 1 << 70,
    ]  # fmt: skip
    with Vanishing(tmp_path) as module:
        value = {
            "keys": {key: torch.full((1,), float(i)) for i, key in enumerate(keys)},
            "list": [torch.ones(1), (torch.ones(2), {"x": torch.ones(3)})],
            "net": module.Net(),
        }
        loaded = torch.load(save_zip(tmp_path / "a.pt", value), weights_only=False)
        with open_checkpoint(str(tmp_path / "a.pt")) as checkpoint:
            found = list(tensors(checkpoint.root))
            assert len(found) > 30
            for path, tensor in found:
                reached = eval(python_path(path), {"checkpoint": loaded})
                assert tuple(reached.shape) == tensor.shape, path
                assert tensor.storage is not None
                first = checkpoint.read(tensor.storage, *tensor.extent)
                assert reached.detach().numpy().tobytes() == first, path


def test_an_attribute_is_no_item() -> None:
    assert Attribute("a") == Attribute("a")
    assert Attribute("a") != "a"
    assert (Attribute("a") == "a", Attribute("a") == "a") == (False, False)
    assert len({"a", Attribute("a")}) == 2
    assert str(Attribute("a")) == "a"


def test_json_paths() -> None:
    path = ("a.b", 3, True, None, 1.5, (1, "x"), b"y", Attribute("z"), OpaqueKey("f()"))
    expected = ["a.b", 3, "True", "None", "1.5", "(1, 'x')", "b'y'", "z", "f()"]
    assert json_path(path) == expected
    assert json.loads(json.dumps(json_path(path))) == expected
