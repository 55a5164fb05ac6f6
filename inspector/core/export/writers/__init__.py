"""How each format is written: one file per format, one row in WRITERS."""

from __future__ import annotations

from inspector.core.errors import InspectorError
from inspector.core.export.writers import numpy_zip, safetensors, torch_legacy, torch_zip
from inspector.core.export.writers.base import UNKNOWN_HASH, Document, Finish, Output, Sums, Writer

__all__ = [
    "UNKNOWN_HASH",
    "WRITERS",
    "Document",
    "Finish",
    "Output",
    "Sums",
    "Writer",
    "format_of",
    "writer_named",
]

WRITERS: tuple[Writer, ...] = (
    torch_zip.WRITER,
    safetensors.WRITER,
    numpy_zip.WRITER,
    torch_legacy.WRITER,
)
"""The first is for names that suggest none; legacy files have no ending of their own."""


def writer_named(name: str) -> Writer:
    """Return the writer of a format; raises InspectorError if there is none."""
    for writer in WRITERS:
        if writer.name == name:
            return writer
    names = ", ".join(writer.name for writer in WRITERS)
    raise InspectorError(f"{name!r} is no format that can be written.", f"There are: {names}.")


# Endings that promise a reader what is not written: the name would be wrong.
_OTHERS = (".gguf", ".onnx", ".h5", ".keras", ".tflite", ".msgpack", ".npy", ".mlmodel")


def format_of(path: str) -> str:
    """Return the name of the format that a file's name suggests; any other word is torch's.

    Raises InspectorError where it suggests one that is not written.
    """
    for writer in WRITERS:
        if path.lower().endswith(writer.extensions):
            return writer.name
    ending = next((one for one in _OTHERS if path.lower().endswith(one)), "")
    if ending:
        first = dict.fromkeys(writer.extensions[0] for writer in WRITERS)
        raise InspectorError(
            f"{path}: {ending} files are not written here.",
            f"Choose a name that ends with {', '.join(first)}, or say --format.",
        )
    return WRITERS[0].name
