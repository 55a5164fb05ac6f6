"""torch.package archives as PackageExporter writes them."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.package import PackageExporter, PackageImporter

from inspector.core.formats import open_checkpoint
from tests.checkpoints import torch_tensors
from tests.core.formats.archives import equal, nodes, read_tensors, tiny

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:TypedStorage is deprecated"),
]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "package.pt"
    weight = torch.arange(6.0).reshape(2, 3)
    with PackageExporter(path) as exporter:
        exporter.extern(["torch.**", "collections"])
        exporter.save_pickle("models", "net.pkl", tiny())
        exporter.save_pickle("models", "more", {"weight": weight, "row": weight[1], "lr": 0.1})
        exporter.save_text("models", "note.txt", "hello")
        exporter.save_binary("models", "blob", b"\0\1\2")
        exporter.save_source_string("helper", "width = 4\n")
    return path


def test_pickles_are_trees_with_their_values(package: Path):
    importer = PackageImporter(package)
    wanted: dict[Any, torch.Tensor] = {}
    for name in ("net.pkl", "more"):
        value = importer.load_pickle("models", name)
        wanted |= {(f"models/{name}", *path): v for path, v in torch_tensors(value)}
    with open_checkpoint(str(package)) as checkpoint:
        assert checkpoint.format == "torch-package"
        assert equal(read_tensors(checkpoint), wanted)
        assert not checkpoint.findings


def test_sources_and_texts_are_text(package: Path):
    with open_checkpoint(str(package)) as checkpoint:
        found = nodes(checkpoint)
        assert found["helper.py",].value == "width = 4\n"
        assert found["models/note.txt",].value == "hello"
        assert found["models/blob",].kind == "cut"
        assert "collections" in found["extern_modules",].value.split()


def test_objects_that_their_own_function_rebuilds_are_shown(tmp_path: Path):
    traced = torch.fx.symbolic_trace(tiny())
    with PackageExporter(tmp_path / "fx.pt") as exporter:
        exporter.extern("**")
        exporter.save_pickle("models", "fx.pkl", traced)
    with open_checkpoint(str(tmp_path / "fx.pt")) as checkpoint:
        found = sorted(str(value.tolist()) for _, value in read_tensors(checkpoint))
        assert found == sorted(str(value.tolist()) for value in traced.state_dict().values())
