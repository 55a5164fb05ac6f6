"""How each on-disk format becomes a checkpoint: one file per format, one row in READERS."""
