"""A layout that goes on in the next line where there is no room, like words."""

from __future__ import annotations

from PySide6.QtCore import QMargins, QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QSizePolicy, QWidget


class FlowLayout(QLayout):
    """Widgets from left to right, each as large as it likes to be; hidden ones take no room."""

    def __init__(self, parent: QWidget, spacing: int = 8) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setSpacing(spacing)
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._arrange(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rectangle: QRect) -> None:
        super().setGeometry(rectangle)
        self._arrange(rectangle, move=True)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        size = QSize()
        for item in self._items:
            if not item.isEmpty():
                size = size.expandedTo(item.minimumSize())
        margins: QMargins = self.contentsMargins()
        return size + QSize(margins.left() + margins.right(), margins.top() + margins.bottom())

    def _arrange(self, rectangle: QRect, *, move: bool) -> int:
        """Place the items, or only find out how high they are together."""
        margins = self.contentsMargins()
        area = rectangle.marginsRemoved(margins)
        left, top, height = area.x(), area.y(), 0
        lines: list[list[tuple[QLayoutItem, QPoint, QSize]]] = [[]]
        for item in self._items:
            if item.isEmpty():
                continue
            size = item.sizeHint()
            if left > area.x() and left + size.width() > area.x() + area.width():
                left, top, height = area.x(), top + height + self.spacing(), 0
                lines.append([])
            size.setWidth(min(size.width(), max(area.width(), 1)))
            lines[-1].append((item, QPoint(left, top), size))
            left += size.width() + 2 * self.spacing()
            height = max(height, size.height())
        if move:
            for line in lines:
                tallest = max((size.height() for _, _, size in line), default=0)
                for item, place, size in line:
                    lower = QPoint(0, (tallest - size.height()) // 2)
                    item.setGeometry(QRect(place + lower, size))
        return top + height - rectangle.y() + margins.bottom()


class Flow(QWidget):
    """A widget whose children flow.

    It asks for the height of one line: as high as it would be at its least width, a page that
    scrolls would be far too long.
    """

    def __init__(self, spacing: int = 8) -> None:
        super().__init__()
        self.flow = FlowLayout(self, spacing)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def sizeHint(self) -> QSize:
        return self.flow.minimumSize()

    def minimumSizeHint(self) -> QSize:
        return self.flow.minimumSize()
