"""Scenarios of Keras 2, whose checkpoints of weights are those of `tf.train.Checkpoint`.

Needs `tf_keras`, in whatever folder `KERAS2` names, as `keras2_files` does.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

sys.path.append(os.environ.get("KERAS2", ""))

import tensorflow as tf
import tf_keras
from tf_keras import layers

import keras_files
import keras_objects
from by_keras import Weights, save_model
from by_object import Objects, fill
from scenario import Values

Checkpoint = tf.train.Checkpoint
legacy = tf_keras.optimizers.legacy
VERSION = tf_keras.__version__


def pair(*names: str, width: int = 3) -> tf_keras.Model:
    """Two layers of these names."""
    hidden, head = names or ("hidden", "head")
    parts = [layers.Dense(width, name=hidden), layers.Dense(1, name=head)]
    return tf_keras.Sequential([tf_keras.Input((2,)), *parts])


def compiled(optimizer: Callable[[], object]) -> tf_keras.Model:
    """The pair with an optimizer and its variables."""
    model = pair()
    model.compile(optimizer(), "mse")
    if isinstance(model.optimizer, legacy.Optimizer):
        model.optimizer._create_all_weights(model.trainable_variables)
    else:
        model.optimizer.build(model.trainable_variables)
    return model


def filled(make: Callable[[], tf_keras.Model]) -> tf_keras.Model:
    """A model of Keras 2 all of whose variables have values of their own."""
    tf_keras.backend.clear_session()
    model = make()
    fill(Checkpoint(model), Values(1))
    return model


@dataclass(frozen=True)
class Old(Weights):
    """A file that Keras 2 saved is loaded by Keras 3."""

    def save(self) -> str:
        """By Keras 2, or what another scenario has saved."""
        if isinstance(self.source, str):
            return super().save()
        return save_model(filled(self.source), f"checkpoint.{self.saved}")


@dataclass(frozen=True)
class Format(Weights):
    """Weights in TensorFlow's format, which Keras 3 does not load."""

    def save(self) -> str:
        """By Keras 2."""
        filled(self.source).save_weights("checkpoint.ckpt", save_format="tf")
        os.unlink("checkpoint")
        return "checkpoint.ckpt"


READ = {"call": "read"}

CASES = (
    Objects(
        "keras2",
        "Weights in TensorFlow's format, which `load_weights` of Keras 2 reads as objects.",
        lambda: Checkpoint(pair()),
        lambda: Checkpoint(pair("first", "second")),
        options=READ,
    ),
    Objects(
        "keras2_changed_width",
        "The same, of another width.",
        lambda: Checkpoint(pair()),
        lambda: Checkpoint(pair(width=4)),
        options=READ,
    ),
    Objects(
        "keras2_slots",
        "An optimizer with slots, held by the model.",
        lambda: Checkpoint(compiled(legacy.Adam)),
        lambda: Checkpoint(compiled(legacy.Adam)),
    ),
    Objects(
        "keras2_slots_into_model",
        "Slots were saved with a model that is not compiled now.",
        lambda: Checkpoint(compiled(legacy.Adam)),
        lambda: Checkpoint(pair()),
        saved="save",
    ),
    Objects(
        "keras2_slots_into_variables",
        "Slots were saved, but the optimizer of today has a list.",
        lambda: Checkpoint(compiled(legacy.Adam)),
        lambda: Checkpoint(compiled(tf_keras.optimizers.Adam)),
    ),
    Objects(
        "keras2_into_keras3",
        "A checkpoint of Keras 2 restored into the same model of Keras 3.",
        lambda: Checkpoint(model=pair()),
        lambda: Checkpoint(model=keras_files.pair()),
        saved="save",
    ),
    Objects(
        "keras3_into_keras2",
        "A checkpoint of Keras 3 restored into the same model of Keras 2.",
        lambda: Checkpoint(model=keras_objects.functional()),
        lambda: Checkpoint(model=pair()),
    ),
    Format(
        "keras2_weights_into_keras3",
        "Weights in TensorFlow's format are refused by `load_weights` of Keras 3.",
        pair,
        keras_files.pair,
    ),
    Old(
        "keras2_h5",
        "An old file by Keras 2, loaded by Keras 3.",
        pair,
        keras_files.pair,
        "h5",
    ),
    Old(
        "keras2_h5_by_name",
        "An old file by Keras 2, loaded by Keras 3 by name; a layer was renamed.",
        "keras2_h5",
        lambda: keras_files.pair("hidden", "second"),
        "h5",
        options={"by_name": True},
    ),
)
