"""How the desktop learns about the program: one table of file types, one file per system.

Nothing here imports Qt or asks for administrator rights; all that is written is the user's own.
"""

from __future__ import annotations

import sys

from inspector.core.integration import linux, macos, windows
from inspector.core.integration.base import Integration, Launcher, install, remove
from inspector.core.integration.launcher import installed_launcher
from inspector.core.integration.step import Step

__all__ = [
    "Integration",
    "Launcher",
    "Step",
    "install",
    "installed_launcher",
    "integration_of_this_system",
    "remove",
]


def integration_of_this_system(launcher: Launcher) -> Integration:
    """Return what makes the program known to this user's desktop."""
    if sys.platform == "win32":
        return windows.integration(launcher)
    if sys.platform == "darwin":
        return macos.integration(launcher)
    return linux.integration(launcher)
