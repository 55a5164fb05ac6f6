"""The window: the only room that knows Qt.

Bottom to top: `jobs`, `notify`, `actions`, `theme` and `widgets` know nothing of checkpoints;
`context` carries what everyone shares; `tree` and `viewers` show nodes; `window` composes them;
`app` starts it all. Calls go down, signals go up.
"""
