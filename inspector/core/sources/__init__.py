"""Where bytes come from: positional reads, nothing else.

Local files are read with positional reads and never mapped into memory: a file that a training
job cuts short while it is open must give an error, not kill the process.
"""

from inspector.core.sources.base import Bytes, Section, Source, innermost, read_exactly, read_into
from inspector.core.sources.inflated import Inflated, inflate_whole
from inspector.core.sources.local import LocalSource, open_source
from inspector.core.sources.tar_index import TarIndex
from inspector.core.sources.zip_index import ZipIndex

__all__ = [
    "Bytes",
    "Inflated",
    "LocalSource",
    "Section",
    "Source",
    "TarIndex",
    "ZipIndex",
    "inflate_whole",
    "innermost",
    "open_source",
    "read_exactly",
    "read_into",
]
