"""Trees made by hand."""

from inspector.core.model import Node, Storage, Tensor, dtype_named


def tensor(key: object, *shape: int, device: str = "cpu", dtype: str = "float32") -> Node:
    """Return a contiguous tensor with a storage of its own."""
    stride = []
    step = 1
    for length in reversed(shape):
        stride.append(step)
        step *= length
    kind = dtype_named(dtype)
    storage = Storage(str(key), device, step * kind.bits // 8)
    return Node(key, "tensor", "Tensor", Tensor(kind, shape, tuple(stride[::-1]), 0, storage))


def value(key: object, content: object) -> Node:
    """Return a plain value."""
    return Node(key, "value", type(content).__name__, content)


def mapping(key: object, *children: Node) -> Node:
    """Return a dict."""
    return Node(key, "mapping", "dict", None, children)


def training_tree() -> Node:
    """Return a small training checkpoint, with keys that sort differently by name and nature."""
    return mapping(
        "",
        value("epoch", 12),
        mapping(
            "model",
            tensor("layer.10.weight", 64, 3, 7, 7),
            tensor("layer.2.weight", 64),
            tensor("layer.2.bias", 64, device="cuda:0", dtype="float16"),
        ),
        value("note", "first line\nsecond line"),
        Node("alias", "reference", "", ("model", "layer.2.weight")),
    )
