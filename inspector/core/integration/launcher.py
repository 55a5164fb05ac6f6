"""The command that a desktop runs to open the window."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from inspector.core.integration.base import Launcher

_COMMAND = "inspector-gui"
_ROOT = Path(__file__).parents[3]


def installed_launcher(executable: str = sys.executable) -> Launcher:
    """Return the window's command that was installed beside `executable`, or how to do without.

    The executable may be a link into another Python: the environment it stands in is what counts.
    """
    python = Path(os.path.abspath(executable))  # noqa: PTH100 - resolve() would follow the link
    command = python.with_name(_COMMAND + python.suffix if os.name == "nt" else _COMMAND)
    if command.is_file():
        return Launcher((str(command),))
    # A source tree that was never installed. -P: the folder of the file that is opened must not
    # provide modules.
    start = f"import sys; sys.path.append({str(_ROOT)!r}); "
    start += "from inspector.gui.app import main; sys.exit(main())"
    return Launcher((str(python), "-P", "-c", start))
