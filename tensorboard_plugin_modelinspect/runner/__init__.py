"""Calls of models: TensorFlow in a process of its own, and the side that starts and limits it."""
