"""A tensor, or a part of one, as a `.npy` file of numpy: written block by block.

Format: numpy/lib/format.py, version 1.0. The file is complete or it is not there: what is being
written has another name beside it until it is on the disk.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from math import prod
from pathlib import Path
from typing import BinaryIO, NamedTuple

from inspector.core import text
from inspector.core.analysis.sheet_texts import Place
from inspector.core.arrays import Window, encoding_of, load_window, region, values_of
from inspector.core.engine import Engine
from inspector.core.errors import InspectorError, SourceError
from inspector.core.model import DType, Tensor
from inspector.core.progress import Progress, silent

_BLOCK = 4 << 20  # bytes of the target in one task
_SCATTERED_BLOCK = 16 << 20  # where elements that follow each other do not lie so in the file
_MAGIC = b"\x93NUMPY\x01\x00"
_ALIGNMENT = 64
_CODES = {"float": "f", "complex": "c", "int": "i", "uint": "u", "bits": "u"}


class _Part(NamedTuple):
    position: int
    """Where its bytes go, counted from the first element."""
    window: Window


def array_code(dtype: DType) -> str:
    """Return numpy's code of the dtype that values are written in, e.g. `<f4`."""
    encoding = encoding_of(dtype)
    if dtype.kind == "bool":
        return "|b1"
    if dtype.name == "complex32":
        return "<c8"
    if is_widened(dtype):
        return "<f4"
    if dtype.kind in ("quantized", "bits"):
        signed = dtype.name in ("qint8", "qint32")
        code, width = "i" if signed else "u", int(encoding.stored[1:])
    else:
        code, width = _CODES[dtype.kind], dtype.bits // 8
    return f"{'|' if width == 1 else '<'}{code}{width}"


def is_widened(dtype: DType) -> bool:
    """Return whether numpy has no such floats, so that the same values are written wider."""
    no_such = dtype.kind == "float" and dtype.name not in ("float64", "float32", "float16")
    return no_such or dtype.name == "complex32"


def array_nbytes(tensor: Tensor) -> int:
    """Return the bytes that the elements take in a `.npy` file."""
    return prod(_shape(tensor)) * _width(tensor.dtype)


def save_array(
    place: Place, tensor: Tensor, path: Path, engine: Engine, progress: Progress = silent
) -> None:
    """Write the values of a tensor to `path`; raises InspectorError, and leaves nothing behind.

    The file that is being looked at is never the target, whatever it is called.
    """
    path = path.absolute()
    _refuse(place, tensor, path)
    being_written = path.with_name(f".{path.name[:200]}.{secrets.token_hex(4)}.part")
    try:
        with being_written.open("xb") as target:
            _write(target, place, tensor, engine, progress)
            target.flush()
            os.fsync(target.fileno())
        place.source.verify()
        being_written.replace(path)
    except OSError as error:
        raise InspectorError(
            f"{path} cannot be written: {error.strerror or error}.",
            "Choose another folder, or make room.",
        ) from error
    finally:
        with suppress(OSError):
            being_written.unlink()


def _refuse(place: Place, tensor: Tensor, path: Path) -> None:
    with suppress(OSError):
        if path.exists() and path.samefile(place.source.uri):
            raise InspectorError(
                f"{path} is the file that is being read.", "Choose another name for the array."
            )
    with suppress(OSError):
        needed, free = array_nbytes(tensor), shutil.disk_usage(path.parent).free
        if needed > free:
            raise InspectorError(
                f"The array takes {text.size(needed)}, but {path.parent} has "
                f"{text.size(free)} left.",
                "Choose another folder, or save a part.",
            )


def _write(
    target: BinaryIO, place: Place, tensor: Tensor, engine: Engine, progress: Progress
) -> None:
    target.write(_header(array_code(tensor.dtype), _shape(tensor)))
    start = target.tell()
    total = array_nbytes(tensor)
    for position, data in engine.run(_converted, _parts(place, tensor), total, progress, "Saving"):
        target.seek(start + position)
        target.write(data)
    target.seek(0, os.SEEK_END)
    if target.tell() != start + total:
        raise SourceError("Not every block was written.")


def _converted(part: _Part) -> tuple[int, bytes]:
    """Worker: read a part and return its values as their file has them, little-endian."""
    import numpy as np

    tensor = part.window.tensor
    stored, there = load_window(part.window)
    if there is not None:
        raise SourceError(
            f"{part.window.source.uri}: some of the elements are missing, the file ends before "
            "them.",
            "Copy or download the file again, or save a part that is there.",
        )
    values = values_of(stored, tensor)
    return part.position, np.ascontiguousarray(values, array_code(tensor.dtype)).tobytes()


def _parts(place: Place, tensor: Tensor) -> Iterator[tuple[int, _Part]]:
    """Yield runs of the target, each a box of the tensor."""
    shape = tensor.shape
    if 0 in shape:
        return
    width = array_nbytes(tensor) // tensor.elements
    most = max(1, (_BLOCK if tensor.contiguous else _SCATTERED_BLOCK) // width)
    # The outermost axis of which one step fits; what is outside it is walked index by index.
    axis = next((n for n in range(len(shape)) if prod(shape[n + 1 :]) <= most), len(shape))
    if axis == len(shape):
        yield width, _Part(0, place.window(tensor))
        return
    inner = prod(shape[axis + 1 :])
    step = max(1, most // inner)
    position = 0
    for outer in _indices(shape[:axis]):
        for first in range(0, shape[axis], step):
            along = range(first, min(first + step, shape[axis]))
            box = (*(range(at, at + 1) for at in outer), along, *map(range, shape[axis + 1 :]))
            nbytes = len(along) * inner * width
            yield nbytes, _Part(position, place.window(region(tensor, box)))
            position += nbytes


def _indices(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Yield every index in C order, without keeping a list of any axis."""
    if not shape:
        yield ()
        return
    for at in range(shape[0]):
        for rest in _indices(shape[1:]):
            yield (at, *rest)


def _shape(tensor: Tensor) -> tuple[int, ...]:
    """Return the shape of the array; a pair of packed values is a last dimension of its own."""
    pair = encoding_of(tensor.dtype).bits < 8 <= tensor.dtype.bits
    return (*tensor.shape, 2) if pair else tensor.shape


def _width(dtype: DType) -> int:
    return int(array_code(dtype)[2:])


def _header(code: str, shape: tuple[int, ...]) -> bytes:
    words = f"{{'descr': '{code}', 'fortran_order': False, 'shape': {shape}, }}"
    length = len(_MAGIC) + 2 + len(words) + 1
    words += " " * (-length % _ALIGNMENT) + "\n"
    return _MAGIC + len(words).to_bytes(2, "little") + words.encode("ascii")
