"""What is said about a file before it is loaded elsewhere."""

from __future__ import annotations

import pathlib
import sys
import warnings
import zipfile
from types import ModuleType

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings

from inspector.core.checkpoint import Checkpoint, PickleDemands
from inspector.core.formats import open_checkpoint
from inspector.core.loading import _loading_of, loading_of, sentences
from inspector.core.model import measure
from inspector.core.recognition import recognise
from inspector.core.sources import open_source
from tests.checkpoints import WRITERS, save_safetensors, save_zip
from tests.core.recognition.trees import TREES


def loading(file):
    with open_checkpoint(str(file)) as checkpoint:
        return loading_of(checkpoint)


def notes(path, value):
    return "\n".join(loading(save_zip(path / "file.pt", value)).notes)


def replaced(file, old, new):
    """Return a copy of a torch zip whose pickle says something else."""
    target = file.with_suffix(".other.pt")
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(target, "w") as archive:
        for member in source.infolist():
            archive.writestr(member.filename, source.read(member).replace(old, new))
    return target


WEIGHTS = torch.nn.Linear(2, 3).state_dict()


def test_nothing_to_say_of_a_good_file(tmp_path):
    told = loading(save_zip(tmp_path / "file.pt", WEIGHTS))
    assert told.notes == ()
    assert told.classes == ()
    assert told.devices == ("cpu",)
    assert list(sentences(told)) == [
        "torch.load opens it with weights_only=True, the default since torch 2.6."
    ]


def test_devices(tmp_path):
    file = replaced(
        save_zip(tmp_path / "file.pt", WEIGHTS), b"X\x03\0\0\0cpu", b"X\x06\0\0\0cuda:3"
    )
    told = loading(file)
    assert told.devices == ("cuda:3",)
    assert any("Saved on cuda:3" in note for note in told.notes)


def test_classes_of_packages_and_of_the_script(tmp_path, monkeypatch):
    package = ModuleType("somewhere")
    monkeypatch.setitem(sys.modules, "somewhere", package)
    thing = type("Thing", (), {"__module__": "somewhere", "__qualname__": "Thing"})
    monkeypatch.setattr(package, "Thing", thing, raising=False)
    main = sys.modules["__main__"]
    mine = type("Mine", (), {"__module__": "__main__", "__qualname__": "Mine"})
    monkeypatch.setattr(main, "Mine", mine, raising=False)
    told = loading(save_zip(tmp_path / "file.pt", [thing(), mine(), WEIGHTS]))
    assert told.classes == ("somewhere.Thing", "__main__.Mine")
    assert told.weights_only.refused == ("somewhere.Thing", "__main__.Mine")
    text = "\n".join(told.notes)
    assert "imports from somewhere: these must be installed" in text
    assert "__main__.Mine: the script that loads it must define the same class" in text
    told = loading(save_zip(tmp_path / "file.pt", {"model": WEIGHTS, "options": thing()}))
    assert "An export of its weights loads with weights_only=True" in told.notes[-1]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such paths")
def test_paths_of_another_system_and_python(tmp_path):
    file = save_zip(tmp_path / "file.pt", {"root": pathlib.PosixPath("/a")})
    assert any("cannot be made on Windows" in note for note in loading(file).notes)
    newer = replaced(file, b"cpathlib\n", b"cpathlib._local\n")
    assert any("Python 3.13" in note for note in loading(newer).notes)
    other = replaced(file, b"\nPosixPath\n", b"\nWindowsPath\n")
    assert any("cannot be made on Linux" in note for note in loading(other).notes)


def test_names_of_numpy_2(tmp_path):
    file = save_zip(tmp_path / "file.pt", {"x": np.float64(1)})
    assert any("written by numpy 2" in note for note in loading(file).notes)
    older = replaced(file, b"numpy._core.", b"numpy.core.")
    assert not any("numpy 2" in note for note in loading(older).notes)


def test_new_dtypes(tmp_path):
    value = {"a": torch.zeros(2, dtype=torch.float8_e8m0fnu), "b": torch.zeros(2).to(torch.uint16)}
    assert "float8_e8m0fnu, which torch has since 2.7" in notes(tmp_path, value)
    file = save_safetensors(
        tmp_path / "a.safetensors", {"a": torch.zeros(2, dtype=torch.float8_e5m2)}
    )
    assert any("since 2.1" in note for note in loading(file).notes)


def test_keys_and_versions_of_modules(tmp_path):
    plain = {f"_orig_mod.module.{key}": value for key, value in WEIGHTS.items()}
    text = notes(tmp_path, plain)
    assert "begin with “_orig_mod.module.”" in text
    assert "_metadata" not in text
    assert "begin with “net.”" in notes(tmp_path, {f"net.{k}": v for k, v in WEIGHTS.items()})
    inner = {"a.weight": torch.ones(1), "b._orig_mod.weight": torch.ones(1)}
    assert "“_orig_mod.” inside" in notes(tmp_path, inner)


def test_versions_of_modules_are_missed_where_they_matter(tmp_path):
    model = torch.nn.Sequential(torch.nn.Linear(4, 4))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # quantization moved to another package
        model.qconfig = torch.ao.quantization.get_default_qat_qconfig("fbgemm")
        torch.ao.quantization.prepare_qat(model.train(), inplace=True)
    state = model.state_dict()
    assert "_metadata" not in notes(tmp_path, state)
    assert "no _metadata" in notes(tmp_path, dict(state))


@pytest.mark.parametrize("writer", WRITERS)
def test_all_formats_are_described(tmp_path, writer):
    told = loading(WRITERS[writer](tmp_path / "file.pt", {"model": WEIGHTS, "epoch": 1}))
    assert told.resume is not None
    assert told.resume.missing == ("optimizer", "scheduler", "scaler", "rng")
    assert 'checkpoint["model"]' in told.code


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TREES)
def test_no_tree_breaks_it(tmp_path, tree):
    file = tmp_path / "file.pt"
    file.write_bytes(b"PK\x03\x04")
    demands = PickleDemands(2, {("os", "system"): 1, ("\u2028", "\n"): 1}, frozenset({0x55, 0x8C}))
    totals = measure(tree).totals
    for kind in ("torch-zip", "pickle", "safetensors", "torch-export", "new"):
        with Checkpoint(
            source=open_source(str(file)),
            format=kind,
            format_text=kind,
            root=tree,
            totals=totals,
            storages={},
            locate=lambda storage: (open_source(str(file)), 0),
            recognition=recognise(tree, totals),
            demands=None if kind == "safetensors" else demands,
        ) as checkpoint:
            told = _loading_of(checkpoint)
            compile(told.code, "code", "exec")
            assert all(sentence.isprintable() for sentence in sentences(told))


def test_an_error_of_ours_hides_nothing(tmp_path, monkeypatch):
    def broken(checkpoint):
        raise ZeroDivisionError

    monkeypatch.setattr("inspector.core.loading.foretell", broken)
    told = loading(save_zip(tmp_path / "file.pt", WEIGHTS))
    assert told.code == ""
    assert "mistake in the program" in told.weights_only.reasons[0]
