"""The comparison as a whole: what is compared with what, and the choices that a person has."""

from __future__ import annotations

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtGui import QDoubleValidator
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from inspector.core import text
from inspector.core.analysis.comparison import Choices, Tolerance, root_text
from inspector.core.model import Path
from inspector.gui.context import AppContext
from inspector.gui.diff.base import PairSubject, PairViewer
from inspector.gui.diff.opening import Sides
from inspector.gui.theme import scaled
from inspector.gui.viewers import file_name
from inspector.gui.widgets.facts_grid import FactsGrid
from inspector.gui.widgets.flow import Flow
from inspector.gui.widgets.labels import PlainLabel
from inspector.gui.widgets.scroll_down import ScrollDown

_MOST_OFFERED = 100


class OverviewPage(PairViewer):
    """Needs no job either."""

    title = "Overview"
    choices_made = Signal(object)  # Choices: pair anew
    tolerance_chosen = Signal(object)  # Tolerance

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.facts = FactsGrid()
        self.root_a, self.root_b = _box("Compare A from"), _box("Compare B from")
        self.wrappers = QCheckBox("Look through &wrappers")
        self.prefixes = QCheckBox("Look through other &prefixes")
        self.wrappers.setToolTip("module., _orig_mod. and their kind, wherever they stand in a key")
        self.prefixes.setToolTip("Whatever one side has in front of its keys: backbone., model.")
        self.rtol = _number("Relative tolerance")
        self.atol = _number("Absolute tolerance")
        self.offers = FactsGrid()
        self._offers_title = _heading("May be renamed")
        self._offers_note = PlainLabel(
            "Only the same content that no other tensor has is taken for certain; look at these.",
            tone="muted",
            wrap=True,
        )
        for box in (self.root_a, self.root_b):
            box.activated.connect(lambda _: self._choose())
        for switch in (self.wrappers, self.prefixes):
            switch.clicked.connect(lambda _: self._choose())
        for line in (self.rtol, self.atol):
            line.editingFinished.connect(self._tolerate)
        self.offers.jump_requested.connect(self.row_wanted)
        self._lay_out()

    @staticmethod
    def applies(pair: PairSubject) -> bool:
        return pair.row is None

    def look(self, pair: PairSubject) -> None:
        self.state = "shown"
        sides, matching = pair.sides, pair.sides.matching
        self.facts.show_facts(_facts(sides))
        for box, roots, root in zip(
            (self.root_a, self.root_b),
            sides.roots(),
            (matching.root_a, matching.root_b),
            strict=True,
        ):
            _fill(box, roots, root)
        self.wrappers.setChecked(sides.choices.wrappers)
        self.prefixes.setChecked(sides.choices.prefixes)
        self.rtol.setText(f"{pair.run.tolerance.rtol:g}")
        self.atol.setText(f"{pair.run.tolerance.atol:g}")
        self._offer(pair)
        self._pages.setCurrentWidget(self._area)

    def _offer(self, pair: PairSubject) -> None:
        rows = pair.run.rows
        found = list(pair.run.candidates[:_MOST_OFFERED])
        facts = [
            (
                text.printable(rows[candidate.a].pair.name, 200),
                f"→ {text.printable(rows[candidate.b].pair.name, 200)}\n{candidate.evidence}",
            )
            for candidate in found
        ]
        targets = {name: c.a for (name, _), c in zip(facts, found, strict=True)}
        self.offers.show_facts(facts, targets)
        for widget in (self.offers, self._offers_title, self._offers_note):
            widget.setVisible(bool(found))

    def _choose(self) -> None:
        if self.pair is None:
            return
        before = self.pair.sides.choices
        roots: dict[str, Path | None] = {"root_a": before.root_a, "root_b": before.root_b}
        matching = self.pair.sides.matching
        for name, box, now in (
            ("root_a", self.root_a, matching.root_a),
            ("root_b", self.root_b, matching.root_b),
        ):
            if box.currentData() != now:
                # One chosen root fixes the other one, or it would be found anew.
                roots = {"root_a": matching.root_a, "root_b": matching.root_b}
                roots[name] = box.currentData()
        choices = Choices(self.wrappers.isChecked(), self.prefixes.isChecked(), **roots)
        if choices != before:
            self.choices_made.emit(choices)

    def _tolerate(self) -> None:
        if self.pair is None:
            return
        tolerance = Tolerance(_value(self.rtol), _value(self.atol))
        if tolerance != self.pair.run.tolerance:
            self.tolerance_chosen.emit(tolerance)

    def _lay_out(self) -> None:
        inside = QWidget()
        inside.setProperty("ground", "base")
        inside.setMinimumWidth(1)  # else long words would push the page out of sight
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(10)
        column.addWidget(self.facts)
        column.addWidget(_heading("What is compared"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        for line, (words, box) in enumerate((("A from", self.root_a), ("B from", self.root_b))):
            grid.addWidget(PlainLabel(words, tone="muted"), line, 0)
            grid.addWidget(box, line, 1)
        grid.setColumnStretch(1, 1)
        column.addLayout(grid)
        column.addWidget(self.wrappers)
        column.addWidget(self.prefixes)
        column.addWidget(_heading("What counts as noise"))
        noise = Flow(3)
        for widget in (
            PlainLabel("max |Δ| up to", tone="muted"),
            self.rtol,
            PlainLabel("× max |A|  +", tone="muted"),
            self.atol,
        ):
            noise.flow.addWidget(widget)
        column.addWidget(noise)
        column.addWidget(self._offers_title)
        column.addWidget(self._offers_note)
        column.addWidget(self.offers)
        column.addStretch()
        self._area = ScrollDown(inside, "The comparison as a whole")
        self._pages.addWidget(self._area)


def _facts(sides: Sides) -> list[tuple[str, str]]:
    uris = (sides.a.source.uri, sides.b.source.uri)
    return [
        (name, f"{file_name(uri)}\n{text.printable(headline, 400)}")
        for name, uri, headline in zip("AB", uris, sides.headlines, strict=True)
    ]


def _fill(box: QComboBox, roots: list[Path], root: Path) -> None:
    box.clear()
    for one in dict.fromkeys((*roots, root)):
        box.addItem(text.printable(root_text(one), 120), one)
    box.setCurrentIndex(max(0, [box.itemData(n) for n in range(box.count())].index(root)))


def _box(name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(12)
    return box


def _number(name: str) -> QLineEdit:
    line = QLineEdit("0")
    validator = QDoubleValidator(0.0, 1e30, 12)
    validator.setLocale(QLocale.c())
    line.setValidator(validator)
    line.setAccessibleName(name)
    line.setMaximumWidth(90)
    line.setAlignment(Qt.AlignmentFlag.AlignRight)
    line.setAcceptDrops(False)
    return line


def _value(line: QLineEdit) -> float:
    try:
        return max(0.0, float(line.text() or "0"))
    except ValueError:
        return 0.0


def _heading(words: str) -> PlainLabel:
    font = scaled(1.0)
    font.setBold(True)
    return PlainLabel(words, font=font)
