"""Bytes and their description become numbers, block by block.

numpy is imported by the functions that need it: a tree is shown without it.
"""

from inspector.core.arrays.blocks import (
    Block,
    blocks_of,
    load_positions,
    load_stored,
    small_block,
    stored_chunks,
    whole_array,
)
from inspector.core.arrays.encodings import Encoding, code_values, decode, encoding_of, finite_limit
from inspector.core.arrays.kernels import (
    BitMarks,
    Distance,
    Tally,
    bit_marks,
    counts,
    distance,
    fits_float16,
    same_bytes,
    tally,
)
from inspector.core.arrays.views import View, distinct_view
from inspector.core.arrays.windows import (
    Values,
    Window,
    load_window,
    region,
    resolved,
    values_of,
)

__all__ = [
    "BitMarks",
    "Block",
    "Distance",
    "Encoding",
    "Tally",
    "Values",
    "View",
    "Window",
    "bit_marks",
    "blocks_of",
    "code_values",
    "counts",
    "decode",
    "distance",
    "distinct_view",
    "encoding_of",
    "finite_limit",
    "fits_float16",
    "load_positions",
    "load_stored",
    "load_window",
    "region",
    "resolved",
    "same_bytes",
    "small_block",
    "stored_chunks",
    "tally",
    "values_of",
    "whole_array",
]
