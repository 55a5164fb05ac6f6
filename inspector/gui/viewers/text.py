"""Strings, long values and source code, as the characters they are."""

from __future__ import annotations

import re

from PySide6.QtWidgets import QVBoxLayout

from inspector.core import text
from inspector.gui.context import AppContext
from inspector.gui.viewers.base import PREFERRED, UNSUITED, USUAL, Subject, Viewer
from inspector.gui.widgets.code_view import CodeView
from inspector.gui.widgets.labels import PlainLabel

_MOST = 200_000  # characters that are laid out without a pause that one would notice
_LONGEST_LINE = 10_000
_LONG = 80  # characters from which a string is worth more than its row in the tree


class TextViewer(Viewer):
    """A text that stands in the checkpoint, or the source code that it carries for a class."""

    title = "Text"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.note = PlainLabel(tone="muted", wrap=True)
        self.note.setContentsMargins(16, 8, 16, 8)
        self.view = CodeView()
        self.view.setAccessibleName("Text")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.note)
        column.addWidget(self.view, 1)

    @staticmethod
    def priority(subject: Subject) -> int:
        value = subject.node.value
        if subject.node.type in subject.checkpoint.texts:
            return USUAL - 1
        if subject.node.kind != "value" or not isinstance(value, str | bytes | int):
            return UNSUITED
        if isinstance(value, str) and (len(value) > _LONG or "\n" in value):
            return PREFERRED
        is_long_number = isinstance(value, int) and value.bit_length() > 256
        return USUAL - 1 if isinstance(value, str | bytes) or is_long_number else UNSUITED

    def show_subject(self, subject: Subject) -> None:
        code = subject.checkpoint.texts.get(subject.node.type)
        whole = code if code is not None else _as_text(subject.node.value)
        shown = _shortened(whole)
        notes = []
        if code is not None:
            notes.append("Source code as the file carries it; nothing checks that it is what ran.")
        if len(shown) < len(whole):
            notes.append(
                f"The first {text.exact(len(shown))} of {text.exact(len(whole))} characters."
            )
        self.note.set_plain(" ".join(notes))
        self.note.setVisible(bool(notes))
        self.view.show_text(_visible(shown), numbered=code is not None or "\n" in shown)


def _as_text(value: object) -> str:
    if isinstance(value, bytes):
        return repr(value[: _MOST + 1])
    if isinstance(value, int):
        return hex(value)  # decimal takes quadratic time, and Python refuses it from 4300 digits
    return str(value)


def _shortened(whole: str) -> str:
    """Return as much as the view can lay out at once: few characters, no endless line."""
    shown = whole[:_MOST]
    longest = max((len(line) for line in shown.splitlines()), default=0)
    return shown if longest <= _LONGEST_LINE else shown[:_LONGEST_LINE]


def _visible(untrusted: str) -> str:
    """Escape every character that would act on the text around it; keep lines and tabs."""
    lines = re.split("(\r\n|[\n\t])", untrusted)
    return "".join(
        part if part in ("\n", "\t") else "\n" if part == "\r\n" else text.printable(part)
        for part in lines
    )
