"""Scenarios of `load_weights` of Keras 3."""

from collections.abc import Callable

import keras
from keras import layers, optimizers

from by_keras import Weights
from keras_objects import functional, normalized, sequence, sequential, subclassed


def pair(
    *names: str, width: int = 3, outputs: int = 1, use_bias: bool = True, dtype: str | None = None
) -> keras.Model:
    """Two layers of these names."""
    hidden, head = names or ("hidden", "head")
    return keras.Sequential(
        [
            keras.Input((2,)),
            layers.Dense(width, use_bias=use_bias, name=hidden, dtype=dtype),
            layers.Dense(outputs, name=head, dtype=dtype),
        ]
    )


def triple(*names: str) -> keras.Model:
    """Three layers of one shape, of these names."""
    parts = [layers.Dense(2, name=name) for name in names]
    return keras.Sequential([keras.Input((2,)), *parts])


def longer() -> keras.Model:
    """The pair with a layer between the two."""
    names = (("hidden", 3), ("middle", 3), ("head", 1))
    return keras.Sequential(
        [keras.Input((2,)), *(layers.Dense(units, name=name) for name, units in names)]
    )


def nested(*, outer: str = "last", inner: int = 3) -> keras.Model:
    """A model in a model."""
    parts = [keras.Input((2,)), layers.Dense(inner, name="one"), layers.BatchNormalization()]
    inputs = keras.Input((2,))
    x = keras.Sequential(parts, name="inner")(inputs)
    return keras.Model(inputs, layers.Dense(1, name=outer)(x))


def compiled(optimizer: Callable[[], optimizers.Optimizer] = optimizers.Adam) -> keras.Model:
    """The pair with an optimizer."""
    model = pair()
    model.compile(optimizer(), "mse")
    model.optimizer.build(model.trainable_variables)
    return model


@keras.saving.register_keras_serializable("restore")
class Scaled(keras.Model):
    """A model that has a weight of its own beside a layer."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self.scale = self.add_weight(shape=(2,), name="scale")
        self.only = layers.Dense(2, name="only")

    def call(self, x):
        return self.only(x) * self.scale


def scaled() -> keras.Model:
    """The one above, built."""
    model = Scaled()
    model(keras.ops.zeros((1, 2)))
    return model


def not_built() -> keras.Model:
    """A model without variables yet."""
    return keras.Sequential([layers.Dense(3)])


BY_NAME = {"by_name": True}
SKIP = {"skip_mismatch": True}

TREE = (
    Weights("weights", "The same model.", pair, pair, "weights.h5"),
    Weights(
        "weights_renamed",
        "Layers of other names; the file knows only kinds of layers and their order.",
        pair,
        lambda: pair("first", "second"),
    ),
    Weights("weights_more_layers", "A layer that was not saved.", "weights_renamed", longer),
    Weights("weights_fewer_layers", "A layer fewer than was saved.", longer, pair),
    Weights(
        "weights_changed_width",
        "Layers that do not fit; the others are loaded nevertheless.",
        lambda: triple("a", "b", "c"),
        lambda: keras.Sequential(
            [keras.Input((2,)), layers.Dense(3), layers.Dense(2), layers.Dense(2)]
        ),
    ),
    Weights(
        "weights_changed_width_skipped",
        "The same with `skip_mismatch`.",
        "weights_changed_width",
        lambda: keras.Sequential(
            [keras.Input((2,)), layers.Dense(3), layers.Dense(2), layers.Dense(2)]
        ),
        options=SKIP,
    ),
    Weights(
        "weights_changed_outputs",
        "Of one layer another number of units: the kernel does not fit.",
        "weights",
        lambda: pair(outputs=2),
        "weights.h5",
        options=SKIP,
    ),
    Weights(
        "weights_without_bias_skipped",
        "The same with `skip_mismatch`.",
        "weights_renamed",
        lambda: pair(use_bias=False),
        options=SKIP,
    ),
    Weights(
        "weights_of_another_order",
        "Layers of one shape in another order: nobody notices.",
        lambda: triple("a", "b", "c"),
        lambda: triple("c", "a", "b"),
    ),
    Weights(
        "weights_of_another_kind",
        "LayerNormalization in place of BatchNormalization.",
        normalized,
        lambda: normalized(moving=False),
    ),
    Weights(
        "weights_functional_into_sequential",
        "A functional model was saved.",
        functional,
        lambda: sequential(3),
    ),
    Weights("weights_nested", "A model in a model.", nested, nested),
    Weights(
        "weights_nested_changed_width",
        "A model in a model, of which a layer does not fit.",
        "weights_nested",
        lambda: nested(inner=4),
    ),
    Weights(
        "weights_flat_into_nested",
        "The layers of the inner model were on top when they were saved.",
        normalized,
        nested,
    ),
    Weights("weights_optimizer", "A compiled model with Adam on both sides.", compiled, compiled),
    Weights(
        "weights_optimizer_is_missing",
        "Saved with Adam, restored into a model that was not compiled.",
        "weights_optimizer",
        pair,
    ),
    Weights(
        "weights_optimizer_was_not_saved",
        "Saved without an optimizer, restored into a compiled model.",
        pair,
        compiled,
    ),
    Weights(
        "weights_of_another_optimizer",
        "Saved with Adam, restored with SGD and momentum.",
        "weights_optimizer",
        lambda: compiled(lambda: optimizers.SGD(momentum=0.9)),
    ),
    Weights(
        "weights_scaled_loss",
        "Saved with Adam, restored with Adam inside a `LossScaleOptimizer`.",
        "weights_optimizer",
        lambda: compiled(lambda: optimizers.LossScaleOptimizer(optimizers.Adam())),
    ),
    Weights(
        "weights_into_float16",
        "A model in float16 takes float32, rounded.",
        "weights_renamed",
        lambda: pair(dtype="float16"),
    ),
    Weights(
        "weights_from_bfloat16",
        "A model in float32 takes bfloat16.",
        lambda: pair(dtype="bfloat16"),
        pair,
    ),
    Weights(
        "weights_subclassed",
        "Layers as attributes and in a list.",
        subclassed,
        subclassed,
    ),
    Weights("weights_sequence", "Recurrent layers and attention.", sequence, sequence),
    Weights(
        "weights_not_built",
        "A model without variables is refused.",
        "weights_renamed",
        not_built,
    ),
    Weights(
        "weights_by_name",
        "Only old files are loaded by name.",
        "weights",
        pair,
        "weights.h5",
        options=BY_NAME,
    ),
)

OLD = (
    Weights("h5", "An old file of the same model, with Adam.", compiled, compiled, "h5"),
    Weights(
        "h5_renamed",
        "Layers of other names; the order counts.",
        "h5",
        lambda: pair("first", "second"),
        "h5",
    ),
    Weights("h5_more_layers", "A layer that was not saved.", "h5", longer, "h5"),
    Weights(
        "h5_changed_width",
        "Kernels that do not fit.",
        "h5",
        lambda: pair(width=4),
        "h5",
    ),
    Weights(
        "h5_changed_outputs",
        "The last layer does not fit; what comes before it is loaded.",
        "h5",
        lambda: pair(outputs=2),
        "h5",
    ),
    Weights(
        "h5_changed_width_skipped",
        "Kernels that do not fit, with `skip_mismatch`.",
        "h5",
        lambda: pair(width=4),
        "h5",
        options=SKIP,
    ),
    Weights(
        "h5_without_bias",
        "A layer that has no bias any more.",
        "h5",
        lambda: pair(use_bias=False),
        "h5",
    ),
    Weights(
        "h5_without_bias_skipped",
        "A layer that has no bias any more, with `skip_mismatch`.",
        "h5",
        lambda: pair(use_bias=False),
        "h5",
        options=SKIP,
    ),
    Weights(
        "h5_of_another_order",
        "Layers of one shape in another order: nobody notices.",
        lambda: triple("a", "b", "c"),
        lambda: triple("c", "a", "b"),
        "h5",
    ),
    Weights(
        "h5_of_another_order_by_name",
        "Layers in another order, by name.",
        "h5_of_another_order",
        lambda: triple("c", "a", "b"),
        "h5",
        options=BY_NAME,
    ),
    Weights(
        "h5_by_name_renamed",
        "One of two layers has another name.",
        "h5",
        lambda: pair("hidden", "second"),
        "h5",
        options=BY_NAME,
    ),
    Weights(
        "h5_by_name_more_layers",
        "A layer that was not saved, between the others.",
        "h5",
        longer,
        "h5",
        options=BY_NAME,
    ),
    Weights(
        "h5_by_name_changed_width",
        "Kernels that do not fit, by name.",
        "h5",
        lambda: pair(width=4),
        "h5",
        options=BY_NAME,
    ),
    Weights(
        "h5_by_name_changed_outputs_skipped",
        "A layer that does not fit, by name, with `skip_mismatch`.",
        "h5",
        lambda: pair(outputs=2),
        "h5",
        options=BY_NAME | SKIP,
    ),
    Weights(
        "h5_by_name_without_bias",
        "A layer that has no bias any more, by name.",
        "h5",
        lambda: pair(use_bias=False),
        "h5",
        options=BY_NAME,
    ),
    Weights(
        "h5_by_name_without_bias_skipped",
        "A layer that has no bias any more, by name, with `skip_mismatch`.",
        "h5",
        lambda: pair(use_bias=False),
        "h5",
        options=BY_NAME | SKIP,
    ),
    Weights(
        "h5_of_another_model",
        "Nothing in common but the number of layers.",
        "h5",
        lambda: keras.Sequential(
            [keras.Input((3,)), layers.Embedding(4, 2), layers.LSTM(1, name="head")]
        ),
        "h5",
    ),
    Weights("h5_nested", "A model in a model.", nested, nested, "h5"),
    Weights(
        "h5_nested_by_name",
        "A model in a model, by name; the other layer was renamed.",
        "h5_nested",
        lambda: nested(outer="other"),
        "h5",
        options=BY_NAME,
    ),
    Weights(
        "h5_into_float16",
        "A model in float16 takes float32, rounded.",
        "h5",
        lambda: pair(dtype="float16"),
        "h5",
    ),
    Weights("h5_own_weights", "A model with a weight of its own.", scaled, scaled, "h5"),
    Weights(
        "h5_own_weights_by_name",
        "A model with a weight of its own, by name.",
        "h5_own_weights",
        scaled,
        "h5",
        options=BY_NAME,
    ),
)

CASES = (*TREE, *OLD)
