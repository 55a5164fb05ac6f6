"""Questions about a checkpoint's tensors, answered as frozen values."""
