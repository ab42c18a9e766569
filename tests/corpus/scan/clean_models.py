"""Models that only compute, one of each kind that people have. Nothing may be dangerous."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from cases import Expected, case, save, served
from data_attacks import count
from graph_attacks import build

v1 = tf.compat.v1


def network() -> keras.Model:
    return keras.Sequential(
        [keras.layers.Input((4,)), keras.layers.Dense(3, name="head")], name="net"
    )


@case("clean")
def clean_keras_export(folder: Path) -> None:
    network().export(str(folder), verbose=False)


@case("clean")
def clean_keras_saved(folder: Path) -> None:
    tf.saved_model.save(network(), str(folder))


@case("clean")
def clean_convolution_export(folder: Path) -> None:
    layers = [
        keras.layers.Input((6, 6, 1)),
        keras.layers.Conv2D(2, 3),
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.5, seed=1),
        keras.layers.Flatten(),
        keras.layers.Dense(2),
    ]
    keras.Sequential(layers).export(str(folder), verbose=False)


@case("clean")
def clean_recurrent_export(folder: Path) -> None:
    layers = [keras.layers.Input((5, 2)), keras.layers.LSTM(2), keras.layers.Dense(1)]
    keras.Sequential(layers).export(str(folder), verbose=False)


@case("clean")
def clean_words_export(folder: Path) -> None:
    words = keras.Input((), dtype="string")
    numbers = keras.layers.StringLookup(vocabulary=["a", "b"])(words)
    keras.Model(words, numbers).export(str(folder), verbose=False)


@case("clean")
def clean_asset(folder: Path) -> None:
    vocabulary = Path("vocabulary.txt")  # relative: the table is called by it
    vocabulary.write_text("a\nb\n")
    module = tf.Module()
    module.table = tf.lookup.StaticVocabularyTable(
        tf.lookup.TextFileInitializer(str(vocabulary), tf.string, -2, tf.int64, -1), 1
    )
    module.run = tf.function(
        module.table.lookup, input_signature=[tf.TensorSpec([None], tf.string, name="x")]
    )
    tf.saved_model.save(module, str(folder), signatures=module.run.get_concrete_function())
    vocabulary.unlink()


@case("clean")
def clean_asset_read(folder: Path) -> None:
    notes = folder.parent / "notes.txt"
    notes.write_text("what the model knows\n")
    module = tf.Module()
    module.notes = tf.saved_model.Asset(str(notes))
    spec = [tf.TensorSpec([], tf.float32, name="x")]
    module.run = tf.function(
        lambda x: {"y": x, "notes": tf.io.read_file(module.notes)}, input_signature=spec
    )
    tf.saved_model.save(module, str(folder), signatures=module.run.get_concrete_function())
    notes.unlink()


served(
    "clean_loop",
    "clean",
    lambda x: tf.while_loop(lambda i, _: i < 3, lambda i, y: (i + 1, y * 2), [0, x])[1],
)
served("clean_branch", "clean", lambda x: tf.cond(tf.size(x) > 1, lambda: x * 2, lambda: x + 1))
served(
    "clean_images",
    "clean",
    lambda x: tf.image.resize(tf.io.decode_image(x, expand_animations=False)[None], (2, 2)),
    spec=tf.TensorSpec([], tf.string, name="x"),
)
served(
    "clean_strings",
    "clean",
    lambda x: tf.strings.regex_replace(tf.strings.lower(x), "/etc/passwd", "b"),
    spec=tf.TensorSpec([None], tf.string, name="x"),
)
served(
    "clean_examples",
    "clean",
    lambda x: tf.io.parse_example(x, {"a": tf.io.FixedLenFeature([], tf.float32)})["a"],
    spec=tf.TensorSpec([None], tf.string, name="x"),
)
served(
    "clean_dataset",
    "clean",
    lambda x: count(
        tf.data.Dataset.range(9)
        .cache()
        .shuffle(3)
        .map(lambda i: i + 1)
        .filter(lambda i: i > 2)
        .batch(2)
    ),
)
served(
    "clean_ragged", "clean", lambda x: tf.RaggedTensor.from_row_lengths(x, [tf.size(x)]).to_tensor()
)
served("clean_random", "clean", lambda x: x + tf.random.normal([1]))
served(
    "clean_checks", "clean", lambda x: tf.debugging.check_numerics(tf.ensure_shape(x, [None]), "x")
)


@case("clean")
def clean_several_signatures(folder: Path) -> None:
    functions = {"serving_default": lambda x: x + 1, "score": lambda x: x * 2, "embed": tf.sin}
    save(folder, functions, tf.TensorSpec([None], tf.float32, name="x"))


@case("clean")
def clean_tf1(folder: Path) -> None:
    with v1.Graph().as_default(), v1.Session() as session:
        given = v1.placeholder(tf.float32, [None, 2], name="x")
        result = given @ v1.get_variable("w", [2, 3])
        session.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(session, str(folder), {"x": given}, {"y": result})


@case("clean")
def clean_tf1_table(folder: Path) -> None:
    def make() -> Any:
        given = v1.placeholder(tf.string, [None], name="x")
        initial = tf.lookup.KeyValueTensorInitializer(
            ["a", "/etc/passwd"], [1, 2], tf.string, tf.int64
        )
        table = v1.lookup.StaticHashTable(initial, -1)
        return given, table.lookup(given), v1.tables_initializer()

    build(folder, make)


@case("clean", file="frozen.pb")
def clean_frozen(folder: Path) -> None:
    with v1.Graph().as_default() as graph:
        tf.nn.relu(v1.placeholder(tf.float32, [None], name="x") * 2.0, name="y")
        (folder / "frozen.pb").write_bytes(
            graph.as_graph_def().SerializeToString(deterministic=True)
        )


@case("clean", file="model.ckpt")
def clean_tf1_checkpoint(folder: Path) -> None:
    with v1.Graph().as_default(), v1.Session() as session:
        v1.get_variable("w", [2])
        session.run(v1.global_variables_initializer())
        v1.train.Saver().save(session, str(folder / "model.ckpt"))


@case("clean", file="ckpt-1")
def clean_checkpoint(folder: Path) -> None:
    tf.train.Checkpoint(model=network()).save(str(folder / "ckpt"))


@case("clean", file="model.keras")
def clean_keras(folder: Path) -> None:
    network().save(folder / "model.keras")


@case("clean", file="model.keras")
def clean_functional(folder: Path) -> None:
    given = keras.Input((4,))
    left, right = keras.layers.Dense(2)(given), keras.layers.Dense(2, activation="gelu")(given)
    model = keras.Model(given, keras.ops.concatenate([left, keras.ops.sin(right)], axis=-1))
    model.compile("adamw", "mse", metrics=["mae"])
    model.fit(np.zeros((2, 4)), np.zeros((2, 4)), verbose=0)
    model.save(folder / "model.keras")


@case("clean", file="model.keras")
def clean_words(folder: Path) -> None:
    layers = [
        keras.layers.Input((), dtype="string"),
        keras.layers.TextVectorization(vocabulary=["a", "b"]),
        keras.layers.Embedding(5, 2),
    ]
    keras.Sequential(layers).save(folder / "model.keras")


@case("clean", file="model.h5")
def clean_h5(folder: Path) -> None:
    network().save(folder / "model.h5")


@case("clean", file="model.weights.h5")
def clean_weights(folder: Path) -> None:
    network().save_weights(folder / "model.weights.h5")


@keras.saving.register_keras_serializable("mine")
class Scaled(keras.layers.Layer):
    """A layer of its own."""

    def call(self, x: Any) -> Any:
        return 2 * x


@keras.saving.register_keras_serializable("mine")
def double(x: Any) -> Any:
    return 2 * x


@case(
    "clean",
    Expected("custom-object", "low", "clean_models.Scaled", None, ("loading",)),
    file="model.keras",
)
def clean_own_layer(folder: Path) -> None:
    keras.Sequential([keras.layers.Input((2,)), Scaled()]).save(folder / "model.keras")


@case(
    "clean",
    Expected("custom-object", "low", "builtins.mine>double", None, ("loading",)),
    file="model.keras",
)
def clean_own_function(folder: Path) -> None:
    layers = [keras.layers.Input((2,)), keras.layers.Dense(2, activation=double)]
    keras.Sequential(layers).save(folder / "model.keras")
