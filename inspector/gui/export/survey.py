"""What an export can start from: the file, its state_dicts, and the tensors of one as a tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from inspector.core.checkpoint import Checkpoint
from inspector.core.errors import InspectorError
from inspector.core.export import candidates
from inspector.core.export.arrays import exportable
from inspector.core.export.locating import Member, Tree, home_of, locate, members_of
from inspector.core.formats import open_checkpoint
from inspector.core.model import Grouping, Node, Path, measure
from inspector.core.progress import Progress, part, silent
from inspector.gui.export.ticks import Ticks
from inspector.gui.tree.arrangement import Arrangement, Request, Subject, arrange

_HEADS = ("classifier", "head", "heads", "fc", "lm_head", "score", "cls_head", "logits", "output")
"""What the last layer is called, whatever it is called in other places."""


class Survey(NamedTuple):
    """A state_dict as the window shows it."""

    checkpoint: Checkpoint
    places: tuple[Path, ...]
    """Where the file has state_dicts, and what was asked for besides."""
    at: Path
    is_usual: bool
    """True if nobody has to say where the state_dict is."""
    subject: Subject
    first: Arrangement
    members: Mapping[int, Member]
    """By `id(node)` of the leaves."""
    ticks: Ticks
    devices: tuple[str, ...]
    dtypes: tuple[str, ...]
    head: str
    """What the keys of the last layer begin with; empty if there is none."""

    def groups(self) -> Mapping[int, Sequence[Node]]:
        """Return the children of groups."""
        made: Grouping | None = self.subject.grouping
        return made.children if made else {}


def open_survey(
    uri: str, at: Path | None, chosen: Sequence[Path], *, progress: Progress = silent
) -> Survey:
    """Open a file of its own, so that no tab that is closed or reloaded disturbs an export."""
    checkpoint = exportable(open_checkpoint(uri, part(progress, 0.0, 0.7)))
    try:
        return survey(checkpoint, at, chosen, progress=part(progress, 0.7, 1.0))
    except BaseException:
        checkpoint.close()
        raise


def survey(
    checkpoint: Checkpoint,
    at: Path | None,
    chosen: Sequence[Path] = (),
    *,
    progress: Progress = silent,
) -> Survey:
    """Lay out the state_dict at a place; `chosen` paths alone are ticked, if there are any."""
    usual = _usual(checkpoint)
    if at is None:
        at = home_of(checkpoint, chosen) if chosen else usual
    if at is None:  # several could be meant: the first, and the person sees which others there are
        at = next(iter(candidates(checkpoint)), None)
    at = locate(checkpoint, at)
    places = tuple(dict.fromkeys((*checkpoint.recognition.state_dicts, at)))
    members = members_of(Tree(checkpoint.root), at, checkpoint.source.uri)
    progress(0.2, "Laying out the tree")
    nodes = [member.node._replace(key=member.key, children=()) for member in members]
    root = Node("", "mapping", "dict", None, tuple(nodes))
    totals = measure(root).totals
    subject = Subject(root, totals, fold=False)
    # Without a grouping from before, as many levels are opened as fit on a screen.
    first = arrange(subject, Request(grouped=True), progress=part(progress, 0.3, 0.9))
    made = first.grouping or Grouping({}, {})
    subject = subject._replace(grouping=made)
    ticks = Ticks(root, made.children)
    found = {id(node): member for node, member in zip(nodes, members, strict=True)}
    if chosen:
        tick_paths(ticks, found, chosen)
    tensors = [node.value for node in nodes if node.kind == "tensor"]
    return Survey(
        checkpoint,
        places,
        at,
        at == usual,
        subject,
        first,
        found,
        ticks,
        tuple(dict.fromkeys(tensor.device for tensor in tensors)),
        tuple(dict.fromkeys(tensor.dtype.name for tensor in tensors)),
        head_of([node.key for node in nodes if node.kind == "tensor"]),
    )


def tick_paths(ticks: Ticks, members: Mapping[int, Member], paths: Sequence[Path]) -> None:
    """Tick what lies at or below these paths of the file, and nothing else."""
    wanted = set(paths)
    off: list[Node] = []
    on: list[Node] = []
    for node, _ in ticks.leaves():
        path = members[id(node)].path
        is_in = any(path[:length] in wanted for length in range(len(path), -1, -1))
        (on if is_in else off).append(node)
    if len(on) < len(off):
        for node in ticks.children(ticks.root):
            ticks.set(node, on=False)
        ticks.set_all(on, on=True)
    else:
        ticks.set_all(off, on=False)


def recipe_at(found: Survey) -> Path | None:
    """Return what a recipe has to say about the place."""
    return None if found.is_usual else found.at


def head_of(keys: Sequence[str]) -> str:
    """Return what the keys of the classifier begin with: by its name, or because it is the last."""
    for name in _HEADS:
        for key in reversed(keys):
            steps = key.split(".")
            if name in steps[:-1]:
                return ".".join(steps[: steps.index(name) + 1]) + "."
    last = keys[-1].rpartition(".")[0] if keys else ""
    return f"{last}." if last and any(not key.startswith(f"{last}.") for key in keys) else ""


def source_size(found: Survey) -> int:
    """Return the bytes of the file that is read."""
    return found.checkpoint.source.size


def _usual(checkpoint: Checkpoint) -> Path | None:
    try:
        return locate(checkpoint, None)
    except InspectorError:
        return None
