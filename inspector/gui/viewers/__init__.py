"""Ways to look at a node: one file each, and one row in `VIEWERS`."""

from inspector.gui.viewers.base import Subject, Viewer
from inspector.gui.viewers.distribution import DistributionViewer
from inspector.gui.viewers.heat_map import HeatMapViewer
from inspector.gui.viewers.kinds import file_name
from inspector.gui.viewers.loading import LoadingViewer
from inspector.gui.viewers.modules import ModulesViewer
from inspector.gui.viewers.panel import ViewerPanel
from inspector.gui.viewers.statistics import StatisticsViewer
from inspector.gui.viewers.summary import SummaryViewer
from inspector.gui.viewers.text import TextViewer
from inspector.gui.viewers.values import ValuesViewer

# In the order of the tabs.
VIEWERS: tuple[type[Viewer], ...] = (
    SummaryViewer,
    ModulesViewer,
    StatisticsViewer,
    DistributionViewer,
    HeatMapViewer,
    ValuesViewer,
    TextViewer,
    LoadingViewer,
)

__all__ = ["VIEWERS", "Subject", "Viewer", "ViewerPanel", "file_name"]
