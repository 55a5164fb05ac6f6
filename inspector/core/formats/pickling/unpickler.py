r"""A reader of pickle streams that can build values but cannot run anything.

The opcodes are those of CPython's `Lib/pickletools.py` (protocols 0 to 5). Names are those of
CPython's unpickler where it does the same: `find_class` is asked for every global and
`persistent_load` for every persistent id; here both only describe.
"""

from __future__ import annotations

import bisect
import itertools
import struct
from collections import ChainMap
from typing import Any

from inspector.core.formats.pickling.items import LONGEST, Items, one_item, take_items
from inspector.core.formats.pickling.machine import KEEP_TEXT, ROUND, Machine
from inspector.core.formats.pickling.opcodes import OPCODES
from inspector.core.model import Tensor
from inspector.core.sources import Bytes

_MARK, _STOP = 0x28, 0x2E


class Unpickler(Machine):
    """Reads one pickle of a source; `position` is then the first byte behind it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._taken: list[Items] = []
        """Runs of items that were taken at once: what they would have put into the memo."""
        self._recalled: dict[int | bytes, Any] = {}
        self._take = True
        self._seen = 0  # entries of the memo that were looked at
        self._highest = -1  # the highest index among them

    def load(self) -> Any:
        """Run to STOP and return the value; raises Damaged where the stream breaks."""
        p = self.refill(0)
        try:
            while p >= 0:
                p = self._run(p)
                consumed = self.base + p - self.position
                if p >= 0:
                    self.progress(consumed / max(self.source.size - self.position, 1))
                    if p > self.limit:
                        p = self.refill(p)
        except (IndexError, struct.error):
            self.broken()
        if not self.stack:
            self.broken()
        return self.stack.pop()

    def _run(self, p: int) -> int:  # noqa: C901 - a call per opcode would double the time
        """Run some thousand opcodes from window position `p`; return the next, or -1 at STOP.

        The opcodes of tensors are handled here, in the order of their frequency; all others by
        the function that the table in `opcodes` lists.
        """
        data, memo, stack, limit = self.data, self.memo, self.stack, self.limit
        from_bytes = int.from_bytes
        push, pop, seen = stack.append, stack.pop, self.opcodes.add
        for _ in range(ROUND):
            op = data[p]
            p += 1
            if op == 0x72:  # LONG_BINPUT
                key: int | bytes = data[p : p + 4]
                memo[key if data[p + 1 : p + 4] != b"\0\0\0" else data[p]] = stack[-1]
                p += 4
            elif op == 0x58:  # BINUNICODE
                if stack and type(stack[-1]) is Tensor:  # a key behind a tensor: more may follow
                    taken = self._take_items(p - 1)
                    if taken:
                        p = taken
                        continue
                length = from_bytes(data[p : p + 4], "little")
                p += 4
                if p + length > limit or length > KEEP_TEXT:
                    p = self.long_text(p, length)
                    data, limit = self.data, self.limit
                else:
                    try:
                        push(data[p : p + length].decode("utf-8", "surrogatepass"))
                    except UnicodeDecodeError:
                        push(self.text(data[p : p + length]))
                    p += length
            elif op == _MARK:
                self.marks.append(stack)
                stack = self.stack = []
                push, pop = stack.append, stack.pop
            elif op == 0x68:  # BINGET
                try:
                    push(memo[data[p]])
                except KeyError:
                    self.fetch(data[p])
                p += 1
            elif op == 0x4B:  # BININT1
                push(data[p])
                p += 1
            elif op == 0x71:  # BINPUT
                memo[data[p]] = stack[-1]
                p += 1
            elif op == 0x52:  # REDUCE
                args = pop()
                stack[-1] = self.call(stack[-1], args)
            elif op == 0x74:  # TUPLE
                value = tuple(stack)
                stack = self.stack = self.marks.pop()
                push, pop = stack.append, stack.pop
                push(value)
            elif op == 0x86:  # TUPLE2
                value = pop()
                stack[-1] = (stack[-1], value)
            elif op == 0x29:  # EMPTY_TUPLE
                push(())
            elif op == 0x51:  # BINPERSID
                stack[-1] = self.persistent_load(stack[-1])
            elif op == _STOP:
                self.position = self.base + p
                return -1
            else:
                handle = OPCODES[op]
                if handle is None:
                    self.broken(p - 1, f"has no opcode {op:#04x}")
                seen(op)
                p = handle(self, p)
                data, stack, limit = self.data, self.stack, self.limit
                push, pop = stack.append, stack.pop
        return p

    def _take_items(self, p: int) -> int:
        """Take all key-tensor items that stand in a row at `p`; return the position behind them.

        Returns 0 if there are none, or if anything about them is unusual: the opcodes are then
        run one by one, which is slower and always right.
        """
        if not self._take or self.storages is None:
            return 0
        found = take_items(self.data, p, self.limit, self.memo, self.storages, self.rebuild_tensor)
        if found is None:
            return 0
        top = self._taken[-1].stop if self._taken else 0
        if not found.keys or found.first < top or self._is_used(found.first):
            self._take = False  # something odd: do not look at every following item again
            return 0
        self.stack += itertools.chain.from_iterable(zip(found.keys, found.tensors, strict=True))
        self._taken.append(found.at(self.base))
        consumed = self.base + found.end - self.position
        self.progress(consumed / max(self.source.size - self.position, 1))
        return found.end

    def _is_used(self, first: int) -> bool:
        """True if the memo may hold an index from `first` on, so that order would matter."""
        new = len(self.memo) - self._seen
        for key in itertools.islice(reversed(self.memo), new):
            self._highest = max(self._highest, _index(key))
        self._seen = len(self.memo)
        return self._highest >= first

    def recall(self, key: int | bytes) -> Any:
        """Return what a taken item would have put into the memo: its opcodes run again."""
        index = _index(key)
        at = bisect.bisect_right(self._taken, index, key=lambda items: items.first) - 1
        if at < 0 or index >= self._taken[at].stop:
            return super().recall(key)
        if key not in self._recalled:  # an object that is fetched twice must stay one object
            self._recalled |= self._replay(self._taken[at].start_of(index))
        return self._recalled[key]

    def recall_all(self) -> None:
        """Put into the memo what was left out of it, and leave nothing out from here on."""
        taken, self._taken, self._take = self._taken, [], False
        for items in taken:
            for start in items.starts:
                left_out = self._replay(start) | self._recalled
                self.memo |= {key: left_out[key] for key in left_out.keys() - self.memo.keys()}

    def _replay(self, position: int) -> dict[int | bytes, Any]:
        """Run the opcodes of one taken item again; return what they put into the memo."""
        opcodes = one_item(self.source.read_at(position, LONGEST))
        if opcodes is None:
            self.broken(what="changed while it was read")
        again = Unpickler(Bytes(opcodes + b".", self.source.uri), storages=self.storages)
        put: dict[int | bytes, Any] = {}
        again.memo = ChainMap(put, self.memo)  # type: ignore[assignment]
        again.load()
        return put


def _index(key: int | bytes) -> int:
    """Return the index that a memo key stands for (`machine.memo_key`)."""
    return key if isinstance(key, int) else int.from_bytes(key, "little")
