"""The program for a file that names what can run commands: it loads an export, which cannot."""

from __future__ import annotations

import os.path
import shlex
from collections.abc import Iterator, Sequence

from inspector.core.checkpoint import Checkpoint
from inspector.core.loading.opening import literal
from inspector.core.model import NO_TENSORS, Path
from inspector.core.model.address import MARK, Address, print_address
from inspector.core.text import printable


def needs_detour(checkpoint: Checkpoint) -> bool:
    """Return whether a pickle names something that can run commands of its author."""
    return any(finding.code == "dangerous-global" for finding in checkpoint.findings)


def detour(
    checkpoint: Checkpoint, at: Path | None, name: str, imports: Sequence[str] = ()
) -> Iterator[str]:
    """Yield lines that end with the tensors in a variable; with comments alone if there are none.

    `at` is where the weights stand, None where no state_dict is known.
    """
    yield "# It names what can run commands of its author,"
    yield "# so here is no program that unpickles it."
    if not checkpoint.totals.get(id(checkpoint.root), NO_TENSORS).tensors:
        return
    source = checkpoint.source.uri
    target = f"{os.path.splitext(source)[0]}-tensors.pt"  # noqa: PTH122 - an address, no path
    place = print_address(Address("", at or ())).removeprefix(MARK)
    words = ["inspector", "export", source, target, *(("--at", place) if place else ())]
    yield "# First write its tensors to a file of their own:"
    yield f"#     {printable(shlex.join(words), 4000)}"
    yield "import torch"
    yield from imports
    yield ""
    yield f"path = {literal(target)}"
    yield f'{name} = torch.load(path, map_location="cpu", weights_only=True)'
