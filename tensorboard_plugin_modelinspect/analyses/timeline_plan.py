"""What must be read of a series so that none of its numbers is missing. Pure, from checksums."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.timeline import Content, Known, Timeline

Pair = tuple[Content, Content]


class Step(NamedTuple):
    """A content to read, and pairs to compare then: each of it and of one that was read before."""

    content: Content
    pairs: list[Pair]


@dataclass(slots=True)
class Work:
    """Contents of a tensor that are read together because they can be compared; each once."""

    steps: list[Step] = field(default_factory=list)

    @property
    def nbytes(self) -> int:
        """Bytes that it reads."""
        return sum(step.content.nbytes for step in self.steps)

    def last_uses(self) -> dict[Content, int]:
        """For each content the last step that needs it."""
        return {one: i for i, step in enumerate(self.steps) for one in _needed(step)}

    def most_held(self) -> int:
        """Contents that must be in memory at a time: two, unless one comes back later."""
        last = self.last_uses()
        held: set[Content] = set()
        most = 0
        for i, step in enumerate(self.steps):
            held.add(step.content)
            most = max(most, len(held))
            held = {one for one in held if last[one] > i}
        return most


def _needed(step: Step) -> list[Content]:
    return [step.content, *(one for pair in step.pairs for one in pair)]


def plan_work(timeline: Timeline, key: str) -> list[Work]:
    """What must be read of a tensor, in order of checkpoints."""
    reads, pairs = _find_missing(timeline, key)
    return _sort_out([one for one in timeline.tensors[key].contents if one in reads], pairs)


def plan_nbytes(timeline: Timeline) -> int:
    """Bytes of values that are still to be read."""
    return sum(
        content.nbytes for key in timeline.tensors for content in _find_missing(timeline, key)[0]
    )


def _find_missing(timeline: Timeline, key: str) -> tuple[set[Content], list[Pair]]:
    """Contents of a tensor that must be read, and pairs of them that must be compared."""
    tensor, known = timeline.tensors[key], timeline.values.of(key)
    contents = tensor.contents
    usable = [one.has_numbers and one not in known.failed for one in contents]
    held = _held(timeline, tensor.places)
    chain = [index for index in tensor.places if index >= 0 and usable[index]]
    wanted = dict.fromkeys(
        (min(pair), max(pair))
        for pair in dict.fromkeys(pairwise(chain))
        if pair[0] != pair[1] and held.issuperset(pair)
    )
    pairs = [pair for a, b in wanted if _is_unknown(pair := (contents[a], contents[b]), known)]
    reads = {contents[index] for index in chain if index in held} - known.sums.keys()
    reads.update(one for pair in pairs for one in pair)
    return reads, pairs


def _held(timeline: Timeline, places: tuple[int, ...]) -> set[int]:
    """Contents that a checkpoint holds which is still there."""
    if timeline.are_all_there:
        return set(places)
    there = (one.state != "deleted" for one in timeline.checkpoints)
    return {index for index, is_there in zip(places, there, strict=True) if is_there}


def _is_unknown(pair: Pair, known: Known) -> bool:
    return pair[0].is_comparable(pair[1]) and known.change(*pair) is None


def _sort_out(reads: list[Content], pairs: list[Pair]) -> list[Work]:
    """One work for all contents that can be compared with each other."""
    order = {content: index for index, content in enumerate(reads)}
    steps = {content: Step(content, []) for content in reads}
    for pair in pairs:
        steps[max(pair, key=order.__getitem__)].pairs.append(pair)
    works: list[Work] = []
    for step in steps.values():
        fitting = (one for one in works if one.steps[0].content.is_comparable(step.content))
        work = next(fitting, None)
        if work is None:
            work = Work()
            works.append(work)
        work.steps.append(step)
    return works
