"""Two more trainings of the same network: one fine-tuned with a frozen part, one that diverges."""

from pathlib import Path

import keras
import tensorflow as tf

from network import SEED, Budget, build_network, fit_and_save
from pictures import SHAPES

FROZEN = ("conv_1", "norm_1", "conv_2", "norm_2")
FIRST_RATE = 0.02
GROWTH = 1.6
"""Of the learning rate from epoch to epoch: it diverges after a few, wherever it runs."""


def fine_tune(run: Path, trained: Path, budget: Budget) -> str:
    """Train the last layers of a trained network on other pictures; the others stay as they are.

    Args:
        run: Folder of the new run.
        trained: `model.keras` to start from.
        budget: How much to train.

    Returns:
        What was made, in a line.
    """
    keras.utils.set_random_seed(SEED)
    model = keras.models.load_model(trained)
    for name in FROZEN:
        model.get_layer(name).trainable = False
    optimizer = keras.optimizers.Adam(0.0005)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    accuracy = fit_and_save(model, run, budget, seeds=(3, 4))
    return f"{budget.epochs} checkpoints, validation accuracy {accuracy:.3f}"


def diverge(run: Path, budget: Budget) -> str:
    """Train with a learning rate that grows, and a loss whose logarithm may be of zero.

    Returns:
        What was made, in a line.
    """
    keras.utils.set_random_seed(SEED)
    model = build_network(FIRST_RATE)
    optimizer = keras.optimizers.SGD(FIRST_RATE, momentum=0.9)
    model.compile(optimizer, bare_logarithm, metrics=["accuracy"])
    growing = keras.callbacks.LearningRateScheduler(lambda epoch: FIRST_RATE * GROWTH**epoch)
    fit_and_save(model, run, budget, seeds=(1, 2), also=[growing])
    return f"{budget.epochs} checkpoints, the last ones of NaN"


def bare_logarithm(labels: tf.Tensor, probabilities: tf.Tensor) -> tf.Tensor:
    """Cross-entropy without the small number that keeps the logarithm finite."""
    hit = tf.one_hot(tf.cast(tf.reshape(labels, [-1]), tf.int32), len(SHAPES))
    return -tf.reduce_sum(hit * tf.math.log(probabilities), axis=-1)
