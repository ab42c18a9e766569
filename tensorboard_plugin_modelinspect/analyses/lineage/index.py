"""One index of all contents, and the relations that follow from it.

Artifacts are sorted by *unit*: a series, or a single artifact. A content that stays the same from
checkpoint to checkpoint is one *run* of places, however many there are, and a content that is in
more than `MOST_HOLDERS` runs is looked for in those alone that have the fewest weights beside it.
So what has to be looked at for an artifact grows with its tensors, not with the artifacts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from tensorboard_plugin_modelinspect.analyses.lineage.contents import (
    LEAST_SAME_NBYTES,
    UNKNOWN,
    Contents,
    Sketch,
)
from tensorboard_plugin_modelinspect.analyses.lineage.result import (
    EXTENTS,
    MOST_RELATIONS,
    MOST_TIES,
    Extent,
    Relation,
)

if TYPE_CHECKING:
    import numpy as np

MOST_HOLDERS = 256
"""Runs in which a content is looked for."""
MOST_ALONE = 1000
"""Different contents of a form, up to which a single equal one is evidence: two of so many have the
same checksum by chance once in ten thousand times. Beyond it two contents must be equal."""


class Match(NamedTuple):
    """Two artifacts side by side: weights of each that are in the other, and their elements."""

    tensors: int
    parameters: int
    other_tensors: int
    other_parameters: int


@dataclass(frozen=True, slots=True)
class _Unit:
    """A series or a single artifact that may be related: places that fit best, and worse ones."""

    places: list[int]
    ties: int
    less: int


class Index:
    """Finds what an artifact has in common with others. For any thread.

    Args:
        sketches: Of the artifacts; None where nothing is known.
        units: For each artifact which series it belongs to, or what tells it from all others.
        contents: That the sketches are made of.

    Cost: sorts the contents of all artifacts, 0.3 s for a million.
    """

    def __init__(
        self, sketches: Sequence[Sketch | None], units: Sequence[Hashable], contents: Contents
    ) -> None:
        numbers: dict[Hashable, int] = {}
        of_entry = [numbers.setdefault(unit, len(numbers)) for unit in units]
        self._contents = contents
        self._order = sorted(range(len(sketches)), key=of_entry.__getitem__)
        self._place_of = {entry: place for place, entry in enumerate(self._order)}
        self._sketches = [sketches[entry] for entry in self._order]
        self._units = [of_entry[entry] for entry in self._order]
        self._same: dict[str, dict[int, list[int]]] = {}
        for place, sketch in enumerate(self._sketches):
            if sketch is None or sketch.weights.hash is None:
                continue
            if sketch.nbytes >= LEAST_SAME_NBYTES:
                same = self._same.setdefault(sketch.weights.hash, {})
                same.setdefault(self._units[place], []).append(place)
        self._runs = _Runs(self._sketches, self._units, contents)

    def relations(self, entry: int) -> tuple[tuple[Relation, ...], int]:
        """What an artifact has in common with others, and with how many more, at least.

        Cost: 1 to 10 ms.
        """
        place = self._place_of[entry]
        sketch = self._sketches[place]
        if sketch is None or sketch.nbytes < LEAST_SAME_NBYTES:
            return (), 0
        candidates = self._candidates(place, sketch)
        found = [
            relation for unit in candidates if (relation := self._relate(sketch, unit)) is not None
        ]
        found.sort(key=lambda one: (-one.parameters, EXTENTS.index(one.extent), one.others))
        return tuple(found[:MOST_RELATIONS]), len(found[MOST_RELATIONS:])

    def _candidates(self, place: int, sketch: Sketch) -> list[_Unit]:
        """Units that have something in common with an artifact, and those that have the same."""
        own = self._units[place]
        units = self._runs.find(sketch, own)
        same = self._same.get(sketch.weights.hash or "", {})
        for unit, places in islice(same.items(), MOST_RELATIONS + 1):
            if unit != own:
                units.setdefault(unit, _Unit(places, len(places), 0))
        if own in same and len(same[own]) > 1:
            places = [one for one in same[own] if one != place]
            units[own] = _Unit(places, len(places), 0)
        return list(units.values())

    def _relate(self, sketch: Sketch, unit: _Unit) -> Relation | None:
        """The relation to a unit; None if what is equal is no evidence."""
        half = MOST_TIES // 2
        places = unit.places
        if len(places) > MOST_TIES:
            places = [*places[:half], *places[-half:]]
        matches = {one: _match(sketch, self._known(one), self._contents) for one in places}
        best = max(matches.values(), key=lambda one: (one.parameters, one.tensors))
        chosen = [one for one in places if matches[one][:2] == best[:2]]
        worse = len(places) - len(chosen)
        # Of those that have all, the one that has nothing else comes closest.
        closest = min(chosen, key=lambda one: self._known(one).weights.parameters)
        match, other = matches[closest], self._known(closest)
        extent = _extent(match, sketch, other)
        if not self._is_evidence(sketch, other, extent):
            return None
        return Relation(
            extent,
            tuple(self._order[one] for one in chosen),
            unit.ties - worse,
            unit.less + worse,
            *match,
        )

    def _is_evidence(self, sketch: Sketch, other: Sketch, extent: Extent) -> bool:
        contents = self._contents
        shared = {*sketch.contents} & {*other.contents} - {UNKNOWN}
        tells = contents.is_own if extent == "same" else contents.is_telling
        telling = list(filter(tells, shared))
        if len(telling) != 1:
            return bool(telling)
        return self._runs.population(telling[0]) <= MOST_ALONE

    def _known(self, place: int) -> Sketch:
        sketch = self._sketches[place]
        if sketch is None:
            raise LookupError(f"nothing is known of artifact {self._order[place]}")
        return sketch


def _extent(match: Match, sketch: Sketch, other: Sketch) -> Extent:
    has_all = match.tensors == sketch.weights.tensors
    if match.other_tensors == other.weights.tensors:
        return "same" if has_all else "holds"
    return "within" if has_all else "part"


def _match(one: Sketch, two: Sketch, contents: Contents) -> Match:
    """Compare all weights, those that are no evidence included.

    A constant of one artifact is in the other as often as that has it; any other content, which may
    be stored twice, as often as it occurs.
    """
    here, there = Counter(one.contents), Counter(two.contents)
    tensors = parameters = other_tensors = other_parameters = 0
    for content in here.keys() & there.keys():
        if content == UNKNOWN:
            continue
        size = contents.form(content).size
        count, other_count = here[content], there[content]
        if not contents.is_own(content):
            count = other_count = min(count, other_count)
        tensors += count
        parameters += count * size
        other_tensors += other_count
        other_parameters += other_count * size
    return Match(tensors, parameters, other_tensors, other_parameters)


class _Runs:
    """For each content the runs of places that have it, those with the fewest weights first."""

    def __init__(
        self, sketches: Sequence[Sketch | None], units: Sequence[int], contents: Contents
    ) -> None:
        import numpy as np

        self._contents = contents
        self._units = np.asarray(units, np.int64)
        found, places = _list_contents(sketches, contents)
        order = np.lexsort((places, found))
        found, places = found[order], places[order]
        is_first = np.ones(len(found), bool)
        is_first[1:] = (
            (found[1:] != found[:-1])
            | (places[1:] != places[:-1] + 1)
            | (self._units[places[1:]] != self._units[places[:-1]])
        )
        first = np.flatnonzero(is_first)
        starts = places[first]
        stops = starts + np.diff(first, append=len(found))
        sizes = np.asarray([0 if one is None else one.weights.parameters for one in sketches])
        order = np.lexsort((starts, sizes[starts], found[first]))
        self._found, self._starts, self._stops = found[first][order], starts[order], stops[order]
        forms = np.unique(self._found) >> 32
        self._populations = np.bincount(forms) if len(forms) else np.zeros(0, np.int64)

    def population(self, content: int) -> int:
        """How many different contents of its form there are."""
        return int(self._populations[content >> 32])

    def find(self, sketch: Sketch, own: int) -> dict[int, _Unit]:
        """Units but `own` that have most in common with an artifact, by number."""
        import numpy as np

        counts = Counter(one for one in sketch.contents if one != UNKNOWN)
        wanted = np.asarray([one for one in counts if self._contents.is_own(one)])
        weights = np.asarray(
            [counts[one] * self._contents.form(one).size for one in wanted.tolist()], np.float64
        )
        first = np.searchsorted(self._found, wanted, "left")
        count = np.searchsorted(self._found, wanted, "right") - first
        is_common = count > MOST_HOLDERS
        units = self._sweep(first, np.minimum(count, MOST_HOLDERS), weights, own)
        if is_common.any():
            # What few have tells more: whoever has it may be missing among so many holders.
            rare = self._sweep(first, np.where(is_common, 0, count), weights, own)
            units = {**rare, **units}
        return units

    def _sweep(
        self, first: np.ndarray, count: np.ndarray, weights: np.ndarray, own: int
    ) -> dict[int, _Unit]:
        """Add up, place by place, what is in common, and choose the best places of the best units.

        Args:
            first: For each content its first run.
            count: How many of its runs to take.
            weights: What it adds.
            own: The unit that is left out.
        """
        import numpy as np

        ends = np.cumsum(count)
        rows = np.arange(ends[-1] if len(ends) else 0) + np.repeat(first - ends + count, count)
        added = np.repeat(weights, count)
        is_other = self._units[self._starts[rows]] != own
        rows, added = rows[is_other], added[is_other]
        if not len(rows):
            return {}
        ends_of_runs = np.concatenate((self._starts[rows], self._stops[rows]))
        places, inverse = np.unique(ends_of_runs, return_inverse=True)
        changes = np.bincount(inverse, np.concatenate((added, -added)))
        scores = np.cumsum(changes)[:-1]
        segments = np.flatnonzero(scores > 0.5)
        return dict(self._iter_best(places[segments], places[segments + 1], scores[segments]))

    def _iter_best(
        self, starts: np.ndarray, stops: np.ndarray, scores: np.ndarray
    ) -> Iterator[tuple[int, _Unit]]:
        """Units with the highest scores; each of the segments given lies in one unit."""
        import numpy as np

        units = self._units[starts]
        first = np.flatnonzero(np.diff(units, prepend=-1))
        best = np.maximum.reduceat(scores, first)
        last = np.append(first[1:], len(units))
        for number in np.argsort(-best, kind="stable")[: 2 * MOST_RELATIONS].tolist():
            part = slice(first[number], last[number])
            is_best = scores[part] == best[number]
            spans = zip(starts[part][is_best].tolist(), stops[part][is_best].tolist(), strict=True)
            places = [place for start, stop in spans for place in range(start, stop)]
            total = int((stops[part] - starts[part]).sum())
            yield int(units[part.start]), _Unit(places, len(places), total - len(places))


def _list_contents(
    sketches: Sequence[Sketch | None], contents: Contents
) -> tuple[np.ndarray, np.ndarray]:
    """Contents that are no constants, each once for each place, and the places."""
    import numpy as np

    found: list[np.ndarray] = []
    places: list[np.ndarray] = []
    for place, sketch in enumerate(sketches):
        if sketch is not None:
            one = np.unique(np.frombuffer(sketch.contents, np.int64))
            found.append(one)
            places.append(np.full(len(one), place))
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    all_found, all_places = np.concatenate(found), np.concatenate(places)
    distinct, inverse = np.unique(all_found, return_inverse=True)
    is_kept = np.asarray(
        [one != UNKNOWN and contents.is_own(one) for one in distinct.tolist()], bool
    )[inverse]
    return all_found[is_kept], all_places[is_kept]
