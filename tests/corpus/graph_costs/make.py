"""A graph of common ops, and the operations that TensorFlow's profiler counts for its nodes."""

from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import ops

import record

tf1 = tf.compat.v1


def small(*shape: int) -> np.ndarray:
    """Numbers that differ from each other."""
    return np.linspace(-1, 1, int(np.prod(shape)), dtype=np.float32).reshape(shape)


def build() -> None:
    """A network for one image: convolutions, pooling, dense layers, and what stands between."""
    image = tf1.placeholder(tf.float32, [1, 12, 10, 3], "image")
    x = tf.nn.conv2d(image, small(3, 3, 3, 8), [1, 2, 2, 1], "SAME", name="convolution")
    x = tf.nn.bias_add(x, small(8), name="bias")
    x = tf.nn.relu(x, name="relu")
    x = tf.nn.depthwise_conv2d(x, small(3, 3, 8, 1), [1, 1, 1, 1], "SAME", name="depthwise")
    x = tf.nn.conv2d(x, small(1, 1, 8, 6), [1, 1, 1, 1], "VALID", name="pointwise")
    x = tf.nn.max_pool2d(x, 2, 2, "VALID", name="max_pool")
    x = tf.multiply(tf.add(x, small(6), name="add"), 0.5, name="mul")
    x = tf.subtract(x, tf.math.rsqrt(tf.square(x, name="square"), name="rsqrt"), name="sub")
    x = tf.nn.avg_pool2d(x, 2, 1, "SAME", name="avg_pool")
    x = tf.reshape(x, [1, 36], name="flat")
    hidden = tf.matmul(x, small(36, 16), name="dense")
    turned = tf.matmul(small(16, 5), hidden, transpose_a=True, transpose_b=True, name="turned")
    both = tf.matmul(tf.reshape(hidden, [2, 2, 4]), small(2, 4, 3), name="batched")
    tf.nn.softmax(tf.reshape(turned, [1, 5]), name="softmax")
    tf.add_n([hidden, hidden, hidden], name="add_n")
    tf.reduce_sum(both, name="sum")
    tf.nn.l2_loss(hidden, name="l2_loss")


def flops_of(graph: tf.Graph) -> dict[str, int]:
    """What the profiler adds up, by node; nodes without a statistic are left out."""
    counts = {}
    for operation in graph.get_operations():
        found = ops.get_stats_for_node_def(graph, operation.node_def, "flops").value
        if found is not None:
            counts[operation.name] = int(found)
    options = tf1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    total = tf1.profiler.profile(graph, options=options).total_float_ops
    if total != sum(counts.values()):
        raise ValueError(f"the profiler says {total}, not {sum(counts.values())}")
    return counts


def make() -> dict[str, record.Facts]:
    """The graph as a file."""
    with tf1.Graph().as_default() as graph:
        build()
    definition = graph.as_graph_def()
    Path("network.pb").write_bytes(definition.SerializeToString(deterministic=True))
    return {"network.pb": record.graph_def(profiler_flops=flops_of(graph))}


if __name__ == "__main__":
    record.main(__file__, make)
