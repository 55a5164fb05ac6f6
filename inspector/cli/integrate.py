"""`inspector integrate`: a double-click on a checkpoint opens it in the window."""

from __future__ import annotations

import click

from inspector.core.integration import (
    Step,
    install,
    installed_launcher,
    integration_of_this_system,
    remove,
)
from inspector.core.text import printable

_COLOURS = {"missing": "yellow", "run": "blue"}


@click.command()
@click.option("--remove", "away", is_flag=True, help="Take everything away again.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
def command(away: bool, dry_run: bool) -> None:
    """Make a double-click on a checkpoint open it in the window, for this user.

    Adds the program to the menu and its file types to the system; needs no administrator. No
    program of yours loses a file type to it.

    \b
    Examples:
      inspector integrate
      inspector integrate --dry-run
      inspector integrate --remove
    """
    integration = integration_of_this_system(installed_launcher())
    missing = False
    changed = False
    for step in (remove if away else install)(integration, dry=dry_run):
        missing |= step.verb == "missing"
        changed |= step.verb in ("write", "remove")
        _tell(step, dry_run)
    click.echo(_outcome(away, dry_run, changed, missing))


def _tell(step: Step, dry_run: bool) -> None:
    verb = f"would {step.verb}" if dry_run and step.verb != "missing" else step.verb
    click.secho(f"{verb:<13}" if dry_run else f"{verb:<8}", fg=_COLOURS.get(step.verb), nl=False)
    click.echo(printable(step.what))


def _outcome(away: bool, dry_run: bool, changed: bool, missing: bool) -> str:
    if dry_run:
        return "Nothing was changed: this was a dry run."
    if away:
        return "Gone." if changed else "There was nothing to remove."
    if missing:
        return "In place, but the system does not take notice of all of it yet (see above)."
    return "Done: a double-click on a checkpoint opens it." if changed else "Already in place."
