"""Two files that a file manager hands over in one go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from inspector.core.settings import Settings, settings_path
from inspector.gui.window.main_window import MainWindow
from inspector.gui.window.together import are_parts_of_one
from tests.e2e.looking import wait_until_open
from tests.e2e.test_comparison import PATIENCE, run, view_of

__all__ = ["run"]


def kinds(window: MainWindow) -> list[str]:
    return [type(window.tabs.widget(n)).__name__ for n in range(window.tabs.count())]


def test_they_are_two_tabs_and_a_comparison_in_front(
    open_window: Any, qtbot: QtBot, run: Path
) -> None:
    window = open_window(run / "epoch0.pt", run / "epoch1.pt")
    qtbot.waitUntil(lambda: len(window.comparisons()) == 1, timeout=PATIENCE)
    view = view_of(window, qtbot)
    assert kinds(window) == ["CheckpointTab", "CheckpointTab", "ComparisonTab"]
    assert [Path(uri).name for uri in window.page().files] == ["epoch0.pt", "epoch1.pt"]
    assert view.run.state == "done"
    assert view.pane.table.hasFocus()
    assert {Path(uri).name for uri in window.recent.files()} == {"epoch0.pt", "epoch1.pt"}


def test_who_has_gone_on_is_not_called_back(open_window: Any, qtbot: QtBot, run: Path) -> None:
    window = open_window(run / "epoch2.pt")
    window.open_together([str(run / "epoch0.pt"), str(run / "epoch1.pt")])
    window.tabs.setCurrentIndex(0)
    qtbot.waitUntil(lambda: len(window.comparisons()) == 1, timeout=PATIENCE)
    assert window.current_tab().name == "epoch2.pt"
    wait_until_open(qtbot, window)
    assert window.current_tab().view.tree.view.hasFocus()
    window.action("next_tab").trigger()
    assert window.current_tab().view.tree.view.hasFocus()


def test_only_tabs_if_that_is_chosen(
    open_window: Any, own_settings: Path, qtbot: QtBot, run: Path
) -> None:
    Settings(settings_path()).choose("compare_two", False)
    window = open_window(run / "epoch0.pt", run / "epoch1.pt")
    notice = window.current_tab().notice
    assert notice.words() == "Opened together with epoch0.pt."
    assert kinds(window) == ["CheckpointTab", "CheckpointTab"]
    qtbot.mouseClick(notice.buttons()[0], Qt.MouseButton.LeftButton)
    assert view_of(window, qtbot).sides.a.source.uri.endswith("epoch0.pt")


def test_what_has_nothing_in_common_is_only_offered(
    open_window: Any, qtbot: QtBot, run: Path, tmp_path: Path
) -> None:
    import torch

    torch.save({"other": torch.ones(2)}, tmp_path / "other.pt")
    window = open_window(run / "renamed.pt", tmp_path / "other.pt")
    notice = window.current_tab().notice
    qtbot.waitUntil(lambda: notice.words() == "Opened together with renamed.pt.", timeout=PATIENCE)
    assert kinds(window) == ["CheckpointTab", "CheckpointTab"]


@pytest.mark.parametrize("other", ["page.pt", "gone.pt"])
def test_what_cannot_be_opened_is_not_compared(
    open_window: Any, qtbot: QtBot, run: Path, other: str
) -> None:
    window = open_window(run / "epoch0.pt", run / other)
    qtbot.waitUntil(lambda: not window.context.jobs.running, timeout=PATIENCE)
    assert kinds(window) == ["CheckpointTab", "CheckpointTab"]
    assert window.all_tabs()[1].notice.words() == ""


def test_shards_of_one_set_are_not_compared(open_window: Any, qtbot: QtBot, tmp_path: Path) -> None:
    import torch

    names = [f"model-0000{number}-of-00002.pt" for number in (1, 2)]
    for name in names:
        torch.save({"weight": torch.ones(2)}, tmp_path / name)
    window = open_window(*(tmp_path / name for name in names))
    qtbot.waitUntil(lambda: not window.context.jobs.running, timeout=PATIENCE)
    assert kinds(window) == ["CheckpointTab", "CheckpointTab"]
    assert window.current_tab().notice.words() == ""


def test_a_window_that_closes_meanwhile(open_window: Any, qtbot: QtBot, run: Path) -> None:
    window = open_window(wait=False)
    window.open_together([str(run / "epoch0.pt"), str(run / "epoch1.pt")])
    window.close()
    qtbot.waitUntil(lambda: not window.context.jobs.running, timeout=PATIENCE)
    assert not window.comparisons()


def test_a_tab_that_was_closed_meanwhile_is_not_compared_at_all(
    open_window: Any, qtbot: QtBot, run: Path
) -> None:
    window = open_window(wait=False)
    window.open_together([str(run / "epoch0.pt"), str(run / "epoch1.pt")])
    window.close_tab(window.all_tabs()[0])
    wait_until_open(qtbot, window)
    qtbot.waitUntil(lambda: not window.context.jobs.running, timeout=PATIENCE)
    assert kinds(window) == ["CheckpointTab"]


@pytest.mark.parametrize(
    ("a", "b", "parts"),
    [
        ("/m/model-00001-of-00003.bin", "/m/model-00002-of-00003.bin", True),
        ("/m/model-00001-of-00003.bin", "/n/model-00001-of-00003.bin", False),
        ("/m/model-00001-of-00003.bin", "/m/ema-00001-of-00003.bin", False),
        ("/m/model-00001-of-00003.bin", "/m/model-00002-of-00004.bin", False),
        ("/m/model-00001-of-00003.bin", "/m/model.safetensors.index.json", True),
        ("/m/epoch1.pt", "/m/epoch2.pt", False),
    ],
)
def test_parts_of_one_are_told_by_their_names(a: str, b: str, parts: bool) -> None:
    assert are_parts_of_one(a, b) is parts
