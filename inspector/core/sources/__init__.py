"""Where bytes come from: positional reads, nothing else.

Local files are read with positional reads and never mapped into memory: a file that a training
job cuts short while it is open must give an error, not kill the process.
"""

from inspector.core.sources.base import Bytes, Section, Source, read_exactly
from inspector.core.sources.local import LocalSource, open_source

__all__ = ["Bytes", "LocalSource", "Section", "Source", "open_source", "read_exactly"]
