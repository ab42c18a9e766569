"""Checkpoints in format V1, which today's TensorFlow still writes on request and reads."""

from pathlib import Path

import numpy as np
import tensorflow as tf

import record

v1 = tf.compat.v1

VALUES = {
    "float": np.array([[1.5, -0.0, np.inf]], np.float32),
    "double": np.array(2.5),
    "int32": np.array([-1, 2**31 - 1], np.int32),
    "int64": np.array([2**40, -1], np.int64),
    "uint8": np.array([0, 255], np.uint8),
    "int16": np.array([-7], np.int16),
    "bool": np.array([True, False, True]),
    "complex": np.array([1 - 2j], np.complex64),
    "half": np.array([0.5, -2], np.float16),
    "string": np.array([b"a", b"", b"\xff\0b"], object),
    "zeros": np.zeros((2, 3), np.float32),
    "scope/name:1 <b>": np.array([3], np.int8),
}


def make() -> dict[str, record.Facts]:
    """One file with whole tensors, and one with a partitioned variable and a `.meta`."""
    names = list(VALUES)
    tf.raw_ops.SaveSlices(
        filename="plain",
        tensor_names=names,
        shapes_and_slices=[""] * len(names),
        data=[tf.constant(value) for value in VALUES.values()],
    )
    with tf.Graph().as_default(), v1.Session() as sess:
        parts = v1.fixed_size_partitioner(2, axis=1)
        initializer = v1.constant_initializer(np.arange(6, dtype=np.float32).reshape(2, 3))
        v1.get_variable("w", (2, 3), partitioner=parts, initializer=v1.ones_initializer())
        v1.get_variable("v", (2, 3), initializer=initializer)
        v1.train.create_global_step()
        sess.run(v1.global_variables_initializer())
        Path("saver").mkdir()
        saver = v1.train.Saver(write_version=v1.train.SaverDef.V1, save_relative_paths=True)
        saver.save(sess, "saver/model.ckpt", global_step=7)
    return {"plain": record.checkpoint(), "saver/model.ckpt-7": record.checkpoint(0)}


if __name__ == "__main__":
    record.main(__file__, make)
