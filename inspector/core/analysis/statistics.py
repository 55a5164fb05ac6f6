"""Statistics of tensors: which values are looked at, and what people are told of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from inspector.core.analysis.moments import NOTHING, Partial, mean_of, merge, negated, root, summary
from inspector.core.analysis.passes import Batch, Results, run_pass
from inspector.core.analysis.side_by_side import side_by_side
from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import Engine
from inspector.core.errors import FormatError, InspectorError
from inspector.core.model import Tensor
from inspector.core.progress import Progress, silent
from inspector.core.text import plural


class Statistics(NamedTuple):
    """What is told of a tensor; of finite values only, but for the counts. None: does not exist.

    Of complex numbers, the absolute values are looked at; of quantized ones the stored integers.
    """

    elements: int
    finite: int
    nan: int
    posinf: int
    neginf: int
    zero: int
    min: float | int | None
    max: float | int | None
    mean: float | None
    std: float | None
    """The population's standard deviation."""
    l2: float | None

    @property
    def absmax(self) -> float | int | None:
        """The largest absolute value."""
        if self.min is None or self.max is None:
            return None
        return max(abs(self.min), abs(self.max))


_PAIRS = ("float4_e2m1fn_x2",)  # torch counts what is packed into a byte as one element


_MASKED = (("_masked_data", "_masked_mask"), ("data", "mask"))
_MOST_PARTS = 4


class Measured(NamedTuple):
    """The tensor whose values are looked at in the place of another one, and why."""

    tensor: Tensor
    note: str
    """A sentence; empty if it is the tensor itself."""

    @property
    def of_numbers(self) -> str:
        """What to say beside statistics and pictures of it, which show each value as one number."""
        said = [self.note] if self.note else []
        if self.tensor.dtype.kind == "complex":
            said.append("Complex numbers count by their absolute values.")
        if self.tensor.dtype.name in _PAIRS:
            said.append("Each element is a pair of values, which are counted one by one.")
        return " ".join(said)


def measured(tensor: Tensor) -> Measured:
    """Return which values of a tensor mean something; raises FormatError where there are none."""
    if tensor.storage is not None:
        if tensor.dtype.kind == "quantized":
            note = "These are the stored integers; each stands for (integer − zero point) × scale."
            return Measured(tensor, note)
        return Measured(tensor, "")
    if not tensor.parts:
        raise FormatError("The tensor has no values: it was saved on the meta device.")
    parts = dict(tensor.parts)
    if is_masked(tensor):
        name = tensor.parts[0][0]
    else:
        name = "values" if "values" in parts else _largest(tensor)
    inner = measured(parts[name]).tensor
    if tensor.layout.startswith("sparse"):
        number = plural(inner.elements, "stored value")
        note = f"These are the {number}; {_elsewhere(tensor, inner)}"
        if not inner.elements:
            note = f"No value is stored: all {plural(tensor.elements, 'element')} are zero."
    else:
        note = _of_part(name, [other for other in parts if other != name])
        if is_masked(tensor):
            number = plural(inner.elements, "value")
            note = f"These are all {number}, including those that the mask hides."
    return Measured(inner, note)


def is_masked(tensor: Tensor) -> bool:
    """Tell whether some of the values do not count: torch's MaskedTensor, numpy's masked array."""
    return tuple(name for name, _ in tensor.parts) in _MASKED


def _of_part(name: str, others: list[str]) -> str:
    if not others:
        return f"These are the values of its only part, {name}."
    more = f" and {len(others) - _MOST_PARTS} more" if len(others) > _MOST_PARTS else ""
    listed = ", ".join(others[:_MOST_PARTS]) + more
    verb = "parts are" if len(others) > 1 else "part is"
    return f"These are the values of its largest part, {name}; its other {verb} {listed}."


def _elsewhere(tensor: Tensor, values: Tensor) -> str:
    """Say what the elements are that a sparse tensor does not store."""
    if tensor.layout == "sparse_coo" and not tensor.coalesced:
        return "those at the same place are added up, and all other elements are zero."
    missing = tensor.elements - values.elements
    if not missing:
        return "no element is left out."
    return f"the other {plural(missing, 'element')} {'is' if missing == 1 else 'are'} zero."


def _largest(tensor: Tensor) -> str:
    return max(tensor.parts, key=lambda part: part[1].nbytes)[0]


def statistics_of(
    checkpoint: Checkpoint, tensor: Tensor, engine: Engine, progress: Progress = silent
) -> Statistics:
    """Return the statistics of one tensor; raises InspectorError if its bytes cannot be had."""
    found = None
    for _, found in scan(checkpoint, [(0, tensor)], engine, progress):
        if isinstance(found, InspectorError):
            raise found
    assert isinstance(found, Statistics)
    return found


def scan(
    checkpoint: Checkpoint,
    items: Iterable[tuple[int, Tensor]],
    engine: Engine,
    progress: Progress = silent,
) -> Iterator[tuple[int, Statistics | InspectorError]]:
    """Yield the statistics of many tensors by their number, or why they cannot be had.

    In no order: each as soon as its last block is done.
    """
    found: Partial | InspectorError | None
    for number, found in run_pass(checkpoint, items, _chosen, summarize, merge, engine, progress):
        yield number, found if isinstance(found, InspectorError) else finish(found or NOTHING)


def _chosen(tensor: Tensor) -> Tensor:
    return measured(tensor).tensor


def summarize(task: Batch) -> Results[Partial]:
    """Worker: return what each block amounts to, or why it cannot be read."""
    found: Results[Partial] = []
    small = side_by_side([block for _, _, block in task])
    for position, (number, negative, block) in enumerate(task):
        try:
            partial = small[position].partial if position in small else summary(block)
            found.append((number, negated(partial) if negative else partial))
        except InspectorError as error:
            found.append((number, error))
    return found


def finish(partial: Partial) -> Statistics:
    """Return the numbers that people ask for; each is rounded once."""
    count = partial.elements - partial.nan - partial.posinf - partial.neginf
    mean = std = l2 = None
    if count:
        mean = mean_of(partial.total, count)
        # The variance times count squared, in units of 2^-2148.
        spread = max(0, count * partial.squares - partial.total * partial.total)
        std = root(spread, count)
        l2 = root(max(0, partial.squares), 1)
    elif not partial.elements:
        l2 = 0.0
    return Statistics(
        partial.elements,
        count,
        partial.nan,
        partial.posinf,
        partial.neginf,
        partial.zero,
        partial.low,
        partial.high,
        mean,
        std,
        l2,
    )
