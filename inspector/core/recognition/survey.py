"""One walk over a tree: where weights, optimizers and all other parts of a training run are.

Every container's children are looked at once, however many they are: what is known about
the names of a million tensors is counted on the way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from inspector.core.model import Attribute, Node, Path
from inspector.core.progress import Progress, paced, silent
from inspector.core.recognition.base import Part, Role, StateDict
from inspector.core.recognition.optimizer import is_optimizer, is_scaler, is_scheduler

_DEEPEST = 4  # levels below which nobody keeps a state_dict
_LONGEST_LIST = 64  # longer lists hold measurements, not parts of a run
_MOST_NAMES = 4096  # of a mapping, kept to look signs up in
_SAMPLE = 256
_NOTES = ("metadata", "meta", "info", "_metadata_", "checkpoint_info", "__metadata__", "extra")

WRAPPERS = (
    "module.",  # DataParallel, DistributedDataParallel
    "_orig_mod.",  # torch.compile
    "_fsdp_wrapped_module.",
    "_checkpoint_wrapped_module.",
    "_forward_module.",  # Lightning Fabric, DeepSpeed
)
"""What wrapper classes put in front of every name; the network inside does not know them."""

_AVERAGES = ("ema", "average", "shadow", "teacher", "averaged", "swa")
_MODEL_NAMES = ("state_dict", "model_state_dict", "model", "module", "weights", "params", "net")
_VERSIONS = Attribute("_metadata")
# What optimizers keep for each parameter: a small mapping of tensors that is no state_dict.
_MOMENTS = frozenset({
    "step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq", "momentum_buffer", "square_avg", "grad_avg",
    "acc_delta", "sum", "exp_inf", "prev", "step_size", "mu_product", "eta", "mu", "ax",
    "exp_avg_sq_row", "exp_avg_sq_col", "RMS", "fp32", "param",
})  # fmt: skip

# One row per role: the keys under which checkpoints of the wild keep it.
_ROLE_KEYS: tuple[tuple[Role, frozenset[str]], ...] = (
    ("scheduler", frozenset({
        "scheduler", "schedulers", "lr_scheduler", "lr_schedulers", "lr_sched", "sched",
        "scheduler_state_dict", "lr_scheduler_state_dict", "scheduler_state", "param_schedulers",
        "opt_param_scheduler", "learning_rate_scheduler", "momentum_scheduler",
    })),
    ("scaler", frozenset({
        "scaler", "grad_scaler", "amp", "amp_scaler", "scaler_state_dict", "loss_scaler",
        "native_amp_scaling_state", "mixedprecision", "mixedprecisionplugin", "scaler_state",
    })),
    ("rng", frozenset({
        "rng_state", "rng_states", "random_states", "random_state", "rng", "torch_rng_state",
        "cuda_rng_state", "numpy_rng_state", "np_rng_state", "random_rng_state",
        "rng_tracker_states",
        "torch_cuda_manual_seed", "cuda_rng_states", "python_rng_state", "rng_state_dict",
        "torch_manual_seed", "numpy_random_seed",
    })),
    ("optimizer", frozenset({
        "optimizer", "optimizers", "optim", "optimizer_state", "optimizer_states", "optimizer_1",
        "optimizer_state_dict", "opt_state", "opt_state_dict", "fp32_from_fp16_params",
    })),
)  # fmt: skip
# Of objects that C++ defines, as packed weights of quantized layers: parts of modules, not modules.
_COMPILED_CLASSES = "__torch__.torch.classes."
_NO_WEIGHTS = frozenset({
    "callbacks", "loops", "metrics", "message_hub", "train_metrics", "hyper_parameters", "hparams",
    "config", "cfg", "args", "opt",
})  # fmt: skip


@dataclass
class Survey:
    """What one walk over a tree saw."""

    root: Node
    top: dict[str, Node] = field(default_factory=dict)
    """The first few thousand children of the root, by key."""
    weights: list[tuple[StateDict, Node]] = field(default_factory=list)
    """The main ones first, once `survey` is done."""
    optimizers: list[tuple[Path, Node]] = field(default_factory=list)
    schedulers: list[tuple[Path, Node]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    report: Progress = silent

    @cached_property
    def places(self) -> list[tuple[Path, Node]]:
        """The nodes whose values may be facts: the root, and mappings made for notes."""
        root = self.root
        if root.kind not in ("mapping", "object"):
            return []
        last = max(_MOST_NAMES, len(root.children) - 1)  # safetensors has them there
        notes = [
            ((entry.key,), entry)
            for entry in (*root.children[:_MOST_NAMES], *root.children[last:])
            if str(entry.key) in _NOTES and entry.kind in ("mapping", "object")
        ]
        return notes if len(root.children) > _MOST_NAMES else [((), root), *notes]

    def at(self, *keys: str) -> Node | None:
        """Return the node that the keys lead to, each below the one before."""
        node: Node | None = self.root
        for key in keys:
            node = child(node, key) if node is not None else None
        return node

    @cached_property
    def names(self) -> dict[str, Node]:
        """The first few thousand names of the main weights, without wrappers."""
        if not self.weights:
            return {}
        state_dict, node = self.weights[0]
        if state_dict.pickled_module:
            return module_names(node)
        cut = len("".join(state_dict.wrappers))
        return {
            entry.key[cut:]: entry
            for entry in node.children[:_MOST_NAMES]
            if type(entry.key) is str and entry.kind == "tensor"
        }


def survey(root: Node, report: Progress = silent) -> Survey:
    """Walk the tree once and return what was seen."""
    first = root.children[:_MOST_NAMES]
    seen = Survey(root, {str(entry.key): entry for entry in first}, report=report)
    if root.kind in ("mapping", "object"):
        _note_parts(first, seen)
    _visit(root, (), seen, True)
    seen.weights.sort(key=lambda pair: _rank(pair[0].path, pair[1]))
    for state_dict, _ in seen.weights:
        seen.parts.append(Part("ema" if _is_average(state_dict.path) else "model", state_dict.path))
    seen.parts += [Part("optimizer", path) for path, _ in seen.optimizers]
    seen.parts = [part for part in seen.parts if not _is_detailed(part, seen.parts)]
    return seen


def child(node: Node, key: str) -> Node | None:
    """Return the child whose key or attribute name is `key`."""
    return next((entry for entry in node.children if str(entry.key) == key), None)


def is_module(node: Node) -> bool:
    """True for a pickled torch.nn.Module, and for a scripted one."""
    return node.kind == "module" or (node.kind == "object" and node.type.startswith("__torch__."))


def module_names(module: Node) -> dict[str, Node]:
    """Return the tensors of a pickled module under the names that its state_dict would have."""
    names: dict[str, Node] = {}
    stack = [("", module)]
    while stack and len(names) < _MOST_NAMES:
        prefix, node = stack.pop()
        below = []
        for entry in node.children:
            name = f"{prefix}{entry.key}"
            if entry.kind == "tensor":
                names[name] = entry
            elif is_module(entry):
                below.append((f"{name}.", entry))
        stack += reversed(below)
    return names


class _Tally(NamedTuple):
    """What the children of a mapping have in common."""

    names: int
    tensors: int
    wrappers: tuple[str, ...]
    lead: str
    has_versions: bool
    containers: list[Node]


def _visit(node: Node, path: Path, seen: Survey, may_be_weights: bool) -> None:
    if is_module(node):
        if may_be_weights and not node.type.startswith(_COMPILED_CLASSES):
            seen.weights.append((StateDict(path, True), node))
    elif node.kind == "sequence":
        if len(node.children) <= _LONGEST_LIST and len(path) < _DEEPEST:
            for entry in node.children:
                _visit(entry, (*path, entry.key), seen, may_be_weights)
    elif node.kind in ("mapping", "object") and not _is_training_state(node, path, seen):
        _visit_mapping(node, path, seen, may_be_weights)


def _is_training_state(node: Node, path: Path, seen: Survey) -> bool:
    """Note an optimizer, a scheduler or a scaler; what is in it is no weight."""
    if is_optimizer(node):
        seen.optimizers.append((path, node))
    elif is_scheduler(node):
        seen.schedulers.append((path, node))
        seen.parts.append(Part("scheduler", path))
    elif is_scaler(node):
        seen.parts.append(Part("scaler", path))
    else:
        return False
    return True


def _visit_mapping(node: Node, path: Path, seen: Survey, may_be_weights: bool) -> None:
    tally = _tally(node, seen.report)
    if may_be_weights and _is_state_dict(node, tally):
        seen.weights.append((_state_dict(path, node, tally), node))
    elif len(path) < _DEEPEST:
        for entry in tally.containers:
            key = str(entry.key).lower()
            inside = may_be_weights and key not in _NO_WEIGHTS and _role(key) is None
            # A counter is no name, and a private attribute holds no weights that one would load.
            private = type(entry.key) is Attribute and key.startswith("_")
            named = type(entry.key) is not int and not private
            _visit(entry, (*path, entry.key), seen, inside and named)


def _note_parts(children: Iterable[Node], seen: Survey) -> None:
    """Note what its key alone tells: most schedulers and random states look like nothing else."""
    for entry in children:
        role = _role(str(entry.key).lower())
        empty = entry.kind in ("mapping", "sequence") and not entry.children
        if role is None or empty or (entry.value is None and not entry.children):
            continue
        whole = is_optimizer(entry) or is_scheduler(entry) or is_scaler(entry)  # noted by its look
        if not whole:
            seen.parts.append(Part(role, (entry.key,)))


def _is_detailed(part: Part, parts: list[Part]) -> bool:
    """True for a list of optimizers, say, whose members are parts themselves."""
    length = len(part.path)
    return any(
        other.role == part.role and len(other.path) > length and other.path[:length] == part.path
        for other in parts
    )


def _role(key: str) -> Role | None:
    return next((role for role, keys in _ROLE_KEYS if key in keys), None)


def _tally(node: Node, report: Progress) -> _Tally:
    """Count what the children are, in the one loop over them that there is."""
    first = next((entry.key for entry in node.children[:_SAMPLE] if type(entry.key) is str), "")
    wrappers, rest = _unwrapped(first)
    chain = "".join(wrappers)
    lead = chain + rest[: rest.find(".") + 1]
    names = tensors = wrapped = led = 0
    starts_with = str.startswith
    has_versions = False
    containers = []
    for entry in paced(node.children, report):
        key = entry.key
        if type(key) is str:
            names += 1
            if entry.kind == "tensor":
                tensors += 1
            if starts_with(key, lead):
                led += 1
            elif starts_with(key, chain):
                wrapped += 1
        elif key == _VERSIONS:
            has_versions = True
        if entry.children:
            containers.append(entry)
    if led + wrapped < names:
        wrappers, lead = (), ""
    return _Tally(
        names,
        tensors,
        wrappers,
        lead[len(chain) :] if led == names > 1 else "",
        has_versions,
        containers,
    )


def _unwrapped(key: str) -> tuple[tuple[str, ...], str]:
    """Return the wrappers in front of a key, the outermost first, and the rest."""
    found = []
    while wrapper := next((name for name in WRAPPERS if key.startswith(name)), ""):
        found.append(wrapper)
        key = key[len(wrapper) :]
    return tuple(found), key


def _is_state_dict(node: Node, tally: _Tally) -> bool:
    """True for a mapping of text to tensors; extra state and scalars among them are fine."""
    if node.kind != "mapping":
        return False
    if tally.has_versions and tally.names:
        return True  # `_metadata` is what Module.state_dict() leaves, whatever the values are
    if not 0 < tally.tensors * 2 > tally.names:
        return False
    return len(node.children) > len(_MOMENTS) or not all(
        entry.key in _MOMENTS for entry in node.children
    )


def _state_dict(path: Path, node: Node, tally: _Tally) -> StateDict:
    cut = len("".join(tally.wrappers))
    sample = [str(entry.key)[cut:] for entry in node.children[:_SAMPLE]]
    inner = tuple(name for name in WRAPPERS if any(f".{name}" in key for key in sample))
    return StateDict(path, False, tally.wrappers, tally.lead, inner, tally.has_versions)


def _is_average(path: Path) -> bool:
    return any(name in str(path[-1]).lower() for name in _AVERAGES) if path else False


def _rank(path: Path, node: Node) -> tuple[bool, int, int]:
    """Sort the state_dict that a person means by "the model" to the front."""
    last = str(path[-1]).lower() if path else ""
    named = next((at for at, name in enumerate(_MODEL_NAMES) if last == name), len(_MODEL_NAMES))
    return _is_average(path), named, -len(node.children)
