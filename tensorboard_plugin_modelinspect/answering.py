"""Answers of two models, or of one with two sets of weights: calls both, compares what they say.

    sides = Side(Load(model)), Side(Load(model), "run/ckpt-100")
    answers = compare_calls(Call("serve", inputs), *sides)

The weights of a checkpoint are read by this package's own readers and given to the process with
the model, variable by variable, as the restore doctor says that a restore would.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.restore.graph import graph_of
from tensorboard_plugin_modelinspect.analyses.restore.result import Row
from tensorboard_plugin_modelinspect.analyses.restore.result import Side as VariableSide
from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.opening import open_artifact
from tensorboard_plugin_modelinspect.restoring import restore_check
from tensorboard_plugin_modelinspect.runner.client import Assign, Runner
from tensorboard_plugin_modelinspect.runner.comparison import Comparison, compare_answers
from tensorboard_plugin_modelinspect.runner.messages import Answer, Call, Limits, Load


class Side(NamedTuple):
    """What is called.

    Attributes:
        model: A SavedModel.
        checkpoint: What its variables get their values from first; empty to leave them.
    """

    model: Load
    checkpoint: str = ""


class NotRestored(NamedTuple):
    """A variable of the model that keeps its value, or a tensor that only the checkpoint has."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Restored:
    """What of a checkpoint was put into a model.

    Attributes:
        checkpoint: Its path.
        call: The restore that was played through; empty if none restores anything, and variables
            were paired by their names.
        variables: Those with new values: paths in the object graph, names in TensorFlow 1.
        kept: Those of the model that keep theirs, with the reason.
        unused: What only the checkpoint has.
        failure: What that call would raise; empty if it returns.
    """

    checkpoint: str
    call: str
    variables: tuple[str, ...]
    kept: tuple[NotRestored, ...]
    unused: tuple[NotRestored, ...]
    failure: str = ""


class SideAnswer(NamedTuple):
    """What one side gave.

    Attributes:
        answer: Of the call.
        restored: What of the checkpoint was used; None without one.
    """

    answer: Answer
    restored: Restored | None


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Two answers to one call.

    Attributes:
        left: Of the one side.
        right: Of the other.
        comparison: Both side by side.
    """

    left: SideAnswer
    right: SideAnswer
    comparison: Comparison


def compare_calls(
    call: Call, left: Side, right: Side, *, limits: Limits | None = None, tolerance: float = 0.0
) -> Answers:
    """Call both sides, one after the other, each in a process of its own.

    Args:
        call: What both are asked; what it watches is compared too.
        left: The one side.
        right: The other one.
        limits: What each may take.
        tolerance: As of `compare_answers`.

    Raises:
        ModelInspectError: As for `call_side`.

    Cost: two processes with TensorFlow, at different times; both answers are held.
    """
    return compare_sides(call_side(call, left, limits), call_side(call, right, limits), tolerance)


def compare_sides(left: SideAnswer, right: SideAnswer, tolerance: float = 0.0) -> Answers:
    """Put two answers side by side, whoever called; `tolerance` as of `compare_answers`."""
    return Answers(left, right, compare_answers(left.answer, right.answer, tolerance))


def call_side(call: Call, side: Side, limits: Limits | None = None) -> SideAnswer:
    """Call a model in a process of its own, with the values of a checkpoint if there is one.

    Raises:
        BadRequest: No variable of the model gets a value from the checkpoint.
        FormatError: The checkpoint is damaged.
        RunnerError: TensorFlow is missing, or failed.
    """
    prepare = partial(_put_stored, side) if side.checkpoint else None
    with Runner(side.model, limits, prepare) as runner:
        answer = runner.call(call)
        return SideAnswer(answer, runner.prepared)


def _put_stored(side: Side, assign: Assign) -> Restored:
    return put_values(assign, open_artifact(side.model.path), open_artifact(side.checkpoint))


class _Plan(NamedTuple):
    """What variables of a model are to get.

    Attributes:
        call: As of `Restored`.
        rows: Of all variables, and of what only the checkpoint has.
        paths: Where the variables are, by key.
        failure: As of `Restored`.
    """

    call: str
    rows: Sequence[Row]
    paths: Mapping[str, tuple[str, ...]]
    failure: str


def require_values(model: Artifact, checkpoint: Artifact) -> None:
    """Refuse a checkpoint that has no value for any variable of a model.

    Raises:
        BadRequest: It has none.

    Cost: reads indexes and object graphs, no values.
    """
    plan = _plan_values(model, checkpoint)
    if all(_why_not(row, plan.paths) for row in plan.rows if row.target is not None):
        raise _nothing_fits(model, checkpoint)


def put_values(assign: Assign, model: Artifact, checkpoint: Artifact) -> Restored:
    """Give the variables of a loaded model the values of a checkpoint.

    Args:
        assign: Gives a variable of the loaded model a value.
        model: What is loaded.
        checkpoint: Where values come from.

    Raises:
        BadRequest: No variable gets any.
        FormatError: A value cannot be read.

    Cost: reads each value that is used, one at a time.
    """
    plan = _plan_values(model, checkpoint)
    restored: list[str] = []
    kept: list[NotRestored] = []
    unused: list[NotRestored] = []
    used = {row.checkpoint.key for row in plan.rows if row.target and row.checkpoint}
    for row in plan.rows:
        if row.target is None:
            if row.side.key not in used:
                unused.append(NotRestored(row.side.name, row.reason))
            continue
        path = plan.paths.get(row.target.key)
        name = "/".join(path) if path else row.target.name
        reason = _put(assign, row, checkpoint, plan.paths)
        if reason:
            kept.append(NotRestored(name, reason))
        else:
            restored.append(name)
    if not restored:
        raise _nothing_fits(model, checkpoint)
    lists = (tuple(restored), tuple(kept), tuple(unused))
    return Restored(checkpoint.path, plan.call, *lists, plan.failure)


def _plan_values(model: Artifact, checkpoint: Artifact) -> _Plan:
    check = restore_check(checkpoint, model)
    failure = "" if check.failure is None else f"{check.failure.type}: {check.failure.message}"
    if check.restored:
        return _Plan(check.call, check.rows, _find_paths(model), failure)
    return _Plan("", _pair_by_names(check.rows, checkpoint), _find_paths(model), failure)


def _nothing_fits(model: Artifact, checkpoint: Artifact) -> BadRequest:
    return BadRequest(
        f"{checkpoint.path}: no variable of {model.path} gets a value from it."
        " `modelinspect restore-check` says why."
    )


def _pair_by_names(rows: Sequence[Row], checkpoint: Artifact) -> list[Row]:
    """Rows with what the checkpoint has under the variable's own name.

    Keras 3 exports models in an order of its own, and weight files have no name of the model: no
    restore fits, though `network/hidden/kernel` and `hidden/kernel` are told from all others.
    """
    named: dict[str, list[Tensor]] = {}
    for tensor in checkpoint.tensors.values():
        if tensor.role not in ("optimizer", "metadata") and tensor.alias_of is None:
            named.setdefault(tensor.name, []).append(tensor)
    return [_with_name(row, named) for row in rows]


def _with_name(row: Row, named: Mapping[str, list[Tensor]]) -> Row:
    """A row with the one tensor of its name and shape, if there is one."""
    if row.target is None:
        return row
    wanted = row.target.name
    found = named.get(wanted) or [
        tensor
        for name, tensors in named.items()
        if "/" in name and "/" in wanted
        if wanted.endswith(f"/{name}") or name.endswith(f"/{wanted}")
        for tensor in tensors
    ]
    found = [tensor for tensor in found if tensor.shape == row.target.shape]
    contents = {tensor.key if tensor.crc32c is None else tensor.crc32c for tensor in found}
    if len(contents) != 1:
        return row
    tensor = found[0]
    source = VariableSide(tensor.key, tensor.name, tensor.dtype, tensor.shape)
    return row._replace(checkpoint=source, is_restored=True)


def _why_not(row: Row, paths: Mapping[str, tuple[str, ...]]) -> str:
    """Why a variable does not get a value; "" if it does."""
    target = row.target
    if target is None or row.checkpoint is None or not row.is_restored:
        return row.reason or "it is not restored"
    if target.key not in paths:
        return "no path of the object graph leads to it"
    if not target.dtype.numpy_name:
        return f"a {target.dtype.name} has no values that can be given"
    return ""


def _put(
    assign: Assign, row: Row, checkpoint: Artifact, paths: Mapping[str, tuple[str, ...]]
) -> str:
    """Restore a variable; why not, or ""."""
    target, source = row.target, row.checkpoint
    reason = _why_not(row, paths)
    if reason or target is None or source is None:
        return reason
    array = checkpoint.tensors[source.key].read()
    if source.dtype != target.dtype:
        array = array.astype(target.dtype.to_numpy())
    return assign(paths[target.key], array)


def _find_paths(model: Artifact) -> Mapping[str, tuple[str, ...]]:
    """Where each tensor of a model is held, by key; in TensorFlow 1 its name is the path."""
    graph = graph_of(model)
    if not graph.nodes:
        return {key: (key,) for key in model.tensors}
    paths: dict[int, tuple[str, ...]] = {}
    for number, parent, name in graph.walk():
        paths[number] = (*paths[parent], name) if parent >= 0 else ()
    return {key: paths[number] for key, number in graph.owners.items() if number in paths}


def is_model(artifact: Artifact) -> bool:
    """Whether an artifact can be called itself."""
    return artifact.kind == "saved_model"
