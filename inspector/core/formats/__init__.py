"""How each on-disk format becomes a checkpoint: one file per format, one row in READERS."""

from __future__ import annotations

from inspector.core.checkpoint import Checkpoint
from inspector.core.errors import UnknownFormat
from inspector.core.formats import (
    compressed,
    numpy_files,
    pickle_file,
    safetensors,
    tar_members,
    torch_export,
    torch_legacy,
    torch_package,
    torch_tar,
    torch_zip,
    torchscript,
    torchscript_v1,
    zip_members,
)
from inspector.core.formats.base import Reader, Structure, Subject
from inspector.core.formats.dangers import danger_findings
from inspector.core.formats.foreign import identify
from inspector.core.formats.pickling.arrays import locate_with
from inspector.core.formats.views import view_findings
from inspector.core.model import measure
from inspector.core.progress import Progress, part, silent
from inspector.core.recognition import recognise
from inspector.core.sources import open_source

__all__ = ["READERS", "Reader", "Structure", "Subject", "open_checkpoint", "read", "reader_of"]

READERS: tuple[Reader, ...] = (
    torch_package.READER,
    torch_export.READER,
    torchscript.READER,
    torchscript_v1.READER,
    torch_zip.READER,
    numpy_files.READER,
    zip_members.READER,
    torch_legacy.READER,
    torch_tar.READER,
    tar_members.READER,
    safetensors.READER,
    pickle_file.READER,
    compressed.READER,
)
"""Asked in this order; the first that accepts the bytes reads them."""


def reader_of(subject: Subject) -> Reader:
    """Return the reader of a subject, decided by its bytes; raises UnknownFormat."""
    for reader in READERS:
        if reader.accepts(subject):
            return reader
    uri, head = subject.source.uri, subject.head
    foreign = identify(head, subject.source.size)
    if foreign is not None:
        raise UnknownFormat(f"{uri} is {foreign.what}.", foreign.hint)
    raise UnknownFormat(
        f"{uri} is no checkpoint that this program knows; it begins with the bytes "
        f"{head[:16].hex(' ')}.",
        "Check where it came from; it may be encrypted, compressed or damaged at its beginning.",
    )


def read(subject: Subject, progress: Progress = silent) -> Structure:
    """Read the structure of a subject with the reader of its format; raises InspectorError."""
    subject.report = part(progress, 0.0, 0.1)
    return reader_of(subject).read(subject, part(progress, 0.1, 1.0))


def open_checkpoint(uri: str, progress: Progress = silent) -> Checkpoint:
    """Read the structure of the file at `uri`; raises InspectorError, and Cancelled."""
    source = open_source(uri)
    try:
        structure = read(Subject(source, read), part(progress, 0.0, 0.9))
        progress(0.9, "Looking at what it is")
        measures = measure(structure.root, part(progress, 0.9, 0.95))
        findings = (*danger_findings(structure.demands), *structure.findings)
        if not measures.within:
            findings += tuple(view_findings(structure.root))
        recognition = recognise(structure.root, measures.totals, report=part(progress, 0.95, 1.0))
        return Checkpoint(
            source=source,
            format=structure.format,
            format_text=structure.format_text,
            root=structure.root,
            totals=measures.totals,
            storages_alone=measures.alone,
            storages=structure.storages,
            locate=locate_with(structure.arrays, structure.locate, structure.byte_order, source),
            recognition=recognition,
            findings=(*findings, *recognition.findings),
            texts=structure.texts,
            demands=structure.demands,
            byte_order=structure.byte_order,
            checksum=structure.checksum,
            directories=structure.directories,
        )
    except BaseException:
        source.close()
        raise
