"""What every page of the panel is: a way to look at a pair of tensors, or at all of them."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal

from inspector.core.analysis.comparison import Row
from inspector.core.analysis.difference_pictures import check_alike
from inspector.core.analysis.planes import unpacked
from inspector.core.analysis.statistics import Measured, measured
from inspector.core.errors import FormatError
from inspector.core.model import Tensor
from inspector.gui.diff.opening import Sides
from inspector.gui.diff.run import ComparisonRun
from inspector.gui.viewers.base import Subject
from inspector.gui.viewers.computed import ComputedViewer


@dataclass(frozen=True)
class PairSubject:
    """What is looked at: a row, or the comparison as a whole."""

    sides: Sides
    run: ComparisonRun
    row: Row | None = None

    @property
    def both(self) -> bool:
        """True if there is a tensor on either side."""
        return self.row is not None and None not in (self.row.pair.a, self.row.pair.b)

    @property
    def shown_of(self) -> tuple[object, ...]:
        """Which tensors of which comparison it is about: equal where nothing would change."""
        assert self.row is not None
        a, b = self.row.pair.a, self.row.pair.b
        return id(self.sides), a and a.path, b and b.path

    def values(self) -> tuple[Measured, Measured]:
        """Return whose values are drawn of both; raises FormatError if they cannot be compared."""
        assert self.row is not None
        a, b = self.row.pair.a, self.row.pair.b
        assert a is not None
        assert b is not None
        check_alike(a.tensor, b.tensor)
        ones, others = values_of(a.tensor), values_of(b.tensor)
        check_alike(ones.tensor, others.tensor)
        return ones, others

    def names(self) -> tuple[str, str]:
        """Return the addresses of both files."""
        return self.sides.a.source.uri, self.sides.b.source.uri


class PairViewer(ComputedViewer):
    """A page that a job fills; subclasses say what it applies to and begin in `look`."""

    row_wanted = Signal(object)
    """The number of a row to go to."""

    pair: PairSubject | None = None

    @staticmethod
    def applies(pair: PairSubject) -> bool:
        """Return whether there is anything to see."""
        raise NotImplementedError

    def look(self, pair: PairSubject) -> None:
        """Begin to work out what is to be shown."""
        raise NotImplementedError

    def show_pair(self, pair: PairSubject) -> None:
        """Replace what is shown."""
        self.pair = pair
        self._again()

    def ask(self, subject: Subject) -> None:
        """Never called: pairs come by `show_pair`."""

    def _again(self) -> None:
        if self.pair is not None:
            self.look(self.pair)


def values_of(tensor: Tensor) -> Measured:
    """Return whose values are drawn, one element for each; raises FormatError if there are none."""
    found = measured(tensor)
    values = unpacked(found.tensor)
    if 0 in values.shape:
        raise FormatError("There is nothing to see: the tensor has no elements.")
    return Measured(values, found.note)
