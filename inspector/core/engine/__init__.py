"""Where block tasks run: any executor of `concurrent.futures`, worker processes by default.

A task is a small value that can be pickled, a function of a module turns it into a small result,
and the caller merges the results. Nothing else goes from one process to another.
"""

from inspector.core.engine.pool import WorkerPool, worker_count
from inspector.core.engine.spread import Engine, ExecutorEngine, next_task, spread

__all__ = ["Engine", "ExecutorEngine", "WorkerPool", "next_task", "spread", "worker_count"]
