"""The values of a tensor: a sheet of any size, of which only the visible blocks are read."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QItemSelectionModel, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from inspector.core import text
from inspector.core.analysis.excerpts import Form
from inspector.core.analysis.reinterpretation import parsed_shape, reinterpreted
from inspector.core.analysis.sheets import Edges, Grid, parsed_index
from inspector.core.analysis.statistics import measured
from inspector.core.arrays import encoding_of
from inspector.core.errors import InspectorError
from inspector.core.model import Storage, Tensor, dtype_named, tensor_of
from inspector.gui.context import AppContext
from inspector.gui.theme import tabular
from inspector.gui.viewers.base import UNSUITED, USUAL, Subject, Viewer
from inspector.gui.viewers.kinds import title_of
from inspector.gui.viewers.values_controls import ValuesControls
from inspector.gui.viewers.values_menu import ValuesMenu
from inspector.gui.viewers.values_model import PAGE, ValuesModel
from inspector.gui.viewers.values_output import ValuesOutput
from inspector.gui.viewers.values_reading import BlockReading
from inspector.gui.viewers.values_table import ValuesTable, shown
from inspector.gui.widgets.labels import PlainLabel
from inspector.gui.widgets.line import line
from inspector.gui.widgets.notice_bar import NoticeBar
from inspector.gui.widgets.waiting_page import WaitingPage

State = Literal["idle", "busy", "shown", "empty", "failed", "cancelled"]
_PAUSE = 12  # milliseconds between two looks at what is on screen while it scrolls
_PATIENCE = 300  # milliseconds after which one wants to know that something is being read
_CUT_OFF = "The file ends before some of these elements; they are marked —."


class ValuesViewer(Viewer):
    """A table over any two axes, with the ways to go to, to copy and to save any part."""

    title = "Values"
    is_large = True
    settled = Signal()
    """The state is one that stays: `shown`, `empty`, `failed` or `cancelled`."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.state: State = "idle"
        self._subject: Subject | None = None
        self._stored: Tensor | None = None
        self._note = ""
        self._told_cut_off = False
        self._done = ""  # what was copied or saved, until another cell is chosen
        self.model = ValuesModel()
        self.table = ValuesTable(context.theme, self.model)
        self.controls = ValuesControls()
        self.reading = BlockReading(context, self.model)
        self.output = ValuesOutput(context, self)
        self.notice = NoticeBar(context.theme)
        self.words = PlainLabel(tone="muted")
        self.words.setFont(tabular())
        self.stop_button = QPushButton("Cancel")
        self.stop_button.setProperty("quiet", True)
        self.stop_button.clicked.connect(self.cancel)
        self.stop_button.hide()
        self.waiting = WaitingPage()
        self._pages = QStackedWidget()
        self._turn = QTimer(self, singleShot=True, interval=_PAUSE)
        self._turn.timeout.connect(self._look)
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE)
        self._patience.timeout.connect(self._say_busy)
        self._lay_out()
        self._add_menu()
        self._connect()

    @staticmethod
    def priority(subject: Subject) -> int:
        suits = subject.node.kind == "storage" or tensor_of(subject.node) is not None
        return USUAL - 4 if suits else UNSUITED

    def show_subject(self, subject: Subject) -> None:
        before = self._subject
        same = before is not None and before.node is subject.node
        if same and before is not None and before.checkpoint is subject.checkpoint:
            self._again()  # more has become known of it, which does not change its values
            return
        self._subject, self._done = subject, ""
        self.reading.stop()
        self.model.show_sheet(None)
        self.notice.hide()
        try:
            self._stored, self._note = _stored(subject)
            encoding_of(self._stored.dtype)
        except InspectorError as error:
            self._settle_empty(str(error))
            return
        self._told_cut_off = False
        self._say_note()
        self.controls.show_stored(self._stored)
        self._show_tensor(self._stored)

    def cancel(self) -> None:
        """Stop reading; the cells that are there stay."""
        if self.state == "busy":
            self.reading.stop()
            self._patience.stop()
            self._settle("cancelled")
            self.notice.say("info", "Stopped before all values were read.", ("Go on", self._again))

    def go_to(self, words: str) -> None:
        """Make the element that an index means the current cell."""
        grid = self.controls.grid()
        try:
            index = parsed_index(words, grid)
        except InspectorError as error:
            self.notice.say("error", str(error))
            return
        self._say_note()
        row = 0 if grid.row_axis is None else index[grid.row_axis]
        column = 0 if grid.column_axis is None else index[grid.column_axis]
        others = [n for n in range(len(index)) if n not in (grid.row_axis, grid.column_axis)]
        if any(index[axis] != grid.at[axis] for axis in others):
            grid = grid._replace(at=index)
            self.controls.show_grid(grid)
            self.model.show_sheet(grid, row, column)
        self._go_to(row, column, QAbstractItemView.ScrollHint.PositionAtCenter)

    def hideEvent(self, event: QHideEvent) -> None:
        if not event.spontaneous():
            self.reading.stop()  # `show_subject` comes again with the tab
        super().hideEvent(event)

    def _show_tensor(self, tensor: Tensor) -> None:
        if 0 in tensor.shape:
            self._settle_empty(
                f"The tensor has no elements: its shape is {text.shape(tensor.shape)}."
            )
            return
        self.controls.show_grid(Grid.of(tensor))
        self._pages.setCurrentIndex(1)
        self._show_sheet()

    def _show_sheet(self) -> None:
        grid = self.controls.grid()
        self.controls.show_grid(grid)
        self.model.show_sheet(Edges(grid.tensor) if self.controls.wants_edges() else grid)
        # A single column has no index of its own.
        self.table.horizontalHeader().setVisible(len(grid.tensor.shape) > 1)
        self.table.verticalHeader().setVisible(bool(grid.tensor.shape))
        self._go_to(0, 0)

    def _go_to(
        self,
        row: int,
        column: int,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        """Make a cell of the sheet the current one, on whichever page it is."""
        model, sheet = self.model, self.model.sheet
        assert sheet is not None
        if (row - row % PAGE, column - column % PAGE) != (model.first_row, model.first_column):
            model.show_sheet(sheet, row, column)
        size = sheet.rows, sheet.columns
        self.controls.show_pages((model.first_row, model.first_column), size)
        self.table.updateGeometries()
        index = model.index(row - model.first_row, column - model.first_column)
        select = QItemSelectionModel.SelectionFlag.ClearAndSelect
        self.table.selectionModel().setCurrentIndex(index, select)
        self.table.scrollTo(index, hint)
        self.table.fit_columns()
        self._say_choice()
        self._again()

    def _turn_page(self, rows: int, columns: int) -> None:
        """Go to the page before or behind, to the end that lies next to this one."""
        sheet, model = self.model.sheet, self.model
        if sheet is None:
            return
        row = model.first_row + rows * PAGE
        column = model.first_column + columns * PAGE
        if 0 <= row < sheet.rows and 0 <= column < sheet.columns:
            self._go_to(row, column)

    def _step_page(self, step: int) -> None:
        """Go on over the end of a page with the keys."""
        sheet, model = self.model.sheet, self.model
        row = model.first_row + (PAGE if step > 0 else -1)
        if sheet is not None and 0 <= row < sheet.rows:
            self._go_to(row, model.first_column + max(0, self.table.currentIndex().column()))

    def _again(self) -> None:
        if self.state in ("failed", "cancelled"):
            self.state = "idle"
            self._say_note()
        self._turn.start()

    def _look(self) -> None:
        """Have what is on screen read."""
        if self.model.sheet is None or self.state in ("failed", "cancelled"):
            return
        if not self.isVisible():
            return
        assert self._subject is not None
        assert self._stored is not None
        rows, columns = self.table.visible_cells()
        if self.state != "busy":
            self.state = "busy"
            self._patience.start()
        notation = self.controls.notation_chosen()
        self.reading.look_at(self._subject.checkpoint, self._stored, rows, columns, notation)

    def _arrive(self) -> None:
        self.table.fit_columns()
        if self.model.is_cut_off and not self._told_cut_off:
            self._told_cut_off = True
            self.notice.say("warning", _CUT_OFF)
        self._say_cell()
        self._look()  # it may have been scrolled since

    def _fail(self, sentence: str) -> None:
        self._settle("failed")
        self.notice.say("error", text.printable(sentence, 2000), ("Try again", self._again))

    def _settle(self, state: State) -> None:
        self._patience.stop()
        self.stop_button.hide()
        self.state = state
        self._say_cell()
        self.settled.emit()

    def _settle_empty(self, sentence: str) -> None:
        self.reading.stop()
        self.model.show_sheet(None)
        self.waiting.show_sentence(sentence)
        self._pages.setCurrentIndex(0)
        self._settle("empty")

    def _say_note(self) -> None:
        """Say what is to be known of the values, in the place of what has been settled."""
        if self._note:
            self.notice.say("info", self._note)
        else:
            self.notice.hide()

    def _say_busy(self) -> None:
        if self.state == "busy":
            self.words.set_plain("Reading values…")
            self.stop_button.show()

    def _say_cell(self) -> None:
        """Tell of the current cell, or of the selection, or of what was done with it."""
        if self._done:
            self.words.set_plain(self._done)
            return
        rows, columns = self.table.chosen_cells()
        index = self.table.currentIndex()
        if len(rows) * len(columns) > 1:
            words = f"{text.exact(len(rows))} × {text.exact(len(columns))} cells selected"
        elif index.isValid():
            place = self.model.place(index.row(), index.column())
            words = f"{place}  {shown(self.model.text(index.row(), index.column()))}"
        else:
            words = ""
        self.words.set_plain(words.strip())

    def _say_choice(self) -> None:
        self._done = ""
        self._say_cell()
        self._describe_menu()  # its keys hold while it is closed, too

    def _say_done(self, sentence: str) -> None:
        self._done = sentence
        self._say_cell()

    def _write_otherwise(self) -> None:
        self._done = ""
        self.reading.stop()
        self.model.forget()
        self.table.fit_columns()
        self._again()

    def _read_otherwise(self) -> None:
        """Show the bytes as the dtype and the shape that are chosen."""
        if self._stored is None:
            return
        dtype = self.controls.dtype_chosen() or self._stored.dtype
        try:
            shape = parsed_shape(self.controls.shape_entered())
            tensor = reinterpreted(self._stored, dtype, shape)
        except InspectorError as error:
            self.notice.say("error", str(error))
            return
        self._say_note()
        if self.model.sheet is None or tensor != self.controls.grid().tensor:
            self.reading.stop()
            self._show_tensor(tensor)

    def _copy(self, form: Form) -> None:
        sheet, cells = self.model.sheet, self._cells()
        if sheet is None or self._subject is None or self._stored is None or not cells[0]:
            return
        notation = self.controls.notation_chosen()
        self.output.copy(self._subject.checkpoint, self._stored, sheet, cells, form, notation)

    def _cells(self) -> tuple[range, range]:
        """Return the selected rows and columns of the whole sheet."""
        rows, columns = self.table.chosen_cells()
        top, left = self.model.first_row, self.model.first_column
        return (
            range(rows.start + top, rows.stop + top),
            range(columns.start + left, columns.stop + left),
        )

    def _part(self) -> Tensor:
        """Return what can be saved besides the whole: the selected cells, else the whole grid."""
        grid, (rows, columns) = self.controls.grid(), self._cells()
        several = len(rows) * len(columns) > 1
        return grid.part(rows, columns) if several and self.model.sheet == grid else grid.part()

    def _save(self, whole: bool) -> None:
        if self._subject is None or self._stored is None or self.model.sheet is None:
            return
        saved = self.controls.grid().tensor if whole else self._part()
        name = "".join(c if c.isalnum() or c in "._-" else "_" for c in title_of(self._subject))
        self.output.ask_where(self._subject.checkpoint, self._stored, saved, name)

    def _reads_otherwise(self) -> bool:
        reading = self.controls.reading
        return reading is not None and not reading.isHidden()

    def _show_reading(self) -> None:
        on = not self._reads_otherwise()
        chooser = self.controls.show_reading(on)
        if on:
            chooser.dtype.setFocus()

    def _describe_menu(self) -> None:
        if self.model.sheet is not None:
            grid, reads_otherwise = self.controls.grid(), self._reads_otherwise()
            self.menu.describe(grid, self._part(), reads_otherwise=reads_otherwise)

    def _rest(self) -> None:
        self._settle("shown")

    def _add_menu(self) -> None:
        menu = self.menu = ValuesMenu(self.context.theme, self)
        menu.aboutToShow.connect(self._describe_menu)
        menu.copy_requested.connect(self._copy)
        menu.save_requested.connect(self._save)
        menu.reading_requested.connect(self._show_reading)
        self.controls.more.setMenu(menu)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(
            lambda at: menu.popup(self.table.viewport().mapToGlobal(at))
        )

    def _connect(self) -> None:
        controls, table = self.controls, self.table
        controls.grid_changed.connect(self._show_sheet)
        controls.edges_changed.connect(self._show_sheet)
        controls.notation_changed.connect(self._write_otherwise)
        controls.reading_changed.connect(self._read_otherwise)
        controls.index_entered.connect(self.go_to)
        controls.page_requested.connect(self._turn_page)
        table.looked.connect(self._turn.start)
        table.copy_requested.connect(lambda: self._copy("tsv"))
        table.page_requested.connect(self._step_page)
        table.selectionModel().selectionChanged.connect(lambda *_: self._say_choice())
        table.selectionModel().currentChanged.connect(lambda *_: self._say_choice())
        self.reading.arrived.connect(self._arrive)
        self.reading.failed.connect(self._fail)
        self.reading.idle.connect(self._rest)
        self.output.done.connect(self._say_done)

    def _lay_out(self) -> None:
        foot = QWidget()
        row = QHBoxLayout(foot)
        row.setContentsMargins(16, 5, 12, 5)
        row.addWidget(self.words, 1)
        row.addWidget(self.stop_button)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.controls, line(), self.notice, self.table, line(), foot):
            column.addWidget(widget, 1 if widget is self.table else 0)
        column.addWidget(self.output.strip)
        self._pages.addWidget(self.waiting)
        self._pages.addWidget(body)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._pages)


def _stored(subject: Subject) -> tuple[Tensor, str]:
    """Return the tensor whose bytes are shown, and what is to be said of it."""
    value = subject.node.value
    if isinstance(value, Storage):
        tensor = Tensor(dtype_named("uint8"), (value.nbytes,), (1,), 0, value)
        return tensor, ""
    tensor_shown = tensor_of(subject.node)
    assert tensor_shown is not None
    found = measured(tensor_shown)
    return found.tensor, found.note
