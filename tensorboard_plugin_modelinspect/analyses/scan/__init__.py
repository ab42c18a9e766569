"""What a model could do to whoever loads or calls it, told from its files alone."""
