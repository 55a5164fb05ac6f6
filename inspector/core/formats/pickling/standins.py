"""Inert values that stand for what a pickle asked for.

The machine makes exact builtins (str, bytes, int, float, bool, None, list, tuple) and these
classes, nothing else. None of them runs anything when touched; none compares or hashes by
content, so no stream can make them slow. Their content is an empty tuple until there is some: a
stream can ask for one with every byte.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from inspector.core.formats.pickling.numpy_types import NumpyType
from inspector.core.model import DType, Storage


class Caller(Protocol):
    """The side of the machine that a builder may use."""

    def call(self, function: Any, args: Any, kwargs: Any = None) -> Any:
        """Return what `function(*args)` stands for."""
        ...

    def spend(self, count: int) -> None:
        """Account for values that are made without having been in the stream."""
        ...


Builder = Callable[[Caller, tuple[Any, ...]], Any]
"""Returns what calling a global of the allow-table with these arguments stands for."""


class Global:
    """A class or function that the stream names; never looked up."""

    __slots__ = ("build", "module", "name")

    def __init__(self, module: str, name: str, build: Builder | None = None) -> None:
        self.module = module
        self.name = name
        self.build = build
        """What calling it means here; None for everything that is not in the allow-table."""

    @property
    def text(self) -> str:
        """`module.name`, without the module of Python's own builtins."""
        if self.module == "__builtin__":  # Python 2, and protocols 0 to 2 of Python 3
            return {"long": "int", "unicode": "str", "xrange": "range"}.get(self.name, self.name)
        if self.module == "builtins":
            return self.name
        return f"{self.module}.{self.name}"


class Instance:
    """An object whose class was not imported: what it would have been made from."""

    __slots__ = ("args", "cls", "items", "kwargs", "pairs", "states")

    def __init__(self, cls: Any, args: Any = (), kwargs: Any = None) -> None:
        self.cls = cls
        """The Global that was called; any other value if the stream called something odd."""
        self.args = args
        self.kwargs = kwargs
        self.states: Sequence[Any] = ()
        """What BUILD handed over, usually one dict of attributes."""
        self.items: Sequence[Any] = ()
        """What was appended: the content of a list-like object."""
        self.pairs: Sequence[Any] = ()
        """Keys and values in turn: the content of a dict-like object."""


class PickledDict:
    """A dict or one of its standard relatives; keys are not hashed, and may repeat."""

    __slots__ = ("pairs", "states", "type")

    def __init__(self, type_name: str = "dict", pairs: Sequence[Any] = ()) -> None:
        self.type = type_name
        self.pairs = pairs
        """Keys and values in turn."""
        self.states: Sequence[Any] = ()


class PickledSequence:
    """A set, frozenset, deque: a standard container that is neither list nor tuple."""

    __slots__ = ("items", "type")

    def __init__(self, type_name: str, items: Sequence[Any] = ()) -> None:
        self.type = type_name
        self.items = items


class Bulk(NamedTuple):
    """Bytes too long to keep: where they lie in the stream's source."""

    offset: int
    length: int


class PlainValue(NamedTuple):
    """A value of a class that is known and harmless, as text: `torch.device`, a numpy scalar."""

    type: str
    value: Any
    """A plain Python value, or the text that a person would write."""


class RawArray(NamedTuple):
    """A numpy array's description; the elements stay where they are, if there are many."""

    type: NumpyType
    shape: tuple[int, ...]
    data: Any = None
    """Bulk or bytes; anything else where its bytes do not lie plainly in the stream."""
    fortran: bool = False
    """True if the first dimension is the fastest."""
    objects: tuple[Any, ...] = ()
    """The elements of an array of Python objects."""


class MaskedArray(NamedTuple):
    """An array, and another one that is true where its elements do not count."""

    data: RawArray
    mask: RawArray


class DressedTensor:
    """A tensor of another class than torch's own, or with attributes set on it."""

    __slots__ = ("states", "tensor", "type")

    def __init__(self, tensor: Any, type_name: str, state: Any) -> None:
        self.tensor = tensor
        self.type = type_name
        self.states: Sequence[Any] = (state,)


class TypedStorage(NamedTuple):
    """A storage as a persistent id hands it over, or a part of one (legacy views)."""

    storage: Storage
    dtype: DType
    base: int = 0
    """Elements of the storage in front of a legacy view."""


class ModuleSource(NamedTuple):
    """A class together with its source text, as legacy streams carry it."""

    cls: Global
    path: str
    text: str
