"""`inspector export SRC DST`: a part of a checkpoint, renamed and converted, as a file."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import click

from inspector.cli.computing import progress_bar
from inspector.cli.export_options import options, recipe_of_options
from inspector.cli.export_report import Report, print_report, write_json
from inspector.core.errors import InspectorError
from inspector.core.export import (
    Recipe,
    cast_losses,
    clear_unfinished,
    export,
    exportable,
    fit_of,
    format_of,
    make_plan,
    recipe_toml,
    state_dict_tensors,
)
from inspector.core.formats import open_checkpoint
from inspector.core.model import Tensor
from inspector.core.model.address import BadAddress, parse_address
from inspector.core.progress import part


class _InOrder(click.Command):
    """Remembers in which order the options were given, across their names."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        _, _, order = self.make_parser(ctx).parse_args(list(args))
        ctx.meta["order"] = [parameter.name for parameter in order]
        return super().parse_args(ctx, args)


@click.command(cls=_InOrder)
@click.argument("source", metavar="SRC", type=click.Path())
@click.argument("target", metavar="DST", type=click.Path())
@options
@click.option("--against", metavar="TARGET", help="Say how it fits the state_dict in TARGET.")
@click.option("--recipe", "recipe_file", metavar="FILE", help="Begin with a recipe (TOML, JSON).")
@click.option("--save-recipe", metavar="FILE", help="Write what was asked for as a recipe (TOML).")
@click.option("--dry-run", is_flag=True, help="Show what would be written; write nothing.")
@click.option("--force", is_flag=True, help="Replace DST if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, version 1.")
@click.pass_context
def command(ctx: click.Context, /, source: str, target: str, **given: Any) -> int:
    """Write tensors of SRC to DST: chosen, renamed, cast, moved to other devices.

    Starts from the state_dict in SRC. PATTERN is a glob (`*` crosses dots) or `re:` and a regular
    expression, held against the key and the whole path a/b/c. Options that repeat are applied in
    the order given. The format follows from the ending of DST. The file is complete and verified,
    or it is not there; SRC is never written. Exit code 0, or 1 if SRC fails its own checksums.

    \b
    Examples:
      inspector export train.pt weights.safetensors
      inspector export train.pt backbone.pt --include 'backbone.*' --strip-prefix backbone.
      inspector export gpu.pt cpu.pt --device 'cuda:*=cpu' --dtype float16
      inspector export big.pt head.pt --match my_model.pt --dry-run
      inspector export train.pt slim.pt --as-stored --keep epoch
      inspector export model.pt folder/ --format safetensors --max-shard-size 5GB
    """
    collecting = gc.isenabled()
    gc.disable()  # many small values live to the end; looking for garbage among them takes long
    try:
        return _run(source, target, given, ctx.meta["order"])
    finally:
        if collecting:
            gc.enable()


def _run(source: str, target: str, given: Mapping[str, Any], order: list[str]) -> int:
    address = _address(source)
    recipe = recipe_of_options(given, order)
    if address.path:
        recipe = replace(recipe, at=address.path)
    if not given["format_name"] and not given["recipe_file"]:
        recipe = replace(recipe, format=format_of(target))
    if given["save_recipe"]:
        _save(given["save_recipe"], recipe)
    clear_unfinished()
    with ExitStack() as stack:
        progress = stack.enter_context(progress_bar())
        opened = stack.enter_context(open_checkpoint(address.file, part(progress, 0.0, 0.05)))
        checkpoint = exportable(opened)
        match = _target(recipe.match)
        plan = make_plan(checkpoint, recipe, match, part(progress, 0.05, 0.1))
        against = match if given["against"] is None else _target(given["against"])
        fit = fit_of(plan, against) if against is not None else None
        losses = cast_losses(checkpoint, plan, part(progress, 0.1, 0.3)) if plan.possible else ()
        report = Report(plan, target, fit, losses)
        if given["dry_run"] or not plan.possible:
            stack.pop_all().close()
            _show(report, given)
            if not plan.possible:
                errors = [finding for finding in plan.findings if finding.severity == "error"]
                raise InspectorError(errors[0].message)
            return 0
        if not given["as_json"]:  # before anything is written
            print_report(report, short=True)
        others = [_address(name).file for name in (recipe.match, given["against"] or "") if name]
        others += [*given["rename_map"], *([given["recipe_file"]] if given["recipe_file"] else [])]
        written = export(
            checkpoint,
            plan,
            target,
            overwrite=given["force"],
            sources=others,
            progress=part(progress, 0.3, 1.0),
        )
    report = report._replace(written=written)
    if given["as_json"]:
        write_json(report, sys.stdout)
    else:
        report.print_written()
    return int(bool(written.findings))


def _show(report: Report, given: Mapping[str, Any]) -> None:
    if given["as_json"]:
        write_json(report, sys.stdout)
    else:
        print_report(report, short=False)


def _target(address_text: str) -> Mapping[str, Tensor] | None:
    """Return the tensors of the state_dict at an address."""
    if not address_text:
        return None
    address = _address(address_text)
    with open_checkpoint(address.file) as checkpoint:
        return state_dict_tensors(exportable(checkpoint), address.path or None)


def _address(text: str) -> Any:
    try:
        return parse_address(text, os.path.exists)
    except BadAddress as error:
        raise InspectorError(f"{text} is no place in a file: {error}") from None


def _save(path: str, recipe: Recipe) -> None:
    try:
        with open(path, "x", encoding="utf-8") as file:  # noqa: PTH123 - never over another file
            file.write(recipe_toml(recipe))
    except OSError as error:
        raise InspectorError(f"The recipe cannot be written to {path}: {error.strerror}.") from None
