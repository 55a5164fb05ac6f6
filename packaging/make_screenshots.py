"""Writes the pictures of the README: the real window on the bundled sample.

    python packaging/make_screenshots.py

Offscreen unless QT_QPA_PLATFORM says otherwise; a window is 1280 x 800, a panel 620 x 560.
"""

from __future__ import annotations

import os
import runpy
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "resources" / "samples" / "shapes-cnn-epoch12.pt"
FOLDER = ROOT / "packaging" / "screenshots"
WIDTH, HEIGHT = 1280, 800
PANEL_WIDTH, PANEL_HEIGHT = 620, 560
PATIENCE_MS = 20_000
_TURNS = 20  # of the event loop, in which layouts settle


def main() -> None:
    """Open the window as a person would, and take a picture of each state."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as settings:
        os.environ["XDG_CONFIG_HOME"] = settings
        # The picture shows where the file lies: somewhere that anybody could have it.
        folder = Path(tempfile.gettempdir()) / "runs" / "shapes"
        folder.mkdir(parents=True, exist_ok=True)
        sample = Path(shutil.copy(SAMPLE, folder))
        try:
            take_pictures(sample)
        finally:
            sample.unlink()


def take_pictures(sample: Path) -> None:
    """Write every picture."""
    from inspector.gui.app import Application, make_context, start
    from inspector.gui.viewers.modules import ModulesViewer

    application = Application(["screenshots"])
    context = make_context(application)
    context.preferences.choose("theme", "light")
    window = start(application, context, [str(sample)])
    window.resize(WIDTH, HEIGHT)
    tab = window.current_tab()
    assert tab is not None
    until(lambda: tab.view is not None and bool(tab.view.tree.model.known.marks.dtypes))
    assert tab.view is not None
    tree = tab.view.tree
    take(window, "window-light")

    arranged: list[bool] = []
    tree.arranged.connect(lambda: arranged.append(True))
    tree.set_grouped(True)
    until(lambda: bool(arranged))
    tree.go_to(("model_state_dict", "head.weight"))
    context.preferences.choose("theme", "dark")
    rest()
    until(lambda: not context.jobs.running)  # the values of the selection have been read
    take(window, "window-dark")

    context.preferences.choose("theme", "light")
    tree.go_to(("model_state_dict", "features.0.weight"))
    tree.view.go_to_line(1)
    tab.view.panel.step()
    viewer = tab.view.panel.viewer()
    assert isinstance(viewer, ModulesViewer)
    viewer.steps.setCurrentIndex(1)
    until(lambda: not context.jobs.running)
    take(window, "modules-light")
    take_values(context, tab.view)
    take_comparison(context, window, str(sample))
    take_series(context, window)
    take_export(context, window, str(sample))
    window.close()
    context.jobs.shutdown()


def take_values(context, view) -> None:  # type: ignore[no-untyped-def]
    """Write the pictures of values: the panel alone, with nothing beside it."""
    from inspector.gui.viewers.base import Viewer
    from inspector.gui.viewers.distribution import DistributionViewer
    from inspector.gui.viewers.heat_map import HeatMapViewer
    from inspector.gui.viewers.modules import LAYERS, TREEMAP, ModulesViewer
    from inspector.gui.viewers.statistics import StatisticsViewer
    from inspector.gui.viewers.values import ValuesViewer

    def look(viewer: type[Viewer], name: str, *path: str) -> None:
        view.panel.prefer(viewer)
        view.tree.go_to(("model_state_dict",))
        view.tree.go_to(("model_state_dict", *path))
        until(lambda: not context.jobs.running)
        take(view.panel, name)

    view.tree.set_grouped(False)
    until(lambda: not context.jobs.running)
    ground = view.window().size()
    view.window().resize(WIDTH + PANEL_WIDTH, ground.height())
    shares = view.splitter.sizes()
    view.splitter.setSizes([view.width() - PANEL_WIDTH, PANEL_WIDTH])
    spare = view.window().height() - view.panel.height()
    view.window().resize(WIDTH + PANEL_WIDTH, PANEL_HEIGHT + spare)
    view.splitter.setSizes([view.width() - PANEL_WIDTH, PANEL_WIDTH])
    look(DistributionViewer, "distribution-light", "features.8.weight")
    look(HeatMapViewer, "heat-map-light", "features.4.weight")
    look(ValuesViewer, "values-light", "head.weight")
    view.panel.prefer(ModulesViewer)
    view.tree.go_to(("model_state_dict",))
    modules = view.panel.viewer()
    modules.look.choose(TREEMAP)
    modules.steps.setCurrentIndex(modules.steps.count() - 1)
    until(lambda: not context.jobs.running)
    take(view.panel, "treemap-light")
    modules.look.choose(LAYERS)
    until(lambda: modules.layers.state == "shown")
    modules.layers.which.setCurrentIndex(1)
    take(view.panel, "layers-light")
    view.scan.start()
    until(lambda: view.scan.state == "done")
    view.panel.prefer(StatisticsViewer)
    view.tree.go_to(("model_state_dict", "features.8.weight"))
    view.tree.go_to(("model_state_dict",))
    until(lambda: not context.jobs.running)
    take(view.panel, "statistics-light")
    view.window().resize(ground)
    view.splitter.setSizes(shares)


def take_comparison(context, window, after: str) -> None:  # type: ignore[no-untyped-def]
    """Write the picture of the sample beside the snapshot that was taken earlier in its run."""
    from inspector.gui.diff.heat_maps import HeatMapsPage

    before = after.replace("epoch12", "epoch4")
    shutil.copy(SAMPLE.with_name("shapes-cnn-epoch4.pt"), before)
    try:
        window.compare(before, after)
        tab = window.current_comparison()
        until(lambda: tab.view is not None and not tab.view.run.is_busy and tab.view.pane.idle)
        view = tab.view
        key = "model_state_dict.features.4.weight"
        view.pane.go_to(next(r.number for r in view.run.rows if r.pair.name == key))
        view.panel.prefer(HeatMapsPage, whole=False)
        view.show_row_again()
        until(lambda: not context.jobs.running)
        take(window, "compare-light")
    finally:
        Path(before).unlink()


def take_series(context, window) -> None:  # type: ignore[no-untyped-def]
    """Write the picture of every epoch of the sample's run, which is trained once more."""
    from inspector.gui.diff.series_lines import QUANTITIES

    script = runpy.run_path(str(SAMPLE.with_name("make_samples.py")))
    run = script["train"].__globals__
    with tempfile.TemporaryDirectory() as folder:
        run["FOLDER"], run["SNAPSHOTS"] = Path(folder), range(1, 13)
        run["train"]()
        window.open_series([str(file) for file in Path(folder).iterdir()])
        view = window.page().view
        until(lambda: not view.is_busy and view.model.rowCount() > 1)
        names = [curve.name for curve in view.model.curves]
        view.table.selectRow(names.index("model_state_dict.features.4.weight"))
        view.quantity.choose([one.words for one in QUANTITIES].index("To previous"))
        until(lambda: not context.jobs.running)
        take(window, "series-light")
        window.close_tab(window.page())


def take_export(context, window, sample: str) -> None:  # type: ignore[no-untyped-def]
    """Write the picture of a backbone in half precision on its way into a file."""
    from inspector.core.export import StripPrefix
    from inspector.gui.export.dialog import ExportDialog

    dialog = ExportDialog(context, sample, None, (), window)
    dialog.resize(WIDTH - 80, HEIGHT - 60)
    dialog.show()
    until(lambda: dialog.body is not None)
    body = dialog.body
    assert body is not None
    for name in ("head", "half"):
        body.presets.buttons[name].click()
    body.rules.lists["renames"].set_rules([StripPrefix("features.")])
    body.rules.changed.emit()
    until(lambda: body.forecast.is_current and not body.forecast.is_looking)
    take(dialog, "export-light")
    dialog.close()


def take(window, name: str) -> None:  # type: ignore[no-untyped-def]
    """Write what the window shows once it has come to rest."""
    rest()
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / f"{name}.png"
    window.grab().save(str(file))
    print(f"{file.relative_to(ROOT)}  {file.stat().st_size / 1000:.0f} kB")


def rest() -> None:
    """Let the window live for a moment."""
    turns = iter(range(_TURNS))
    until(lambda: next(turns, None) is None)


def until(happened: Callable[[], bool]) -> None:
    """Let the window live until something has happened."""
    from PySide6.QtCore import QDeadlineTimer, QEventLoop, QTimer

    deadline = QDeadlineTimer(PATIENCE_MS)
    loop = QEventLoop()
    timer = QTimer(interval=10)
    timer.timeout.connect(lambda: loop.quit() if happened() or deadline.hasExpired() else None)
    timer.start()
    loop.exec()
    timer.stop()
    if deadline.hasExpired():
        sys.exit("The window did not come to rest.")


if __name__ == "__main__":
    main()
