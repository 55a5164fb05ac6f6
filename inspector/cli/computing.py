"""Where the numbers of a command are worked out, and the bar that shows how far it is."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import click

from inspector.core.engine import Engine, ExecutorEngine, WorkerPool
from inspector.core.model import Path, Tensor
from inspector.core.progress import Progress, silent

# Starting worker processes takes as long as reading so much in this one.
_WORTH_PROCESSES = 512 << 20
_STEPS = 1000


@contextmanager
def engine_for(items: Sequence[tuple[Path, Tensor]]) -> Iterator[Engine]:
    """Give an engine that suits the bytes of these tensors."""
    with engine_of(sum(tensor.nbytes for _, tensor in items)) as engine:
        yield engine


@contextmanager
def engine_of(nbytes: int) -> Iterator[Engine]:
    """Give an engine that suits the amount: a thread of this process, or processes for much."""
    if nbytes >= _WORTH_PROCESSES:
        pool = WorkerPool()
        try:
            yield pool
        finally:
            pool.close()
        return
    # On blocks that fit a cache, threads of a linear algebra library wait for each other most of
    # the time; it looks at this when numpy is first imported.
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    with ThreadPoolExecutor(1) as executor:
        yield ExecutorEngine(executor)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Give a progress that draws a bar on a terminal's stderr, and none anywhere else."""
    if not sys.stderr.isatty():
        yield silent
        return
    with click.progressbar(length=_STEPS, file=sys.stderr) as bar:

        def report(fraction: float, message: str = "", /) -> None:
            bar.label = message
            steps = int(fraction * _STEPS) - bar.pos
            if steps > 0:
                bar.update(steps)

        yield report
