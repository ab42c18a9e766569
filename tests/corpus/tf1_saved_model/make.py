"""SavedModels by the builder of TF1: several MetaGraphs, all kinds of signature, the text form."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf

import record

v1 = tf.compat.v1
SIGNATURES = v1.saved_model.signature_def_utils


@contextmanager
def session() -> Iterator[v1.Session]:
    """A session with an own graph and a seed."""
    with tf.Graph().as_default(), v1.Session() as sess:
        v1.set_random_seed(7)
        yield sess


def linear(x: tf.Tensor) -> tf.Tensor:
    """One layer: reference variables, one of them in two partitions, one not trained."""
    partitioner = v1.fixed_size_partitioner(2)
    with v1.variable_scope("linear", use_resource=False):
        w = v1.get_variable("w", (4, 2), partitioner=partitioner, initializer=v1.ones_initializer())
        b = v1.get_variable("b", (2,), initializer=v1.zeros_initializer())
        v1.get_variable("calls", (), tf.int64, v1.zeros_initializer(), trainable=False)
    return tf.identity(tf.matmul(x, w) + b, "y")


def two_graphs(path: str) -> None:
    """Tags `serve`, and `train` with `gpu`: no signature there, but the same variables."""
    builder = v1.saved_model.Builder(path)
    with session() as sess:
        x = v1.placeholder(tf.float32, (None, 4), "x")
        y = linear(x)
        v1.train.create_global_step()
        sess.run(v1.global_variables_initializer())
        signatures = {"serving_default": v1.saved_model.predict_signature_def({"x": x}, {"y": y})}
        builder.add_meta_graph_and_variables(sess, ["train", "gpu"])
        builder.add_meta_graph(["serve"], signatures, strip_default_attrs=True)
    builder.save()


def all_signatures(words: tf.SparseTensor, serialized: tf.Tensor, ids: tf.Tensor) -> dict:
    """Classify, regress, predict, and one with a sparse input and a method of its own."""
    scores = tf.ones((1, 2), name="scores")
    info = v1.saved_model.build_tensor_info
    return {
        "classes": SIGNATURES.classification_signature_def(
            serialized, tf.constant([["a", "b"]]), scores
        ),
        "regress/x": SIGNATURES.regression_signature_def(serialized, scores),
        "serving_default": SIGNATURES.predict_signature_def(
            {"examples": serialized}, {"scores": scores}
        ),
        "look up": SIGNATURES.build_signature_def(
            {"words": info(words)}, {"ids": info(ids)}, "my/method"
        ),
        "no_inputs": SIGNATURES.build_signature_def({}, {"scores": info(scores)}, ""),
    }


def assets_and_signatures(path: str) -> None:
    """A vocabulary as asset, initialised by the main op; no variables."""
    vocabulary = Path("words.txt")
    vocabulary.write_text("red\ngreen\n", encoding="utf-8")
    with session() as sess:
        asset = tf.constant(str(vocabulary), name="vocabulary_path")
        v1.add_to_collection(v1.GraphKeys.ASSET_FILEPATHS, asset)
        index = tf.lookup.TextFileIndex
        initializer = tf.lookup.TextFileInitializer(
            asset, tf.string, index.WHOLE_LINE, tf.int64, index.LINE_NUMBER
        )
        table = v1.lookup.StaticHashTable(initializer, -1)
        serialized, words = (
            v1.placeholder(tf.string, (None,), "examples"),
            v1.sparse_placeholder(tf.string, name="w"),
        )
        signatures = all_signatures(words, serialized, table.lookup(words))
        builder = v1.saved_model.Builder(path)
        builder.add_meta_graph_and_variables(
            sess, ["serve"], signatures, assets_collection=[asset], main_op=v1.tables_initializer()
        )
        builder.save()
    vocabulary.unlink()


def simple(path: str, *, as_text: bool) -> None:
    """One graph with variables, by the short way; as text or binary."""
    with session() as sess:
        x = v1.placeholder(tf.float32, None, "x")
        scale = v1.get_variable(
            "scale", (3,), initializer=v1.constant_initializer([1, 2, 3]), use_resource=True
        )
        y = tf.multiply(x, scale, "y")
        sess.run(v1.global_variables_initializer())
        builder = v1.saved_model.Builder(path)
        signatures = {"serving_default": v1.saved_model.predict_signature_def({"x": x}, {"y": y})}
        builder.add_meta_graph_and_variables(sess, ["serve"], signatures)
        builder.save(as_text=as_text)


def make() -> dict[str, record.Facts]:
    """Four SavedModels."""
    two_graphs("two_graphs")
    assets_and_signatures("assets")
    simple("as_text", as_text=True)
    simple("binary", as_text=False)
    return {path: record.saved_model() for path in ("two_graphs", "assets", "as_text", "binary")}


if __name__ == "__main__":
    record.main(__file__, make)
