"""The order in which the curves of a series are listed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import torch

from inspector.core.analysis.series import series_of
from inspector.core.analysis.series_words import by_change
from inspector.core.engine import ExecutorEngine
from inspector.gui.diff.series_lines import curves_of
from tests.checkpoints import save_zip
from tests.core.analysis.comparison.training import run


def test_a_series_does_not_open_on_a_random_state(tmp_path) -> None:
    for number, value in enumerate(run(2)):
        whole = {"rng_state": torch.get_rng_state(), "optimizer": value["optimizer"], **value}
        save_zip(tmp_path / f"{number}.pt", whole)
    with ThreadPoolExecutor(2) as executor:
        series = series_of([str(tmp_path)], ExecutorEngine(executor))
    assert next(iter(series.curves)) == "rng_state"
    names = [curve.name for curve in curves_of(series, "", -1, descending=False)]
    assert names[0] == "model.backbone.0.weight"
    assert names[-1] == "rng_state"
    assert by_change(series)[-1] == "rng_state"
