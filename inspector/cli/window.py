"""`inspector [FILE...]`: the window, or the tree where there is no display."""

from __future__ import annotations

import os
import sys

import click

from inspector.cli.show import print_tree
from inspector.core.analysis.comparison import CompareRequest


@click.command()
@click.argument("files", nargs=-1, type=click.Path())
@click.option("--new-window", is_flag=True, help="Do not use the window that is open already.")
def command(files: tuple[str, ...], new_window: bool) -> None:
    """Open FILES in the window, each in a tab.

    A window that is open on this screen takes them, if there is one. Without a display, the trees
    are printed instead.
    """
    if not _has_display():
        click.echo("inspector: no display here, so the tree is printed instead.", err=True)
        if not files:
            raise click.UsageError("Name a file to print: inspector show FILE")
        for file in files:
            print_tree(file)
        return
    from inspector.gui.app import address, run

    sys.exit(run([address(file) for file in files], new_window=new_window))


def compare_in_window(request: CompareRequest) -> int:
    """Show a comparison or a series in a tab of the window that is open, or of a new one."""
    if not _has_display():
        raise click.UsageError("There is no display here: leave out --gui")
    from inspector.gui.app import run

    return run([], compare=request)


def _has_display() -> bool:
    """True if Qt would find a screen; only X11 and Wayland can be missing one."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
