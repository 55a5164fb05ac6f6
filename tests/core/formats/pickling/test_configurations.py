"""Configurations of other libraries are readable mappings, as those libraries write them."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch

from inspector.core.formats import open_checkpoint
from inspector.core.model import Node


def opened(path: Path, value: Any) -> Node:
    torch.save({"config": value}, path)
    with open_checkpoint(str(path)) as checkpoint:
        return checkpoint.root.children[0]


def plain(node: Node) -> Any:
    """Return what a node shows as dicts, lists and values."""
    if node.kind in ("mapping", "object"):
        return {str(child.key): plain(child) for child in node.children}
    if node.kind == "sequence":
        return [plain(child) for child in node.children]
    return node.value


def test_omegaconf(tmp_path: Path) -> None:
    omegaconf = pytest.importorskip("omegaconf")
    value = {"lr": 0.1, "layers": [1, {"a": None}], "deep": {"flag": True, "ref": "${lr}"}}
    node = opened(tmp_path / "a.pt", omegaconf.OmegaConf.create(value))
    assert plain(node) == value
    assert (node.kind, node.type) == ("mapping", "omegaconf.dictconfig.DictConfig")
    assert node.children[1].type == "omegaconf.listconfig.ListConfig"


def test_easydict(tmp_path: Path) -> None:
    easydict = pytest.importorskip("easydict")
    value = {"a": 1, "b": {"c": [1, 2]}}
    node = opened(tmp_path / "a.pt", easydict.EasyDict(value))
    assert plain(node) == value
    assert node.type == "easydict.EasyDict"


def test_yacs(tmp_path: Path) -> None:
    config = pytest.importorskip("yacs.config").CfgNode()
    config.DEPTH = 50
    config.MODEL = type(config)({"NAME": "r"})
    node = opened(tmp_path / "a.pt", config)
    shown = plain(node)
    assert shown["DEPTH"] == 50
    assert shown["MODEL"]["NAME"] == "r"
    assert shown["__immutable__"] is False


@dataclasses.dataclass
class Settings:
    width: int = 64
    names: tuple[str, ...] = ("a", "b")


def test_namespace_and_dataclass(tmp_path: Path) -> None:
    namespace = argparse.Namespace(lr=0.1, deep=argparse.Namespace(x=[1]))
    assert plain(opened(tmp_path / "a.pt", namespace)) == {"lr": 0.1, "deep": {"x": [1]}}
    node = opened(tmp_path / "b.pt", Settings())
    assert plain(node) == {"width": 64, "names": ["a", "b"]}
    assert node.type.endswith("Settings")
