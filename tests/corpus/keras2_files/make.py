"""Files of Keras 2: `.h5`, weights alone, `.keras` of its last versions, a SavedModel.

Needs `tf_keras` (2.21 was used), in whatever folder `KERAS2` names, beside TensorFlow.
"""

import os
import sys

sys.path.append(os.environ.get("KERAS2", ""))
os.environ["TF_USE_LEGACY_KERAS"] = "1"

import numpy as np
import tf_keras as keras
from tf_keras import layers

import record


def train(model: keras.Model, inputs: np.ndarray, optimizer: str = "adam") -> keras.Model:
    """Compiled, and trained for one step towards zeros."""
    model.compile(optimizer, "mse")
    model.train_on_batch(inputs, np.zeros(model(inputs).shape, np.float32))
    return model


def network() -> keras.Model:
    """A model in a model, frozen and averaged weights."""
    inner = keras.Sequential([keras.Input((2,)), layers.Dense(3, name="one")], name="inner")
    inner.trainable = False
    x = inputs = keras.Input((2,))
    x = layers.BatchNormalization(name="norm")(inner(x))
    model = keras.Model(inputs, layers.Dense(1, name="head")(x), name="network")
    return train(model, np.ones((4, 2), np.float32))


def sequence() -> keras.Model:
    """Embedding, recurrent layers, attention; an optimizer without slots."""
    x = inputs = keras.Input((3,), dtype="int32")
    x = layers.Embedding(5, 2, name="table")(x)
    x = layers.Bidirectional(layers.LSTM(2, return_sequences=True), name="both")(x)
    x = layers.MultiHeadAttention(1, 2, name="attention")(x, x)
    model = keras.Model(inputs, layers.GRU(2, name="gru")(x), name="sequence")
    return train(model, np.array([[1, 2, 3]], np.int32), "sgd")


def facts(kind: str, model: keras.Model, **more) -> record.Facts:
    """Counts and roles as Keras 2 tells them."""
    trained = {id(variable) for variable in model.trainable_weights}
    roles = {
        v.name.removesuffix(":0"): "weight" if id(v) in trained else "state" for v in model.weights
    }
    counted = {
        "trainable_params": int(sum(np.prod(v.shape) for v in model.trainable_weights)),
        "non_trainable_params": int(sum(np.prod(v.shape) for v in model.non_trainable_weights)),
        "optimizer_params": int(sum(np.prod(v.shape) for v in model.optimizer.variables)),
        "count_params": model.count_params(),
        "roles": roles,
    }
    return {"kind": kind, "state": "complete", "step": None, **counted, **more}


def make() -> dict[str, record.Facts]:
    """Two models in each form."""
    keras.utils.set_random_seed(11)
    made = {}
    for name, model in (("network", network()), ("sequence", sequence())):
        model.save(f"{name}.h5")
        made[f"{name}.h5"] = facts("h5", model, format="legacy Keras HDF5")
        model.save(f"{name}.keras")
        made[f"{name}.keras"] = facts("keras", model, format="Keras archive")
    model = network()
    model.save_weights("weights.hdf5")
    made["weights.hdf5"] = {
        "kind": "h5",
        "state": "complete",
        "step": None,
        "count_params": model.count_params(),
        "optimizer_params": 0,
        "format": "legacy Keras HDF5",
    }
    model.save_weights("new.weights.h5")
    made["new.weights.h5"] = {
        **made["weights.hdf5"],
        "format": "Keras 3 weights",
        "optimizer_params": int(sum(np.prod(v.shape) for v in model.optimizer.variables)),
    }
    model.save("saved", save_format="tf")
    made["saved"] = record.saved_model()
    return made


if __name__ == "__main__":
    record.main(__file__, make)
