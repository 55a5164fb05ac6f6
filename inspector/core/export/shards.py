"""Which tensors stand together in which file of a set."""

from __future__ import annotations

from collections.abc import Sequence

from inspector.core.export.layout import Wish


def shards_of(wishes: Sequence[Wish], most: int, *, shares: bool) -> list[list[Wish]]:
    """Return groups of at most `most` bytes in stored order; what shares bytes stays together.

    A tensor that is larger gets a file of its own.
    """
    together: dict[object, list[Wish]] = {}
    for number, wish in enumerate(wishes):
        storage = wish.stored.storage
        key = storage.key if shares and storage is not None else number
        together.setdefault(key, []).append(wish)
    shards: list[list[Wish]] = [[]]
    filled = 0
    for group in together.values():
        nbytes = _nbytes(group)
        if shards[-1] and filled + nbytes > most:
            shards.append([])
            filled = 0
        shards[-1] += group
        filled += nbytes
    return shards


def _nbytes(group: list[Wish]) -> int:
    """Return what tensors on one storage take: those that show the same elements, once."""
    looks = {
        (wish.stored.offset, wish.stored.shape, wish.stored.stride): (
            wish.stored.elements * max(wish.dtype.bits, 1) // 8
            if wish.stored.storage is not None
            else wish.stored.nbytes
        )
        for wish in group
        if wish.device != "meta"
    }
    return sum(looks.values())
