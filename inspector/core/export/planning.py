"""A recipe is applied to a checkpoint: choose, rename, hold against a target, cast, lay out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from inspector.core.checkpoint import Checkpoint
from inspector.core.errors import InspectorError
from inspector.core.export.casts import can_cast, same_kind
from inspector.core.export.containers import Skeleton, skeleton_of
from inspector.core.export.damage import damaged_storages, missing_bytes
from inspector.core.export.fit import fits
from inspector.core.export.layout import Wish, lay_out
from inspector.core.export.locating import Member, Tree, locate, members_of, place
from inspector.core.export.patterns import matcher, matches
from inspector.core.export.plan import Dropped, DropReason, Plan, PlannedFile, Row
from inspector.core.export.recipe import Recipe
from inspector.core.export.remarks import Remarks
from inspector.core.export.shards import shards_of
from inspector.core.export.stamp import stamp_of
from inspector.core.export.writers import writer_named
from inspector.core.model import DType, Node, Path, Tensor, dtype_named
from inspector.core.progress import Progress, silent
from inspector.core.recognition import is_module

_DEVICE = re.compile(r"([a-z][a-z0-9_]*)(:\d{1,4})?")
# What torch.device takes by itself, then what packages register (PrivateUse1 renamed).
_DEVICES = frozenset(
    {
        "cpu", "cuda", "mps", "meta", "xpu", "xla", "hpu", "mtia", "hip", "ipu", "maia", "mkldnn",
        "vulkan", "ve", "fpga", "lazy", "opengl", "opencl", "ideep", "privateuseone",
        "npu", "mlu", "musa", "gcu", "sdaa",
    }
)  # fmt: skip
_PLAIN_TYPES = ("Tensor", "Parameter", "Buffer", "ndarray", "ndarray, big-endian", "")
_MANY = 20  # places that are looked through when there is nothing in the one that was meant
_PULSE = 1000  # tensors between two progress calls


def make_plan(
    checkpoint: Checkpoint,
    recipe: Recipe,
    target: Mapping[str, Tensor] | None = None,
    progress: Progress = silent,
) -> Plan:
    """Return what the recipe makes of the checkpoint; with a `target`, only what fits it.

    Reads no values. Raises InspectorError for a recipe that makes no sense for this checkpoint.
    """
    check_recipe(recipe)
    return _Planning(checkpoint, recipe, target, progress).plan()


class _Planning:
    def __init__(
        self,
        checkpoint: Checkpoint,
        recipe: Recipe,
        target: Mapping[str, Tensor] | None,
        progress: Progress,
    ) -> None:
        self._checkpoint = checkpoint
        self._recipe = recipe
        self._target = target
        self._progress = progress
        self._writer = writer_named(recipe.format)
        self._tree = Tree(checkpoint.root)
        self._at = locate(checkpoint, recipe.at, recipe.weights)
        self._remarks = Remarks()
        self._dropped: list[Dropped] = []
        self._damaged = damaged_storages(checkpoint)
        node = self._tree.at(self._at)
        self._keys: dict[Path, str] = {}
        self._from_module = node is not None and is_module(node)

    def plan(self) -> Plan:
        """Go through all steps."""
        recipe, remarks = self._recipe, self._remarks
        members = members_of(self._tree, self._at, self._checkpoint.source.uri)
        self._keys = {member.path: member.key for member in members}
        keys = self._without_collisions(self._renamed(self._chosen(members)))
        metadata = stamp_of(self._checkpoint, recipe) if recipe.stamp else {}
        skeleton = skeleton_of(
            self._checkpoint, self._tree, recipe, self._at, keys, remarks, metadata
        )
        self._dropped += skeleton.dropped
        wishes = [
            wish
            for wish in (self._wish(*entry, skeleton) for entry in skeleton.tensors)
            if wish is not None
        ]
        wishes = self._without_duplicates(wishes)
        rows, files = self._files(wishes, skeleton)
        if not rows:
            remarks.error("nothing-chosen", self._why_nothing(members))
        return Plan(
            recipe,
            self._at,
            rows,
            tuple(self._dropped),
            remarks.findings(),
            files,
            skeleton.metadata,
        )

    def _why_nothing(self, members: list[Member]) -> str:
        if _have_tensors(members):
            return "No tensor is left to be written."
        others = [
            place((child.key,))
            for child in self._checkpoint.root.children[:_MANY]
            if child.children and _have_tensors(members_of(self._tree, (child.key,)))
        ]
        hint = f" There are some in {', '.join(others)} (--at)." if others else ""
        where = place(self._at) if self._at else "The file"
        return f"{where} has no tensors that a state_dict would hold.{hint}"

    # ---- which, and under which key ----------------------------------------------------

    def _chosen(self, members: list[Member]) -> list[Member]:
        """Apply ticks and choices to the tensors; values go with what is left."""
        recipe = self._recipe
        start = not (recipe.choices and recipe.choices[0].keep)
        used = [False] * len(recipe.choices)
        ticked = None if recipe.ticks is None else set(recipe.ticks)
        chosen = []
        for number, member in enumerate(members):
            if number % _PULSE == 0:
                self._progress(0.3 * number / len(members), "Choosing tensors")
            keep = start
            for at, choice in enumerate(recipe.choices):
                if matches(choice.pattern, member.key, member.path):
                    used[at], keep = True, choice.keep
            if ticked is not None and not _is_ticked(member.path, ticked):
                keep = False
            if keep:
                chosen.append(member)
            elif member.node.kind == "tensor":
                self._drop(member.path, "not-chosen")
        for choice, was_used in zip(recipe.choices, used, strict=True):
            if not was_used:
                self._remarks.add("no-match", "warning", "Nothing matches {}.", choice.pattern)
        return chosen

    def _renamed(self, members: list[Member]) -> list[tuple[str, Member]]:
        """Return the members with their new keys."""
        keys = [member.key for member in members]
        for rule in self._recipe.renames:
            new = [rule.renamed(key) for key in keys]
            if new == keys and keys:
                self._remarks.add("no-match", "warning", "This rule renames no key: {}.", str(rule))
            keys = new
        if "" in keys:
            raise InspectorError("A rename rule leaves nothing of a key.")
        return list(zip(keys, members, strict=True))

    def _without_collisions(self, pairs: list[tuple[str, Member]]) -> list[tuple[str, Member]]:
        """Leave out what does not fit the target; no key stands for two tensors."""
        first: dict[str, Member] = {}
        kept = []
        for key, member in pairs:
            if not self._fits(key, member):
                continue
            other = first.setdefault(key, member)
            if other is member:
                kept.append((key, member))
            elif member.node.value is not None and other.node.value == member.node.value:
                self._drop(member.path, "duplicate", f"The same tensor as {other.key}.")
            else:
                self._drop(member.path, "collision", f"{other.key} has the key {key} already.")
                text = "Two tensors would have the same key: {}."
                self._remarks.add("collision", "error", text, f"{other.key} and {member.key}")
        return kept

    def _fits(self, key: str, member: Member) -> bool:
        if self._target is None or member.node.kind != "tensor":
            return self._target is None
        other = self._target.get(key)
        if other is not None and fits(member.node.value, other):
            return True
        message = "The target has no such key." if other is None else "Its shape is another one."
        self._drop(member.path, "does-not-fit", message)
        return False

    # ---- what becomes of a tensor ------------------------------------------------------

    def _wish(
        self, source: Path, target: Path, key: str, node: Node, skeleton: Skeleton
    ) -> Wish | None:
        """Return how a tensor is to be written; None, and a remark, where it cannot be."""
        stored: Tensor = node.value
        dtype = self._dtype(stored, self._keys[source], source) if key else stored.dtype
        device = self._device(stored.device)
        why = missing_bytes(stored, self._damaged)
        reason: DropReason = "damaged" if why else "not-supported"
        is_subclass = node.type.rpartition(".")[2] not in _PLAIN_TYPES
        if not why and is_subclass and stored.storage is None and stored.parts:
            why = f"it is a {node.type}, which only its own class can put together"
        why = why or self._writer.refuses(stored._replace(moved_to=device), dtype)
        if why:
            self._drop(source, reason, f"{why[0].upper()}{why[1:]}.")
            text = "Left out, as " + why + ": {}."
            self._remarks.add(f"tensor-{reason}", "warning", text, key or skeleton.name(target))
            return None
        if is_subclass:
            text = f"A {node.type} becomes a plain tensor: {{}}."
            self._remarks.add("subclass", "warning", text, key or skeleton.name(target))
        parameter, grad = self._ownership(stored, dtype)
        return Wish(source, target, key, stored, dtype, device, grad, parameter)

    def _dtype(self, stored: Tensor, key: str, path: Path) -> DType:
        for rule in reversed(self._recipe.dtypes):
            target = dtype_named(rule.dtype)
            if not matches(rule.pattern, key, path):
                continue
            if not rule.any_kind and not same_kind(stored.dtype, target):
                continue
            if can_cast(stored.dtype, target) and stored.layout in ("strided", "sparse_coo"):
                return target
            text = f"Not cast from {stored.dtype.name} to {rule.dtype}: {{}}."
            self._remarks.add("not-cast", "warning", text, key)
        return stored.dtype

    def _device(self, device: str) -> str:
        if not self._writer.shares:
            return "cpu" if device != "meta" else "meta"
        for rule in reversed(self._recipe.devices):
            if fnmatchcase(device, rule.pattern):
                if device == "meta" != rule.device:
                    text = "Tensors on meta have no values, and stay there{}."
                    self._remarks.add("meta", "warning", text, "")
                    return device
                return rule.device
        return device

    def _ownership(self, stored: Tensor, dtype: DType) -> tuple[bool, bool]:
        """Return whether it becomes a Parameter, and whether it requires a gradient."""
        if not self._writer.shares:
            return False, False
        owns = stored.parameter and not self._from_module
        grad = stored.requires_grad and not self._from_module
        if self._recipe.ownership != "as_stored":
            owns = self._recipe.ownership == "parameters"
            grad = stored.requires_grad
        if self._recipe.requires_grad is not None:
            grad = self._recipe.requires_grad
        return owns, grad and dtype.kind in ("float", "complex")

    def _without_duplicates(self, wishes: list[Wish]) -> list[Wish]:
        """Leave out tied tensors where the format cannot say so and the recipe wants that."""
        if self._writer.shares:
            return wishes
        first: dict[object, Wish] = {}
        kept = []
        for wish in wishes:
            stored = wish.stored
            assert stored.storage is not None  # formats that share nothing have no meta tensors
            look = (
                stored.storage.key, stored.offset, stored.shape, stored.stride, stored.lazy,
                wish.dtype,
            )  # fmt: skip
            other = first.setdefault(look, wish)
            if other is wish or 0 in stored.shape:
                kept.append(wish)
            elif self._recipe.tied == "drop":
                self._drop(wish.source, "duplicate", f"The same tensor as {other.key}.")
                text = "Left out, as the same tensor stands under another key: {}."
                self._remarks.add("tied-dropped", "warning", text, f"{wish.key} ({other.key})")
            else:
                kept.append(wish)
                text = f"{self._writer.label} cannot tie tensors; written again: {{}}."
                self._remarks.add("tied-split", "info", text, f"{wish.key} ({other.key})")
        return kept

    # ---- files -------------------------------------------------------------------------

    def _files(
        self, wishes: list[Wish], skeleton: Skeleton
    ) -> tuple[tuple[Row, ...], tuple[PlannedFile, ...]]:
        recipe = self._recipe
        shards = [wishes]
        if recipe.max_shard_size:
            if not self._writer.shards or skeleton.wrapped:
                raise InspectorError(
                    "Only a bare state_dict can be cut into shards, as safetensors or torch-zip."
                )
            shards = shards_of(wishes, recipe.max_shard_size, shares=self._writer.shares)
        rows: list[Row] = []
        files = []
        for number, shard in enumerate(shards):
            self._progress(0.5 + 0.5 * number / len(shards), "Laying out")
            laid = lay_out(shard, shares=self._writer.shares, file=number)
            for path in laid.untied:
                text = "No longer tied, as the tensors become unlike: {}."
                self._remarks.add("untied", "warning", text, str(path[-1]) if path else "")
            rows += laid.rows
            suffix = f"-{number + 1:05}-of-{len(shards):05}" if len(shards) > 1 else ""
            root = skeleton.root(laid.rows, values=number == 0)
            files.append(PlannedFile(suffix, root, laid.contents))
        return tuple(rows), tuple(files)

    def _drop(self, path: Path, reason: DropReason, message: str = "") -> None:
        self._dropped.append(Dropped(path, reason, message))


def _is_ticked(path: Path, ticked: set[Path]) -> bool:
    return any(path[:length] in ticked for length in range(len(path), -1, -1))


def check_recipe(recipe: Recipe) -> None:
    """Raise InspectorError for a recipe that makes sense for no checkpoint."""
    for choice in recipe.choices:
        matcher(choice.pattern)
    for rename in recipe.renames:
        rename.renamed("")
    for rule in recipe.dtypes:
        matcher(rule.pattern)
        if dtype_named(rule.dtype).kind == "unknown":
            raise InspectorError(
                f"{rule.dtype!r} is no dtype of torch.", "Say float16 or int8, for example."
            )
    for device in recipe.devices:
        named = _DEVICE.fullmatch(device.device)
        if named is None or named[1] not in _DEVICES:
            raise InspectorError(
                f"{device.device!r} is no device that torch.load knows.",
                "Say cpu, cuda:0, mps or meta.",
            )
    if recipe.max_shard_size < 0:
        raise InspectorError("The size of a shard must be more than 0 bytes.")


def renames_of(recipe: Recipe, keys: Iterable[str]) -> list[str]:
    """Return the new keys of a list of keys, for a preview without a plan."""
    result = list(keys)
    for rule in recipe.renames:
        result = [rule.renamed(key) for key in result]
    return result


def _have_tensors(members: Iterable[Member]) -> bool:
    return any(member.node.kind == "tensor" for member in members)
