"""Look into PyTorch checkpoints without running them.

Three rooms: `inspector.core` reads and computes (no user interface), `inspector.cli` prints,
`inspector.gui` shows windows. The front ends stand on the core and never on each other.
"""

__version__ = "0.1.0"
