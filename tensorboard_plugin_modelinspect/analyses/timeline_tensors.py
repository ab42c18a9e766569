"""Puts the outlines of checkpoints together: the tensors of a series, and what changed in kind."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from tensorboard_plugin_modelinspect.analyses.timeline import (
    ABSENT,
    MOST_NOTES,
    UNOPENED,
    Checkpoint,
    Content,
    Naming,
    Note,
    Outline,
    SeriesTensor,
    Values,
)


def join_outlines(
    checkpoints: Sequence[Checkpoint],
    outlines: Sequence[Outline | None],
    namings: Mapping[str, Naming],
    values: Values,
) -> dict[str, SeriesTensor]:
    """The tensors of a series.

    Args:
        checkpoints: In order.
        outlines: Of each checkpoint; None where it cannot be opened. What is kept of a deleted one
            counts where its numbers are known or another checkpoint holds the same.
        namings: Of every key.
        values: What is known.

    Cost: a step for each tensor of each checkpoint.
    """
    tables = [None if one is None else dict(zip(*one, strict=True)) for one in outlines]
    tensors = {}
    for key in _keys(outlines):
        column = [UNOPENED if table is None else table.get(key) for table in tables]
        tensors[key] = _join(key, namings[key], column, checkpoints, values)
    return {key: tensor for key, tensor in tensors.items() if tensor.contents}


def _keys(outlines: Sequence[Outline | None]) -> dict[str, None]:
    """All keys, in the order of the newest checkpoint that has them."""
    keys: dict[str, None] = {}
    last: tuple[str, ...] = ()
    for outline in reversed(outlines):
        if outline is not None and outline.keys is not last:
            last = outline.keys
            keys.update(dict.fromkeys(last))
    return keys


def _join(
    key: str,
    naming: Naming,
    column: Sequence[Content | int | None],
    checkpoints: Sequence[Checkpoint],
    values: Values,
) -> SeriesTensor:
    indices: dict[Content, int] = {}
    lost = _lost(key, column, checkpoints, values)
    places = []
    before, index = None, 0
    for content in column:
        if content is None:
            places.append(ABSENT)
        elif isinstance(content, int) or content in lost:
            places.append(UNOPENED)
        else:
            if content is not before:  # mostly it is, and hashing one takes a microsecond
                before, index = content, indices.setdefault(content, len(indices))
            places.append(index)
    return SeriesTensor(key, *naming, tuple(indices), tuple(places))


def _lost(
    key: str,
    column: Sequence[Content | int | None],
    checkpoints: Sequence[Checkpoint],
    values: Values,
) -> Collection[Content]:
    """Contents that went with deleted checkpoints before anything was known of them."""
    if all(checkpoint.state != "deleted" for checkpoint in checkpoints):
        return ()
    states = [(one, checkpoint.state) for one, checkpoint in zip(column, checkpoints, strict=True)]
    deleted = {one for one, state in states if state == "deleted" and isinstance(one, Content)}
    held = {one for one, state in states if state != "deleted"}
    return deleted - held - values.of(key).sums.keys()


def find_changes_of_kind(
    checkpoints: Sequence[Checkpoint], tensors: Mapping[str, SeriesTensor]
) -> tuple[Note, ...]:
    """Notes on tensors of numbers whose type or shape is another one than before."""
    notes: list[Note] = []
    for note in _iter_changes(checkpoints, tensors):
        if len(notes) == MOST_NOTES:
            message = "More tensors change their type or shape than are listed here."
            return (*notes, Note(None, None, is_problem=False, message=message))
        notes.append(note)
    return tuple(notes)


def _iter_changes(
    checkpoints: Sequence[Checkpoint], tensors: Mapping[str, SeriesTensor]
) -> Iterator[Note]:
    for tensor in tensors.values():
        if len({content[:2] for content in tensor.contents}) < 2:
            continue
        before = None
        for place in range(len(checkpoints)):
            content = tensor.at(place)
            if content is None:
                continue
            if before is not None and before[:2] != content[:2] and content.has_numbers:
                yield Note(place, tensor.key, False, _describe(tensor, before, content))
            before = content


def _describe(tensor: SeriesTensor, before: Content, after: Content) -> str:
    text = f"{tensor.name}: {_kind(before)} before, {_kind(after)} here"
    return f"{text}." if after.is_comparable(before) else f"{text}: its numbers start anew."


def _kind(content: Content) -> str:
    return f"{content.dtype.name} {list(content.shape)}"
