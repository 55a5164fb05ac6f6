"""The options that say in which form a command prints."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click


def form_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --json and --csv, one of them at a time; the function gets `form`: json, csv or None."""

    @click.option("--json", "as_json", is_flag=True, help="Print JSON, version 1.")
    @click.option("--csv", "as_csv", is_flag=True, help="Print comma-separated values.")
    @functools.wraps(function)
    def with_form(*, as_json: bool, as_csv: bool, **others: Any) -> Any:
        if as_json and as_csv:
            raise click.UsageError("Say --json or --csv, not both")
        return function(form="json" if as_json else "csv" if as_csv else None, **others)

    return with_form
