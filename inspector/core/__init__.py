"""Everything that is not a user interface; the standard library is enough to read a structure.

From bottom to top: `errors`, `progress`, `text`, `resources`; `model` (what a checkpoint is);
`sources` (where bytes come from) and `recognition` (what a tree means); `checkpoint` (an open
file); `formats` (how each on-disk format becomes a checkpoint).
"""
