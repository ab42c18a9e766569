"""Scenarios of slots, shards, and names that meet objects: what is older than Keras 3."""

from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

import keras
import tensorflow as tf
from tensorflow.python.checkpoint import checkpoint as checkpoint_lib
from tensorflow.python.distribute.sharded_variable import ShardedVariable

import scenario
from by_name import Graph, Saver, made, save_in_session
from by_object import Objects, paths_of
from modules import module, net, variable

v1 = tf.compat.v1
Checkpoint = tf.train.Checkpoint


def optimized(optimizer: v1.train.Optimizer, width: int = 3, **more: object) -> Checkpoint:
    """A model and an optimizer of TF1, which has slots for each variable of the model."""
    model = net(width, **more)
    give_slots(optimizer, model)
    return Checkpoint(model=model, optimizer=optimizer)


def give_slots(optimizer: v1.train.Optimizer, model: tf.Module) -> None:
    """Let the optimizer make its slots."""
    optimizer._create_slots(model.trainable_variables)  # applying gradients changes variables


def adam() -> v1.train.Optimizer:
    """Two slots for each variable and two numbers."""
    return v1.train.AdamOptimizer(0.1)


def momentum() -> v1.train.Optimizer:
    """One slot for each variable."""
    return v1.train.MomentumOptimizer(0.1, 0.9)


def shards(*rows: int) -> ShardedVariable:
    """A variable of two columns in parts of so many rows."""
    return ShardedVariable([tf.Variable(tf.zeros((number, 2))) for number in rows], name="table")


def names(*, scope: str = "model", **more: tf.Variable) -> Checkpoint:
    """Variables whose names are those of the checkpoint of names, at other paths."""
    kernel = tf.Variable(tf.zeros((2, 3)), name=f"{scope}/w")
    bias = tf.Variable(tf.zeros((3,)), name=f"{scope}/b")
    return Checkpoint(layer=module(kernel=kernel, bias=bias), **more)


def named(graph: Graph) -> None:
    """The same variables in a graph."""
    graph.add("model/w", 2, 3)
    graph.add("model/b", 3)


class Named(Objects):
    """A checkpoint of a `Saver`, without a graph of objects, restored by `tf.train.Checkpoint`."""

    def save(self) -> str:
        """By a `Saver`; `source` adds its variables to a graph."""
        return save_in_session(made(self.source, 1), "checkpoint.ckpt")

    def errors_alone(self, path: str) -> dict[str, str]:
        """Each object restored alone."""
        errors: dict[int, str] = {}
        coordinator = checkpoint_lib._NameBasedRestoreCoordinator
        restore = coordinator.eager_restore

        def restore_and_note(self: Any, trackable: Any) -> None:
            try:
                restore(self, trackable)
            except Exception as error:  # noqa: BLE001 - it is the answer
                errors[id(trackable)] = scenario.reason_of(error)

        target = self.build()
        with mock.patch.object(coordinator, "eager_restore", restore_and_note):
            target.restore(path)
        return {where: errors[one] for one, where in paths_of(target).items() if one in errors}


class Objected(Saver):
    """A checkpoint of `tf.train.Checkpoint`, restored by a `Saver`."""

    method: ClassVar[str] = "name"

    def save(self) -> str:
        """By `tf.train.Checkpoint`; `source` adds its variables to a graph."""
        target = made(self.source, 1)
        with target.graph.as_default():
            found = {f"v{i}": variable for i, variable in enumerate(v1.global_variables())}
            path = v1.train.Checkpoint(**found).save("checkpoint", session=target.session)
        Path("checkpoint").unlink()
        return path


CASES = (
    Objects(
        "slots",
        "An optimizer of TF1 with slots on both sides.",
        lambda: optimized(adam()),
        lambda: optimized(adam()),
        saved="save",
    ),
    Objects(
        "slots_made_later",
        "The optimizer makes its slots after the restore.",
        lambda: optimized(adam()),
        lambda: Checkpoint(model=net(), optimizer=adam()),
        finish=lambda target: give_slots(target.optimizer, target.model),
    ),
    Objects(
        "slots_of_another_optimizer",
        "Saved with Adam, restored with momentum: no slot has the same name.",
        lambda: optimized(adam()),
        lambda: optimized(momentum()),
    ),
    Objects(
        "slots_without_model",
        "The slots cannot be found, since the variables that they belong to are not.",
        lambda: optimized(adam()),
        lambda: (lambda made: Checkpoint(net=made.model, optimizer=made.optimizer))(
            optimized(adam())
        ),
    ),
    Objects(
        "slots_of_an_extra_head",
        "The target has a layer more, and its slots.",
        lambda: optimized(adam()),
        lambda: optimized(adam(), extra=module(scale=variable())),
    ),
    Objects(
        "slots_are_missing",
        "Saved without the optimizer.",
        lambda: Checkpoint(model=net()),
        lambda: optimized(adam()),
        saved="save",
    ),
    Objects(
        "slots_into_keras3",
        "Slots were saved, but the optimizer is one of Keras 3.",
        lambda: optimized(adam()),
        lambda: Checkpoint(model=net(), optimizer=keras.optimizers.Adam()),
    ),
    Objects(
        "slots_of_another_width",
        "A layer and its slots do not fit.",
        lambda: optimized(momentum()),
        lambda: optimized(momentum(), 4),
    ),
    Objects(
        "shards",
        "A variable in parts, on both sides the same ones.",
        lambda: Checkpoint(table=shards(2, 2), other=variable()),
        lambda: Checkpoint(table=shards(2, 2), other=variable()),
    ),
    Objects(
        "shards_of_other_sizes",
        "A variable in two parts was saved, it has three now.",
        lambda: Checkpoint(table=shards(3, 3), other=variable()),
        lambda: Checkpoint(table=shards(2, 2, 2), other=variable()),
    ),
    Objects(
        "shards_into_whole",
        "A variable in two parts was saved, it is whole now.",
        lambda: Checkpoint(table=shards(2, 2), other=variable()),
        lambda: Checkpoint(table=variable(tf.float32, 4, 2), other=variable()),
    ),
    Objects(
        "whole_into_shards",
        "A whole variable was saved, it is in two parts now.",
        lambda: Checkpoint(table=variable(tf.float32, 4, 2), other=variable()),
        lambda: Checkpoint(table=shards(2, 2), other=variable()),
    ),
    Named(
        "names_into_objects",
        "A checkpoint of names restored into objects: full names count.",
        named,
        names,
    ),
    Named(
        "names_into_objects_of_other_names",
        "A checkpoint of names restored into objects of other names.",
        named,
        lambda: names(scope="net", other=variable()),
    ),
    Named(
        "names_into_objects_of_another_shape",
        "A checkpoint of names whose bias does not fit.",
        lambda graph: (graph.add("model/w", 2, 3), graph.add("model/b", 4)),
        names,
    ),
    Objected(
        "objects_into_names",
        "A checkpoint of objects restored by a `Saver`: its full names count.",
        named,
        named,
    ),
    Objected(
        "objects_into_names_with_one_more",
        "The same, but the target has a variable that was not saved.",
        named,
        lambda graph: (named(graph), graph.add("model/more", 2)),
    ),
)
