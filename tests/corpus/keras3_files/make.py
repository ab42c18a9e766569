"""Files of Keras 3: `.keras`, `.weights.h5`, shards, folders and the old `.h5`, of many layers."""

from pathlib import Path

import keras
import numpy as np
from keras import layers
from keras.src.saving import saving_lib

import record
from hdf5_says import saved_by_keras

TREE, LEGACY = "Keras 3 weights", "legacy Keras HDF5"


def train(model: keras.Model, *inputs: np.ndarray, optimizer: object = "adam") -> keras.Model:
    """Compiled, and trained for one step towards zeros."""
    model.compile(optimizer, "mse")
    asked = list(inputs) if len(inputs) > 1 else inputs[0]
    outputs = model(asked)
    model.train_on_batch(asked, np.zeros(outputs.shape, np.float32))
    return model


def numbers(*shape: int) -> np.ndarray:
    """Numbers that are the same each time."""
    return np.random.default_rng(5).random(shape, np.float32)


def pictures() -> keras.Model:
    """Convolutions of each kind, normalisations with and without their options; Adam."""
    x = inputs = keras.Input((4, 4, 2))
    x = layers.Conv2D(2, 3, name="conv")(x)
    x = layers.DepthwiseConv2D(1, name="depthwise")(x)
    x = layers.SeparableConv2D(2, 1, use_bias=False, name="separable")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.BatchNormalization(scale=False, name="unscaled")(x)
    x = layers.GroupNormalization(1, center=False, name="group")(x)
    x = layers.LayerNormalization(name="layer")(x)
    x = layers.PReLU(name="slope")(x)
    x = layers.Dropout(0.5, seed=3, name="drop")(x)
    x = layers.Flatten(name="flat")(x)
    head = layers.Dense(2, name="head")
    return train(keras.Model(inputs, head(x), name="pictures"), numbers(2, 4, 4, 2))


def words() -> keras.Model:
    """Recurrent layers, attention, and a layer used twice; RMSprop."""
    inputs = keras.Input((3,), dtype="int32")
    embedding = layers.Embedding(5, 2, name="table")
    x = embedding(inputs)
    x = layers.Bidirectional(layers.LSTM(2, return_sequences=True), name="both")(x)
    x = layers.GRU(2, return_sequences=True, name="gru")(x)
    x = layers.MultiHeadAttention(1, 2, name="attention")(x, x)
    x = layers.TimeDistributed(layers.Dense(2, name="each"), name="steps")(x)
    shared = layers.Dense(2, name="shared")
    x = layers.SimpleRNN(2, name="rnn")(shared(shared(x)))
    data = np.array([[1, 2, 3], [0, 4, 0]], np.int32)
    return train(keras.Model(inputs, x, name="words"), data, optimizer="rmsprop")


def nested() -> keras.Model:
    """Models in a model, one of them frozen, one layer of the other; SGD with momentum."""
    base = keras.Sequential([keras.Input((2,)), layers.Dense(3, name="one")], name="base")
    base.trainable = False
    middle = keras.Input((3,), name="middle")
    frozen = layers.Dense(2, trainable=False, name="frozen")
    two = layers.BatchNormalization(name="two")
    inner = keras.Model(middle, two(frozen(middle)), name="inner")
    inputs = keras.Input((2,), name="outside")
    outputs = layers.Dense(1, name="last")(inner(base(inputs)))
    model = keras.Model(inputs, outputs, name="nested")
    return train(model, numbers(2, 2), optimizer=keras.optimizers.SGD(0.1, momentum=0.9))


def adapted() -> keras.Model:
    """Layers that learn from data before training, and one that keeps a vector of its kernel."""
    normalize = layers.Normalization(name="normalize")
    normalize.adapt(numbers(4, 2))
    dense = layers.SpectralNormalization(layers.Dense(2, name="inside"), name="spectral")
    x = inputs = keras.Input((2,))
    x = layers.RMSNormalization(name="rms")(dense(normalize(x)))
    x = layers.Dense(2, use_bias=False, name="unbiased")(x)
    return train(keras.Model(inputs, x, name="adapted"), numbers(2, 2), optimizer="adagrad")


@keras.saving.register_keras_serializable("corpus")
class Scale(layers.Layer):
    """A layer that Keras does not know."""

    def build(self, shape: tuple[int, ...]) -> None:
        self.factor = self.add_weight(shape=(shape[-1],), name="factor")
        self.seen = self.add_weight(shape=(), dtype="int32", trainable=False, name="seen")

    def call(self, x):
        return x * self.factor


@keras.saving.register_keras_serializable("corpus")
class Custom(keras.Model):
    """Layers in attributes and lists, a weight of its own, a layer of its own class."""

    def __init__(self, **options) -> None:
        super().__init__(**options)
        self.stem = layers.Dense(3, name="stem")
        self.blocks = [layers.Dense(3, name=f"block_{number}") for number in range(2)]
        self.scale = Scale(name="scale")
        self.shift = self.add_weight(shape=(3,), name="shift")

    def call(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.scale(x) + self.shift


def custom() -> keras.Model:
    """A model of a class of its own; Lion, which takes turns with nobody."""
    return train(Custom(name="custom"), numbers(2, 2), optimizer=keras.optimizers.Lion(0.1))


def halves() -> keras.Model:
    """Mixed precision, and an optimizer that wraps another one."""
    dense = layers.Dense(2, dtype="mixed_float16", name="mixed")
    brain = layers.Dense(2, dtype="bfloat16", name="brain")
    model = keras.Sequential([keras.Input((2,)), dense, brain], name="halves")
    inner = keras.optimizers.Adam(0.01, amsgrad=True)
    return train(model, numbers(2, 2), optimizer=keras.optimizers.LossScaleOptimizer(inner))


def quantized() -> keras.Model:
    """Layers of 8-bit integers, and one that stays as it was."""
    inputs = keras.Input((3,), dtype="int32")
    x = layers.Embedding(4, 8, name="table")(inputs)
    x = layers.Dense(8, name="dense")(x)
    x = layers.EinsumDense("abc,cd->abd", (None, 4), bias_axes="d", name="einsum")(x)
    outputs = layers.LayerNormalization(name="norm")(x)
    model = keras.Model(inputs, outputs, name="quantized")
    model.quantize("int8")
    return model


def nibbles() -> keras.Model:
    """Two 4-bit integers a byte."""
    model = keras.Sequential([keras.Input((4,)), layers.Dense(4, name="dense")], name="nibbles")
    model.quantize("int4")
    return model


def vocabulary() -> keras.Model:
    """A layer with a vocabulary, which is saved as a text beside the weights."""
    lookup = layers.StringLookup(name="lookup")
    lookup.adapt(np.array(["red", "green", "bl\u00fce"]))
    model = keras.Sequential([keras.Input((1,), dtype="string"), lookup], name="vocabulary")
    model.add(layers.Embedding(4, 2, name="table"))
    model(keras.ops.convert_to_tensor(np.array([["red"]])))
    return model


MODELS = (
    pictures, words, nested, adapted, custom, halves, quantized, nibbles, vocabulary,
)  # fmt: skip


def make() -> dict[str, record.Facts]:
    """Each model as archive; some in the other forms."""
    keras.utils.set_random_seed(11)
    models = {build.__name__: build() for build in MODELS}
    facts = {}
    for name, model in models.items():
        path = f"{name}.keras"
        saved = saved_by_keras(model, lambda model=model, path=path: model.save(path))
        facts[path] = record.keras_file("keras", model, step=None, saved=saved)
    for name in ("pictures", "words"):
        path = f"{name}-7.weights.h5"
        saved = saved_by_keras(
            models[name], lambda name=name, path=path: models[name].save_weights(path)
        )
        facts[path] = record.keras_file("h5", models[name], step=7, saved=saved, format=TREE)
    for name in ("pictures", "words", "nested", "adapted"):
        models[name].save(f"{name}.h5")
        facts[f"{name}.h5"] = record.keras_file("h5", models[name], step=None, format=LEGACY)
    return facts | other_forms(models["nested"])


def other_forms(model: keras.Model) -> dict[str, record.Facts]:
    """Shards, a folder, an old file under a new name, and one that hides what it is."""
    saved = saved_by_keras(model, lambda: saving_lib.save_model(model, "folder", zipped=False))
    model.save("old.h5")
    Path("old.h5").rename("epoch_03-0.25.keras")
    model.save_weights("plain.weights.h5")
    Path("plain.weights.h5").rename("cp-0002.ckpt")
    model.save_weights("shards.weights.json", max_shard_size=100 / 2**30)
    return {
        "folder": record.keras_file("keras", model, step=None, saved=saved),
        "epoch_03-0.25.keras": record.keras_file("keras", model, step=3, format=LEGACY),
        "cp-0002.ckpt": record.keras_file("h5", model, has_config=False, step=2, format=TREE),
        "shards.weights.json": record.keras_file(
            "h5", model, has_config=False, step=None, format=f"{TREE}, sharded"
        ),
    }


if __name__ == "__main__":
    record.main(__file__, make)
