"""The numbers of one pair, whether tensors or the lack of one; and who may be the same, renamed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.analysis.comparison import Candidate, Measures, Row, Side
from inspector.core.model import python_path
from inspector.gui.context import AppContext
from inspector.gui.diff.base import PairSubject, PairViewer
from inspector.gui.diff.columns import cosine_text, distance_text, share_text
from inspector.gui.diff.statuses import LOOKS, is_alarming, status_words
from inspector.gui.widgets.fact_tiles import FactTiles, Tile
from inspector.gui.widgets.facts_grid import FactsGrid
from inspector.gui.widgets.labels import PlainLabel
from inspector.gui.widgets.scroll_down import ScrollDown

_MOST_OFFERED = 8


class SummaryPage(PairViewer):
    """Needs no job: the row has it all."""

    title = "Summary"
    same_wanted = Signal(object)
    """A candidate that the person takes for the same tensor."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.sentence = PlainLabel(wrap=True)
        self.tiles = FactTiles()
        self.facts = FactsGrid()
        self._offers = QVBoxLayout()
        self._offers.setSpacing(6)
        self._shown: list[QWidget] = []
        inside = QWidget()
        inside.setProperty("ground", "base")
        inside.setMinimumWidth(1)  # else long words would push the page out of sight
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(12)
        column.addWidget(self.sentence)
        column.addWidget(self.tiles)
        column.addWidget(self.facts)
        column.addLayout(self._offers)
        column.addStretch()
        self._area = ScrollDown(inside, "Facts of the row")
        self._pages.addWidget(self._area)

    @staticmethod
    def applies(pair: PairSubject) -> bool:
        return pair.row is not None

    def look(self, pair: PairSubject) -> None:
        row = pair.row
        if row is None:
            return
        self.state = "shown"
        self.sentence.set_plain(sentence_of(row))
        self.sentence.setProperty("tone", "error" if is_alarming(row) else "")
        self.sentence.style().polish(self.sentence)
        tiles = tiles_of(row.measures) if row.measures else []
        self.tiles.show_tiles(tiles)
        self.tiles.setVisible(bool(tiles))
        self.facts.show_facts(facts_of(row))
        self._offer(pair, row.number)
        self._pages.setCurrentWidget(self._area)

    def _offer(self, pair: PairSubject, number: int) -> None:
        for widget in self._shown:
            self._offers.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        found = [c for c in pair.run.candidates if number in (c.a, c.b)][:_MOST_OFFERED]
        self._shown = [self._offer_line(pair, candidate, number) for candidate in found]
        if found:
            self._shown.insert(
                0, PlainLabel("May be the same tensor under another name", wrap=True)
            )
        for widget in self._shown:
            self._offers.addWidget(widget)

    def _offer_line(self, pair: PairSubject, candidate: Candidate, number: int) -> QWidget:
        other = candidate.b if number == candidate.a else candidate.a
        name = text.printable(pair.run.rows[other].pair.name, 300)
        words = PlainLabel(
            f"{name}\n{text.printable(candidate.evidence, 300)}", tone="muted", wrap=True
        )
        show = QPushButton("Show")
        show.setProperty("quiet", True)
        show.clicked.connect(lambda: self.row_wanted.emit(other))
        same = QPushButton("Compare them")
        same.setProperty("quiet", True)
        same.setToolTip("Take the two for one tensor, and measure how far they are apart")
        same.clicked.connect(lambda: self.same_wanted.emit(candidate))
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(words, 1)
        for button in (show, same):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        return line


def sentence_of(row: Row) -> str:
    """Return in words what became of a tensor."""
    words = status_words(row)
    sentence = f"{words[0].upper()}{words[1:]}. "
    if row.sure:
        sentence += LOOKS[row.status].meaning
    else:
        sentence += "Sizes and checksums say so; the bytes have not been compared yet."
    if row.pair.is_statistic:
        sentence += " A running statistic: it moves whenever the model runs in training mode."
    if row.pair.role == "random":
        sentence += " The state of a random number generator: it is no quantity."
    return sentence


def tiles_of(found: Measures) -> list[Tile]:
    """Return the measures; what is alarming is marked."""
    beyond = bool(found.nan_born or found.inf_born)
    tiles = [
        Tile("Relative L2", distance_text(found, found.rel_l2), beyond),
        Tile("Max |Δ|", distance_text(found, found.max_abs), beyond),
        Tile("Mean |Δ|", distance_text(found, found.mean_abs), beyond),
        Tile("Cosine", cosine_text(None if beyond else found.cosine)),
        Tile("Changed", share_text(found.changed_fraction)),
        Tile("Sign flips", text.exact(found.flips)),
    ]
    odd = (
        ("Became NaN", found.nan_born, True),
        ("Were NaN", found.nan_gone, False),
        ("Became Inf", found.inf_born, True),
        ("Were Inf", found.inf_gone, False),
    )
    return tiles + [Tile(name, text.exact(n), alarm) for name, n, alarm in odd if n]


def facts_of(row: Row) -> list[tuple[str, str]]:
    """Return both sides, and where the largest difference is."""
    facts = []
    measures = row.measures
    if measures is not None:
        changed = f"{text.exact(measures.changed)} of {text.plural(measures.elements, 'element')}"
        facts.append(("Elements changed", changed))
        if measures.at is not None:
            facts.append(("Largest Δ at", f"[{', '.join(map(str, measures.at))}]"))
    for name, side in (("A", row.pair.a), ("B", row.pair.b)):
        facts.append((name, _side_text(side)))
    if row.note:
        facts.append(("Note", text.printable(row.note, 600)))
    if row.pair.evidence:
        facts.append(("Evidence", text.printable(row.pair.evidence, 600)))
    return facts


def _side_text(side: Side | None) -> str:
    if side is None:
        return "not there"
    tensor = side.tensor
    shape = text.shape(tensor.shape)
    facts = f"{tensor.dtype.name} · {shape} · {text.size(tensor.nbytes)} · {tensor.device}"
    return text.printable(facts) + "\n" + text.printable(python_path(side.path), 1000)
