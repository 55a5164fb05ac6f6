"""View > Theme: follow the system, or stay light or dark."""

from __future__ import annotations

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from inspector.gui.context import AppContext, Preferences
from inspector.gui.theme import CHOICES, Choice


def theme_menu(parent: QWidget, context: AppContext) -> QMenu:
    """Return a menu that changes the theme and remembers it."""
    menu = QMenu("&Theme", parent)
    menu.setProperty("checks", True)
    group = QActionGroup(menu)
    for choice in CHOICES:
        action = menu.addAction(choice.capitalize())
        action.setCheckable(True)
        action.setData(choice)
        action.triggered.connect(
            lambda _=False, choice=choice: context.preferences.choose("theme", choice)
        )
        group.addAction(action)

    def tick() -> None:
        for action in group.actions():
            action.setChecked(action.data() == context.theme.choice)

    menu.aboutToShow.connect(tick)
    return menu


def follow_choice(context: AppContext) -> None:
    """Dress the window as chosen, whenever that changes."""

    def follow(name: str) -> None:
        if name == "theme":
            context.theme.choose(chosen_theme(context.preferences))

    context.preferences.changed.connect(follow)


def chosen_theme(preferences: Preferences) -> Choice:
    """Return the theme that is chosen."""
    return next((choice for choice in CHOICES if choice == preferences["theme"]), "system")
