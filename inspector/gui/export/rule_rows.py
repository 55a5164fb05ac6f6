"""One line per rule of a recipe: editors, what is wrong with it, and a way to be rid of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from inspector.core import text
from inspector.core.errors import InspectorError
from inspector.core.export import (
    AddPrefix,
    Choice,
    DeviceRule,
    DTypeRule,
    Recipe,
    RenameMap,
    RenameRule,
    StripPrefix,
    Substitute,
    Unwrap,
    check_recipe,
)
from inspector.gui import keys
from inspector.gui.theme import Theme
from inspector.gui.widgets.labels import PlainLabel

_CASTS = ("float16", "bfloat16", "float32", "float64", "float8_e4m3fn", "int8", "int32", "int64")


class RuleRow(QWidget):
    """Editors side by side; Alt and the arrows move the rule, as rules are applied in order."""

    changed = Signal()
    removed = Signal()
    moved = Signal(int)  # by so many places

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._line = QHBoxLayout()
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(6)
        self.remove = QToolButton()
        self.remove.setToolTip("Remove this rule")
        self.remove.setAccessibleName("Remove this rule")
        self.remove.clicked.connect(self.removed)
        self.problem = PlainLabel(tone="error", wrap=True)
        self.problem.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(self._line)
        column.addWidget(self.problem)
        theme.changed.connect(self._dress)
        self._dress()

    def rule(self) -> Any:
        """Return the rule, or None as long as it says nothing."""
        raise NotImplementedError

    def alone(self, rule: Any) -> Recipe:
        """Return a recipe of nothing but this rule."""
        raise NotImplementedError

    def first_editor(self) -> QWidget:
        """Return where typing begins."""
        raise NotImplementedError

    def check(self) -> bool:
        """Say beside the rule what is wrong with it; return whether it can be used."""
        rule = self.rule()
        problem = ""
        if rule is not None:
            try:
                check_recipe(self.alone(rule))
            except InspectorError as error:
                problem = text.printable(str(error), 300)
        self.problem.set_plain(problem)
        self.problem.setVisible(bool(problem))
        return not problem

    def keyPressEvent(self, event: QKeyEvent) -> None:
        places = {"rule_up": -1, "rule_down": 1}.get(keys.asked(keys.EXPORT, event))
        if places:
            self.moved.emit(places)
        else:
            super().keyPressEvent(event)

    def _add(self, widget: QWidget, name: str, stretch: int = 0) -> None:
        widget.setAccessibleName(name)
        widget.setToolTip(name)
        self._line.addWidget(widget, stretch)

    def _finish(self) -> None:
        self._line.addWidget(self.remove)

    def _edit(self, shown: str, name: str, hint: str, stretch: int = 1) -> QLineEdit:
        editor = QLineEdit(shown)
        editor.setPlaceholderText(hint)
        editor.setAcceptDrops(False)
        editor.textChanged.connect(lambda _: self.changed.emit())
        self._add(editor, name, stretch)
        return editor

    def _combo(self, names: Sequence[str], now: int, name: str) -> QComboBox:
        box = QComboBox()
        box.addItems(list(names))
        box.setCurrentIndex(now)
        box.currentIndexChanged.connect(lambda _: self.changed.emit())
        self._add(box, name)
        return box

    def _free(self, names: Sequence[str], now: str, name: str, stretch: int = 1) -> QComboBox:
        """Return a list in which something else can be typed."""
        box = QComboBox()
        box.setEditable(True)
        box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(6)
        box.addItems(list(names))
        box.setCurrentText(now)
        box.currentTextChanged.connect(lambda _: self.changed.emit())
        self._add(box, name, stretch)
        return box

    def _dress(self) -> None:
        self.remove.setIcon(self._theme.icon("close"))


class ChoiceRow(RuleRow):
    """Tensors that are put in or left out."""

    def __init__(self, theme: Theme, rule: Choice) -> None:
        super().__init__(theme)
        self.kind = self._combo(("Include", "Exclude"), 0 if rule.keep else 1, "Include or exclude")
        self.pattern = self._edit(rule.pattern, "Pattern", "encoder.*  or  re:\\.bias$")
        self._finish()

    def rule(self) -> Choice | None:
        pattern = self.pattern.text().strip()
        return Choice(pattern, self.kind.currentIndex() == 0) if pattern else None

    def alone(self, rule: Any) -> Recipe:
        return Recipe(choices=(rule,))

    def first_editor(self) -> QWidget:
        return self.pattern


class RenameRow(RuleRow):
    """What makes new keys from old ones."""

    KINDS = ("Strip prefix", "Add prefix", "Replace", "Unwrap")

    def __init__(self, theme: Theme, rule: RenameRule) -> None:
        super().__init__(theme)
        self._map = rule if isinstance(rule, RenameMap) else None
        kind, old, new = _spelled(rule)
        self.kind = self._combo(self.KINDS, kind, "Kind of rule")
        self.old = self._edit(old, "What is looked for", "")
        self.arrow = PlainLabel("→", tone="muted")
        self._line.addWidget(self.arrow)
        self.new = self._edit(new, "What takes its place", "")
        self.words = PlainLabel("", tone="muted")
        self._line.addWidget(self.words, 1)
        self._finish()
        self.kind.currentIndexChanged.connect(lambda _: self._show_editors())
        self._show_editors()

    def rule(self) -> RenameRule | None:
        if self._map is not None:
            return self._map
        old, kind = self.old.text(), self.kind.currentIndex()
        if kind == 3:
            return Unwrap()
        if not old:
            return None
        if kind == 2:
            return Substitute(old, self.new.text())
        return AddPrefix(old) if kind else StripPrefix(old)

    def alone(self, rule: Any) -> Recipe:
        return Recipe(renames=(rule,))

    def first_editor(self) -> QWidget:
        return self.old if self.old.isVisibleTo(self) else self.kind

    def _show_editors(self) -> None:
        kind = self.kind.currentIndex()
        is_map = self._map is not None
        self.kind.setVisible(not is_map)
        self.old.setVisible(not is_map and kind < 3)
        self.new.setVisible(not is_map and kind == 2)
        self.arrow.setVisible(not is_map and kind == 2)
        hints = ("module.", "backbone.", "regular expression, e.g. ^layer(\\d)", "")
        self.old.setPlaceholderText(hints[kind])
        self.new.setPlaceholderText("block\\1" if kind == 2 else "")
        said = "module., _orig_mod. and the like" if kind == 3 else ""
        if self._map is not None:
            said = f"Names from a list: {text.plural(len(self._map.names), 'key')}"
        self.words.set_plain(said)
        self.words.setVisible(bool(said))


class DTypeRow(RuleRow):
    """Which tensors are cast to what."""

    def __init__(self, theme: Theme, rule: DTypeRule) -> None:
        super().__init__(theme)
        self._line.addWidget(PlainLabel("Cast", tone="muted"))
        self.pattern = self._edit(rule.pattern, "Pattern of keys", "*")
        self._line.addWidget(PlainLabel("to", tone="muted"))
        self.dtype = self._free(_CASTS, rule.dtype, "New dtype")
        self.any_kind = QCheckBox("any kind")
        self.any_kind.setChecked(rule.any_kind)
        self.any_kind.toggled.connect(lambda _: self.changed.emit())
        self._add(self.any_kind, "Cast integers to floats and so on, too")
        self._finish()

    def rule(self) -> DTypeRule | None:
        dtype = self.dtype.currentText().strip().removeprefix("torch.")
        pattern = self.pattern.text().strip() or "*"
        return DTypeRule(dtype, pattern, self.any_kind.isChecked()) if dtype else None

    def alone(self, rule: Any) -> Recipe:
        return Recipe(dtypes=(rule,))

    def first_editor(self) -> QWidget:
        return self.dtype


class DeviceRow(RuleRow):
    """Which location tags become which."""

    def __init__(self, theme: Theme, rule: DeviceRule, devices: Sequence[str]) -> None:
        super().__init__(theme)
        self._line.addWidget(PlainLabel("Move", tone="muted"))
        known = dict.fromkeys(("*", "cuda:*", *devices))
        self.pattern = self._free(list(known), rule.pattern, "Devices in the file")
        self._line.addWidget(PlainLabel("to", tone="muted"))
        self.device = self._free(("cpu", "cuda:0", "mps", "meta"), rule.device, "New device")
        self._finish()

    def rule(self) -> DeviceRule | None:
        device = self.device.currentText().strip()
        return DeviceRule(device, self.pattern.currentText().strip() or "*") if device else None

    def alone(self, rule: Any) -> Recipe:
        return Recipe(devices=(rule,))

    def first_editor(self) -> QWidget:
        return self.device


def _spelled(rule: RenameRule) -> tuple[int, str, str]:
    """Return kind, old and new text."""
    match rule:
        case StripPrefix(prefix):
            return 0, prefix, ""
        case AddPrefix(prefix):
            return 1, prefix, ""
        case Substitute(pattern, replacement):
            return 2, pattern, replacement
    return 3, "", ""


def usable(rules: Sequence[RuleRow]) -> tuple[Any, ...]:
    """Return the rules that say something and make sense."""
    return tuple(row.rule() for row in rules if row.rule() is not None and row.check())


def without_rules(recipe: Recipe) -> Recipe:
    """Return a recipe with everything but its rules."""
    return replace(recipe, choices=(), renames=(), dtypes=(), devices=())
