"""The export dialog in front of real files: real keys and clicks, and what is then on disk."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton

from inspector.cli.main import main
from inspector.core.export import Recipe, Row
from inspector.gui import notify
from inspector.gui.export.dialog import ExportDialog
from tests.e2e.looking import view_of

LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier
KEYS = ["features.0.weight", "features.0.bias", "features.1.weight", "head.weight", "head.bias"]


@pytest.fixture
def source(tmp_path):
    import torch

    torch.manual_seed(1)
    shapes = ((4, 3), (4,), (4, 4), (2, 4), (2,))
    model = {key: torch.rand(shape) for key, shape in zip(KEYS, shapes, strict=True)}
    model["head.bias"] = torch.tensor([1e6, 1.0])
    path = tmp_path / "training.pt"
    torch.save({"epoch": 3, "model": model, "optimizer": {"state": {}, "param_groups": []}}, path)
    return path


@pytest.fixture
def show(open_window, qtbot):
    """Open a file, press Ctrl+E, and wait for the first plan."""
    made = []

    def show_(path, keys=(Qt.Key.Key_E, CTRL), before=lambda window: None):
        window = open_window(path)
        before(window)
        qtbot.keyClick(view_of(window).tree.view, *keys)
        qtbot.waitUntil(lambda: any(dialogs()), timeout=10_000)
        dialog = dialogs()[0]
        made.append(dialog)
        qtbot.waitUntil(lambda: dialog.body is not None, timeout=20_000)
        settle(qtbot, dialog.body)
        return dialog

    yield show_
    for dialog in dialogs():
        dialog.body and dialog.body.save_bar.cancel()
        qtbot.waitUntil(lambda one=dialog: not one.body or not one.body.save_bar.is_busy)
        dialog.close()


def dialogs():
    return [
        widget
        for widget in QApplication.topLevelWidgets()
        if isinstance(widget, ExportDialog) and widget.isVisible()
    ]


def settle(qtbot, body):
    """Wait until everything on screen answers what was asked last."""
    qtbot.waitUntil(
        lambda: body.forecast.is_current and not body.forecast.is_looking, timeout=20_000
    )


def kept(body):
    return [row.key for row in body.outlook.plan.rows]


def line(body, key):
    model = body.tree.model
    return next(n for n in range(model.rowCount()) if str(model.row_at(n).node.key) == key)


def save(qtbot, body, path):
    body.save_bar.file.selectAll()
    qtbot.keyClicks(body.save_bar.file, str(path))
    settle(qtbot, body)
    qtbot.mouseClick(body.save_bar.save, LEFT)
    qtbot.waitUntil(
        lambda: not body.save_bar.is_busy and bool(body.save_bar.notice.words()), timeout=20_000
    )
    return body.save_bar.notice.words()


def load(path):
    import torch

    return torch.load(path, weights_only=True)


def test_the_space_bar_and_the_mouse_tick(show, source, qtbot, tmp_path):
    body = show(source).body
    assert kept(body) == KEYS
    view = body.tree.view
    view.go_to_line(line(body, "head."))
    qtbot.keyClick(view, Qt.Key.Key_Space)
    settle(qtbot, body)
    assert kept(body) == KEYS[:3]
    box = view.box_of(line(body, "features.0.bias")).center()
    qtbot.mouseClick(view.viewport(), LEFT, pos=box)
    settle(qtbot, body)
    assert kept(body) == ["features.0.weight", "features.1.weight"]
    top = body.tree.model.index(line(body, "features."), 0)
    assert top.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.PartiallyChecked
    qtbot.mouseClick(view.viewport(), LEFT, pos=box)
    settle(qtbot, body)
    assert "written and verified" in save(qtbot, body, tmp_path / "out.pt")
    assert list(load(tmp_path / "out.pt")) == KEYS[:3]


def test_what_a_search_finds_is_unticked_at_once(show, source, qtbot):
    body = show(source).body
    with qtbot.waitSignal(body.tree.arranged):
        qtbot.keyClicks(body.tree.bar.box, "bias")
    qtbot.mouseClick(body.tree.untick_shown, LEFT)
    qtbot.waitUntil(lambda: body.tree.model.ticks.state(body.tree.model.root) == "mixed")
    settle(qtbot, body)
    assert kept(body) == [key for key in KEYS if "bias" not in key]


def test_rename_rules_are_previewed_and_a_collision_is_said_beside_them(show, source, qtbot):
    body = show(source).body
    rules = body.rules.lists["renames"]
    qtbot.mouseClick(rules.add, LEFT)
    row = rules.rows[0]
    qtbot.keyClicks(row.old, "features.")
    settle(qtbot, body)
    index = body.tree.model.index(line(body, "features.0.weight"), 1)
    assert index.data() == "0.weight"
    row.kind.setFocus()
    qtbot.keyClicks(row.kind, "Replace")
    row.old.selectAll()
    qtbot.keyClicks(row.old, "^.*weight$")
    qtbot.keyClicks(row.new, "same")
    settle(qtbot, body)
    assert "Two tensors would have the same key" in rules.note.plain()
    assert not body.save_bar.save.isEnabled()
    row.old.selectAll()
    qtbot.keyClicks(row.old, "(")
    assert "does not work" in row.problem.plain()
    qtbot.mouseClick(row.remove, LEFT)
    settle(qtbot, body)
    assert body.save_bar.save.isEnabled()
    assert kept(body) == KEYS


def test_a_cast_that_overflows_is_found_before_anything_is_written(show, source, qtbot):
    body = show(source).body
    qtbot.mouseClick(body.presets.buttons["half"], LEFT)
    qtbot.waitUntil(lambda: body.tabs.tabText(3) == "Findings (1)", timeout=20_000)
    assert any("too large for float16" in said for said in body.findings.list.messages())
    row = body.rules.lists["dtypes"].rows[0]
    row.dtype.setFocus()
    row.dtype.lineEdit().selectAll()
    qtbot.keyClicks(row.dtype.lineEdit(), "float17")
    assert "no dtype" in row.problem.plain()
    assert not body.save_bar.save.isEnabled()


def test_presets_become_rules_that_can_be_seen_and_taken_back(show, source, qtbot):
    body = show(source).body
    qtbot.mouseClick(body.presets.buttons["head"], LEFT)
    settle(qtbot, body)
    assert kept(body) == KEYS[:3]
    assert body.rules.lists["choices"].rows[0].pattern.text() == "head.*"
    qtbot.mouseClick(body.presets.buttons["head"], LEFT)
    settle(qtbot, body)
    assert kept(body) == KEYS


def test_a_target_tells_what_load_state_dict_would(
    show, source, qtbot, tmp_path, monkeypatch, capsys
):
    import torch

    target = tmp_path / "target.pt"
    theirs = {"features.0.weight": torch.ones(4, 3), "features.1.weight": torch.ones(9, 9)}
    torch.save({**theirs, "extra.weight": torch.ones(1)}, target)
    monkeypatch.setattr(notify, "choose_file", lambda *_: str(target))
    body = show(source).body
    body.tabs.setCurrentWidget(body.target_page)
    qtbot.mouseClick(body.target_page.choose, LEFT)
    qtbot.waitUntil(lambda: body.outlook is not None and body.outlook.fit is not None)
    lists = body.target_page.lists()
    assert lists["Missing"] == ["extra.weight"]
    assert lists["Unexpected"] == ["features.0.bias", "head.weight", "head.bias"]
    assert lists["Size mismatch"] == ["features.1.weight"]
    assert "sizes differ" in body.target_page.verdict.plain()
    main([*shlex.split(body.outlook.command)[1:], "--dry-run", "--json"])
    assert json.loads(capsys.readouterr().out)["fit"]["missing"] == ["extra.weight"]
    qtbot.mouseClick(body.target_page.only_fitting, LEFT, pos=QPoint(8, 10))
    settle(qtbot, body)
    assert "--against" not in body.outlook.command
    assert kept(body) == ["features.0.weight"]
    assert body.presets.fit.isChecked()


def test_the_command_writes_the_same_bytes_and_the_code_loads_them(show, source, qtbot, tmp_path):
    import torch

    body = show(source).body
    qtbot.mouseClick(body.presets.buttons["head"], LEFT)
    rules = body.rules.lists["renames"]
    qtbot.mouseClick(rules.add, LEFT)
    qtbot.keyClicks(rules.rows[0].old, "features.")
    view = body.tree.view
    view.go_to_line(line(body, "features.0.bias"))
    qtbot.keyClick(view, Qt.Key.Key_Space)
    qtbot.mouseClick(body.presets.buttons["half"], LEFT)
    made = tmp_path / "made here.pt"
    assert "written and verified" in save(qtbot, body, made)
    body.tabs.setCurrentWidget(body.code)
    qtbot.mouseClick(body.code.copy_command, LEFT)
    words = shlex.split(QGuiApplication.clipboard().text())
    before = made.read_bytes()
    made.unlink()
    assert words[:2] == ["inspector", "export"]
    main(words[1:])
    assert made.read_bytes() == before
    qtbot.mouseClick(body.code.copy_code, LEFT)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 4))
    exec(QGuiApplication.clipboard().text(), {"model": model})
    assert torch.equal(model[0].weight, load(made)["0.weight"].float())


def test_the_code_freezes_what_it_loads_into_a_part_of_the_network(show, source, qtbot, tmp_path):
    import torch

    body = show(source).body
    for name in ("head", "half"):
        qtbot.mouseClick(body.presets.buttons[name], LEFT)
    rules = body.rules.lists["renames"]
    qtbot.mouseClick(rules.add, LEFT)
    qtbot.keyClicks(rules.rows[0].old, "features.")
    body.tabs.setCurrentWidget(body.code)
    qtbot.mouseClick(body.code.freeze, LEFT, pos=QPoint(8, body.code.freeze.height() // 2))
    qtbot.keyClicks(body.code.prefix, "body.")
    settle(qtbot, body)
    made = tmp_path / "made.pt"
    assert "written and verified" in save(qtbot, body, made)
    qtbot.mouseClick(body.code.copy_code, LEFT)
    model = torch.nn.ModuleDict(
        {
            "body": torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 4)),
            "head": torch.nn.Linear(4, 5),
        }
    )
    exec(QGuiApplication.clipboard().text(), {"model": model})
    assert torch.equal(model["body"][0].weight, load(made)["0.weight"].float())
    trained = [name for name, one in model.named_parameters() if one.requires_grad]
    assert trained == ["body.1.bias", "head.weight", "head.bias"]  # the file has no features.1.bias


def test_cancelling_in_the_middle_leaves_nothing(show, qtbot, tmp_path):
    import torch

    folder = tmp_path / "in"
    folder.mkdir()
    big = torch.zeros(1 << 22)
    torch.save({f"w{n}": big + n for n in range(24)}, folder / "big.pt")
    body = show(folder / "big.pt").body
    out = tmp_path / "out"
    out.mkdir()
    body.save_bar.file.selectAll()
    qtbot.keyClicks(body.save_bar.file, str(out / "new.pt"))
    settle(qtbot, body)
    qtbot.mouseClick(body.save_bar.save, LEFT)
    qtbot.waitUntil(lambda: body.save_bar.strip.bar.value() > 0, timeout=20_000)
    qtbot.keyClick(body.tree.view, Qt.Key.Key_Escape)
    assert body.isVisible()  # what is being written is not thrown away by a stray key
    qtbot.mouseClick(body.save_bar.strip.cancel, LEFT)
    qtbot.waitUntil(lambda: not body.save_bar.is_busy, timeout=20_000)
    assert body.save_bar.notice.words() == "Cancelled: nothing has been written."
    assert list(out.iterdir()) == []
    assert body.save_bar.save.isEnabled()


def test_a_place_that_cannot_be_written_is_said_in_words(show, source, qtbot, tmp_path):
    body = show(source).body
    said = save(qtbot, body, tmp_path / "nowhere" / "out.pt")
    assert "is no folder" in said
    said = save(qtbot, body, Path("/dev/full/out.pt"))
    assert said
    assert "Traceback" not in said


def test_a_file_that_is_there_is_asked_about_first(show, source, qtbot, tmp_path, monkeypatch):
    old = tmp_path / "old.pt"
    old.write_bytes(b"precious")
    asked = []

    def refuse(*args):
        asked.append(args)
        return ""

    body = show(source).body
    monkeypatch.setattr(notify, "choose_new_file", refuse)
    body.save_bar.file.selectAll()
    qtbot.keyClicks(body.save_bar.file, str(old))
    settle(qtbot, body)
    qtbot.mouseClick(body.save_bar.save, LEFT)
    assert asked
    assert old.read_bytes() == b"precious"
    monkeypatch.setattr(notify, "choose_new_file", lambda *_: str(old))
    qtbot.mouseClick(body.save_bar.save, LEFT)
    qtbot.waitUntil(lambda: "written" in body.save_bar.notice.words(), timeout=20_000)
    assert list(load(old)) == KEYS
    (first, second) = body.save_bar.notice.buttons()
    assert (first.text(), second.text()) == ("Open the result", "Show in folder")


def test_the_result_opens_in_a_tab(show, source, qtbot, tmp_path):
    dialog = show(source)
    window = dialog.parent()
    save(qtbot, dialog.body, tmp_path / "out.pt")
    qtbot.mouseClick(dialog.body.save_bar.notice.buttons()[0], LEFT)
    qtbot.waitUntil(lambda: window.current_tab().name == "out.pt")
    qtbot.waitUntil(lambda: window.current_tab().view is not None, timeout=20_000)


def test_a_selection_is_all_that_is_ticked(show, source, qtbot):
    def select(window):
        view_of(window).tree.go_to(("model", "head.weight"))

    alt = CTRL | Qt.KeyboardModifier.AltModifier
    body = show(source, (Qt.Key.Key_E, alt), select).body
    assert kept(body) == ["head.weight"]


def test_of_a_damaged_file_the_healthy_rest_is_exported(show, qtbot, tmp_path):
    import torch

    whole = tmp_path / "whole.pt"
    torch.save({f"w{n}": torch.full((5000,), float(n)) for n in range(8)}, whole)
    cut = tmp_path / "cut.pt"
    cut.write_bytes(whole.read_bytes()[:90_000])
    body = show(cut).body
    found = body.outlook.rows.values()
    assert any(not isinstance(row, Row) and row.reason == "damaged" for row in found)
    left = kept(body)
    assert 0 < len(left) < 8
    assert "written" in save(qtbot, body, tmp_path / "rest.pt")
    rest = load(tmp_path / "rest.pt")
    assert all(torch.equal(rest[key], torch.full((5000,), float(key[1:]))) for key in left)


def test_a_recipe_comes_back_from_its_file(show, source, qtbot, tmp_path, monkeypatch):
    file = tmp_path / "mine.toml"
    monkeypatch.setattr(notify, "choose_new_file", lambda *_: str(file))
    monkeypatch.setattr(notify, "choose_file", lambda *_: str(file))
    body = show(source).body
    for name in ("head", "cpu"):
        qtbot.mouseClick(body.presets.buttons[name], LEFT)
    settle(qtbot, body)
    load_, save_, _, _, over = body.presets.menu.actions()
    save_.trigger()
    assert "head.*" in file.read_text()
    over.trigger()
    settle(qtbot, body)
    assert kept(body) == KEYS
    assert body.recipe() == Recipe()
    load_.trigger()
    settle(qtbot, body)
    assert kept(body) == KEYS[:3]
    file.write_text("nonsense = 1")
    load_.trigger()
    assert "no 'nonsense'" in body.save_bar.notice.words()


def test_the_format_and_the_ending_of_the_name_agree(show, source, qtbot, tmp_path):
    body = show(source).body
    body.save_bar.file.selectAll()
    qtbot.keyClicks(body.save_bar.file, str(tmp_path / "out.safetensors"))
    assert body.file_page.format.currentData() == "safetensors"
    body.file_page.format.setFocus()
    qtbot.keyClick(body.file_page.format, Qt.Key.Key_Home)
    assert body.save_bar.path().endswith("out.pt")


def test_enter_in_a_rule_writes_nothing_and_in_the_name_it_does(show, source, qtbot, tmp_path):
    body = show(source).body
    body.save_bar.file.selectAll()
    qtbot.keyClicks(body.save_bar.file, str(tmp_path / "out.pt"))
    rules = body.rules.lists["choices"]
    qtbot.mouseClick(rules.add, LEFT)
    qtbot.keyClicks(rules.rows[0].pattern, "head.*")
    qtbot.keyClick(rules.rows[0].pattern, Qt.Key.Key_Return)
    settle(qtbot, body)
    assert body.isVisible()
    assert not body.save_bar.is_busy
    assert not (tmp_path / "out.pt").exists()
    qtbot.keyClick(body.save_bar.file, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "written" in body.save_bar.notice.words(), timeout=20_000)
    assert list(load(tmp_path / "out.pt")) == KEYS[:3]


def test_everything_in_the_dialog_has_a_name(show, source):
    body = show(source).body
    for button in body.findChildren(QPushButton):
        assert button.text() or button.accessibleName()
    for edit in body.findChildren(QLineEdit):
        owner = edit if edit.accessibleName() else edit.parent()
        assert owner.accessibleName(), edit.placeholderText()


def test_another_state_dict_of_the_file_can_be_chosen(show, qtbot, tmp_path):
    import torch

    path = tmp_path / "two.pt"
    one, other = {"a.w": torch.ones(2)}, {"b.w": torch.ones(3), "b.b": torch.ones(3)}
    torch.save({"generator": one, "discriminator": other, "step": 1}, path)
    body = show(path).body
    assert kept(body) == ["b.w", "b.b"]
    body.tabs.setCurrentWidget(body.file_page)
    body.file_page.place.setFocus()
    now = body.file_page.place.currentText()
    qtbot.keyClicks(body.file_page.place, "generator")
    assert (now, body.file_page.place.currentText()) == ("discriminator", "generator")
    qtbot.waitUntil(lambda: body.outlook is not None and kept(body) == ["a.w"])
    settle(qtbot, body)
    assert "--at generator" in body.outlook.command
    save(qtbot, body, tmp_path / "out.pt")
    assert list(load(tmp_path / "out.pt")) == ["a.w"]


def test_closing_the_window_ends_an_export_and_leaves_nothing(show, qtbot, tmp_path):
    import torch

    folder = tmp_path / "in"
    folder.mkdir()
    big = torch.zeros(1 << 22)
    torch.save({f"w{n}": big + n for n in range(24)}, folder / "big.pt")
    dialog = show(folder / "big.pt")
    body, out = dialog.body, tmp_path / "out"
    out.mkdir()
    body.save_bar.file.selectAll()
    qtbot.keyClicks(body.save_bar.file, str(out / "new.pt"))
    settle(qtbot, body)
    qtbot.mouseClick(body.save_bar.save, LEFT)
    qtbot.waitUntil(lambda: body.save_bar.strip.bar.value() > 0, timeout=20_000)
    jobs = dialog.parent().context.jobs
    dialog.parent().close()
    assert not dialogs()
    qtbot.waitUntil(lambda: not jobs.running, timeout=20_000)
    assert list(out.iterdir()) == []


def test_closing_the_tab_leaves_the_dialog_as_it_is(show, source, qtbot, tmp_path):
    dialog = show(source)
    window = dialog.parent()
    window.close_tab(window.current_tab())
    assert "written" in save(qtbot, dialog.body, tmp_path / "out.pt")
    assert list(load(tmp_path / "out.pt")) == KEYS


def test_strange_keys_are_shown_as_they_are(show, qtbot, tmp_path):
    import torch

    path = tmp_path / "odd.pt"
    torch.save({"<b>bold</b>": torch.ones(1), "line\nbreak.w": torch.ones(1)}, path)
    body = show(path).body
    model = body.tree.model
    shown = [model.index(n, 0).data() for n in range(model.rowCount())]
    assert shown[0] == "<b>bold</b>"
    assert shown[1] == "line\\nbreak"
    assert "&lt;b&gt;" in model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
