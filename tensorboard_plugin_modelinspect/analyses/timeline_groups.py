"""Tensors of a series in groups: of a layer, of a role, each by itself, or all together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple, get_args

from tensorboard_plugin_modelinspect.analyses.timeline import Cell, Timeline
from tensorboard_plugin_modelinspect.errors import BadRequest

By = Literal["all", "role", "layer", "tensor"]
BY: tuple[By, ...] = get_args(By)
ALL: By = "all"


class Group(NamedTuple):
    """Tensors that are added up, and their numbers at each checkpoint.

    Attributes:
        name: Of the tensor, layer or role; `all`.
        keys: Of its tensors.
        cells: Sums.
        frozen: How many tensors are as before, of how many.
    """

    name: str
    keys: list[str]
    cells: list[Cell]
    frozen: list[tuple[int, int]]


class FirstNonfinite(NamedTuple):
    """The first checkpoint (its place) with NaN or infinite values, and names of those tensors."""

    checkpoint: int
    tensors: list[str]


def select_tensors(timeline: Timeline, globs: Sequence[str]) -> list[str]:
    """Keys of the tensors whose name or key fits one of some patterns, as a shell has them.

    Raises:
        BadRequest: None does.
    """
    keys = [
        tensor.key
        for tensor in timeline.tensors.values()
        if not globs
        or any(fnmatchcase(tensor.name, one) or fnmatchcase(tensor.key, one) for one in globs)
    ]
    if globs and not keys:
        raise BadRequest(
            f"No tensor fits {', '.join(globs)}. `modelinspect vars` lists their names."
        )
    return keys


def make_groups(timeline: Timeline, keys: Iterable[str], by: By = ALL) -> list[Group]:
    """Some tensors of a series, in groups.

    Hyperparameters, counters among them, are in no group but one of their own (`tensor`): a count
    of steps would drown the norm of all weights.
    """
    tensors = [timeline.tensors[key] for key in keys]
    if by == "tensor":
        return [_add_up(timeline, tensor.name, [tensor.key]) for tensor in tensors]
    alone = {one.key for one in timeline.hyperparameters}
    members: dict[str, list[str]] = {ALL: []} if by == ALL else {}
    for tensor in tensors:
        if tensor.key not in alone:
            name = {"all": ALL, "role": tensor.role, "layer": tensor.layer}[by]
            members.setdefault(name, []).append(tensor.key)
    return [_add_up(timeline, name, group) for name, group in members.items()]


def _add_up(timeline: Timeline, name: str, keys: list[str]) -> Group:
    return Group(name, keys, timeline.group(keys), timeline.frozen(keys))


def find_first_nonfinite(timeline: Timeline, keys: Iterable[str]) -> FirstNonfinite | None:
    """Where NaN or infinite values begin in some tensors; None if nowhere, as far as is known."""
    found = {key: timeline.first_nonfinite(key) for key in keys}
    places = {key: place for key, place in found.items() if place is not None}
    if not places:
        return None
    first = min(places.values())
    names = [timeline.tensors[key].name for key, place in places.items() if place == first]
    return FirstNonfinite(first, names)
