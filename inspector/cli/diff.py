"""`inspector diff A B`: what changed from one checkpoint to another, or along a series of them."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path as FilePath

import click

from inspector.cli.computing import engine_for, progress_bar
from inspector.cli.diff_series import print_series
from inspector.cli.diff_text import print_result
from inspector.cli.forms import form_options
from inspector.cli.report_file import write_report
from inspector.cli.window import compare_in_window
from inspector.core.analysis.comparison import (
    Choices,
    PairRequest,
    Result,
    SeriesRequest,
    Tolerance,
    result_of,
)
from inspector.core.analysis.comparison.report_csv import write_csv
from inspector.core.analysis.comparison.report_html import write_html
from inspector.core.analysis.comparison.report_json import write_json
from inspector.core.errors import InspectorError
from inspector.core.formats import open_checkpoint
from inspector.core.model import Path, tensors
from inspector.core.model.address import BadAddress, parse_address, parse_path
from inspector.core.sources import open_source
from inspector.core.text import plural

# What `--fail-on` may name: every way to differ, some by the words that load_state_dict uses.
_REASONS: dict[str, Callable[[Result], bool]] = {
    **{
        status: lambda result, status=status: bool(result.counts[status])  # type: ignore[misc]
        for status in ("changed", "cast", "noise", "added", "removed", "renamed", "shape", "dtype")
    },
    "missing": lambda result: bool(result.counts["removed"]),
    "unexpected": lambda result: bool(result.counts["added"]),
    "values": lambda result: bool(result.values),
    "nonfinite": lambda result: any(
        row.measures and row.measures.nan_born + row.measures.inf_born for row in result.rows
    ),
}
_ANY = ("changed", "cast", "added", "removed", "renamed", "shape", "dtype", "values")


def _reasons(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...]:
    if value is None:
        return _ANY
    words = tuple(word.strip() for word in value.split(",") if word.strip())
    for word in words:
        if word not in _REASONS:
            raise click.BadParameter(f"{word!r} is none of {', '.join(_REASONS)}")
    return words


def _root(_: click.Context, __: click.Parameter, value: str | None) -> Path | None:
    try:
        return None if value is None else parse_path(value)
    except BadAddress as error:
        raise click.BadParameter(str(error)) from None


@click.command()
@click.argument("files", metavar="A B [MORE...]", nargs=-1, type=click.Path(), required=True)
@form_options
@click.option("--html", type=click.Path(), help="Write a report that any browser shows.")
@click.option("--values-only", is_flag=True, help="Compare epochs, settings …, but no tensors.")
@click.option(
    "--fail-on",
    metavar="LIST",
    callback=_reasons,
    help=f"Exit with 1 only for these, with commas between: {', '.join(_REASONS)}.",
)
@click.option("--rtol", type=click.FloatRange(0), default=0.0, help="Noise, see above.")
@click.option("--atol", type=click.FloatRange(0), default=0.0, help="Noise, see above.")
@click.option("--at-a", metavar="PATH", callback=_root, help="Where to compare from in A.")
@click.option("--at-b", metavar="PATH", callback=_root, help="Where to compare from in B.")
@click.option("--no-prefixes", is_flag=True, help="Take keys as they are: no module., backbone. …")
@click.option(
    "--through",
    type=click.Choice(["wrappers", "prefixes"]),
    help="Look through module. and its kind alone, or through other prefixes alone.",
)
@click.option("--all", "every", is_flag=True, help="Print every row, also what is the same.")
@click.option("--gui", is_flag=True, help="Show it in the window, which is then all that is done.")
def command(
    files: tuple[str, ...],
    form: str | None,
    html: str | None,
    values_only: bool,
    fail_on: tuple[str, ...],
    rtol: float,
    atol: float,
    at_a: Path | None,
    at_b: Path | None,
    no_prefixes: bool,
    through: str | None,
    every: bool,
    gui: bool,
) -> int:
    """Compare two checkpoints: tensors, and every other value in them.

    A tensor's change is noise, and no difference, if max|Δ| <= atol + rtol * max|a|. FILE::PATH
    compares from a place inside a file. Three or more files, or a folder of them, are a series:
    ordered by epoch or step, with the change from each to the next.

    Exit code 0 without differences, 1 with some, 2 if something cannot be read.

    \b
    Examples:
      inspector diff epoch1.pt epoch2.pt
      inspector diff pretrained.safetensors training.ckpt --at-b model
      inspector diff a.pt b.pt --fail-on missing,unexpected,shape
      inspector diff a.pt b.pt --rtol 1e-6 --json | jq .summary
      inspector diff a.pt b.pt --html report.html
      inspector diff a.pt b.pt --gui
      inspector diff runs/
      inspector diff runs/ --html series.html
    """
    if no_prefixes and through:
        raise click.UsageError("--no-prefixes leaves nothing to look --through")
    wrappers, prefixes = through != "prefixes", through != "wrappers"
    choices = Choices(wrappers and not no_prefixes, prefixes and not no_prefixes, at_a, at_b)
    asked = PairRequest("", "", choices, Tolerance(rtol, atol))
    if len(files) != 2:
        _refuse_half_a_series(files)
        if values_only or asked != PairRequest("", ""):
            raise click.UsageError(
                "Of a series everything is compared: no other options than --all"
            )
    if gui:
        if form or html or values_only or every:
            raise click.UsageError("--gui prints nothing: leave out --json, --csv, --html, --all …")
        request = _pair(files, asked) if len(files) == 2 else SeriesRequest(files)
        return compare_in_window(request)
    collecting = gc.isenabled()
    gc.disable()  # many small values live to the end; looking for garbage among them takes long
    try:
        if len(files) != 2:
            return print_series(files, form, html, every=every)
        result = _compare(_pair(files, asked), tensors_too=not values_only)
        _write(result, form, html, every)
    finally:
        if collecting:
            gc.enable()
    lost = [row for row in result.rows if row.status == "unread"]
    if lost:
        raise InspectorError(
            f"The values of {plural(len(lost), 'tensor')} cannot be compared: {lost[0].note}"
        )
    return int(any(_REASONS[reason](result) for reason in fail_on))


def _refuse_half_a_series(files: tuple[str, ...]) -> None:
    if len(files) > 1 or FilePath(files[0]).is_dir():
        return
    open_source(files[0]).close()  # says so if there is not even one
    raise click.UsageError("Name two files, more of them, or a folder")


def _pair(files: tuple[str, ...], asked: PairRequest) -> PairRequest:
    """Return what was asked for of two files, whose names may lead to a place in them."""
    names, choices = [], asked.choices
    for side, name in zip(("root_a", "root_b"), files, strict=True):
        try:
            file, path = parse_address(name, lambda text: FilePath(text).exists())
        except BadAddress as error:
            raise click.UsageError(str(error)) from None
        names.append(file)
        if path:
            choices = choices._replace(**{side: path})  # type: ignore[arg-type]
    return asked._replace(a=names[0], b=names[1], choices=choices)


def _compare(request: PairRequest, *, tensors_too: bool) -> Result:
    with ExitStack() as stack:
        opened = [stack.enter_context(open_checkpoint(name)) for name in request.addresses]
        a, b = opened
        items = [item for one in opened for item in tensors(one.root)] if tensors_too else []
        engine = stack.enter_context(engine_for(items))
        progress = stack.enter_context(progress_bar())
        return result_of(
            a, b, engine, request.choices, request.tolerance, progress, tensors=tensors_too
        )


def _write(result: Result, form: str | None, html: str | None, every: bool) -> None:
    if html is not None:
        sources = (result.a, result.b)
        write_report(FilePath(html), sources, lambda stream: write_html(result, stream))
    if form == "json":
        write_json(result, sys.stdout)
    elif form == "csv":
        write_csv(result, sys.stdout)
    else:
        print_result(result, every=every)
