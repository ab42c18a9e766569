"""Scenarios of `tf.train.Checkpoint` with models and optimizers of Keras 3."""

from collections.abc import Callable

import keras
import tensorflow as tf
from keras import layers, optimizers

from by_object import Objects, SavedModels

Checkpoint = tf.train.Checkpoint


def sequential(*hidden: int, outputs: int = 1, dtype: str | None = None) -> keras.Model:
    """Dense layers, one after the other."""
    parts = [layers.Dense(units, dtype=dtype) for units in (*hidden, outputs)]
    return keras.Sequential([keras.Input((2,)), *parts])


def functional(
    hidden: int = 3, *, names: tuple[str, str] = ("hidden", "head"), extra: bool = False
) -> keras.Model:
    """Two layers; with an extra one there are two outputs."""
    x = inputs = keras.Input((2,))
    x = layers.Dense(hidden, name=names[0])(x)
    outputs = [layers.Dense(1, name=names[1])(x)]
    if extra:
        outputs.append(layers.Dense(2, name="extra")(x))
    return keras.Model(inputs, outputs)


def normalized(*, moving: bool = True) -> keras.Model:
    """A layer with moving averages, or one without."""
    norm = layers.BatchNormalization() if moving else layers.LayerNormalization()
    return keras.Sequential([keras.Input((2,)), layers.Dense(3), norm, layers.Dense(1)])


class Subclassed(keras.Model):
    """Layers as attributes, which are built when the model is called."""

    def __init__(self, width: int = 3, **attributes: keras.Layer) -> None:
        super().__init__()
        self.stem = layers.Dense(width)
        self.blocks = [layers.Dense(width), layers.Dense(width)]
        for name, layer in attributes.items():
            setattr(self, name, layer)
        self.head = layers.Dense(1)

    def call(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def subclassed(width: int = 3) -> keras.Model:
    """The one above, built."""
    model = Subclassed(width)
    model(tf.zeros((1, 2)))
    return model


def sequence() -> keras.Model:
    """Embedding, recurrent layers and attention."""
    x = inputs = keras.Input((3,), dtype="int32")
    x = layers.Embedding(4, 2)(x)
    x = layers.Bidirectional(layers.LSTM(1, return_sequences=True))(x)
    x = layers.MultiHeadAttention(1, 2)(x, x)
    return keras.Model(inputs, layers.GRU(1)(x))


def with_optimizer(model: keras.Model, optimizer: optimizers.Optimizer) -> Checkpoint:
    """A model and its optimizer, with the optimizer's variables."""
    optimizer.build(model.trainable_variables)
    return Checkpoint(model=model, optimizer=optimizer)


def adam(model: Callable[[], keras.Model] = functional) -> Checkpoint:
    """A model and Adam."""
    return with_optimizer(model(), optimizers.Adam())


def compiled(*, mixed: bool = False) -> keras.Model:
    """A model that holds its optimizer."""
    model = sequential(3, dtype="mixed_float16" if mixed else None)
    optimizer = optimizers.Adam()
    model.compile(optimizers.LossScaleOptimizer(optimizer) if mixed else optimizer, "mse")
    model.optimizer.build(model.trainable_variables)
    return model


MADE_TWICE = (
    "Keras 3.15 makes the first kernel of a model a second time when a restore waits for it: the "
    "first one is restored and forgotten."
)

CASES = (
    Objects("keras_identical", "The same model and Adam.", adam, adam, saved="save"),
    Objects(
        "keras_layers_renamed",
        "Layers of other names; objects are found by position.",
        adam,
        lambda: adam(lambda: functional(names=("first", "second"))),
    ),
    Objects(
        "keras_changed_width",
        "Three units became four, and Adam's slots with them.",
        adam,
        lambda: adam(lambda: functional(4)),
        saved="save",
    ),
    Objects(
        "keras_extra_head",
        "A second output that was never saved; Adam has more slots.",
        adam,
        lambda: adam(lambda: functional(extra=True)),
    ),
    Objects(
        "keras_removed_head",
        "A second output was saved that is gone.",
        lambda: adam(lambda: functional(extra=True)),
        adam,
    ),
    Objects(
        "keras_optimizer_is_missing",
        "Saved with Adam, restored into the model alone, at the same place.",
        adam,
        lambda: Checkpoint(model=functional()),
        saved="save",
    ),
    Objects(
        "keras_optimizer_was_not_saved",
        "Saved without an optimizer, restored into a model with Adam.",
        lambda: Checkpoint(model=functional()),
        adam,
        saved="save",
    ),
    Objects(
        "keras_adam_into_sgd",
        "The state of Adam for an SGD with momentum.",
        adam,
        lambda: with_optimizer(functional(), optimizers.SGD(momentum=0.9)),
    ),
    Objects(
        "keras_adam_with_another_rate",
        "The rate of learning is a variable too, but a schedule is none.",
        adam,
        lambda: with_optimizer(
            functional(), optimizers.Adam(optimizers.schedules.ExponentialDecay(0.1, 10, 0.9))
        ),
    ),
    Objects(
        "keras_adam_with_averages",
        "Adam with `use_ema`, restored into Adam without.",
        lambda: with_optimizer(functional(), optimizers.Adam(use_ema=True)),
        adam,
    ),
    Objects(
        "keras_optimizer_not_built",
        "Adam has no slots before it is built, after the restore.",
        adam,
        lambda: Checkpoint(model=functional(), optimizer=optimizers.Adam()),
        finish=lambda target: target.optimizer.build(target.model.trainable_variables),
    ),
    Objects(
        "keras_model_and_optimizer_into_model",
        "Saved as `Checkpoint(model=…, optimizer=…)`, restored by `Checkpoint(model)`.",
        adam,
        lambda: Checkpoint(functional()),
        saved="save",
    ),
    Objects(
        "keras_compiled",
        "The model is the root and holds its optimizer.",
        lambda: Checkpoint(compiled()),
        lambda: Checkpoint(compiled()),
        saved="save",
    ),
    Objects(
        "keras_compiled_into_one_that_is_not",
        "The model is the root; the target was not compiled.",
        lambda: Checkpoint(compiled()),
        lambda: Checkpoint(sequential(3)),
        saved="save",
    ),
    Objects(
        "keras_mixed_precision",
        "Saved in float32, restored into `mixed_float16` with a scaled loss.",
        lambda: Checkpoint(compiled()),
        lambda: Checkpoint(compiled(mixed=True)),
    ),
    Objects(
        "keras_mixed_precision_in_both",
        "`mixed_float16` with a scaled loss on both sides.",
        lambda: Checkpoint(compiled(mixed=True)),
        lambda: Checkpoint(compiled(mixed=True)),
    ),
    Objects(
        "keras_functional_into_sequential",
        "Two layers each; a functional model was saved.",
        lambda: Checkpoint(functional()),
        lambda: Checkpoint(sequential(3)),
    ),
    Objects(
        "keras_sequential_into_functional",
        "Two layers each; a sequential model was saved.",
        lambda: Checkpoint(model=sequential(3)),
        lambda: Checkpoint(model=functional()),
    ),
    Objects(
        "keras_more_layers",
        "A layer was put in front of the last one.",
        lambda: Checkpoint(sequential(3)),
        lambda: Checkpoint(sequential(3, 3)),
    ),
    Objects(
        "keras_moving_averages",
        "BatchNormalization was saved, LayerNormalization is there.",
        lambda: Checkpoint(normalized()),
        lambda: Checkpoint(normalized(moving=False)),
    ),
    Objects(
        "keras_sequence",
        "Recurrent layers and attention.",
        lambda: Checkpoint(sequence()),
        lambda: Checkpoint(sequence()),
    ),
    Objects(
        "keras_subclassed",
        "Layers as attributes and in a list; what is in a list is not saved at all.",
        lambda: Checkpoint(model=subclassed()),
        lambda: Checkpoint(model=subclassed()),
    ),
    Objects(
        "keras_subclassed_with_optimizer",
        "The same with an optimizer, which does reach what is in a list.",
        lambda: adam(subclassed),
        lambda: adam(subclassed),
    ),
    Objects(
        "keras_subclassed_saved_model",
        "The same without, described by a SavedModel, which has what is in a list.",
        lambda: Checkpoint(subclassed()),
        lambda: Checkpoint(subclassed()),
        "saved_model",
    ),
    Objects(
        "keras_sequential_saved_model",
        "The target is a SavedModel.",
        lambda: Checkpoint(sequential(3)),
        lambda: Checkpoint(sequential(3, outputs=2)),
        "saved_model",
        saved="save",
    ),
    SavedModels(
        "keras_saved_model_into_model",
        "The variables of a SavedModel of Keras, restored into the model that was saved.",
        lambda: Checkpoint(sequential(3)),
        lambda: Checkpoint(sequential(3)),
    ),
    Objects(
        "keras_subclassed_not_built",
        "A model that has no variables until it is called, after the restore.",
        lambda: Checkpoint(model=subclassed()),
        lambda: Checkpoint(model=Subclassed()),
        finish=lambda target: target.model(tf.zeros((1, 2))),
        beyond_files=MADE_TWICE,
    ),
    Objects(
        "keras_different_model",
        "The checkpoint of a model that has nothing in common with the target.",
        lambda: Checkpoint(sequence()),
        lambda: Checkpoint(functional()),
        saved="save",
    ),
)
