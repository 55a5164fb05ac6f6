"""Two checkpoints side by side on screen: one table of both, and ways to look at a pair."""
