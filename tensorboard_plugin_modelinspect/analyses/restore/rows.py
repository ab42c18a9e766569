"""From what was found out to rows: status, reason and nearest candidates of each variable."""

from __future__ import annotations

from collections.abc import Iterable

from tensorboard_plugin_modelinspect.analyses.restore.found import Found, Wanted
from tensorboard_plugin_modelinspect.analyses.restore.graph import OBJECT_GRAPH_KEY
from tensorboard_plugin_modelinspect.analyses.restore.nearest import (
    NearestFinder,
    label_of,
)
from tensorboard_plugin_modelinspect.analyses.restore.objects import shape_text
from tensorboard_plugin_modelinspect.analyses.restore.result import Nearest, Row, Side, Status
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.tensor import Tensor

_MOST_GUESSED = 20_000
"""Rows with candidates; beyond, nobody reads them."""
CREATED = "The target has no such variable yet: its optimizer makes it, with these values."


def make_rows(
    checkpoint: Artifact, target: Artifact, found: Found, left_out: Iterable[str] = ()
) -> tuple[Row, ...]:
    """A row for each variable of both sides.

    Args:
        checkpoint: Where values come from.
        target: What is restored.
        found: What the restore would do.
        left_out: Keys of the checkpoint that are saved for people, and never restored.
    """
    used = {one.source for one in found.wanted if one.source is not None}
    skipped = {*left_out, OBJECT_GRAPH_KEY, *found.consumed, *found.created, *used}
    unused = [tensor for key, tensor in checkpoint.tensors.items() if key not in skipped]
    missing = [target.tensors[one.key] for one in found.wanted if one.source is None]
    guessing = bool(unused) or any(one.key not in found.restored for one in found.wanted)
    from_checkpoint = NearestFinder(
        [*unused, *(checkpoint.tensors[key] for key in used)] if guessing else (),
        frozenset(tensor.key for tensor in unused),
    )
    from_target = NearestFinder(missing, frozenset(tensor.key for tensor in missing))
    guesses = _MOST_GUESSED
    rows = []
    for one in found.wanted:
        row = _row(one, checkpoint, target, found)
        if row.status != "matched" and guesses:
            guesses -= 1
            tensor = target.tensors[one.key]
            nearest = from_checkpoint.find(tensor, one.looked_for or tensor.name, one.source)
            row = row._replace(nearest=nearest)
        rows.append(row)
    rows += [_created(checkpoint.tensors[key]) for key in found.created]
    for tensor in unused:
        nearest = ()
        if guesses:
            guesses -= 1
            nearest = from_target.find(tensor, label_of(tensor))
        rows.append(_unused(tensor, found, nearest))
    return tuple(rows)


def _side(tensor: Tensor) -> Side:
    return Side(tensor.key, tensor.name, tensor.dtype, tensor.shape)


def _row(one: Wanted, checkpoint: Artifact, target: Artifact, found: Found) -> Row:
    tensor = target.tensors[one.key]
    stored = checkpoint.tensors[one.source] if one.source is not None else None
    is_restored = one.key in found.restored
    status, reason = _compare(tensor, stored, one, found)
    if status == "matched" and not is_restored and not reason:
        reason = "It fits, but the restore stops with an error before it gets here."
    return Row(
        status,
        _side(tensor),
        _side(stored) if stored else None,
        one.looked_for,
        is_restored,
        tensor.role,
        reason,
    )


def _compare(
    tensor: Tensor, stored: Tensor | None, one: Wanted, found: Found
) -> tuple[Status, str]:
    """What the two say, and in words what is wrong."""
    if stored is None:
        return "missing", one.reason
    is_restored = one.key in found.restored
    if stored.key in found.partial:
        return "partial", "Some of its slices are not in the checkpoint."
    if tensor.shape != stored.shape and stored.key not in found.reshaped:
        sizes = f"{shape_text(stored.shape)} in the checkpoint, {shape_text(tensor.shape)} here"
        return "shape_mismatch", f"Its shape is {sizes}" + (
            "; it is assigned all the same and changes its shape." if is_restored else "."
        )
    if tensor.dtype != stored.dtype:
        types = f"{stored.dtype.name} in the checkpoint, {tensor.dtype.name} here"
        return "dtype_mismatch", f"Its type is {types}" + (
            "; it is cast." if is_restored else ": this restore does not cast."
        )
    return "matched", one.reason


def _created(tensor: Tensor) -> Row:
    side = _side(tensor)
    return Row(
        "matched", side, side, tensor.name, is_restored=True, role=tensor.role, reason=CREATED
    )


def _unused(tensor: Tensor, found: Found, nearest: tuple[Nearest, ...]) -> Row:
    place, reason = found.unused.get(tensor.key, ("", ""))
    return Row(
        "unused",
        None,
        _side(tensor),
        place or tensor.name,
        is_restored=False,
        role=tensor.role,
        reason=reason or "Nothing in the target asks for it.",
        nearest=nearest,
    )
