"""What the tree says of a tensor is what torch says once it has loaded the file."""

import collections
import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from inspector.core.formats import open_checkpoint
from inspector.core.model import Attribute, Tensor, tensors
from tests.checkpoints import WRITERS, Vanishing, save_pickle, storage_bytes, torch_tensors

# Said by torch of its own doings, not of ours.
pytestmark = [
    pytest.mark.filterwarnings("ignore:ComplexHalf support is experimental"),
    pytest.mark.filterwarnings("ignore:TypedStorage is deprecated"),
    pytest.mark.filterwarnings("ignore:.*quantize:DeprecationWarning"),
]

FLOATS = ("float64", "float32", "float16", "bfloat16")
FLOAT8 = ("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu")
INTEGERS = ("int64", "int32", "int16", "int8", "uint8", "uint16", "uint32", "uint64")
COMPLEX = ("complex128", "complex64", "complex32")


def raw(dtype: str, *shape: int) -> torch.Tensor:
    """Return a tensor whose bytes count up, whatever they mean in its dtype."""
    kind = getattr(torch, dtype)
    numel = int(np.prod(shape, dtype=int))
    data = torch.arange(numel * kind.itemsize, dtype=torch.int64).to(torch.uint8)
    if dtype == "bool":
        data %= 2
    return data.view(kind).reshape(shape)


def dtypes() -> dict[str, Any]:
    return {name: raw(name, 3, 2) for name in (*FLOATS, *INTEGERS[:5], *COMPLEX[:2], "bool")}


def new_dtypes() -> dict[str, Any]:
    """Return those that torch saves without a storage class of their own."""
    return {name: raw(name, 3, 2)[1:] for name in (*FLOAT8, *INTEGERS[5:], *COMPLEX[2:])}


def views() -> dict[str, Any]:
    base = torch.arange(60.0).reshape(3, 4, 5)
    return {
        "base": base,
        "transposed": base.transpose(0, 2),
        "sliced": base[1:, 1:3, ::2],
        "expanded": base[:, :1].expand(3, 7, 5),
        "row": base[2, 3],
        "element": base[1, 2, 3],
        "permuted": base.permute(2, 0, 1)[1:3],
        "channels last": torch.ones(2, 3, 4, 5).to(memory_format=torch.channels_last),
        "as_strided": torch.as_strided(base, (2, 2, 2), (1, 1, 1), 7),
    }


def empty() -> dict[str, Any]:
    return {
        "none": torch.empty(0),
        "inner": torch.empty(3, 0, 2),
        "scalar": torch.tensor(4.5),
        "integer scalar": torch.tensor(7),
        "no dimension": torch.zeros(1, 1, 1, 1, 1, 1, 1, 1, 1),
        "slice of nothing": torch.ones(4)[4:],
    }


def ties() -> dict[str, Any]:
    weight = nn.Parameter(torch.randn(4, 3))
    return {
        "embedding.weight": weight,
        "head.weight": weight,
        "detached": weight.detach(),
        "first row": weight.detach()[0],
        "alias": weight.data,
    }


def parameters() -> dict[str, Any]:
    return {
        "parameter": nn.Parameter(torch.ones(2)),
        "frozen": nn.Parameter(torch.ones(2), requires_grad=False),
        "leaf": torch.ones(2, requires_grad=True),
        "half": nn.Parameter(torch.ones(2, dtype=torch.bfloat16)),
        "integers": nn.Parameter(torch.ones(2, dtype=torch.int8), requires_grad=False),
    }


def quantized() -> dict[str, Any]:
    values = torch.linspace(-1, 1, 12).reshape(3, 4)
    scales, points = torch.tensor([0.1, 0.2, 0.3]), torch.tensor([0, 1, 2])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated, but files with them stay
        return {
            "per tensor": torch.quantize_per_tensor(values, 0.1, 3, torch.qint8),
            "unsigned": torch.quantize_per_tensor(values, 0.1, 3, torch.quint8),
            "wide": torch.quantize_per_tensor(values, 0.1, 3, torch.qint32),
            "per channel": torch.quantize_per_channel(values, scales, points, 0, torch.qint8),
        }


def meta() -> dict[str, Any]:
    return {
        "large": torch.empty(1 << 20, 1 << 20, device="meta"),
        "strided": torch.empty(4, 6, device="meta").t(),
        "parameter": nn.Parameter(torch.empty(3, 4, device="meta", dtype=torch.float16)),
    }


def odd_keys() -> dict[Any, Any]:
    text = ["a.b", "a/b", "line\nbreak", "\u202egnp.exe", "\ud800", "", " ", "\0", "\x1b[2J", "'"]
    text += ["k" * 100_000, "ключ", "🔑", "[0]", '"', "\\"]
    keys = [
        *text, 0, -1, 1 << 40, 1 << 200, True, None, 1.5, (1, "x"), ("a", (2, None)),
        b"bytes", b"\xff\x00", 2j, (), float("inf"),
    ]  # fmt: skip
    return {key: torch.full((2,), float(i)) for i, key in enumerate(keys)}


def nested() -> dict[str, Any]:
    return {
        "epoch": 3,
        "model": collections.OrderedDict(weight=torch.ones(2, 3), bias=torch.zeros(2)),
        "list": [torch.ones(1), [torch.ones(2), (torch.ones(3), {"x": torch.ones(4)})]],
        "optimizer": {"state": {0: {"step": torch.tensor(1.0)}}, "param_groups": [{"lr": 1e-3}]},
        "default": collections.defaultdict(list, {"x": torch.ones(5)}),
    }


def state_dict() -> Any:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2))
    return model.state_dict()


def training() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3)
    return {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "scheduler": scheduler.state_dict(),
        "rng": torch.get_rng_state(),
        "epoch": 3,
    }


OBJECTS = {
    make.__name__: make
    for make in (
        dtypes, new_dtypes, views, empty, ties, parameters, meta, odd_keys, nested, state_dict,
        training,
    )
}  # fmt: skip


def described(tensor: torch.Tensor) -> tuple[Any, ...]:
    return (
        tuple(tensor.shape),
        str(tensor.dtype).removeprefix("torch."),
        tensor.stride(),
        tensor.storage_offset(),
        str(tensor.device),
        tensor.requires_grad,
        isinstance(tensor, nn.Parameter),
        tensor.numel(),
        tensor.is_contiguous(),
    )


def shown(tensor: Tensor) -> tuple[Any, ...]:
    return (
        tensor.shape,
        tensor.dtype.name,
        tensor.stride,
        tensor.offset,
        tensor.device,
        tensor.requires_grad,
        tensor.parameter,
        tensor.elements,
        tensor.contiguous,
    )


def assert_same(path: Path, loaded: Any) -> None:
    with open_checkpoint(str(path)) as checkpoint:
        ours = dict(tensors(checkpoint.root))
        theirs = dict(torch_tensors(loaded))
        assert ours.keys() == theirs.keys()
        for where, mine in ours.items():
            other = theirs[where]
            assert shown(mine) == described(other), where
            if mine.storage is None:
                assert other.is_meta
                continue
            content = storage_bytes(other)
            assert mine.storage.nbytes == len(content), where
            assert checkpoint.read(mine.storage, 0, len(content)) == content, where
            start, stop = mine.extent
            assert checkpoint.read(mine.storage, start, stop) == content[start:stop], where


@pytest.mark.parametrize("kind", OBJECTS)
@pytest.mark.parametrize("container", WRITERS)
def test_tensors_are_those_of_torch(tmp_path: Path, container: str, kind: str) -> None:
    value = OBJECTS[kind]()
    path = WRITERS[container](tmp_path / "file.pt", value)
    # torch 2.13 cannot read its own legacy files of these: "UntypedStorage has no attribute dtype".
    unreadable = kind == "new_dtypes" and container in ("legacy", "pickle")
    assert_same(path, value if unreadable else load(path, container))


def load(path: Path, container: str) -> Any:
    if container == "pickle":
        return pickle.loads(path.read_bytes())
    return torch.load(path, weights_only=False)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "kind", ["dtypes", "new_dtypes", "views", "ties", "parameters", "odd_keys"]
)
def test_pickled_with_every_protocol(tmp_path: Path, kind: str, protocol: int) -> None:
    value = OBJECTS[kind]()
    path = save_pickle(tmp_path / "file.pkl", value, protocol)
    assert_same(path, value if kind == "new_dtypes" else pickle.loads(path.read_bytes()))


@pytest.mark.parametrize("container", WRITERS)
def test_quantized_tensors(tmp_path: Path, container: str) -> None:
    value = quantized()
    path = WRITERS[container](tmp_path / "file.pt", value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded = load(path, container)
    assert_same(path, loaded)
    with open_checkpoint(str(path)) as checkpoint:
        texts = [tensor.quantization for _, tensor in tensors(checkpoint.root)]
    assert texts[0] == "per_tensor_affine, scale 0.1, zero point 3"
    assert texts[3].startswith("per_channel_affine")
    assert "axis 0" in texts[3]


@pytest.mark.parametrize("container", WRITERS)
def test_a_module_whose_class_is_gone(tmp_path: Path, container: str) -> None:
    with Vanishing(tmp_path) as module:
        torch.manual_seed(1)
        net = module.Net()
        path = WRITERS[container](tmp_path / "net.pt", {"epoch": 3, "net": net})
        loaded = load(path, container)
    with open_checkpoint(str(path)) as checkpoint:
        assert checkpoint.recognition.kind in ("module", "training")
        node = checkpoint.root.children[1]
        assert (node.kind, node.type) == ("module", "vanishing_models.Net")
        blocks = next(child for child in node.children if child.key == Attribute("blocks"))
        assert blocks.kind == "module"
        assert blocks.type == "torch.nn.modules.container.ModuleList"
        if container == "legacy":
            assert "class Net(nn.Module)" in checkpoint.texts["vanishing_models.Net"]
    assert_same(path, loaded)


def test_a_module_alone_is_recognised(tmp_path: Path) -> None:
    with Vanishing(tmp_path) as module:
        path = WRITERS["zip"](tmp_path / "net.pt", module.Net())
    with open_checkpoint(str(path)) as checkpoint:
        assert checkpoint.recognition.kind == "module"
        assert checkpoint.recognition.title == "Whole module, Net"


def test_version_of_each_module_is_kept(tmp_path: Path) -> None:
    path = WRITERS["zip"](tmp_path / "file.pt", state_dict())
    with open_checkpoint(str(path)) as checkpoint:
        metadata = checkpoint.root.children[-1]
        assert metadata.key == Attribute("_metadata")
        versions = {node.key: node.children[0].value for node in metadata.children}
    assert versions == {key: item["version"] for key, item in state_dict()._metadata.items()}


def test_bare_tensor_and_storage(tmp_path: Path) -> None:
    for container, write in WRITERS.items():
        path = write(tmp_path / f"{container}.pt", torch.arange(6).reshape(2, 3))
        assert_same(path, load(path, container))
        with open_checkpoint(str(path)) as checkpoint:
            assert checkpoint.recognition.kind == "tensor"


def test_device_tags_need_no_device(tmp_path: Path) -> None:
    """A location is only a word in the stream: written as torch does it on such a machine."""
    tag, original = "cuda:1", torch.serialization.location_tag
    value = {"weight": torch.ones(3), "bias": torch.zeros(2)}
    for container in ("zip", "legacy"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(torch.serialization, "location_tag", lambda storage: tag)
            path = WRITERS[container](tmp_path / f"{container}.pt", value)
        assert torch.serialization.location_tag is original
        with open_checkpoint(str(path)) as checkpoint:
            assert {tensor.device for _, tensor in tensors(checkpoint.root)} == {"cuda:1"}
            read = [checkpoint.read(item, 0, item.nbytes) for item in checkpoint.storages.values()]
            assert read == [storage_bytes(tensor) for tensor in value.values()]


def test_tensors_with_attributes_stay_tensors(tmp_path: Path) -> None:
    noted = torch.ones(3)
    noted.note = "mine"
    value = {"buffer": nn.Buffer(torch.ones(2)), "noted": noted}
    path = WRITERS["zip"](tmp_path / "file.pt", value)
    assert_same(path, load(path, "zip"))


def test_numpy_values(tmp_path: Path) -> None:
    value: dict[str, Any] = {
        "float": np.float64(1.5),
        "float32": np.float32(0.25),
        "int": np.int64(-3),
        "bool": np.bool_(True),
        "array": np.arange(6, dtype=np.float32).reshape(2, 3),
        "large": np.zeros((300, 2), dtype=np.int64),
        "text": np.array(["a", "bc"]),
        "nothing": np.zeros((0, 3), dtype=np.uint8),
    }
    for container, write in WRITERS.items():
        path = write(tmp_path / f"{container}.pt", value)
        with open_checkpoint(str(path)) as checkpoint:
            nodes = {node.key: node for node in checkpoint.root.children}
        for name in ("float", "float32", "int", "bool"):
            assert nodes[name].value == value[name].item(), (container, name)
        for name in ("array", "large", "nothing"):
            assert nodes[name].kind == "array", (container, name)
            array = nodes[name].value
            assert (array.dtype, array.shape) == (str(value[name].dtype), value[name].shape)
        assert nodes["text"].value.shape == (2,)
