"""Every kind of object that torch puts into a file, written by torch and shown as what it is."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import fractions
import functools
import pathlib
import pickle
import types
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import return_and_correct_aliasing

from inspector.core.formats import open_checkpoint
from inspector.core.model import Node, Tensor, tensors
from inspector.core.summary import values_in
from tests.checkpoints import integer, named, sizes, stream, torch_zip, tuple_of
from tests.checkpoints import text as words


def shown(path: Path, value: Any) -> Node:
    """Return the node of a value that torch saved under the key `x`."""
    torch.save({"x": value}, path)
    return reopened(path)


def reopened(path: Path) -> Node:
    with open_checkpoint(str(path)) as checkpoint:
        assert checkpoint.findings == ()
        return checkpoint.root.children[0]


def parts(node: Node) -> dict[str, tuple[tuple[int, ...], str]]:
    inner = [part for part in node.children if part.kind == "tensor"]
    return {str(part.key): (part.value.shape, part.value.dtype.name) for part in inner}


class Colour(enum.Enum):
    RED = "r"


# ---- tensors -----------------------------------------------------------------------------


def coo() -> torch.Tensor:
    return torch.eye(3).to_sparse()


@pytest.mark.filterwarnings("ignore:Sparse:UserWarning")
@pytest.mark.parametrize(
    ("layout", "make", "inner"),
    [
        ("sparse_coo", coo, {"indices": (2, 3), "values": (3,)}),
        (
            "sparse_csr",
            lambda: torch.eye(3).to_sparse_csr(),
            {"crow_indices": (4,), "col_indices": (3,), "values": (3,)},
        ),
        (
            "sparse_csc",
            lambda: torch.eye(3).to_sparse_csc(),
            {"ccol_indices": (4,), "row_indices": (3,), "values": (3,)},
        ),
        (
            "sparse_bsr",
            lambda: torch.eye(4).to_sparse_bsr((2, 2)),
            {"crow_indices": (3,), "col_indices": (2,), "values": (2, 2, 2)},
        ),
        (
            "sparse_bsc",
            lambda: torch.eye(4).to_sparse_bsc((2, 2)),
            {"ccol_indices": (3,), "row_indices": (2,), "values": (2, 2, 2)},
        ),
    ],
)
def test_sparse(
    tmp_path: Path, layout: str, make: Callable[[], torch.Tensor], inner: dict[str, Any]
) -> None:
    tensor = make()
    node = shown(tmp_path / "a.pt", tensor)
    assert node.value.layout == layout
    assert node.value.shape == tuple(tensor.shape)
    assert node.value.storage is None
    assert {name: shape for name, (shape, _) in parts(node).items()} == inner
    assert node.value.nbytes == sum(part.nbytes for _, part in node.value.parts)


@pytest.mark.filterwarnings("ignore:.*quantization:DeprecationWarning")
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_quantized(tmp_path: Path) -> None:
    plain = torch.quantize_per_tensor(torch.randn(3, 3), 0.5, 3, torch.qint8)
    node = shown(tmp_path / "a.pt", plain)
    assert node.value.quantization == "per_tensor_affine, scale 0.5, zero point 3"
    assert (node.value.dtype.name, node.value.nbytes) == ("qint8", 9)
    scales, zeros = torch.rand(3), torch.zeros(3)
    channels = torch.quantize_per_channel(torch.randn(3, 3), scales, zeros, 0, torch.quint8)
    node = shown(tmp_path / "b.pt", channels)
    assert node.value.quantization.endswith("axis 0, 3 scales")
    assert set(parts(node)) == {"scales", "zero_points"}
    assert node.value.nbytes == 9


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors:UserWarning")
def test_nested(tmp_path: Path) -> None:
    rows = [torch.randn(2, 3), torch.randn(4, 3)]
    node = shown(tmp_path / "a.pt", torch.nested.nested_tensor(rows))
    assert parts(node) == {
        "buffer": ((18,), "float32"),
        "sizes": ((2, 2), "int64"),
        "strides": ((2, 2), "int64"),
        "storage_offsets": ((2,), "int64"),
    }
    assert values_in(node).startswith("in buffer")
    jagged = torch.nested.nested_tensor(rows, layout=torch.jagged)
    node = shown(tmp_path / "b.pt", jagged)
    found = {str(child.key): child for child in node.children}
    assert node.type.endswith("NestedTensor")
    assert found["_values"].value.shape == (6, 3)
    assert found["_offsets"].value.shape == (3,)
    assert "_values" in values_in(node)


def test_parameters_that_wait_for_their_first_input(tmp_path: Path) -> None:
    for tensor in (torch.nn.UninitializedParameter(), torch.nn.UninitializedBuffer()):
        node = shown(tmp_path / "a.pt", tensor)
        assert node.kind == "value"
        assert str(node.value).startswith("no shape and no values yet")


def test_meta_conjugated_and_parameters(tmp_path: Path) -> None:
    node = shown(tmp_path / "a.pt", torch.empty(2, 3, device="meta"))
    assert (node.value.device, node.value.storage, node.value.shape) == ("meta", None, (2, 3))
    node = shown(tmp_path / "b.pt", torch.ones(2, dtype=torch.complex64).conj())
    assert node.value.lazy == "conj"
    parameter = torch.nn.Parameter(torch.ones(3))
    node = shown(tmp_path / "c.pt", parameter)
    assert (node.type, node.value.parameter, node.value.requires_grad) == ("Parameter", True, True)
    vars(parameter)["partition_dim"] = 0
    node = shown(tmp_path / "d.pt", parameter)
    assert node.value.parameter
    assert [(str(child.key), child.value) for child in node.children] == [("partition_dim", 0)]


class Plain(torch.Tensor):  # type: ignore[misc]
    """A subclass that adds nothing."""


class Scaled(torch.Tensor):  # type: ignore[misc]
    """A tensor that only wraps two others, as DTensor and torchao's do."""

    @staticmethod
    def __new__(cls, data: torch.Tensor, scale: torch.Tensor) -> Any:
        return torch.Tensor._make_wrapper_subclass(cls, data.shape, dtype=torch.float32)

    def __init__(self, data: torch.Tensor, scale: torch.Tensor) -> None:
        self.inner, self.scale = data, scale

    @classmethod
    def __torch_dispatch__(
        cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:  # pragma: no cover - torch asks for it, saving does not
        return return_and_correct_aliasing(func, args, kwargs or {}, args[0])


def test_subclasses(tmp_path: Path) -> None:
    node = shown(tmp_path / "a.pt", torch.ones(2).as_subclass(Plain))
    assert (node.kind, node.value.shape) == ("tensor", (2,))
    assert node.type.endswith("Plain")
    scaled = Scaled(torch.ones(4, 2, dtype=torch.int8), torch.ones(4))
    scaled.block = 32
    node = shown(tmp_path / "b.pt", scaled)
    assert node.type.endswith("Scaled")
    assert (node.kind, node.value.shape, node.value.dtype.name) == ("tensor", (4, 2), "float32")
    assert dict(list(parts(node).items())[:2]) == {
        "inner": ((4, 2), "int8"),
        "scale": ((4,), "float32"),
    }
    assert node.value.nbytes == 8 + 16
    assert [(str(child.key), child.value) for child in node.children[2:]] == [("block", 32)]
    assert [tensor.shape for _, tensor in tensors(node)] == [(4, 2)]


def test_state_dict_of_wrapped_tensors_is_one(tmp_path: Path) -> None:
    torch.save({"a.weight": Scaled(torch.ones(4, 2), torch.ones(4))}, tmp_path / "a.pt")
    with open_checkpoint(str(tmp_path / "a.pt")) as checkpoint:
        assert checkpoint.recognition.kind == "state_dict"
        assert checkpoint.recognition.state_dicts == ((),)


class Rebuilt:
    """Pickles as a call of a function with arguments, as torch does for other devices."""

    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> Any:
        return self.call[0], self.call[1:]


def test_tensors_of_other_devices(tmp_path: Path) -> None:
    made = Rebuilt(
        torch._utils._rebuild_device_tensor_from_cpu_tensor,
        torch.ones(3),
        torch.float32,
        "xla:1",
        True,
    )
    node = shown(tmp_path / "a.pt", made)
    assert (node.value.device, node.value.storage.device) == ("xla:1", "cpu")
    assert node.value.requires_grad
    array = np.ones((2, 3), "f4")
    made = Rebuilt(
        torch._utils._rebuild_device_tensor_from_numpy, array, torch.float32, "mtia:0", False
    )
    facts = {str(child.key): child for child in shown(tmp_path / "b.pt", made).children}
    assert facts["data"].value.shape == (2, 3)
    assert facts["device"].value == "mtia:0"


def test_tensor_classes_of_torch_before_0_4(tmp_path: Path) -> None:
    storage = tuple_of(
        words("storage"), named("torch", "FloatStorage"), words("0"), words("cpu"), integer(6)
    )
    state = tuple_of(storage + b"Q", integer(0), sizes(2, 3), sizes(3, 1))
    old = named("torch", "FloatTensor") + b")\x81" + state + b"b"
    path = tmp_path / "a.pt"
    torch_zip(path, stream(b"}" + words("x") + old + b"s"), {"0": b"\0" * 24})
    node = reopened(path)
    assert isinstance(node.value, Tensor)
    assert (node.value.shape, node.value.stride) == ((2, 3), (3, 1))
    assert node.value.dtype.name == "float32"


@pytest.mark.filterwarnings("ignore:TypedStorage is deprecated:UserWarning")
def test_bare_storages(tmp_path: Path) -> None:
    node = shown(tmp_path / "a.pt", torch.ones(3).untyped_storage())
    assert (node.kind, node.value.nbytes) == ("storage", 12)
    node = shown(tmp_path / "b.pt", torch.ones(3, dtype=torch.float64).storage())
    assert (node.kind, node.type, node.value.nbytes) == (
        "storage",
        "torch storage of float64",
        24,
    )


# ---- modules, optimizers -------------------------------------------------------------------


def test_graph_module_carries_its_code(tmp_path: Path) -> None:
    module = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU())
    torch.save({"x": torch.fx.symbolic_trace(module)}, tmp_path / "a.pt")
    with open_checkpoint(str(tmp_path / "a.pt")) as checkpoint:
        (finding,) = checkpoint.findings  # torch would run the code that is told here
        node = checkpoint.root.children[0]
    assert finding.code == "dangerous-global"
    assert "torch.fx.graph_module.reduce_graph_module" in finding.message
    found = {str(child.key): child for child in node.children}
    assert node.kind == "module"
    assert "def forward(self, input)" in found["_code"].value
    assert [tuple(map(str, path)) for path, _ in tensors(node)] == [("0", "weight"), ("0", "bias")]


def test_optimizer_and_scheduler_as_objects(tmp_path: Path) -> None:
    model = torch.nn.Linear(2, 3)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 10)
    torch.save({"optimizer": optimizer, "scheduler": scheduler}, tmp_path / "a.pt")
    with open_checkpoint(str(tmp_path / "a.pt")) as checkpoint:
        first, second = checkpoint.root.children
        facts = {fact.name: fact.value for fact in checkpoint.recognition.facts}
    assert first.type == "torch.optim.adam.Adam"
    assert facts["optimizer"] == "Adam"
    names = [str(child.key) for child in first.children]
    assert {"state", "param_groups", "defaults"} <= set(names)
    referred = next(child for child in second.children if str(child.key) == "optimizer")
    assert (referred.kind, referred.value) == ("reference", ("optimizer",))


# ---- values --------------------------------------------------------------------------------

VALUES = [
    (collections.Counter("aab"), "collections.Counter", {"a": 2, "b": 1}),
    (collections.defaultdict(list, a=[1]), "collections.defaultdict(list)", {"a": [1]}),
    (collections.deque([1, 2]), "collections.deque", [1, 2]),
    ({1}, "set", [1]),
    (frozenset([1]), "frozenset", [1]),
    (1 + 2j, "complex", 1 + 2j),
    (b"abc", "bytes", b"abc"),
    (range(1, 9, 2), "range", "range(1, 9, 2)"),
    (slice(1, 2), "slice", "slice(1, 2, None)"),
    (torch.Size([1, 2]), "torch.Size", [1, 2]),
    (torch.device("cuda:1"), "torch.device", "cuda:1"),
    (torch.float16, "torch.float16", None),
    (torch.sparse_coo, "torch.layout", "torch.sparse_coo"),
    (types.SimpleNamespace(a=1), "types.SimpleNamespace", {"a": 1}),
    (pathlib.PurePosixPath("/a/b.pt"), "pathlib.PurePosixPath", "/a/b.pt"),
    (pathlib.PureWindowsPath("C:\\x\\y"), "pathlib.PureWindowsPath", "C:\\x\\y"),
    (datetime.date(2026, 1, 2), "datetime.date", "2026-01-02"),
    (datetime.time(1, 2, 3), "datetime.time", "01:02:03"),
    (datetime.timedelta(days=1, seconds=5), "datetime.timedelta", "24:00:05"),
    (
        datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC),
        "datetime.datetime",
        "2026-01-02 03:04:05 UTC",
    ),
    (decimal.Decimal("1.50"), "decimal.Decimal", "1.50"),
    (uuid.UUID(int=5), "uuid.UUID", str(uuid.UUID(int=5))),
    (np.float64(1.5), "numpy.float64", 1.5),
    (np.bool_(True), "numpy.bool", True),
    (np.str_("héy"), "numpy.str_", "héy"),
    (np.dtype("float32"), "numpy.dtype", "float32"),
]


def plain(node: Node) -> Any:
    if node.kind in ("mapping", "object"):
        return {str(child.key): plain(child) for child in node.children}
    if node.kind == "sequence":
        return [plain(child) for child in node.children]
    return node.value


@pytest.mark.parametrize("protocol", [2, 5])
@pytest.mark.parametrize(("value", "type_name", "content"), VALUES, ids=lambda v: str(v)[:40])
def test_values(tmp_path: Path, value: Any, type_name: str, content: Any, protocol: int) -> None:
    torch.save({"x": value}, tmp_path / "a.pt", pickle_protocol=protocol)
    node = reopened(tmp_path / "a.pt")
    assert node.type == type_name
    assert plain(node) == content


def test_members_of_enums(tmp_path: Path) -> None:
    name = f"{Colour.__module__}.Colour"
    for at, (value, content) in enumerate(
        [(Rebuilt(Colour, "r"), "r"), (Rebuilt(getattr, Colour, "RED"), "RED")]
    ):
        node = shown(tmp_path / f"{at}.pt", value)
        assert (node.kind, node.type, node.value) == ("value", name, content)
    assert shown(tmp_path / "real.pt", Colour.RED).type == name


def test_calls_that_were_postponed(tmp_path: Path) -> None:
    node = shown(tmp_path / "a.pt", functools.partial(print, 1, sep=""))
    assert {str(child.key) for child in node.children} == {"func", "args", "keywords"}
    node = shown(tmp_path / "b.pt", fractions.Fraction(1, 3))
    assert node.type == "fractions.Fraction"


def test_numpy_arrays_and_random_states(tmp_path: Path) -> None:
    node = shown(tmp_path / "a.pt", np.arange(6).reshape(2, 3))
    assert (node.kind, node.value.dtype, node.value.shape) == ("array", "int64", (2, 3))
    node = shown(tmp_path / "b.pt", np.array([1, "a", None], dtype=object))
    assert [child.value for child in node.children] == [1, "a", None]
    node = shown(tmp_path / "c.pt", np.random.RandomState(0))
    assert "MT19937" in str(node)
    node = shown(tmp_path / "d.pt", torch.Generator())
    assert any(tensor.dtype.name == "uint8" for _, tensor in tensors(node))


def test_python_2_pickles(tmp_path: Path) -> None:
    # pickle.dumps({'a': 'x', 'b': u'é', 'c': 3L}, 2) of Python 2.7
    data = b"\x80\x02}q\x00(U\x01aq\x01U\x01xq\x02U\x01bq\x03X\x02\x00\x00\x00\xc3\xa9q\x04"
    data += b"U\x01cq\x05\x8a\x01\x03u."
    path = tmp_path / "a.pkl"
    path.write_bytes(data)
    assert pickle.loads(data) == {"a": "x", "b": "é", "c": 3}
    with open_checkpoint(str(path)) as checkpoint:
        assert plain(checkpoint.root) == {"a": "x", "b": "é", "c": 3}
