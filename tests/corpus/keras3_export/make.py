"""SavedModels by Keras 3 `model.export`: every weight twice, different weights that are equal."""

import keras
import numpy as np

import record


def network() -> keras.Model:
    """Moving averages and a seed generator beside the trainable weights."""
    layers = [
        keras.layers.Input((6, 6, 1), name="picture"),
        keras.layers.Conv2D(2, 3, name="conv"),
        keras.layers.BatchNormalization(name="norm"),
        keras.layers.Dropout(0.5, seed=3, name="drop"),
        keras.layers.Flatten(name="flat"),
        keras.layers.Dense(3, name="head"),
    ]
    model = keras.Sequential(layers, name="net")
    model.compile("adam", "mse")
    generator = np.random.default_rng(5)
    model.train_on_batch(
        generator.random((4, 6, 6, 1), np.float32), generator.random((4, 3), np.float32)
    )
    return model


class Twins(keras.Model):
    """Two layers whose biases are both zero and of one shape, and yet two variables."""

    def __init__(self, names: tuple[str, str]) -> None:
        super().__init__(name="twins")
        self.left = keras.layers.Dense(3, name=names[0])
        self.right = keras.layers.Dense(3, name=names[1])

    def call(self, x):
        return self.left(x) - self.right(x)


def twins(*names: str) -> keras.Model:
    """A built model of two layers with these names."""
    model = Twins(names)
    model(np.zeros((1, 2), np.float32))
    return model


def several_inputs() -> keras.Model:
    """Two named inputs of different dtype and two outputs; an embedding shared by both paths."""
    words = keras.Input((None,), dtype="int32", name="words")
    scale = keras.Input((1,), name="scale")
    embedding = keras.layers.Embedding(5, 2, name="embedding")
    mean = keras.layers.GlobalAveragePooling1D(name="mean")(embedding(words))
    outputs = {"scaled": keras.layers.Multiply(name="scaled")([mean, scale]), "plain": mean}
    return keras.Model({"words": words, "scale": scale}, outputs, name="several")


def make() -> dict[str, record.Facts]:
    """One export of each."""
    keras.utils.set_random_seed(11)
    models = {
        "network": network(),
        "equal_biases": twins("left", "right"),
        "equal_names": twins("same", "same"),
        "several_inputs": several_inputs(),
    }
    for path, model in models.items():
        model.export(path, verbose=False)
    return {path: record.saved_model(**record.keras_facts(model)) for path, model in models.items()}


if __name__ == "__main__":
    record.main(__file__, make)
