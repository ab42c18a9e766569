"""Restoring by the names of variables: TF1's `Saver`, and what TF1 wrote into objects."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tensorboard_plugin_modelinspect.analyses.restore.found import Found, Wanted
from tensorboard_plugin_modelinspect.analyses.restore.graph import (
    COUNTER,
    OBJECT_GRAPH_KEY,
    VARIABLE_VALUE,
    Graph,
    graph_of,
)
from tensorboard_plugin_modelinspect.analyses.restore.objects import (
    compare_shapes,
    compare_types,
    shape_text,
)
from tensorboard_plugin_modelinspect.analyses.restore.result import Failure
from tensorboard_plugin_modelinspect.model.artifact import Artifact, StoredSlice
from tensorboard_plugin_modelinspect.model.tensor import Tensor

_OF_KERAS_3 = frozenset(
    {
        "_trainable_variables_indices",
        "_compiled_trainable_state",
        "_losses_override",
        "_call_has_context_arg",
        "_kernel",
        "_embeddings",
    }
)
"""What objects of Keras 3 hold, and no others."""


def load_by_saver(
    checkpoint: Artifact, target: Artifact, var_list: Mapping[str, str] | None = None
) -> Found:
    """`tf.compat.v1.train.Saver(var_list).restore` into the variables of a graph.

    tensorflow/python/training/saver.py: all tensors are read by one op, which fails before any is
    assigned if a name is missing, a type or the full shape of slices differs. A checkpoint with an
    object graph is read by the names of its variables (`saver_from_object_based_checkpoint`).

    Args:
        checkpoint: Where values come from.
        target: With or without a graph.
        var_list: Name in the checkpoint by variable; None: each under its own.
    """
    saver = _Saver(checkpoint, target)
    # A checkpoint whose object graph cannot be read is taken for one of names: it has none of that.
    keys = [key for key in target.tensors if key != OBJECT_GRAPH_KEY]
    for key in keys:
        saver.add(key, key if var_list is None else var_list.get(key))
    return saver.found(set(keys if var_list is None else var_list))


class _Saver:
    """Looks at each variable by itself, then says what the one op makes of them all."""

    def __init__(self, checkpoint: Artifact, target: Artifact) -> None:
        self._checkpoint, self._target = checkpoint, target
        self._names = _stored_names(checkpoint)
        self._sliced = {one.tensor for one in target.slices}
        self._grows = takes_any_shape(target)
        self._found = Found(partial=_partial(checkpoint))
        self._missing: list[str] = []
        self._failures: list[Failure] = []
        self._shapes: list[Failure] = []

    def add(self, key: str, name: str | None) -> None:
        """Look a variable up; a name of None is of one that the `Saver` is not given."""
        source = None if name is None else self._names.get(name)
        reason = "The `Saver` is not given it." if name is None else _no_name(name)
        self._found.wanted.append(Wanted(key, source, name or "", "" if source else reason))
        if name is not None and source is None:
            self._missing.append(key)
        if source is None:
            return
        target, stored = self._target.tensors[key], self._checkpoint.tensors[source]
        differs = compare_types(target, stored)
        if differs is None and target.shape != stored.shape:
            if key in self._sliced:
                differs = _slices_differ(target, stored)
            elif not self._grows:
                self._shapes.append(_assign_differs(target, stored))
        if differs is None and source in self._found.partial:
            differs = _not_all(stored)
        self._failures += [differs] if differs else []

    def found(self, given: set[str]) -> Found:
        """What becomes of the variables that the `Saver` is given."""
        found = self._found
        if self._missing:
            first = next(one for one in found.wanted if one.key == self._missing[0])
            message = f"Key {first.looked_for} not found in checkpoint"
            found.failure = Failure("NotFoundError", message, tuple(self._missing))
        elif self._failures or self._shapes:
            found.failure = (self._failures or self._shapes)[0]
        if found.failure is None:
            found.restored = frozenset(one.key for one in found.wanted if one.key in given)
        elif self._shapes and not self._failures and not self._missing:
            found.notes.append(
                "What a session has assigned before one of its ops fails is left to chance: no"
                " variable counts as restored."
            )
        return found


def takes_any_shape(target: Artifact) -> bool:
    """Whether the variables of a graph are resources, which the ops of a `Saver` assign any shape.

    Its ops know no shapes: `AssignVariableOp` (tensorflow/core/kernels/resource_variable_ops.cc)
    compares none unless it is told to, `Assign` does. Without a graph they count as references.
    """
    ops = {op for graph in target.meta_graphs for op in graph.ops}
    return "VarHandleOp" in ops and not ops & {"VariableV2", "Variable"}


def _stored_names(checkpoint: Artifact) -> Mapping[str, str]:
    """Keys by the names a `Saver` asks for."""
    graph = graph_of(checkpoint)
    if not graph.nodes:
        return {key: key for key in checkpoint.tensors}
    return {
        attribute.full_name: attribute.keys[0]
        for number in range(len(graph.nodes))
        for attribute in graph.attributes(number)
        if attribute.keys
    }


def _no_name(name: str) -> str:
    return f"The checkpoint has no tensor named {name}."


def _partial(checkpoint: Artifact) -> frozenset[str]:
    """Partitioned tensors of which some slices are not stored."""
    stored: dict[str, list[StoredSlice]] = {}
    for one in checkpoint.slices:
        stored.setdefault(one.tensor, []).append(one)
    return frozenset(
        key
        for key, slices in stored.items()
        if key in checkpoint.tensors
        and sum(math.prod(one.shape) for one in slices) < checkpoint.tensors[key].size
    )


def _not_all(tensor: Tensor) -> Failure:
    message = f"Some slices of {tensor.key} are not in the checkpoint"
    return Failure("NotFoundError", message, (tensor.key,))


def _slices_differ(target: Tensor, stored: Tensor) -> Failure:
    message = (
        f"Shape in shape_and_slice spec {shape_text(target.shape)} does not match the shape"
        f" stored in checkpoint: {shape_text(stored.shape)}"
    )
    return Failure("InvalidArgumentError", message, (target.key,))


def _assign_differs(target: Tensor, stored: Tensor) -> Failure:
    message = (
        f"Assign requires shapes of both tensors to match. lhs shape= {shape_text(target.shape)}"
        f" rhs shape= {shape_text(stored.shape)} ({target.key})"
    )
    return Failure("InvalidArgumentError", message, (target.key,))


def load_into_objects(checkpoint: Artifact, target: Artifact) -> Found:
    """`tf.train.Checkpoint.restore` of what TF1 wrote: by the full names of the target's variables.

    tensorflow/python/checkpoint/checkpoint.py, `_NameBasedRestoreCoordinator.eager_restore`: object
    by object, nearest to the root first; a name that is missing is passed over, one that does not
    fit ends it. Variables of Keras 3 are asked for as `VARIABLE_VALUE`, so they are never found.
    """
    graph = graph_of(target)
    keras = _keras_variables(graph)
    order = [number for number, _, _ in graph.walk()] if graph.nodes else []
    order += [slot for slot in graph.of_slot if slot in graph.reachable(0)]
    wanted: dict[str, Wanted] = {}
    restored: set[str] = set()
    failure: Failure | None = None
    for number in order:
        for attribute in graph.attributes(number):
            is_named = attribute.name == VARIABLE_VALUE and number not in keras
            name = attribute.full_name if is_named else ""
            source = name if name and name in checkpoint.tensors else None
            for key in attribute.keys:
                wanted[key] = Wanted(key, source, name or attribute.name, "")
                if source is None:
                    reason = _no_name(name) if name else _not_by_name(is_keras=number in keras)
                    wanted[key] = wanted[key]._replace(reason=reason)
                elif failure is None:
                    pair = target.tensors[key], checkpoint.tensors[source]
                    failure = compare_shapes(*pair) or compare_types(*pair)
                    if failure is None:
                        restored.add(key)
    listed = [wanted[key] for key in target.tensors if key in wanted]
    status = None if failure else _status(listed, graph)
    return Found(listed, frozenset(restored), failure, status=status)


def _status(wanted: Sequence[Wanted], graph: Graph) -> Failure | None:
    """What `NameBasedSaverStatus.assert_consumed` says; the counter may be missing."""
    counter = graph.child(0, COUNTER)
    keys = [
        one.key
        for one in wanted
        if one.source is None and (counter is None or graph.owners[one.key] != counter)
    ]
    if not keys:
        return None
    names = ", ".join(graph.path(graph.owners[key]) for key in keys[:10])
    message = f"Some objects had attributes which were not restored: {names}"
    return Failure("AssertionError", message, tuple(keys))


def _not_by_name(*, is_keras: bool) -> str:
    if is_keras:
        return "Keras 3 gives its variables no name that this restore could ask for."
    return "It is saved by its object alone, not by a name."


def _keras_variables(graph: Graph) -> set[int]:
    """Objects that Keras 3 made: those below one that holds what only its own do."""
    found: set[int] = set()
    for number, node in enumerate(graph.nodes):
        if number not in found and any(name in _OF_KERAS_3 for name, _ in node.children):
            found |= graph.reachable(number)
    return found


def pair_by_name(checkpoint: Artifact, target: Artifact) -> Found:
    """Pairs of readable names, where no library restores one of these from the other."""
    names: dict[str, str] = {}
    for tensor in checkpoint.tensors.values():
        if tensor.key != OBJECT_GRAPH_KEY:
            names.setdefault(tensor.name, tensor.key)
    found = Found(has_call=False)
    restored = set()
    for key, tensor in target.tensors.items():
        if key == OBJECT_GRAPH_KEY:
            continue
        source = names.get(tensor.name)
        reason = "" if source else f"Nothing in the checkpoint is called {tensor.name}."
        found.wanted.append(Wanted(key, source, tensor.name, reason))
        if source is not None and checkpoint.tensors[source].shape == tensor.shape:
            restored.add(key)
    found.restored = frozenset(restored)
    found.notes.append(
        "No call restores one of these formats from the other: variables are paired by their"
        " readable names, as if each were assigned by hand."
    )
    return found
