"""Histograms as characters: one line beside a tensor, or a line for each bin."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.analyses.stats import Histogram

BLOCKS = "▁▂▃▄▅▆▇█"
PLAIN = ".:-=+*#@"
"""For terminals without the others."""
LINE_WIDTH = 16
ROW_COUNT = 16
BAR_WIDTH = 40


def can_draw_blocks(encoding: str | None) -> bool:
    """Whether a stream of that encoding has the characters of `BLOCKS`."""
    try:
        BLOCKS.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def draw_line(histogram: Histogram, levels: str = BLOCKS) -> str:
    """A histogram as a character for each sixteenth of its range.

    The fullest has the highest level, and one with any value at least the lowest; a space has none.
    """
    counts = spread(histogram, LINE_WIDTH)
    most = max(counts, default=0)
    last = len(levels) - 1
    return "".join(levels[round(last * count / most)] if count else " " for count in counts)


def draw_rows(histogram: Histogram, block: str) -> Iterator[tuple[str, str, str]]:
    """A histogram as rows: range, count, bar. Neighbouring bins are one where there are many.

    Args:
        histogram: Any; one without bins has no rows.
        block: What bars are made of.
    """
    edges, counts = histogram
    step = max(1, -(-len(counts) // ROW_COUNT))
    starts = range(0, len(counts), step)
    sums = [sum(counts[start : start + step]) for start in starts]
    most = max(sums, default=0)
    for start, count in zip(starts, sums, strict=True):
        stop = min(start + step, len(counts))
        close = "]" if stop == len(counts) else ")"  # only the last one holds its upper edge
        width = max(1, round(BAR_WIDTH * count / most)) if count else 0
        yield f"[{edges[start]:.4g}, {edges[stop]:.4g}{close}", f"{count:,}", block * width


def spread(histogram: Histogram, width: int) -> Sequence[int]:
    """The counts over `width` cells of equal size: each bin goes to the cell of its middle."""
    edges, counts = histogram
    if len(counts) <= 1:
        return counts
    cells = [0] * width
    # By halves: the whole range may be more than a float64 holds.
    low, half_range = edges[0] / 2, edges[-1] / 2 - edges[0] / 2
    for (start, stop), count in zip(itertools.pairwise(edges), counts, strict=True):
        share = ((start / 4 + stop / 4) - low) / (half_range or 1.0)
        cells[min(int(width * share), width - 1)] += count
    return cells
