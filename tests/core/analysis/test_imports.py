"""What pickles would import, sorted by what it is for."""

from __future__ import annotations

import argparse
import collections
import datetime
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from inspector.core.analysis.imports import Import, imports_of
from inspector.core.formats import open_checkpoint
from inspector.core.model import Path as Place
from tests.checkpoints import WRITERS, save_pickle, save_safetensors, save_zip


class Runner:
    def __reduce__(self):
        return os.system, ("true",)


class Own:
    def __init__(self) -> None:
        self.width = 3


def imports(path: Path) -> dict[str, Import]:
    with open_checkpoint(str(path)) as checkpoint:
        return {row.name: row for row in imports_of(checkpoint)}


@pytest.mark.parametrize("name", WRITERS)
def test_a_state_dict_imports_tensors_and_plain_values(name, tmp_path) -> None:
    model = torch.nn.Linear(2, 2)
    found = imports(WRITERS[name](tmp_path / "a.pt", model.state_dict()))
    assert {row.sort for row in found.values()} == {"tensor", "plain"}
    assert found["collections.OrderedDict"].sort == "plain"


def test_every_class(tmp_path) -> None:
    value = {
        "weight": torch.randn(2),
        "array": np.arange(3.0),
        "args": argparse.Namespace(lr=0.1),
        "when": datetime.datetime(2024, 1, 1),
        "where": Path("a"),
        "counts": collections.Counter("aab"),
        "config": [1, Own()],
        "hook": Runner(),
    }
    found = imports(save_zip(tmp_path / "a.pt", value))
    sorts = {name: row.sort for name, row in found.items()}
    own = f"{Own.__module__}.Own"
    assert sorts.pop(own) == "unknown"
    assert found[own].where == ("config", 1)
    assert sorts.pop(f"{os.system.__module__}.system") == "dangerous"
    assert next(iter(found.values())).sort == "dangerous"
    assert {sort for name, sort in sorts.items() if name.startswith("torch.")} == {"tensor"}
    assert {sort for name, sort in sorts.items() if name.startswith("numpy.")} == {"tensor"}
    assert sorts["argparse.Namespace"] == sorts["datetime.datetime"] == "plain"
    assert "unknown" not in sorts.values()
    assert found["argparse.Namespace"].where == ("args",)


def test_getattr_is_whatever_the_file_makes_of_it(tmp_path) -> None:
    found = imports(save_pickle(tmp_path / "a.pkl", {"f": getattr, "e": eval}))
    assert found["builtins.getattr"].sort == "unknown"
    assert found["builtins.eval"].sort == "dangerous"


def test_code_that_is_run_on_loading_is_dangerous(tmp_path) -> None:
    module = torch.fx.symbolic_trace(torch.nn.Linear(2, 2))
    found = imports(save_zip(tmp_path / "a.pt", module))
    assert found["torch.fx.graph_module.reduce_graph_module"].sort == "dangerous"


def test_nothing_is_imported_where_nothing_is_pickled(tmp_path) -> None:
    assert imports(save_safetensors(tmp_path / "a.safetensors", {"a": torch.ones(2)})) == {}


def test_a_place_is_a_path_of_the_tree(tmp_path) -> None:
    found = imports(save_zip(tmp_path / "a.pt", {"a": [{"b": Own()}]}))
    place: Place | None = found[f"{Own.__module__}.Own"].where
    assert place == ("a", 0, "b")
