"""The Values tab: real files, real keys, real worker processes."""

from __future__ import annotations

import json
import os
import struct
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMessageBox, QToolButton, QWidget

from inspector.core.checkpoint import Checkpoint
from inspector.core.formats import open_checkpoint
from inspector.core.model import Node, Storage
from inspector.gui.viewers import Subject
from inspector.gui.viewers.base import UNSUITED
from inspector.gui.viewers.values import ValuesViewer
from inspector.gui.viewers.values_model import PAGE
from inspector.gui.viewers.values_output import ValuesOutput
from inspector.gui.widgets.index_box import IndexBox
from tests.checkpoints import save_safetensors, save_zip
from tests.gui.trees import mapping, tensor, value


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[Path], Checkpoint]]:
    made: list[Checkpoint] = []

    def open_file(path: Path) -> Checkpoint:
        made.append(open_checkpoint(str(path)))
        return made[-1]

    yield open_file
    for checkpoint in made:
        checkpoint.close()


@pytest.fixture
def show(context, qtbot, tmp_path, opened):
    """Show a tensor of a file that torch wrote, and wait until its values are there."""

    def show_it(content: torch.Tensor | Path, key: str = "w") -> ValuesViewer:
        is_path = isinstance(content, Path)
        file = content if is_path else save_zip(tmp_path / "in.pt", {"w": content})
        checkpoint = opened(file)
        node = next(child for child in checkpoint.root.children if child.key == key)
        viewer = ValuesViewer(context)
        qtbot.addWidget(viewer)
        viewer.resize(700, 500)
        with qtbot.waitExposed(viewer):
            viewer.show()
        viewer.show_subject(Subject(checkpoint, node, (key,)))
        rest(qtbot, viewer)
        return viewer

    return show_it


def rest(qtbot, viewer: ValuesViewer) -> None:
    """Wait until the viewer has come to rest."""
    qtbot.waitUntil(
        lambda: viewer.state not in ("idle", "busy") and not viewer._turn.isActive(), timeout=20_000
    )


def cells(viewer: ValuesViewer) -> list[list[str]]:
    model = viewer.model
    rows, columns = range(model.rowCount()), range(model.columnCount())
    return [[model.text(row, column) for column in columns] for row in rows]


def numbers(viewer: ValuesViewer) -> list[list[float]]:
    return [[float(word) for word in row] for row in cells(viewer)]


def clipboard() -> str:
    return QGuiApplication.clipboard().text()


def huge(folder: Path, *shape: int) -> Path:
    """Write a safetensors file of ten thousand million elements, nearly all of them holes."""
    elements = int(np.prod(shape, dtype=object))
    entry = {"dtype": "F32", "shape": shape, "data_offsets": [0, 4 * elements]}
    header = json.dumps({"w": entry}).encode()
    file = folder / "huge.safetensors"
    with file.open("wb") as target:
        target.write(struct.pack("<Q", len(header)) + header)
        target.truncate(8 + len(header) + 4 * elements)
        target.seek(8 + len(header) + 4 * (elements - 2))
        target.write(np.array([1.5, -2.5], "<f4").tobytes())
    return file


def test_what_it_applies_to(make_checkpoint):
    leaf = tensor("t", 3)
    storage = Node("s", "storage", "UntypedStorage", Storage("0", "cpu", 3))
    checkpoint = make_checkpoint(mapping("", leaf))
    fits = [
        ValuesViewer.priority(Subject(checkpoint, node, ("x",))) > UNSUITED
        for node in (leaf, storage, value("v", 3), mapping("m"))
    ]
    assert fits == [True, True, False, False]


def test_values_of_a_matrix(show):
    values = torch.randn(30, 5)
    viewer = show(values)
    assert numbers(viewer) == [[float(str(x)) for x in row] for row in values.numpy()]
    assert viewer.words.plain().startswith("[0, 0]  ")
    header = viewer.model.headerData(29, Qt.Orientation.Vertical)
    assert header == "29"


def test_any_two_axes_at_any_index_by_keys(show, qtbot):
    values = torch.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    viewer = show(values)
    assert numbers(viewer) == values[0, 0].tolist()
    box = viewer.controls.boxes[0]
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Up)
    rest(qtbot, viewer)
    assert numbers(viewer) == values[1, 0].tolist()
    box = viewer.controls.boxes[1]
    box.selectAll()
    qtbot.keyClicks(box.lineEdit(), "9")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    rest(qtbot, viewer)
    assert box.value() == 2
    assert numbers(viewer) == values[1, 2].tolist()
    rows = viewer.controls.rows
    rows.setFocus()
    qtbot.keyClick(rows, Qt.Key.Key_Home)  # axis 0
    rest(qtbot, viewer)
    assert set(viewer.controls.boxes) == {1, 2}
    assert numbers(viewer) == values[:, 2, 0].tolist()


def test_choosing_the_axis_of_the_other_one_swaps_them(show, qtbot):
    values = torch.arange(12).reshape(3, 4)
    viewer = show(values)
    columns = viewer.controls.columns
    columns.setFocus()
    qtbot.keyClick(columns, Qt.Key.Key_Up)
    rest(qtbot, viewer)
    assert numbers(viewer) == values.T.tolist()


@pytest.mark.parametrize("shape", [(), (1,), (7,)])
def test_few_dimensions(show, shape):
    values = torch.arange(7.0)[0] if not shape else torch.arange(float(shape[0]))
    viewer = show(values)
    assert [row[0] for row in numbers(viewer)] == values.reshape(-1).tolist()
    assert viewer.controls._go.isVisible() == bool(shape)


@pytest.mark.parametrize("shape", [(10**10,), (10**5, 10**5), (10**10, 1, 1)], ids=str)
def test_ten_thousand_million_elements(show, qtbot, tmp_path, shape):
    viewer = show(huge(tmp_path, *shape))
    assert viewer.model.text(0, 0) == "0.0"
    field = viewer.controls.index
    field.setFocus()
    last = ", ".join(f"{length - 1}" for length in shape)
    qtbot.keyClicks(field, f"[{last}]")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    rest(qtbot, viewer)
    index = viewer.table.currentIndex()
    assert viewer.words.plain() == f"[{last}]  −2.5"
    assert viewer.table.visualRect(index).intersects(viewer.table.viewport().rect())
    assert viewer.model.text(index.row(), index.column()) == "-2.5"
    field.clear()
    qtbot.keyClicks(field, ", ".join("0" * len(shape)))
    qtbot.keyClick(field, Qt.Key.Key_Return)
    rest(qtbot, viewer)
    assert viewer.table.currentIndex().row() == 0


def test_pages_of_a_long_tensor(show, qtbot, tmp_path):
    viewer = show(huge(tmp_path, 10**10))
    pages = viewer.controls.pages
    assert pages is not None
    assert pages.words[0].plain() == "rows 0–999\u202f999 of 10\u202f000\u202f000\u202f000"
    before, after = pages.buttons[0], pages.buttons[1]
    assert not before.isEnabled()
    qtbot.mouseClick(after, Qt.MouseButton.LeftButton)
    rest(qtbot, viewer)
    assert viewer.model.first_row == PAGE
    viewer.table.setFocus()
    qtbot.keyClick(viewer.table, Qt.Key.Key_Up)  # over the edge of the page
    rest(qtbot, viewer)
    assert viewer.words.plain().startswith("[999999]")
    qtbot.keyClick(viewer.table, Qt.Key.Key_PageDown)
    rest(qtbot, viewer)
    assert viewer.words.plain().startswith("[1000000]")


def test_only_what_is_on_screen_is_read(show, qtbot, tmp_path):
    viewer = show(huge(tmp_path, 10**5, 10**5))
    bar = viewer.table.verticalScrollBar()
    for step in range(40):
        bar.setValue(bar.maximum() * step // 40)
        QGuiApplication.processEvents()
    viewer.table.setFocus()
    for _ in range(20):
        qtbot.keyClick(viewer.table, Qt.Key.Key_PageDown)
    rest(qtbot, viewer)
    rows, columns = viewer.table.visible_cells()
    assert viewer.model.missing(rows, columns) == []
    assert len(viewer.model._blocks) < 200


@pytest.mark.parametrize("words", ["x", "7, 0", "1, 2, 3", "0, -6"])
def test_an_index_that_is_none(show, qtbot, words):
    viewer = show(torch.zeros(4, 5))
    qtbot.keyClicks(viewer.controls.index, words)
    qtbot.keyClick(viewer.controls.index, Qt.Key.Key_Return)
    assert viewer.notice.words()
    assert viewer.table.currentIndex().row() == 0


def test_edges_are_the_first_and_the_last(show, qtbot):
    viewer = show(torch.arange(100 * 50).reshape(100, 50))
    viewer.controls.extent.setFocus()
    qtbot.keyClick(viewer.controls.extent, Qt.Key.Key_Down)
    rest(qtbot, viewer)
    shown = cells(viewer)
    assert shown[0] == ["0", "1", "2", "…", "47", "48", "49"]
    assert shown[3] == ["⋮"] * 7
    assert shown[6][6] == "4999"
    assert viewer.model.headerData(6, Qt.Orientation.Vertical) == "99"


def test_notations(show, qtbot):
    viewer = show(torch.tensor([[0.1, float("nan")], [-1.5e-30, float("inf")]]))
    assert cells(viewer) == [["0.1", "nan"], ["-1.5e-30", "inf"]]
    box = viewer.controls.notation
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Down)
    rest(qtbot, viewer)
    assert cells(viewer) == [["1e-01", "nan"], ["-1.5e-30", "inf"]]
    qtbot.keyClick(box, Qt.Key.Key_Down)
    rest(qtbot, viewer)
    assert cells(viewer)[0] == ["0x3dcccccd", "0x7fc00000"]


def test_bytes_read_otherwise(show, qtbot):
    values = torch.randn(4, 6)
    viewer = show(values)
    action = next(a for a in viewer.menu.actions() if "Read" in a.text())
    action.trigger()
    chooser = viewer.controls.reading
    assert chooser is not None
    chooser.dtype.setCurrentText("int16")
    rest(qtbot, viewer)
    assert numbers(viewer) == values.view(torch.int16).tolist()
    qtbot.keyClicks(chooser.shape, "3, -1")
    qtbot.keyClick(chooser.shape, Qt.Key.Key_Return)
    rest(qtbot, viewer)
    assert numbers(viewer) == values.view(torch.int16).reshape(3, 16).tolist()
    chooser.shape.setText("5, 5")
    qtbot.keyClick(chooser.shape, Qt.Key.Key_Return)
    assert "5 × 5 are 25 elements" in viewer.notice.words()
    qtbot.mouseClick(chooser.reset, Qt.MouseButton.LeftButton)
    rest(qtbot, viewer)
    assert viewer.notice.words() == ""
    assert numbers(viewer)[0][0] == float(str(values.numpy()[0, 0]))


def drag(qtbot, viewer: ValuesViewer, first: tuple[int, int], last: tuple[int, int]) -> None:
    """Select a rectangle with the mouse."""
    table = viewer.table
    begin, end = (table.visualRect(viewer.model.index(*cell)).center() for cell in (first, last))
    qtbot.mousePress(table.viewport(), Qt.MouseButton.LeftButton, pos=begin)
    qtbot.mouseMove(table.viewport(), end - QPoint(1, 1))
    qtbot.mouseMove(table.viewport(), end)
    qtbot.mouseRelease(table.viewport(), Qt.MouseButton.LeftButton, pos=end)


def test_ctrl_c_copies_for_a_spreadsheet(show, qtbot):
    values = torch.arange(20.0).reshape(4, 5)
    viewer = show(values)
    drag(qtbot, viewer, (1, 1), (2, 3))
    assert viewer.words.plain() == "2 × 3 cells selected"
    with qtbot.waitSignal(viewer.output.done):
        qtbot.keyClick(viewer.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard() == "6.0\t7.0\t8.0\n11.0\t12.0\t13.0"


@pytest.mark.parametrize("form", ["lists", "torch.tensor"])
def test_copies_as_python(show, qtbot, form):
    values = torch.randn(6, 4).to(torch.bfloat16)
    viewer = show(values)
    viewer.table.setFocus()
    qtbot.keyClick(viewer.table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    action = next(a for a in viewer.menu.actions() if form in a.text().replace("&", ""))
    with qtbot.waitSignal(viewer.output.done):
        action.trigger()
    made = eval(clipboard(), {"torch": torch})
    made = torch.tensor(made, dtype=torch.bfloat16) if form == "lists" else made
    assert made.dtype == values.dtype
    assert torch.equal(made, values)


def test_too_much_to_copy_says_so(show, qtbot, tmp_path):
    viewer = show(huge(tmp_path, 10**5, 10**5))
    viewer.table.selectAll()
    qtbot.keyClick(viewer.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    box = message(qtbot, viewer)
    assert "at most 1\u202f000\u202f000" in box.text()
    box.close()


def message(qtbot, viewer: ValuesViewer) -> QMessageBox:
    qtbot.waitUntil(lambda: bool(viewer.findChildren(QMessageBox)), timeout=10_000)
    box = viewer.findChild(QMessageBox)
    assert box is not None
    return box


def save_as(qtbot, viewer: ValuesViewer, words: str, target: Path) -> None:
    """Choose a file in the dialog that a line of the menu opens."""
    viewer.menu.aboutToShow.emit()
    next(a for a in viewer.menu.actions() if words in a.text().replace("&", "")).trigger()
    dialog = viewer.findChild(QFileDialog)
    assert dialog is not None
    dialog.selectFile(str(target))
    dialog.accept()


def test_values_are_saved_and_numpy_reads_them(show, qtbot, tmp_path):
    values = torch.randn(2, 30, 20).transpose(0, 1).to(torch.bfloat16)
    viewer = show(values)
    with qtbot.waitSignal(viewer.output.done, timeout=20_000):
        save_as(qtbot, viewer, "whole tensor as .npy as float32", tmp_path / "whole.npy")
    assert np.array_equal(np.load(tmp_path / "whole.npy"), values.float().numpy())
    with qtbot.waitSignal(viewer.output.done, timeout=20_000):
        save_as(qtbot, viewer, "rows and columns (2 × 20)", tmp_path / "part.npy")
    assert np.array_equal(np.load(tmp_path / "part.npy"), values[0].float().numpy())
    assert viewer.words.plain() == "Saved as part.npy."
    with qtbot.waitSignal(viewer.settled):
        viewer.resize(viewer.width(), viewer.height() - 20)  # what is seen is read again
    assert viewer.words.plain() == "Saved as part.npy."
    qtbot.keyClick(viewer.table, Qt.Key.Key_Down)
    assert viewer.words.plain().startswith("[0, 1, 0] ")


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_selected_cells_are_saved(show, qtbot, tmp_path, dims):
    values = torch.arange(2 * 40 * 9.0).view(2, 40, 9)
    values = {1: values.reshape(-1), 2: values[0], 3: values}[dims]
    viewer = show(values)
    assert viewer.menu._part.isVisible() == (dims == 3)  # else the rows and columns are the whole
    viewer.go_to("3, 2" if dims > 1 else "3")
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right)[:dims]:
        qtbot.keyClick(viewer.table, key, Qt.KeyboardModifier.ShiftModifier)
    shape = "2 × 2" if dims > 1 else "2"
    with qtbot.waitSignal(viewer.output.done, timeout=20_000):
        save_as(qtbot, viewer, f"selected cells ({shape}) as .npy", tmp_path / "cells.npy")
    plane = values[0] if dims == 3 else values
    wanted = plane[3:5, 2:4] if dims > 1 else plane[3:5]
    assert np.array_equal(np.load(tmp_path / "cells.npy"), wanted.numpy())


def test_saving_can_be_given_up(show, qtbot, tmp_path, context):
    viewer = show(torch.zeros(1).expand(10**8))
    folder = tmp_path / "target"
    folder.mkdir()
    save_as(qtbot, viewer, "whole tensor", folder / "out.npy")
    qtbot.waitUntil(viewer.output.strip.isVisible, timeout=10_000)
    qtbot.mouseClick(viewer.output.strip.cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not context.jobs.running, timeout=10_000)
    assert list(folder.iterdir()) == []
    assert not viewer.output.strip.isVisible()


def test_a_window_that_closes_gives_up_saving(show, qtbot, tmp_path, context):
    viewer = show(torch.zeros(1).expand(10**8))
    folder = tmp_path / "target"
    folder.mkdir()
    window = QWidget()
    output = ValuesOutput(context, window)
    output.strip.setParent(window)
    subject, stored = viewer._subject, viewer._stored
    output.save(subject.checkpoint, stored, stored, folder / "out.npy")
    qtbot.waitUntil(lambda: bool(list(folder.iterdir())), timeout=10_000)
    with qtbot.waitSignal(window.destroyed):
        window.deleteLater()
    qtbot.waitUntil(lambda: not context.jobs.running, timeout=10_000)
    assert list(folder.iterdir()) == []


def test_what_cannot_be_saved_is_said(show, qtbot, tmp_path):
    viewer = show(torch.zeros(3))
    file = tmp_path / "in.pt"
    before = file.read_bytes()
    subject, stored = viewer._subject, viewer._stored
    viewer.output.save(subject.checkpoint, stored, stored, file)
    box = message(qtbot, viewer)
    assert "is being read" in box.text()
    box.close()
    assert file.read_bytes() == before


def test_of_a_file_that_is_cut_off_the_cells_that_are_there_stay(show, qtbot, tmp_path):
    file = save_safetensors(tmp_path / "in.safetensors", {"w": torch.arange(40.0).view(10, 4)})
    os.truncate(file, file.stat().st_size - 4 * 22)
    viewer = show(file)
    assert viewer.state == "shown"
    shown = cells(viewer)
    assert shown[4] == ["16.0", "17.0", "—", "—"]
    assert shown[9] == ["—"] * 4
    assert "ends before" in viewer.notice.words()


def test_a_file_that_changes_is_an_error_with_a_way_on(show, qtbot, tmp_path):
    file = save_safetensors(tmp_path / "in.safetensors", {"w": torch.zeros(3000, 300)})
    viewer = show(file)
    content = file.read_bytes()
    file.write_bytes(content[:-4] + b"1234")
    viewer.go_to("2999, 299")
    rest(qtbot, viewer)
    assert viewer.state == "failed"
    assert "has changed" in viewer.notice.words()
    assert viewer.model.text(0, 0) == "0.0"
    qtbot.mouseClick(viewer.notice.buttons()[0], Qt.MouseButton.LeftButton)
    rest(qtbot, viewer)
    assert viewer.state == "failed"


@pytest.mark.parametrize(
    ("values", "words"),
    [(torch.zeros(0, 3), "no elements"), (torch.zeros(3, device="meta"), "meta")],
    ids=["empty", "meta"],
)
def test_where_there_is_nothing_to_show(show, values, words):
    viewer = show(values)
    assert viewer.state == "empty"
    assert words in viewer.waiting.sentence.plain()


def test_reading_can_be_stopped_and_gone_on_with(show, qtbot):
    viewer = show(torch.arange(4000 * 30).reshape(4000, 30))
    viewer.go_to("3999, 0")
    viewer._look()
    viewer.cancel()
    assert viewer.state == "cancelled"
    qtbot.mouseClick(viewer.notice.buttons()[0], Qt.MouseButton.LeftButton)
    rest(qtbot, viewer)
    assert viewer.state == "shown"
    assert viewer.words.plain() == "[3999, 0]  119970"


def test_quantized_tensors_show_their_integers_and_say_so(show, qtbot):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch is about to drop them
        values = torch.quantize_per_tensor(torch.arange(6.0), 0.5, 3, torch.quint8)
    viewer = show(values)
    assert [row[0] for row in numbers(viewer)] == values.int_repr().tolist()
    note = viewer.notice.words()
    assert "zero point" in note
    viewer.go_to("99")
    assert "no index 99" in viewer.notice.words()
    viewer.go_to("5")
    assert viewer.notice.words() == note


def test_a_bare_storage_is_bytes(context, qtbot, tmp_path, show):
    file = save_zip(tmp_path / "s.pt", {"w": torch.arange(5, dtype=torch.uint8).untyped_storage()})
    viewer = show(file)
    assert [row[0] for row in numbers(viewer)] == [0, 1, 2, 3, 4]


def test_the_keyboard_reaches_everything(show, qtbot):
    viewer = show(torch.zeros(3, 4, 5))
    names = set()
    widget = viewer.controls.rows
    widget.setFocus()
    for _ in range(30):
        focus = viewer.focusWidget()
        assert focus is not None
        names.add(focus.accessibleName() or type(focus).__name__)
        qtbot.keyClick(focus, Qt.Key.Key_Tab)
    assert {
        "Rows",
        "Columns",
        "Index to go to",
        "How much is shown",
        "Notation",
        "More: copy, save, read as",
        "Index along axis 0",
        "Values",
    } <= names
    buttons = [b for b in viewer.controls.findChildren(QToolButton) if b.isVisible()]
    assert all(button.accessibleName() or button.text() for button in buttons)


def test_an_index_beyond_what_qt_can_count(qtbot):
    box = IndexBox("Index")
    qtbot.addWidget(box)
    box.show_value(0, 10**12)
    seen: list[int] = []
    box.changed.connect(seen.append)
    box.selectAll()
    qtbot.keyClicks(box.lineEdit(), "999999999999")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    qtbot.keyClick(box, Qt.Key.Key_Up)
    qtbot.keyClick(box, Qt.Key.Key_Down)
    assert seen == [10**12 - 1, 10**12 - 2]
    qtbot.keyClicks(box.lineEdit(), "x")
    assert box.value() == 10**12 - 2
