"""`inspector show FILE`: the tree, for people or as JSON."""

from __future__ import annotations

import gc
import itertools
import sys
from collections.abc import Iterator
from typing import NamedTuple

import click

from inspector.cli.places import chosen_in, place_of
from inspector.cli.show_json import write_json
from inspector.core import text
from inspector.core.analysis.space import space_of, space_sentences
from inspector.core.checkpoint import Checkpoint
from inspector.core.formats import open_checkpoint
from inspector.core.loading import loading_of, sentences
from inspector.core.model import NO_TENSORS, Attribute, Node, Path, Selection, Tensor
from inspector.core.summary import (
    headline,
    layer_lines,
    layers_of,
    numbers_text,
    path_text,
    value_text,
    values_in,
)

_WIDEST_KEY = 72
_MEASURED = 2000  # rows that set the width of the columns; the others are printed as they come
_LAYERS = "Layers (inferred from names and shapes)"
_MORE = "--json has the Python that loads it, the Loading tab too."
_VERSIONS = Attribute("_metadata")  # a state_dict's module versions: as many rows as modules
_COLUMNS = ("Key", "Shape", "Dtype", "Size", "Device")


@click.command()
@click.argument("file", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print the structure as JSON, version 1.")
@click.option(
    "--include",
    metavar="GLOB",
    multiple=True,
    help="Show only what matches; held against the key in the state_dict and the path a/b/c.",
)
def command(file: str, as_json: bool, include: tuple[str, ...]) -> None:
    """Print the tree, facts, totals and findings of FILE. FILE::PATH prints a part of it.

    \b
    Examples:
      inspector show model.pt
      inspector show model.pt::model_state_dict
      inspector show model.pt --include '*.weight' --include 'optimizer*/lr'
      inspector show model.pt --json
    """
    collecting = gc.isenabled()
    gc.disable()  # nothing here is garbage before the end; looking for it takes a third of the time
    try:
        if as_json:
            place = place_of(file)
            with open_checkpoint(place.file) as checkpoint:
                selection = chosen_in(checkpoint, include, place.path)
                write_json(checkpoint, selection, sys.stdout)
        else:
            print_tree(file, include)
    finally:
        if collecting:
            gc.enable()


def print_tree(file: str, include: tuple[str, ...] = ()) -> None:
    """Print headline, findings and tree of a checkpoint for people; FILE::PATH is a part of it."""
    place = place_of(file)
    with open_checkpoint(place.file) as checkpoint:
        selection = chosen_in(checkpoint, include, place.path)
        click.secho(text.printable(checkpoint.source.uri), bold=True)
        click.echo(headline(checkpoint))
        for finding in checkpoint.findings:
            colour = {"error": "red", "warning": "yellow"}.get(finding.severity, "blue")
            where = f" [{text.printable(path_text(finding.path), 120)}]" if finding.path else ""
            click.secho(f"{finding.severity}: {text.printable(finding.message)}{where}", fg=colour)
        click.echo()
        _print_rows(_rows(checkpoint, selection))
        if not selection.chooses:
            _print_section(_LAYERS, layer_lines(layers_of(checkpoint)))
            _print_section("Space", space_sentences(space_of(checkpoint)))
            _print_section("Loading", [*sentences(loading_of(checkpoint)), _MORE])


def _print_section(title: str, lines: list[str]) -> None:
    if lines:
        click.secho(f"\n{title}", bold=True)
        click.echo("\n".join(f"  {line}" for line in lines))


class _Row(NamedTuple):
    """A line of the tree."""

    cells: tuple[str, ...]
    leaf: bool


def _rows(checkpoint: Checkpoint, selection: Selection) -> Iterator[_Row]:
    """Yield a line for every node, or for the selected leaves and what leads to them."""

    def below(node: Node, path: Path, depth: int, waiting: list[_Row]) -> Iterator[_Row]:
        numbers = "" if selection.chooses else numbers_text(node)
        row = _Row(_cells(node, checkpoint, depth, numbers), not node.children or bool(numbers))
        if row.leaf and path not in selection:
            return
        waiting.append(row)
        if row.leaf or not selection.chooses:
            yield from waiting
            waiting.clear()
        if not numbers and (selection.chooses or node.key != _VERSIONS):
            for child in node.children:
                yield from below(child, (*path, child.key), depth + 1, waiting)
        if waiting and waiting[-1] is row:
            waiting.pop()

    root = checkpoint.root
    for child in root.children:
        yield from below(child, (child.key,), 0, [])
    if not root.children:
        yield from below(root, (), 0, [])


def _cells(node: Node, checkpoint: Checkpoint, depth: int, numbers: str) -> tuple[str, ...]:
    key = "  " * depth + (_shortened(text.printable(str(node.key))) or '""')
    value = node.value
    if node.kind == "tensor" and isinstance(value, Tensor):
        device = text.printable(value.device, 40)
        dtype = text.printable(value.dtype.name, 40)
        return key, text.shape(value.shape), dtype, text.size(value.nbytes), device
    if node.kind == "array":
        size = text.size(value.tensor.nbytes) if value.tensor else ""
        return key, text.shape(value.shape), text.printable(value.dtype, 40), size, "numpy"
    if node.kind == "value":
        return key, value_text(value, 100), text.printable(node.type, 40), "", ""
    if node.kind == "reference":
        return key, f"same object as {text.printable(path_text(value), 100)}", "", "", ""
    if node.kind in ("cut", "global", "storage"):
        return key, text.printable(node.value if node.kind == "cut" else node.type, 100), "", "", ""
    totals = checkpoint.totals.get(id(node), NO_TENSORS)
    size = text.size(totals.nbytes) if totals.tensors else ""
    entries = numbers or text.plural(len(node.children), "entry")
    where = values_in(node)
    if where:
        entries = f"values {where.partition(',')[0]}"
    return key, entries, text.printable(node.type, 60), size, ""


def _shortened(key: str) -> str:
    """Return a key that leaves room for the other columns; whole where it is piped."""
    if len(key) <= _WIDEST_KEY or not sys.stdout.isatty():
        return key
    half = _WIDEST_KEY // 2
    return f"{key[: half - 1]}…{key[-half:]}"


def _print_rows(rows: Iterator[_Row]) -> None:
    first = list(itertools.islice(rows, _MEASURED))
    if not first:
        click.echo("Nothing matches.")
        return
    # Long values would push the other columns off the screen: they may run over their column.
    widths = [
        max(len(_COLUMNS[i]), *(min(len(row.cells[i]), limit) for row in first))
        for i, limit in enumerate((_WIDEST_KEY, 28, 28, 10, 20))
    ]
    click.secho(_line(_COLUMNS, widths), dim=True)
    styled = sys.stdout.isatty()
    every = itertools.chain(first, rows)
    while some := list(itertools.islice(every, _MEASURED)):
        lines = [
            click.style(line, bold=True) if styled and not row.leaf else line
            for row, line in ((row, _line(row.cells, widths)) for row in some)
        ]
        click.echo("\n".join(lines))


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    key, shape, dtype, size, device = cells
    first, second, third, fourth, _ = widths
    line = f"{key:<{first}}  {shape:<{second}}  {dtype:<{third}}  {size:>{fourth}}  {device}"
    return line.rstrip()
