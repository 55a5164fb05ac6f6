"""View > Theme: follow the system, or stay light or dark."""

from __future__ import annotations

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from inspector.gui.context import AppContext
from inspector.gui.theme import CHOICES, Choice

THEME = "window/theme"


def theme_menu(parent: QWidget, context: AppContext) -> QMenu:
    """Return a menu that changes the theme and remembers it."""
    menu = QMenu("&Theme", parent)
    menu.setProperty("checks", True)
    group = QActionGroup(menu)
    for choice in CHOICES:
        action = menu.addAction(choice.capitalize())
        action.setCheckable(True)
        action.setChecked(choice == context.theme.choice)
        action.triggered.connect(lambda _=False, choice=choice: _choose(context, choice))
        group.addAction(action)
    return menu


def remembered_choice(value: object) -> Choice:
    """Return the theme that was chosen before, whatever the settings hold."""
    return next((choice for choice in CHOICES if choice == value), "system")


def _choose(context: AppContext, choice: Choice) -> None:
    context.theme.choose(choice)
    context.settings.setValue(THEME, choice)
