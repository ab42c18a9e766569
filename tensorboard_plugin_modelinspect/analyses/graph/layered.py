"""Places for boxes and the lines between them: in ranks, so that lines lead down.

After Sugiyama, Tagawa, Toda (1981): cycles are broken, ranks are longest paths, crossings are
reduced by medians. Boxes are pulled to their neighbours as in the tab,
`frontend/src/graph/layered.ts`.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

ACROSS, DOWN, LANE = 18.0, 36.0, 10.0
"""Pixels between boxes of a rank, between ranks, and beside a line that passes them."""
_MOST_BENDS = 20_000
"""With more, lines that pass many ranks are drawn straight."""
_LOWERED = 14.0
"""How far a box stands below the top of its rank, at most."""
_SWEEPS = 8
_ROUNDS = 6

Size = tuple[float, float]
Line = tuple[int, int]


class Layout(NamedTuple):
    """Where boxes stand.

    Attributes:
        width: Of all of it, in pixels, as `height`.
        corners: Left upper corner of each box.
        bends: Points that each line passes between its ends, in its direction.
    """

    width: float
    height: float
    corners: list[tuple[float, float]]
    bends: list[list[tuple[float, float]]]


def lay_out(
    sizes: Sequence[Size], lines: Sequence[Line], top: int = -1, bottom: int = -1
) -> Layout:
    """Places of boxes.

    Args:
        sizes: Width and height of each box.
        lines: The boxes that each one joins; none joins a box to itself.
        top: A box that stands in the first rank, with no line into it; -1 for none.
        bottom: A box that stands in the last one, with no line out of it; -1 for none.

    Cost: about linear in boxes, lines and the ranks that lines pass.
    """
    turned = _find_back_lines(len(sizes), lines)
    forward = _turn(lines, turned)
    net = _Net(sizes, forward, _find_ranks(len(sizes), forward, top, bottom))
    net.order()
    net.place()
    corners, height = net.stack()
    bends = [
        points[::-1] if back else points
        for points, back in zip(net.bend_points(forward), turned, strict=True)
    ]
    width = max((x + sizes[box][0] for box, (x, _) in enumerate(corners)), default=0.0)
    for points in bends:
        width = max([width, *(x for x, _ in points)])
    return Layout(width, height, corners, bends)


def rank_boxes(count: int, lines: Sequence[Line]) -> list[int]:
    """Ranks of boxes without places: how many others are above each in the longest way."""
    return _find_ranks(count, _turn(lines, _find_back_lines(count, lines)), -1, -1)


def _turn(lines: Sequence[Line], turned: Sequence[bool]) -> list[Line]:
    return [(b, a) if back else (a, b) for (a, b), back in zip(lines, turned, strict=True)]


def _find_back_lines(count: int, lines: Sequence[Line]) -> list[bool]:
    """Which lines lead back to where a walk came from; without these there is no cycle."""
    leaving: list[list[int]] = [[] for _ in range(count)]
    for number, (source, _) in enumerate(lines):
        leaving[source].append(number)
    is_back = [False] * len(lines)
    state = [0] * count  # 1: on the way, 2: done
    for root in range(count):
        stack = [] if state[root] else [(root, iter(leaving[root]))]
        while stack:
            box, rest = stack[-1]
            state[box] = 1
            for number in rest:
                target = lines[number][1]
                is_back[number] = state[target] == 1
                if not state[target]:
                    stack.append((target, iter(leaving[target])))
                    break
            else:
                state[box] = 2
                stack.pop()
    return is_back


def _find_ranks(count: int, lines: Sequence[Line], top: int, bottom: int) -> list[int]:
    """Longest paths from above; what has nothing above it goes down to its users."""
    below: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for source, target in lines:
        below[source].append(target)
        waiting[target] += 1
    ranks = [0] * count
    ready = [box for box in range(count) if not waiting[box]]
    sources = ready.copy()
    for box in ready:
        for user in below[box]:
            ranks[user] = max(ranks[user], ranks[box] + 1)
            waiting[user] -= 1
            if not waiting[user]:
                ready.append(user)
    for box in sources:
        if below[box] and box != top:
            ranks[box] = min(ranks[user] for user in below[box]) - 1
    if bottom >= 0:
        ranks[bottom] = max(ranks)
    return ranks


class _Net:
    """Boxes in ranks, and the bends of lines that pass ranks as boxes of no size."""

    def __init__(self, sizes: Sequence[Size], lines: Sequence[Line], ranks: Sequence[int]) -> None:
        self._sizes = sizes
        self._count = len(sizes)
        self._rank_of = list(ranks)
        self._chains: list[list[int]] = []
        self._up: list[list[int]] = [[] for _ in sizes]
        self._down: list[list[int]] = [[] for _ in sizes]
        spans = [self._rank_of[b] - self._rank_of[a] for a, b in lines]
        bends = sum(span - 1 for span in spans) <= _MOST_BENDS
        for (source, target), span in zip(lines, spans, strict=True):
            self._chains.append(self._add_chain(source, target, span if bends else 1))
        joined = [box for box in range(len(self._up)) if self._up[box] or self._down[box]]
        self._ranks: list[list[int]] = [[] for _ in range(1 + max(ranks, default=0))]
        for box in joined:
            self._ranks[self._rank_of[box]].append(box)
        self._alone = [box for box in range(self._count) if not (self._up[box] or self._down[box])]
        self._x = [0.0] * len(self._up)
        self._tops: list[float] = []
        self._heights: list[float] = []

    def _add_chain(self, source: int, target: int, span: int) -> list[int]:
        chain = []
        before = source
        for step in range(1, span):
            bend = len(self._up)
            self._rank_of.append(self._rank_of[source] + step)
            self._up.append([before])
            self._down.append([])
            self._down[before].append(bend)
            chain.append(bend)
            before = bend
        self._down[before].append(target)
        self._up[target].append(before)
        return chain

    def order(self) -> None:
        """Sort each rank by the medians of its neighbours, and keep what crosses least."""
        self._start_from_above()
        position = self._positions()
        best, kept = self._count_crossings(position), [rank.copy() for rank in self._ranks]
        for sweep in range(_SWEEPS):
            if not best:
                break
            is_down = sweep % 2 == 0
            near = self._up if is_down else self._down
            for rank in self._ranks if is_down else reversed(self._ranks):
                keys = {box: _median([position[one] for one in near[box] or [box]]) for box in rank}
                rank.sort(key=keys.__getitem__)
                for place, box in enumerate(rank):
                    position[box] = place
            crossings = self._count_crossings(position)
            if crossings < best:
                best, kept = crossings, [rank.copy() for rank in self._ranks]
        self._ranks = kept

    def _start_from_above(self) -> None:
        """As a walk down from the sources meets boxes: branches stay together."""
        met: dict[int, int] = {}
        for rank in self._ranks:
            for root in rank:
                stack = [root]
                while stack:
                    box = stack.pop()
                    if box not in met:
                        met[box] = len(met)
                        stack += reversed(self._down[box])
        for rank in self._ranks:
            rank.sort(key=met.__getitem__)

    def _positions(self) -> list[float]:
        position = [0.0] * len(self._up)
        for rank in self._ranks:
            for place, box in enumerate(rank):
                position[box] = place
        return position

    def _count_crossings(self, position: Sequence[float]) -> int:
        crossings = 0
        for rank in self._ranks:
            passed: list[float] = []
            for box in rank:
                ends = [position[one] for one in self._down[box]]
                crossings += sum(len(passed) - bisect_right(passed, end) for end in ends)
                for end in ends:
                    insort(passed, end)
        return crossings

    def place(self) -> None:
        """Pack each rank, then pull it to its neighbours above and below in turn."""
        for rank in self._ranks:
            offsets = self._offsets(rank)
            for box, offset in zip(rank, offsets, strict=True):
                self._x[box] = offset - (offsets[-1] if offsets else 0.0) / 2
        for turn in range(_ROUNDS):
            is_down = turn % 2 == 0
            sides = [self._up, self._down] if turn > 2 else [self._up if is_down else self._down]
            for rank in self._ranks if is_down else reversed(self._ranks):
                self._pull(rank, sides)

    def _width(self, box: int) -> float:
        return self._sizes[box][0] if box < self._count else 2.0

    def _offsets(self, rank: Sequence[int]) -> list[float]:
        """Middles of boxes that stand as close as may be; that of the first is 0."""
        offsets = [0.0] * min(1, len(rank))
        for left, right in pairwise(rank):
            gap = LANE if max(left, right) >= self._count else ACROSS
            offsets.append(offsets[-1] + (self._width(left) + self._width(right)) / 2 + gap)
        return offsets

    def _pull(self, rank: Sequence[int], sides: Sequence[list[list[int]]]) -> None:
        """The places nearest to what each box wants that keep order and gaps: blocks merge."""
        offsets = self._offsets(rank)
        blocks: list[tuple[float, float, int]] = []
        for box, offset in zip(rank, offsets, strict=True):
            wish, weight = self._wish(box, sides)
            block = ((wish - offset) * weight, weight, 1)
            while blocks and blocks[-1][0] / blocks[-1][1] >= block[0] / block[1]:
                total, by, size = blocks.pop()
                block = (block[0] + total, block[1] + by, block[2] + size)
            blocks.append(block)
        place = 0
        for total, weight, size in blocks:
            for box, offset in zip(rank[place : place + size], offsets[place:], strict=False):
                self._x[box] = total / weight + offset
            place += size

    def _wish(self, box: int, sides: Sequence[list[list[int]]]) -> tuple[float, float]:
        """Where a box wants to be and how much; the bends of a line want to be in one row."""
        total = weight = 0.0
        for near in sides:
            for other in near[box]:
                pull = (1.0, 2.0, 8.0)[(box >= self._count) + (other >= self._count)]
                total += self._x[other] * pull
                weight += pull
        return (total / weight, weight) if weight else (self._x[box], 0.1)

    def stack(self) -> tuple[list[tuple[float, float]], float]:
        """Corners of boxes, and the height of all; what no line joins stands in a grid below."""
        joined = [box for rank in self._ranks for box in rank]
        left = min((self._x[box] - self._width(box) / 2 for box in joined), default=0.0)
        self._x = [x - left for x in self._x]
        corners = [(0.0, 0.0)] * self._count
        y = 0.0
        for rank in self._ranks:
            tall = max((self._sizes[box][1] for box in rank if box < self._count), default=0.0)
            self._tops.append(y)
            self._heights.append(tall)
            for box in rank:
                if box < self._count:
                    wide, own = self._sizes[box]
                    # Beside a large box they stand at its top: lines to them do not cross it.
                    corners[box] = (self._x[box] - wide / 2, y + min(_LOWERED, (tall - own) / 2))
            y += tall + DOWN + min(60, len(rank) // 8 * 4) if rank else 0.0
        bottom = self._tops[-1] + self._heights[-1] if joined else -DOWN
        if self._alone:
            bottom = self._add_grid(corners, bottom)
        return corners, max(0.0, bottom)

    def _add_grid(self, corners: list[tuple[float, float]], bottom: float) -> float:
        area = sum(
            (w + ACROSS) * (h + ACROSS) for w, h in map(self._sizes.__getitem__, self._alone)
        )
        widest = max(corners[box][0] + self._width(box) for box in range(self._count))
        room = max((area * 1.8) ** 0.5, widest)
        x, y, tall = 0.0, bottom + DOWN, 0.0
        for box in self._alone:
            wide, own = self._sizes[box]
            if x and x + wide > room:
                x, y, tall = 0.0, y + tall + ACROSS, 0.0
            corners[box] = (x, y)
            x += wide + ACROSS
            tall = max(tall, own)
        return y + tall

    def bend_points(self, lines: Sequence[Line]) -> list[list[tuple[float, float]]]:
        """Points of each line: two at every rank that it passes, it goes straight through."""
        found = []
        for (source, _), chain in zip(lines, self._chains, strict=True):
            bottom = self._band(self._rank_of[source])[1]
            is_beside = self._heights[self._rank_of[source]] - self._sizes[source][1] > 2 * _LOWERED
            points = [(self._x[source], bottom)] if is_beside else []
            for bend in chain:
                points += [(self._x[bend], y) for y in self._band(self._rank_of[bend])]
            found.append(points)
        return found

    def _band(self, rank: int) -> Size:
        return self._tops[rank], self._tops[rank] + self._heights[rank]


def _median(values: list[float]) -> float:
    values.sort()
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2
