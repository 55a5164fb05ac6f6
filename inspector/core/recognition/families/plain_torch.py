"""What torch itself makes: scripted and quantized models; and bundles made to be shipped."""

from __future__ import annotations

from collections.abc import Iterable

from inspector.core.model import Node
from inspector.core.recognition.base import Fact
from inspector.core.recognition.families.base import Family, stated
from inspector.core.recognition.survey import Survey


def _is_script(seen: Survey) -> bool:
    return any(_class(node) for node in (seen.root, *seen.top.values()))


def _script(seen: Survey) -> Iterable[Fact]:
    name = next(filter(None, map(_class, (seen.root, *seen.top.values()))))
    yield Fact("model_class", "Model class", name)


def _class(node: Node) -> str:
    """Return `models.Net` of `__torch__.models.___torch_mangle_3.Net`."""
    if node.kind != "object" or not node.type.startswith("__torch__."):
        return ""
    steps = node.type.split(".")[1:]
    return ".".join(step for step in steps if not step.startswith("___torch_mangle_"))


def _is_quantized(seen: Survey) -> bool:
    names = seen.names
    if any(name.endswith("._packed_params._packed_params") for name in names):
        return True
    return any(node.value.dtype.kind == "quantized" for node in names.values())


def _is_bundle(seen: Survey) -> bool:
    """True for weights beside what is needed to build their network, and a note about them."""
    top = seen.top.keys()
    configured = {"model_config", "config", "model_args", "architecture"} & top
    return bool(seen.weights and configured and {"metadata", "meta", "info"} & top)


def _bundle(seen: Survey) -> Iterable[Fact]:
    for name in ("metadata", "meta", "info"):
        yield from stated(
            seen.top.get(name),
            ("timestamp", "date", "Date"),
            ("content_hash", "content_hash", "Content hash"),
            ("pytorch_version", "torch_version", "PyTorch"),
            ("torch_version", "torch_version", "PyTorch"),
        )


FAMILIES = (
    Family("torchscript", "TorchScript model", _is_script, _script, "module"),
    Family("quantized", "", _is_quantized),
    Family("inference-bundle", "Inference bundle", _is_bundle, _bundle),
)
