"""Two checkpoints of a real training side by side, from the drop to the last heat map."""

from __future__ import annotations

import gc
import json
import os
import signal
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
)
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QMenu, QWidget
from pytestqt.qtbot import QtBot

from inspector.core.analysis.comparison import Choices, PairRequest, Tolerance
from inspector.core.engine import WorkerPool
from inspector.gui import notify
from inspector.gui.app import Application, start
from inspector.gui.diff.columns import COLUMNS, column_number
from inspector.gui.diff.depth import DepthPage
from inspector.gui.diff.heat_maps import HeatMapsPage
from inspector.gui.diff.histograms import HistogramsPage
from inspector.gui.diff.look import USUAL_LOOK, unpacked_look
from inspector.gui.diff.other_values import ValuesPage
from inspector.gui.diff.overview import OverviewPage
from inspector.gui.diff.pages import PAGES
from inspector.gui.diff.scatter import ScatterPage
from inspector.gui.diff.series_view import SeriesView
from inspector.gui.diff.statuses import FILTERS
from inspector.gui.diff.summary import SummaryPage
from inspector.gui.diff.view import ComparisonView
from inspector.gui.window.main_window import MainWindow
from inspector.gui.window.pages import ErrorPage
from tests.e2e.looking import wait_until_open

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
COPY = Qt.DropAction.CopyAction
PATIENCE = 30_000


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train a small net whose first layer is frozen; save epochs, a new head, other wrappers."""
    import torch

    folder = tmp_path_factory.mktemp("run")
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 3),
        torch.nn.BatchNorm2d(8),
        torch.nn.ReLU(),
        torch.nn.Flatten(),
        torch.nn.Linear(8 * 36, 5),
    )
    net[0].requires_grad_(False)
    optimizer = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], lr=1e-2)
    for epoch in range(3):
        loss = net(torch.randn(16, 1, 8, 8)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        state = {"epoch": epoch, "loss": loss.item(), "model": net.state_dict()}
        torch.save(state, folder / f"epoch{epoch}.pt")
    torch.save({f"module.{k}": v for k, v in net.state_dict().items()}, folder / "parallel.pt")
    fresh = {k: v.clone() for k, v in net.state_dict().items()}
    fresh["4.weight"], fresh["4.bias"] = torch.zeros(7, 288), torch.zeros(7)
    fresh["1.weight"][3] = float("nan")
    fresh["extra"] = torch.ones(3)
    torch.save(fresh, folder / "swapped.pt")
    torch.save({f"backbone.{k}.w": v for k, v in net.state_dict().items()}, folder / "renamed.pt")
    (folder / "page.pt").write_text("<!doctype html><title>404</title>")
    many = {f"layers.{n}.weight": torch.full((50_000,), float(n)) for n in range(400)}
    torch.save(many, folder / "many1.pt")
    torch.save({k: v + 1e-3 for k, v in many.items()}, folder / "many2.pt")
    return folder


@pytest.fixture
def compared(open_window: Any, qtbot: QtBot, run: Path) -> Callable[..., ComparisonView]:
    """Compare two files of the run and wait until all bytes have been compared."""

    def compare(a: str, b: str, *, wait: bool = True) -> ComparisonView:
        window = open_window()
        window.compare(str(run / a), str(run / b))
        return view_of(window, qtbot, wait=wait)

    return compare


def view_of(window: MainWindow, qtbot: QtBot, *, wait: bool = True) -> ComparisonView:
    tab = window.current_comparison()
    assert tab is not None
    qtbot.waitUntil(lambda: tab.view is not None, timeout=PATIENCE)
    assert tab.view is not None
    view = tab.view
    if wait:
        qtbot.waitUntil(lambda: not view.run.is_busy and view.pane.idle, timeout=PATIENCE)
    return view


def names(view: ComparisonView) -> list[str]:
    """Return the names of the rows on screen, from top to bottom."""
    model = view.pane.model
    entries = [model.entry(line) for line in range(model.rowCount())]
    return [entry.name for entry in entries if entry.number >= 0]


def statuses(view: ComparisonView) -> dict[str, str]:
    return {row.pair.name: row.status for row in view.run.rows if row.into is None}


def number_of(view: ComparisonView, name: str) -> int:
    return next(row.number for row in view.run.rows if row.pair.name == name)


def shown(view: ComparisonView, page: Any, name: str, qtbot: QtBot) -> Any:
    """Look at a row in one way, and return the page once it shows something."""
    view.panel.prefer(page, whole=False)
    view.pane.go_to(number_of(view, name))
    view.show_row_again()
    found = view.panel.page()
    assert isinstance(found, page)
    qtbot.waitUntil(lambda: found.state != "busy", timeout=PATIENCE)
    return found


def test_a_frozen_layer_is_told_from_what_trained(compared: Any, qtbot: QtBot) -> None:
    view = compared("epoch0.pt", "epoch2.pt")
    found = statuses(view)
    assert found["0.weight"] == found["0.bias"] == "same"
    assert found["1.weight"] == found["4.weight"] == "changed"
    assert all(row.sure for row in view.run.rows)
    view.pane.set_filter(next(row for row in FILTERS if row.name == "frozen"))
    qtbot.waitUntil(lambda: view.pane.idle)
    assert names(view) == ["0.weight", "0.bias"]
    assert "epoch0.pt → epoch2.pt" in view.banner.title.text()
    assert view.status() == f"All {len(view.run.rows)} rows are certain."


def test_no_other_window_flashes_up_on_the_way(compared: Any, qapp: Application) -> None:
    shown_windows = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Show and isinstance(watched, QWidget):
                shown_windows.extend([type(watched).__name__] if watched.isWindow() else [])
            return False

    watch = Watch()
    qapp.installEventFilter(watch)
    view = compared("epoch0.pt", "epoch2.pt")
    for page in PAGES:
        view.panel.prefer(page, whole=False)
        view.step(1)
    qapp.removeEventFilter(watch)
    assert shown_windows == ["MainWindow"]


def test_filters_search_and_sorting(compared: Any, qtbot: QtBot) -> None:
    view = compared("epoch0.pt", "epoch2.pt")
    window = view.window()
    assert isinstance(window, MainWindow)
    window.action("only_changes").trigger()
    qtbot.waitUntil(lambda: view.pane.idle)
    assert "0.weight" not in names(view)
    assert window.action("only_changes").isChecked()
    window.action("only_unchanged").trigger()
    qtbot.waitUntil(lambda: view.pane.idle)
    assert names(view) == ["0.weight", "0.bias"]
    window.action("only_unchanged").trigger()
    qtbot.waitUntil(lambda: view.pane.idle)
    with qtbot.waitSignal(view.pane.arranged):
        qtbot.keyClicks(view.pane.bar.box, "running")
    assert names(view) == ["1.running_mean", "1.running_var"]
    with qtbot.waitSignal(view.pane.arranged):
        view.pane.bar.box.clear()
    column = column_number("relative")
    with qtbot.waitSignal(view.pane.arranged):
        header = view.pane.table.horizontalHeader()
        header.setSortIndicator(column, Qt.SortOrder.DescendingOrder)
    sizes = [view.run.rows[number_of(view, name)].measures.rel_l2 for name in names(view)]
    assert sizes == sorted(sizes, reverse=True)


def test_any_column_sorts_and_filters(compared: Any, qtbot: QtBot) -> None:
    view = compared("epoch0.pt", "epoch2.pt")
    pane, header = view.pane, view.pane.table.horizontalHeader()
    cosine = column_number("cosine")
    place = QPoint(header.sectionViewportPosition(column_number("status")) + 5, 5)
    where = header.viewport()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, where.mapToGlobal(place), NONE)
    QApplication.sendEvent(where, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    sorting, filtering, _ = (action.menu() for action in menu.actions())
    assert isinstance(sorting, QMenu)
    assert isinstance(filtering, QMenu)
    sorting.popup(QPoint(0, 0))
    assert [action.text() for action in sorting.actions()[:2]] == ["Order of &A", "Key"]
    with qtbot.waitSignal(pane.arranged):
        next(one for one in sorting.actions() if one.text() == "Cosine").trigger()
    sorting.close()
    next(one for one in filtering.actions() if one.text() == "Relative L2…").trigger()
    menu.close()
    assert header.sortIndicatorSection() == cosine
    assert not pane.table.isColumnHidden(cosine)
    order = [view.run.rows[number_of(view, name)].measures.cosine for name in names(view)]
    assert order == sorted(order, reverse=True)
    assert pane.bar.box.text() == "l2>"
    with qtbot.waitSignal(pane.arranged):
        qtbot.keyClicks(pane.bar.box, "0.5 running")
    moved = {row.pair.name for row in view.run.rows if row.measures.rel_l2 > 0.5}
    assert set(names(view)) == {name for name in moved if "running" in name}
    pane.bar.box.clear()
    qtbot.keyClicks(pane.bar.box, "l2>much")
    qtbot.waitUntil(pane.problem.isVisible)
    assert "A number has to follow l2>" in pane.problem.plain()


def test_keys_go_from_difference_to_difference(compared: Any, qtbot: QtBot) -> None:
    view = compared("epoch0.pt", "epoch2.pt")
    visited = []
    for _ in range(3):
        qtbot.keyClick(view.window(), Qt.Key.Key_F8)
        visited.append(view.run.rows[view.pane.table.current_number()].pair.name)
    assert visited == ["1.weight", "1.bias", "1.running_mean"]
    qtbot.keyClick(view.window(), Qt.Key.Key_F8, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(view.window(), Qt.Key.Key_F8, Qt.KeyboardModifier.ShiftModifier)
    assert view.run.rows[view.pane.table.current_number()].pair.name == "1.weight"
    qtbot.keyClick(view.window(), Qt.Key.Key_F8, Qt.KeyboardModifier.ShiftModifier)
    assert view.notice.words() == "There is no difference further above."


def test_every_page_of_a_row(compared: Any, qtbot: QtBot) -> None:
    view = compared("epoch0.pt", "epoch2.pt")
    name = "4.weight"
    row = view.run.rows[number_of(view, name)]
    summary = shown(view, SummaryPage, name, qtbot)
    assert "Changed" in summary.sentence.plain()
    histograms = shown(view, HistogramsPage, name, qtbot)
    bins = histograms.histogram.bins()
    assert sum(one.a for one in bins) == pytest.approx(5 * 288)
    assert sum(one.b for one in bins) == pytest.approx(5 * 288)
    heat = shown(view, HeatMapsPage, name, qtbot)
    a, b, apart = heat._overview
    assert (apart.values == b.values.astype(float) - a.values.astype(float)).all()
    assert abs(apart.values).max() == row.measures.max_abs
    heat.pictures[2].set_spot(row.measures.at)
    assert heat.pictures[0].spot == row.measures.at
    assert heat.value.plain().count("\n") == 2
    scatter = shown(view, ScatterPage, name, qtbot)
    assert scatter.note.plain().startswith(f"All 1{chr(0x202F)}440 pairs.")
    depth = shown(view, DepthPage, name, qtbot)
    assert {spot.is_same for spot in depth.spots} == {True, False}


def values_on_screen(page: ValuesPage) -> list[list[str]]:
    """Return the lines of the tree of values: depth, step and the texts of the other columns."""
    model = page.model
    return [
        [f"{model.entry(line).depth} {model.entry(line).step}"]
        + [model.text(line, column) for column in range(1, model.columnCount())]
        for line in range(model.rowCount())
    ]


def test_other_values_are_a_tree_of_what_differs(
    open_window: Any, qtbot: QtBot, tmp_path: Path
) -> None:
    import torch

    net = torch.nn.Linear(2, 2)
    for epoch in (10, 20):
        optimizer = torch.optim.Adam(net.parameters(), lr=1 / epoch)
        config = {"name": "net", "depth": "2" if epoch == 10 else 2, "data": {"seed": 1}}
        config["old" if epoch == 10 else "new"] = epoch
        state = {"epoch": epoch, "config": config, "optimizer": optimizer.state_dict()}
        torch.save({**state, "model": net.state_dict()}, tmp_path / f"epoch{epoch}.pt")
    window = open_window()
    window.compare(str(tmp_path / "epoch10.pt"), str(tmp_path / "epoch20.pt"))
    view = view_of(window, qtbot)
    qtbot.mouseClick(view.banner.values, LEFT)
    page = view.panel.page()
    assert isinstance(page, ValuesPage)
    qtbot.waitUntil(lambda: page.idle, timeout=PATIENCE)
    shown = values_on_screen(page)
    assert shown.pop(5)[1].startswith("1 of ")  # as many options as this torch has
    assert shown == [
        ["0 epoch", "changed", "10", "20", "+10"],
        ["0 config", "3 of 5 differ", "", "", ""],
        ["1 depth", "other type", "'2'", "2", ""],
        ["1 old", "removed", "10", "–", ""],
        ["1 new", "added", "–", "20", ""],
        ["1 lr", "changed", "0.1", "0.05", "−0.05"],
    ]
    assert "str → int" in page.model.explained(2, 1)
    qtbot.mouseClick(page.segments.button(0), LEFT)
    qtbot.waitUntil(lambda: page.idle, timeout=PATIENCE)
    assert ["2 seed", "same", "1", "1", ""] in values_on_screen(page)
    page.table.go_to_line(1)
    qtbot.keyClick(page.table, Qt.Key.Key_Left)
    assert not any("seed" in line[0] for line in values_on_screen(page))
    qtbot.mouseClick(page.segments.button(1), LEFT)
    qtbot.keyClicks(page.search, "opt*lr")
    qtbot.waitUntil(lambda: page.idle and page.model.rowCount() == 2, timeout=PATIENCE)
    page.search.clear()
    header = page.table.horizontalHeader()
    with qtbot.waitSignal(page.model.modelReset):
        header.setSortIndicator(1, Qt.SortOrder.AscendingOrder)
    ranked = [line[:2] for line in values_on_screen(page)]
    assert ranked[0] == ["0 epoch", "changed"]
    assert ranked[-1] == ["0 config.depth", "other type"]


def test_values_of_wrapped_state_stand_beside_each_other(
    open_window: Any, qtbot: QtBot, tmp_path: Path
) -> None:
    import torch

    net = torch.nn.BatchNorm1d(2)
    torch.save({"model": {**net.state_dict(), "version": 1}}, tmp_path / "a.pt")
    torch.save({**net.state_dict(), "version": 1, "extra.key": 5}, tmp_path / "b.pt")
    window = open_window()
    window.compare(str(tmp_path / "a.pt"), str(tmp_path / "b.pt"))
    view = view_of(window, qtbot)
    view.show_values()
    page = view.panel.page()
    assert isinstance(page, ValuesPage)
    qtbot.waitUntil(lambda: page.idle, timeout=PATIENCE)
    assert values_on_screen(page) == [
        ["0 model", "1 of 2 differ", "", "", ""],
        ["1 extra.key", "added", "–", "5", ""],
    ]


def test_wrappers_are_looked_through_and_that_can_be_switched_off(
    compared: Any, qtbot: QtBot
) -> None:
    view = compared("epoch2.pt", "parallel.pt")
    assert set(statuses(view).values()) == {"same"}
    assert "module." in view.banner.through.plain()
    assert view.notice.words().startswith("All tensors are the same in both.")
    tab = view.window().current_comparison()
    page = view.panel.page()
    assert isinstance(page, OverviewPage)
    qtbot.mouseClick(page.prefixes, LEFT, pos=QPoint(8, page.prefixes.height() // 2))
    qtbot.waitUntil(lambda: tab.view is not view, timeout=PATIENCE)
    view = view_of(tab.window(), qtbot)
    page = view.panel.page()
    assert isinstance(page, OverviewPage)
    qtbot.mouseClick(page.wrappers, LEFT, pos=QPoint(8, page.wrappers.height() // 2))
    before = view
    qtbot.waitUntil(lambda: tab.view is not before, timeout=PATIENCE)
    view = view_of(tab.window(), qtbot)
    assert set(statuses(view).values()) == {"renamed"}  # by their content: names tell nothing


def test_a_new_head_and_nan(compared: Any, qtbot: QtBot) -> None:
    view = compared("parallel.pt", "swapped.pt")
    found = statuses(view)
    assert found["4.weight"] == found["4.bias"] == "shape"
    assert found["extra"] == "added"
    assert "+1 NaN" in COLUMNS[1].of_row(view.run.rows[number_of(view, "1.weight")])
    heat = shown(view, HeatMapsPage, "4.weight", qtbot)
    assert heat.state == "empty"
    histograms = shown(view, HistogramsPage, "extra", qtbot)
    assert histograms.found.a is None
    assert view.panel.titles() == ["Summary", "Histograms", "By depth"]


def test_nan_is_told_above_where_it_came_in(compared: Any) -> None:
    view = compared("parallel.pt", "swapped.pt")
    model = view.pane.model
    shown = {model.entry(line).name: line for line in range(model.rowCount())}
    relative = column_number("relative")
    assert model.text(shown["1"], relative) == model.text(shown["1.weight"], relative) == "NaN"


def test_charts_say_what_nan_keeps_them_from_drawing(compared: Any, qtbot: QtBot) -> None:
    view = compared("parallel.pt", "swapped.pt")
    depth = shown(view, DepthPage, "1.weight", qtbot)
    odd = next(spot for spot in depth.spots if spot.number == number_of(view, "1.weight"))
    assert odd.is_odd
    assert not odd.is_same
    assert odd.change == max(spot.change for spot in depth.spots)
    assert "1 tensor moved, 1 to or from NaN or infinity: at the top" in depth.note.plain()
    scatter = shown(view, ScatterPage, "1.weight", qtbot)
    words = "All 7 pairs that are finite. 1 pair with NaN or Inf cannot be drawn."
    assert scatter.note.plain() == words


def test_a_damaged_side_says_so(open_window: Any, qtbot: QtBot, run: Path, tmp_path: Path) -> None:
    whole = (run / "many1.pt").read_bytes()
    (tmp_path / "cut.pt").write_bytes(whole[: len(whole) // 2])
    window = open_window()
    window.compare(str(run / "many1.pt"), str(tmp_path / "cut.pt"))
    view = view_of(window, qtbot)
    unread = view.run.counts["unread"]
    assert unread
    assert view.notice.words().startswith(f"The values of {unread} tensors cannot be had. ")
    assert view.status() == f"{unread} of 400 rows not read."


def test_two_without_anything_in_common(compared: Any, qtbot: QtBot) -> None:
    view = compared("epoch0.pt", "many1.pt")
    assert view.notice.words().startswith("They have no tensor in common.")
    assert view.banner.values.text().endswith(" other values only in A")


def test_renamed_tensors_have_one_row(compared: Any) -> None:
    view = compared("parallel.pt", "renamed.pt")
    assert "renamed" in set(statuses(view).values())
    assert view.banner.counts["renamed"].isVisible()


def test_tolerance_makes_noise_of_small_changes(compared: Any, qtbot: QtBot) -> None:
    view = compared("epoch0.pt", "epoch2.pt")
    page = view.panel.page()
    assert isinstance(page, OverviewPage)
    page.atol.setFocus()
    page.atol.selectAll()
    qtbot.keyClicks(page.atol, "1000")
    qtbot.keyClick(page.atol, Qt.Key.Key_Return)
    assert "changed" not in set(statuses(view).values())
    assert view.banner.counts["noise"].isVisible()


def test_swapping_sides(compared: Any, qtbot: QtBot) -> None:
    view = compared("parallel.pt", "swapped.pt")
    window = view.window()
    tab = window.current_comparison()
    window.action("swap_sides").trigger()
    qtbot.waitUntil(lambda: tab.view is not view, timeout=PATIENCE)
    swapped = view_of(window, qtbot)
    assert statuses(swapped)["extra"] == "removed"
    assert window.tabs.tabText(0).startswith("swapped.pt")


@pytest.fixture
def halted(engine: WorkerPool) -> Iterator[Callable[[], None]]:
    """Halt the processes, so that nothing is compared before the test says so."""
    engine.warm()
    pids = engine.pids()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)

    def go_on() -> None:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    yield go_on
    go_on()


def test_cancel_in_the_middle_and_go_on(
    compared: Any, qtbot: QtBot, halted: Callable[[], None]
) -> None:
    view = compared("many1.pt", "many2.pt", wait=False)
    qtbot.waitUntil(lambda: len(view.run.rows) == 400 and view.pane.idle, timeout=PATIENCE)
    assert not any(row.sure for row in view.run.rows)
    assert COLUMNS[1].of_row(view.run.rows[0]) == "probably changed"
    with qtbot.waitSignal(view.run.settled, timeout=PATIENCE):
        qtbot.mouseClick(view.strip.cancel, LEFT)
    assert view.run.state == "stopped"
    assert view.notice.words().startswith("Stopped: 0 of 400 rows are certain")
    qtbot.waitUntil(lambda: view.pane.idle, timeout=PATIENCE)
    assert view.pane.model.rowCount()
    assert view.banner.counts["changed"].text() == "400 probably changed"
    halted()
    with qtbot.waitSignal(view.run.settled, timeout=PATIENCE):
        qtbot.mouseClick(view.notice.buttons()[0], LEFT)
    qtbot.waitUntil(lambda: view.run.sure == 400, timeout=PATIENCE)
    assert set(statuses(view).values()) == {"changed"}
    assert view.banner.counts["changed"].text() == "400 changed"


def test_a_process_that_is_killed_leaves_what_is_known(
    compared: Any, qtbot: QtBot, engine: WorkerPool, halted: Callable[[], None]
) -> None:
    view = compared("many1.pt", "many2.pt", wait=False)
    qtbot.waitUntil(lambda: len(view.run.rows) == 400, timeout=PATIENCE)
    with qtbot.waitSignal(view.run.settled, timeout=PATIENCE):
        for pid in engine.pids():
            os.kill(pid, signal.SIGKILL)
    assert view.run.state == "failed"
    assert "process that was computing has ended" in view.notice.words()
    with qtbot.waitSignal(view.run.settled, timeout=PATIENCE):
        qtbot.mouseClick(view.notice.buttons()[0], LEFT)
    assert view.run.state == "done"


def test_a_file_that_changes_says_so(
    open_window: Any, qtbot: QtBot, run: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.pt"
    copy.write_bytes((run / "epoch0.pt").read_bytes())
    window = open_window()
    window.compare(str(run / "epoch1.pt"), str(copy))
    view_of(window, qtbot)
    tab = window.current_comparison()
    copy.write_bytes((run / "epoch2.pt").read_bytes())
    tab.look_again()
    qtbot.waitUntil(lambda: "copy.pt" in tab.notice.words(), timeout=PATIENCE)
    qtbot.mouseClick(tab.notice.buttons()[0], LEFT)
    view = view_of(window, qtbot)
    assert statuses(view)["4.weight"] == "changed"


def test_two_that_cannot_be_compared(open_window: Any, qtbot: QtBot, run: Path) -> None:
    window = open_window()
    window.compare(str(run / "epoch0.pt"), str(run / "page.pt"))
    tab = window.current_comparison()
    qtbot.waitUntil(lambda: not tab.is_busy, timeout=PATIENCE)
    page = tab.findChild(ErrorPage)
    assert page.title() == "These two cannot be compared"
    assert "page.pt" in page.message.plain()


def test_one_file_dropped_on_an_open_checkpoint(open_window: Any, qtbot: QtBot, run: Path) -> None:
    window = open_window(run / "epoch0.pt")
    drop(window, [run / "epoch2.pt"], right=True)
    assert window.drop_hint.zones() == ["Open", "Compare with epoch0.pt"]
    view = view_of(window, qtbot)
    assert view.sides.a.source.uri.endswith("epoch0.pt")
    assert view.sides.b.source.uri.endswith("epoch2.pt")


def test_two_files_dropped_together(open_window: Any, qtbot: QtBot, run: Path) -> None:
    window = open_window()
    drop(window, [run / "epoch0.pt", run / "epoch1.pt"], right=True)
    assert window.drop_hint.zones() == ["Open both", "Compare the two"]
    assert view_of(window, qtbot).sides.b.source.uri.endswith("epoch1.pt")


def drop(window: MainWindow, files: list[Path], *, right: bool) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    x = window.width() * (3 if right else 1) // 4
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(5, 50), COPY, mime, LEFT, NONE))
    QApplication.sendEvent(window, QDragMoveEvent(QPoint(x, 50), COPY, mime, LEFT, NONE))
    QApplication.sendEvent(window, QDropEvent(QPointF(x, 50), COPY, mime, LEFT, NONE))


def test_menus(open_window: Any, qtbot: QtBot, run: Path, monkeypatch: Any) -> None:
    window = open_window(run / "epoch0.pt")
    window.open_uri(str(run / "epoch1.pt"))
    wait_until_open(qtbot, window)
    window.action("compare_open").trigger()
    view = view_of(window, qtbot)
    assert view.sides.a.source.uri.endswith("epoch1.pt")
    assert not window.action("compare").isEnabled()
    window.tabs.setCurrentIndex(0)
    monkeypatch.setattr(notify, "choose_checkpoints", lambda *_: [str(run / "epoch2.pt")])
    window.action("compare").trigger()
    view = view_of(window, qtbot)
    assert view.sides.b.source.uri.endswith("epoch2.pt")
    assert len(window.comparisons()) == 2
    window.action("copy_key").trigger()
    view.pane.table.go_to_line(1)
    window.action("copy_key").trigger()
    assert QGuiApplication.clipboard().text() == view.pane.model.entry(1).name
    window.action("close_tab").trigger()
    assert len(window.comparisons()) == 1


def test_the_window_starts_with_a_comparison(
    qapp: Application, open_window: Any, qtbot: QtBot, run: Path
) -> None:
    first = open_window()
    asked = PairRequest(str(run / "epoch0.pt"), str(run / "epoch1.pt"))
    window = start(qapp, first.context, [], compare=asked)
    qtbot.addWidget(window)
    assert view_of(window, qtbot).run.state == "done"


def test_comparisons_come_back_with_the_last_session(
    open_window: Any, qtbot: QtBot, run: Path
) -> None:
    window = open_window(run / "epoch1.pt")
    window.compare(str(run / "epoch2.pt"), str(run / "parallel.pt"))
    view = view_of(window, qtbot)
    page = view.panel.page()
    assert isinstance(page, OverviewPage)
    qtbot.mouseClick(page.prefixes, LEFT, pos=QPoint(8, page.prefixes.height() // 2))
    tab = window.current_comparison()
    qtbot.waitUntil(lambda: tab.view is not view, timeout=PATIENCE)
    view = view_of(window, qtbot)
    page = view.panel.page()
    assert isinstance(page, OverviewPage)
    page.rtol.setFocus()
    page.rtol.selectAll()
    qtbot.keyClicks(page.rtol, "0.001")
    qtbot.keyClick(page.rtol, Qt.Key.Key_Return)
    window.action("swap_sides").trigger()
    qtbot.waitUntil(lambda: tab.view is not view, timeout=PATIENCE)
    window.open_series([str(run / f"epoch{n}.pt") for n in range(3)])
    window.tabs.setCurrentWidget(tab)
    asked = tab.request
    assert asked == PairRequest(
        str(run / "parallel.pt"),
        str(run / "epoch2.pt"),
        Choices(prefixes=False),
        Tolerance(0.001, 0.0),
    )
    with qtbot.waitSignal(window.copied):
        window.action("copy_command").trigger()
    a, b = asked.addresses
    command = f"inspector diff {a} {b} --gui --through wrappers --rtol 0.001"
    assert QGuiApplication.clipboard().text() == command
    window.close()
    window = open_window(wait=False)
    assert window.welcome.session.text() == "Open the last 3 again"
    qtbot.mouseClick(window.welcome.session, LEFT)
    assert [type(window.tabs.widget(n)).__name__ for n in range(3)] == [
        "CheckpointTab",
        "ComparisonTab",
        "SeriesTab",
    ]
    tab = window.comparisons()[0]
    assert tab.request == asked
    with qtbot.waitSignal(window.copied):
        window.action("copy_command").trigger()
    assert QGuiApplication.clipboard().text().endswith("epoch1.pt " + str(run / "epoch2.pt --gui"))
    window.tabs.setCurrentWidget(tab)
    view = view_of(window, qtbot)
    assert view.run.tolerance.rtol == 0.001
    window.show_comparison(asked)
    assert window.comparisons() == [tab]


def test_how_one_looks_at_a_comparison_comes_back_too(
    open_window: Any, qtbot: QtBot, run: Path
) -> None:
    window = open_window()
    window.compare(str(run / "epoch0.pt"), str(run / "epoch2.pt"))
    view = view_of(window, qtbot)
    qtbot.mouseClick(view.pane.segments.button(1), LEFT)
    qtbot.mouseClick(view.pane.group, LEFT)
    header = view.pane.table.horizontalHeader()
    for _ in range(2):
        at = QPoint(header.sectionViewportPosition(4) + 20, header.height() // 2)
        qtbot.mouseClick(header.viewport(), LEFT, pos=at)
    qtbot.keyClicks(view.pane.bar.box, "weight")
    qtbot.waitUntil(lambda: names(view) == ["4.weight", "1.weight"], timeout=PATIENCE)
    view.pane.table.setFocus()
    qtbot.keyClick(view.pane.table, Qt.Key.Key_Down)
    qtbot.keyClick(view.pane.table, Qt.Key.Key_Down)
    before = view.pane.look()
    assert before.row == "1.weight"
    tab = window.current_comparison()
    window.action("swap_sides").trigger()
    qtbot.waitUntil(lambda: tab.view is not view, timeout=PATIENCE)
    assert view_of(window, qtbot).pane.look() == before
    window.close()
    window = open_window(wait=False)
    qtbot.mouseClick(window.welcome.session, LEFT)
    view = view_of(window, qtbot)
    assert view.pane.look() == before
    assert names(view) == ["4.weight", "1.weight"]
    assert view.panel.title.text() == "1.weight"
    assert view.pane.segments.current() == 1


@pytest.mark.parametrize("found", [None, [], {"filter": 3, "column": {}, "mode": "?", "row": 1}])
def test_what_is_no_look_is_the_usual_one(found: object) -> None:
    assert unpacked_look(found) == USUAL_LOOK


def test_names_in_files_are_never_markup(open_window: Any, qtbot: QtBot, tmp_path: Path) -> None:
    import torch

    for number in (1, 2):
        torch.save({"<b>bold</b>": torch.ones(2) * number}, tmp_path / f"<i>{number}.pt")
    window = open_window()
    window.compare(str(tmp_path / "<i>1.pt"), str(tmp_path / "<i>2.pt"))
    view = view_of(window, qtbot)
    view.step(1)
    assert view.panel.title.text() == "<b>bold</b>"
    assert "&lt;b&gt;" in view.pane.model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)


@pytest.mark.parametrize("form", ["html", "csv", "json"])
def test_a_report_is_saved(compared: Any, qtbot: QtBot, tmp_path: Path, form: str) -> None:
    view = compared("epoch0.pt", "epoch2.pt")
    view.window().action("save_report").trigger()
    dialog = view.findChild(QFileDialog)
    file = tmp_path / f"report.{form}"
    dialog.fileSelected.emit(str(file))
    dialog.reject()
    qtbot.waitUntil(file.exists, timeout=PATIENCE)
    written = file.read_text("utf-8")
    assert "4.weight" in written
    if form == "json":
        assert json.loads(written)["summary"]["same"] == 2
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_a_series_shows_curves_facts_and_where_nan_came_in(
    open_window: Any, qtbot: QtBot, run: Path, tmp_path: Path
) -> None:
    import torch

    for epoch in range(3):
        state = torch.load(run / f"epoch{epoch}.pt")
        if epoch == 2:
            state["model"]["4.weight"][0, 0] = float("nan")
        torch.save(state, tmp_path / f"epoch{epoch}.pt")
    window = open_window()
    files = [tmp_path / f"epoch{epoch}.pt" for epoch in (2, 0, 1)]
    drop(window, files, right=True)
    assert window.drop_hint.zones() == ["Open 3 files", "Show as a series of snapshots"]
    view = window.findChild(SeriesView)
    qtbot.waitUntil(lambda: points_of(view) == 3, timeout=PATIENCE)
    assert view.title.plain() == "3 snapshots, ordered by epoch"
    assert view.health.plain() == (
        "NaN or Inf from epoch 2 on, in 1 tensor. Last without: epoch 1 (epoch1.pt)."
    )
    curves = {curve.name: curve for curve in view.model.curves}
    frozen = next(curve for name, curve in curves.items() if name.endswith("0.weight"))
    assert [point.to_first for point in frozen.points] == [None, 0.0, 0.0]
    facts = [view.facts.horizontalHeaderItem(n).text() for n in range(view.facts.columnCount())]
    assert {"Snapshot", "epoch", "loss"} <= set(facts)
    assert [view.facts.item(n, facts.index("epoch")).text() for n in range(3)] == ["0", "1", "2"]
    window.action("save_report").trigger()
    dialog = view.findChild(QFileDialog)
    page = tmp_path / "series.html"
    dialog.fileSelected.emit(str(page))
    dialog.reject()
    qtbot.waitUntil(page.exists, timeout=PATIENCE)
    assert "3 snapshots, ordered by epoch" in page.read_text("utf-8")
    with qtbot.waitSignal(view.model.modelReset, timeout=PATIENCE):
        qtbot.keyClicks(view.search, "running")
    assert all("running" in curve.name for curve in view.model.curves)
    window.action("close_tab").trigger()
    assert not window.tabs.count()


def points_of(view: SeriesView) -> int:
    """Return how many snapshots the table of a series shows."""
    return max((len(curve.points) for curve in view.model.curves), default=0)


def test_a_series_by_keyboard(open_window: Any, qtbot: QtBot, run: Path) -> None:
    window = open_window()
    window.open_series([str(run / f"epoch{number}.pt") for number in range(3)])
    view = window.page().view
    qtbot.waitUntil(lambda: not view.is_busy and view.model.rowCount() > 1, timeout=PATIENCE)
    assert window.windowTitle().endswith(f" – {run} – Checkpoint Inspector")
    view.facts.setFocus()
    qtbot.keyClick(view.facts, Qt.Key.Key_Tab)
    assert not view.facts.hasFocus(), "Tab leads on"
    qtbot.keyClick(window, Qt.Key.Key_Slash)
    assert view.search.hasFocus()
    qtbot.keyClicks(view.search, "4.weight")
    qtbot.waitUntil(lambda: view.model.rowCount() == 1, timeout=PATIENCE)
    qtbot.keyClick(view.search, Qt.Key.Key_Return)
    assert view.table.hasFocus()
    qtbot.keyClick(view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == view.model.curves[0].name
    qtbot.keyClick(window, Qt.Key.Key_F6)
    assert view.facts.hasFocus()


def test_a_series_keeps_its_sizes_and_says_that_a_column_is_drawn(
    open_window: Any, qtbot: QtBot, run: Path
) -> None:
    window = open_window()
    files = [str(run / f"epoch{number}.pt") for number in range(3)]
    window.open_series(files)
    view = window.page().view
    qtbot.waitUntil(lambda: not view.is_busy and view.model.rowCount() > 1, timeout=PATIENCE)
    before = {name: splitter.sizes() for name, splitter in view.splitters.items()}
    for splitter in view.splitters.values():
        handle = splitter.handle(1)
        middle = handle.rect().center()
        qtbot.mousePress(handle, Qt.MouseButton.LeftButton, pos=middle)
        qtbot.mouseMove(handle, middle + QPoint(60, 60))
        qtbot.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=middle + QPoint(60, 60))
    kept = {name: splitter.sizes() for name, splitter in view.splitters.items()}
    assert all(kept[name] != before[name] for name in before)
    window.close_tab(window.page())
    window.open_series(files)
    again = window.page().view
    assert again is not view
    qtbot.waitUntil(lambda: not again.is_busy and again.model.rowCount() > 1, timeout=PATIENCE)
    # The strip that told of the work goes a moment later, and leaves its room to them.
    qtbot.waitUntil(
        lambda: {name: splitter.sizes() for name, splitter in again.splitters.items()} == kept
    )
    labels = [label for label in again.findChildren(QLabel) if label.isVisible()]
    shown = [label.text().replace("\u200b", "") for label in labels]
    assert again.facts.horizontalHeader().toolTip() in shown


def test_a_series_of_one_says_why(open_window: Any, qtbot: QtBot, run: Path) -> None:
    window = open_window()
    window.open_series([str(run / "epoch0.pt"), str(run / "page.pt"), str(run / "gone.pt")])
    view = window.findChild(SeriesView)
    qtbot.waitUntil(lambda: not view.is_busy, timeout=PATIENCE)
    assert view.notice.buttons()[0].text() == "Try again"


def test_a_closed_comparison_lets_go_of_its_tab_and_its_tree(
    compared: Any, qtbot: QtBot, qapp: Application
) -> None:
    view = compared("epoch0.pt", "epoch2.pt")
    window = view.window()
    tab = weakref.ref(window.current_comparison())
    tree = weakref.ref(view.pane)
    del view
    window.action("close_tab").trigger()
    qtbot.waitUntil(lambda: not window.context.jobs.running, timeout=PATIENCE)
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.unfreeze()
    gc.collect()
    assert tab() is None
    assert tree() is None


def test_a_closed_comparison_lets_go_of_both_files(
    compared: Any, qtbot: QtBot, qapp: Application
) -> None:
    view = compared("epoch0.pt", "epoch2.pt")
    for page in PAGES:
        view.panel.prefer(page, whole=False)
        view.step(1)
    known = [weakref.ref(side) for side in (view.sides.a, view.sides.b)]
    window = view.window()
    gc.collect()
    gc.disable()
    try:
        window.action("close_tab").trigger()
        qtbot.waitUntil(lambda: not window.context.jobs.running, timeout=PATIENCE)
        qtbot.waitUntil(lambda: not any(ref() for ref in known), timeout=PATIENCE)
    finally:
        gc.enable()
