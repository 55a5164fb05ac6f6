"""The head of the window: what people most often want, and recipes in files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path as FilePath

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QWidget

from inspector.core import text
from inspector.core.errors import InspectorError
from inspector.core.export import Recipe, names_from, read_recipe, recipe_json, recipe_toml
from inspector.gui import notify
from inspector.gui.actions import ActionOfPart
from inspector.gui.export.presets import PRESETS
from inspector.gui.export.survey import Survey
from inspector.gui.theme import Theme
from inspector.gui.widgets.flow import Flow
from inspector.gui.widgets.labels import PlainLabel

_KINDS = "Recipes (*.toml *.json)"


class PresetBar(QWidget):
    """Buttons that stay down while the recipe has what they stand for."""

    chosen = Signal(object)  # Recipe
    target_requested = Signal()
    recipe_wanted = Signal()  # to be saved
    recipe_loaded = Signal(object)  # Recipe
    said = Signal(str)

    def __init__(self, theme: Theme, found: Survey) -> None:
        super().__init__()
        self._found = found
        self._recipe = Recipe()
        self.buttons: dict[str, QPushButton] = {}
        flow = Flow(4)
        for preset in PRESETS:
            button = QPushButton(preset.text)
            button.setCheckable(True)
            button.setAutoDefault(False)
            button.setProperty("preset", True)
            button.setToolTip(preset.says)
            button.setAccessibleDescription(preset.says)
            button.clicked.connect(
                lambda on, row=preset: self.chosen.emit(row.turned(self._recipe, self._found, on))
            )
            self.buttons[preset.id] = button
            flow.flow.addWidget(button)
        self.fit = QPushButton("What fits a target…")
        self.fit.setCheckable(True)
        self.fit.setAutoDefault(False)
        self.fit.setProperty("preset", True)
        self.fit.setToolTip("Only the tensors that another checkpoint has, in the same shape")
        self.fit.clicked.connect(lambda _: self.target_requested.emit())
        flow.flow.addWidget(self.fit)
        self.menu = QMenu(self)
        self._offer("load_recipe", theme, self._load)
        self._offer("save_recipe", theme, self.recipe_wanted.emit)
        self._offer("load_names", theme, self._load_names)
        self.menu.addSeparator()
        self._offer("start_over", theme, self._start_over)
        self.more = QPushButton("Recipe")
        self.more.setAutoDefault(False)
        self.more.setProperty("quiet", True)
        self.more.setMenu(self.menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 12, 10)
        row.setSpacing(10)
        row.addWidget(PlainLabel("I want", tone="muted"))
        row.addWidget(flow, 1)
        row.addWidget(self.more)
        self.show_survey(found)

    def show_survey(self, found: Survey) -> None:
        """Offer what makes sense for a state_dict."""
        self._found = found
        for preset in PRESETS:
            self.buttons[preset.id].setEnabled(preset.applies(found))

    def show_recipe(self, recipe: Recipe) -> None:
        """Hold the buttons down that the recipe has."""
        self._recipe = recipe
        for preset in PRESETS:
            self.buttons[preset.id].setChecked(preset.is_on(recipe, self._found))
        self.fit.setChecked(bool(recipe.match))

    def save_recipe(self, recipe: Recipe | None) -> None:
        """Write a recipe where the person says: TOML, or JSON by the ending."""
        if recipe is None:
            self.said.emit("There is no recipe yet that could be saved.")
            return
        path = notify.choose_new_file(self, "Save as a recipe", "recipe.toml", _KINDS)
        if not path:
            return
        words = recipe_json(recipe) if path.lower().endswith(".json") else recipe_toml(recipe)
        try:
            FilePath(path).write_text(words, "utf-8")
        except OSError as error:
            self.said.emit(f"The recipe could not be saved: {error.strerror}.")
            return
        self.said.emit(f"Recipe saved as {text.printable(FilePath(path).name, 120)}.")

    def _offer(self, name: str, theme: Theme, do: Callable[[], object]) -> None:
        action = ActionOfPart(name, theme, self)
        action.triggered.connect(lambda: do())
        self.menu.addAction(action)
        self.addAction(action)

    def _load(self) -> None:
        path = notify.choose_file(self, "Load a recipe", "", _KINDS)
        if not path:
            return
        try:
            self.recipe_loaded.emit(read_recipe(path))
        except InspectorError as error:
            self.said.emit(text.printable(str(error), 400))

    def _load_names(self) -> None:
        path = notify.choose_file(self, "New keys from a list", "", "Lists (*.json *.toml *.txt)")
        if not path:
            return
        try:
            names = names_from(FilePath(path).read_text("utf-8"))
        except (OSError, UnicodeDecodeError, InspectorError) as error:
            self.said.emit(text.printable(str(error), 400))
            return
        self.chosen.emit(replace(self._recipe, renames=(*self._recipe.renames, names)))

    def _start_over(self) -> None:
        self.recipe_loaded.emit(Recipe(at=self._recipe.at))
