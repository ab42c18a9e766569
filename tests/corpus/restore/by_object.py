"""Restores by the graph of objects: `tf.train.Checkpoint` of modules and variables."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.checkpoint import checkpoint as checkpoint_lib
from tensorflow.python.checkpoint import restore as restore_lib

import scenario
from scenario import VARIABLE_VALUE, Answers, Seen, Values

ASSERTIONS = ("assert_consumed", "assert_existing_objects_matched", "assert_nontrivial_match")

Maker = Callable[[], tf.train.Checkpoint]


def clear_session() -> None:
    """Let Keras, and Keras 2 if it is there, count names from the start."""
    keras.backend.clear_session()
    if "tf_keras" in sys.modules:
        sys.modules["tf_keras"].backend.clear_session()


def fill(checkpoint: tf.train.Checkpoint, values: Values) -> None:
    """Give every variable that the checkpoint holds values of its own."""
    found = list(checkpoint._saver._graph_view.descendants())
    for one in (*found, *beyond(found)):
        if isinstance(one, tf.Variable | keras.Variable):
            dtype = np.dtype(tf.as_dtype(one.dtype).as_numpy_dtype)
            one.assign(values.draw(dtype, np.shape(one.numpy())))


def beyond(found: list[Any]) -> list[Any]:
    """Variables that Keras' models and optimizers with slots have, but no object refers to."""
    reached = {id(one) for one in found}
    models = [v for one in found if isinstance(one, keras.Model) for v in one.variables]
    slots = [v for one in found if hasattr(one, "get_slot") for v in one.variables()]
    return list({id(v): v for v in (*models, *slots) if id(v) not in reached}.values())


def paths_of(checkpoint: tf.train.Checkpoint) -> dict[int, str]:
    """Where each object is below the root, by `id`; slots are below their variables."""
    found, references = checkpoint._saver._graph_view._descendants_with_paths()
    paths = {id(one): "/".join(reference.name for reference in references[one]) for one in found}
    for optimizer in (one for one in found if hasattr(one, "get_slot")):
        for slot in optimizer.get_slot_names():
            for variable in (one for one in found if isinstance(one, tf.Variable)):
                where = f"{paths[id(variable)]}/.OPTIMIZER_SLOT/{paths[id(optimizer)]}/{slot}"
                paths[id(optimizer.get_slot(variable, slot))] = where
    return paths


@contextmanager
def one_by_one(errors: dict[int, str]) -> Iterator[None]:
    """Let `Checkpoint.restore` restore each object alone; errors by the object's `id`."""
    owners: dict[str, int] = {}
    gather = restore_lib.CheckpointPosition.gather_ops_or_named_saveables
    restore = checkpoint_lib._CheckpointRestoreCoordinator.restore_saveables

    def gather_and_note(position: Any) -> Any:
        gathered = gather(position)
        owners.update(dict.fromkeys(gathered[1], id(position.trackable)))
        return gathered

    def restore_each(coordinator: Any, saveables: Any, positions: Any, *rest: Any, **more: Any):
        restore(coordinator, {}, positions, *rest, **more)
        for name, saveable in saveables.items():
            try:
                restore(coordinator, {name: saveable}, [])
            except Exception as error:  # noqa: BLE001 - it is the answer
                errors[owners[name]] = scenario.reason_of(error)
        return []

    coordinator = checkpoint_lib._CheckpointRestoreCoordinator
    position = restore_lib.CheckpointPosition
    with (
        mock.patch.object(position, "gather_ops_or_named_saveables", gather_and_note),
        mock.patch.object(coordinator, "restore_saveables", restore_each),
    ):
        yield


def save_model(checkpoint: tf.train.Checkpoint, folder: str) -> None:
    """Write a SavedModel of what the checkpoint holds, without what a restore does not read."""
    tf.saved_model.save(checkpoint._saver._graph_view.root, folder)
    Path(folder, "fingerprint.pb").unlink()
    Path(folder, "assets").rmdir()
    path = Path(folder, "saved_model.pb")
    saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    if not saved.meta_graphs[0].object_graph_def.concrete_functions:
        saved.meta_graphs[0].graph_def.Clear()  # what saves and restores, most of the file
        path.write_bytes(saved.SerializeToString(deterministic=True))


@dataclass(frozen=True)
class Objects(scenario.Scenario):
    """A `tf.train.Checkpoint` is written, and restored into another one.

    Attributes:
        source: Makes what is saved.
        target: Makes what it is restored into.
        described: Form of the artifact that stands for the target: `checkpoint` or `saved_model`.
        saved: Whether by `save`, which has a counter, or by `write`.
        finish: Builds what the target lacks, after the restore.
    """

    source: Maker
    target: Maker
    described: str = "checkpoint"
    saved: str = "write"
    finish: Callable[[tf.train.Checkpoint], None] | None = None
    method: ClassVar[str] = "object"

    def _made(self, make: Maker, seed: int) -> tf.train.Checkpoint:
        clear_session()
        checkpoint = make()
        if seed == 1 and self.saved == "save":
            _ = checkpoint.save_counter  # it exists once it is asked for
        fill(checkpoint, Values(seed))
        return checkpoint

    def save(self) -> str:
        """By `tf.train.Checkpoint`, without the state file."""
        path = getattr(self._made(self.source, 1), self.saved)("checkpoint")
        Path("checkpoint").unlink(missing_ok=True)
        return path

    def build(self) -> tf.train.Checkpoint:
        """The target, not finished."""
        return self._made(self.target, 2)

    def describe(self) -> str:
        """The target, finished."""
        target = self.build()
        if self.finish:
            self.finish(target)
        if self.described == "checkpoint":
            return target.write("target")
        save_model(target, "target")
        return "target"

    def restore(self, target: tf.train.Checkpoint, path: str) -> Answers:
        """By `restore` or what `options` name."""
        status = getattr(target, self.options.get("call", "restore"))(path)
        if self.finish:
            self.finish(target)
        asserts = {}
        for name in ASSERTIONS:
            try:
                getattr(status, name)()
                asserts[name] = None
            except AssertionError as error:
                asserts[name] = scenario.assertion_text(error)
        status.expect_partial()
        return asserts

    def variables(self, target: tf.train.Checkpoint) -> list[Seen]:
        """All tensors that a checkpoint of the target has, by its object graph."""
        with tempfile.TemporaryDirectory() as folder:
            prefix = target.write(f"{folder}/now")
            names = scenario.full_names(prefix)
            return [
                Seen(names.get(key) or key, key.removesuffix(VARIABLE_VALUE), array)
                for key, array in scenario.checkpoint_arrays(prefix).items()
            ]

    def unreached(self, target: tf.train.Checkpoint) -> list[Seen]:
        """Variables of Keras' models that the graph of objects does not have."""
        found = beyond(list(target._saver._graph_view.descendants()))
        return [Seen(v.path, None, v.numpy()) for v in found if isinstance(v, keras.Variable)]

    def errors_alone(self, path: str) -> dict[str, str]:
        """Each object restored alone."""
        target = self.build()
        errors: dict[int, str] = {}
        with one_by_one(errors), suppress(Exception):  # it may fail before it restores
            target.restore(path).expect_partial()
            if self.finish:
                self.finish(target)
        return {where: errors[one] for one, where in paths_of(target).items() if one in errors}


@dataclass(frozen=True)
class SavedModels(Objects):
    """The variables of a SavedModel are restored, as if they were a checkpoint."""

    def save(self) -> str:
        """The SavedModel without its graph; the checkpoint is in it."""
        save_model(self._made(self.source, 1), "checkpoint")
        Path("checkpoint", "saved_model.pb").unlink()
        return "checkpoint/variables/variables"
