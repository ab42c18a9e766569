"""Checkpoints of a Keras model and its optimizer: by a manager, by hand, and of the model alone."""

import keras
import numpy as np
import tensorflow as tf

import record


def small_network() -> keras.Model:
    """A network with trainable weights, moving averages and a random layer."""
    layers = [
        keras.layers.Input((6, 6, 1)),
        keras.layers.Conv2D(2, 3, name="conv"),
        keras.layers.BatchNormalization(name="norm"),
        keras.layers.Dropout(0.5, seed=3, name="drop"),
        keras.layers.Flatten(name="flat"),
        keras.layers.Dense(3, name="head"),
    ]
    model = keras.Sequential(layers, name="net")
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return model


def train_one_step(model: keras.Model) -> None:
    """One step on numbers that are the same each time."""
    generator = np.random.default_rng(5)
    pictures = generator.random((4, 6, 6, 1), np.float32)
    model.train_on_batch(pictures, generator.random((4, 3), np.float32))


class Branches(keras.Model):
    """Layers as attributes, in a list and in a dict, two of one name, and a weight of its own."""

    def __init__(self) -> None:
        super().__init__(name="branches")
        self.stem = keras.layers.Dense(3, name="stem")
        self.blocks = [keras.layers.Dense(3, name="block"), keras.layers.Dense(3, name="block")]
        self.heads = {
            "a": keras.layers.Dense(1, name="head_a"),
            "b/c.d": keras.layers.BatchNormalization(name="norm"),
        }
        self.scale = self.add_weight(shape=(1,), initializer="ones", name="scale")

    def call(self, x, training=False):
        x = self.stem(x) * self.scale
        for block in self.blocks:
            x = block(x)
        return self.heads["a"](x) + keras.ops.sum(
            self.heads["b/c.d"](x, training=training), axis=-1, keepdims=True
        )


def branches() -> keras.Model:
    """Trained for one step by an optimizer inside another one, with averages and a metric."""
    model = Branches()
    inner = keras.optimizers.SGD(0.1, momentum=0.9, use_ema=True)
    model.compile(keras.optimizers.LossScaleOptimizer(inner), "mse", metrics=["mae"])
    model.train_on_batch(np.ones((2, 3), np.float32), np.ones((2, 1), np.float32))
    return model


def tied_checkpoint() -> tuple[tf.train.Checkpoint, keras.Model]:
    """One variable reached by two names, and a list and a dict of variables."""
    model = keras.Sequential(
        [keras.layers.Input((2,)), keras.layers.Dense(2, name="only")], name="tied"
    )
    kernel = model.layers[0].kernel
    extra = {
        "list": [tf.Variable(1.0), tf.Variable([2.0, 3.0])],
        "dict": {"a.b": tf.Variable(4, dtype=tf.int64)},
    }
    return tf.train.Checkpoint(again=kernel, model=model, **extra), model


def make() -> dict[str, record.Facts]:
    """A series of three steps, the same state by `write`, a model that holds its optimizer."""
    keras.utils.set_random_seed(11)
    model = small_network()
    both = tf.train.Checkpoint(model=model, optimizer=model.optimizer)
    manager = tf.train.CheckpointManager(both, "series", max_to_keep=5)
    artifacts = {}
    for step in (1, 2, 3):
        train_one_step(model)
        manager.save()
        artifacts[f"series/ckpt-{step}"] = record.checkpoint(
            step, **record.keras_facts(model, model.optimizer)
        )
    both.write("written")
    artifacts["written"] = record.checkpoint(3, **record.keras_facts(model, model.optimizer))
    tf.train.Checkpoint(model).write("model_is_root")
    artifacts["model_is_root"] = record.checkpoint(
        None, **record.keras_facts(model, model.optimizer)
    )
    model = branches()
    tf.train.Checkpoint(model=model, optimizer=model.optimizer).save("branches")
    artifacts["branches-1"] = record.checkpoint(1, **record.keras_facts(model, model.optimizer))
    tied, model = tied_checkpoint()
    tied.save("tied")
    artifacts["tied-1"] = record.checkpoint(1, **record.keras_facts(model))
    return artifacts


if __name__ == "__main__":
    record.main(__file__, make)
