"""The globals that have a meaning here: one row each. Everything else becomes an `Instance`.

A builder describes what the real function would return; it imports and calls nothing that the
stream names. Arguments are hostile: a builder raises TypeError or ValueError on what does not fit,
and the caller then keeps an inert `Instance` instead.
"""

from inspector.core.formats.pickling.allowlist.numpy_rows import NUMPY
from inspector.core.formats.pickling.allowlist.python_rows import PYTHON
from inspector.core.formats.pickling.allowlist.torch_rows import TORCH
from inspector.core.formats.pickling.standins import Builder

ALLOWED: dict[tuple[str, str], Builder] = {**TORCH, **PYTHON, **NUMPY}

__all__ = ["ALLOWED"]
