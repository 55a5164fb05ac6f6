"""The one door to message boxes and file dialogs.

Tests replace these functions; nothing else in the program opens a modal window.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget


def choose_checkpoints(
    parent: QWidget, folder: str, filters: Iterable[tuple[str, Iterable[str]]]
) -> list[str]:
    """Let the person pick files; `filters` are rows of a label and its extensions (`.pt`)."""
    rows = [(label, tuple(extensions)) for label, extensions in filters]
    every = dict.fromkeys(extension for _, extensions in rows for extension in extensions)
    texts = [_filter_text(label, extensions) for label, extensions in rows if extensions]
    texts = [_filter_text("Checkpoints", every), *texts] if texts else []
    names, _ = QFileDialog.getOpenFileNames(
        parent, "Open checkpoints", folder, ";;".join([*texts, "All files (*)"])
    )
    return names


def choose_file(parent: QWidget, title: str, folder: str, kinds: str) -> str:
    """Let the person pick one file; `kinds` is a filter as Qt spells it. Empty for none."""
    name, _ = QFileDialog.getOpenFileName(parent, title, folder, f"{kinds};;All files (*)")
    return name


def choose_new_file(parent: QWidget, title: str, suggested: str, kinds: str) -> str:
    """Let the person say where a file goes, and ask about one that is there. Empty for none."""
    name, _ = QFileDialog.getSaveFileName(parent, title, suggested, f"{kinds};;All files (*)")
    return name


def error(parent: QWidget | None, title: str, message: str, detail: str = "") -> None:
    """Say that something went wrong, without blocking what goes on behind."""
    _show(parent, QMessageBox.Icon.Warning, title, message, detail)


def about(parent: QWidget | None, title: str, message: str, detail: str = "") -> None:
    """Say something that is not a problem."""
    _show(parent, QMessageBox.Icon.NoIcon, title, message, detail)


def _show(
    parent: QWidget | None, icon: QMessageBox.Icon, title: str, message: str, detail: str
) -> None:
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setIcon(icon)
    box.setWindowTitle(title)
    box.setText(message)
    # The informative text has no format of its own: Qt would guess that it is rich text.
    box.setDetailedText(detail)
    box.open()


def _filter_text(label: str, extensions: Iterable[str]) -> str:
    return f"{label} ({' '.join('*' + extension for extension in extensions)})"
