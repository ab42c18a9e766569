"""Checkpoints as TensorFlow 1 writes them: by name, with `.meta`, one variable in partitions."""

from pathlib import Path

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1

FEATURES = 24
SEED = 22
STEPS = (100, 200)
V1, V2 = v1.train.SaverDef.V1, v1.train.SaverDef.V2
"""Formats: all in one file, as until 2016, or index and shards."""


def build_regression() -> tuple[tf.Tensor, tf.Operation]:
    """A linear regression in the default graph; its loss, and the step that trains it."""
    generator = np.random.default_rng(SEED)
    inputs = generator.normal(0, 1, (256, FEATURES)).astype(np.float32)
    targets = inputs @ np.linspace(-1, 1, FEATURES)[:, None] + generator.normal(0.5, 0.2, (256, 1))
    with v1.variable_scope("regression", use_resource=True):
        # Three variables in the graph, one key with three slices in a checkpoint.
        parts = v1.fixed_size_partitioner(3)
        weights = v1.get_variable("weights", (FEATURES, 1), partitioner=parts)
        bias = v1.get_variable("bias", (1,), initializer=v1.zeros_initializer())
    predictions = tf.matmul(tf.constant(inputs), tf.convert_to_tensor(weights)) + bias
    loss = tf.reduce_mean(tf.square(predictions - targets.astype(np.float32)), name="loss")
    step = v1.train.create_global_step()
    return loss, v1.train.AdamOptimizer(0.02).minimize(loss, step)


def save_regression(folder: Path, version: int) -> str:
    """Train and save after each of `STEPS` below `folder`, in format `V1` or `V2`.

    Returns:
        What was made, in a line.
    """
    folder.mkdir(parents=True)
    with tf.Graph().as_default(), v1.Session() as session:
        v1.set_random_seed(SEED)
        loss, train = build_regression()
        session.run(v1.global_variables_initializer())
        saver = v1.train.Saver(save_relative_paths=True, write_version=version)
        for step in range(1, max(STEPS) + 1):
            session.run(train)
            if step in STEPS:
                saver.save(session, str(folder / "model.ckpt"), global_step=step)
        made = f"{len(STEPS)} checkpoints of TensorFlow 1 with .meta, format V{version}"
        return f"{made}, loss {session.run(loss):.3f}"
