"""Scanning a file as the command line does, for tests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path as File
from typing import NamedTuple

from inspector.core.analysis.health import ScanRow, cross_findings, health_scan
from inspector.core.engine import Engine, ExecutorEngine
from inspector.core.formats import open_checkpoint
from inspector.core.model import Finding, numeric
from inspector.core.summary import path_text


class Scanned(NamedTuple):
    rows: dict[str, ScanRow]
    across: list[Finding]

    def codes(self, key: str) -> dict[str, str]:
        """Return the messages about a tensor by code."""
        own = self.rows[key].findings
        return {finding.code: finding.message for finding in own} | {
            finding.code: finding.message
            for finding in self.across
            if path_text(finding.path) == key
        }

    def severities(self, key: str) -> dict[str, str]:
        found = [*self.rows[key].findings, *self.across]
        return {f.code: f.severity for f in found if path_text(f.path) == key}


def scanned(path: File, engine: Engine | None = None) -> Scanned:
    with ThreadPoolExecutor(2) as executor, open_checkpoint(str(path)) as checkpoint:
        chosen = engine or ExecutorEngine(executor)
        rows = list(health_scan(checkpoint, list(numeric(checkpoint.root)), chosen))
        across = list(cross_findings(checkpoint, rows, chosen))
    by_path = {path_text(row.path): row for row in rows}
    assert len(by_path) == len(rows)
    return Scanned(by_path, across)
