"""The same bytes read as another dtype or another shape."""

from __future__ import annotations

from math import prod

from inspector.core import text
from inspector.core.errors import FormatError
from inspector.core.model import DType, Tensor
from inspector.core.model.tensor import contiguous_stride

Shape = tuple[int, ...]


def parsed_shape(words: str) -> Shape | None:
    """Return the lengths in `64, 3, 7, 7` or `(64, -1)`, None if there are none.

    Raises FormatError.
    """
    words = words.strip().strip("()[]").replace("×", ",").strip().strip(",")
    if not words:
        return None
    try:
        shape = tuple(int("".join(word.replace("_", "").split())) for word in words.split(","))
    except ValueError:
        raise FormatError(
            f"{words!r} is no shape.", "Write lengths with commas between them: 64, 3, -1."
        ) from None
    if any(length < -1 for length in shape) or shape.count(-1) > 1:
        raise FormatError(
            f"{words!r} is no shape.", "One length may be -1, which stands for what is left."
        )
    return shape


def reinterpreted(tensor: Tensor, dtype: DType, shape: Shape | None = None) -> Tensor:
    """Return a tensor that reads the bytes of another one; raises FormatError if they do not fit.

    Without a shape the last dimension grows or shrinks, as with torch's `view(dtype)`.
    """
    if dtype == tensor.dtype and shape in (None, tensor.shape):
        return tensor
    same_width = dtype.bits == tensor.dtype.bits
    if same_width and shape in (None, tensor.shape):
        return _described(tensor, dtype)
    if not tensor.contiguous:
        raise FormatError(
            "The elements do not lie one after the other, so that their bytes are no run.",
            f"As another dtype of {text.plural(tensor.dtype.bits, 'bit')} each, in the same shape, "
            "they can be read.",
        )
    nbits = tensor.elements * tensor.dtype.bits
    begin = tensor.offset * tensor.dtype.bits
    if begin % dtype.bits:
        raise FormatError(
            f"The bytes begin at {begin // 8} of their storage, which is no multiple of the "
            f"{dtype.bits // 8} bytes of {dtype.name}."
        )
    if nbits % dtype.bits:
        raise FormatError(
            f"{text.exact(nbits // 8)} bytes do not divide into {dtype.name}, which takes "
            f"{dtype.bits // 8} each."
        )
    elements = nbits // dtype.bits
    fitting = _fitted(shape, elements, dtype) if shape else _grown(tensor, dtype, elements)
    found = _described(tensor, dtype)
    return found._replace(
        shape=fitting, stride=contiguous_stride(fitting), offset=begin // dtype.bits
    )


def _described(tensor: Tensor, dtype: DType) -> Tensor:
    # What torch applies to the values belongs to the dtype as stored.
    lazy = tensor.lazy if dtype == tensor.dtype else ""
    return tensor._replace(dtype=dtype, lazy=lazy, quantization="", parts=())


def _grown(tensor: Tensor, dtype: DType, elements: int) -> Shape:
    """Return the shape with another last dimension, of one dimension if that does not divide."""
    *leading, last = tensor.shape or (1,)
    width = last * tensor.dtype.bits
    return (elements,) if width % dtype.bits else (*leading, width // dtype.bits)


def _fitted(shape: Shape, elements: int, dtype: DType) -> Shape:
    known = prod(length for length in shape if length != -1)
    if -1 in shape and known and not elements % known:
        return tuple(elements // known if length == -1 else length for length in shape)
    bytes_are = f"the bytes are {text.plural(elements, 'element')} of {dtype.name}."
    if -1 in shape:
        raise FormatError(
            f"{text.exact(known)} elements for each step of the length -1 do not fit: {bytes_are}"
        )
    if known != elements:
        raise FormatError(
            f"{text.shape(shape)} are {text.plural(known, 'element')}, but {bytes_are}"
        )
    return shape
