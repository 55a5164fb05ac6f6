"""Keys that are no actions: what the parts of the window do by themselves while they have focus."""

from __future__ import annotations

from typing import NamedTuple


class Key(NamedTuple):
    """What a part does, and the keys that ask for it."""

    part: str
    does: str
    keys: str


_TREE = "In the tree"
_COMPARISON = "In a comparison"
_PLOT = "In a plot"
_HEAT_MAP = "In a heat map"
_TREEMAP = "In a treemap"
_VALUES = "In a table of values"
_EXPORT = "In the export window"

KEYS = (
    Key(_TREE, "Open or close a branch", "Space"),
    Key(_TREE, "Step in, step out", "Right, Left"),
    Key(_TREE, "Open a branch, or follow a reference", "Return"),
    Key(_TREE, "First or last row", "Home, End"),
    Key(_TREE, "Select several rows", "Shift+Up, Shift+Down"),
    Key(_TREE, "Give up search and filters", "Esc"),
    Key(_TREE, "Write the selected rows as a file", "drag them out of the window"),
    Key(_COMPARISON, "Open or close a branch", "Space, Return"),
    Key(_COMPARISON, "Step in, step out", "Right, Left"),
    Key(_COMPARISON, "First or last line", "Home, End"),
    Key(_COMPARISON, "Give up search and filters", "Esc"),
    Key(_PLOT, "Bar to bar, or layer to layer", "Left, Right"),
    Key(_PLOT, "First or last", "Home, End"),
    Key(_PLOT, "To the tensor of a layer", "Return"),
    Key(_PLOT, "Nearer, farther", "+, -"),
    Key(_PLOT, "Move", "Shift+Left, Shift+Right"),
    Key(_PLOT, "Whole range", "0"),
    Key(_HEAT_MAP, "Cell to cell", "Left, Right, Up, Down"),
    Key(_HEAT_MAP, "Several cells at once", "Shift+Left, Shift+Right, Shift+Up, Shift+Down"),
    Key(_HEAT_MAP, "Nearer, farther", "+, -"),
    Key(_HEAT_MAP, "All of it", "0"),
    Key(_TREEMAP, "Tile to tile", "Left, Right, Up, Down"),
    Key(_TREEMAP, "First or last tile", "Home, End"),
    Key(_TREEMAP, "Go to what a tile stands for", "Return"),
    Key(_VALUES, "Copy the selected cells", "Ctrl+C"),
    Key(_VALUES, "The next or previous page, from its edge", "Down, Up"),
    Key(_EXPORT, "Tick or untick the selected rows", "Space"),
    Key(_EXPORT, "Step in, step out", "Right, Left"),
    Key(_EXPORT, "Open or close a branch", "Return"),
    Key(_EXPORT, "First or last row", "Home, End"),
    Key(_EXPORT, "Search keys", "/"),
    Key(_EXPORT, "Move a rule up or down", "Alt+Up, Alt+Down"),
    Key(_EXPORT, "Write the file", "Ctrl+Return"),
)
