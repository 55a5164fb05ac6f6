"""Several trees under one root: what archives are made of.

Members are read where they lie. Their names are labels in the tree and nothing else: no path is
ever made of one, and nothing is unpacked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from inspector.core.checkpoint import ByteOrder, Locate, PickleDemands
from inspector.core.errors import InspectorError, UnknownFormat
from inspector.core.formats.base import Structure, Subject
from inspector.core.formats.foreign import identify
from inspector.core.formats.pickling.arrays import ArrayPlace
from inspector.core.formats.torch_pickle import join_demands
from inspector.core.model import Attribute, Finding, Key, Node, Storage
from inspector.core.progress import Progress, part
from inspector.core.sources import Source
from inspector.core.text import plural, printable, size

OpenMember = Callable[[str], Source]
"""Return a member of an archive as a source; raises InspectorError."""

_MAX_TRIED = 1000  # members of one archive that are looked into
_MAX_TEXT = 4 << 20  # bytes of one text
_MAX_TEXTS = 32 << 20  # bytes of all texts of one archive
_MAX_JSON = 1 << 20  # longer ones are shown as text
_JSON_DEPTH = 20  # levels; deeper ones are shown as text
_MAX_NODES = 100_000  # nodes that the JSON texts of one archive become


class Assembly:
    """Gathers what the parts of an archive hold; `structure` then says it as one."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._locates: dict[str, Locate] = {}
        self._texts_left = _MAX_TEXTS
        self._nodes_left = _MAX_NODES
        self._orders: set[ByteOrder] = set()
        self._demands: list[PickleDemands] = []
        self.checkpoints = 0
        """How many parts were one."""
        self.storages: dict[str, Storage] = {}
        self.arrays: dict[str, ArrayPlace] = {}
        self.texts: dict[str, str] = {}
        self.findings: list[Finding] = []

    # ---- trees -------------------------------------------------------------------------

    def take(self, piece: Structure) -> Node:
        """Make the storages and findings of a piece those of the whole; return its tree."""
        self.checkpoints += 1
        self.storages.update(piece.storages)
        self._locates.update(dict.fromkeys(piece.storages, piece.locate))
        self.arrays.update(piece.arrays)
        self.texts.update(piece.texts)
        self.findings += piece.findings
        if piece.storages:
            self._orders.add(piece.byte_order)
        if piece.demands is not None:
            self._demands.append(piece.demands)
        return piece.root

    def checkpoint(self, source: Source, progress: Progress, *keys: Key) -> Node:
        """Return the tree of a part that must be a checkpoint; a finding says why it is none."""
        try:
            return self.take(self._subject.inside(source, *keys).read(progress))
        except InspectorError as error:
            return self.refused(error, *keys)

    def member(self, source: Source, progress: Progress, *keys: Key) -> Node:
        """Return whatever a member is: a checkpoint's tree, a text, or its name and size."""
        try:
            return self.take(self._subject.inside(source, *keys).read(progress))
        except UnknownFormat:
            return self.text(source, *keys)
        except InspectorError as error:
            return self.refused(error, *keys)

    def members(
        self, names: Iterable[str], open_member: OpenMember, progress: Progress
    ) -> list[Node]:
        """Return all members of an archive under their names; the tail of very many is counted."""
        names = list(names)
        nodes = []
        for at, name in enumerate(names[:_MAX_TRIED]):
            share = part(progress, at / len(names), (at + 1) / len(names))
            share(0.0, "Reading the members")
            try:
                nodes.append(self.member(open_member(name), share, name))
            except InspectorError as error:
                nodes.append(self.refused(error, name))
        if len(names) > _MAX_TRIED:
            left = plural(len(names) - _MAX_TRIED, "more member")
            nodes.append(Node(Attribute("not shown"), "cut", "", f"{left}, not looked into"))
        return nodes

    def refused(self, error: InspectorError, *keys: Key) -> Node:
        """Return a place that says why nothing is shown, and keep that as a finding."""
        path = (*self._subject.path, *keys)
        self.findings.append(Finding("unreadable-member", "warning", str(error), path))
        return Node(path[-1], "cut", "", printable(error.message))

    # ---- texts -------------------------------------------------------------------------

    def text(self, source: Source, *keys: Key) -> Node:
        """Return a text as a value, JSON as a tree, anything else by its name and size."""
        key = keys[-1]
        try:
            text = self._text(source)
        except InspectorError as error:
            return self.refused(error, *keys)
        if text is None:
            return Node(key, "cut", "", f"{size(source.size)}, {_what(source)}")
        self._texts_left -= len(text)
        if text[:1] in ("{", "[") and len(text) <= _MAX_JSON:
            node = self._json(text, key)
            if node is not None:
                return node
        return Node(key, "value", "str", text)

    def texts_of(
        self, key: Key, names: list[str], open_member: OpenMember, below: str = ""
    ) -> list[Node]:
        """Return a folder of texts without the `<below>` or `<key>/` in front; none for none."""
        nodes = []
        for name in names:
            keys = key, name.removeprefix(below or f"{key}/")
            try:
                nodes.append(self.text(open_member(name), *keys))
            except InspectorError as error:
                nodes.append(self.refused(error, *keys))
        return [folder(key, nodes)] if nodes else []

    def _text(self, source: Source) -> str | None:
        if source.size > min(_MAX_TEXT, self._texts_left):
            return None
        data = source.read_at(0, source.size)
        try:
            return None if b"\0" in data else data.decode("utf-8")
        except UnicodeDecodeError:
            return None

    def _json(self, text: str, key: Key) -> Node | None:
        try:
            return self._json_node(json.loads(text), key, 0)
        except (ValueError, RecursionError):
            return None  # no JSON after all, or too much of it: shown as text

    def _json_node(self, value: Any, key: Key, depth: int) -> Node:
        self._nodes_left -= 1
        if depth > _JSON_DEPTH or self._nodes_left < 0:
            raise ValueError("too large for a tree")
        if isinstance(value, dict):
            children = [self._json_node(item, name, depth + 1) for name, item in value.items()]
            return Node(key, "mapping", "dict", None, tuple(children))
        if isinstance(value, list):
            children = [self._json_node(item, at, depth + 1) for at, item in enumerate(value)]
            return Node(key, "sequence", "list", None, tuple(children))
        return Node(key, "value", type(value).__name__, value)

    # ---- the whole ---------------------------------------------------------------------

    def locate(self, storage: Storage) -> tuple[Source, int]:
        """Ask the part that a storage came from."""
        return self._locates[storage.key](storage)

    def structure(self, format_name: str, format_text: str, children: Iterable[Node]) -> Structure:
        """Return everything gathered, with these trees below the root."""
        if len(self._orders) > 1:
            message = "Some members store numbers in big-endian byte order, others do not."
            path = self._subject.path
            self.findings.append(Finding("mixed-byte-order", "warning", message, path))
        return Structure(
            format_name,
            format_text,
            Node(self._subject.key, "mapping", "archive", None, tuple(children)),
            self.storages,
            self.locate,
            tuple(self.findings),
            self.texts,
            join_demands(self._demands) if self._demands else None,
            "big" if self._orders == {"big"} else "little",
            arrays=self.arrays,
        )


def folder(key: Key, children: Iterable[Node]) -> Node:
    """Return a mapping of names to members."""
    return Node(key, "mapping", "folder", None, tuple(children))


def listed(names: Mapping[str, int], what: str) -> list[Node]:
    """Return members that are named, with their sizes, and not read."""
    return [Node(name, "cut", "", f"{size(nbytes)}, {what}") for name, nbytes in names.items()]


def _what(source: Source) -> str:
    foreign = identify(source.read_at(0, 4096), source.size)
    return foreign.what if foreign is not None else "not read"
