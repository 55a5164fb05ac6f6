"""Making the next blocks while the last ones are dealt with: one thread ahead, a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
_AT_ONCE = 8 << 20
"""Bytes that are handed over together; a thread for every small tensor would take longer."""


def ahead(items: Iterator[T], size: Callable[[T], int]) -> Iterator[T]:
    """Yield the same items; the next ones are made meanwhile, at most `_AT_ONCE` bytes and one."""

    def some() -> list[T]:
        batch: list[T] = []
        nbytes = 0
        while nbytes < _AT_ONCE and len(batch) < _AT_ONCE // 1024:
            item = next(items, None)
            if item is None:
                break
            batch.append(item)
            nbytes += size(item)
        return batch

    with ThreadPoolExecutor(1, "export") as pool:
        future = pool.submit(some)
        while batch := future.result():
            future = pool.submit(some)
            yield from batch
