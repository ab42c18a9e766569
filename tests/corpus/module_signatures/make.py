"""SavedModels of `tf.Module`: signatures, tables, an asset, nested structures and awkward names."""

from pathlib import Path

import numpy as np
import tensorflow as tf

import record

WORDS = ["red", "green", "blue"]


def spec(dtype: tf.DType, *shape: int | None, name: str | None = None) -> tf.TensorSpec:
    """A TensorSpec, with the dtype first."""
    return tf.TensorSpec(shape, dtype, name=name)


class TextModule(tf.Module):
    """Looks words up in a vocabulary file and adds their vectors."""

    def __init__(self, vocabulary: str) -> None:
        super().__init__(name="text")
        initializer = tf.lookup.TextFileInitializer(
            vocabulary,
            tf.string,
            tf.lookup.TextFileIndex.WHOLE_LINE,
            tf.int64,
            tf.lookup.TextFileIndex.LINE_NUMBER,
        )
        self.table = tf.lookup.StaticHashTable(initializer, default_value=-1)
        self.seen = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, default_value=0)
        self.seen.insert(["red", "green"], [3, 4])
        self.vectors = tf.Variable(np.arange(8, dtype=np.float32).reshape(4, 2), name="vectors")
        self.scale = tf.constant([2.0, 0.5])

    @tf.function(input_signature=[spec(tf.string, None, name="words")])
    def embed(self, words):
        """Vectors of words, the last row for unknown ones."""
        ids = self.table.lookup(words)
        return {
            "vectors": tf.gather(self.vectors, tf.where(ids < 0, tf.constant(3, tf.int64), ids))
            * self.scale
        }

    @tf.function(
        input_signature=[spec(tf.string, None, name="words"), spec(tf.int32, name="times")]
    )
    def repeat_sum(self, words, times):
        """A loop and a branch, each in functions of their own."""
        total = tf.zeros([2])
        for i in tf.range(times):
            if i % 2 == 0:
                total += tf.reduce_sum(self.embed(words)["vectors"], axis=0)
            else:
                total -= self.vectors[0]
        return {"total": total, "times": times}

    @tf.function(input_signature=[spec(tf.string, None)])
    def count(self, words):
        """How often each word was counted before."""
        return self.seen.lookup(words)

    @tf.function
    def describe(self, value, flag=True, label="none"):
        """Python arguments of several kinds; traced twice by `make`."""
        return value * 2 if flag else value


class Structures(tf.Module):
    """Variables without names, of one name, and in dicts whose keys are no identifiers."""

    def __init__(self) -> None:
        super().__init__()
        self.unnamed = [tf.Variable(1.0), tf.Variable([2.0]), [tf.Variable(3, dtype=tf.int8)]]
        self.same_name = (tf.Variable([1, 2], name="w"), tf.Variable([3, 4], name="w"))
        self.frozen = tf.Variable(True, trainable=False, name="frozen")
        self.any_size = tf.Variable(np.ones((2, 3), np.float16), shape=(None, 3), name="any_size")
        self.by_key = {
            "a/b": tf.Variable(1.0),
            "c.d": tf.Variable(2.0),
            ".ATTRIBUTES": {"VARIABLE_VALUE": tf.Variable(3.0)},
            "</script><b>bold</b>": tf.Variable(4.0),
            "line\nbreak": tf.Variable(5.0),
            'quote"\\back': tf.Variable(6.0),
            "größe \U0001f600": tf.Variable(7.0),
            "": tf.Variable(8.0),
        }
        self.itself = self
        setattr(self, "at/tri.bute", tf.Variable(np.array([9], np.complex64)))

    @tf.function(input_signature=[spec(tf.float32, None, 2), spec(tf.bfloat16, name="y")])
    def __call__(self, x, y):
        return {"</script>": x + tf.cast(y, tf.float32), "a b/c.d": y}


def unknown_shapes() -> tf.Module:
    """A signature with inputs of unknown rank, a ragged and a sparse one, and no variables."""
    module = tf.Module()

    @tf.function(
        input_signature=[
            tf.TensorSpec(None, tf.float32, name="anything"),
            tf.RaggedTensorSpec([None, None], tf.int64),
            tf.SparseTensorSpec([None, 4], tf.float32),
        ]
    )
    def compute(anything, ragged, sparse):
        return {
            "same": anything,
            "sums": tf.reduce_sum(ragged, axis=1),
            "dense": tf.sparse.to_dense(sparse),
        }

    module.compute = compute
    return module


def save_text() -> None:
    """Three signatures; one key has a blank and a slash."""
    Path("words.txt").write_text("\n".join(WORDS) + "\n", encoding="utf-8")
    module = TextModule("words.txt")
    module.describe(tf.constant([1.0]), flag=False)
    module.describe(tf.constant(2), label="text")
    signatures = {
        "serving_default": module.embed,
        "re peat/sum": module.repeat_sum,
        "count": module.count,
    }
    tf.saved_model.save(module, "text", signatures=signatures)
    Path("words.txt").unlink()


def make() -> dict[str, record.Facts]:
    """Modules with and without signatures and variables; one without anything."""
    save_text()
    structures = Structures()
    tf.saved_model.save(structures, "structures", signatures=structures.__call__)
    module = unknown_shapes()
    tf.saved_model.save(module, "unknown_shapes")
    tf.saved_model.save(tf.Module(), "nothing")
    return {
        "text": record.saved_model(),
        "structures": record.saved_model(),
        "unknown_shapes": record.saved_model(),
        "nothing": record.saved_model(),
    }


if __name__ == "__main__":
    record.main(__file__, make)
