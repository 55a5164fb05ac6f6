"""The table of a scan: what it shows, in what order, where it leads, and what is saved."""

import csv
import io
import json
import math
from contextlib import redirect_stdout

import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QStyleOptionViewItem

from inspector.cli.main import main
from inspector.core.formats import open_checkpoint
from inspector.core.model import measure
from inspector.gui.tree.arrangement import Request, arrange
from inspector.gui.tree.arrangement import Subject as Tree
from inspector.gui.viewers import Subject
from inspector.gui.viewers.scan import ValueScan
from inspector.gui.viewers.statistics import StatisticsViewer
from inspector.gui.viewers.statistics_table import STATISTIC_COLUMNS

HEADINGS = [column.title for column in STATISTIC_COLUMNS]


@pytest.fixture
def path(tmp_path):
    torch.manual_seed(0)
    model = {f"layers.{n}.weight": torch.randn(4, 4) * (n + 1) for n in range(4)}
    model["layers.1.weight"][1, 2] = float("nan")
    model |= {"=cmd": torch.tensor([math.inf, -math.inf, math.inf]), "none": torch.zeros(0)}
    torch.save({"model": model, "rest": {"steps": torch.tensor([5])}}, tmp_path / "run.pt")
    return tmp_path / "run.pt"


@pytest.fixture
def scan(context, path):
    with open_checkpoint(str(path)) as checkpoint:
        yield ValueScan(context, checkpoint)
        context.jobs.shutdown()


@pytest.fixture
def viewer(context, qtbot, scan):
    made = StatisticsViewer(context)
    qtbot.addWidget(made)
    made.resize(700, 500)
    with qtbot.waitExposed(made):
        made.show()
    return made


def look_at(viewer, scan, node=None, path=()):
    checkpoint = scan._checkpoint
    node = node or checkpoint.root
    totals = measure(checkpoint.root).totals[id(checkpoint.root)]
    viewer.show_subject(Subject(checkpoint, node, path, totals, scan=scan))


def scanned(viewer, scan, qtbot):
    look_at(viewer, scan)
    with qtbot.waitSignal(scan.settled, timeout=20_000):
        viewer.start.click()
    qtbot.waitUntil(lambda: len(viewer.model.lines) == 7)


def column(viewer, title):
    number = HEADINGS.index(title)
    return [viewer.model.index(n, number).data() for n in range(viewer.model.rowCount())]


def test_it_offers_a_scan_and_shows_what_came_of_it(viewer, scan, qtbot):
    look_at(viewer, scan)
    assert viewer.note.text() == "No values have been read yet."
    assert not viewer.save.isEnabled()
    scanned(viewer, scan, qtbot)
    assert viewer.note.text() == "7 tensors"
    assert not viewer.start.isVisible()
    grave = ["model.layers.1.weight", "model.=cmd", "model.layers.0.weight"]
    assert column(viewer, "Tensor")[:3] == grave
    assert column(viewer, "NaN") == ["1", "0", "0", "0", "0", "0", "0"]
    assert column(viewer, "+Inf")[1] == "2"
    assert column(viewer, "−Inf")[1] == "1"
    torch.manual_seed(0)
    largest = torch.randn(4, 4).abs().max().item()
    assert column(viewer, "Max |x|")[1:3] == ["–", f"{largest:.4g}"]
    assert column(viewer, "Mean")[1] == "–"
    assert column(viewer, "Finding")[0] == "NaN"
    said = viewer.model.index(0, HEADINGS.index("Finding")).data(Qt.ItemDataRole.ToolTipRole)
    assert "is NaN; the first" in said
    assert "is NaN; the first" in column(viewer, "In words")[0]
    colour = viewer.model.index(0, HEADINGS.index("NaN")).data(Qt.ItemDataRole.ForegroundRole)
    assert colour.name() == viewer.context.theme.colours.error


def test_findings_stand_first_beside_the_names_and_stored_order_is_a_click_away(
    viewer, scan, qtbot
):
    scanned(viewer, scan, qtbot)
    header = viewer.table.horizontalHeader()
    number = HEADINGS.index("Finding")
    assert header.visualIndex(number) == 1
    assert header.sectionViewportPosition(number) + header.sectionSize(number) <= viewer.width()
    assert not viewer.table.isColumnHidden(number)
    spot = QPoint(header.sectionViewportPosition(number) + 20, header.height() // 2)
    first = []
    for _ in range(3):  # descending, as stored, ascending again
        with qtbot.waitSignal(viewer.listed):
            qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=spot)
        first.append(column(viewer, "Tensor")[0])
    assert first[1:] == ["model.layers.0.weight", "model.layers.1.weight"]


def test_the_keyboard_goes_on_to_the_rows(viewer, scan, qtbot):
    look_at(viewer, scan)
    viewer.window().activateWindow()
    viewer.start.setFocus()
    qtbot.waitUntil(viewer.start.hasFocus)
    with qtbot.waitSignal(scan.settled):
        qtbot.keyClick(viewer.start, Qt.Key.Key_Space)
    qtbot.waitUntil(viewer.table.hasFocus)


def test_where_nothing_was_found_the_room_belongs_to_numbers(viewer, scan, qtbot):
    scanned(viewer, scan, qtbot)
    with qtbot.waitSignal(viewer.listed):
        look_at(viewer, scan, scan._checkpoint.root.children[1], ("rest",))
    assert viewer.table.isColumnHidden(HEADINGS.index("Finding"))


def test_sorting_puts_what_does_not_exist_last(viewer, scan, qtbot):
    scanned(viewer, scan, qtbot)
    for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
        with qtbot.waitSignal(viewer.listed):
            viewer.table.horizontalHeader().setSortIndicator(HEADINGS.index("Mean"), order)
        assert set(column(viewer, "Tensor")[-2:]) == {"model.=cmd", "model.none"}
        means = [line.row.statistics.mean for line in viewer.model.lines[:-2]]
        assert means == sorted(means, reverse=order == Qt.SortOrder.DescendingOrder)
    in_stored_order(viewer, qtbot)
    assert column(viewer, "Tensor")[-1] == "rest.steps"


def in_stored_order(viewer, qtbot):
    with qtbot.waitSignal(viewer.listed):
        viewer.table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)


def test_a_container_and_a_group_show_what_is_in_them(viewer, scan, qtbot):
    scanned(viewer, scan, qtbot)
    in_stored_order(viewer, qtbot)
    root = scan._checkpoint.root
    with qtbot.waitSignal(viewer.listed):
        look_at(viewer, scan, root.children[1], ("rest",))
    assert column(viewer, "Tensor") == ["steps"]
    plan = arrange(Tree(root, measure(root).totals, fold=True), Request(grouped=True))
    group = plan.shown(root.children[0])[0]
    assert group.kind in ("group", "repeat")
    with qtbot.waitSignal(viewer.listed):
        look_at(viewer, scan, group, ("model", group.key))
    assert column(viewer, "Tensor") == [f"layers.{n}.weight" for n in range(4)]


def test_enter_and_double_click_go_to_the_tensor(viewer, scan, qtbot):
    scanned(viewer, scan, qtbot)
    in_stored_order(viewer, qtbot)
    viewer.table.selectRow(1)
    with qtbot.waitSignal(viewer.jump_requested) as jump:
        qtbot.keyClick(viewer.table, Qt.Key.Key_Return)
    assert jump.args == [("model", "layers.1.weight")]
    place = viewer.table.visualRect(viewer.model.index(2, 0)).center()
    viewport = viewer.table.viewport()
    with qtbot.waitSignal(viewer.jump_requested) as jump:
        qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)
        qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    assert jump.args == [("model", "layers.2.weight")]


def test_the_json_is_that_of_the_command_line(viewer, scan, qtbot, path, tmp_path):
    scanned(viewer, scan, qtbot)
    with qtbot.waitSignal(viewer.saved):
        viewer.save_rows(str(tmp_path / "out.json"))
    ours = json.loads((tmp_path / "out.json").read_text())
    printed = io.StringIO()
    with redirect_stdout(printed):
        main(["stats", str(path), "--json"])
    theirs = json.loads(printed.getvalue())
    assert ours["schema"] == theirs["schema"] == 1

    def by_path(document):
        return sorted(document["tensors"], key=lambda row: str(row["path"]))

    assert by_path(ours) == by_path(theirs)


def test_csv_has_a_line_per_tensor_and_no_file_is_left_half_written(viewer, scan, qtbot, tmp_path):
    scanned(viewer, scan, qtbot)
    in_stored_order(viewer, qtbot)
    with qtbot.waitSignal(viewer.saved):
        viewer.save_rows(str(tmp_path / "out.csv"))
    with (tmp_path / "out.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["path"] for row in rows][:2] == ["model/layers.0.weight", "model/layers.1.weight"]
    assert rows[1]["nan"] == "1"
    assert rows[5]["mean"] == ""
    assert sorted(tmp_path.iterdir()) == [tmp_path / "out.csv", tmp_path / "run.pt"]


def test_what_is_saved_has_what_tensors_say_together_too(context, qtbot, tmp_path):
    twice = torch.randn(64, 64)
    torch.save({"a": twice, "b": twice.clone()}, tmp_path / "twice.pt")
    made = StatisticsViewer(context)
    qtbot.addWidget(made)
    with open_checkpoint(str(tmp_path / "twice.pt")) as checkpoint:
        scan = ValueScan(context, checkpoint)
        look_at(made, scan)
        with qtbot.waitSignal(scan.settled, timeout=20_000):
            scan.start()
        qtbot.waitUntil(lambda: "duplicate" in column(made, "Finding"))
        with qtbot.waitSignal(made.saved):
            made.save_rows(str(tmp_path / "out.csv"))
        with qtbot.waitSignal(made.saved):
            made.save_rows(str(tmp_path / "out.json"))
        context.jobs.shutdown()
    with (tmp_path / "out.csv").open(newline="") as stream:
        assert {row["path"]: row["findings"] for row in csv.DictReader(stream)} == {
            "a": "",
            "b": "duplicate",
        }
    found = json.loads((tmp_path / "out.json").read_text())["findings"]
    assert [(one["code"], one["path"]) for one in found] == [("duplicate", ["b"])]


def test_a_folder_that_is_not_there_is_told(viewer, scan, qtbot, tmp_path, monkeypatch):
    scanned(viewer, scan, qtbot)
    said: list[tuple[object, ...]] = []
    monkeypatch.setattr("inspector.gui.notify.error", lambda *words: said.append(words))
    viewer.save_rows(str(tmp_path / "missing" / "out.csv"))
    qtbot.waitUntil(lambda: bool(said))
    assert "cannot be written" in str(said[0][2])


def test_long_names_show_their_ends(viewer, scan, qtbot):
    scanned(viewer, scan, qtbot)
    option = QStyleOptionViewItem()
    index = viewer.model.index(0, 0)
    viewer.table.itemDelegateForColumn(0).initStyleOption(option, index)
    assert option.textElideMode == Qt.TextElideMode.ElideMiddle
