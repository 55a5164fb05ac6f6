import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from inspector.core.resources import resource
from inspector.gui.context import AppContext
from inspector.gui.theme import DARK, KIND_ICONS, LIGHT, Choice, Colours, pixmap
from inspector.gui.window.theme_menu import chosen_theme, follow_choice


def luminance(name: str) -> float:
    colour = QColor(name)
    parts = [colour.redF(), colour.greenF(), colour.blueF()]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_is_readable_on_every_ground(colours: Colours):
    for ground in (colours.window, colours.base, colours.hover, colours.selection, colours.match):
        assert contrast(colours.text, ground) >= 4.5
    for ground in (colours.window, colours.base, colours.hover):
        assert contrast(colours.muted, ground) >= 4.5
    for severity in ("info", "warning", "error"):
        ground = getattr(colours, f"{severity}_ground")
        assert contrast(getattr(colours, severity), ground) >= 4.5
    assert contrast(colours.on_accent, colours.accent) >= 4.5


def test_choosing_changes_the_palette_and_says_so(context: AppContext, qapp: QApplication, qtbot):
    choices: tuple[tuple[Choice, Colours], ...] = (("dark", DARK), ("light", LIGHT))
    for choice, colours in choices:
        with qtbot.waitSignal(context.theme.changed):
            context.theme.choose(choice)
        assert context.theme.colours is colours
        assert qapp.palette().color(QPalette.ColorRole.Base) == QColor(colours.base)
    assert not context.theme.is_dark


def test_system_choice_follows_the_system(context: AppContext, qapp: QApplication):
    context.theme.choose("system")
    dark = qapp.styleHints().colorScheme() == Qt.ColorScheme.Dark
    assert context.theme.is_dark == dark


def test_the_chosen_theme_is_followed(context: AppContext):
    follow_choice(context)
    assert chosen_theme(context.preferences) == "system"
    context.preferences.choose("theme", "dark")
    assert context.theme.is_dark


@pytest.mark.parametrize(
    "name", sorted(path.stem for path in resource("icons").glob("*.svg")), ids=str
)
def test_every_icon_draws_something_in_the_wanted_colour(name: str, qapp: QApplication):
    image = pixmap(name, "#ff0000", 32, 2.0).toImage()
    assert image.width() == 64
    colours = {
        image.pixelColor(x, y).name()
        for x in range(64)
        for y in range(64)
        if image.pixelColor(x, y).alpha() > 250
    }
    assert colours
    if name != "app":
        assert colours == {"#ff0000"}


def test_every_kind_has_an_icon_and_a_colour():
    for icon, colour in KIND_ICONS.values():
        assert resource(f"icons/{icon}.svg").exists()
        assert hasattr(LIGHT, colour)
