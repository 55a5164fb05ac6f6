"""Where bytes come from: positional reads, and in worker processes mapped files.

The program itself never maps a file into memory: one that a training job cuts short while it is
open must give an error, not kill the window. Worker processes may, see `mapping`.
"""

from inspector.core.sources.base import Bytes, Section, Source, innermost, read_exactly, read_into
from inspector.core.sources.inflated import Inflated, inflate_whole
from inspector.core.sources.local import LocalSource, open_source
from inspector.core.sources.mapping import allow_mapping, mapped
from inspector.core.sources.swapped import Swapped
from inspector.core.sources.tar_index import TarIndex
from inspector.core.sources.zip_index import ZipIndex

__all__ = [
    "Bytes",
    "Inflated",
    "LocalSource",
    "Section",
    "Source",
    "Swapped",
    "TarIndex",
    "ZipIndex",
    "allow_mapping",
    "inflate_whole",
    "innermost",
    "mapped",
    "open_source",
    "read_exactly",
    "read_into",
]
