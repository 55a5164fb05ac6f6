"""Draws the icons that a desktop wants as PNG, each for its own pixels, from their SVG.

    python resources/icons/desktop/make_sizes.py

Needs PySide6. The tests hold the pictures to what this draws.
"""

import os
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

HERE = Path(__file__).parent
DRAWINGS = {"app": HERE.parent / "app.svg", "checkpoint": HERE / "checkpoint.svg"}
SIZES = (16, 24, 32, 48, 64, 128, 256, 512)


def draw(name: str, size: int) -> QImage:
    """Return an icon as a square of `size` pixels."""
    image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    svg = DRAWINGS[name].read_bytes()
    QSvgRenderer(QByteArray(svg)).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return image


def main() -> None:
    """Write every size of every icon."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QGuiApplication([])
    for name in DRAWINGS:
        for size in SIZES:
            target = HERE / f"{name}-{size}.png"
            draw(name, size).save(str(target), "PNG", 0)  # 0: as small as it gets
            print(target.relative_to(HERE), target.stat().st_size)
    del application


if __name__ == "__main__":
    main()
