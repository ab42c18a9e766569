"""Objects that the checkpoint has under another name: guessed by what would fit, and tried."""

from __future__ import annotations

from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.restore.graph import COUNTER, Graph
from tensorboard_plugin_modelinspect.analyses.restore.objects import (
    Bound,
    keys_of,
    play,
)
from tensorboard_plugin_modelinspect.analyses.restore.python import (
    Expressions,
    make_checkpoint,
)
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.objects import Trackable

_MOST_TRIALS = 200
_MOST_CHILDREN = 100
_DEEPEST = 6


class Renamed(NamedTuple):
    """A call that restores under the checkpoint's names.

    Attributes:
        call: The `tf.train.Checkpoint(…)`.
        pairs: Paths in the checkpoint and in the target of objects whose names differ.
        matched: Variables of the target that it restores.
    """

    call: str
    pairs: tuple[tuple[str, str], ...]
    matched: int


def find_renamed_call(bound: Bound, target: Artifact) -> Renamed | None:
    """A call for objects that have no counterpart by name, but one that fits whole.

    Only objects without values of their own can be replaced by a `tf.train.Checkpoint` that holds
    the same under other names; lists and dicts can.

    Cost: at most 200 trials, each a walk through what is below two objects.
    """
    return _Search(bound, target).run()


class _Search:
    """Builds the call and, beside it, the objects that it makes, to try them."""

    def __init__(self, bound: Bound, target: Artifact) -> None:
        self._checkpoint, self._target, self._bound = bound.checkpoint, bound.target, bound
        self._words = Expressions(target, bound.target)
        self._nodes = list(bound.target.nodes)
        self._trials = _MOST_TRIALS
        self._pairs: list[tuple[int, int]] = []

    def run(self) -> Renamed | None:
        made = self._rebuild(self._bound.start, self._bound.root, 0)
        if made is None:
            return None
        root, call = made
        rebuilt = Bound(
            self._checkpoint, Graph(self._target.tensors, self._nodes), self._bound.start, root
        )
        played = play(rebuilt)
        if played.failure is not None:
            return None
        if self._bound.start:
            for name in reversed(self._checkpoint.path(self._bound.start).split(".")):
                call = make_checkpoint({name: call})
        pairs = tuple(
            (self._checkpoint.path(number), self._target.path(other))
            for number, other in self._pairs
        )
        return Renamed(call, pairs, len(played.restored))

    def _rebuild(self, number: int, other: int, depth: int) -> tuple[int, str] | None:
        """An object with the parts of one of the target under other names; None: as it is."""
        held, stored = self._target.held(other), self._checkpoint.held(number)
        if self._target.attributes(other) or max(len(held), len(stored)) > _MOST_CHILDREN:
            return None
        left = [name for name in held if name not in stored and name != COUNTER]
        children: dict[str, tuple[int, str]] = {}
        is_changed = False
        for name, child in stored.items():
            made: tuple[int, str] | None
            if name in held and name != COUNTER:
                made = self._part(child, held[name], depth)
            elif name != COUNTER:
                made = self._renamed_part(child, [held[one] for one in left])
                left = [one for one in left if made is None or held[one] != made[0]]
            else:
                continue
            if made is not None:
                children[name] = made
                is_changed = is_changed or name not in held or made[0] != held[name]
        if not is_changed:
            return None
        edges = tuple((name, child) for name, (child, _) in children.items())
        self._nodes.append(Trackable(edges, (), ()))
        call = make_checkpoint({name: text for name, (_, text) in children.items()})
        return len(self._nodes) - 1, call

    def _part(self, child: int, other: int, depth: int) -> tuple[int, str]:
        """A part of the same name, itself rebuilt if it does not fit."""
        rebuilt = None
        if depth < _DEEPEST and not self._fits(child, other):
            rebuilt = self._rebuild(child, other, depth + 1)
        return rebuilt or (other, self._words.at(other))

    def _renamed_part(self, child: int, others: list[int]) -> tuple[int, str] | None:
        """The one part that fits of those that have no counterpart by name."""
        fitting = [other for other in others if self._fits(child, other)]
        if len(fitting) != 1:
            return None
        self._pairs.append((child, fitting[0]))
        return fitting[0], self._words.at(fitting[0])

    def _fits(self, number: int, other: int) -> bool:
        """Whether every variable below an object of the target is restored from one, and fits."""
        wanted = {
            key for one in self._target.reachable(other) for key in keys_of(self._target, one)
        }
        if self._trials <= 0 or not wanted:
            return False
        self._trials -= 1
        trial = Bound(self._checkpoint, self._target, number, other)
        played = play(trial)
        return played.failure is None and wanted <= played.restored
