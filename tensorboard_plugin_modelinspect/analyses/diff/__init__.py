"""Where two artifacts differ: structure from their indexes, numbers from their values."""
