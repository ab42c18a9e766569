"""Checkpoints of things that are not variables: tables, a data iterator, a random generator."""

import tensorflow as tf

import record


def hash_table() -> tf.lookup.experimental.MutableHashTable:
    """Words with vectors."""
    table = tf.lookup.experimental.MutableHashTable(tf.string, tf.float32, [0.0, 0.0])
    table.insert(["a", "größe", ""], [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    return table


def dense_table() -> tf.lookup.experimental.DenseHashTable:
    """Numbers with numbers; its checkpoint holds empty buckets too."""
    table = tf.lookup.experimental.DenseHashTable(
        tf.int64, tf.int64, default_value=-1, empty_key=-1, deleted_key=-2, initial_num_buckets=8
    )
    table.insert(tf.constant([5, 7], tf.int64), tf.constant([50, 70], tf.int64))
    return table


def save_variants(prefix: str) -> None:
    """Objects of TensorFlow's own, in tensors of each rank, beside one of numbers."""
    numbers = tf.raw_ops.TensorListFromTensor(
        tensor=tf.ones((2, 3)), element_shape=tf.constant([3])
    )
    empty = tf.raw_ops.EmptyTensorList(
        element_shape=tf.constant(-1), max_num_elements=tf.constant(5), element_dtype=tf.string
    )
    ragged = tf.ragged.constant([[1.0], [], [2.0, 3.0]])
    tensors = {
        "lists": tf.stack([[numbers, empty], [empty, numbers]]),
        "numbers": tf.constant([1, 2]),
        "one list": numbers,
        "optional": tf.raw_ops.OptionalFromValue(components=[tf.constant(7)]),
        "ragged": tf.raw_ops.RaggedTensorToVariant(
            rt_nested_splits=[ragged.row_splits], rt_dense_values=ragged.values, batched_input=True
        ),
    }
    tf.raw_ops.SaveV2(
        prefix=prefix,
        tensor_names=list(tensors),
        shape_and_slices=[""] * len(tensors),
        tensors=list(tensors.values()),
    )


def make() -> dict[str, record.Facts]:
    """One checkpoint of all of them; the iterator's state is a variant, which has no value."""
    iterator = iter(tf.data.Dataset.range(10).shuffle(4, seed=1).batch(2))
    next(iterator)
    generator = tf.random.Generator.from_seed(7)
    generator.normal([])
    empty = tf.lookup.experimental.MutableHashTable(tf.int64, tf.string, "none")
    checkpoint = tf.train.Checkpoint(
        table=hash_table(),
        dense=dense_table(),
        empty=empty,
        iterator=iterator,
        generator=generator,
        step=tf.Variable(12, dtype=tf.int64, name="step"),
    )
    checkpoint.save("all")
    save_variants("variants")
    return {"all-1": record.checkpoint(1), "variants": record.checkpoint()}


if __name__ == "__main__":
    record.main(__file__, make)
