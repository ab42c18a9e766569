"""A small convolutional network, trained twice with another learning rate."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import keras
import tensorflow as tf

from pictures import SHAPES, SIZE, make_pictures

SEED = 20


class Budget(NamedTuple):
    """How much to train: pictures, epochs, pictures in a batch."""

    pictures: int = 3000
    epochs: int = 8
    batch: int = 32


QUICK = Budget(pictures=320, epochs=3)


def build_network(learning_rate: float) -> keras.Model:
    """A compiled network with moving averages and dropout, so that not every weight is trained."""
    layers = [
        keras.layers.Input((SIZE, SIZE, 1), name="picture"),
        keras.layers.Conv2D(8, 5, padding="same", use_bias=False, name="conv_1"),
        keras.layers.BatchNormalization(name="norm_1"),
        keras.layers.ReLU(name="relu_1"),
        keras.layers.MaxPooling2D(name="pool_1"),
        keras.layers.Conv2D(16, 3, padding="same", use_bias=False, name="conv_2"),
        keras.layers.BatchNormalization(name="norm_2"),
        keras.layers.ReLU(name="relu_2"),
        keras.layers.MaxPooling2D(name="pool_2"),
        keras.layers.Flatten(name="flatten"),
        keras.layers.Dropout(0.3, seed=SEED, name="dropout"),
        keras.layers.Dense(32, activation="relu", name="hidden"),
        keras.layers.Dense(len(SHAPES), activation="softmax", name="shape"),
    ]
    model = keras.Sequential(layers, name="shapes")
    optimizer = keras.optimizers.Adam(learning_rate)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class SaveEachEpoch(keras.callbacks.Callback):
    """Writes the epoch's scalars and a checkpoint, both with the epoch (from 1) as their step."""

    def __init__(self, run: Path, manager: tf.train.CheckpointManager) -> None:
        super().__init__()
        self._writer = tf.summary.create_file_writer(str(run))
        self._manager = manager

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """See Keras."""
        with self._writer.as_default(step=epoch + 1):
            for name, value in (logs or {}).items():
                tf.summary.scalar(name, value)
        self._manager.save()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """See Keras."""
        self._writer.close()


def fit_and_save(
    model: keras.Model,
    run: Path,
    budget: Budget,
    seeds: tuple[int, int],
    also: Sequence[keras.callbacks.Callback] = (),
) -> float:
    """Train a compiled model below `run`: event file and `checkpoints/`.

    Args:
        model: Trained in place.
        run: Its folder.
        budget: How much to train.
        seeds: Of the pictures to train with, and of those to validate with.
        also: More callbacks.

    Returns:
        Validation accuracy of the last epoch.
    """
    train = make_pictures(budget.pictures, seed=seeds[0])
    validation = make_pictures(budget.pictures // 5, seed=seeds[1])
    checkpoint = tf.train.Checkpoint(model=model, optimizer=model.optimizer)
    # A path relative to the state file, so that the folder can be renamed.
    manager = tf.train.CheckpointManager(checkpoint, str(run / "checkpoints"), budget.epochs)
    history = model.fit(
        *train,
        batch_size=budget.batch,
        epochs=budget.epochs,
        validation_data=validation,
        callbacks=[SaveEachEpoch(run, manager), *also],
        verbose=0,
    ).history
    return float(history["val_accuracy"][-1])


def train_run(run: Path, learning_rate: float, budget: Budget) -> str:
    """Train one network below `run`: event file, `checkpoints/`, `model.keras` and `export/1`.

    Returns:
        What was made, in a line.
    """
    keras.utils.set_random_seed(SEED)
    model = build_network(learning_rate)
    accuracy = fit_and_save(model, run, budget, seeds=(1, 2))
    model.save(run / "model.keras")
    model.export(str(run / "export/1"), verbose=False)
    made = f"{budget.epochs} checkpoints, a Keras model and an export"
    return f"{made}, validation accuracy {accuracy:.3f}"
