"""The arrays that `joblib.dump` writes into the middle of a pickle.

joblib/numpy_pickle.py: an array is pickled as a `NumpyArrayWrapper` (shape, dtype, order), and
right behind its BUILD opcode come, outside of the pickle's own rules, a byte with the number of
padding bytes, the padding, and the array's bytes (`write_array`). joblib before 1.2 writes no
padding; an array of Python objects is a pickle of its own instead.
"""

from __future__ import annotations

from math import prod
from typing import Any

from inspector.core.formats.pickling.numpy_types import NumpyType, PickledDType
from inspector.core.formats.pickling.standins import (
    Global,
    Instance,
    PickledDict,
    RawArray,
)
from inspector.core.formats.pickling.unpickler import Unpickler

_WRAPPER = "NumpyArrayWrapper"
_MODULES = ("joblib.numpy_pickle", "sklearn.externals.joblib.numpy_pickle")
_MAX_BYTES = 1 << 62


class JoblibUnpickler(Unpickler):
    """Goes behind the bytes of arrays; in any other pickle it does what `Unpickler` does."""

    def built(self, p: int) -> int:
        """Put an array in the place of its wrapper."""
        wrapper = self.stack[-1]
        if not is_wrapper(wrapper):
            return p
        state = _state(wrapper)
        shape, dtype = state.get("shape"), state.get("dtype")
        kind = dtype.finished() if isinstance(dtype, PickledDType) else NumpyType("")
        name, width = kind.text, kind.width
        if name == "object":
            return self._nested(p)
        if type(shape) is not tuple or not all(type(n) is int and n >= 0 for n in shape):
            self.broken(p, "holds an array without a shape")
        if width is None or prod(shape) * width > _MAX_BYTES:
            self.broken(p, f"holds an array of {name or 'an unknown dtype'}, whose size is unknown")
        if state.get("numpy_array_alignment_bytes") is not None:
            padding, p = self.payload(p, 1)
            p = self.skip(p, padding[0])[1]
        data, p = self.skip(p, prod(shape) * width)
        self.stack[-1] = RawArray(kind, shape, data, state.get("order") == "F")
        return p

    def _nested(self, p: int) -> int:
        """Put the value of the pickle at `p` in the place of the wrapper."""
        inner = type(self)(
            self.source, self.base + p, allowed=self._allowed, progress=self.progress
        )
        self.stack[-1] = inner.load()
        self.mentions.update(inner.mentions)
        self.opcodes |= inner.opcodes
        self.skipped += inner.skipped
        self.notes = {**inner.notes, **self.notes}
        return self.refill(inner.position - self.base)


def is_wrapper(value: Any) -> bool:
    """True for the stand-in of an array whose bytes follow."""
    return (
        type(value) is Instance
        and type(value.cls) is Global
        and value.cls.name == _WRAPPER
        and value.cls.module in _MODULES
    )


def _state(wrapper: Instance) -> dict[Any, Any]:
    state = wrapper.states[0] if len(wrapper.states) == 1 else None
    if not isinstance(state, PickledDict):
        return {}
    pairs = zip(state.pairs[::2], state.pairs[1::2], strict=True)
    return {key: value for key, value in pairs if type(key) is str}
