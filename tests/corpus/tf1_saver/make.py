"""Checkpoints by the `Saver` of TF1: names, slots, averages, partitions, `.meta`, stale paths."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf

import record

v1 = tf.compat.v1


@contextmanager
def session() -> Iterator[v1.Session]:
    """A session with an own graph and a seed."""
    with tf.Graph().as_default(), v1.Session() as sess:
        v1.set_random_seed(7)
        yield sess


def build(*, use_resource: bool) -> tf.Operation:
    """A regression with Adam and moving averages; returns the operation that trains."""
    with v1.variable_scope("model", use_resource=use_resource):
        parts = v1.fixed_size_partitioner(2, axis=0)
        w = v1.get_variable("w", (5, 2), partitioner=parts, initializer=v1.ones_initializer())
        b = v1.get_variable("b", (2,), initializer=v1.zeros_initializer())
        v1.get_variable("seen", (), tf.int64, v1.zeros_initializer(), trainable=False)
    step = v1.train.create_global_step()
    loss = tf.reduce_sum(tf.square(tf.matmul(tf.ones((3, 5)), tf.convert_to_tensor(w)) + b))
    train = v1.train.AdamOptimizer(0.1).minimize(loss, step)
    averages = tf.train.ExponentialMovingAverage(0.9)
    with tf.control_dependencies([train]):
        return averages.apply([b])


def save_series(folder: str, *, use_resource: bool, **options: bool) -> None:
    """Checkpoints after one and after two steps, numbered 100 and 200."""
    Path(folder).mkdir()
    with session() as sess:
        train = build(use_resource=use_resource)
        for variable in v1.global_variables():  # in order: an average starts from its variable
            sess.run(variable.initializer)
        saver = v1.train.Saver(save_relative_paths=True, **options)
        for number in (100, 200):
            sess.run(train)
            saver.save(sess, f"{folder}/model.ckpt", global_step=number)


def make_stale(folder: str) -> None:
    """Let the state file name the folder in which the checkpoints once were."""
    state = Path(folder, "checkpoint")
    text = state.read_text(encoding="utf-8")
    text = text.replace('"model.ckpt', '"/nonexistent/old place/model.ckpt')
    state.write_text(text, encoding="utf-8")


def make() -> dict[str, record.Facts]:
    """Resource variables; reference variables, sharded; and a Saver with names of its own."""
    save_series("stale", use_resource=True)
    make_stale("stale")
    save_series("sharded", use_resource=False, sharded=True)
    with session() as sess:
        renamed = v1.get_variable("name_in_graph", initializer=[1.5, 2.5])
        sess.run(v1.global_variables_initializer())
        saver = v1.train.Saver({"name in checkpoint": renamed})
        saver.save(sess, "renamed/model", write_state=False, write_meta_graph=False)
    facts = {"renamed/model": record.checkpoint()}
    for folder in ("stale", "sharded"):
        for step, number in ((1, 100), (2, 200)):
            facts[f"{folder}/model.ckpt-{number}"] = record.checkpoint(step)
    return facts


if __name__ == "__main__":
    record.main(__file__, make)
