"""A Keras 3 model saved by `tf.saved_model.save`, which keeps its layers and its optimizer."""

import keras
import numpy as np
import tensorflow as tf

import record


def make() -> dict[str, record.Facts]:
    """A trained network of one convolution, with the state of SGD with momentum."""
    keras.utils.set_random_seed(11)
    layers = [
        keras.layers.Input((4, 4, 1), name="picture"),
        keras.layers.Conv2D(2, 3, name="conv"),
        keras.layers.BatchNormalization(name="norm"),
        keras.layers.Flatten(name="flat"),
        keras.layers.Dense(2, name="head"),
    ]
    model = keras.Sequential(layers, name="net")
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
    generator = np.random.default_rng(5)
    model.train_on_batch(
        generator.random((4, 4, 4, 1), np.float32), generator.random((4, 2), np.float32)
    )
    tf.saved_model.save(model, "network")
    return {"network": record.saved_model(**record.keras_facts(model, model.optimizer))}


if __name__ == "__main__":
    record.main(__file__, make)
