"""The object that a new file holds: the state_dict alone, under a key, or where it stood before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from inspector.core.checkpoint import Checkpoint
from inspector.core.errors import InspectorError
from inspector.core.export.locating import Member, Tree, locate, versions_of
from inspector.core.export.module_versions import new_versions
from inspector.core.export.patterns import joined, matcher
from inspector.core.export.plain import Plain, as_json, mapping, value_node
from inspector.core.export.plan import Dropped, Row
from inspector.core.export.recipe import Recipe
from inspector.core.export.remarks import Remarks
from inspector.core.export.writers import writer_named
from inspector.core.model import Attribute, Node, Path, json_key

_VERSIONS = Attribute("_metadata")
_STAMP = "metadata"
_STAMP_BESIDE = "export_metadata"  # where the file has `metadata` of its own


class Skeleton(NamedTuple):
    """The object with its tensors as they are in the checkpoint, before they get their places."""

    whole: Node
    tensors: tuple[tuple[Path, Path, str, Node], ...]
    """Source, target, key (empty beside the state_dict) and node of each."""
    at: Path
    """Where the state_dict stands in the object."""
    dropped: tuple[Dropped, ...]
    metadata: dict[str, Any]
    """For formats that hold tensors and a few texts."""

    @property
    def wrapped(self) -> bool:
        """True if there is something around the state_dict."""
        return bool(self.at)

    def name(self, target: Path) -> str:
        """Return a path of the new file for people."""
        return joined(target)

    def root(self, rows: Iterable[Row], *, values: bool) -> Node:
        """Return the object with these tensors in their places, others and values left out."""
        places = {row.target: row for row in rows}
        return _placed(self.whole, (), places, values) or mapping("", [], ordered=True)


def skeleton_of(
    checkpoint: Checkpoint,
    tree: Tree,
    recipe: Recipe,
    at: Path,
    members: Sequence[tuple[str, Member]],
    remarks: Remarks,
    stamp: dict[str, Any],
) -> Skeleton:
    """Return the object that the recipe describes; raises InspectorError for what cannot be."""
    build = _Build(checkpoint, tree, recipe, at, remarks)
    if not writer_named(recipe.format).objects:
        return build.tensors_only(members, stamp)
    if recipe.container == "stored" and recipe.wrap:
        raise InspectorError("The state_dict either stays where it is stored or gets a new key.")
    if recipe.container == "stored":
        return build.as_stored(members, stamp)
    return build.alone(members, stamp)


class _Build:
    def __init__(
        self, checkpoint: Checkpoint, tree: Tree, recipe: Recipe, at: Path, remarks: Remarks
    ) -> None:
        self._checkpoint = checkpoint
        self._tree = tree
        self._recipe = recipe
        self._at = at
        self._remarks = remarks
        self._plain = Plain(tree)
        self._tensors: list[tuple[Path, Path, str, Node]] = []
        self._dropped: list[Dropped] = []

    def tensors_only(
        self, members: Sequence[tuple[str, Member]], stamp: dict[str, Any]
    ) -> Skeleton:
        """For formats without objects: values beside the tensors become texts."""
        recipe = self._recipe
        if recipe.wrap or recipe.container == "stored":
            raise InspectorError(
                f"{recipe.format} holds tensors only: there is nothing to put a state_dict under."
            )
        state = self._state(members, (), objects=False)
        texts: dict[str, Any] = dict(stamp)
        for node in self._extras():
            texts[str(node.key)] = as_json(node)
        if texts and not writer_named(recipe.format).shards:
            raise InspectorError(
                f"{recipe.format} has no place for texts beside the tensors.",
                "Leave out the stamp and extras, or write safetensors.",
            )
        return self._skeleton(state, (), texts)

    def alone(self, members: Sequence[tuple[str, Member]], stamp: dict[str, Any]) -> Skeleton:
        """The state_dict bare, or under a key with what is to be kept beside it."""
        recipe = self._recipe
        if not recipe.wrap:
            if stamp or recipe.extras:
                raise InspectorError(
                    "A bare state_dict has no place for a stamp or other values: "
                    "load_state_dict would take them for tensors.",
                    "Put it under a key with --wrap state_dict.",
                )
            return self._skeleton(self._state(members, ()), ())
        children = [self._state(members, (recipe.wrap,))]
        children += [node for node in self._extras() if node.key != recipe.wrap]
        return self._skeleton(self._stamped(mapping("", children), stamp), (recipe.wrap,))

    def as_stored(self, members: Sequence[tuple[str, Member]], stamp: dict[str, Any]) -> Skeleton:
        """Everything that the checkpoint has, but for the parts that are to be left out."""
        main = self._main()
        if not main:
            if stamp:
                raise InspectorError(
                    "A bare state_dict has no place for a stamp.",
                    "Put it under a key with --wrap state_dict.",
                )
            return self._skeleton(self._state(members, ()), ())
        omitted = {
            part.path
            for part in self._checkpoint.recognition.parts
            if part.role in self._recipe.omit and part.path not in (main, ())
        }
        state = self._state(members, main)
        whole = self._around(self._checkpoint.root, (), main, state, omitted)
        assert whole is not None
        return self._skeleton(self._stamped(whole, stamp), main)

    def _main(self) -> Path:
        """Return where the state_dict is to stand: averaged weights replace the others."""
        if self._recipe.weights == "ema" and self._recipe.at is None:
            try:
                return locate(self._checkpoint, None, "model")
            except InspectorError:
                return self._at
        return self._at

    def _around(
        self, node: Node, path: Path, main: Path, state: Node, omitted: set[Path]
    ) -> Node | None:
        """Return a copy of what leads to the state_dict, and of what stands beside it."""
        if path == main:
            return state
        if path in omitted:
            self._dropped.append(Dropped(path, "omitted", "A part of the training run."))
            return None
        leads_on = main[: len(path)] == path or any(o[: len(path)] == path for o in omitted)
        if not leads_on or node.kind not in ("mapping", "sequence"):
            return self._plain.copy(node, path, path)
        copies = [
            self._around(child, (*path, child.key), main, state, omitted) for child in node.children
        ]
        kept = tuple(copy for copy in copies if copy is not None)
        known = node.type in ("dict", "collections.OrderedDict", "list", "tuple")
        name = node.type if known else "dict" if node.kind == "mapping" else "list"
        return Node(path[-1] if path else "", node.kind, name, None, kept)

    def _state(
        self, members: Sequence[tuple[str, Member]], at: Path, *, objects: bool = True
    ) -> Node:
        """Return the state_dict; its tensors are noted."""
        children: list[Node] = []
        for key, member in members:
            node = member.node
            if node.kind == "tensor":
                self._tensors.append((member.path, (*at, key), key, node))
                children.append(Node(key, "tensor", node.type, node.value))
            elif objects:
                copied = self._plain.copy(node, member.path, (*at, key))
                children += [copied] if copied is not None else []
            else:
                self._remarks.add(
                    "values-lost", "warning", "No tensors, so not written: {}.", member.key
                )
        versions = new_versions(
            versions_of(self._tree, self._at),
            {member.key: key for key, member in members},
            self._stored_keys(),
        )
        if versions and objects:
            children.append(mapping(_VERSIONS, versions, ordered=True))
        return mapping(at[-1] if at else "", children, ordered=True)

    def _stored_keys(self) -> list[str]:
        node = self._tree.at(self._at)
        return [child.key for child in node.children if type(child.key) is str] if node else []

    def _extras(self) -> list[Node]:
        """Return copies of the other values that are to be kept."""
        kept = []
        for pattern in self._recipe.extras:
            found = [
                child
                for child in self._checkpoint.root.children
                if matcher(pattern)(str(json_key(child.key))) and (child.key,) != self._at[:1]
            ]
            if not found:
                self._remarks.add("no-match", "warning", "No value to keep matches {}.", pattern)
            kept += [child for child in found if child not in kept]
        copies = [self._plain.copy(node, (node.key,), (_text(node.key),)) for node in kept]
        return [copy for copy in copies if copy is not None]

    def _stamped(self, whole: Node, stamp: dict[str, Any]) -> Node:
        if not stamp:
            return whole
        there = any(child.key == _STAMP for child in whole.children)
        node = value_node(_STAMP_BESIDE if there else _STAMP, stamp)
        return whole._replace(children=(*whole.children, node))

    def _skeleton(self, whole: Node, at: Path, texts: dict[str, Any] | None = None) -> Skeleton:
        for path, what in self._plain.changed:
            text = f"Written as plain values, without the class {what}: {{}}."
            self._remarks.add("made-plain", "info", text, joined(path))
        for path, what in self._plain.lost:
            message = f"It is {what}, and objects are not written again."
            self._dropped.append(Dropped(path, "not-supported", message))
            text = f"Left out, as objects are not written again ({what}): {{}}."
            self._remarks.add("object-lost", "warning", text, joined(path))
        others = [(source, target, "", node) for source, target, node in self._plain.tensors]
        tensors = (*self._tensors, *others)
        return Skeleton(whole, tensors, at, tuple(self._dropped), texts or {})


def _placed(node: Node, path: Path, places: dict[Path, Row], values: bool) -> Node | None:
    """Return a node with the tensors that have places; None for a tensor or value without."""
    if node.kind == "tensor":
        row = places.get(path)
        if row is None:
            return None
        kind = "Parameter" if row.made.parameter else "Tensor"
        return Node(node.key, "tensor", kind, row.made)
    if node.kind not in ("mapping", "sequence"):
        return node if values else None
    if node.key == _VERSIONS:
        return node if values else None
    placed = [_placed(child, (*path, child.key), places, values) for child in node.children]
    return node._replace(children=tuple(child for child in placed if child is not None))


def _text(key: object) -> object:
    return str(key) if isinstance(key, Attribute) else key
