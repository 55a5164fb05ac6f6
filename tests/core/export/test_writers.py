"""Every format gives torch, safetensors and numpy the same tensors, bit by bit."""

from __future__ import annotations

import pickle
import zipfile
import zlib
from pathlib import Path

import joblib  # type: ignore[import-untyped]
import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from inspector.core.export import (
    WRITERS,
    DeviceRule,
    Recipe,
    export,
    exportable,
    format_of,
    make_plan,
)
from inspector.core.formats import open_checkpoint
from tests.checkpoints import save_legacy, save_safetensors, save_zip
from tests.core.export.exports import exported, loaded, same

DTYPES = [
    torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.complex128, torch.complex64,
    torch.complex32, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.uint16,
    torch.uint32, torch.uint64, torch.bool, torch.float8_e4m3fn, torch.float8_e5m2,
    torch.float8_e4m3fnuz, torch.float8_e5m2fnuz, torch.float8_e8m0fnu,
]  # fmt: skip
TORCH = [writer for writer in WRITERS if writer.objects]


pytestmark = pytest.mark.filterwarnings(
    "ignore:ComplexHalf support",
    "ignore:Sparse ",
    "ignore:torch.quantize_per",
    "ignore:TypedStorage is deprecated",
)


def of_every_dtype() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    raw = torch.randint(0, 256, (3, 4, 16), dtype=torch.uint8)
    state = {str(dtype): raw.view(dtype) for dtype in DTYPES if dtype != torch.bool}
    state["bool"] = raw > 100
    state |= {"scalar": torch.tensor(1.5), "empty": torch.zeros(0, 3), "one": torch.ones(1, 1)}
    return {key: value.clone() for key, value in state.items()}


@pytest.mark.parametrize("writer", TORCH, ids=lambda writer: writer.name)
@pytest.mark.parametrize("save", [save_zip, save_legacy])
def test_every_dtype_comes_back_bit_by_bit(writer, save, tmp_path: Path) -> None:
    state = of_every_dtype()
    source, target = save(tmp_path / "a.pt", state), tmp_path / "b.pt"
    plan = exported(source, target, Recipe(format=writer.name))
    assert not plan.findings
    found = loaded(target)
    assert list(found) == list(state)
    assert all(same(found[key], value) for key, value in state.items())
    with open_checkpoint(str(target)) as again:
        assert again.format == writer.name
        assert not again.findings


def test_a_pickle_is_the_one_that_torch_writes(network, tmp_path: Path) -> None:
    source, target = save_zip(tmp_path / "a.pt", network.state_dict()), tmp_path / "b.pt"
    exported(source, target)
    with zipfile.ZipFile(source) as one, zipfile.ZipFile(target) as other:
        assert other.read("archive/data.pkl") == one.read("a/data.pkl")
        assert other.testzip() is None


def test_records_are_aligned_checked_and_mapped(tmp_path: Path) -> None:
    state = {f"t{n}": torch.randn(n + 1) for n in range(40)}
    target = tmp_path / "b.pt"
    exported(save_zip(tmp_path / "a.pt", state), target)
    data = target.read_bytes()
    with zipfile.ZipFile(target) as archive:
        for member in archive.infolist():
            name, extra = (
                int.from_bytes(data[member.header_offset + at :][:2], "little") for at in (26, 28)
            )
            start = member.header_offset + 30 + name + extra
            content = data[start : start + member.file_size]
            assert start % 64 == 0
            assert zlib.crc32(content) == member.CRC
            stored = int.from_bytes(data[member.header_offset + 14 :][:4], "little")
            assert stored == member.CRC
    mapped = loaded(target, mmap=True)
    assert all(torch.equal(mapped[key], value) for key, value in state.items())


def test_safetensors_reads_it_with_its_metadata(tmp_path: Path) -> None:
    state = {
        key: value for key, value in of_every_dtype().items()
        if "complex32" not in key and "complex128" not in key
    }  # fmt: skip
    target = tmp_path / "b.safetensors"
    plan = exported(save_zip(tmp_path / "a.pt", state), target, Recipe(format="safetensors"))
    found = load_file(target)
    assert found.keys() == state.keys()
    assert all(same(found[key], value) for key, value in state.items())
    assert len(plan.rows) == len(state)
    with safe_open(target, "pt") as file:
        assert file.metadata() == {"format": "pt"}


def test_numpy_reads_it(tmp_path: Path) -> None:
    state = {
        key: value for key, value in of_every_dtype().items()
        if not any(word in key for word in ("bfloat16", "float8", "complex32"))
    }  # fmt: skip
    target = tmp_path / "b.npz"
    exported(save_zip(tmp_path / "a.pt", state), target, Recipe(format="numpy"))
    with np.load(target) as found:
        assert set(found) == set(state)
        for key, value in state.items():
            assert same(torch.from_numpy(found[key]), value), key
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None


def test_what_a_format_has_no_word_for_is_left_out_by_name(tmp_path: Path) -> None:
    state = {
        "a": torch.ones(2),
        "b": torch.ones(2, dtype=torch.bfloat16),
        "c": torch.ones(2, device="meta"),
    }
    source = save_zip(tmp_path / "a.pt", state)
    plan = exported(source, tmp_path / "b.npz", Recipe(format="numpy"))
    assert [row.key for row in plan.rows] == ["a"]
    messages = " ".join(finding.message for finding in plan.findings)
    assert "bfloat16" in messages
    assert "b" in messages
    assert {drop.source for drop in plan.dropped} == {("b",), ("c",)}


def test_tied_tensors_stay_tied_and_fat_views_lose_their_fat(tmp_path: Path) -> None:
    base = torch.randn(100, 100)
    state = {
        "tied.a": base, "tied.b": base, "slice": torch.randn(1000, 1000)[:2],
        "column": torch.randn(50, 50)[:, 3], "transposed": torch.randn(4, 6).t(),
        "expanded": torch.randn(3, 1).expand(3, 5),
        "odd": torch.randn(6).as_strided((1, 6), (9, 1)),
    }  # fmt: skip
    whole = torch.randn(40)
    state |= {"overlap.a": whole[:30], "overlap.b": whole[20:].reshape(4, 5)}
    for name in ("torch-zip", "torch-legacy"):
        target = tmp_path / f"{name}.pt"
        exported(save_zip(tmp_path / "a.pt", state), target, Recipe(format=name))
        found = loaded(target)
        assert all(torch.equal(found[key], value) for key, value in state.items())
        assert found["tied.a"].data_ptr() == found["tied.b"].data_ptr()
        assert found["transposed"].stride() == state["transposed"].stride()
        assert found["expanded"].stride() == (1, 0)
        found["overlap.a"][25] = 7
        assert found["overlap.b"].reshape(-1)[5] == 7
        assert target.stat().st_size < 100_000


@pytest.mark.parametrize("tied", ["split", "drop"])
def test_tied_tensors_in_safetensors_are_split_or_dropped_and_said_to_be(tied, tmp_path) -> None:
    base = torch.randn(10)
    state = {"a": base, "b": base, "c": base[2:5], "d": base.expand(2, 10)}
    state["odd"] = base.as_strided((1, 10), (99, 1))
    source = save_zip(tmp_path / "a.pt", state)
    target = tmp_path / "b.safetensors"
    plan = exported(source, target, Recipe(format="safetensors", tied=tied))
    found = load_file(target)
    assert found.keys() == ({"a", "c", "d", "odd"} if tied == "drop" else set(state))
    assert torch.equal(found["c"], base[2:5])
    assert torch.equal(found["d"], base.expand(2, 10))
    assert any(finding.code.startswith("tied") for finding in plan.findings)


def test_parameters_and_gradients_are_as_stored_or_as_chosen(tmp_path: Path) -> None:
    state = {
        "p": torch.nn.Parameter(torch.ones(2)), "f": torch.nn.Parameter(torch.ones(2), False),
        "t": torch.ones(2), "g": torch.ones(2, requires_grad=True), "i": torch.ones(2).long(),
    }  # fmt: skip
    source, target = save_zip(tmp_path / "a.pt", state), tmp_path / "b.pt"
    exported(source, target)
    found = loaded(target)
    for key, value in state.items():
        assert type(found[key]) is type(value)
        assert found[key].requires_grad == value.requires_grad
    exported(source, target, Recipe(ownership="tensors", requires_grad=False), overwrite=True)
    found = loaded(target)
    assert all(type(x) is torch.Tensor and not x.requires_grad for x in found.values())
    exported(source, target, Recipe(ownership="parameters", requires_grad=True), overwrite=True)
    found = loaded(target)
    assert all(type(x) is torch.nn.Parameter for x in found.values())
    assert [key for key, x in found.items() if not x.requires_grad] == ["i"]


def test_sparse_quantized_and_meta_tensors_are_kept(tmp_path: Path) -> None:
    sparse = torch.sparse_coo_tensor(
        torch.tensor([[0, 2], [1, 0]]), torch.tensor([3.0, 4.0]), (3, 2)
    )
    dense = torch.randn(4, 6)
    dense[dense < 0] = 0
    state = {
        "coo": sparse, "coalesced": sparse.coalesce(), "csr": dense.to_sparse_csr(),
        "csc": dense.to_sparse_csc(), "bsr": dense.to_sparse_bsr((2, 2)),
        "meta": torch.empty(3, 4, device="meta"),
        "tensorwise": torch.quantize_per_tensor(dense, 0.1, 3, torch.quint8),
        "channelwise": torch.quantize_per_channel(
            dense, torch.rand(4).double() + 0.1, torch.zeros(4).long(), 0, torch.qint8
        ),
    }  # fmt: skip
    for name in ("torch-zip", "torch-legacy"):
        target = tmp_path / f"{name}.pt"
        plan = exported(save_zip(tmp_path / "a.pt", state), target, Recipe(format=name))
        assert not plan.findings
        found = loaded(target)
        assert found["meta"].is_meta
        assert found["meta"].shape == (3, 4)
        assert found["coalesced"].is_coalesced()
        for key in ("coo", "csr", "csc", "bsr"):
            assert found[key].layout == state[key].layout
            assert torch.equal(found[key].to_dense(), state[key].to_dense())
        for key in ("tensorwise", "channelwise"):
            assert torch.equal(found[key].int_repr(), state[key].int_repr())
            assert torch.equal(found[key].dequantize(), state[key].dequantize())


def test_lazy_conjugates_and_negatives_come_out_right(tmp_path: Path) -> None:
    base = torch.randn(3, 2, dtype=torch.complex64)
    state = {"conj": base.conj(), "neg": base.clone().conj().imag, "plain": base}
    source = save_zip(tmp_path / "a.pt", state)
    exported(source, tmp_path / "b.pt")
    exported(source, tmp_path / "b.safetensors", Recipe(format="safetensors"))
    for found in (loaded(tmp_path / "b.pt"), load_file(tmp_path / "b.safetensors")):
        assert all(torch.equal(found[key], value) for key, value in state.items())


class Named(torch.Tensor):  # type: ignore[misc]
    """A subclass that only its own module knows."""


def test_subclasses_become_plain_or_are_refused_by_name(tmp_path: Path) -> None:
    state = {"own": torch.ones(2).as_subclass(Named), "plain": torch.ones(2)}
    target = tmp_path / "b.pt"
    plan = exported(save_zip(tmp_path / "a.pt", state), target)
    found = loaded(target)
    assert type(found["own"]) is torch.Tensor
    assert any("Named" in finding.message for finding in plan.findings)


def test_big_endian_sources_are_turned_round(tmp_path: Path) -> None:
    values = torch.arange(6, dtype=torch.float32)
    source = tmp_path / "big.pt"
    save_zip(source, {"a": values, "c": values.to(torch.complex64)})
    with zipfile.ZipFile(source) as archive:
        records = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(source, "w") as archive:
        for name, content in records.items():
            if name.endswith("byteorder"):
                content = b"big"
            elif "/data/" in name:
                content = np.frombuffer(content, "<f4").astype(">f4").tobytes()
            archive.writestr(name, content)
    exported(source, tmp_path / "b.pt")
    found = loaded(tmp_path / "b.pt")
    assert torch.equal(found["a"], values)
    assert torch.equal(found["c"], values.to(torch.complex64))


def test_many_tensors_and_sources_of_other_formats(tmp_path: Path) -> None:
    state = {f"layer.{n}.weight": torch.full((2, 2), float(n)) for n in range(3000)}
    source = save_safetensors(tmp_path / "a.safetensors", state)
    exported(source, tmp_path / "b.pt")
    found = loaded(tmp_path / "b.pt")
    assert all(torch.equal(found[key], value) for key, value in state.items())


def test_large_tensors_go_over_in_parts(tmp_path: Path) -> None:
    state = {"a": torch.randn(11_000_001), "b": torch.randn(5), "c": torch.randn(3000, 2001).t()}
    source = save_zip(tmp_path / "a.pt", state)
    for name, ending in (
        ("torch-zip", "pt"),
        ("torch-legacy", "pt"),
        ("safetensors", "safetensors"),
    ):
        target = tmp_path / f"{name}.{ending}"
        exported(source, target, Recipe(format=name))
        found = load_file(target) if ending == "safetensors" else loaded(target)
        assert all(torch.equal(found[key], value) for key, value in state.items())
        if name == "torch-zip":
            with zipfile.ZipFile(target) as archive:
                assert archive.testzip() is None


def test_device_tags_are_those_of_the_plan(tmp_path: Path) -> None:
    source, target = save_zip(tmp_path / "a.pt", {"a": torch.ones(3)}), tmp_path / "b.pt"
    exported(source, target, Recipe(devices=(DeviceRule("cuda:1"),)))
    with open_checkpoint(str(target)) as again:
        assert {storage.device for storage in again.storages.values()} == {"cuda:1"}
    with pytest.raises(RuntimeError, match="CUDA"):
        loaded(target)
    assert torch.equal(loaded(target, map_location="cpu")["a"], torch.ones(3))
    exported(source, target, Recipe(devices=(DeviceRule("meta"),)), overwrite=True)
    assert loaded(target)["a"].is_meta


def test_endings_suggest_formats() -> None:
    names = {
        "a.pt": "torch-zip",
        "b.SAFETENSORS": "safetensors",
        "c.npz": "numpy",
        "d": "torch-zip",
    }
    assert {name: format_of(name) for name in names} == names


def test_nothing_in_a_stream_of_ours_is_more_than_tensors_need(training, tmp_path: Path) -> None:
    target = tmp_path / "b.pt"
    exported(training, target, Recipe(container="stored", omit=()))
    with zipfile.ZipFile(target) as archive:
        stream = archive.read("archive/data.pkl")
    import pickletools

    named = {arg for op, arg, _ in pickletools.genops(stream) if op.name == "GLOBAL"}
    assert named <= {
        "collections OrderedDict", "torch._utils _rebuild_tensor_v2", "torch FloatStorage",
        "torch LongStorage",
    }  # fmt: skip
    assert stream[:2] == pickle.PROTO + b"\x02"


@pytest.mark.parametrize("name", ["a.npz", "a.pkl", "a.joblib"])
def test_numpy_arrays_become_a_state_dict(tmp_path: Path, name: str) -> None:
    arrays = {
        "w": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
        "big": np.arange(5, dtype=">f4"),
        "scalar": np.array(2),
        "names": np.array(["a", "b"]),
    }
    if name == "a.npz":
        np.savez(tmp_path / name, **arrays)  # type: ignore[arg-type]
    elif name == "a.pkl":
        (tmp_path / name).write_bytes(pickle.dumps(arrays, 2))
    else:
        joblib.dump(arrays, tmp_path / name)
    with open_checkpoint(str(tmp_path / name)) as checkpoint:
        source = exportable(checkpoint)
        plan = make_plan(source, Recipe())
        export(source, plan, str(tmp_path / "new.pt"))
        assert any("names" in finding.message for finding in plan.findings)
    found = loaded(tmp_path / "new.pt")
    assert found.keys() == {"w", "big", "scalar"}
    for key, value in found.items():
        assert np.array_equal(value.numpy(), arrays[key])
        assert str(value.dtype) == f"torch.{arrays[key].dtype.newbyteorder('=')}"
