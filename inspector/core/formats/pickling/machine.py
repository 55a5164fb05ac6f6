"""The state of a run over a pickle: window, stack, memo, and the few things opcodes do to them.

Memory and time stay proportional to the stream: payloads longer than KEEP bytes are noted by
position and skipped, nothing is hashed or compared by content, and the memo is a dictionary, so
an index of 2^31 costs no more than one of 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from inspector.core.errors import Damaged
from inspector.core.formats.pickling.numpy_types import PickledDType
from inspector.core.formats.pickling.standins import (
    Builder,
    Bulk,
    DressedTensor,
    Global,
    Instance,
    PickledDict,
    PickledSequence,
)
from inspector.core.formats.pickling.storages import StorageTable
from inspector.core.model import Tensor
from inspector.core.progress import Progress, silent
from inspector.core.sources import Source

_WINDOW = 64 << 20  # bytes of the stream in memory at a time
_FIRST_WINDOW = 2 << 20  # the same for the first: most pickles end in it
_MARGIN = 1 << 20  # more than ROUND opcodes of fixed size can take (9 bytes each)
ROUND = 1 << 16  # opcodes between two progress calls
KEEP = 255  # longer bytes are left in the source; the longest a SHORT_BINBYTES can be
_MOST_VALUES = 2_000_000  # containers; the largest known checkpoints have a tenth of it
_MOST_STATES = 4  # for one object; real ones are handed one or two
KEEP_TEXT = 16 << 20  # longer text is left in the source


class Machine:
    """The state of one run over a pickle, and what opcodes may do to it."""

    def __init__(
        self,
        source: Source,
        position: int = 0,
        *,
        allowed: Mapping[tuple[str, str], Builder] | None = None,
        storages: StorageTable | None = None,
        progress: Progress = silent,
    ) -> None:
        self.source = source
        self.position = position
        self.globals: dict[tuple[str, str], Global] = {}
        """Every global that the stream named, in order of appearance."""
        self.mentions: dict[tuple[str, str], int] = {}
        """How often the stream names each global in full; from then on it uses its memo."""
        self.opcodes: set[int] = set()
        """Which opcodes occurred, those left out that the reader handles itself."""
        self.notes: dict[str, str] = {}
        """Oddities by code, the first of each: things that CPython would refuse or do."""
        self._allowed = allowed or {}
        self.storages = storages
        self.progress = progress
        self.base = position  # where the window begins in the source
        self.data = b""
        self.limit = 0  # refill when a payload ends behind this window position
        self.stack: list[Any] = []
        self.marks: list[list[Any]] = []
        self.memo: dict[int | bytes, Any] = {}
        self.skipped = 0
        """Bytes of the stream that were left in the source."""
        self._spent = 0
        self.rebuild_tensor = Global("", "")
        """`torch._utils._rebuild_tensor_v2`, once the stream has named it."""

    def find_class(self, module: str, name: str) -> Global:
        """Return the stand-in of a global; the allow-table says what calling it means."""
        key = (module, name)
        self.mentions[key] = self.mentions.get(key, 0) + 1
        found = self.globals.get(key)
        if found is None:
            found = self.globals[key] = Global(module, name, self._allowed.get(key))
            if key == ("torch._utils", "_rebuild_tensor_v2"):
                self.rebuild_tensor = found
        return found

    def note(self, code: str, message: str) -> None:
        """Keep an oddity of the stream for the findings; only the first of a code counts."""
        self.notes.setdefault(code, message)

    def call(self, function: Any, args: Any, kwargs: Any = None) -> Any:
        """Return what `function(*args)` stands for; nothing is ever called but our builders."""
        build = function.build if type(function) is Global else None
        if build is not None and type(args) is tuple and not kwargs:
            try:
                return build(self, args)
            except (TypeError, ValueError, AttributeError, KeyError, IndexError, OverflowError):
                # The boundary to hostile arguments: whatever does not fit stays inert.
                self.note(
                    "malformed-arguments", f"{function.text} was given arguments it cannot take."
                )
        self.spend(1)
        return Instance(function, args, kwargs)

    def spend(self, count: int) -> None:
        """Account for containers, and for values copied from one to another.

        Both cost far more memory than the bytes that ask for them; raises Damaged when a stream
        asks for more than any checkpoint needs.
        """
        self._spent += count
        if self._spent > _MOST_VALUES:
            raise Damaged(
                f"{self.source.uri}: its pickle stream asks for more than {_MOST_VALUES:,} "
                "containers.",
                "It is no checkpoint, or it was made to exhaust the memory.",
            )

    # ---- the window --------------------------------------------------------------------

    def refill(self, p: int) -> int:
        """Move the window so that it begins at `p`; return the new position of the same byte."""
        self.base += p
        self.data = self.source.read_at(
            self.base, _WINDOW if self.data else min(_FIRST_WINDOW, _WINDOW)
        )
        at_end = self.base + len(self.data) >= self.source.size
        # At the end of the source nothing more can come: only its own length is the limit.
        self.limit = len(self.data) if at_end else len(self.data) - _MARGIN
        return 0

    def payload(self, p: int, length: int) -> tuple[bytes, int]:
        """Return `length` bytes at window position `p`, and the position behind them."""
        if p + length > self.limit:
            if length < 0 or self.base + p + length > self.source.size:
                self.broken(p, f"announces {length} bytes, but ends before them")
            if length > _WINDOW - _MARGIN:
                data = self.source.read_at(self.base + p, length)
                return data, self.refill(p + length)
            p = self.refill(p)
        return self.data[p : p + length], p + length

    def skip(self, p: int, length: int) -> tuple[Bulk, int]:
        """Note where `length` bytes lie, and go behind them."""
        start = self.base + p
        if start + length > self.source.size:
            self.broken(p, f"announces {length} bytes, but ends before them")
        p += length
        self.skipped += length
        return Bulk(start, length), p if p <= self.limit else self.refill(p)

    def line(self, p: int) -> tuple[bytes, int]:
        """Return the bytes up to the next newline, and the position behind it."""
        stop = self.data.find(b"\n", p, p + _MARGIN)
        if stop < 0:
            p = self.refill(p)
            stop = self.data.find(b"\n", p)
            if stop < 0:
                self.broken(p, "ends in the middle of a line")
        line = self.data[p:stop]
        p = stop + 1
        return line, p if p <= self.limit else self.refill(p)

    def long_text(self, p: int, length: int) -> int:
        """Push a text that crosses the window's limit; return the position behind it."""
        if length > KEEP_TEXT:
            bulk, p = self.skip(p, length)
            self.stack.append(bulk)
            return p
        data, p = self.payload(p, length)
        self.stack.append(self.text(data))
        return p

    def text(self, data: bytes) -> str:
        try:
            return data.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            self.note("invalid-text", "A string is not valid UTF-8; its bytes are shown as \\xNN.")
            return data.decode("utf-8", "backslashreplace")

    def broken(self, p: int = -1, what: str = "ends before its STOP opcode") -> NoReturn:
        at = f" at byte {self.base + p}" if p >= 0 else ""
        raise Damaged(
            f"{self.source.uri}: its pickle stream{at} {what}.",
            "The file is cut off or damaged, or it is no pickle; copy or download it again.",
        )

    # ---- stack and memo ----------------------------------------------------------------

    def pop_mark(self) -> list[Any]:
        """Return everything above the last mark, and forget the mark."""
        items = self.stack
        if not self.marks:
            self.broken(what="uses a mark that was never set")
        self.stack = self.marks.pop()
        return items

    def fetch(self, key: int | bytes) -> None:
        """Push what the memo holds under a key, normalised as `memo_key` does."""
        self.stack.append(self.memo[key] if key in self.memo else self.recall(key))

    def recall(self, key: int | bytes) -> Any:
        """Return a value that is not in the memo itself; here nothing is left out of it."""
        self.broken(what="fetches a value that was never stored")

    def recall_all(self) -> None:
        """Put into the memo what a reader has left out of it to save time; here nothing."""

    def extend(self, container: Any, items: list[Any]) -> None:
        """Append to what can be appended to; anything else is noted and left alone."""
        if type(container) is list:
            container.extend(items)
        elif isinstance(container, Instance | PickledSequence):
            container.items = _grown(container.items, items)
        else:
            self.note("append-to-nothing", "The stream appends to a value that is no list.")

    def set_items(self, container: Any, pairs: list[Any]) -> None:
        """Add keys and values in turn to a dict; anything else is noted and left alone."""
        if len(pairs) % 2:
            self.broken(what="sets a key without a value")
        if isinstance(container, PickledDict | Instance):
            container.pairs = _grown(container.pairs, pairs)
        else:
            self.note("setitem-on-nothing", "The stream sets items of a value that is no dict.")

    def build(self, instance: Any, state: Any) -> None:
        """Keep the state that BUILD hands to an object."""
        if isinstance(instance, Instance | PickledDict | DressedTensor):
            if len(instance.states) < _MOST_STATES:
                instance.states = (*instance.states, state)
            else:
                self.note("many-states", "The stream changes the attributes of an object often.")
        elif isinstance(instance, Tensor):
            # Parameters of torch before 0.4 are handed (requires_grad, volatile, hooks) again.
            if type(state) is not tuple or state[:1] != (instance.requires_grad,):
                self.note("state-on-tensor", "The stream hands extra state to a finished tensor.")
        elif isinstance(instance, PickledDType):
            instance.take(state)
        else:
            name = instance.text if type(instance) is Global else type(instance).__name__
            self.note("build-on-plain", f"The stream tries to change attributes of {name}.")

    def built(self, p: int) -> int:
        """Go behind what follows the object that BUILD has just completed; usually nothing does."""
        return p

    def persistent_load(self, persistent_id: Any) -> Any:
        """Return the storage that an id names, an inert value where none are expected."""
        if self.storages is not None:
            return self.storages.persistent_load(persistent_id)
        self.note("persistent-id", "The stream refers to data outside of itself.")
        return Instance(Global("pickle", "persistent_id"), (persistent_id,))


def memo_key(index: int) -> int | bytes:
    """Return the memo's key of an index: itself up to 255, else its four bytes.

    LONG_BINPUT then needs no arithmetic, which is half the time of reading a state_dict.
    """
    if 0 <= index < 256:
        return index
    return index.to_bytes(4, "little") if index < 1 << 32 else str(index).encode()


def _grown(content: Sequence[Any], more: list[Any]) -> Sequence[Any]:
    """Return the content with more behind it: the same list once there is one."""
    if type(content) is not list:
        return [*content, *more]
    content.extend(more)
    return content
