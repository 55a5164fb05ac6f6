"""Checkpoints of other people, scanned whole: the numbers are those that torch found in them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from inspector.core.analysis.health import ScanRow, cross_findings, health_scan
from inspector.core.analysis.integrity import integrity_of
from inspector.core.engine import ExecutorEngine
from inspector.core.formats import open_checkpoint
from inspector.core.model import tensors
from tests.checkpoints import CORPUS
from tests.core.test_corpus import READ, named, normal

if not CORPUS.exists():
    pytest.skip(f"no corpus at {CORPUS}", allow_module_level=True)


def is_expected(row: ScanRow, expected: dict[str, Any]) -> None:
    found = row.statistics
    assert found is not None, row.error
    assert found.nan == expected.get("n_nan", 0)
    assert found.posinf + found.neginf == expected.get("n_inf", 0)
    # torch takes absolute values of complex64 in float32.
    near = 1e-6 if expected.get("stats_of") == "abs" else 1e-12
    assert found.min == pytest.approx(expected["min"], rel=near)
    assert found.max == pytest.approx(expected["max"], rel=near)
    assert found.mean == pytest.approx(expected["mean"], rel=near, abs=1e-15)


@pytest.mark.parametrize("row", named(READ))
def test_a_scan_agrees_with_torch(row: dict[str, Any]) -> None:
    path = str(CORPUS / "files" / row["path"])
    with open_checkpoint(path) as checkpoint, ThreadPoolExecutor(1) as executor:
        engine = ExecutorEngine(executor)
        items = list(tensors(checkpoint.root))
        scanned = {id(found.tensor): found for found in health_scan(checkpoint, items, engine)}
        assert len({id(tensor) for _, tensor in items}) == len(scanned)
        places: dict[tuple[str, ...], list[ScanRow]] = {}
        for place, tensor in items:
            places.setdefault(normal(place), []).append(scanned[id(tensor)])
        compared = 0
        for expected in row["tensors"]:
            if expected.get("min") is not None:
                found = places[normal(expected["key"])].pop(0)
                is_expected(found, expected)
                compared += 1
        assert compared == sum(expected.get("min") is not None for expected in row["tensors"])
        rows = list(scanned.values())
        assert all(finding.message for finding in cross_findings(checkpoint, rows, engine))
        assert integrity_of(checkpoint, engine).failures == ()
