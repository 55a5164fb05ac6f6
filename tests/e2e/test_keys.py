"""Every key that F1 lists for a part of the window is pressed in that part, and does what it says.

The parts ask the same table what a key means; here each answer is seen to be acted upon.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from inspector.gui import keys
from inspector.gui.export.dialog import ExportDialog
from inspector.gui.export.rule_rows import ChoiceRow
from inspector.gui.viewers.distribution import DistributionViewer
from inspector.gui.viewers.heat_map import HeatMapViewer
from inspector.gui.viewers.modules import ModulesViewer
from inspector.gui.viewers.summary import SummaryViewer
from inspector.gui.viewers.values import ValuesViewer
from inspector.gui.widgets.divider import Divided
from inspector.gui.widgets.headings import HeadingCursor
from tests.e2e.looking import view_of

Case = tuple[Callable[[], object], Callable[[], bool]]
"""What to put in order before a key, and what holds after it."""
PATIENCE = 20_000


def press_every_key(
    qtbot: QtBot, part: str, cases: Mapping[str, Case], widget: Callable[[], QWidget]
) -> None:
    """Press all keys of a part in a widget that has the keyboard."""
    asks = [row_asks for row in keys.KEYS if row.part == part for row_asks in row.asks]
    assert {name for _, name in asks} == {*cases}
    for pressed, name in asks:
        before, holds = cases[name]
        before()
        target = widget()
        QTest.keySequence(target, QKeySequence(pressed))
        with_words = f"{part}: {pressed}"
        try:
            qtbot.waitUntil(holds, timeout=PATIENCE)
        except Exception as error:
            raise AssertionError(with_words) from error


def keyboard() -> QWidget:
    """Return what has the keyboard."""
    found = QApplication.focusWidget()
    assert found is not None
    return found


def focused(widget: QWidget) -> Callable[[], QWidget]:
    def give() -> QWidget:
        widget.setFocus()
        return widget

    return give


@pytest.fixture
def view(open_window: Any, files: Path) -> Any:
    window = open_window(files / "training.pt")
    window.resize(1180, 740)
    return view_of(window)


def looked_at(qtbot: QtBot, view: Any, kind: type, path: tuple[Any, ...]) -> Any:
    """Show a path in one way, and wait until it is shown."""
    view.panel.prefer(kind)
    view.tree.go_to(path)
    qtbot.waitUntil(lambda: isinstance(view.panel.viewer(), kind), timeout=PATIENCE)
    viewer = view.panel.viewer()
    assert isinstance(viewer, kind)
    qtbot.waitUntil(lambda: getattr(viewer, "state", "shown") == "shown", timeout=PATIENCE)
    return viewer


def test_there_is_a_test_for_every_part() -> None:
    tested = Path(__file__).read_text("utf-8")
    parts = {row.part for row in keys.KEYS}
    names = [name for name, value in vars(keys).items() if value in list(parts)]
    assert len(names) == len(parts)
    assert [name for name in names if f"keys.{name}," not in tested] == []


def test_the_tree(view: Any, qtbot: QtBot) -> None:
    tree = view.tree.view
    model = tree.tree_model
    opened = {}

    def line(*path: Any) -> int:
        return int(model().reveal(path))

    def at(*path: Any, opens: bool = True) -> Callable[[], None]:
        def go() -> None:
            tree.go_to(("model", "0.weight"))
            if not opens:
                model().collapse(line("model"))
            tree.go_to(path)
            opened["before"] = model().is_expanded(line("model"))

        return go

    def toggled() -> bool:
        return bool(model().is_expanded(tree.currentIndex().row()) != opened["before"])

    def search() -> None:
        with qtbot.waitSignal(view.tree.arranged):
            view.tree.search.setText("bias")

    cases: dict[str, Case] = {
        "toggle": (at("model"), toggled),
        "activate": (at("model"), toggled),
        "step_in": (at("model"), lambda: tree.current_path() == ("model", "0.weight")),
        "step_out": (at("model", "0.weight"), lambda: tree.current_path() == ("model",)),
        "first": (at("model"), lambda: tree.currentIndex().row() == 0),
        "last": (at("model"), lambda: tree.currentIndex().row() == model().rowCount() - 1),
        "select": (at("model"), lambda: tree.selected_count() == 2),
        "leave": (search, lambda: view.tree.search.text() == ""),
    }
    press_every_key(qtbot, keys.TREE, cases, focused(tree))


def test_the_field_to_search(view: Any, qtbot: QtBot) -> None:
    box = view.tree.search
    cases: dict[str, Case] = {
        "leave": (lambda: None, lambda: view.tree.view.hasFocus()),
        "empty": (lambda: box.setText("bias"), lambda: box.text() == ""),
    }
    press_every_key(qtbot, keys.SEARCH, cases, focused(box))


def test_a_menu_of_ticks(view: Any, qtbot: QtBot) -> None:
    menu = view.tree.filter_bar.menu
    qtbot.waitUntil(lambda: "float32" in view.tree.model.known.marks.dtypes)

    def show() -> None:
        menu.popup(view.mapToGlobal(QPoint(50, 50)))
        lines = {action.text().split("\t")[0]: action for action in menu.actions()}
        menu.setActiveAction(lines["float32"])

    cases: dict[str, Case] = {
        "tick": (show, lambda: menu.isVisible() and bool(view.tree.filter_bar.filters.dtypes))
    }
    press_every_key(qtbot, keys.MENU, cases, lambda: menu)
    menu.close()


def test_a_table(view: Any, qtbot: QtBot) -> None:
    viewer = looked_at(qtbot, view, ModulesViewer, ("model",))
    qtbot.waitUntil(lambda: viewer.model.rowCount() == 2)

    def begin() -> None:
        viewer.table.setCurrentIndex(viewer.model.index(1, 0))

    cases: dict[str, Case] = {"choose": (begin, lambda: len(view.current_path()) == 2)}
    press_every_key(qtbot, keys.TABLE, cases, focused(viewer.table))


def test_a_table_of_values(view: Any, qtbot: QtBot) -> None:
    viewer = looked_at(qtbot, view, ValuesViewer, ("model", "0.weight"))
    table = viewer.table
    asked: list[int] = []
    table.page_requested.connect(asked.append)

    def at(row: int) -> Callable[[], None]:
        def go() -> None:
            asked.clear()
            QGuiApplication.clipboard().clear()
            table.setCurrentIndex(table.model().index(row, 0))

        return go

    last = table.model().rowCount() - 1
    cases: dict[str, Case] = {
        "copy": (at(0), lambda: bool(QGuiApplication.clipboard().text())),
        "next": (at(last), lambda: asked == [1]),
        "previous": (at(0), lambda: asked == [-1]),
    }
    press_every_key(qtbot, keys.VALUES, cases, focused(table))


def test_the_headings(view: Any, qtbot: QtBot) -> None:
    tree = view.tree.view
    header = tree.horizontalHeader()
    size, place, order = {}, {}, {}

    def at(column: int) -> Callable[[], None]:
        def go() -> None:
            tree.setFocus()
            view.window().action("headings").trigger()
            QTest.keyClick(cursor(), Qt.Key.Key_Home)
            for _ in range(header.visualIndex(column)):
                if here() != column:
                    QTest.keyClick(cursor(), Qt.Key.Key_Right)
            assert here() == column
            size["before"] = header.sectionSize(column)
            place["before"] = header.visualIndex(column)
            order["before"] = header.sortIndicatorSection(), header.sortIndicatorOrder()

        return go

    def cursor() -> HeadingCursor:
        found = keyboard()
        assert isinstance(found, HeadingCursor)
        return found

    def here() -> int:
        return int(header.logicalIndexAt(cursor().geometry().center()))

    def by(sizes: dict[str, int], now: Callable[[], int], way: int) -> Callable[[], bool]:
        return lambda: (now() - sizes["before"]) * way > 0

    def menu() -> bool:
        shown = [one for one in tree.findChildren(QMenu) if one.isVisible()]
        for one in shown:
            one.close()
        return bool(shown)

    shown = [n for n in range(header.count()) if not header.isSectionHidden(n)]
    cases: dict[str, Case] = {
        "previous": (at(1), lambda: here() == 0),
        "next": (at(0), lambda: here() == 1),
        "first": (at(2), lambda: here() == 0),
        "last": (at(1), lambda: here() == shown[-1]),
        "wider": (at(2), by(size, lambda: header.sectionSize(2), 1)),
        "narrower": (at(2), by(size, lambda: header.sectionSize(2), -1)),
        "move_right": (at(1), by(place, lambda: header.visualIndex(1), 1)),
        "move_left": (at(2), lambda: True),
        "sort": (at(0), lambda: (header.sortIndicatorSection(), header.sortIndicatorOrder())
                 != order["before"]),
        "menu": (at(1), menu),
        "leave": (at(1), tree.hasFocus),
    }  # fmt: skip
    press_every_key(qtbot, keys.HEADINGS, cases, cursor)


def test_widths_and_places_of_columns_are_remembered(open_window: Any, files: Path) -> None:
    window = open_window(files / "training.pt")
    window.resize(1280, 800)
    tree = view_of(window).tree.view
    tree.setFocus()
    QTest.keyClick(tree, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    cursor = keyboard()
    QTest.keyClick(cursor, Qt.Key.Key_Right)
    width = tree.columnWidth(1)
    QTest.keySequence(cursor, QKeySequence("Shift+Right"))
    QTest.keySequence(cursor, QKeySequence("Alt+Right"))
    assert tree.columnWidth(1) == width + 12
    assert tree.horizontalHeader().visualIndex(1) == 2
    window.close()
    again = open_window(files / "training.pt")
    again.resize(1280, 800)
    tree = view_of(again).tree.view
    assert tree.columnWidth(1) == width + 12
    assert tree.horizontalHeader().visualIndex(1) == 2
    tree.columns.reset()
    assert tree.columnWidth(1) == width
    assert tree.horizontalHeader().visualIndex(1) == 1


def check_divider(qtbot: QtBot, window: QWidget, divided: Divided, start: QWidget) -> None:
    """Move a divider by all keys; it is the one around what has the keyboard."""
    before = {}
    middle = (divided.width() + divided.height()) // 2

    def begin() -> None:
        start.setFocus()
        assert start.hasFocus()
        QTest.keyClick(window, Qt.Key.Key_F7)
        if grip().accessibleName() != "Divider between {} and {}".format(*divided.between):
            QTest.keyClick(window, Qt.Key.Key_F7)
        divided.move_to(sum(cast(tuple[int, int], divided.getRange(1))) // 2)
        before["place"] = divided.place()

    def grip() -> QWidget:
        found = keyboard()
        assert found.property("grip"), found
        return found

    def moved(least: int, most: int) -> Case:
        return begin, lambda: least <= divided.place() - before["place"] <= most

    cases: dict[str, Case] = {
        "back": moved(-12, -1),
        "on": moved(1, 12),
        "far_back": moved(-70, -13),
        "far_on": moved(13, 70),
        "first": moved(-middle, -1),
        "last": moved(1, middle),
        "leave": (begin, start.hasFocus),
    }
    press_every_key(qtbot, keys.DIVIDER, cases, grip)


def test_the_divider_of_a_checkpoint_is_moved_and_remembered(
    open_window: Any, files: Path, qtbot: QtBot
) -> None:
    window = open_window(files / "training.pt")
    view = view_of(window)
    check_divider(qtbot, window, view.splitter, view.tree.view)
    QTest.keyClick(window, Qt.Key.Key_F7)
    QTest.keySequence(keyboard(), QKeySequence("Shift+Left"))
    share = view.splitter.share()
    QTest.keyClick(keyboard(), Qt.Key.Key_Escape)
    window.close()
    again = view_of(open_window(files / "training.pt"))
    assert again.splitter.share() == pytest.approx(share)
    assert again.splitter.share() != pytest.approx(0.64)


def test_a_tab_that_comes_takes_the_divider_away(open_window: Any, files: Path) -> None:
    window = open_window(files / "training.pt", files / "module.pt")
    QTest.keyClick(window, Qt.Key.Key_F7)
    assert keyboard().property("grip")
    QTest.keySequence(window, QKeySequence("Ctrl+PgUp"))
    assert not [one for one in window.findChildren(QWidget) if one.property("grip")
                and one.isVisible()]  # fmt: skip


def test_the_divider_is_had_by_the_menu_too(open_window: Any, files: Path, qtbot: QtBot) -> None:
    window = open_window(files / "training.pt")
    tree = view_of(window).tree.view
    tree.setFocus()
    QTest.keyClick(window, Qt.Key.Key_V, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    menu = QApplication.activePopupWidget()
    assert menu is not None
    QTest.keyClick(menu, Qt.Key.Key_V)
    qtbot.waitUntil(lambda: bool(keyboard().property("grip")))
    QTest.keyClick(keyboard(), Qt.Key.Key_Escape)
    assert tree.hasFocus()


def test_facts_are_walked_and_copied(view: Any, qtbot: QtBot) -> None:
    viewer = looked_at(qtbot, view, SummaryViewer, ("model", "0.weight"))
    labels = [value for _, value in viewer.grid._rows if value.isVisible()]
    clipboard = QGuiApplication.clipboard()

    def at(number: int) -> Callable[[], None]:
        def go() -> None:
            clipboard.clear()
            labels[number].setFocus(Qt.FocusReason.TabFocusReason)

        return go

    def part() -> None:
        at(1)()
        labels[1].setSelection(0, 2)

    cases: dict[str, Case] = {
        "next": (at(1), lambda: labels[2].hasFocus() and labels[2].hasSelectedText()),
        "previous": (at(1), lambda: labels[0].hasFocus()),
        "copy": (at(1), lambda: clipboard.text() == labels[1].plain() != ""),
        "select": (part, lambda: len(labels[1].selectedText()) in (1, 3)),
    }
    press_every_key(qtbot, keys.FACTS, cases, keyboard)


def test_facts_are_one_stop_of_the_tab_key_after_their_number_has_changed(
    view: Any, qtbot: QtBot
) -> None:
    viewer = looked_at(qtbot, view, SummaryViewer, ("model", "0.weight"))
    labels = [value for _, value in viewer.grid._rows if value.isVisible()]
    labels[-1].setFocus(Qt.FocusReason.TabFocusReason)
    looked_at(qtbot, view, SummaryViewer, ("epoch",))
    assert labels[-1].isHidden()
    view.panel.tab_bar.setFocus()
    met = []
    for _ in range(4):
        QTest.keyClick(keyboard(), Qt.Key.Key_Tab)
        met.append(keyboard())
    assert len([one for one in met if one in labels]) == 1


def test_a_plot(view: Any, qtbot: QtBot) -> None:
    viewer = looked_at(qtbot, view, DistributionViewer, ("model", "0.weight"))
    plot, asked = viewer.histogram, []
    before: dict[str, Any] = {}
    plot.activated.connect(lambda: asked.append("activate"))

    def begin() -> None:
        asked.clear()
        plot.reset()
        plot.zoom(2)
        before.update(range=plot.x_range(), wide=wide(), words=plot.readout.text())

    def wide() -> float:
        low, high = plot.x_range()
        return float(high - low)

    def moved(way: int) -> Case:
        return begin, lambda: (plot.x_range()[0] - before["range"][0]) * way > 0

    def said() -> bool:
        return plot.readout.text() not in ("", before["words"])

    cases: dict[str, Case] = {
        "previous": (begin, said),
        "next": (begin, said),
        "first": (begin, said),
        "last": (begin, said),
        "activate": (begin, lambda: asked == ["activate"]),
        "nearer": (begin, lambda: wide() < before["wide"]),
        "farther": (begin, lambda: wide() > before["wide"]),
        "left": moved(-1),
        "right": moved(1),
        "up": (begin, lambda: plot.x_range() == before["range"]),  # there is nothing above
        "down": (begin, lambda: plot.x_range() == before["range"]),
        "whole": (begin, lambda: not plot.is_zoomed),
    }
    press_every_key(qtbot, keys.PLOT, cases, focused(plot))


def test_a_heat_map(view: Any, qtbot: QtBot) -> None:
    viewer = looked_at(qtbot, view, HeatMapViewer, ("model", "0.weight"))
    picture, before = viewer.picture, {}

    def begin() -> None:
        QTest.keyClick(picture, Qt.Key.Key_0)
        picture.set_spot((1, 1))
        before["height"] = picture.lens.scale[1]

    def at(row: int, column: int) -> Case:
        return begin, lambda: picture.spot == (row, column)

    def zoomed(way: int) -> Case:
        return begin, lambda: (picture.lens.scale[1] - before["height"]) * way > 0

    def close() -> None:
        begin()
        for _ in range(4):
            QTest.keyClick(picture, Qt.Key.Key_Plus)
        before["height"] = picture.lens.scale[1]

    cases: dict[str, Case] = {
        "left": at(1, 0),
        "right": at(1, 2),
        "up": at(0, 1),
        "down": at(2, 1),
        "far_left": at(1, 0),
        "far_right": at(1, 3),
        "far_up": at(0, 1),
        "far_down": at(2, 1),
        "nearer": zoomed(1),
        "farther": (close, zoomed(-1)[1]),
        "whole": (close, lambda: picture.lens.is_whole),
    }
    press_every_key(qtbot, keys.HEAT_MAP, cases, focused(picture))


def test_a_treemap(view: Any, qtbot: QtBot) -> None:
    viewer = looked_at(qtbot, view, ModulesViewer, ("model",))
    qtbot.waitUntil(lambda: viewer.model.rowCount() == 2)
    treemap = viewer.treemap
    chosen: list[object] = []
    treemap.chosen.connect(chosen.append)
    treemap.resize(400, 300)
    centres = [tile.box for tile in treemap.tiles]
    assert len(centres) > 1
    began = {}

    def at(number: int) -> Callable[[], None]:
        def go() -> None:
            treemap.current = began["at"] = number

        return go

    def moves(way: str) -> Case:
        """Begin where there is a tile that way."""
        across, down = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}[way]

        def begin() -> None:
            for number in range(len(treemap.tiles)):
                at(number)()
                if treemap._next(across, down) != number:
                    return

        return begin, lambda: treemap.current != began["at"] or len(treemap.tiles) < 3

    cases: dict[str, Case] = {
        **{way: moves(way) for way in ("left", "right", "up", "down")},
        "first": (at(1), lambda: treemap.current == 0),
        "last": (at(0), lambda: treemap.current == len(treemap.tiles) - 1),
        "choose": (at(0), lambda: bool(chosen)),
    }
    press_every_key(qtbot, keys.TREEMAP, cases, focused(treemap))


@pytest.fixture
def comparison(open_window: Any, qtbot: QtBot, tmp_path: Path) -> Any:
    import torch

    tensors = {f"layer{n // 9}.{n}.weight": torch.ones(2, 2) * n for n in range(90)}
    torch.save(tensors, tmp_path / "a.pt")
    torch.save({key: value + 1 for key, value in tensors.items()}, tmp_path / "b.pt")
    window = open_window()
    window.compare(str(tmp_path / "a.pt"), str(tmp_path / "b.pt"))
    tab = window.current_comparison()
    qtbot.waitUntil(lambda: tab.view is not None, timeout=PATIENCE)
    view = tab.view
    qtbot.waitUntil(lambda: not view.run.is_busy and view.pane.idle, timeout=PATIENCE)
    return view


def test_a_comparison(comparison: Any, qtbot: QtBot) -> None:
    table, model = comparison.pane.table, comparison.pane.model
    before = {}

    def at(line: int, *, opened: bool = True) -> Callable[[], None]:
        def go() -> None:
            model.set_all(opened=True)
            if not opened:
                model.collapse(line)
            table.go_to_line(line)
            before["open"] = model.is_expanded(0)

        return go

    last = model.rowCount  # a function: lines come and go
    cases: dict[str, Case] = {
        "toggle": (at(0), lambda: model.is_expanded(0) != before["open"]),
        "step_in": (at(0), lambda: table.currentIndex().row() == 1),
        "step_out": (at(1, opened=False), lambda: table.currentIndex().row() == 0),
        "first": (at(4), lambda: table.currentIndex().row() == 0),
        "last": (at(0), lambda: table.currentIndex().row() == last() - 1),
        "leave": (at(0), lambda: not table.currentIndex().isValid()),
    }
    press_every_key(qtbot, keys.COMPARISON, cases, focused(table))


def test_the_overview_of_differences(comparison: Any, qtbot: QtBot) -> None:
    comparison.pane.model.set_all(opened=True)
    strip, bar = comparison.pane.strip, comparison.pane.table.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 100)
    before = {}

    def at(value: int) -> Callable[[], None]:
        def go() -> None:
            bar.setValue(value)
            before["value"] = bar.value()

        return go

    half = bar.maximum() // 2
    cases: dict[str, Case] = {
        "up": (at(half), lambda: bar.value() < before["value"]),
        "down": (at(half), lambda: bar.value() > before["value"]),
        "first": (at(half), lambda: bar.value() == 0),
        "last": (at(half), lambda: bar.value() == bar.maximum()),
    }
    press_every_key(qtbot, keys.STRIP, cases, focused(strip))


def test_the_divider_of_a_comparison(comparison: Any, qtbot: QtBot) -> None:
    check_divider(qtbot, comparison.window(), comparison.splitter, comparison.pane.table)


def test_both_dividers_of_a_series(open_window: Any, qtbot: QtBot, tmp_path: Path) -> None:
    import torch

    for number in range(3):
        torch.save({"w": torch.ones(3) * number, "epoch": number}, tmp_path / f"e{number}.pt")
    window = open_window()
    window.open_series([str(tmp_path / f"e{number}.pt") for number in range(3)])
    qtbot.waitUntil(lambda: window.page().view is not None, timeout=PATIENCE)
    view = window.page().view
    qtbot.waitUntil(lambda: not view.is_busy and view.chart is not None, timeout=PATIENCE)
    qtbot.waitUntil(lambda: view.table.currentIndex().isValid(), timeout=PATIENCE)
    # What was read last comes into the table a job later.
    qtbot.waitUntil(lambda: len(view.model.curves[0].points) == 3, timeout=PATIENCE)
    check_divider(qtbot, window, view.splitters["tensors"], view.table)
    check_divider(qtbot, window, view.splitters["curve"], view.facts)
    plot = view.chart.plot
    plot.setFocus()
    said = []
    for _ in range(3):
        QTest.keyClick(plot, Qt.Key.Key_Right)
        said.append(plot.readout.text())
    assert len({*said}) == 3, said
    assert plot.accessibleDescription() == said[-1]


@pytest.fixture
def exporting(open_window: Any, files: Path, qtbot: QtBot) -> Any:
    window = open_window(files / "training.pt")
    window.action("export").trigger()
    dialog = window.findChild(ExportDialog)
    dialog.resize(1180, 720)
    qtbot.waitUntil(lambda: dialog.body is not None, timeout=PATIENCE)
    with qtbot.waitActive(dialog):
        dialog.activateWindow()
    qtbot.waitUntil(lambda: dialog.body.forecast.is_current, timeout=PATIENCE)
    yield dialog
    dialog.close()


def test_the_divider_of_the_export_window(exporting: Any, qtbot: QtBot) -> None:
    check_divider(qtbot, exporting, exporting.body._splitter, exporting.body.tree.view)


def test_the_tree_of_the_export_window(exporting: Any, qtbot: QtBot, tmp_path: Path) -> None:
    body, target = exporting.body, tmp_path / "out.pt"
    tree, model = body.tree.view, body.tree.model
    branch = next(n for n in range(model.rowCount()) if model.row_at(n).node.children)
    before: dict[str, Any] = {}

    def at(line: int) -> Callable[[], None]:
        def go() -> None:
            tree.setFocus()
            model.expand(branch)
            tree.go_to_line(line)
            before["state"] = model.ticks.state(model.row_at(line).node)

        return go

    def name_it() -> None:
        body.save_bar.suggest(str(target))
        qtbot.waitUntil(lambda: body.forecast.is_current, timeout=PATIENCE)

    at(branch)()
    QTest.keyClick(tree, Qt.Key.Key_Space)  # the one below ticks it again
    cases: dict[str, Case] = {
        "tick": (
            at(branch),
            lambda: model.ticks.state(model.row_at(branch).node) != before["state"],
        ),
        "step_in": (at(branch), lambda: tree.currentIndex().row() == branch + 1),
        "step_out": (at(branch + 1), lambda: tree.currentIndex().row() == branch),
        "toggle": (at(branch), lambda: not model.is_expanded(branch)),
        "first": (at(branch), lambda: tree.currentIndex().row() == 0),
        "last": (at(branch), lambda: tree.currentIndex().row() == model.rowCount() - 1),
        "search": (at(branch), body.tree.bar.box.hasFocus),
        "write": (name_it, target.exists),
        **rule_cases(body.rules.lists["choices"], tree),
    }

    press_every_key(qtbot, keys.EXPORT, cases, exporting.focusWidget)
    qtbot.waitUntil(lambda: not body.save_bar.is_busy, timeout=PATIENCE)


def rule_cases(rules: Any, back: QWidget) -> dict[str, Case]:
    """Move one of two rules, and take them away again."""
    before: dict[str, Any] = {}

    def at(number: int) -> Callable[[], None]:
        def go() -> None:
            for _ in range(2):
                rules.add.click()
            before["rows"] = list(rules.rows)
            row = rules.rows[number]
            assert isinstance(row, ChoiceRow)
            row.pattern.setFocus()

        return go

    def turned() -> bool:
        found = list(rules.rows)
        for row in found:
            row.remove.click()
        back.setFocus()
        return bool(found == before["rows"][::-1])

    return {"rule_up": (at(1), turned), "rule_down": (at(0), turned)}
