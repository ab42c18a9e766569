"""Series of checkpoints: of a manager that deletes and preserves, of variables that change."""

import math
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import record

KEEP_FOR_S = 0.9
"""A manager preserves what it would delete if so much time has passed since the last such one."""
SAVES = 6
DIVERGES = 5


class Network(tf.Module):
    """A frozen layer, one that is trained, and what an optimizer keeps."""

    def __init__(self) -> None:
        super().__init__()
        generator = np.random.default_rng(3)
        self.frozen = tf.Variable(generator.normal(size=(4, 3)), dtype=tf.float32, trainable=False)
        self.trained = tf.Variable(generator.normal(size=(3, 2)), dtype=tf.float32)
        self.half = tf.Variable(generator.normal(size=5), dtype=tf.bfloat16)
        self.steps = tf.Variable(0, dtype=tf.int64, trainable=False)


def save_with_manager() -> dict[str, record.Facts]:
    """Six saves: the first is preserved, two are deleted, three kept; NaN from the fifth on."""
    network = Network()
    manager = tf.train.CheckpointManager(
        tf.train.Checkpoint(network=network),
        "managed",
        max_to_keep=3,
        keep_checkpoint_every_n_hours=KEEP_FOR_S / 3600,
    )
    for save in range(1, SAVES + 1):
        network.steps.assign_add(10)
        network.trained.assign_add(tf.fill((3, 2), 0.25))
        network.half.assign(network.half * tf.constant(-1.5, tf.bfloat16))
        if save == DIVERGES:
            network.trained[1, 1].assign(math.nan)
        manager.save()
    saved = sorted(int(path.stem.split("-")[1]) for path in Path("managed").glob("*.index"))
    if saved != [1, 4, 5, 6]:  # the first is preserved
        raise SystemExit(f"a slow machine: {saved} were kept. Try again.")
    return {f"managed/ckpt-{save}": record.checkpoint(save) for save in saved}


def save_changing() -> dict[str, record.Facts]:
    """A variable that gets another type, another shape, goes, and comes back as it was."""
    values = {
        1: np.arange(4, dtype=np.float32),
        2: np.arange(4, dtype=np.float64) + 1,
        3: np.ones((2, 2)),
        5: np.arange(4, dtype=np.float32),
        6: np.array([1, 2, 3, 4j], np.complex64),
        7: np.array([1, 2, 2, 4j], np.complex64),
    }
    for save in range(1, 8):
        tensors = {"other": np.int32(save)}
        if save in values:
            tensors["w"] = values[save]
        tf.raw_ops.SaveV2(
            prefix=f"changing/ckpt-{save}",
            tensor_names=list(tensors),
            shape_and_slices=[""] * len(tensors),
            tensors=list(map(tf.constant, tensors.values())),
        )
    return {f"changing/ckpt-{save}": record.checkpoint(save) for save in range(1, 8)}


def save_weights() -> dict[str, record.Facts]:
    """Weights of a Keras model after each of two epochs, as `ModelCheckpoint` calls them."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1, name="dense")])
    model.compile("sgd", "mse")
    facts = {}
    callback = keras.callbacks.ModelCheckpoint(
        "keras/epoch-{epoch:02d}-{loss:.2f}.weights.h5", save_weights_only=True
    )
    inputs = np.random.default_rng(2).normal(size=(8, 2)).astype(np.float32)
    history = model.fit(inputs, inputs[:, :1], epochs=2, verbose=0, callbacks=[callback])
    for epoch, loss in enumerate(history.history["loss"], 1):
        path = f"keras/epoch-{epoch:02d}-{loss:.2f}.weights.h5"
        facts[path] = record.keras_file("h5", model, has_config=False, step=epoch)
    return facts


def make() -> dict[str, record.Facts]:
    """All of them."""
    return {**save_with_manager(), **save_changing(), **save_weights()}


if __name__ == "__main__":
    record.main(__file__, make)
