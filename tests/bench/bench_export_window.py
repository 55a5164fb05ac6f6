"""The export dialog on a huge checkpoint: how long plans take, and the longest pauses meanwhile.

    python tests/bench/bench_export_window.py [TENSORS]

Writes a state_dict of that many tensors (default 50,000), opens the dialog without a display, and
goes on as a person would. It reports and judges nothing.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Print a line for each thing that is done: how long it took, and the three longest pauses."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.path.insert(0, str(ROOT))
    from tests.bench.bench_compare_window import Run, written

    number = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CONFIG_HOME"] = folder
        go(Run(), str(written(Path(folder) / "epoch1.pt", number, 1)))


def go(run: Any, file: str) -> None:
    """Do one thing after the other."""
    from inspector.gui.export.dialog import ExportDialog

    dialog = ExportDialog(run.context, file, None, (), run.window)
    run.do("open", dialog.show, lambda: dialog.body is not None)
    body = dialog.body
    assert body is not None

    def planned() -> bool:
        return body.forecast.is_current and not body.forecast.is_looking

    model, tree = body.tree.model, body.tree
    choices = body.rules.lists["choices"]
    run.do("first plan", lambda: None, planned)
    choices.add.click()
    pattern = choices.rows[0].first_editor()
    run.do("a pattern", lambda: pattern.setProperty("text", "layers.1?.*"), planned)
    run.do("no pattern", choices.rows[0].remove.click, planned)
    run.do("tick nothing", tree.untick_shown.click, planned)
    run.do("tick everything", tree.tick_shown.click, planned)
    run.do("half precision, values read", body.presets.buttons["half"].click, planned)
    search = tree.bar.box
    run.do("search", lambda: search.setText("mlp.up"), lambda: model.request.narrows)
    run.do("untick one in eight", tree.untick_shown.click, lambda: model.ticks.overrides() != [])
    run.do("plan of that", lambda: None, planned)
    target = str(Path(file).with_name("new.pt"))
    run.do("type a name", lambda: body.save_bar.suggest(target), planned)
    run.do("export", body.save_bar.save.click, lambda: bool(body.save_bar.notice.words()))
    run.do("close", dialog.close, lambda: not run.context.jobs.running)
    run.window.close()
    run.context.shut_down()


if __name__ == "__main__":
    main()
