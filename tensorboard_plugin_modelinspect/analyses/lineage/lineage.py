"""The lineage of some artifacts: what each one is, and what it has in common with the others."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.lineage.contents import Contents, Sketch
from tensorboard_plugin_modelinspect.analyses.lineage.index import Index
from tensorboard_plugin_modelinspect.analyses.lineage.layers import find_shared_layers
from tensorboard_plugin_modelinspect.analyses.lineage.result import (
    EXTENTS,
    Entry,
    Relation,
    SharedLayer,
    Subject,
)


class Looked(NamedTuple):
    """An artifact that was looked at.

    Attributes:
        subject: Which one.
        unit: Equal for those that are of one series; tells it from all others if it is of none.
        sketch: Its weights; None if they cannot be known.
        problem: Why, as a sentence.
    """

    subject: Subject
    unit: Hashable
    sketch: Sketch | None
    problem: str


@dataclass(frozen=True)
class Lineage:
    """What is known of the artifacts below some roots, from checksums. For any thread.

    Attributes:
        looked: All of them, in the order of their finder: by root, run, series, step and path.
        contents: What their sketches are made of.
        note: Sentences on what was left out; empty if nothing.

    Cost: an index is made when a relation is first asked for, 1 s for a million weights.
    """

    looked: Sequence[Looked]
    contents: Contents
    note: str = ""

    def __repr__(self) -> str:
        known = sum(one.sketch is not None for one in self.looked)
        return f"<Lineage of {len(self.looked):,} artifacts, {known:,} of them known>"

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """All artifacts with their relations. Cost: 1 to 5 ms for each of them."""
        return tuple(map(self.entry, range(len(self.looked))))

    def entry(self, place: int) -> Entry:
        """One artifact with its relations, by its place in `looked`."""
        subject, _, sketch, problem = self.looked[place]
        found, more = self._index.relations(place)
        relations = tuple(sorted(found, key=self._closeness))
        weights = None if sketch is None else sketch.weights
        return Entry(subject, weights, problem, relations, more)

    def _closeness(self, relation: Relation) -> tuple[int, int, bool]:
        """Sorts relations; of equal ones what has a step comes first: exports come from there."""
        other = self.looked[relation.others[0]].subject
        return -relation.parameters, EXTENTS.index(relation.extent), other.step is None

    def make_index(self) -> None:
        """Make the index now, on one thread, before several ask."""
        self._index  # noqa: B018  it is kept

    def shared_layers(self, place: int, other: int) -> tuple[SharedLayer, ...]:
        """Layers of an artifact that another one has, too; none if one of them is not known."""
        one, two = self.looked[place].sketch, self.looked[other].sketch
        return () if one is None or two is None else find_shared_layers(one, two, self.contents)

    @cached_property
    def _index(self) -> Index:
        sketches = [one.sketch for one in self.looked]
        return Index(sketches, [one.unit for one in self.looked], self.contents)
