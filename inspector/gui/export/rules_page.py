"""All rules of a recipe on one page that scrolls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.core.export import (
    Choice,
    DeviceRule,
    DTypeRule,
    Recipe,
    StripPrefix,
)
from inspector.core.model import Finding
from inspector.gui.export.rule_list import RuleList
from inspector.gui.export.rule_rows import ChoiceRow, DeviceRow, DTypeRow, RenameRow
from inspector.gui.theme import Theme
from inspector.gui.widgets.line import line
from inspector.gui.widgets.scroll_down import ScrollDown

_ABOUT = {
    "choices": ("Nothing matches",),
    "renames": ("This rule renames", "Two tensors would have"),
    "dtypes": ("Not cast",),
    "devices": ("Tensors on meta",),
}
"""How findings begin that are about rules of a sort."""


class RulesPage(ScrollDown):
    """Four lists, named as the fields of a recipe."""

    changed = Signal()

    def __init__(self, theme: Theme, devices: Sequence[str]) -> None:
        super().__init__()
        self.lists = {
            "choices": RuleList(
                "Which tensors",
                "All that are ticked. The last pattern that matches counts;"
                " if the first one includes, everything else is left out.",
                "Add pattern",
                lambda rule: ChoiceRow(theme, rule),
                Choice("", keep=False),
            ),
            "renames": RuleList(
                "New keys",
                "As stored. Each rule goes on with what the one before has made.",
                "Add rule",
                lambda rule: RenameRow(theme, rule),
                StripPrefix(""),
            ),
            "dtypes": RuleList(
                "Dtypes",
                "As stored. Floats are cast to floats, integers to integers.",
                "Add cast",
                lambda rule: DTypeRow(theme, rule),
                DTypeRule("float16"),
            ),
            "devices": RuleList(
                "Devices",
                "As stored: torch.load puts tensors where they were saved.",
                "Add device",
                lambda rule: DeviceRow(theme, rule, devices),
                DeviceRule("cpu"),
            ),
        }
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(12)
        for number, rules in enumerate(self.lists.values()):
            if number:
                column.addWidget(line())
            column.addWidget(rules)
            rules.changed.connect(self.changed)
        column.addStretch()
        inside.setProperty("ground", "base")
        self.setWidget(inside)

    def put_into(self, recipe: Recipe) -> Recipe:
        """Return a recipe with the rules on screen."""
        fields: dict[str, Any] = {name: rules.rules() for name, rules in self.lists.items()}
        return replace(recipe, **fields)

    def show_recipe(self, recipe: Recipe) -> None:
        """Show the rules of a recipe."""
        for name, rules in self.lists.items():
            rules.set_rules(getattr(recipe, name))

    def check(self) -> bool:
        """Say beside the rules what is wrong with them; return whether all can be used."""
        found = [rules.check() for rules in self.lists.values()]  # all of them, not up to the first
        return all(found)

    def say(self, findings: Sequence[Finding]) -> None:
        """Say below each heading what came of the rules."""
        for name, rules in self.lists.items():
            rules.say([found for found in findings if found.message.startswith(_ABOUT[name])])
