"""The types of files that a desktop is told about, with the endings and bytes they go by.

The endings are those of READERS, all of them. Few belong to checkpoints alone. No desktop is to
take another program's files for ours: a firmware image called `.bin` stays what it was, and only
its bytes can make a file of that name a checkpoint.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from inspector.core.formats import READERS
from inspector.core.formats.torch_legacy import MAGIC

_OWN = frozenset(
    {
        ".ckpt",
        ".jit",
        ".joblib",
        ".nemo",
        ".pickle",
        ".pkl",
        ".pt",
        ".pt2",
        ".pth",
        ".pth.tar",
        ".ptl",
        ".safetensors",
        ".th",
        ".torchscript",
    }
)

FOR_ANYTHING = (".bin", ".model", ".package")
"""Endings of ours that no desktop knows and many programs use: the bytes have to tell."""


class Claim(Enum):
    """What a desktop is told about files of an ending."""

    OWN = "checkpoints, and double-click opens them"
    SHARED = "may be another program's: ours are what no one else claims, and what the bytes tell"


def claim_to(ending: str) -> Claim:
    """Return the claim to an ending; to one that is new here, the smallest."""
    return Claim.OWN if ending in _OWN else Claim.SHARED


class Bytes(NamedTuple):
    """Bytes that stand at one of the offsets from `first` to `last`, and `also` what must be."""

    value: bytes
    first: int = 0
    last: int = 0
    also: tuple[Bytes, ...] = ()
    """One of these must be there as well."""


class FileType(NamedTuple):
    """One kind of file as a desktop sees it."""

    name: str
    """Of the MIME type, behind `application/`; the names for Windows and macOS come from it."""
    label: str
    parent: str
    """The MIME type that every such file has too, '' if there is none."""
    readers: tuple[str, ...]
    magic: tuple[Bytes, ...] = ()

    @property
    def mime(self) -> str:
        """The MIME type."""
        return f"application/{self.name}"


_ZIP = b"PK\x03\x04"
# The name of a zip's first member stands from byte 30: torch puts the archive's name in front.
_FIRST_MEMBER = 31, 255

_CHECKPOINT = FileType(
    "x-pytorch-checkpoint",
    "PyTorch checkpoint",
    "application/zip",
    ("torch-zip", "torchscript", "torch-package", "torch-export"),
    (
        Bytes(
            _ZIP,
            also=tuple(
                Bytes(name, *_FIRST_MEMBER)
                for name in (b"/data.pkl", b"/data/0", b"/.data/", b"/byteorder", b"/versionFB")
            ),
        ),
    ),
)
_LEGACY = FileType(
    "x-pytorch-legacy-checkpoint",
    "PyTorch checkpoint (before 1.6)",
    "",
    ("torch-legacy", "torch-tar"),
    (Bytes(MAGIC),),
)
_SAFETENSORS = FileType(
    "x-safetensors",
    "safetensors checkpoint",
    "",
    ("safetensors",),
    # The header is far shorter than 4 GiB, so the upper half of its length is zero.
    (Bytes(b'\0\0\0\0{"', 4, 4),),
)
_PICKLE = FileType(
    "x-python-pickle",
    "Python pickle",
    "",
    ("pickle",),
    # Protocols 4 and 5 begin with a frame; the upper half of its length is zero as well.
    tuple(
        Bytes(protocol, also=(Bytes(b"\0\0\0\0", 7, 7),))
        for protocol in (b"\x80\x04\x95", b"\x80\x05\x95")
    ),
)
_OTHER = FileType("x-model-checkpoint", "Model checkpoint", "", ())

FILE_TYPES = (_CHECKPOINT, _LEGACY, _SAFETENSORS, _PICKLE, _OTHER)
"""In the order in which they claim an ending that several have; the last takes all other readers.
"""


def type_of(reader: str) -> FileType:
    """Return the type of what a reader reads."""
    return next((row for row in FILE_TYPES if reader in row.readers), _OTHER)


def endings_of(kind: FileType) -> tuple[str, ...]:
    """Return the endings of a type, sorted; those of all its readers."""
    named = {
        ending for reader in READERS if type_of(reader.name) is kind for ending in reader.extensions
    }
    return tuple(sorted(named))


def all_endings() -> tuple[str, ...]:
    """Return every ending that a reader names, sorted."""
    return tuple(sorted({ending for reader in READERS for ending in reader.extensions}))


def first_type(ending: str) -> FileType:
    """Return the type that an ending stands for where only one can be named."""
    return next(kind for kind in FILE_TYPES if ending in endings_of(kind))


def last_suffix(ending: str) -> str:
    """Return what Windows and macOS take for the ending: of `.pth.tar` only `.tar`."""
    return "." + ending.rpartition(".")[2]
