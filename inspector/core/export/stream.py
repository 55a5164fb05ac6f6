"""The new file as writers see it: bytes go in, are counted, and are handed to the disk."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait

from inspector.core.checkpoint import Checkpoint
from inspector.core.export.content import as_bytes
from inspector.core.export.ledger import Bytes, Ledger
from inspector.core.export.plan import Content
from inspector.core.export.refusals import naming
from inspector.core.export.replacement import Part
from inspector.core.export.segments import Segment, batches_of, side_by_side
from inspector.core.export.transfer import WORTH, file_range
from inspector.core.progress import Progress
from inspector.core.sources import LocalSource, innermost

_FEW = 16 << 20  # bytes that one thread makes as quickly
_COPIED = 32 << 20  # bytes that one thread copies at a time
_BATCH = 4 << 20  # bytes of small tensors that are counted together
_SYNCED = 64 << 20  # bytes after which the disk is to begin with them
_PULSE = 0.1  # seconds after which one who waits for the disk may give up


class Stream:
    """One new file; the disk is at work on its begin while its end is made."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        contents: tuple[Content, ...],
        new: Part,
        ledger: Ledger,
        progress: Progress,
    ) -> None:
        self._checkpoint = checkpoint
        self._contents = contents
        self._new = new
        self._ledger = ledger
        self._progress = progress
        self._total = sum(content.storage.nbytes for content in contents) or 1
        self._done = 0
        self._patches: list[tuple[int, bytes]] = []
        self._uncounted: list[Bytes] = []
        self._uncounted_bytes = 0
        self._syncing = ThreadPoolExecutor(1, "export")
        self._synced: Future[None] | None = None
        self._unsynced = 0
        self._filled = 0
        self.position = 0
        # What is not copied as it is, is made ahead, in the order in which it is asked for.
        self._places = [_place(checkpoint, content) for content in contents]
        others = [
            (number, content)
            for number, content in enumerate(contents)
            if self._places[number] is None
        ]
        few = sum(content.view.nbytes for _, content in others) < _FEW
        alone = few or not _all_local(checkpoint, others)
        self._batches = side_by_side(self._make, batches_of(others), alone=alone)
        self._ready: deque[tuple[Segment, bytes]] = deque()

    def write(self, data: bytes) -> None:
        """Go on with these bytes."""
        with naming(self._new.target):
            self._new.file.write(data)
        self.position += len(data)

    def fill(self, content: Content) -> None:
        """Go on with the bytes of the next storage, which must be this one."""
        number = self._filled
        assert content is self._contents[number], "contents are written in their order"
        self._filled += 1
        place = self._places[number]
        if place is not None:
            self._copy(number, content, *place)
            return
        end = self.position + content.storage.nbytes
        while self.position < end:
            if not self._ready:
                self._ready.extend(next(self._batches))
            segment, data = self._ready.popleft()
            assert segment.number == number, "what is made ahead comes in order"
            self._add(number, data)
        assert self.position == end, "a content has as many bytes as planned"

    def patch(self, position: int, data: bytes) -> None:
        """Replace bytes that were written before, when all are: every seek empties the buffer."""
        self._patches.append((position, data))

    def flush(self) -> None:
        """Hand everything over to the system, and to be counted."""
        with naming(self._new.target):
            file = self._new.file
            for position, data in sorted(self._patches):
                file.seek(position)
                file.write(data)
            self._patches.clear()
            file.flush()
            file.seek(self.position)
        if self._uncounted:
            with naming(self._new.target):
                self._ledger.add(self._uncounted)
            self._uncounted, self._uncounted_bytes = [], 0

    def sync(self) -> None:
        """Wait until the disk has everything; raises ExportError and Cancelled."""
        last = self._syncing.submit(os.fsync, self._new.file.fileno())
        while not wait([last], _PULSE).done:
            self._progress(1.0, "Waiting for the disk")
        with naming(self._new.target):
            if self._synced is not None:
                self._synced.result()
            last.result()

    def close(self) -> None:
        """Stop making what comes next, without waiting for a disk."""
        self._batches.close()  # type: ignore[attr-defined]
        self._syncing.shutdown(wait=False, cancel_futures=True)

    def _add(self, number: int, data: bytes) -> None:
        self._uncounted.append(Bytes(number, data))
        self._uncounted_bytes += len(data)
        self.write(data)
        self._pulse(len(data))
        if self._uncounted_bytes >= _BATCH:
            self.flush()

    def _copy(self, number: int, content: Content, origin: int, start: int) -> None:
        """Have a content copied from file to file."""
        self.flush()
        length = content.storage.nbytes
        for first in range(0, length, _COPIED):
            size = min(_COPIED, length - first)
            with naming(self._new.target):
                self._ledger.copy(number, origin, start + first, self.position + first, size)
            self._pulse(size)
        self.position += length
        self._new.file.seek(self.position)

    def _make(self, batch: list[Segment]) -> list[tuple[Segment, bytes]]:
        return [
            (segment, b"".join(as_bytes(self._checkpoint, segment.view, segment.dtype)))
            for segment in batch
            if segment.nbytes
        ]

    def _pulse(self, nbytes: int) -> None:
        self._done += nbytes
        self._progress(min(1.0, self._done / self._total), "Writing")
        self._unsynced += nbytes
        if self._unsynced < _SYNCED or self._done == self._total:
            return
        if self._synced is None or self._synced.done():
            with naming(self._new.target):
                if self._synced is not None:
                    self._synced.result()
            self._unsynced = 0
            begin = getattr(os, "fdatasync", os.fsync)
            self._synced = self._syncing.submit(begin, self._new.file.fileno())


def _place(checkpoint: Checkpoint, content: Content) -> tuple[int, int] | None:
    """Return the file and position that a content can be copied from, if it is worth it."""
    if content.storage.nbytes < WORTH:
        return None
    return file_range(checkpoint, content.view, content.dtype)


def _all_local(checkpoint: Checkpoint, contents: list[tuple[int, Content]]) -> bool:
    """Return whether several threads may read: a compressed member is read by one at a time."""
    storages = {id(c.view.storage): c.view.storage for _, c in contents if c.view.storage}
    places = (checkpoint.locate(storage) for storage in storages.values())
    return all(isinstance(innermost(*place)[0], LocalSource) for place in places)
