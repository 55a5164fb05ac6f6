"""What the values of a checkpoint say about it: findings, each with what it means."""

from inspector.core.analysis.health.base import Health, ScanRow
from inspector.core.analysis.health.scan import cross_findings, health_scan
from inspector.core.analysis.health.table import HEALTH, MEANINGS

__all__ = ["HEALTH", "MEANINGS", "Health", "ScanRow", "cross_findings", "health_scan"]
