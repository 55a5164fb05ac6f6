"""Where a file, and a place in it, can be typed: `FILE::model/layers.0.weight`."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QDir, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCompleter,
    QFileSystemModel,
    QHBoxLayout,
    QLineEdit,
    QToolButton,
    QWidget,
)

from inspector.gui.theme import Theme
from inspector.gui.widgets.labels import PlainLabel


class AddressBar(QWidget):
    """Hidden until it is asked for; Return opens, Escape goes away."""

    entered = Signal(str)
    left = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.line = _Line()
        self.line.setPlaceholderText("/folder/model.pt   or   /folder/model.pt::state_dict/key")
        self.line.setAccessibleName("Address: a file, and behind :: a place in it")
        self.line.setAcceptDrops(False)  # a file that is dropped here is meant for the window
        self._completer: QCompleter | None = None
        self._close = QToolButton()
        self._close.setToolTip("Close the address bar")
        self._close.setAccessibleName("Close the address bar")
        self._close.setIconSize(QSize(14, 14))
        self._close.clicked.connect(self.leave)
        self.problem = PlainLabel(tone="error", wrap=True)
        self.problem.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(self.line, 3)
        row.addWidget(self.problem, 1)
        row.addWidget(self._close)
        self.setProperty("ground", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.hide()
        self.line.returnPressed.connect(self._enter)
        self.line.escaped.connect(self.leave)
        self.line.textEdited.connect(lambda _: self.problem.hide())
        theme.changed.connect(self._dress)
        self._dress()

    def ask(self, address: str) -> None:
        """Appear with an address to change or to type over."""
        self._complete()
        self.problem.hide()
        self.line.setText(address)
        self.show()
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()

    def say(self, problem: str) -> None:
        """Show what is wrong with the address."""
        self.problem.set_plain(problem)
        self.problem.show()

    def leave(self) -> None:
        """Go away; the keyboard goes back to where it was."""
        self.hide()
        self.left.emit()

    def _enter(self) -> None:
        address = self.line.text().strip()
        if address:
            self.entered.emit(str(Path(address).expanduser()) if address[:1] == "~" else address)

    def _complete(self) -> None:
        """Complete the names of files, once somebody wants to type one."""
        if self._completer is not None:
            return
        files = QFileSystemModel(self)
        files.setOption(QFileSystemModel.Option.DontUseCustomDirectoryIcons)
        files.setFilter(QDir.Filter.AllEntries | QDir.Filter.NoDotAndDotDot)
        files.setRootPath("")
        self._completer = QCompleter(files, self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.line.setCompleter(self._completer)

    def _dress(self) -> None:
        self._close.setIcon(self._theme.icon("close"))


class _Line(QLineEdit):
    escaped = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        else:
            super().keyPressEvent(event)
