"""Questions about a checkpoint's tensors, answered as frozen values."""

TASK_MODULES = (
    "inspector.core.analysis.cells",
    "inspector.core.analysis.comparison.tasks",
    "inspector.core.analysis.distribution",
    "inspector.core.analysis.health.scan",
)
"""Where the tasks are that are asked for first; a worker that knows them begins at once."""
