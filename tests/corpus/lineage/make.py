"""One model in many files: its checkpoints, exports of one step, copies with a bit changed, kin."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import google_crc32c
import keras
import numpy as np
import tensorflow as tf

import record

EXPORTED = 2
STEPS = 3
INPUTS = np.random.default_rng(7).normal(size=(16, 4)).astype(np.float32)
TARGETS = INPUTS[:, :3] ** 2


def network() -> keras.Model:
    """A hidden layer, moving averages, a random generator, and a head."""
    layers = [
        keras.Input((4,)),
        keras.layers.Dense(16, name="hidden"),
        keras.layers.BatchNormalization(name="norm"),
        keras.layers.Dropout(0.5, seed=1, name="drop"),
        keras.layers.Dense(3, name="head"),
    ]
    model = keras.Sequential(layers, name="network")
    model.compile("adam", "mse")
    return model


def content_hash(values: Iterable[np.ndarray]) -> str:
    """As docs/lineage.md says, from what TensorFlow has in memory."""
    lines = []
    for value in values:
        data, sizes = np.ascontiguousarray(value).tobytes(), ",".join(map(str, value.shape))
        crc = google_crc32c.value(data)
        lines.append(f"{value.dtype.name} [{sizes}] {len(data)} {crc:08x}\n")
    return "mi1:" + hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()[:32]


def weights_of(model: keras.Model) -> dict[str, np.ndarray]:
    """By path; Keras' `weights` has no random generators."""
    return {variable.path: variable.numpy() for variable in model.weights}


def flipped(values: dict[str, np.ndarray], names: Iterable[str], bit: int) -> dict[str, np.ndarray]:
    """The same with a bit of the last element of some tensors changed."""
    changed = {name: value.copy() for name, value in values.items()}
    for name in names:
        changed[name].reshape(-1).view(np.uint32)[-1] ^= 1 << bit
    return changed


def train(model: keras.Model, folder: str, steps: int) -> dict[str, record.Facts]:
    """Checkpoints of model and optimizer, one after each step."""
    saved = tf.train.Checkpoint(model=model, optimizer=model.optimizer)
    manager = tf.train.CheckpointManager(saved, folder, max_to_keep=None)
    facts = {}
    for step in range(1, steps + 1):
        model.train_on_batch(INPUTS, TARGETS)
        manager.save()
        facts[f"{folder}/ckpt-{step}"] = record.checkpoint(
            step, content_hash=content_hash(weights_of(model).values())
        )
        if folder == "run" and step == EXPORTED:
            facts |= save_forms(model)
    return facts


def save_forms(model: keras.Model) -> dict[str, record.Facts]:
    """The model as it is, in other files, and with bits changed."""
    values = weights_of(model)
    same = {"content_hash": content_hash(values.values())}
    Path("export").mkdir()
    model.export("export/1", verbose=False)
    model.save("model.keras")
    model.save_weights("model.weights.h5")
    one, every = flipped(values, ["network/norm/beta"], 0), flipped(values, values, 1)
    save_module(one, "one_bit")
    save_module(every, "every_bit")
    save_sliced(values)
    save_old(values)
    return {
        "export/1": record.saved_model(**record.keras_facts(model), **same),
        "model.keras": record.keras_file("keras", model, **same),
        "model.weights.h5": record.keras_file("h5", model, has_config=False, **same),
        "one_bit": record.saved_model(content_hash=content_hash(one.values())),
        "every_bit": record.saved_model(content_hash=content_hash(every.values())),
        "sliced/ckpt": record.checkpoint(**same),
        "old/model.ckpt": record.checkpoint(format="V1", **same),
    }


def save_module(values: dict[str, np.ndarray], path: str) -> None:
    """A SavedModel of variables."""
    module = tf.Module()
    module.held = {name.replace("/", "_"): tf.Variable(value) for name, value in values.items()}
    tf.saved_model.save(module, path)


def save_sliced(values: dict[str, np.ndarray]) -> None:
    """One kernel cut along its first axis, another along its second one."""
    names, specs, tensors = [], [], []
    for name, value in values.items():
        axis = {"network/hidden/kernel": 0, "network/head/kernel": 1}.get(name)
        parts = [value] if axis is None else np.split(value, [1], axis)
        start = 0
        for part in parts:
            spec = ""
            if axis is not None:
                sizes = [f"0,{size}" for size in part.shape]
                sizes[axis] = f"{start},{part.shape[axis]}"
                spec = " ".join([*map(str, value.shape), ":".join(sizes)])
                start += part.shape[axis]
            names.append(name)
            specs.append(spec)
            tensors.append(tf.constant(part))
    tf.raw_ops.SaveV2(
        prefix="sliced/ckpt", tensor_names=names, shape_and_slices=specs, tensors=tensors
    )


def save_old(values: dict[str, np.ndarray]) -> None:
    """In the format of 2016."""
    Path("old").mkdir()
    tf.raw_ops.Save(
        filename="old/model.ckpt",
        tensor_names=list(values),
        data=list(map(tf.constant, values.values())),
    )


def fine_tune(model: keras.Model) -> dict[str, record.Facts]:
    """Another head on what was trained, which does not change any more."""
    tuned = network()
    for name in ("hidden", "norm"):
        layer = tuned.get_layer(name)
        layer.set_weights(model.get_layer(name).get_weights())
        layer.trainable = False
    tuned.compile("sgd", "mse")
    return train(tuned, "tuned", 2)


def make() -> dict[str, record.Facts]:
    """All of them, and a network of another seed."""
    keras.utils.set_random_seed(1)
    model = network()
    facts = train(model, "run", STEPS)
    facts |= fine_tune(model)
    keras.utils.set_random_seed(2)
    return facts | train(network(), "stranger", 1)


if __name__ == "__main__":
    record.main(__file__, make)
