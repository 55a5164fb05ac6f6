"""The columns of a comparison: one row here is one column on screen."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isinf, log10
from typing import Any

from inspector.core import text
from inspector.core.analysis.comparison import STATUSES, Measures, Module, Row, Side
from inspector.core.model import natural
from inspector.gui.diff.lines import Column
from inspector.gui.diff.statuses import LOOKS, UNCHANGED, differ_words, status_words

Order = Any
_LOWEST = 1e-6  # relative change that a bar begins to show
_LONGEST = 400


def number_text(value: float | None) -> str:
    """Return a measure with three digits, or a dash where it does not exist."""
    if value is None:
        return "–"
    if isinf(value):
        return "∞"
    return _signed(f"{value:.3g}")


def _signed(shown: str) -> str:
    """Write minus as minus, and exponents without zeros in front."""
    mantissa, mark, exponent = shown.partition("e")
    return f"{mantissa}{mark}{int(exponent) if mark else ''}".replace("-", "−")


def cosine_text(value: float | None) -> str:
    """Return a cosine so that what is just below one does not read as one."""
    if value is None:
        return "–"
    if value == 1:
        return "1"
    if value > 0.999:
        return f"1 − {_signed(f'{1 - value:.1e}')}"
    return _signed(f"{value:.4f}")


def share_text(share: float) -> str:
    """Return a share in percent that is 0 or 100 only where it is so."""
    percent = 100 * share
    if 0 < percent < 0.01:
        return "< 0.01 %"
    if 99.99 < percent < 100:
        return "> 99.99 %"
    return f"{percent:.3g} %"


def shape_text(row: Row) -> str:
    """Return the shape, or both where they differ."""
    return _both(row, lambda side: text.shape(side.tensor.shape))


def dtype_text(row: Row) -> str:
    """Return the dtype, or both where they differ."""
    return _both(row, lambda side: text.printable(side.tensor.dtype.name, 40))


def _both(row: Row, read: Callable[[Side], str]) -> str:
    shown = [read(side) for side in (row.pair.a, row.pair.b) if side is not None]
    return " → ".join(dict.fromkeys(shown))


def relative_bar(value: float | None) -> float:
    """Return how long the bar of a relative change is: by its logarithm, full from 1 on."""
    if value is None or value <= 0:
        return 0.0
    if isinf(value):
        return 1.0
    return min(max(1 - log10(value) / log10(_LOWEST), 0.04), 1.0)


def _measure(read: Callable[[Measures], float | None], written: Callable[..., str]) -> Any:
    def of_row(row: Row) -> str:
        if row.measures is None:
            return "…" if not row.sure else "–"
        return written(read(row.measures))

    return of_row


def _distance(read: Callable[[Measures], float | None]) -> Any:
    """Return what writes a distance of a row."""

    def of_row(row: Row) -> str:
        if row.measures is None:
            return "…" if not row.sure else "–"
        return distance_text(row.measures, read(row.measures))

    return of_row


def distance_text(what: Measures | Module, value: float | None) -> str:
    """Return a distance; one that NaN came into is none, whatever the rest moved."""
    if what.nan_born:
        return "NaN"
    return "∞" if what.inf_born else number_text(value)


def _order(read: Callable[[Measures], float | None]) -> Callable[[Row], Order]:
    return lambda row: None if row.measures is None else read(row.measures)


def _far(read: Callable[[Measures], float | None]) -> Callable[[Row], Order]:
    """Return what sorts distances, those beyond all numbers as the largest."""

    def order(row: Row) -> Order:
        measures = row.measures
        if measures is None:
            return None
        return inf if measures.nan_born or measures.inf_born else read(measures)

    return order


def _module_status(module: Module) -> str:
    differing = {
        LOOKS[status].words: module.statuses[status]
        for status in STATUSES
        if status not in UNCHANGED and module.statuses.get(status)
    }
    words = differ_words(differing, module.tensors)
    if differing and module.frozen:
        words = "weights frozen"
    return f"probably {words}" if module.unsure else words


def _relative(cell: Row | Module) -> float:
    measures = cell if isinstance(cell, Module) else cell.measures
    if measures is None:
        return 0.0
    return 1.0 if measures.nan_born or measures.inf_born else relative_bar(measures.rel_l2)


def _changed(cell: Row | Module) -> float:
    if isinstance(cell, Module):
        return cell.changed_fraction
    return cell.measures.changed_fraction if cell.measures else 0.0


def _cosine(measures: Measures) -> float | None:
    return None if measures.nan_born or measures.inf_born else measures.cosine


def _nothing(_: Module) -> str:
    return ""


COLUMNS: tuple[Column[Row, Module], ...] = (
    Column(
        "key",
        "Key",
        lambda row: text.printable(row.pair.name, _LONGEST),
        lambda module: text.printable(module.name, _LONGEST),
        lambda row: natural(row.pair.name),
        0,
        numeric=False,
    ),
    Column(
        "status",
        "Status",
        status_words,
        _module_status,
        lambda row: (STATUSES.index(row.status), not row.sure),
        18,
        numeric=False,
        sacrifice=6,
        narrow=9,
    ),
    Column(
        "shape",
        "Shape",
        shape_text,
        lambda module: text.plural(module.tensors, "tensor"),
        lambda row: next(side.tensor.elements for side in (row.pair.b, row.pair.a) if side),
        13,
        numeric=False,
        sacrifice=4,
    ),
    Column(
        "dtype",
        "Dtype",
        dtype_text,
        _nothing,
        dtype_text,
        9,
        numeric=False,
        sacrifice=1,
    ),
    Column(
        "relative",
        "Relative L2",
        _distance(lambda measures: measures.rel_l2),
        lambda module: distance_text(module, module.rel_l2),
        _far(lambda measures: measures.rel_l2),
        11,
        bar=_relative,
        help="The norm of the difference over the norm of the first; for a module, the largest of "
        "its weights. Bars are logarithmic, from 1e-6 to 1.",
    ),
    Column(
        "largest",
        "Max |Δ|",
        _distance(lambda measures: measures.max_abs),
        _nothing,
        _far(lambda measures: measures.max_abs),
        9,
        help="The largest difference of two elements.",
        sacrifice=3,
    ),
    Column(
        "cosine",
        "Cosine",
        _measure(_cosine, cosine_text),
        _nothing,
        _order(_cosine),
        10,
        help="The cosine between both, taken as vectors.",
        sacrifice=2,
    ),
    Column(
        "changed",
        "Changed",
        _measure(lambda measures: measures.changed_fraction, share_text),
        lambda module: share_text(module.changed_fraction) if module.elements else "–",
        _order(lambda measures: measures.changed_fraction),
        9,
        bar=_changed,
        help="The share of elements whose bits differ.",
        sacrifice=5,
    ),
)


def column_number(name: str) -> int:
    """Return the place of a column."""
    return next(number for number, column in enumerate(COLUMNS) if column.id == name)
