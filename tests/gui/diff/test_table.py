"""The table of a comparison: what is shown in which order, and how lines open and close."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QMenu

from inspector.core.analysis.comparison import Measures, Pair, Row, Side, Status
from inspector.core.model import DTYPES, Tensor
from inspector.gui.context import AppContext
from inspector.gui.diff.banner import names_apart
from inspector.gui.diff.columns import COLUMNS, column_number, cosine_text, number_text, share_text
from inspector.gui.diff.entries import Request, arrange
from inspector.gui.diff.model import DiffModel
from inspector.gui.diff.other_values import ValuesModel
from inspector.gui.diff.statuses import FILTERS, LOOKS, only, status_words
from inspector.gui.diff.strip import OverviewStrip, mark_of
from inspector.gui.diff.table import DiffTable, LinesTable

FLOAT = next(row for row in DTYPES if row.name == "float32")
TENSOR = Tensor(FLOAT, (2, 3), (3, 1), 0, None)


def row(number: int, name: str, status: Status = "same", change: float = 0.0, nan: int = 0) -> Row:
    side = Side(tuple(name.split(".")), TENSOR)
    pair = Pair(name, None if status == "added" else side, None if status == "removed" else side)
    measures = None
    if status in ("same", "changed"):
        measures = Measures(change, None, change, change, 1.0, 6 * (change > 0), 6, nan)
    return Row(number, pair, status, measures=measures)


ROWS = [
    row(0, "encoder.layers.0.weight", "changed", 0.5),
    row(1, "encoder.layers.0.bias"),
    row(2, "encoder.layers.1.weight", "changed", 0.1),
    row(3, "encoder.layers.1.bias", "changed", 0.0, nan=2),
    row(4, "encoder.layers.10.weight", "removed"),
    row(5, "head.weight", "added"),
    row(6, "scale"),
]


@pytest.fixture
def model(qapp: object) -> DiffModel:
    made = DiffModel(ROWS)
    made.show(arrange(ROWS, Request()))
    return made


def lines(model: DiffModel) -> list[str]:
    return [model.entry(line).step for line in range(model.rowCount())]


def names(rows: Sequence[Row], request: Request) -> list[str]:
    return [entry.name for entry in arrange(rows, request).entries if entry.number >= 0]


def test_modules_hold_what_begins_with_them(model: DiffModel) -> None:
    assert lines(model) == [
        "encoder.layers",
        "0",
        "weight",
        "bias",
        "1",
        "weight",
        "bias",
        "10",
        "weight",
        "head",
        "weight",
        "scale",
    ]
    status = column_number("status")
    assert model.text(0, status) == "4 of 5 differ"
    assert model.text(1, status) == "1 of 2 differ"
    assert model.text(9, status) == "all added"


def test_lines_open_and_close(model: DiffModel) -> None:
    tester = QAbstractItemModelTester(
        model, QAbstractItemModelTester.FailureReportingMode.Fatal, model
    )
    assert tester is not None
    model.collapse(4)
    model.collapse(0)
    assert lines(model) == ["encoder.layers", "head", "weight", "scale"]
    assert model.line_of(2) == 5
    assert lines(model)[:6] == ["encoder.layers", "0", "weight", "bias", "1", "weight"]
    model.set_all(opened=False)
    assert lines(model) == ["encoder.layers", "head", "scale"]
    model.set_all(opened=True)
    assert model.rowCount() == 12
    assert model.parent_of(2) == 1
    assert model.parent_of(0) == -1


def test_lines_open_and_close_at_random(qapp: object) -> None:
    rng = random.Random(0)
    rows = [
        row(n, ".".join(str(rng.randrange(3)) for _ in range(rng.randrange(1, 6))) + f".w{n}")
        for n in range(300)
    ]
    model = DiffModel(rows)
    model.show(arrange(rows, Request()))
    model.set_all(opened=True)
    for _ in range(300):
        line = rng.randrange(model.rowCount())
        (model.collapse if model.is_expanded(line) else model.expand)(line)
    for number in rng.sample(range(300), 50):
        line = model.line_of(number)
        assert model.entry(line).number == number
    model.set_all(opened=True)
    assert sorted(model.entry(n).number for n in range(model.rowCount()) if model.row(n)) == [
        *range(300)
    ]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("changes", {0, 2, 3, 4, 5}),
        ("unchanged", {1, 6}),
        ("frozen", {1, 6}),
        ("all", set(range(7))),
    ],
)
def test_filters(name: str, found: set[int]) -> None:
    wanted = next(one for one in FILTERS if one.name == name)
    assert set(arrange(ROWS, Request(filter=wanted)).places) == found
    assert set(arrange(ROWS, Request(filter=only("added"))).places) == {5}


def test_search_looks_at_whole_names() -> None:
    assert names(ROWS, Request("layers.1.", filter=FILTERS[0])) == [
        "encoder.layers.1.weight",
        "encoder.layers.1.bias",
    ]
    assert names(ROWS, Request("*.weight", grouped=False))[-1] == "head.weight"
    assert names(ROWS, Request("nothing")) == []


def test_a_measure_sorts_all_tensors_and_nan_comes_first() -> None:
    relative = column_number("relative")
    found = names(ROWS, Request(column=relative, descending=True))
    assert found[:3] == [
        "encoder.layers.1.bias",
        "encoder.layers.0.weight",
        "encoder.layers.1.weight",
    ]
    assert set(found[-2:]) == {"encoder.layers.10.weight", "head.weight"}
    by_name = names(ROWS, Request(grouped=False, column=0))
    assert by_name.index("encoder.layers.1.weight") < by_name.index("encoder.layers.10.weight")


def test_keys_walk_the_tree(context: AppContext, qtbot, model: DiffModel) -> None:
    table = DiffTable(context.theme, context.settings, model)
    qtbot.addWidget(table)
    table.resize(700, 400)
    table.show()
    table.go_to_line(0)
    qtbot.keyClick(table, Qt.Key.Key_Left)
    assert lines(model)[0:2] == ["encoder.layers", "head"]
    qtbot.keyClick(table, Qt.Key.Key_Right)
    qtbot.keyClick(table, Qt.Key.Key_Right)
    assert table.currentIndex().row() == 1
    qtbot.keyClick(table, Qt.Key.Key_End)
    assert table.current_number() == 6
    assert not table.go_to_difference(1)
    assert table.go_to_difference(-1)
    assert table.current_number() == 5
    qtbot.keyClick(table, Qt.Key.Key_Left)
    assert table.current_number() == -1


def test_closed_modules_stand_for_what_is_inside(
    context: AppContext, qtbot, model: DiffModel
) -> None:
    strip = OverviewStrip(context.theme)
    qtbot.addWidget(strip)
    strip.show_marks(model.marks())
    assert strip.marks() == ["changed", "changed", "changed", "removed", "added"]
    model.set_all(opened=False)
    strip.show_marks(model.marks())
    assert strip.marks() == ["removed", "added"]
    assert mark_of(ROWS[6]).rank < 0


def test_words() -> None:
    assert status_words(ROWS[3]) == "changed, +2 NaN"
    assert status_words(ROWS[1]._replace(sure=False)) == "probably same"
    assert COLUMNS[column_number("relative")].of_row(ROWS[3]) == "NaN"
    assert number_text(1.5e-7) == "1.5e−7"
    assert number_text(float("inf")) == "∞"
    assert cosine_text(1.0) == "1"
    assert cosine_text(1 - 1e-9) == "1 − 1.0e−9"
    assert share_text(0.5) == "50 %"
    assert share_text(1 - 1e-9) == "> 99.99 %"
    assert share_text(1e-9) == "< 0.01 %"
    signs = [look.sign for look in LOOKS.values()]
    assert len(set(signs)) == len(signs)


def test_names_that_differ_in_a_folder() -> None:
    assert names_apart("/runs/1/last.pt", "/runs/2/last.pt") == ("1/last.pt", "2/last.pt")
    assert names_apart("/a.pt", "/b.pt") == ("a.pt", "b.pt")
    assert names_apart("/a.pt", "/a.pt") == ("a.pt", "a.pt")


def test_a_narrow_table_of_values_heads_status_with_a_sign(qtbot, context: AppContext) -> None:
    model = ValuesModel()
    values = LinesTable(context.theme, context.settings, model, "Values", 120)
    qtbot.addWidget(values)
    values.resize(1000, 300)
    values.show()
    status = next(n for n, column in enumerate(model.columns) if column.id == "status")

    def heading(role: Qt.ItemDataRole = Qt.ItemDataRole.DisplayRole) -> str:
        return str(model.headerData(status, Qt.Orientation.Horizontal, role))

    assert heading() == "Status"
    values.resize(300, 300)
    qtbot.waitUntil(lambda: heading() == "≠")
    assert heading(Qt.ItemDataRole.AccessibleTextRole) == "Status"
    assert "Status" in heading(Qt.ItemDataRole.ToolTipRole)
    values.resize(1000, 300)
    qtbot.waitUntil(lambda: heading() == "Status")


def shown_columns(table: LinesTable, model: DiffModel) -> list[str]:
    return [c.id for n, c in enumerate(model.columns) if not table.isColumnHidden(n)]


def test_columns_make_room_for_long_keys(context: AppContext, qtbot) -> None:
    def table_of(rows: list[Row]) -> tuple[DiffTable, DiffModel]:
        model = DiffModel(rows)
        table = DiffTable(context.theme, context.settings, model)
        qtbot.addWidget(table)
        table.resize(620, 300)
        table.show()
        model.show(arrange(rows, Request(grouped=False)))
        return table, model

    table, model = table_of([row(0, "a.b"), row(1, "a.c", "changed", 0.5)])
    long_ones = [row(n, f"backbone.layers.{n}.attention.output.bias", "changed") for n in range(3)]
    other, longer = table_of(long_ones)
    assert {"key", "status", "relative"} <= set(shown_columns(other, longer))
    assert len(shown_columns(other, longer)) < len(shown_columns(table, model))
    need = other.fontMetrics().horizontalAdvance("backbone.layers.0.attention.output.bias")
    assert other.columnWidth(0) > need
    other.resize(1500, 300)
    qtbot.waitUntil(lambda: len(shown_columns(other, longer)) == len(COLUMNS))


def test_columns_that_somebody_chose_are_kept(context: AppContext, qtbot, model: DiffModel) -> None:
    def table_of() -> DiffTable:
        table = DiffTable(context.theme, context.settings, model)
        qtbot.addWidget(table)
        table.resize(1400, 300)
        table.show()
        return table

    table = table_of()
    menu = QMenu(table)
    table.fill_columns(menu)
    next(action for action in menu.actions() if action.text() == "Cosine").trigger()
    assert "cosine" not in shown_columns(table, model)
    status = column_number("status")
    header = table.horizontalHeader()
    edge = header.sectionViewportPosition(status) + header.sectionSize(status) - 1
    was = table.columnWidth(status)
    middle = header.height() // 2
    left = Qt.MouseButton.LeftButton
    qtbot.mousePress(header.viewport(), left, pos=QPoint(edge, middle))
    qtbot.mouseMove(header.viewport(), QPoint(edge + 40, middle))
    qtbot.mouseRelease(header.viewport(), left, pos=QPoint(edge + 40, middle))
    assert table.columnWidth(status) == was + 40
    again = table_of()
    assert "cosine" not in shown_columns(again, model)
    assert again.columnWidth(status) == was + 40
    again.fill_columns(menu)
    menu.actions()[-1].trigger()
    assert "cosine" in shown_columns(again, model)
    assert table_of().columnWidth(status) == was


@pytest.mark.parametrize("found", ["[]", "no", '{"status": "wide", "shape": 1e9, "key": 0}'])
def test_widths_that_nobody_wrote_mean_nothing(
    context: AppContext, qtbot, model: DiffModel, found: str
) -> None:
    context.settings.setValue("diff/columns/Differences", found)
    table = DiffTable(context.theme, context.settings, model)
    qtbot.addWidget(table)
    table.resize(1500, 300)
    table.show()
    assert len(shown_columns(table, model)) == len(COLUMNS)
