"""Scenarios of `tf.train.Checkpoint` without Keras: modules, containers, kinds of variables."""

import tensorflow as tf

from by_object import Objects


class Dense(tf.Module):
    """A kernel and a bias."""

    def __init__(self, inputs: int, outputs: int, dtype: tf.DType = tf.float32) -> None:
        super().__init__()
        self.kernel = tf.Variable(tf.zeros((inputs, outputs), dtype), name="kernel")
        self.bias = tf.Variable(tf.zeros((outputs,), dtype), name="bias")


def module(**attributes: object) -> tf.Module:
    """A module with these attributes."""
    made = tf.Module()
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


def net(width: int = 3, dtype: tf.DType = tf.float32, **more: object) -> tf.Module:
    """Two layers, and more."""
    return module(encoder=Dense(2, width, dtype), head=Dense(width, 1, dtype), **more)


Checkpoint = tf.train.Checkpoint

CASES = (
    Objects(
        "identical",
        "The same modules on both sides.",
        lambda: Checkpoint(model=net()),
        lambda: Checkpoint(model=net()),
        saved="save",
    ),
    Objects(
        "renamed_attribute",
        "`encoder` was renamed to `backbone`.",
        lambda: Checkpoint(model=net()),
        lambda: Checkpoint(model=module(backbone=Dense(2, 3), head=Dense(3, 1))),
        saved="save",
    ),
    Objects(
        "changed_width",
        "Three units became four: two kernels and a bias do not fit.",
        lambda: Checkpoint(model=net(3)),
        lambda: Checkpoint(model=net(4)),
    ),
    Objects(
        "float16_into_float32",
        "Variables of another type than those saved.",
        lambda: Checkpoint(model=net(dtype=tf.float16)),
        lambda: Checkpoint(model=net(dtype=tf.float32)),
    ),
    Objects(
        "extra_head",
        "The target has a head that was never saved.",
        lambda: Checkpoint(model=net()),
        lambda: Checkpoint(model=net(other=Dense(3, 5))),
        "saved_model",
    ),
    Objects(
        "removed_head",
        "A head that was saved is not in the target.",
        lambda: Checkpoint(model=net(other=Dense(3, 5))),
        lambda: Checkpoint(model=net()),
        "saved_model",
    ),
    Objects(
        "root_is_saved_one_below",
        "Saved as `Checkpoint(model=…)`, restored by `Checkpoint(model)`.",
        lambda: Checkpoint(model=net()),
        lambda: Checkpoint(net()),
    ),
    Objects(
        "net_for_model",
        "Saved as `Checkpoint(net=…)`, restored by `Checkpoint(model=…)`.",
        lambda: Checkpoint(net=net()),
        lambda: Checkpoint(model=net()),
    ),
)
