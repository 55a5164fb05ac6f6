"""The row of tabs: movable, closed by their button or the middle mouse button."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent
from PySide6.QtWidgets import QTabBar, QTabWidget, QToolButton, QWidget

from inspector.core import text
from inspector.gui.theme import Theme
from inspector.gui.widgets.labels import plain_tool_tip

_LEAST = 14  # characters that a tab keeps of its title; beyond that the row is scrolled


class _Bar(QTabBar):
    """Shrinks its tabs, but not until nothing of the titles is left."""

    def minimumTabSizeHint(self, index: int) -> QSize:
        # Qt itself would leave three characters of each.
        wanted = self.tabSizeHint(index)
        least = super().minimumTabSizeHint(index)
        room = QFontMetrics(self.font()).averageCharWidth() * _LEAST
        return QSize(min(wanted.width(), least.width() + room), least.height())


class TabStrip(QTabWidget):
    """Tabs that ask to be closed; whoever listens decides."""

    close_requested = Signal(QWidget)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setTabBar(_Bar())
        self.setDocumentMode(True)
        self.setMovable(True)
        self.setElideMode(Qt.TextElideMode.ElideMiddle)
        self.setUsesScrollButtons(True)
        bar = self.tabBar()
        bar.setObjectName("checkpoints")
        bar.setDrawBase(False)
        bar.setExpanding(False)
        self.setAccessibleName("Open checkpoints")
        bar.setAccessibleName("Open checkpoints")
        bar.installEventFilter(self)
        theme.changed.connect(self._dress)

    def add(self, page: QWidget, name: str, uri: str) -> None:
        """Append a tab; `name` and `uri` are shown as they are."""
        number = self.addTab(page, name.replace("&", "&&"))
        self.setTabToolTip(number, plain_tool_tip(text.printable(uri)))
        button = QToolButton()
        button.setProperty("closes", True)
        button.setToolTip("Close tab")
        button.setAccessibleName(f"Close {name}")
        button.setIconSize(QSize(14, 14))
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setIcon(self._theme.icon("close"))
        button.clicked.connect(lambda: self.close_requested.emit(page))
        self.tabBar().setTabButton(number, QTabBar.ButtonPosition.RightSide, button)

    def step(self, by: int) -> None:
        """Go to the next or the previous tab, around the end."""
        if self.count():
            self.setCurrentIndex((self.currentIndex() + by) % self.count())

    def move_current(self, by: int) -> None:
        """Move the tab on screen so many places, as far as there are."""
        new = min(max(self.currentIndex() + by, 0), self.count() - 1)
        self.tabBar().moveTab(self.currentIndex(), new)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonRelease and isinstance(event, QMouseEvent):
            number = self.tabBar().tabAt(event.position().toPoint())
            if event.button() == Qt.MouseButton.MiddleButton and number >= 0:
                self.close_requested.emit(self.widget(number))
                return True
        return super().eventFilter(watched, event)

    def _dress(self) -> None:
        for button in self.tabBar().findChildren(QToolButton):
            if button.property("closes"):
                button.setIcon(self._theme.icon("close"))
