"""Which object of the target is restored from which object of the checkpoint: the plausible pairs.

`Checkpoint(model=model).save` puts the model one below the root; who restores the model itself
finds nothing, and the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.restore.graph import COUNTER, Graph
from tensorboard_plugin_modelinspect.analyses.restore.objects import Bound
from tensorboard_plugin_modelinspect.analyses.restore.result import Attachment

_MOST_OBJECTS = 4
"""Objects near the root that are tried on each side."""
_DEEPEST = 2
_MANY = 20_000
"""Objects from which on fewer are tried: a trial walks all of them."""


class Trial(NamedTuple):
    """An attachment that was tried."""

    attachment: Attachment
    bound: Bound


def try_attachments(checkpoint: Graph, target: Graph, path: str | None = None) -> list[Trial]:
    """The plain attachment and, unless it restores everything, others; the best one first.

    Args:
        checkpoint: Where values come from.
        target: What is restored.
        path: Of the object of the checkpoint that the target's root belongs to; None: any.

    Cost: a walk through both graphs for each; at most 25.
    """
    plain = _try(checkpoint, target, 0, 0)
    if path is not None:
        start = checkpoint.find(path)
        return [plain if not start else _try(checkpoint, target, start, 0)]
    trials = [plain]
    if plain.attachment.matched < plain.attachment.total:
        trials += (_try(checkpoint, target, *pair) for pair in _pairs(checkpoint, target))
    best = max(trials, key=lambda trial: trial.attachment.matched)
    if 2 * best.attachment.matched < min(len(target.owners), len(checkpoint.owners)):
        best = plain  # what fits is a part of each, and no place for the whole
    return [best, *(trial for trial in trials if trial is not best)]


def _pairs(checkpoint: Graph, target: Graph) -> Iterator[tuple[int, int]]:
    """Objects of the checkpoint for the target's root, the reverse, then one below both roots."""
    most = 2 if len(checkpoint.nodes) + len(target.nodes) > _MANY else _MOST_OBJECTS
    of_checkpoint, of_target = _holders(checkpoint, most), _holders(target, most)
    yield from ((number, 0) for number in of_checkpoint)
    yield from ((0, number) for number in of_target)
    for number in of_checkpoint:
        for other in of_target:
            # Of one name they belong together without being told.
            if checkpoint.path(number) != target.path(other):
                yield number, other


def _holders(graph: Graph, most: int) -> list[int]:
    """Objects up to two below the root, those with most variables below first."""
    near = [
        number
        for number, path in graph.paths.items()
        if path.count(".") < _DEEPEST and path not in ("", COUNTER) and graph.names(number)
    ]
    counts = {number: _variables_below(graph, number) for number in near[: most * 4]}
    held = [number for number in counts if counts[number]]
    return sorted(held, key=lambda number: -counts[number])[:most]


def _variables_below(graph: Graph, start: int) -> int:
    return sum(bool(graph.nodes[number].attributes) for number, _, _ in graph.walk(start))


def _try(checkpoint: Graph, target: Graph, start: int, root: int) -> Trial:
    bound = Bound(checkpoint, target, start, root)
    matched = sum(
        target.tensors[pair.target].shape == checkpoint.tensors[pair.checkpoint].shape
        for pairs in bound.pairs.values()
        for pair in pairs
    )
    path = checkpoint.path(start) if start else ""
    place = target.path(root) if root else ""
    return Trial(Attachment(path, place, matched, len(target.owners), _reason(path, place)), bound)


def _reason(path: str, place: str) -> str:
    if not path and not place:
        return "Root to root: what a restore does that is told nothing."
    if not place:
        return f"The checkpoint holds under `{path}` what the target is by itself."
    if not path:
        return f"The checkpoint is by itself what the target holds under `{place}`."
    return f"The checkpoint calls `{path}` what the target calls `{place}`."
