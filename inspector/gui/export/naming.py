"""Names of new files: each agrees with its format."""

from __future__ import annotations

from pathlib import Path

from inspector.core.export import WRITERS, format_of

_TORCH = (".pt", ".pth", ".bin", ".ckpt")


def suggested(uri: str) -> str:
    """Return a name beside the file that is read; in the person's own folder for a remote one."""
    name = Path(uri.rpartition("/")[2] if "://" in uri else uri)
    folder = Path.home() if "://" in uri else name.parent
    return str(folder / f"{name.stem}-export.pt")


def format_for(path: str, now: str) -> str:
    """Return the format of a name, if its ending says something else than the one of now."""
    known = {ending for writer in WRITERS for ending in writer.extensions}
    ending = Path(path).suffix.lower()
    is_legacy = now == "torch-legacy" and ending in _TORCH  # no ending tells it from the zip
    return format_of(path) if ending in known and not is_legacy else now


def name_for(path: str, format_name: str) -> str:
    """Return the name with an ending of a format."""
    writer = next(row for row in WRITERS if row.name == format_name)
    endings = writer.extensions or _TORCH
    if not path or path.lower().endswith(endings):
        return path
    known = {ending for row in WRITERS for ending in row.extensions}
    suffix = Path(path).suffix
    stem = path.removesuffix(suffix) if suffix.lower() in known else path
    return stem + endings[0]
