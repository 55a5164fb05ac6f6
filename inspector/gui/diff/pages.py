"""The pages of the panel: one row here is one tab."""

from __future__ import annotations

from inspector.gui.diff.base import PairViewer
from inspector.gui.diff.depth import DepthPage
from inspector.gui.diff.heat_maps import HeatMapsPage
from inspector.gui.diff.histograms import HistogramsPage
from inspector.gui.diff.other_values import ValuesPage
from inspector.gui.diff.overview import OverviewPage
from inspector.gui.diff.scatter import ScatterPage
from inspector.gui.diff.summary import SummaryPage

PAGES: tuple[type[PairViewer], ...] = (
    SummaryPage,
    OverviewPage,
    ValuesPage,
    HistogramsPage,
    HeatMapsPage,
    ScatterPage,
    DepthPage,
)
