"""Graphs as people write them: frozen in the two ways, with functions, and with variables."""

from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import graph_pb2
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

import record

tf1 = tf.compat.v1


def small(*shape: int) -> np.ndarray:
    """Numbers that differ from each other."""
    return np.linspace(-1, 1, int(np.prod(shape)), dtype=np.float32).reshape(shape)


def build_tf1() -> tf.Tensor:
    """Convolution, batch normalisation and a dense layer, as TF1 code has them."""
    image = tf1.placeholder(tf.float32, [None, 4, 4, 1], "image")
    kernel = tf1.get_variable("conv/kernel", initializer=small(3, 3, 1, 2))
    hidden = tf1.nn.conv2d(image, kernel, strides=[1, 1, 1, 1], padding="SAME")
    scale = tf1.get_variable("bn/gamma", initializer=np.ones(2, np.float32))
    shift = tf1.get_variable("bn/beta", initializer=small(2))
    mean = tf1.get_variable("bn/moving_mean", initializer=small(2), trainable=False)
    variance = tf1.get_variable(
        "bn/moving_variance", initializer=np.ones(2, np.float32), trainable=False
    )
    hidden, *_ = tf1.nn.fused_batch_norm(hidden, scale, shift, mean, variance, is_training=False)
    flat = tf.reshape(hidden, [-1, 32])
    logits = tf.matmul(flat, tf1.get_variable("dense/kernel", initializer=small(32, 3)))
    biased = tf1.nn.bias_add(logits, tf1.get_variable("dense/bias", initializer=small(3)))
    scalar = tf1.get_variable("temperature", initializer=np.float32(0.5))
    return tf.nn.softmax(biased / scalar, name="probabilities")


ROLES = {
    "conv/kernel": "weight",
    "bn/gamma": "weight",
    "bn/beta": "weight",
    "bn/moving_mean": "state",
    "bn/moving_variance": "state",
    "dense/kernel": "weight",
    "dense/bias": "weight",
    "temperature": "weight",
}
COUNTS = {
    "trainable_params": 18 + 4 + 96 + 3 + 1,
    "non_trainable_params": 4,
    "optimizer_params": 0,
}


def make_tf1() -> None:
    """The graph with its variables, and frozen."""
    for is_resource, name in ((False, "tf1"), (True, "tf1_resource")):
        with tf1.Graph().as_default() as graph, tf1.Session() as session:
            with tf1.variable_scope("", use_resource=is_resource):
                output = build_tf1()
            session.run(tf1.global_variables_initializer())
            if not is_resource:
                tf.io.write_graph(graph, ".", "graph.pbtxt")
            frozen = tf1.graph_util.convert_variables_to_constants(
                session, graph.as_graph_def(), [output.op.name]
            )
        tf.io.write_graph(frozen, ".", f"{name}.pb", as_text=False)
        tf.io.write_graph(frozen, ".", f"{name}.pbtxt")


class Loop(tf.Module):
    """A dense layer that a loop calls, with a normalisation that a branch may skip."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = tf.Variable(small(3, 3), name="kernel")
        self.bias = tf.Variable(small(3), name="bias")

    @tf.function
    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        for _ in tf.range(2):
            x = tf.matmul(x, self.kernel) + self.bias
        if tf.reduce_sum(x) > 0.0:
            x = x / tf.constant([1.0, 2.0, 4.0])
        return tf.identity(x, name="output")


def make_tf2() -> None:
    """Frozen with its loop as functions of the library, and flat."""
    module = Loop()  # functions hold it weakly
    concrete = module.__call__.get_concrete_function(tf.TensorSpec([None, 3], tf.float32, "x"))
    for name, lower in (("tf2_functions", False), ("tf2_flat", True)):
        frozen = convert_variables_to_constants_v2(concrete, lower_control_flow=lower)
        graph: graph_pb2.GraphDef = frozen.graph.as_graph_def()
        Path(f"{name}.graphdef").write_bytes(graph.SerializeToString(deterministic=True))


def make() -> dict[str, record.Facts]:
    """All of them."""
    make_tf1()
    make_tf2()
    frozen = record.graph_def(roles=ROLES, **COUNTS)
    return {
        "graph.pbtxt": record.graph_def(),
        "tf1.pb": frozen,
        "tf1.pbtxt": frozen,
        "tf1_resource.pb": frozen,
        "tf1_resource.pbtxt": frozen,
        "tf2_functions.graphdef": record.graph_def(),
        "tf2_flat.graphdef": record.graph_def(),
    }


if __name__ == "__main__":
    record.main(__file__, make)
