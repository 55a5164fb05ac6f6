"""Save what a widget shows as a picture: PNG at twice the size, or SVG that scales."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QPaintDevice, QPainter, QPixmap, QRegion
from PySide6.QtWidgets import QFileDialog, QWidget

from inspector.core.errors import InspectorError
from inspector.gui import notify

_FILTERS = "PNG picture (*.png);;SVG picture (*.svg)"
_SCALE = 2


def ask_to_save(
    widget: QWidget, name: str, area: QRect | None = None, parts: Sequence[QWidget] = ()
) -> None:
    """Ask for a file and save the picture there; `name` is offered without an ending.

    With `area`, only that part of the widget is in it; with `parts`, only these of its children.
    """
    dialog = QFileDialog(widget, "Save picture", name + ".png", _FILTERS)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix("png")
    dialog.filterSelected.connect(
        lambda words: dialog.setDefaultSuffix("svg" if "svg" in words else "png")
    )
    dialog.fileSelected.connect(lambda path: _save(widget, path, area, parts))
    dialog.open()


def save_picture(
    widget: QWidget, path: Path, area: QRect | None = None, parts: Sequence[QWidget] = ()
) -> None:
    """Write what the widget shows; raises InspectorError if that cannot be done."""
    area = area or widget.rect()
    if path.suffix.lower() == ".svg":
        from PySide6.QtSvg import QSvgGenerator

        generator = QSvgGenerator()
        generator.setFileName(str(path))
        generator.setResolution(widget.logicalDpiY())  # else texts are smaller than their places
        generator.setSize(area.size())
        generator.setViewBox(QRect(QPoint(), area.size()))
        done = _paint(generator, widget, area, parts)
    else:
        image = QPixmap(area.size() * _SCALE)
        image.setDevicePixelRatio(_SCALE)
        done = _paint(image, widget, area, parts) and image.save(str(path))
    if not done:
        raise InspectorError(
            f"{path} cannot be written.", "Choose a folder that you may write to, as .png or .svg."
        )


def _paint(device: QPaintDevice, widget: QWidget, area: QRect, parts: Sequence[QWidget]) -> bool:
    painter = QPainter()
    if not painter.begin(device):
        return False
    # What lies behind a widget on screen is not its own: all pictures are on the same ground.
    painter.fillRect(QRect(QPoint(), area.size()), widget.palette().base())
    children = QWidget.RenderFlag.DrawChildren
    if not parts:
        widget.render(painter, QPoint(), QRegion(area), children)
    for part in parts:
        place = part.mapTo(widget, QPoint()) - area.topLeft()
        part.render(painter, place, QRegion(), children)
    return painter.end()


def _save(widget: QWidget, path: str, area: QRect | None, parts: Sequence[QWidget]) -> None:
    try:
        save_picture(widget, Path(path), area, parts)
    except InspectorError as error:
        notify.error(widget, "Save picture", error.message, error.hint)
