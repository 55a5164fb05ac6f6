"""A box to choose from, and a label that belongs to it."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget


def choice_box(name: str) -> QComboBox:
    """Return an empty box to choose from, with a name for those who cannot see its label."""
    box = QComboBox()
    box.setAccessibleName(name)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    box.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    return box


def labelled(words: str, box: QWidget) -> QWidget:
    """Return a box behind its label, to be kept together."""
    pair = QWidget()
    label = QLabel(words)
    label.setBuddy(box)
    label.setProperty("tone", "muted")
    row = QHBoxLayout(pair)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    row.addWidget(label)
    row.addWidget(box)
    return pair
