"""The main window: tabs, menus, what is dropped on it and what it remembers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
)
from PySide6.QtWidgets import (
    QDialog,
    QMainWindow,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from inspector.core import text
from inspector.core.analysis.comparison import CompareRequest, PairRequest, SeriesRequest
from inspector.core.formats import READERS
from inspector.core.model.address import Address, BadAddress, parse_address, print_address
from inspector.core.resources import resource
from inspector.gui import notify
from inspector.gui.actions import ACTIONS, dress_actions, fill_menus
from inspector.gui.context import AppContext
from inspector.gui.diff.look import USUAL_LOOK, DiffLook
from inspector.gui.jobs import PaintedFirst
from inspector.gui.widgets.labels import PlainLabel, plain_tool_tip
from inspector.gui.window.address_bar import AddressBar
from inspector.gui.window.checkpoint_tab import CheckpointTab
from inspector.gui.window.comparison_tab import ComparisonTab
from inspector.gui.window.dropping import Dropping
from inspector.gui.window.pages import WelcomePage
from inspector.gui.window.recent import (
    RecentFiles,
    RecentMenu,
    kept_comparison,
    kept_look,
)
from inspector.gui.window.series_tab import SeriesTab
from inspector.gui.window.tab_strip import TabStrip
from inspector.gui.window.theme_menu import theme_menu
from inspector.gui.window.titles import NAME, title_of
from inspector.gui.window.together import Together, are_parts_of_one

_GEOMETRY = "window/geometry"
_FOLDER = "window/folder"
_SAMPLE = "samples/shapes-cnn-epoch12.pt"
Tab = CheckpointTab | ComparisonTab | SeriesTab


class MainWindow(PaintedFirst, QMainWindow):
    """Composes the tabs; `commands` does what the menus ask."""

    copied = Signal()  # what was asked for is on the clipboard

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self.context = context
        self.recent = RecentFiles(context.settings)
        self.tabs = TabStrip(context.theme)
        extensions = dict.fromkeys(ext for reader in READERS for ext in reader.extensions)
        self.welcome = WelcomePage(tuple(extensions))
        self.address_bar = AddressBar(context.theme)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(self.tabs)
        self._lay_out()
        self._status = PlainLabel()
        self.statusBar().addWidget(self._status, 1)
        self.statusBar().setSizeGripEnabled(False)
        self.dropping = Dropping(context.theme, self)
        self.drop_hint = self.dropping.hint
        self.dropping.open_requested.connect(self.open_uris)
        self.dropping.compare_requested.connect(self.compare)
        self.dropping.series_requested.connect(self.open_series)
        self._together = Together(context, self)
        self._together.ready.connect(self._show_together)
        self._together.refused.connect(self._offer_to_compare)
        self._actions: Mapping[str, QAction] = {}
        self.setAcceptDrops(True)
        self.setMinimumSize(560, 360)
        self.tabs.currentChanged.connect(lambda _: self._refresh())
        self.tabs.close_requested.connect(self.close_tab)
        self.welcome.open_requested.connect(self.choose)
        self.welcome.sample_requested.connect(self.open_sample)
        self.welcome.file_requested.connect(self.open_uri)
        self.welcome.session_requested.connect(self.open_session)
        self.address_bar.entered.connect(self._open_typed)
        self.address_bar.left.connect(self._focus_tab)
        self._dressing = QTimer(self, singleShot=True, interval=0)
        self._dressing.timeout.connect(self._dress)
        context.theme.changed.connect(self._dress_soon)
        context.preferences.changed.connect(self._follow)
        self._restore()
        self._refresh()
        self._offer_recent()

    # What commands call.

    def set_actions(self, actions: Mapping[str, QAction]) -> None:
        """Fill the menus."""
        self._actions = actions
        menus = fill_menus(self.menuBar(), actions)
        recent = RecentMenu(self.recent, self.context.theme, menus["File"])
        recent.file_requested.connect(self.open_uri)
        recent.forgotten.connect(self._offer_recent)
        menus["File"].insertMenu(actions["reload"], recent)
        menus["View"].addMenu(theme_menu(menus["View"], self.context))
        self._dress()
        self._refresh()

    def action(self, name: str) -> QAction:
        """Return the action of a row of `ACTIONS`."""
        return self._actions[name]

    def status(self) -> str:
        """Return what the status bar says."""
        return self._status.plain()

    def open_uris(self, uris: Iterable[str]) -> None:
        """Open each in a tab of its own; of two that come together, offer to compare them."""
        if two := self._two(uris):
            self._offer_to_compare(*two)

    def open_together(self, uris: Iterable[str]) -> None:
        """Do the same for what the desktop hands over, but compare two if that is wanted."""
        uris = list(uris)
        two = self._two(uris)
        if two and self.context.preferences["compare_two"] and set(two) == set(uris):
            self._together.begin(*two)
        elif two:
            self._offer_to_compare(*two)

    def open_uri(self, uri: str) -> CheckpointTab:
        """Open one checkpoint, or bring its tab forward; `FILE::PATH` goes to a place in it."""
        try:
            address = parse_address(uri, lambda file: Path(file).exists())
        except BadAddress:
            address = Address(uri)  # the tab will say that there is no such file
        tab = next((tab for tab in self.all_tabs() if tab.uri == address.file), None)
        if tab is None:
            tab = self._add_tab(address)
        elif address.path:
            tab.go_to(address.path)
        self.tabs.setCurrentWidget(tab)
        return tab

    def compare(self, a: str, b: str) -> None:
        """Compare two checkpoints in a tab, or bring that tab forward."""
        known = next((tab for tab in self.comparisons() if (tab.a, tab.b) == (a, b)), None)
        self.tabs.setCurrentWidget(known or self._add_comparison(PairRequest(a, b)))

    def show_comparison(self, request: CompareRequest, look: DiffLook = USUAL_LOOK) -> None:
        """Compare as somebody asked before, or bring the tab forward that does so."""
        if isinstance(request, SeriesRequest):
            self.open_series(request.files)
            return
        known = next((tab for tab in self.comparisons() if tab.request == request), None)
        self.tabs.setCurrentWidget(known or self._add_comparison(request, look))

    def open_series(self, files: Sequence[str]) -> None:
        """Show how tensors moved along several snapshots, or bring that tab forward."""
        series = [tab for tab in self._all_pages() if isinstance(tab, SeriesTab)]
        known = [tab for tab in series if tab.files == tuple(files)]
        tab = known[0] if known else SeriesTab(self.context, files)
        if not known:
            self._take_in(tab)
        self.tabs.setCurrentWidget(tab)

    def choose(self) -> None:
        """Let the person pick files to open."""
        self.open_uris(self.chosen_files())

    def chosen_files(self) -> list[str]:
        """Let the person pick files, and return them."""
        filters = [(reader.label, reader.extensions) for reader in READERS]
        folder = str(self.context.settings.value(_FOLDER) or "")
        chosen = notify.choose_checkpoints(self, folder, filters)
        if chosen:
            self.context.settings.setValue(_FOLDER, str(Path(chosen[0]).parent))
        return chosen

    def open_sample(self) -> None:
        """Open the checkpoint that comes with the program."""
        self.open_uris([str(resource(_SAMPLE))])

    def open_session(self) -> None:
        """Open what was open when the window was last closed."""
        for kept in self.recent.session():
            request = kept_comparison(kept)
            if request is not None:
                self.show_comparison(request, kept_look(kept))
            else:
                self.open_uri(kept)

    def all_tabs(self) -> list[CheckpointTab]:
        """Return the tabs of checkpoints from left to right."""
        return [tab for tab in self._all_pages() if isinstance(tab, CheckpointTab)]

    def current_tab(self) -> CheckpointTab | None:
        """Return the tab on screen."""
        widget = self.tabs.currentWidget()
        return widget if isinstance(widget, CheckpointTab) else None

    def comparisons(self) -> list[ComparisonTab]:
        """Return the comparisons from left to right."""
        return [tab for tab in self._all_pages() if isinstance(tab, ComparisonTab)]

    def current_comparison(self) -> ComparisonTab | None:
        """Return the comparison on screen."""
        widget = self.tabs.currentWidget()
        return widget if isinstance(widget, ComparisonTab) else None

    def close_tab(self, tab: Tab) -> None:
        """Stop what the tab does and remove it."""
        tab.stop()
        self.tabs.removeTab(self.tabs.indexOf(tab))
        tab.deleteLater()
        self._refresh()
        if not self.tabs.count():
            self._offer_recent()

    # What goes on inside.

    def _lay_out(self) -> None:
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.address_bar)
        column.addWidget(self._pages, 1)
        self.setCentralWidget(middle)

    def _two(self, uris: Iterable[str]) -> tuple[str, str] | None:
        """Open each in a tab of its own; return the files if two were opened to be compared."""
        files = [self.open_uri(uri).uri for uri in uris]
        if len(files) != 2 or len(set(files)) != 2 or are_parts_of_one(*files):
            return None
        return files[0], files[1]

    def _offer_to_compare(self, a: str, b: str) -> None:
        one, other = (next((t for t in self.all_tabs() if t.uri == uri), None) for uri in (a, b))
        if one and other:
            words = f"Opened together with {one.name}."
            other.offer(words, ("Compare", lambda: self.compare(a, b)))

    def _show_together(self, tab: ComparisonTab) -> None:
        """Show a comparison that nobody asked for in front, unless the person has gone on."""
        if not {tab.a, tab.b} <= {one.uri for one in self.all_tabs()}:
            self._together.give_up(tab)
            return
        before = self.current_tab()
        self._take_in_comparison(tab)
        if before and before.uri in tab.files:
            self.tabs.setCurrentWidget(tab)

    def _add_comparison(self, request: PairRequest, look: DiffLook = USUAL_LOOK) -> ComparisonTab:
        tab = ComparisonTab(self.context, request, look)
        self._take_in_comparison(tab)
        return tab

    def _take_in_comparison(self, tab: ComparisonTab) -> None:
        self._take_in(tab)
        tab.opened.connect(lambda: self._remember_both(tab))
        tab.renamed.connect(lambda: self._rename(tab))

    def _add_tab(self, address: Address) -> CheckpointTab:
        tab = CheckpointTab(self.context, address.file, address.path)
        tab.opened.connect(lambda: self._remember(tab.uri))
        self._take_in(tab)
        return tab

    def _take_in(self, tab: Tab) -> None:
        tab.status_changed.connect(self._refresh)
        tab.menu_requested.connect(self._show_tree_menu)
        tab.close_requested.connect(lambda: self.close_tab(tab))
        self.tabs.add(tab, tab.name, tab.uri)

    def _rename(self, tab: ComparisonTab) -> None:
        number = self.tabs.indexOf(tab)
        self.tabs.setTabText(number, tab.name.replace("&", "&&"))
        self.tabs.setTabToolTip(number, plain_tool_tip(text.printable(tab.uri)))
        self._refresh()

    def _refresh(self) -> None:
        tab, comparison, page = self.current_tab(), self.current_comparison(), self.page()
        self._pages.setCurrentWidget(self.tabs if page else self.welcome)
        self.setWindowTitle(title_of(page.name, page.files) if page else NAME)
        status = page.status() if page else ""
        self._status.set_plain(status)
        self.statusBar().setVisible(bool(status))
        view = tab.view if tab else None
        node = view.current_node() if view else None
        refers = node is not None and node.kind == "reference"
        chosen = bool(view and view.tree.view.selected_count())
        there = {
            "": True,
            "page": bool(page),
            "tab": bool(tab),
            "tree": bool(view),
            "row": chosen,
            "reference": refers,
        }
        answered = self.answered()
        for row in ACTIONS:
            if row.id in self._actions:
                able = there.get(row.needs, False) or row.id in answered
                self._actions[row.id].setEnabled(able)
                if row.checkable:
                    self._actions[row.id].setChecked(bool(comparison) and self._is_ticked(row.id))
        if "group" in self._actions and view:
            self._actions["group"].setChecked(view.tree.group.isChecked())

    def answered(self) -> Mapping[str, Callable[[], object]]:
        """Return the actions that a comparison or series on screen does in its own way."""
        tab = self.page()
        if tab is None or isinstance(tab, CheckpointTab):
            return {}
        mine: dict[str, Callable[[], object]] = {
            "reload": tab.open,
            "close_tab": lambda: self.close_tab(tab),
            "next_tab": lambda: self.tabs.step(1),
            "previous_tab": lambda: self.tabs.step(-1),
            "tab_left": lambda: self.tabs.move_current(-1),
            "tab_right": lambda: self.tabs.move_current(1),
        }
        if tab.view is not None:
            mine.update(tab.view.commands)
        return mine

    def page(self) -> Tab | None:
        """Return the tab on screen, whatever it shows."""
        widget = self.tabs.currentWidget()
        return widget if isinstance(widget, Tab) else None

    def _all_pages(self) -> list[Tab]:
        widgets = [self.tabs.widget(number) for number in range(self.tabs.count())]
        return [widget for widget in widgets if isinstance(widget, Tab)]

    def _is_ticked(self, name: str) -> bool:
        tab = self.current_comparison()
        return bool(tab and tab.view and tab.view.checked(name))

    def _open_typed(self, typed: str) -> None:
        try:
            address = parse_address(typed, lambda file: Path(file).exists())
        except BadAddress as bad:
            self.address_bar.say(text.printable(str(bad), 300))
            return
        if "://" not in typed:
            typed = print_address(address._replace(file=str(Path(address.file).absolute())))
        self.address_bar.leave()
        self.open_uri(typed)

    def _focus_tab(self) -> None:
        tab = self.current_tab()
        if tab and tab.view:
            tab.view.tree.view.setFocus(Qt.FocusReason.OtherFocusReason)
        comparison = self.current_comparison()
        if comparison and comparison.view:
            comparison.view.pane.table.setFocus(Qt.FocusReason.OtherFocusReason)

    # Files of other times.

    def _remember(self, uri: str) -> None:
        self.recent.add(uri, int(self.context.preferences["recent_files"]))

    def _remember_both(self, tab: ComparisonTab) -> None:
        for uri in (tab.b, tab.a):
            self._remember(uri)

    def _offer_recent(self) -> None:
        self.welcome.offer(self.recent.files(), self.recent.session())

    def _follow(self, name: str) -> None:
        if name == "recent_files":
            self.recent.keep_at_most(int(self.context.preferences[name]))
            self._offer_recent()

    def _show_tree_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for row in ACTIONS:
            if row.in_tree_menu and self._actions[row.id].isEnabled():
                if row.starts_group:
                    menu.addSeparator()
                menu.addAction(self._actions[row.id])
        menu.popup(place)

    def _dress_soon(self) -> None:
        """Dress and paint in a turn of their own: with the new style sheet, they would be felt."""
        self.setUpdatesEnabled(False)
        self._dressing.start()

    def _dress(self) -> None:
        dress_actions(self._actions, self.context.theme.icon)
        self.setUpdatesEnabled(True)
        # At once: the request to paint that came meanwhile was dropped, and while Qt believes that
        # one is on its way, it sends no other. The window would never be painted again.
        self.repaint()

    # Drag and drop.

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self.dropping.enter(event, self._dropped_on())

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self.dropping.move(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.dropping.leave()

    def dropEvent(self, event: QDropEvent) -> None:
        self.dropping.drop(event)

    def _dropped_on(self) -> str:
        """Return the checkpoint on screen, which one that is dropped can be compared with."""
        tab = self.current_tab()
        return tab.uri if tab and tab.view else ""

    # What it remembers.

    def sizeHint(self) -> QSize:
        return QSize(1180, 740)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.context.settings.setValue(_GEOMETRY, self.saveGeometry())
        if self.tabs.count():
            self.recent.keep_session(tab.kept() for tab in self._all_pages())
        self._together.stop()
        while (page := self.page()) is not None:
            self.close_tab(page)
        for dialog in self.findChildren(QDialog):  # they end what they are at, and let go of files
            dialog.close()
        super().closeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            for tab in self.all_tabs():  # not every file system says that a file has changed
                tab.watch.look_again()
            for comparison in self.comparisons():
                comparison.look_again()

    def _restore(self) -> None:
        geometry = self.context.settings.value(_GEOMETRY)
        if not (isinstance(geometry, QByteArray) and self.restoreGeometry(geometry)):
            self.resize(self.sizeHint().boundedTo(self.screen().availableSize() * 0.94))
