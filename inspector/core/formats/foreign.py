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
_NO_CHECKPOINT = "It is no checkpoint: check the address or the name that it was saved under."
_UNPACK = "Unpack it first, then open the checkpoint inside."
_BACK = "Open the PyTorch checkpoint that it was made from."

# One row per format: the bytes at an offset that its specification demands.
_SIGNATURES: tuple[tuple[int, bytes, str, str], ...] = (
    # Packed, or in a way that is not undone here.
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (0, b"Rar!", "a RAR archive", _UNPACK),
    (0, b"PK\x05\x06", "an empty zip archive", "Packing it was interrupted; do it again."),
    (0, b"\x28\xb5\x2f\xfd", "compressed with zstd", "Run `zstd -d` on it, then open the result."),
    (0, b"\x04\x22\x4d\x18", "compressed with lz4", "Run `lz4 -d` on it, then open the result."),
    (0, b"\x1f\x9d", "compressed with compress (.Z)", _UNPACK),
    # Models of other programs.
    (0, b"GGUF", "a GGUF model, as llama.cpp uses", _BACK),
    (0, b"lmgg", "a GGML model, as early llama.cpp used", _BACK),
    (0, b"fmgg", "a GGML model, as early llama.cpp used", _BACK),
    (0, b"tjgg", "a GGML model, as early llama.cpp used", _BACK),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes", _CONVERT),
    (4, b"TFL3", "a TensorFlow Lite model", _CONVERT),
    (0, b"\x12\x01\0\0\0\0\0\0", "an MXNet parameter file", _CONVERT),
    (0, b"\x04\0\0\0\x01\0\0\0\x03\0\0\0V 1", "a Lua Torch 7 file (.t7)", "torchfile reads it."),
    (0, b"\x03\0\0\0\x01\0\0\0", "a Lua Torch 7 table (.t7)", "torchfile reads it."),
    (0, b"4\n1\n3\nV 1\n", "a Lua Torch 7 file (.t7, as text)", "torchfile reads it."),
    (0, b"ftrt", "a TensorRT engine", _BACK),
    (0, b"ptrt", "a TensorRT engine", _BACK),
    (0, b"\0\0\0\0\x02\0\0\0", "a Darknet (YOLO) weights file", _CONVERT),
    (4, b"PTMF", "a PyTorch mobile model (flatbuffer)", "Open the TorchScript it was made from."),
    # Data and pictures.
    (0, b"SQLite format 3\0", "an SQLite database", _CONVERT),
    (0, b"PAR1", "a Parquet table", _CONVERT),
    (0, b"ARROW1", "an Arrow table", _CONVERT),
    (0, b"\x89PNG", "a PNG picture", _NO_CHECKPOINT),
    (0, b"\xff\xd8\xff", "a JPEG picture", _NO_CHECKPOINT),
    (0, b"GIF8", "a GIF picture", _NO_CHECKPOINT),
    (8, b"WEBP", "a WebP picture", _NO_CHECKPOINT),
    (8, b"WAVE", "a WAV recording", _NO_CHECKPOINT),
    (4, b"ftyp", "an MP4 video", _NO_CHECKPOINT),
    (0, b"%PDF", "a PDF document", _NO_CHECKPOINT),
    # Programs.
    (0, b"\x7fELF", "a compiled program or library", _NO_CHECKPOINT),
    (0, b"\xcf\xfa\xed\xfe", "a compiled program or library", _NO_CHECKPOINT),
    (0, b"MZ", "a Windows program or library", _NO_CHECKPOINT),
)

# Formats without a signature: what their first bytes must look like.
_PATTERNS: tuple[tuple[re.Pattern[bytes], str, str], ...] = (
    # CTranslate2, cpp/src/models/model.cc: version, then the name of the spec with its length.
    (
        re.compile(rb"[\x01-\x20]\0\0\0[\x05-\xff]\0\w+Spec\0"),
        "a CTranslate2 model (model.bin)",
        _BACK,
    ),
    # saved_model.proto: schema version 1, then a MetaGraphDef with its MetaInfoDef.
    (re.compile(rb"\x08\x01\x12[\x80-\xff]+[\0-\x7f]\x0a"), "a TensorFlow SavedModel", _CONVERT),
    # onnx.proto: ir_version, then producer, domain, graph or opset.
    (re.compile(rb"\x08[\x01-\x14][\x12\x1a\x22\x28\x32\x3a\x42]"), "an ONNX model", _BACK),
    # https://msgpack.org: a map whose first key is a word.
    (
        re.compile(rb"[\x81-\x8f][\xa1-\xbf][a-z_]{2,}"),
        "a msgpack file, as Flax writes",
        "flax.serialization reads it.",
    ),
)


def identify(head: bytes, file_size: int) -> Foreign | None:
    """Return what a file is by its first bytes, or None if they say nothing."""
    for test in (
        _empty,
        _lfs_pointer,
        _service_error,
        _page,
        _signature,
        _torchsharp,
        _pattern,
        _text,
    ):
        found = test(head, file_size)
        if found is not None:
            return found
    return None


# One row per kind of archive: members that all of it has, by the end of their names.
_ARCHIVES: tuple[tuple[frozenset[str], str, str], ...] = (
    (
        frozenset({"version", "byteorder"}),
        "an archive of torch.save without its record data.pkl",
        "Writing it was interrupted, or the record was lost; save or download it again.",
    ),
    (frozenset({"model.weights.h5", "config.json"}), "a Keras model (.keras)", _CONVERT),
    (frozenset({"saved_model.pb"}), "a TensorFlow SavedModel in an archive", _CONVERT),
    (frozenset({"[Content_Types].xml"}), "an Office document", _NO_CHECKPOINT),
    (frozenset({"META-INF/MANIFEST.MF"}), "a Java archive", _NO_CHECKPOINT),
)


def identify_archive(kind: str, names: list[str]) -> Foreign:
    """Return what a zip or tar archive without any checkpoint is, by the names in it."""
    ends = {name.partition("/")[2] or name for name in names} | set(names)
    for wanted, what, hint in _ARCHIVES:
        if wanted <= ends:
            return Foreign(what, hint)
    if not names:
        return Foreign(f"an empty {kind} archive", "Packing it was interrupted; do it again.")
    listed = ", ".join(printable(name, 60) for name in names[:4])
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return Foreign(
        f"a {kind} archive without any checkpoint; it holds {listed}{more}",
        "Check where it came from.",
    )


def _empty(head: bytes, file_size: int) -> Foreign | None:
    if file_size == 0:
        return Foreign("empty (0 bytes)", "Saving or downloading it was interrupted; do it again.")
    if not head.strip(b"\0"):
        return Foreign(
            "filled with zeros at its beginning",
            "Writing it was interrupted; save, copy or download it again.",
        )
    return None


def _lfs_pointer(head: bytes, file_size: int) -> Foreign | None:
    # https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
    if not head.startswith(b"version https://git-lfs.github.com/spec/"):
        return None
    oid = re.search(rb"^oid (sha256:[0-9a-f]{64})\r?$", head, re.MULTILINE)
    length = re.search(rb"^size (\d{1,18})\r?$", head, re.MULTILINE)
    named = f", oid {oid[1].decode()}" if oid else ""
    stated = f" of {size(int(length[1]))}" if length else ""
    return Foreign(
        f"a Git LFS pointer to a file{stated}{named}, not the file itself",
        "Run `git lfs pull` in its repository.",
    )


def _page(head: bytes, file_size: int) -> Foreign | None:
    start = head.lstrip()[:64].lower()
    if not start.startswith((b"<!doctype html", b"<html", b"<head", b"<?xml")) or b"<net " in head:
        return None
    import html  # its table of entities takes a millisecond that only web pages need

    title = re.search(rb"<title[^>]*>(.{0,200}?)</title>", head, re.IGNORECASE | re.DOTALL)
    words = html.unescape(title[1].decode("utf-8", "replace")).strip() if title else ""
    named = f", entitled “{printable(words, 120)}”" if words else ""
    return Foreign(
        f"a web page{named}", "The download gave an error or login page; download it again."
    )


def _service_error(head: bytes, file_size: int) -> Foreign | None:
    code = re.search(rb"^<\?xml.{0,200}<Error>\s*<Code>(\w{1,60})</Code>", head, re.DOTALL)
    if code is None:
        return None
    return Foreign(
        f"an error message of a storage service ({code[1].decode('ascii', 'replace')})",
        "The download was refused; check the address and the access rights.",
    )


def _pattern(head: bytes, file_size: int) -> Foreign | None:
    for pattern, what, hint in _PATTERNS:
        if pattern.match(head):
            return Foreign(what, hint)
    return None


def _torchsharp(head: bytes, file_size: int) -> Foreign | None:
    # src/TorchSharp/NN/Module.cs, `save`: a count, then name, dtype and dimensions of each tensor;
    # names are .NET strings with their length in front. src/TorchSharp/Optimizers.cs likewise.
    name = head[1 : 1 + head[0]].decode("ascii", "replace")
    if name in _TORCHSHARP_OPTIMIZERS:
        return Foreign("an optimizer saved by TorchSharp", _TORCHSHARP)
    for start in (1, 2):  # a count of 128 or more takes two bytes
        length = head[start] if len(head) > start else 0
        name = head[start + 1 : start + 1 + length].decode("ascii", "replace")
        dtype, dimensions = (head[start + 1 + length : start + 3 + length] + b"\xff\xff")[:2]
        if re.fullmatch(r"[A-Za-z_][\w.]*", name) and dtype < 16 and dimensions <= 8:
            return Foreign("a model saved by TorchSharp", _TORCHSHARP)
    return None


_TORCHSHARP = "Save it there as safetensors or with exportsd.py, then open that."
_TORCHSHARP_OPTIMIZERS = frozenset(
    {"Adagrad", "Adadelta", "Adam", "AdamW", "Adamax", "ASGD", "NAdam", "RAdam", "RMSProp",
     "RMSprop", "Rprop", "SGD"}
)  # fmt: skip


def _signature(head: bytes, file_size: int) -> Foreign | None:
    for offset, signature, what, hint in _SIGNATURES:
        if head[offset : offset + len(signature)] == signature:
            return Foreign(what, hint)
    return None


def _text(head: bytes, file_size: int) -> Foreign | None:
    if re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\xff]", head):
        return None
    for mark, what, hint in _TEXTS:
        if mark in head:
            return Foreign(what, hint)
    first = next((line for line in head.decode("ascii").splitlines() if line.strip()), "")
    if head.lstrip()[:1] in (b"{", b"["):
        return Foreign("a JSON text", "Open the checkpoint that it belongs to.")
    return Foreign(f"a text that begins with “{printable(first.strip(), 60)}”", _NO_CHECKPOINT)


# Words in the first bytes of texts that lie beside models.
_TEXTS: tuple[tuple[bytes, str, str], ...] = (
    (
        b'"weight_map"',
        "the index of a checkpoint in several files, which is not read yet",
        "Open the files that it lists, one by one.",
    ),
    (
        b'"total_size"',
        "the index of a checkpoint in several files",
        "Open the files that it lists.",
    ),
    (b"model_checkpoint_path:", "the index of a TensorFlow checkpoint", _CONVERT),
    (b'"architectures"', "the configuration of a model", "Open the weights that it belongs to."),
    (b"<net ", "an OpenVINO model", _BACK),
)
