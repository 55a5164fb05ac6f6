"""Files that are no checkpoints, or none that a reader knows: their real name and the next step."""

from __future__ import annotations

import re
from typing import NamedTuple

from inspector.core.text import printable, size


class Foreign(NamedTuple):
    """What a file is, and what to do about it."""

    what: str
    hint: str


_CONVERT = "Open it with a program for that format."
_UNPACK = "Unpack it first, then open the checkpoint inside."

# One row per format: the bytes at an offset that its specification demands.
_SIGNATURES: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (0, b"\x1f\x8b", "compressed with gzip", _UNPACK),
    (0, b"BZh", "compressed with bzip2", _UNPACK),
    (0, b"\xfd7zXZ\0", "compressed with xz", _UNPACK),
    (0, b"\x28\xb5\x2f\xfd", "compressed with zstd", _UNPACK),
    (257, b"ustar", "a tar archive", _UNPACK),
    (0, b"Rar!", "a RAR archive", _UNPACK),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes", _CONVERT),
    (0, b"GGUF", "a GGUF model, as llama.cpp uses", _CONVERT),
    (0, b"\x93NUMPY", "a numpy array (.npy)", "numpy.load reads it."),
    (4, b"PTMF", "a PyTorch mobile model (flatbuffer)", "torch.jit.load reads it, and runs it."),
    (4, b"TFL3", "a TensorFlow Lite model", _CONVERT),
    (0, b"\x89PNG", "a PNG picture", ""),
    (0, b"\xff\xd8\xff", "a JPEG picture", ""),
    (0, b"%PDF", "a PDF document", ""),
    (0, b"\x7fELF", "a compiled program or library", ""),
)


def identify(head: bytes, file_size: int) -> Foreign | None:
    """Return what a file is by its first bytes, or None if they say nothing."""
    for test in (_empty, _lfs_pointer, _page, _signature, _text):
        found = test(head, file_size)
        if found is not None:
            return found
    return None


def _empty(head: bytes, file_size: int) -> Foreign | None:
    if file_size == 0:
        return Foreign("empty (0 bytes)", "Saving or downloading it was interrupted; do it again.")
    if not head.strip(b"\0"):
        return Foreign("filled with zeros at its begin", "Writing it was interrupted.")
    return None


def _lfs_pointer(head: bytes, file_size: int) -> Foreign | None:
    # https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
    if not head.startswith(b"version https://git-lfs.github.com/spec/"):
        return None
    oid = re.search(rb"^oid (sha256:[0-9a-f]{64})$", head, re.MULTILINE)
    length = re.search(rb"^size (\d{1,18})$", head, re.MULTILINE)
    named = f", oid {oid[1].decode()}" if oid else ""
    stated = f" of {size(int(length[1]))}" if length else ""
    return Foreign(
        f"a Git LFS pointer to a file{stated}{named}, not the file itself",
        "Run `git lfs pull` in its repository.",
    )


def _page(head: bytes, file_size: int) -> Foreign | None:
    start = head.lstrip()[:64].lower()
    if not start.startswith((b"<!doctype html", b"<html", b"<head", b"<?xml")):
        return None
    import html  # its table of entities takes a millisecond that only web pages need

    title = re.search(rb"<title[^>]*>(.{0,200}?)</title>", head, re.IGNORECASE | re.DOTALL)
    words = html.unescape(title[1].decode("utf-8", "replace")).strip() if title else ""
    named = f", entitled “{printable(words, 120)}”" if words else ""
    return Foreign(
        f"a web page{named}", "The download gave an error or login page; download it again."
    )


def _signature(head: bytes, file_size: int) -> Foreign | None:
    for offset, signature, what, hint in _SIGNATURES:
        if head[offset : offset + len(signature)] == signature:
            return Foreign(what, hint)
    return None


def _text(head: bytes, file_size: int) -> Foreign | None:
    if re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\xff]", head):
        return None
    first = next((line for line in head.decode("ascii").splitlines() if line.strip()), "")
    if head.lstrip()[:1] in (b"{", b"["):
        return Foreign("a JSON text", "Open the checkpoint that it belongs to.")
    return Foreign(f"a text that begins with “{printable(first.strip(), 60)}”", "")
