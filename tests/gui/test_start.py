"""The window starts without what only some of its users need."""

from __future__ import annotations

import subprocess
import sys

LATER = (
    "inspector.core.export",
    "inspector.gui.diff.view",
    "inspector.gui.diff.series_view",
    "inspector.gui.export",
    "numpy",
    "pyqtgraph",
    "regex",
    "torch",
)


def test_the_window_is_imported_without_them() -> None:
    code = "import sys, inspector.gui.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    early = [name for name in done.stdout.split() if name.startswith(LATER)]
    assert not early
