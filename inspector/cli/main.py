"""The `inspector` command: files open the window, sub-commands print."""

from __future__ import annotations

import difflib
import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import NamedTuple

import click

from inspector import __version__
from inspector.core.errors import InspectorError
from inspector.core.text import printable

_EPILOG = """\b
Examples:
  inspector model.pt                     look at it in a window
  inspector show model.pt                print its tree
  inspector show model.pt --include '*.weight'
  inspector show model.pt --json | jq .totals
  inspector stats model.pt --include '*.weight'
  inspector check model.pt
  inspector export train.pt weights.safetensors
  inspector diff before.pt after.pt
"""


class Command(NamedTuple):
    """A sub-command: its module has a click command named `command`, imported on use."""

    name: str
    help: str


COMMANDS = (
    Command("window", "Open files in the window; the default when no command is named."),
    Command("show", "Print the tree, facts, totals and findings of a checkpoint."),
    Command("stats", "Print the statistics of every tensor, and where NaN and infinity are."),
    Command("diff", "Compare two checkpoints, or a series of them; exit code 1 if they differ."),
    Command("export", "Write a part of a checkpoint to a file: renamed, cast, for other devices."),
    Command("check", "Verify checksums, look for damage in values, say what loading would run."),
    Command("integrate", "Make a double-click on a checkpoint open it; --remove undoes that."),
)

_DEFAULT = "window"
_ALIKE = 0.6  # of 1: names that differ by a slip of the fingers


class _Commands(click.Group):
    """A group that imports a command when it is needed, and takes files for the default one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [row.name for row in COMMANDS]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if not any(row.name == name for row in COMMANDS):
            return None
        module = importlib.import_module(f"inspector.cli.{name}")
        command: click.Command = module.command
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # `inspector show … | head`: nobody reads on, which is no error
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ours = {option for parameter in self.get_params(ctx) for option in parameter.opts}
        if args and args[0].startswith("--") and args[0] not in {*ours, "--"}:
            args = [_DEFAULT, *args]  # an option of the default command
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):  # from the table: nothing is imported for `--help`
            formatter.write_dl([(row.name, row.help) for row in COMMANDS])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None:
            meant = difflib.get_close_matches(args[0], self.list_commands(ctx), 1, _ALIKE)
            if meant and not os.path.exists(args[0]):  # noqa: PTH110 - takes any text
                raise click.UsageError(
                    f"There is no command and no file {args[0]!r}. Did you mean {meant[0]!r}?", ctx
                )
            args = [_DEFAULT, *args]
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, "--version", message="inspector %(version)s")
@click.pass_context
def group(ctx: click.Context) -> None:
    """Look into PyTorch checkpoints: tree, shapes, dtypes, metadata. Nothing in them is run.

    \b
    inspector [FILE...]      open the window; --new-window for one more
    inspector COMMAND ...    one of the commands below
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(_Commands.get_command(group, ctx, _DEFAULT))  # type: ignore[arg-type]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 findings or differences, 2 could not."""
    for stream in (sys.stdout, sys.stderr):  # a terminal that is not UTF-8 gets \\xd7 for ×
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        result = group.main(args=arguments, prog_name="inspector", standalone_mode=False)
        code = result if isinstance(result, int) else 0  # what a command returns, if anything
        if arguments is None:
            _leave(code)
        if code:
            sys.exit(code)
    except InspectorError as error:
        _fail(str(error))
    except OSError as error:  # the disk is full, say; a closed pipe was dealt with before
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - what is buffered is lost
        _fail(f"the output cannot be written: {error.strerror}.")
    except click.ClickException as error:
        said = error.format_message().rstrip(".")
        context = error.ctx if isinstance(error, click.UsageError) else None
        command = context.command_path if context is not None else "inspector"
        _fail(f"{said}{'' if said.endswith('?') else '.'} See {command} --help.")
    except (click.Abort, KeyboardInterrupt):
        _fail("interrupted.")


def _leave(code: int) -> None:
    """End the process at once: taking a tree of 50,000 tensors apart takes as long as the zip."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _fail(sentence: str) -> None:
    click.secho("inspector: ", err=True, fg="red", nl=False)
    click.echo(printable(" ".join(sentence.splitlines())), err=True)
    sys.exit(2)
