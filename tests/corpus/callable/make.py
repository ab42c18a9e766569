"""SavedModels to be called: images with labels, messages to be parsed, a call without an end."""

from pathlib import Path

import numpy as np
import tensorflow as tf

import record

LABELS = ["ankle boot", "bag", "sneaker"]


def spec(dtype: tf.DType, *shape: int | None, name: str) -> tf.TensorSpec:
    """A TensorSpec, with the dtype first."""
    return tf.TensorSpec(shape, dtype, name=name)


class Shop(tf.Module):
    """A classifier of pictures, and what goes wrong with models."""

    def __init__(self, labels: str) -> None:
        super().__init__(name="shop")
        self.labels = tf.saved_model.Asset(labels)
        self.kernel = tf.Variable(np.linspace(-1, 1, 48, dtype=np.float32).reshape(16, 3))

    @tf.function(input_signature=[spec(tf.float32, None, 4, 4, 1, name="image")])
    def classify(self, image):
        """Scores of three classes."""
        tf.print("hello from the model")
        return {"scores": tf.nn.softmax(tf.reshape(image, [-1, 16]) @ self.kernel)}

    @tf.function(input_signature=[spec(tf.uint8, None, None, 3, name="image")])
    def brighten(self, image):
        """An image out of an image."""
        return {"image": tf.cast(image, tf.float32) / 255.0}

    @tf.function(input_signature=[spec(tf.int32, name="start")])
    def hang(self, start):
        """Never ends."""
        return {"end": tf.while_loop(lambda at: at >= 0, lambda at: (at + 1) % 7, [start])[0]}

    @tf.function(input_signature=[spec(tf.float32, None, name="x")])
    def fail(self, x):
        """Fails on negative numbers."""
        with tf.control_dependencies([tf.debugging.assert_non_negative(x, "x must not be < 0")]):
            return {"root": tf.sqrt(x)}


FEATURES = {
    "age": tf.io.FixedLenFeature([1], tf.float32),
    "clicks": tf.io.FixedLenFeature([3], tf.int64, [1, 2, 3]),
    "name": tf.io.FixedLenFeature([], tf.string, "nobody"),
    "words": tf.io.VarLenFeature(tf.string),
    "parts": tf.io.RaggedFeature(tf.float32),
    "days": tf.io.FixedLenSequenceFeature([2], tf.int64, allow_missing=True),
}


class Parser(tf.Module):
    """Takes messages apart, in a function that a function calls."""

    @tf.function(input_signature=[spec(tf.string, None, name="examples")])
    def parse(self, examples):
        """Each feature as it is, or how long it is."""
        return self.inner(tf.identity(examples))

    @tf.function
    def inner(self, examples):
        """What `parse` calls."""
        found = tf.io.parse_example(examples, FEATURES)
        return {
            "age": found["age"],
            "clicks": found["clicks"],
            "name": found["name"],
            "words": tf.sparse.to_dense(found["words"]),
            "parts": found["parts"].row_lengths(),
            "days": tf.shape(found["days"]),
        }

    @tf.function(input_signature=[spec(tf.string, name="example"), spec(tf.string, name="note")])
    def parse_one(self, example, note):
        """One message, and a text that is none."""
        found = tf.io.parse_single_example(
            example, {key: FEATURES[key] for key in ("age", "words")}
        )
        return {"age": found["age"], "words": found["words"].values, "note": note}


def make_tf1(folder: str) -> None:
    """The op of TensorFlow 1, in a main graph."""
    v1 = tf.compat.v1
    graph = v1.Graph()
    with graph.as_default(), v1.Session() as session:
        serialized = v1.placeholder(tf.string, [None], "serialized")
        _, _, _, (age, name) = tf.raw_ops.ParseExample(
            serialized=tf.reshape(serialized, [-1]),
            names=[],
            sparse_keys=["words"],
            dense_keys=["age", "name"],
            dense_defaults=[tf.constant([], tf.float32), tf.constant([b"nobody"])],
            sparse_types=[tf.string],
            dense_shapes=[[2], [1]],
        )
        signature = v1.saved_model.predict_signature_def(
            {"inputs": serialized}, {"age": age, "name": name}
        )
        builder = v1.saved_model.Builder(folder)
        builder.add_meta_graph_and_variables(session, ["serve"], {"serving_default": signature})
        builder.save()


def make() -> dict[str, record.Facts]:
    """Make the files."""
    labels = Path("labels.txt")
    labels.write_text("".join(f"{label}\n" for label in LABELS))
    shop = Shop(str(labels))
    signatures = {
        "serving_default": shop.classify,
        "brighten": shop.brighten,
        "hang": shop.hang,
        "fail": shop.fail,
    }
    tf.saved_model.save(shop, "shop", signatures)
    labels.unlink()
    parser = Parser()
    tf.saved_model.save(parser, "parser", {"parse": parser.parse, "parse_one": parser.parse_one})
    make_tf1("parser_v1")
    return {path: record.saved_model() for path in ("shop", "parser", "parser_v1")}


if __name__ == "__main__":
    record.main(__file__, make)
