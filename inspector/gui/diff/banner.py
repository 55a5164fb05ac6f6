"""What is above a comparison: which two, how many rows of each status, what was looked through."""

from __future__ import annotations

from collections import Counter

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.analysis.comparison import STATUSES, Matching, Status, root_text
from inspector.core.analysis.comparison.words import by_index_text
from inspector.gui.diff.opening import Sides
from inspector.gui.diff.statuses import LOOKS
from inspector.gui.diff.values_tree import differing_words
from inspector.gui.theme import Theme, scaled
from inspector.gui.widgets.flow import Flow
from inspector.gui.widgets.labels import ElidedLabel, PlainLabel, plain_tool_tip

_SIGN = 14


class DiffBanner(QWidget):
    """Counts are buttons that filter by their status."""

    status_chosen = Signal(str)
    values_requested = Signal()
    overview_requested = Signal()
    swap_requested = Signal()

    def __init__(self, theme: Theme, sides: Sides) -> None:
        super().__init__()
        self._theme = theme
        a, b = sides.a.source.uri, sides.b.source.uri
        self.title = ElidedLabel()
        self.title.setFont(scaled(1.15, QFont.Weight.DemiBold))
        self.title.set_text(" → ".join(names_apart(a, b)))
        self.title.setToolTip(plain_tool_tip(text.printable(f"A: {a}") + "\n" + text.printable(b)))
        self.swap = QToolButton()
        self.swap.setToolTip("Swap sides: what is A becomes B")
        self.swap.setAccessibleName("Swap sides")
        self.swap.setIconSize(QSize(18, 18))
        self.swap.clicked.connect(self.swap_requested)
        self.counts = {status: self._count(status) for status in STATUSES}
        words = differing_words(sides.values)
        self.values = _badge(words, "Epochs, losses, options: what differs besides tensors")
        self.values.clicked.connect(self.values_requested)
        self.through = PlainLabel(through_words(sides.matching), tone="muted", wrap=True)
        self.change = QPushButton("Change…")
        self.change.setProperty("quiet", True)
        self.change.setToolTip("Choose what is compared, what is looked through, and the tolerance")
        self.change.clicked.connect(self.overview_requested)
        self._lay_out()
        self.values.setVisible(bool(words))  # not before it has a parent: it would be a window
        self._dress()
        theme.changed.connect(self._dress)

    def show_counts(self, counts: Counter[Status], unsure: Counter[Status]) -> None:
        """Show how many rows there are of each status, and of which the bytes may say otherwise."""
        for status, button in self.counts.items():
            probably = "probably " if unsure[status] else ""
            words = f"{text.exact(counts[status])} {probably}{LOOKS[status].words}"
            if words != button.text():
                button.setVisible(bool(counts[status]))
                button.setText(words)
                self._flow.updateGeometry()

    def _count(self, status: Status) -> QPushButton:
        button = _badge("", f"{LOOKS[status].meaning}\nClick to show only these.")
        button.clicked.connect(lambda: self.status_chosen.emit(status))
        return button

    def _dress(self) -> None:
        colours = self._theme.colours
        self.swap.setIcon(self._theme.icon("swap"))
        self.values.setIcon(self._theme.icon("value", colours.muted))
        for status, button in self.counts.items():
            colour = getattr(colours, LOOKS[status].colour)
            button.setIcon(sign_icon(LOOKS[status].sign, colour, self.devicePixelRatio()))

    def _lay_out(self) -> None:
        self.setProperty("ground", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        names = QHBoxLayout()
        names.setSpacing(8)
        names.addWidget(self.title, 1)
        names.addWidget(self.swap)
        self._flow = Flow(4)
        for button in (*self.counts.values(), self.values):
            self._flow.flow.addWidget(button)
        for button in self.counts.values():
            button.hide()
        through = QHBoxLayout()
        through.setSpacing(4)
        through.addWidget(self.through, 1)
        through.addWidget(self.change, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 12, 8)
        column.setSpacing(5)
        column.addLayout(names)
        column.addWidget(self._flow)
        column.addLayout(through)


def names_apart(a: str, b: str) -> tuple[str, str]:
    """Return two addresses from the last folder on in which they differ."""
    steps = [uri.replace("\\", "/").rstrip("/").split("/") for uri in (a, b)]
    length = 1
    if steps[0] == steps[1]:
        return (text.printable(steps[0][-1], 200),) * 2
    while length < max(map(len, steps)) and steps[0][-length:] == steps[1][-length:]:
        length += 1
    one, other = ("/".join(step[-length:]) for step in steps)
    return text.printable(one, 200), text.printable(other, 200)


def through_words(matching: Matching) -> str:
    """Return from where the two are compared and what was taken off their keys."""
    roots = [root_text(root) for root in (matching.root_a, matching.root_b)]
    said = [roots[0] if roots[0] == roots[1] else f"{roots[0]} of A with {roots[1]} of B"]
    for side, stripped in (("A", matching.stripped_a), ("B", matching.stripped_b)):
        taken = (*stripped.wrappers, *stripped.prefixes)
        if taken:
            said.append(f"without {', '.join(taken[:4])} of {side}")
    for side, number in (("A", matching.outside_a), ("B", matching.outside_b)):
        if number:
            said.append(f"{text.plural(number, 'tensor')} of {side} outside")
    for side, number in zip("AB", matching.attributes, strict=True):
        if number:
            said.append(f"{text.plural(number, 'attribute')} of the module in {side} left out")
    by_index = by_index_text(matching, ("A", "B"))
    if by_index:
        said.append(by_index)
    return text.printable("Compared: " + " · ".join(said), 600)


def sign_icon(sign: str, colour: str, ratio: float) -> QIcon:
    """Return the sign of a status as a picture."""
    image = QPixmap(round(_SIGN * ratio), round(_SIGN * ratio))
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setFont(scaled(1.05, QFont.Weight.Bold))
    painter.setPen(QColor(colour))
    painter.drawText(QRect(0, 0, _SIGN, _SIGN), Qt.AlignmentFlag.AlignCenter, sign)
    painter.end()
    return QIcon(image)


def _badge(words: str, tip: str) -> QPushButton:
    button = QPushButton(words)
    button.setProperty("chip", True)
    button.setToolTip(plain_tool_tip(tip))
    button.setIconSize(QSize(_SIGN, _SIGN))
    return button
