"""One index of all contents, and the relations that follow from it.

Artifacts are sorted by *unit*: a series, or a single artifact. A content that stays the same from
checkpoint to checkpoint is one *run* of places, however many there are, and a content that is in
more than `MOST_HOLDERS` runs is looked for in those alone that have the fewest weights beside it.
So what has to be looked at for an artifact grows with its tensors, not with the artifacts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from tensorboard_plugin_modelinspect.analyses.lineage.contents import (
    LEAST_SAME,
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

_MOST_TALLIES = 1024
_MOST_CANDIDATES = MOST_RELATIONS + 4
"""Some turn out to have less in common than they seem to, or no evidence."""


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

    Cost: sorts the contents of all artifacts, 1 s for a million.
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
            if sketch.own >= LEAST_SAME or sketch.weights.telling:
                same = self._same.setdefault(sketch.weights.hash, {})
                same.setdefault(self._units[place], []).append(place)
        self._runs = _Runs(self._sketches, self._units, contents)
        # The artifacts that many are compared with are few.
        self._tallies = lru_cache(_MOST_TALLIES)(lambda place: _tally(self._known(place), contents))

    def relations(self, entry: int) -> tuple[tuple[Relation, ...], int]:
        """What an artifact has in common with others, and with how many more, at least.

        Cost: 1 to 5 ms.
        """
        place = self._place_of[entry]
        sketch = self._sketches[place]
        if sketch is None or not sketch.own:
            return (), 0
        candidates, count = self._candidates(place, sketch)
        related = (self._relate(place, sketch, unit) for unit in candidates)
        found = [relation for relation in related if relation is not None]
        found.sort(key=lambda one: (-one.parameters, EXTENTS.index(one.extent), one.others))
        more = count - len(candidates) + len(found[MOST_RELATIONS:])
        return tuple(found[:MOST_RELATIONS]), more

    def _candidates(self, place: int, sketch: Sketch) -> tuple[list[_Unit], int]:
        """Units that have most in common with an artifact, and how many there are in all."""
        own = self._units[place]
        units, count = self._runs.find(sketch, own)
        same = self._same.get(sketch.weights.hash or "", {})
        for unit, places in islice(same.items(), MOST_RELATIONS + 1):
            if unit != own:
                known = units.get(unit)
                total = len(places) if known is None else known.ties + known.less
                units[unit] = _Unit(places, len(places), total - len(places))
        if own in same and len(same[own]) > 1:
            places = [one for one in same[own] if one != place]
            units[own] = _Unit(places, len(places), 0)
        return list(units.values()), max(len(units), count, len(same) - (own in same))

    def _relate(self, place: int, sketch: Sketch, unit: _Unit) -> Relation | None:
        """The relation to a unit; None if what is equal is no evidence."""
        half = MOST_TIES // 2
        places = unit.places
        if len(places) > MOST_TIES:
            places = [*places[:half], *places[-half:]]
        own = self._tallies(place)
        matches = {one: _match(own, self._tallies(one)) for one in places}

        def closeness(one: int) -> tuple[int, int, int]:
            # Of those that have all, the one that has nothing else comes closest.
            match = matches[one]
            return match.parameters, match.tensors, -self._known(one).weights.parameters

        best = max(map(closeness, places))
        chosen = [one for one in places if closeness(one) == best]
        other = self._known(chosen[0])
        extent = _extent(matches[chosen[0]], sketch, other)
        if not self._is_evidence(own, self._tallies(chosen[0]), extent):
            return None
        worse = len(places) - len(chosen)
        return Relation(
            extent,
            tuple(self._order[one] for one in chosen),
            unit.ties - worse,
            unit.less + worse,
            *matches[chosen[0]],
        )

    def _is_evidence(self, one: _Tallies, two: _Tallies, extent: Extent) -> bool:
        shared = [(content, tally) for content, tally in one.items() if content in two]
        if extent == "same" and sum(tally.is_own for _, tally in shared) >= LEAST_SAME:
            return True
        telling = [content for content, tally in shared if tally.is_telling]
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


class _Tally(NamedTuple):
    """A content of an artifact: how often it is there, its elements, and what it is worth."""

    times: int
    size: int
    is_own: bool
    is_telling: bool


_Tallies = Mapping[int, _Tally]


def _tally(sketch: Sketch, contents: Contents) -> _Tallies:
    return {
        content: _Tally(
            times,
            contents.form(content).size,
            contents.is_own(content),
            contents.is_telling(content),
        )
        for content, times in Counter(sketch.contents).items()
        if content != UNKNOWN
    }


def _match(one: _Tallies, two: _Tallies) -> Match:
    """Compare all weights, those that are no evidence included.

    A constant of one artifact is in the other as often as that has it; any other content, which may
    be stored twice, as often as it occurs.
    """
    tensors = parameters = other_tensors = other_parameters = 0
    for content, (times, size, is_own, _) in one.items():
        other = two.get(content)
        if other is None:
            continue
        here, there = times, other.times
        if not is_own:
            here = there = min(here, there)
        tensors += here
        parameters += here * size
        other_tensors += there
        other_parameters += there * size
    return Match(tensors, parameters, other_tensors, other_parameters)


class _Taken(NamedTuple):
    """Contents that are looked for, column by column.

    Attributes:
        first: The first run of each.
        counts: How many of its runs are taken.
        sizes: Elements that it stands for.
        is_telling: Whether it is evidence.
    """

    first: np.ndarray
    counts: np.ndarray
    sizes: np.ndarray
    is_telling: np.ndarray


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

    def find(self, sketch: Sketch, own: int) -> tuple[dict[int, _Unit], int]:
        """Units but `own` that have most in common with an artifact, and how many have anything."""
        import numpy as np

        counts = Counter(one for one in sketch.contents if one != UNKNOWN)
        wanted = np.asarray(list(filter(self._contents.is_own, counts)))
        sizes = [counts[one] * self._contents.form(one).size for one in wanted.tolist()]
        is_telling = np.asarray(list(map(self._contents.is_telling, wanted.tolist())), bool)
        first = np.searchsorted(self._found, wanted, "left")
        count = np.searchsorted(self._found, wanted, "right") - first
        is_common = count > MOST_HOLDERS
        taken = _Taken(first, np.minimum(count, MOST_HOLDERS), np.asarray(sizes), is_telling)
        units, total = self._sweep(taken, own)
        if is_common.any():
            # What few have tells more: whoever has it may be missing among so many holders.
            rare, _ = self._sweep(taken._replace(counts=np.where(is_common, 0, count)), own)
            units = {**rare, **units}
        return units, total

    def _sweep(self, taken: _Taken, own: int) -> tuple[dict[int, _Unit], int]:
        """Add up, place by place, what is in common, and choose the best places of the best units.

        Units that have nothing telling are left out, and so is `own`.
        """
        import numpy as np

        ends = np.cumsum(taken.counts)
        rows = np.arange(ends[-1]) + np.repeat(taken.first - ends + taken.counts, taken.counts)
        units = self._units[self._starts[rows]]
        is_telling = np.repeat(taken.is_telling, taken.counts) & (units != own)
        told = np.unique(units[is_telling])
        is_told = np.isin(units, told)
        rows, added = rows[is_told], np.repeat(taken.sizes, taken.counts)[is_told]
        if not len(rows):
            return {}, 0
        ends_of_runs = np.concatenate((self._starts[rows], self._stops[rows]))
        places, inverse = np.unique(ends_of_runs, return_inverse=True)
        changes = np.bincount(inverse, np.concatenate((added, -added)))
        scores = np.cumsum(changes)[:-1]
        segments = np.flatnonzero(scores > 0.5)
        best = self._iter_best(places[segments], places[segments + 1], scores[segments])
        return dict(best), len(told)

    def _iter_best(
        self, starts: np.ndarray, stops: np.ndarray, scores: np.ndarray
    ) -> Iterator[tuple[int, _Unit]]:
        """Units with the highest scores; each of the segments given lies in one unit."""
        import numpy as np

        units = self._units[starts]
        first = np.flatnonzero(np.diff(units, prepend=-1))
        best = np.maximum.reduceat(scores, first)
        last = np.append(first[1:], len(units))
        for number in np.argsort(-best, kind="stable")[:_MOST_CANDIDATES].tolist():
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
