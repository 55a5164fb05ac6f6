"""The tree of a checkpoint on screen: what is shown in which order, and how it looks."""
