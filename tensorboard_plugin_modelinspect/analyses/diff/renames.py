"""Guesses which tensor was renamed to which, from names and shapes.

Names of two tensors that end alike differ in what is before: `model/encoder` and `net/enc` of
`model/encoder/block_3/kernel` and `net/enc/block_3/kernel`. That difference is a *rule*, and the
more tensors a rule explains, the likelier it is. The likeliest rule is applied, then the likeliest
of what is left. Whatever no rule explains is paired by its words if nothing else is as like.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import count
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.diff.matching import Match, Matching
from tensorboard_plugin_modelinspect.analyses.diff.names import (
    Parts,
    is_bookkeeping,
    likeness,
    natural,
    numbers_of,
    split_name,
    words_of,
)
from tensorboard_plugin_modelinspect.model.tensor import Tensor

MOST_CANDIDATES = 16
"""Tensors that end alike and are looked at one by one; of more, those in the same place."""
_NEAR = 4
_MOST_PAIRS = 100_000
"""Candidates of tensors that have several, in all: what bounds the time."""
_MOST_SEEDS = 20_000
"""Pairs known by other means that count for a rule."""
_LEAST = 0.4
"""Confidence in a rule that a single pair has whose names share but their ends: too little."""
_HALF = 0.5
"""Of the words of two names: so much, and no more, is chance."""

Sort = tuple[tuple[int, ...], str]
Rule = tuple[Parts, Parts]


class Named(NamedTuple):
    """A tensor, its name in parts, and what one it is renamed to must share."""

    tensor: Tensor
    parts: Parts
    sort: Sort


def guess_renames(matching: Matching) -> None:
    """Pair what is free on both sides where a guess is good.

    Cost: a step for each part of each name; at most `_MOST_PAIRS` pairs are looked at.
    """
    old, new = _named(matching.free_before()), _named(matching.free_after())
    if old and new:
        _apply_rules(matching, *_find_rules(matching, old, new))
        _pair_by_words(
            matching,
            [one for one in old if one.tensor.key not in matching.matches],
            [one for one in new if one.tensor.key not in matching.taken],
        )


def _named(tensors: Iterable[Tensor]) -> list[Named]:
    """In the natural order of their names: where nothing else decides, order does."""
    named = [
        Named(tensor, _parts(tensor), (tensor.shape, _sort(tensor)))
        for tensor in tensors
        if tensor.alias_of is None and not is_bookkeeping(tensor)
    ]
    return sorted(named, key=lambda one: natural(one.parts))


def _parts(tensor: Tensor) -> Parts:
    """The name in parts. What has one axis is a scale where others call it a weight."""
    parts = split_name(tensor.name)
    is_scale = len(tensor.shape) <= 1 and parts[-1] == "kernel"
    return (*parts[:-1], "gamma") if is_scale else parts


def _sort(tensor: Tensor) -> str:
    """Floats are one sort: a tensor may be renamed and stored in another precision at once."""
    name = tensor.dtype.name
    return "float" if "float" in name else name


End = tuple[Sort, Parts]


class _Candidates:
    """Tensors by how their names end, in natural order."""

    def __init__(self, named: Iterable[Named]) -> None:
        self.by_end: dict[End, list[Named]] = defaultdict(list)
        for one in named:
            for length in range(1, len(one.parts) + 1):
                self.by_end[one.sort, one.parts[-length:]].append(one)
        self._ranks: dict[End, dict[str, int]] = {}
        self._numbered: dict[End, dict[tuple[str, ...], list[Named]]] = {}

    def find_end(self, one: Named) -> End | None:
        """The longest end that a name has in common with any of these."""
        for length in range(len(one.parts), 0, -1):
            end = one.sort, one.parts[-length:]
            if end in self.by_end:
                return end
        return None

    def rank(self, one: Named, end: End) -> int:
        """Place of one of these among those that end alike."""
        if end not in self._ranks:
            keys = (other.tensor.key for other in self.by_end[end])
            self._ranks[end] = {key: rank for rank, key in enumerate(keys)}
        return self._ranks[end][one.tensor.key]

    def numbered(self, one: Named, end: End) -> list[Named]:
        """Those of an end with the same numbers in their names."""
        if end not in self._numbered:
            by_numbers = self._numbered[end] = defaultdict(list)
            for other in self.by_end[end]:
                by_numbers[numbers_of(other.parts)].append(other)
        return self._numbered[end].get(numbers_of(one.parts), [])


Explained = dict[Rule, list[tuple[Named, Named]]]


def _find_rules(
    matching: Matching, old: Sequence[Named], new: Sequence[Named]
) -> tuple[Explained, dict[Rule, int]]:
    """Rules with the pairs that each explains, and how many known pairs speak for each."""
    candidates = _Candidates(new)
    own: _Candidates | None = None
    rules: Explained = defaultdict(list)
    left = _MOST_PAIRS
    for one in old:
        end = candidates.find_end(one)
        found = [] if end is None else candidates.by_end[end]
        if end is not None and len(found) > MOST_CANDIDATES:
            own = own or _Candidates(old)
            found = _find_in_many(one, end, candidates, own)
        if len(found) > 1:
            left -= len(found)
            if left < 0:
                continue
        for other in found:
            rules[_rule(one.parts, other.parts)].append((one, other))
    return rules, _count_seeds(matching, rules)


def _find_in_many(one: Named, end: End, candidates: _Candidates, own: _Candidates) -> list[Named]:
    """Of many that end alike: those with the same numbers, else those about the same rank."""
    numbered = candidates.numbered(one, end)
    if 0 < len(numbered) <= MOST_CANDIDATES:
        return numbered
    theirs, size = candidates.by_end[end], len(own.by_end[end])
    place = own.rank(one, end) * len(theirs) // size
    if size == len(theirs):
        return [theirs[place]]
    low = max(0, min(place - _NEAR // 2, len(theirs) - _NEAR))
    return theirs[low : low + _NEAR]


def _rule(before: Parts, after: Parts) -> Rule:
    """What differs between two names: all before what they end in alike."""
    length = 0
    most = min(len(before), len(after))
    while length < most and before[-1 - length] == after[-1 - length]:
        length += 1
    return before[: len(before) - length], after[: len(after) - length]


def _count_seeds(matching: Matching, rules: Explained) -> dict[Rule, int]:
    """Pairs known by content or name that rules explain too."""
    seeds: dict[Rule, int] = defaultdict(int)
    known = [(key, match.key) for key, match in matching.matches.items() if match.by == "content"][
        :_MOST_SEEDS
    ]
    for key, other in known:
        rule = _rule(split_name(matching.before[key].name), split_name(matching.after[other].name))
        if rule in rules:
            seeds[rule] += 1
    return seeds


def _apply_rules(matching: Matching, rules: Explained, seeds: dict[Rule, int]) -> None:
    """Apply rules, the likeliest of those left first; what one explains, others no longer do."""
    order = count()
    likes = {rule: _rule_likeness(rule) for rule in rules}
    heap = [
        (-_weight(likes[rule], len(pairs), seeds.get(rule, 0)), next(order), rule)
        for rule, pairs in rules.items()
    ]
    heapq.heapify(heap)
    while heap:
        weight, _, rule = heapq.heappop(heap)
        pairs = _free_pairs(matching, rules[rule])
        if not pairs:
            continue
        rules[rule] = pairs
        now = -_weight(likes[rule], len(pairs), seeds.get(rule, 0))
        if now > weight:
            heapq.heappush(heap, (now, next(order), rule))
            continue
        confidence = _confidence(likes[rule], len(pairs) + seeds.get(rule, 0))
        if confidence <= _LEAST:
            continue
        reason = _describe(rule, len(pairs) + seeds.get(rule, 0))
        for one, other in pairs:
            matching.join(one.tensor.key, Match(other.tensor.key, "guess", confidence, reason))


def _free_pairs(
    matching: Matching, pairs: Sequence[tuple[Named, Named]]
) -> list[tuple[Named, Named]]:
    return [
        (one, other)
        for one, other in pairs
        if one.tensor.key not in matching.matches and other.tensor.key not in matching.taken
    ]


def _rule_likeness(rule: Rule) -> float:
    """How like the two sides of a rule are, 0 to 1.5: words, and numbers in the same order."""
    before, after = rule
    like = likeness(words_of(before), words_of(after)) if before and after else 0.5
    return like + (0.5 if numbers_of(before) == numbers_of(after) else 0.0)


def _weight(like: float, explained: int, seeds: int) -> float:
    return math.log2(1 + explained + 3 * seeds) * (0.3 + like)


def _confidence(like: float, support: int) -> float:
    """From 0.4 for a single pair that shares but the end of its name, to 0.95."""
    return round(min(0.95, 0.4 + 0.15 * min(like, 1.0) + 0.1 * math.log2(support)), 2)


def _describe(rule: Rule, support: int) -> str:
    before, after = ("/".join(side) for side in rule)
    others = f", as of {support - 1:,} other{'' if support == 2 else 's'}" if support > 1 else ""
    if not before and not after:
        return f"the same name but for case and spelling{others}"
    if not before or not after:
        return f"{after or before} {'added before' if after else 'dropped from'} the name{others}"
    return f"{before} became {after} in the name{others}"


def _pair_by_words(matching: Matching, old: Sequence[Named], new: Sequence[Named]) -> None:
    """What no rule explains: the likest in words, if nothing else is as like."""
    by_sort: dict[Sort, tuple[list[Named], list[Named]]] = defaultdict(lambda: ([], []))
    for one in old:
        by_sort[one.sort][0].append(one)
    for other in new:
        by_sort[other.sort][1].append(other)
    left = _MOST_PAIRS
    for ours, theirs in by_sort.values():
        left -= len(ours) * len(theirs)
        if ours and theirs and left >= 0:
            _pair_likest(matching, ours, theirs)


def _pair_likest(matching: Matching, old: Sequence[Named], new: Sequence[Named]) -> None:
    words = {one.tensor.key: words_of(one.parts) for one in old}
    others = {one.tensor.key: words_of(one.parts) for one in new}
    scores = sorted(
        ((likeness(words[a], others[b]), a, b) for a in words for b in others),
        key=lambda score: -score[0],
    )
    best: dict[tuple[int, str], list[float]] = defaultdict(list)
    for score, a, b in scores:
        best[0, a].append(score)
        best[1, b].append(score)
    for score, a, b in scores:
        if score <= _HALF:
            return
        if _leads(best[0, a], score) and _leads(best[1, b], score):
            reason = f"the same shape, and {score:.0%} of the words of their names"
            matching.join(a, Match(b, "guess", round(0.3 + 0.4 * score, 2), reason))


def _leads(scores: Sequence[float], score: float) -> bool:
    """Whether this is the greatest of some that are sorted, and the only one of it."""
    return scores[0] == score and (len(scores) == 1 or scores[1] < score)
