"""What can be made of an open checkpoint: tree, rules, pages of answers, and the foot."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path as FilePath
from typing import NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.errors import InspectorError
from inspector.core.export import Recipe
from inspector.core.model import Path
from inspector.core.progress import Progress, silent
from inspector.gui import notify
from inspector.gui.context import AppContext
from inspector.gui.export.code_page import CodePage
from inspector.gui.export.file_page import FilePage
from inspector.gui.export.findings_page import FindingsPage
from inspector.gui.export.forecast import Forecast, read_target
from inspector.gui.export.naming import format_for, name_for, suggested
from inspector.gui.export.outlook import Asked, Outlook, Target, let_go
from inspector.gui.export.preset_bar import PresetBar
from inspector.gui.export.rules_page import RulesPage
from inspector.gui.export.save_bar import SaveBar
from inspector.gui.export.survey import Survey, recipe_at, survey, tick_paths
from inspector.gui.export.target_page import TargetPage
from inspector.gui.export.ticks import Ticks
from inspector.gui.export.tree_pane import TickedPane
from inspector.gui.jobs import Job
from inspector.gui.widgets.divider import Divided
from inspector.gui.widgets.line import line

_log = logging.getLogger(__name__)
_SHARE = "export/tree_share"
_USUAL_SHARE = 0.6


class Answers(NamedTuple):
    """The parts that need no file: made while one is read, as all at once would be felt."""

    target: TargetPage
    findings: FindingsPage
    code: CodePage
    save_bar: SaveBar

    @classmethod
    def made(cls, context: AppContext) -> Answers:
        """Make them."""
        theme = context.theme
        return cls(TargetPage(theme), FindingsPage(theme), CodePage(), SaveBar(context))


class ExportBody(QWidget):
    """Composes the parts: what one changes becomes a plan, and all show what comes of it."""

    open_requested = Signal(str)
    folder_requested = Signal(str)
    planned = Signal()  # everything on screen answers what was asked last

    def __init__(self, context: AppContext, uri: str, found: Survey, answers: Answers) -> None:
        super().__init__()
        self._context = context
        self._uri = uri
        self._found = found
        self._target: Target | None = None
        self._reading: Job | None = None
        self._wants_save = False
        self._renames = False
        self.outlook: Outlook | None = None
        self.forecast = Forecast(context)
        self.presets = PresetBar(context.theme, found)
        self.tree = TickedPane(context, found)
        self.rules = RulesPage(context.theme, found.devices)
        self.file_page = FilePage(found.places, found.at)
        self.target_page, self.findings, self.code, self.save_bar = answers
        self.tabs = QTabWidget()
        self._lay_out()
        self._connect()
        self.show_recipe(replace(Recipe(), at=recipe_at(found)))
        self.save_bar.suggest(suggested(uri))

    def recipe(self) -> Recipe:
        """Return what stands in the window, without what is ticked."""
        recipe = self.file_page.put_into(self.rules.put_into(Recipe(at=recipe_at(self._found))))
        fits = self.target_page.only_fitting.isChecked() and self._target is not None
        return replace(recipe, match=self._target.address if fits and self._target else "")

    def show_recipe(self, recipe: Recipe) -> None:
        """Show the rules of a recipe."""
        self.rules.show_recipe(recipe)
        self.file_page.show_recipe(recipe)
        self._change()

    def read_target(self, address: str, *, only_fitting: bool) -> None:
        """Hold the new file against another checkpoint."""
        self._stop_reading()
        self.target_page.only_fitting.setChecked(only_fitting)
        self.target_page.show_target(address)
        job = self._context.jobs.start("Reading the target", read_target, address)
        strip = self.target_page.strip
        strip.show_progress(0.0, "Reading the target…")
        job.progressed.connect(lambda done, _: strip.show_progress(done, "Reading the target…"))
        job.succeeded.connect(self._show_target)
        job.failed.connect(lambda error: self.target_page.show_target(address, _said(error)))
        job.finished.connect(strip.hide)
        self._reading = job

    def tick(self, paths: tuple[Path, ...]) -> None:
        """Tick these paths alone."""
        job = self._context.jobs.start(
            "Ticking", _ticked, self.tree.ticks(), self._found.members, paths
        )
        job.succeeded.connect(self.tree.show_ticks)

    def stop(self) -> None:
        """End all jobs."""
        self._stop_reading()
        self.forecast.stop()
        self.tree.stop()
        self.save_bar.cancel()

    # What happens when something changes.

    def _change_name(self) -> None:
        """Only the texts have to change, as long as the format stays."""
        before = self.file_page.format.currentData()
        self._match_name_and_format()
        is_same = before == self.file_page.format.currentData()
        if self.outlook is None or not is_same or not (self.forecast.is_current or self._renames):
            self._change()
            return
        self._renames = True
        self.forecast.soon(name_only=True)

    def _change(self) -> None:
        self._renames = False
        self._match_name_and_format()
        self.presets.show_recipe(self.recipe())
        are_usable = all([self.rules.check(), self.file_page.check()])
        if not are_usable:
            self.forecast.stop()
            self._drop_outlook()
            self.save_bar.show_problem("Put right what is marked in red first.")
            self._allow()
            return
        self.save_bar.save.setEnabled(not self.save_bar.is_busy)
        self.forecast.soon()

    def _plan(self) -> None:
        file, loading = self.save_bar.path(), self.code.loading()
        if self._renames and self.outlook is not None:
            self.forecast.spell(self._found, self.outlook, file, loading)
            return
        asked = Asked(self.recipe(), self.tree.ticks(), self._target, file, loading)
        self.forecast.plan(self._found, asked)

    def _show_outlook(self, outlook: Outlook) -> None:
        self._drop_outlook()
        self.outlook = outlook
        plan = outlook.plan
        self.tree.show_outlook(outlook)
        self.rules.say(plan.findings)
        self.target_page.show_fit(outlook.fit)
        self.findings.show_outlook(outlook)
        self._say_of_casts(0.0)
        self._count_findings()
        self.code.show_texts(outlook.command, outlook.code)
        errors = [found.message for found in plan.findings if found.severity == "error"]
        self.save_bar.show_problem(errors[0] if errors else "")
        self.save_bar.summary.set_plain(outlook.summary)
        self._allow()
        if self._wants_save:
            self._save()
        self.planned.emit()

    def _show_refusal(self, error: Exception) -> None:
        self._drop_outlook()
        self._wants_save = False
        said = _said(error)
        if "shard" in said and self.recipe().max_shard_size:
            self.file_page.say_of_shards(text.printable(said, 300))
        self.save_bar.show_problem(said)
        self.code.show_texts("", "")
        self._allow()
        self.planned.emit()

    def _show_texts(self, texts: tuple[str, str]) -> None:
        self._renames = False
        command, code = texts
        if self.outlook is not None:
            self.outlook = self.outlook._replace(command=command, code=code)
        self.code.show_texts(command, code)
        if self._wants_save:
            self._save()
        self.planned.emit()

    def _drop_outlook(self) -> None:
        """Free what was planned before, off the GUI thread: it may be large."""
        before = [self.outlook] if self.outlook is not None else []
        self.outlook = None
        self.tree.show_outlook(None)
        self.findings.forget()
        if before:
            self._context.jobs.start("Letting go", let_go, before)

    def _say_of_casts(self, done: float) -> None:
        if self.outlook is None or not self.outlook.casts:
            self.findings.show_casts("", can_look=False)
        elif self.forecast.is_looking:
            self.findings.show_casts(
                f"Looking for values that the cast loses … {done:.0%}", can_look=False
            )
        else:
            size = text.size(self.outlook.casts)
            self.findings.show_casts(
                f"To know what casting loses, {size} have to be read.", can_look=True
            )

    def _look_at_casts(self) -> None:
        if self.outlook is not None:
            self.forecast.look_at_casts(self._found, self.outlook.plan)
            self._say_of_casts(0.0)

    def _show_losses(self, losses: object) -> None:
        self.findings.show_losses(losses)  # type: ignore[arg-type]
        self.findings.show_casts(
            "" if losses else "Casting loses nothing: no value becomes infinite or zero.",
            can_look=False,
        )
        self._count_findings()

    def _count_findings(self) -> None:
        number = sum(found.severity != "info" for found in self.findings.findings())
        title = f"Findings ({text.exact(number)})" if number else "Findings"
        self.tabs.setTabText(self.tabs.indexOf(self.findings), title)

    def _allow(self) -> None:
        can = self.outlook is not None and self.outlook.plan.possible
        self.save_bar.save.setEnabled(can and not self.save_bar.is_busy)

    # Names and places.

    def _match_name_and_format(self) -> None:
        box = self.file_page.format
        box.setCurrentIndex(box.findData(format_for(self.save_bar.path(), box.currentData())))

    def _follow_format(self, name: str) -> None:
        path = self.save_bar.path()
        if (new := name_for(path, name)) != path:
            self.save_bar.suggest(new)

    def _move(self, at: Path, chosen: tuple[Path, ...] = ()) -> None:
        """Start from another state_dict of the same file."""
        job = self._context.jobs.start("Laying out", survey, self._found.checkpoint, at, chosen)
        job.succeeded.connect(self._show_survey)
        job.failed.connect(lambda error: self.save_bar.show_problem(_said(error)))

    def _show_survey(self, found: Survey) -> None:
        self._found = found
        before = self.tree
        before.stop()
        self.tree = TickedPane(self._context, found)
        self.tree.changed.connect(self._change)
        self._splitter.replaceWidget(0, self.tree)
        before.deleteLater()
        self.presets.show_survey(found)
        self.file_page.show_places(found.places, found.at)
        self._change()

    def _choose_target(self, *, only_fitting: bool) -> None:
        folder = str(FilePath(self._uri).parent) if "://" not in self._uri else ""
        title = "Checkpoint of the network that is to load the new file"
        path = notify.choose_file(
            self, title, folder, "Checkpoints (*.pt *.pth *.safetensors *.bin)"
        )
        if path:
            self.read_target(path, only_fitting=only_fitting)
            self.tabs.setCurrentWidget(self.target_page)
        self.presets.show_recipe(self.recipe())

    def _show_target(self, target: Target) -> None:
        self._target = target
        self._change()

    def _forget_target(self) -> None:
        self._stop_reading()
        self._target = None
        self.target_page.only_fitting.setChecked(False)
        self.target_page.show_target("")
        self._change()

    def _stop_reading(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _save(self) -> None:
        """Write what stands in the window, once it is planned."""
        if not self.forecast.is_current:
            self._wants_save = True
            return
        self._wants_save = False
        if self.outlook is None or not self.outlook.plan.possible or self.save_bar.is_busy:
            return
        if not self.save_bar.may_write():
            return
        if not self.forecast.is_current:  # the name that was chosen has another format
            self._wants_save = True
            return
        sources = [self._target.address] if self._target else []
        self.save_bar.start(self._found.checkpoint, self.outlook.plan, sources)

    # Recipes in files.

    def _load_recipe(self, recipe: Recipe) -> None:
        self._follow_format(recipe.format)
        self.show_recipe(recipe)
        if recipe.at is not None and recipe.at != self._found.at:
            self._move(recipe.at, recipe.ticks or ())
        else:
            self.tick(recipe.ticks if recipe.ticks is not None else ((),))
        if recipe.match:
            self.read_target(recipe.match, only_fitting=True)

    def _connect(self) -> None:
        for changed in (
            self.tree.changed,
            self.rules.changed,
            self.file_page.changed,
            self.target_page.changed,
        ):
            changed.connect(self._change)
        self.save_bar.file_changed.connect(self._change_name)
        self.code.loading_changed.connect(self._change_name)
        self.forecast.spelled.connect(self._show_texts)
        self.forecast.wanted.connect(self._plan)
        self.forecast.planned.connect(self._show_outlook)
        self.forecast.planning.connect(
            lambda done: self.save_bar.summary.set_plain(f"Planning … {done:.0%}")
        )
        self.forecast.refused.connect(self._show_refusal)
        self.forecast.lost.connect(self._show_losses)
        self.forecast.looking.connect(self._say_of_casts)
        self.findings.look_requested.connect(self._look_at_casts)
        self.file_page.format_chosen.connect(self._follow_format)
        self.file_page.place_chosen.connect(self._move)
        self.presets.chosen.connect(self.show_recipe)
        self.presets.recipe_loaded.connect(self._load_recipe)
        self.presets.target_requested.connect(lambda: self._choose_target(only_fitting=True))
        self.presets.recipe_wanted.connect(
            lambda: self.presets.save_recipe(self.outlook.recipe if self.outlook else None)
        )
        self.target_page.choose_requested.connect(lambda: self._choose_target(only_fitting=False))
        self.target_page.forgotten.connect(self._forget_target)
        self.save_bar.save_requested.connect(self._save)
        self.save_bar.settled.connect(self._allow)
        self.save_bar.open_requested.connect(self.open_requested)
        self.save_bar.folder_requested.connect(self.folder_requested)
        for said in (self.code.copied, self.presets.said):
            said.connect(lambda words: self.save_bar.notice.say("info", words))

    def _lay_out(self) -> None:
        for page, title in (
            (self.rules, "Rules"),
            (self.file_page, "File"),
            (self.target_page, "Target"),
            (self.findings, "Findings"),
            (self.code, "Code"),
        ):
            page.setAccessibleName(title)
            self.tabs.addTab(page, title)
        self.tabs.setAccessibleName("What becomes of it")
        self.tabs.setDocumentMode(True)
        sides = Qt.Orientation.Horizontal
        between = ("Tensors", "rules")
        self._splitter = Divided(sides, self._context.settings, _SHARE, _USUAL_SHARE, between)
        self._splitter.addWidget(self.tree)
        self._splitter.addWidget(self.tabs)
        self.tree.setMinimumWidth(300)
        self.tabs.setMinimumWidth(380)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.presets)
        column.addWidget(line())
        column.addWidget(self._splitter, 1)
        column.addWidget(line())
        column.addWidget(self.save_bar)


def _said(error: Exception) -> str:
    if isinstance(error, InspectorError):
        return str(error)
    _log.error("An export could not be planned", exc_info=error)
    return "That failed; it is a mistake in the program."


def _ticked(
    ticks: Ticks, members: object, paths: tuple[Path, ...], *, progress: Progress = silent
) -> Ticks:
    tick_paths(ticks, members, paths)  # type: ignore[arg-type]
    return ticks
