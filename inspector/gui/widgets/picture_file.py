"""Save what a widget shows as a picture: PNG at twice the size, or SVG that scales."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QPainter, QPixmap, QRegion
from PySide6.QtWidgets import QFileDialog, QWidget

from inspector.core.errors import InspectorError
from inspector.gui import notify

_FILTERS = "PNG picture (*.png);;SVG picture (*.svg)"
_SCALE = 2


def ask_to_save(widget: QWidget, name: str, area: QRect | None = None) -> None:
    """Ask for a file and save the picture there; `name` is offered without an ending.

    With `area`, only that part of the widget is in it.
    """
    dialog = QFileDialog(widget, "Save picture", name + ".png", _FILTERS)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix("png")
    dialog.fileSelected.connect(lambda path: _save(widget, path, area))
    dialog.open()


def save_picture(widget: QWidget, path: Path, area: QRect | None = None) -> None:
    """Write what the widget shows; raises InspectorError if that cannot be done."""
    area = area or widget.rect()
    if path.suffix.lower() == ".svg":
        done = _save_svg(widget, path, area)
    else:
        image = QPixmap(area.size() * _SCALE)
        image.setDevicePixelRatio(_SCALE)
        widget.render(image, QPoint(), QRegion(area))
        done = image.save(str(path))
    if not done:
        raise InspectorError(
            f"{path} cannot be written.", "Choose a folder that you may write to, as .png or .svg."
        )


def _save_svg(widget: QWidget, path: Path, area: QRect) -> bool:
    from PySide6.QtSvg import QSvgGenerator

    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setSize(area.size())
    generator.setViewBox(QRect(QPoint(), area.size()))
    painter = QPainter()
    if not painter.begin(generator):
        return False
    widget.render(painter, QPoint(), QRegion(area))
    return painter.end()


def _save(widget: QWidget, path: str, area: QRect | None) -> None:
    try:
        save_picture(widget, Path(path), area)
    except InspectorError as error:
        notify.error(widget, "Save picture", error.message, error.hint)
