"""All that values can tell: one row per finding."""

from __future__ import annotations

from inspector.core.analysis.health.alike import ALL_ZERO, CONSTANT
from inspector.core.analysis.health.base import Health
from inspector.core.analysis.health.dead import DEAD_COLUMNS, DEAD_ROWS
from inspector.core.analysis.health.duplicates import DUPLICATES
from inspector.core.analysis.health.large_storage import LARGE_STORAGE
from inspector.core.analysis.health.narrower import NARROWER_FITS
from inspector.core.analysis.health.not_finite import INFINITE, INFINITE_MASK, NAN
from inspector.core.analysis.health.range import BELOW_NORMAL, BEYOND_HALF, NEAR_OVERFLOW
from inspector.core.analysis.health.running_variance import RUNNING_VARIANCE
from inspector.core.analysis.health.siblings import SIBLINGS

HEALTH: tuple[Health, ...] = (
    NAN,
    INFINITE,
    INFINITE_MASK,
    RUNNING_VARIANCE,
    NEAR_OVERFLOW,
    ALL_ZERO,
    CONSTANT,
    DEAD_ROWS,
    DEAD_COLUMNS,
    SIBLINGS,
    BELOW_NORMAL,
    BEYOND_HALF,
    LARGE_STORAGE,
    DUPLICATES,
    NARROWER_FITS,
)
"""The gravest first."""

MEANINGS = {health.code: health.meaning for health in HEALTH}
"""What each sort of finding means, by its code."""
