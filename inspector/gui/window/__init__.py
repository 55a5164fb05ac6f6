"""The main window and what stands in its tabs."""
