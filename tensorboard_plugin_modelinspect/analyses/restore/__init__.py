"""The restore doctor: what restoring a checkpoint would do, told without TensorFlow."""
