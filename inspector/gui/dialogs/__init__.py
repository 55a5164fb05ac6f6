"""Windows above the window: settings, and the list of shortcuts."""
