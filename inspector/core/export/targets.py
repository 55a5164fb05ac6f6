"""The names of the files that an export writes, and which of an older set they replace."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

from inspector.core.export.plan import Plan
from inspector.core.export.writers import writer_named

_FOLDER_NAMES = {"torch-zip": "pytorch_model.bin", "safetensors": "model.safetensors"}
_INDEX = ".index.json"
_MAX_INDEX = 64 << 20


class Targets(NamedTuple):
    """Where everything goes."""

    files: tuple[Path, ...]
    """One per planned file."""
    index_file: Path | None
    """What says which tensor is in which file; None if there is one file."""

    @property
    def every(self) -> tuple[Path, ...]:
        """All files, the index last: without it the others are no set."""
        return (*self.files, self.index_file) if self.index_file else self.files


def targets_of(plan: Plan, target: str) -> Targets:
    """Return the names for a plan; in a folder, a set of shards gets the usual ones."""
    path = Path(target)
    usual = _FOLDER_NAMES.get(plan.recipe.format)
    if plan.recipe.max_shard_size and usual and (path.is_dir() or target.endswith(("/", "\\"))):
        path /= usual
    elif not path.suffix and len(plan.files) > 1:
        path = path.with_name(path.name + writer_named(plan.recipe.format).extensions[0])
    if len(plan.files) < 2:
        return Targets((path,), None)
    names = [path.with_name(f"{path.stem}{file.suffix}{path.suffix}") for file in plan.files]
    return Targets(tuple(names), path.with_name(path.name + _INDEX))


def index_text(plan: Plan, targets: Targets) -> bytes:
    """Return the index of a set of shards, as transformers writes it."""
    weight_map = {row.key: targets.files[row.file].name for row in plan.rows if row.key}
    metadata = {"total_size": sum(file.nbytes for file in plan.files)}
    document = {"metadata": metadata, "weight_map": weight_map}
    return (json.dumps(document, indent=2, sort_keys=True) + "\n").encode()


def replaced_shards(targets: Targets) -> list[Path]:
    """Return the shards of the set that is there, but for those that get new content."""
    if targets.index_file is None or not targets.index_file.is_file():
        return []
    try:
        if targets.index_file.stat().st_size > _MAX_INDEX:
            return []
        listed = set(json.loads(targets.index_file.read_text("utf-8"))["weight_map"].values())
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return []
    folder, name = targets.index_file.parent, targets.index_file.name.removesuffix(_INDEX)
    stem, suffix = Path(name).stem, Path(name).suffix
    ours = re.compile(re.escape(stem) + r"-\d{5}-of-\d{5}" + re.escape(suffix))
    new = {path.name for path in targets.files}
    return [
        folder / shard
        for shard in sorted(map(str, listed))
        if ours.fullmatch(shard) and shard not in new
    ]
