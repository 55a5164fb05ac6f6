"""`FILE::PATH`, the address that the window copies, where a command prints what is in a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path as FilePath

import click

from inspector.core.checkpoint import Checkpoint
from inspector.core.errors import InspectorError
from inspector.core.model import Path, Selection, walk
from inspector.core.model.address import MARK, Address, BadAddress, parse_address, print_address


def place_of(named: str) -> Address:
    """Return the file, and the place in it; raises click.UsageError."""
    try:
        return parse_address(named, lambda file: FilePath(file).exists())
    except BadAddress as error:
        raise click.UsageError(str(error)) from None


def chosen_in(checkpoint: Checkpoint, globs: Iterable[str], below: Path) -> Selection:
    """Return what is at a place and matches; raises InspectorError if there is no such place."""
    selection = Selection(globs, checkpoint.recognition.state_dicts, below)
    if below and not any(selection.is_below(path) for path, _ in walk(checkpoint.root)):
        place = print_address(Address("", below)).removeprefix(MARK)
        uri = checkpoint.source.uri
        raise InspectorError(f"{uri} has nothing at {place}.", "inspector show lists its keys.")
    return selection
