"""The programs that we write are run here: they must load real files into a real model."""

from __future__ import annotations

import argparse
import ast
import bz2
import collections
import datetime
import decimal
import fractions
import gzip
import lzma
import pathlib
import pickle
import subprocess
import sys
import tarfile
import types
import uuid
import warnings
import zipfile
from typing import Any

import numpy as np
import pytest
import torch

from inspector.core.formats import open_checkpoint
from inspector.core.loading import loading_of
from tests.checkpoints import WRITERS, save_pickle, save_safetensors, save_zip


class Net(torch.nn.Module):  # type: ignore[misc]
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 2, 3)
        self.norm = torch.nn.BatchNorm2d(2)
        self.head = torch.nn.Sequential(torch.nn.Linear(8, 4), torch.nn.ReLU())

    def forward(self, x):
        return self.head(self.norm(self.conv(x)).flatten(1))


@pytest.fixture
def trained():
    torch.manual_seed(0)
    return Net()


def code_for(file):
    with open_checkpoint(str(file)) as checkpoint:
        return loading_of(checkpoint).code


def run(file, **names):
    """Run the program for a file, and return what it leaves behind."""
    code = code_for(file)
    torch.manual_seed(1)
    scope = {"model": Net(), **names}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(code, "loading code", "exec"), scope)
    return scope


def assert_same_weights(model, trained):
    assert not model.training
    wanted = trained.state_dict()
    assert model.state_dict().keys() == wanted.keys()
    assert all(torch.equal(value, wanted[key]) for key, value in model.state_dict().items())


def prefixed(model, prefix):
    return collections.OrderedDict((prefix + k, v) for k, v in model.state_dict().items())


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("nested", [False, True])
def test_weights_in_every_format(tmp_path, trained, writer, nested):
    weights = trained.state_dict()
    value = {"epoch": 3, "net": {"weights": weights}} if nested else weights
    file = WRITERS[writer](tmp_path / "file.pt", value)
    assert_same_weights(run(file)["model"], trained)


def test_safetensors(tmp_path, trained):
    file = save_safetensors(tmp_path / "weights.bin", trained.state_dict())
    assert_same_weights(run(file)["model"], trained)


@pytest.mark.parametrize(
    "prefix",
    ["module.", "_orig_mod.", "_orig_mod.module.", "module._orig_mod.", "module.module.",
     "_forward_module.module."],
)  # fmt: skip
@pytest.mark.parametrize("writer", ["zip", "legacy"])
def test_wrappers_are_stripped_in_any_order(tmp_path, trained, prefix, writer):
    file = WRITERS[writer](tmp_path / "file.pt", {"state_dict": prefixed(trained, prefix)})
    assert_same_weights(run(file)["model"], trained)


def test_real_wrappers_with_their_versions(tmp_path, trained):
    wrapped = torch.nn.DataParallel(trained)
    file = save_zip(tmp_path / "file.pt", wrapped.state_dict())
    scope = run(file)
    assert_same_weights(scope["model"], trained)
    assert scope["state_dict"]._metadata["norm"] == {"version": 2}


def test_parts_that_were_compiled(tmp_path, trained):
    weights = {
        key.replace("head.", "head._orig_mod."): value
        for key, value in trained.state_dict().items()
    }
    file = save_zip(tmp_path / "file.pt", weights)
    assert_same_weights(run(file)["model"], trained)


def test_a_prefix_of_the_training_code_is_offered(tmp_path, trained):
    file = save_zip(tmp_path / "file.pt", {"state_dict": prefixed(trained, "model.")})
    code = code_for(file)
    offered = [line[2:] for line in code.splitlines() if line.startswith("# consume_")]
    scope = {"model": Net()}
    exec(code.replace(f"# {offered[0]}", offered[0]), scope)
    assert_same_weights(scope["model"], trained)


def test_weights_saved_on_a_gpu(tmp_path, trained):
    whole = save_zip(tmp_path / "cpu.pt", trained.state_dict())
    file = tmp_path / "cuda.pt"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(file, "w") as target:
        for member in source.infolist():
            data = source.read(member)
            if member.filename.endswith("data.pkl"):
                data = data.replace(b"X\x03\0\0\0cpu", b"X\x06\0\0\0cuda:0")
            target.writestr(member.filename, data)
    with open_checkpoint(str(file)) as checkpoint:
        assert loading_of(checkpoint).devices == ("cuda:0",)
    assert_same_weights(run(file)["model"], trained)


def test_a_plain_pickle_of_weights_saved_on_a_gpu(tmp_path, trained):
    file = save_pickle(tmp_path / "cpu.pkl", trained.state_dict())
    data = file.read_bytes()
    # Each tensor is a legacy stream in a string of the outer pickle: same length, other device.
    file.write_bytes(data.replace(b"X\x03\0\0\0cpu", b"X\x03\0\0\0mps"))
    assert_same_weights(run(file)["model"], trained)


# ---- what weights_only refuses -------------------------------------------------------------

HARMLESS = {
    "namespace": argparse.Namespace(lr=1),
    "simple namespace": types.SimpleNamespace(a=1),
    "numpy scalar": np.float64(1.5),
    "numpy integer": np.int64(1),
    "numpy boolean": np.bool_(True),
    "numpy array": np.arange(6, dtype="int16").reshape(2, 3),
    "numpy array of texts": np.array(["a", "bc"]),
    "numpy dtype": np.dtype("float32"),
    "random state": np.random.RandomState(0).get_state(),
    "path": pathlib.PurePosixPath("/a/b"),
    "date": datetime.datetime(2024, 1, 2, tzinfo=datetime.UTC),
    "time": datetime.timedelta(3),
    "frozenset": frozenset({1}),
    "slice": slice(1, 2),
    "range": range(3),
    "decimal": decimal.Decimal("1.5"),
    "fraction": fractions.Fraction(1, 3),
    "uuid": uuid.UUID(int=3),
    "torch version": torch.torch_version.TorchVersion("2.1"),
    "types": [int, float, str, list],
}


@pytest.mark.parametrize("name", HARMLESS)
@pytest.mark.parametrize("writer", ["zip", "legacy"])
def test_harmless_classes_are_allowed_by_name(tmp_path, trained, name, writer):
    value = {"state_dict": trained.state_dict(), "extra": HARMLESS[name]}
    file = WRITERS[writer](tmp_path / "file.pt", value)
    assert "weights_only=False" not in code_for(file)
    before = set(torch.serialization.get_safe_globals())
    scope = run(file)
    assert_same_weights(scope["model"], trained)
    assert repr(scope["checkpoint"]["extra"]) == repr(HARMLESS[name])
    assert set(torch.serialization.get_safe_globals()) == before  # allowed for this file only


def test_numpy_values_under_their_names_of_numpy_1(tmp_path, trained):
    whole = save_zip(
        tmp_path / "new.pt", {"state_dict": trained.state_dict(), "extra": np.float64(1.5)}
    )
    file = tmp_path / "old.pt"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(file, "w") as target:
        for member in source.infolist():
            data = source.read(member)
            target.writestr(
                member.filename, data.replace(b"numpy._core.multi", b"numpy.core.multi")
            )
    scope = run(file)
    assert_same_weights(scope["model"], trained)
    assert scope["checkpoint"]["extra"] == 1.5


def test_jagged_tensors_need_an_import_only(tmp_path):
    file = tmp_path / "jagged.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parts = [torch.ones(2, 3), torch.ones(4, 3)]
        jagged = torch.nested.nested_tensor(parts, layout=torch.jagged)
        save_zip(file, {"jagged": jagged})
    code = code_for(file)
    assert "import torch._dynamo" in code
    assert "weights_only=True" in code
    # In a process of its own: here torch has imported everything already.
    program = f"import warnings; warnings.simplefilter('ignore')\n{code.partition('state_dict')[0]}"
    program += "print(checkpoint['jagged'].values().shape[0])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "6", done.stderr


def test_other_classes_need_trust_and_the_code_says_so(tmp_path, trained):
    file = save_zip(tmp_path / "file.pt", {"m": trained.state_dict(), "d": collections.deque([1])})
    code = code_for(file)
    assert "weights_only=False" in code
    assert "only if you trust its origin" in code
    assert_same_weights(run(file)["model"], trained)


def test_pickles_of_newer_protocols(tmp_path, trained):
    file = tmp_path / "file.pt"
    torch.save(trained.state_dict(), file, pickle_protocol=4)
    assert_same_weights(run(file)["model"], trained)


def test_whole_modules(tmp_path, trained):
    module = trained.head
    for name, value in (("bare", module), ("nested", {"model": module, "epoch": 1})):
        file = save_zip(tmp_path / name, value)
        model = run(file)["model"]
        assert isinstance(model, torch.nn.Sequential)
        assert not model.training
        assert torch.equal(model[0].weight, module[0].weight)


def test_torchscript(tmp_path, trained):
    file = tmp_path / "script.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(trained), file)
    model = run(file)["model"]
    assert torch.equal(model.conv.weight, trained.conv.weight)


WRAPPINGS: dict[str, Any] = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
@pytest.mark.parametrize("writer", ["zip", "legacy", "pickle"])
def test_files_that_were_compressed(tmp_path, trained, wrapping, writer):
    file = WRITERS[writer](tmp_path / "file.pt", {"net": trained.state_dict()})
    file.write_bytes(WRAPPINGS[wrapping](file.read_bytes()))
    assert_same_weights(run(file)["model"], trained)


@pytest.mark.parametrize("writer", ["zip", "legacy"])
@pytest.mark.parametrize("archive", ["zip", "tar", "tar.gz"])
def test_members_of_archives(tmp_path, trained, archive, writer):
    inner = WRITERS[writer](tmp_path / "weights.pt", prefixed(trained, "module."))
    other = save_zip(tmp_path / "optimizer.pt", {"state": {}, "param_groups": [{"lr": 1.0}]})
    file = tmp_path / f"bundle.{archive}"
    if archive == "zip":
        with zipfile.ZipFile(file, "w") as target:
            for member in (inner, other):
                target.write(member, member.name)
    else:
        with tarfile.open(file, "w:gz" if archive == "tar.gz" else "w") as target:
            for member in (inner, other):
                target.add(member, member.name)
    assert_same_weights(run(file)["model"], trained)


def test_safetensors_in_an_archive(tmp_path, trained):
    inner = save_safetensors(tmp_path / "weights", trained.state_dict())
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as target:
        target.write(inner, "a/b.safetensors")
    assert_same_weights(run(tmp_path / "bundle.zip")["model"], trained)


def test_pickles_in_a_row(tmp_path, trained):
    file = tmp_path / "file.pkl"
    file.write_bytes(pickle.dumps({"epoch": 3}) + pickle.dumps(trained.state_dict()))
    assert_same_weights(run(file)["model"], trained)


def test_a_single_tensor(tmp_path):
    file = save_zip(tmp_path / "tensor.pt", torch.arange(3))
    assert torch.equal(run(file)["tensor"], torch.arange(3))


def test_strings_of_python_2(tmp_path):
    whole = save_zip(tmp_path / "whole.pt", {})
    file = tmp_path / "python2.pt"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(file, "w") as target:
        for member in source.infolist():
            data = source.read(member)
            if member.filename.endswith("data.pkl"):
                data = b"\x80\x02]q\x00U\x01\xe4a."
            target.writestr(member.filename, data)
    assert run(file)["checkpoint"] == ["ä"]


# ---- going on with training ----------------------------------------------------------------


def test_everything_to_go_on_with(tmp_path, trained):
    optimizer = torch.optim.AdamW(trained.parameters(), lr=0.5)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    trained(torch.ones(1, 1, 4, 4).repeat(2, 1, 1, 1)).sum().backward()
    optimizer.step()
    scheduler.step()
    file = save_zip(
        tmp_path / "run.pt",
        {
            "model": trained.state_dict(),
            "ema": trained.state_dict(),
            "optimizer": optimizer.state_dict(),
            "scheduler": scheduler.state_dict(),
            "epoch": 7,
            "rng_state": torch.Generator().manual_seed(5).get_state(),
        },
    )
    with open_checkpoint(str(file)) as checkpoint:
        loading = loading_of(checkpoint)
    assert loading.resume is not None
    roles = [part.role for part in loading.resume.present]
    assert roles == ["model", "optimizer", "scheduler", "rng", "progress", "ema"]
    assert loading.resume.missing == ("scaler",)

    head, _, rest = loading.code.partition("# To go on training")
    further = [line[2:] for line in rest.splitlines()[1:]]
    model = Net()
    fresh = torch.optim.AdamW(model.parameters(), lr=0.1)
    steps = torch.optim.lr_scheduler.StepLR(fresh, 2)
    scope = {"model": model, "optimizer": fresh, "scheduler": steps}
    exec(head + "\n".join(further), scope)
    assert_same_weights(model, trained)
    assert fresh.state_dict()["param_groups"][0]["lr"] == 0.5
    assert torch.equal(
        fresh.state_dict()["state"][0]["exp_avg"], optimizer.state_dict()["state"][0]["exp_avg"]
    )
    assert steps.last_epoch == 1
    assert scope["start_epoch"] == 8
    assert torch.initial_seed() == 5
    assert '# checkpoint["ema"]' in head


def test_weights_alone_are_no_training_run(tmp_path, trained):
    file = save_zip(tmp_path / "file.pt", trained.state_dict())
    with open_checkpoint(str(file)) as checkpoint:
        assert loading_of(checkpoint).resume is None


# ---- hostile names -------------------------------------------------------------------------

HOSTILE = [
    'a"]\nraise SystemExit\n#',
    "'] + exit() + ['",
    "\\",
    "\u2028raise",
    "\u202e",
    "{x}",
    "\ud800",
]


@pytest.mark.parametrize("key", HOSTILE)
def test_names_out_of_the_file_stay_text(tmp_path, trained, key):
    file = save_zip(tmp_path / "file.pt", {key: prefixed(trained, f"{key}."), "epoch": 1})
    code = code_for(file)
    names = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    assert names <= {
        "path", "checkpoint", "torch", "state_dict", "model", "prefix",
        "consume_prefix_in_state_dict_if_present",
    }  # fmt: skip
    assert not any(line.startswith("raise") for line in code.splitlines())


@pytest.mark.parametrize("name", ["a'b\".pt", "a\nb.pt", "\u202eb.pt"])
def test_names_of_files_stay_text(tmp_path, trained, name):
    file = save_zip(tmp_path / name, trained.state_dict())
    assert_same_weights(run(file)["model"], trained)


def test_a_key_that_is_a_class_of_the_file(tmp_path):
    # {os.system: {"w": tensor-like}} cannot be spelled; its name would end the line.
    inner = b"}X\x01\0\0\0acx]\nraise SystemExit\n"
    file = tmp_path / "file.pkl"
    file.write_bytes(b"\x80\x02}c" + b"mod\nname] = exit() #\n" + inner + b"ss.")
    code = code_for(file)
    ast.parse(code)
    assert "exit()" not in "".join(line for line in code.splitlines() if not line.startswith("#"))


def test_class_names_in_comments_do_not_end_the_line(tmp_path):
    file = tmp_path / "file.pkl"
    file.write_bytes(b"\x80\x02" + b"c" + "evil\u2028x\u0085import os".encode() + b"\nname\n.")
    assert all(
        line.startswith(("#", "import pickle", "path", "with", "    ")) or not line
        for line in code_for(file).splitlines()
    )
