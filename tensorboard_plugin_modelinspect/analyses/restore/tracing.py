"""Where a restore along the object graph looks for a variable, and where that ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from tensorboard_plugin_modelinspect.analyses.restore.found import Found, Wanted
from tensorboard_plugin_modelinspect.analyses.restore.graph import Graph, joined
from tensorboard_plugin_modelinspect.analyses.restore.objects import (
    Bound,
    keys_of,
    play,
    wrapper_nodes,
)

_MOST_NAMED = 6


def trace(bound: Bound, *, read: bool = False) -> Found:
    """Play the restore and say of every tensor of both sides where it is looked for.

    Args:
        bound: What belongs together.
        read: Whether it is `tf.train.Checkpoint.read`, which makes no counter.
    """
    played = play(bound)
    target = bound.target
    below = target.paths_from(bound.root, _path_in_checkpoint(bound))
    ends = _ends(target, bound.root, set(bound.objects.values()))
    sources = {pair.target: pair.checkpoint for pairs in bound.pairs.values() for pair in pairs}
    wanted = []
    for key in target.tensors:
        number = target.owners.get(key)
        if number is None:
            continue
        source = sources.get(key)
        reason = "" if source is not None else _why_missing(bound, number, below, ends)
        wanted.append(Wanted(key, source, below.get(number, ""), reason))
    return Found(
        wanted,
        played.restored,
        played.failure,
        created=tuple(_keys(bound.checkpoint, bound.created)),
        consumed=frozenset(_keys(bound.checkpoint, wrapper_nodes(bound, read=read))),
        unused=_why_unused(bound),
        reshaped=frozenset(sources[key] for key in played.restored),
    )


def _keys(graph: Graph, numbers: Iterable[int]) -> list[str]:
    return [key for number in numbers for key in keys_of(graph, number)]


def _path_in_checkpoint(bound: Bound) -> str:
    return bound.checkpoint.path(bound.start) if bound.start else ""


def _ends(graph: Graph, root: int, bound: set[int]) -> dict[int, tuple[int, str]]:
    """For objects that are bound to nothing: which bound one on the way to them holds what name."""
    ends: dict[int, tuple[int, str]] = {}
    for number, parent, name in graph.walk(root):
        if number not in bound and parent >= 0:
            ends[number] = ends.get(parent, (parent, name))
    return ends


def _why_missing(
    bound: Bound,
    number: int,
    below: Mapping[int, str],
    ends: Mapping[int, tuple[int, str]],
) -> str:
    if number not in below:
        place = bound.target.path(bound.root)
        return f"It is not below `{place}`, which is all that is restored."
    if number in bound.sources:
        path = bound.checkpoint.path(bound.sources[number]) or "(root)"
        return f"The checkpoint saves no value of this kind at `{path}`."
    if number in bound.target.of_slot:
        return "The checkpoint has no such slot of an optimizer for this variable."
    if number not in ends:
        return "Nothing leads to it."
    holder, name = ends[number]
    source = bound.sources[holder]
    taken = bound.checkpoint.child(source, name)
    path = bound.checkpoint.path(source)
    if taken is not None:
        other = bound.target.path(bound.objects[taken])
        return (
            f"What the checkpoint has at `{joined(path, name)}` is one with what goes to `{other}`:"
            " the target has two objects for it."
        )
    return (
        f"The checkpoint's `{path or '(root)'}` has no `{name}`{_others(bound.checkpoint, source)}."
    )


def _others(graph: Graph, number: int) -> str:
    held = graph.held(number)
    if not held:
        return "; it holds nothing"
    shown = ", ".join(f"`{name[:80]}`" for name in islice(held, _MOST_NAMED))
    return f"; it has {shown}" + (" and more" if len(held) > _MOST_NAMED else "")


def _why_unused(bound: Bound) -> dict[str, tuple[str, str]]:
    """Place of each tensor of the checkpoint and why it is not used; of those that are, too."""
    graph = bound.checkpoint
    ends = _ends(graph, bound.start, set(bound.objects))
    reasons = {}
    for key, number in graph.owners.items():
        reasons[key] = graph.path(number), _why_left(bound, number, ends)
    return reasons


def _why_left(bound: Bound, number: int, ends: Mapping[int, tuple[int, str]]) -> str:
    other = bound.objects.get(number)
    if other is not None:
        place = bound.target.path(other) or "(root)"
        first = bound.sources[other]
        if first != number:
            path = bound.checkpoint.path(first)
            return f"The target's `{place}` gets the values of `{path}`, which is met first."
        return f"The target's `{place}` saves no value of this kind."
    if number in ends:
        holder, name = ends[number]
        place = bound.target.path(bound.objects[holder])
        return f"The target's `{place or '(root)'}` has no `{name}`."
    if number in bound.checkpoint.of_slot:
        return "The target has not both the optimizer and the variable of this slot."
    return "It is not below what is restored."
