"""What a palette alone cannot say: lines, padding and corners."""

from __future__ import annotations

from dataclasses import asdict
from string import Template

from inspector.core.resources import resource
from inspector.gui.theme.colours import DARK, Colours

_SHEET = Template("""
QMainWindow, QDialog { background: $window; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QToolTip { background: $base; color: $text; border: 1px solid $strong_line; padding: 4px 6px; }

QMenuBar { background: $window; padding: 2px 4px; }
QMenuBar::item { padding: 4px 9px; border-radius: 5px; }
QMenuBar::item:selected { background: $line; }
QMenu { background: $base; border: 1px solid $strong_line; padding: 5px; }
QMenu::item { padding: 5px 24px 5px 12px; border-radius: 5px; }
QMenu[checks="true"]::item { padding-left: 26px; }
QMenu::item:selected { background: $selection; color: $text; }
QMenu::item:disabled { color: $faint; }
QMenu::separator { height: 1px; background: $line; margin: 5px 4px; }
QMenu::indicator { width: 14px; height: 14px; left: 5px; }

QStatusBar { background: $window; color: $muted; border-top: 1px solid $line; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: $muted; padding: 2px 8px; }

QTabWidget::pane { border: none; border-top: 1px solid $line; }
QTabBar { background: transparent; }
QTabBar::tab { background: transparent; color: $muted; border: none;
    border-bottom: 2px solid transparent; padding: 7px 12px 6px 12px; margin: 0 1px; }
QTabBar#checkpoints::tab { padding-right: 4px; max-width: 22em; }
QTabBar::tab:hover { color: $text; background: $hover; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar::tab:focus { color: $accent; }
QTabBar::tab:selected:focus { background: $selection; }
QTabBar::tear { width: 0; border: none; }
QTabBar QToolButton { background: $base; }
QTabBar#checkpoints QToolButton { background: $window; }
QTabBar#checkpoints QToolButton[closes="true"] { background: transparent; }
QTabBar#checkpoints QToolButton[closes="true"]:hover { background: $line; }

QHeaderView { background: $base; border: none; }
QHeaderView::section { background: $base; color: $muted; border: none;
    border-bottom: 1px solid $line; padding: 6px 10px; }
QHeaderView::section:hover { color: $text; background: $hover; }
QTableView#parts::item { padding: 0 8px; }
QTableView#parts::item:selected { background: $selection; color: $text; }
QTableView#values QHeaderView::section:vertical { border: none; padding: 0 8px 0 14px; }
QTableView#values QHeaderView::section:horizontal { padding: 6px 11px; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QTableCornerButton::section { background: $base; border: none; border-bottom: 1px solid $line; }
QTableView { border: none; background: $base; selection-background-color: $selection; }

QLineEdit { background: $base; border: 1px solid $line; border-radius: 6px; padding: 5px 6px;
    selection-background-color: $selection; selection-color: $text; }
QLineEdit:hover { border-color: $strong_line; }
QLineEdit:focus { border-color: $accent; }

QCheckBox { spacing: 8px; }
QCheckBox::indicator { width: 14px; height: 14px; border: 1px solid $faint; border-radius: 4px;
    background: $base; }
QCheckBox::indicator:hover, QCheckBox::indicator:focus { border-color: $accent; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent;
    image: url("$pictures/check.svg"); }
QCheckBox::indicator:checked:focus { border-color: $text; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox::down-arrow { image: url("$pictures/down.svg"); width: 12px; height: 12px; }
QAbstractSpinBox QLineEdit { border: none; padding: 0 4px; background: transparent; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: none; width: 20px; }
QAbstractSpinBox::up-arrow { image: url("$pictures/up.svg"); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url("$pictures/down.svg"); width: 10px; height: 10px; }
QComboBox, QAbstractSpinBox { background: $base; border: 1px solid $strong_line; border-radius: 6px;
    padding: 4px 8px; min-height: 1.2em; }
QComboBox:focus, QAbstractSpinBox:focus { border-color: $accent; }
QComboBox QAbstractItemView { background: $base; border: 1px solid $strong_line;
    selection-background-color: $selection; selection-color: $text; }

QSlider::groove:horizontal { background: $line; height: 4px; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $strong_line; border-radius: 2px; }
QSlider::handle:horizontal { background: $base; border: 2px solid $accent; width: 10px;
    margin: -5px 0; border-radius: 7px; }
QSlider::handle:horizontal:focus { background: $accent; }

QPushButton { background: $base; border: 1px solid $strong_line; border-radius: 6px;
    padding: 6px 16px; min-height: 1.2em; }
QPushButton:hover { background: $hover; }
QPushButton:focus { border-color: $accent; outline: none; }
QPushButton:pressed { background: $selection; }
QPushButton:disabled { color: $faint; border-color: $line; }
QPushButton[primary="true"] { background: $accent; color: $on_accent; border-color: $accent; }
QPushButton[primary="true"]:focus { border-color: $text; }
QPushButton[primary="true"]:hover { border-color: $strong_line; }
QPushButton[primary="true"]:disabled { background: $line; color: $faint; border-color: $line; }
QPushButton[quiet="true"] { background: transparent; color: $accent; border-color: transparent;
    padding: 0 6px; min-height: 0; }
QPushButton[quiet="true"]:hover { border-color: $line; }
QPushButton[quiet="true"]:focus { border-color: $accent; }
QPushButton[chip="true"] { background: $selection; color: $text; border: 1px solid transparent;
    border-radius: 10px; padding: 2px 9px; min-height: 0; }
QPushButton[chip="true"]:hover, QPushButton[chip="true"]:focus { border-color: $accent; }
QPushButton[preset="true"] { border-radius: 12px; padding: 3px 12px; min-height: 1.1em; }
QPushButton[preset="true"]:checked { background: $selection; border-color: $accent; }
QPushButton[preset="true"]:checked:focus { border-color: $text; }
QPushButton[listed="true"] { background: transparent; border: 1px solid transparent;
    text-align: left; padding: 5px 10px; min-height: 0; }
QPushButton[listed="true"]:hover { background: $hover; }
QPushButton[listed="true"]:focus { border-color: $accent; }
QWidget[notice="info"] { background: $info_ground; }
QWidget[notice="warning"] { background: $warning_ground; }
QWidget[notice="error"] { background: $error_ground; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 6px;
    padding: 4px; color: $muted; }
QToolButton:checked { background: $selection; }
QToolButton::menu-indicator { image: none; }
QToolButton:hover { background: $line; }
QToolButton:checked:hover { background: $selection; border-color: $line; }
QToolButton:focus { border-color: $accent; }

QPushButton[severity] { border-radius: 10px; padding: 2px 10px 2px 7px; min-height: 0;
    border: 1px solid transparent; }
QPushButton[severity="info"] { background: $info_ground; color: $info; }
QPushButton[severity="warning"] { background: $warning_ground; color: $warning; }
QPushButton[severity="error"] { background: $error_ground; color: $error; }
QPushButton[severity="info"]:hover, QPushButton[severity="info"]:focus { border-color: $info; }
QPushButton[severity="warning"]:hover, QPushButton[severity="warning"]:focus {
    border-color: $warning; }
QPushButton[severity="error"]:hover, QPushButton[severity="error"]:focus { border-color: $error; }

QLabel { background: transparent; }
QLabel[tone="muted"] { color: $muted; }
QLabel[tone="faint"] { color: $faint; }
QLabel[tone="warning"] { color: $warning; }
QLabel[tone="error"] { color: $error; }
QWidget[ground="base"] { background: $base; }
QWidget[ground="line"] { background: $line; }
QWidget[ground="window"] { background: $window; }
QScrollArea { background: transparent; border: none; }
QPlainTextEdit { background: $base; border: none; selection-background-color: $selection;
    selection-color: $text; }

QFrame#drop { border: 2px dashed $strong_line; border-radius: 14px; }
QSplitter::handle { background: $line; }
QWidget[grip="true"] { background: $accent; border-radius: 2px; }
QWidget[outline="true"] { background: transparent; border: 1px solid $accent; border-radius: 4px; }
QProgressBar { background: $line; border: none; border-radius: 3px; max-height: 6px;
    min-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }

QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: $strong_line; border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: $faint; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
""")


def style_sheet(colours: Colours) -> str:
    """Return the sheet of the whole application in these colours."""
    pictures = resource("icons").with_name("theme") / ("dark" if colours is DARK else "light")
    return _SHEET.substitute(asdict(colours), pictures=pictures.as_posix())
