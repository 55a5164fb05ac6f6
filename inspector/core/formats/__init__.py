"""How each on-disk format becomes a checkpoint: one file per format, one row in READERS."""

from __future__ import annotations

from inspector.core.checkpoint import Checkpoint
from inspector.core.errors import UnknownFormat
from inspector.core.formats import pickle_file, safetensors, torch_legacy, torch_zip
from inspector.core.formats.base import Reader, Structure
from inspector.core.formats.foreign import identify
from inspector.core.model import rollup
from inspector.core.progress import Progress, part, silent
from inspector.core.recognition import recognise
from inspector.core.sources import Source, open_source

__all__ = ["READERS", "Reader", "Structure", "open_checkpoint", "reader_of"]

READERS: tuple[Reader, ...] = (
    torch_zip.READER,
    torch_legacy.READER,
    safetensors.READER,
    pickle_file.READER,
)
"""Asked in this order; the first that accepts the bytes reads them."""

_HEAD = 4096  # bytes that tell every format apart


def reader_of(source: Source) -> Reader:
    """Return the reader of a source, decided by its bytes; raises UnknownFormat."""
    head = source.read_at(0, _HEAD)
    for reader in READERS:
        if reader.accepts(head, source):
            return reader
    foreign = identify(head, source.size)
    if foreign is not None:
        raise UnknownFormat(f"{source.uri} is {foreign.what}.", foreign.hint)
    raise UnknownFormat(
        f"{source.uri} is no checkpoint that this program knows; it begins with the bytes "
        f"{head[:16].hex(' ')}.",
        "Check where it came from; it may be encrypted, compressed or damaged at its begin.",
    )


def open_checkpoint(uri: str, progress: Progress = silent) -> Checkpoint:
    """Read the structure of the file at `uri`; raises InspectorError, and Cancelled."""
    source = open_source(uri)
    try:
        structure = reader_of(source).read(source, part(progress, 0.0, 0.9))
        progress(0.9, "Looking at what it is")
        totals = rollup(structure.root)
        return Checkpoint(
            source=source,
            format=structure.format,
            format_text=structure.format_text,
            root=structure.root,
            totals=totals,
            storages=structure.storages,
            locate=structure.locate,
            recognition=recognise(structure.root, totals),
            findings=structure.findings,
            texts=structure.texts,
            demands=structure.demands,
        )
    except BaseException:
        source.close()
        raise
