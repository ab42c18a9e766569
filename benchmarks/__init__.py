"""Speed and memory beside TensorFlow's own tools, as ratios of one run on one machine."""
