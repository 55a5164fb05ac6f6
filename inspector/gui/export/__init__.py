"""The window in which a part of a checkpoint becomes a file of its own."""
