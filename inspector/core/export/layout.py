"""Where each tensor lies in the new file: which share a storage, and what is made compact.

Tensors that share bytes go on doing so if the format can say it. A view that uses only a part of
its storage takes nothing but its own elements along.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from inspector.core.arrays import distinct_view
from inspector.core.export.plan import Content, Row
from inspector.core.model import DType, Path, Storage, Tensor, dtype_named
from inspector.core.model.tensor import contiguous_stride

_BYTES = dtype_named("uint8")


class Wish(NamedTuple):
    """A tensor on its way into the new file."""

    source: Path
    target: Path
    key: str
    stored: Tensor
    dtype: DType
    device: str
    requires_grad: bool
    parameter: bool


class _Leaf(NamedTuple):
    """A strided tensor with bytes: a wish itself, or a part of one."""

    wish: int
    part: int
    """-1 for the wish itself."""
    view: Tensor
    dtype: DType
    device: str

    @property
    def look(self) -> tuple[object, ...]:
        """What two leaves that show the same elements have in common."""
        view = self.view
        return view.offset, view.shape, view.stride, view.dtype, view.lazy, self.dtype


class Layout(NamedTuple):
    """The rows with their places, and what the storages are made of."""

    rows: tuple[Row, ...]
    contents: tuple[Content, ...]
    untied: tuple[Path, ...]
    """Sources of tensors that shared bytes and do so no longer, as they become unlike."""


def lay_out(wishes: Sequence[Wish], *, shares: bool, file: int = 0) -> Layout:
    """Give every wish its place in one file; `shares` says if tensors may share storages."""
    work = _Work(wishes, shares)
    rows = []
    for number, wish in enumerate(wishes):
        made, tied = work.made(number)
        rows.append(Row(wish.source, wish.target, wish.key, wish.stored, made, file, tied))
    return Layout(tuple(rows), tuple(work.contents), tuple(dict.fromkeys(work.untied)))


class _Work:
    def __init__(self, wishes: Sequence[Wish], shares: bool) -> None:
        self._wishes = wishes
        self._shares = shares
        self._places: dict[tuple[int, int], Tensor] = {}
        self._tied: set[tuple[int, int]] = set()
        self.contents: list[Content] = []
        self.untied: list[Path] = []
        groups: dict[object, list[_Leaf]] = {}
        for leaf in self._leaves():
            assert leaf.view.storage is not None
            alone = None if shares else (leaf.wish, leaf.part)
            groups.setdefault((leaf.view.storage.key, alone), []).append(leaf)
        for group in groups.values():
            self._place_group(group)

    def _leaves(self) -> Iterator[_Leaf]:
        for number, wish in enumerate(self._wishes):
            if wish.device == "meta":
                continue
            tensor = wish.stored
            if tensor.storage is not None:
                yield _Leaf(number, -1, tensor._replace(parts=()), wish.dtype, wish.device)
            for at, (name, part) in enumerate(tensor.parts):
                if part.storage is not None:
                    cast = tensor.storage is None and name == "values"
                    dtype = wish.dtype if cast else part.dtype
                    yield _Leaf(number, at, part, dtype, wish.device)

    def made(self, number: int) -> tuple[Tensor, bool]:
        """Return a wish as the new file has it, and whether its bytes were there before it."""
        wish = self._wishes[number]
        tensor = wish.stored
        tensor = tensor._replace(
            requires_grad=wish.requires_grad, parameter=wish.parameter, moved_to=""
        )
        if wish.device == "meta":
            made = tensor._replace(
                dtype=wish.dtype, storage=None, offset=0, parts=(), quantization="", lazy="",
                layout="strided", stride=tensor.stride or contiguous_stride(tensor.shape),
            )  # fmt: skip
            return made, False
        parts = tuple(
            (name, self._places.get((number, at), part))
            for at, (name, part) in enumerate(tensor.parts)
        )
        made = self._places.get((number, -1), tensor._replace(dtype=wish.dtype))
        keys = [(number, -1)] if tensor.storage else [(number, at) for at in range(len(parts))]
        tied = bool(keys) and all(key in self._tied for key in keys)
        made = made._replace(
            parts=parts, requires_grad=wish.requires_grad, parameter=wish.parameter, moved_to=""
        )
        return made, tied

    # ---- storages ----------------------------------------------------------------------

    def _place_group(self, group: list[_Leaf]) -> None:
        """Place all leaves on one storage of the checkpoint."""
        if len(group) == 1:
            self._place_alike(group)
            return
        for cluster in _clusters(group):
            if len({leaf.look for leaf in cluster}) == 1:
                self._place_alike(cluster)
            elif len({(leaf.view.dtype, leaf.dtype) for leaf in cluster}) == 1:
                self._place_range(cluster)
            else:
                self.untied += [self._wishes[leaf.wish].source for leaf in cluster]
                looks: dict[object, list[_Leaf]] = {}
                for leaf in cluster:
                    looks.setdefault(leaf.look, []).append(leaf)
                for alike in looks.values():
                    self._place_alike(alike)

    def _place_alike(self, leaves: list[_Leaf]) -> None:
        """Place leaves that show the same elements on a storage of exactly these."""
        view, dtype = leaves[0].view, leaves[0].dtype
        lazy = view.lazy if dtype == view.dtype and self._shares else ""
        plain = view._replace(requires_grad=False, parameter=False, lazy="" if lazy else view.lazy)
        if view.dtype.bits < 8:
            self._place_packed(leaves)
            return
        offset = 0
        if self._shares and not view.contiguous and _is_dense(view):
            start, stop = view.extent
            width = view.dtype.bits // 8
            plain = plain._replace(
                shape=((stop - start) // width,), stride=(1,), offset=start // width
            )
            stride, offset = view.stride, view.offset - plain.offset
        else:
            as_stored = view.contiguous and self._shares
            stride = view.stride if as_stored else contiguous_stride(view.shape)
        storage = self._storage(plain.elements * dtype.bits // 8, leaves[0].device)
        self.contents.append(Content(storage, plain, dtype))
        made = view._replace(dtype=dtype, stride=stride, offset=offset, storage=storage, lazy=lazy)
        self._note(leaves, [made] * len(leaves))

    def _place_range(self, leaves: list[_Leaf]) -> None:
        """Place leaves that overlap on one storage, from the first element to the last."""
        first = leaves[0]
        width = first.view.dtype.bits // 8
        extents = [leaf.view.extent for leaf in leaves]
        start = min(extent[0] for extent in extents) // width
        stop = max(extent[1] for extent in extents) // width
        keeps_lazy = first.dtype == first.view.dtype
        storage = self._storage((stop - start) * first.dtype.bits // 8, first.device)
        whole = first.view._replace(
            shape=(stop - start,), stride=(1,), offset=start, lazy="", parameter=False,
            requires_grad=False,
        )  # fmt: skip
        if not keeps_lazy and any(leaf.view.lazy for leaf in leaves):
            for leaf in leaves:
                self._place_alike([leaf])
            self.untied += [self._wishes[leaf.wish].source for leaf in leaves]
            return
        self.contents.append(Content(storage, whole, first.dtype))
        made = [
            leaf.view._replace(dtype=leaf.dtype, offset=leaf.view.offset - start, storage=storage)
            for leaf in leaves
        ]
        self._note(leaves, made)

    def _place_packed(self, leaves: list[_Leaf]) -> None:
        """Place elements smaller than a byte: their storage goes over as a whole."""
        view = leaves[0].view
        assert view.storage is not None
        nbytes = view.storage.nbytes
        storage = self._storage(nbytes, leaves[0].device)
        whole = Tensor(_BYTES, (nbytes,), (1,), 0, view.storage)
        self.contents.append(Content(storage, whole, _BYTES))
        self._note(leaves, [view._replace(storage=storage)] * len(leaves))

    def _storage(self, nbytes: int, device: str) -> Storage:
        return Storage(str(len(self.contents)), device, nbytes)

    def _note(self, leaves: list[_Leaf], made: list[Tensor]) -> None:
        for number, (leaf, tensor) in enumerate(zip(leaves, made, strict=True)):
            self._places[leaf.wish, leaf.part] = tensor
            if number:
                self._tied.add((leaf.wish, leaf.part))


def _clusters(group: list[_Leaf]) -> Iterator[list[_Leaf]]:
    """Yield leaves whose ranges of bytes overlap, directly or by way of others."""
    ordered = sorted(group, key=lambda leaf: leaf.view.extent)
    cluster: list[_Leaf] = []
    end = 0
    for leaf in ordered:
        start, stop = leaf.view.extent
        if cluster and (start >= end or start == stop):
            yield sorted(cluster, key=lambda one: (one.wish, one.part))
            cluster = []
        cluster.append(leaf)
        end = max(end, stop) if len(cluster) > 1 else stop
    if cluster:
        yield sorted(cluster, key=lambda one: (one.wish, one.part))


def _is_dense(view: Tensor) -> bool:
    """Return whether a view shows every element from its first to its last one."""
    distinct = distinct_view(view)
    return distinct is not None and distinct.solid
