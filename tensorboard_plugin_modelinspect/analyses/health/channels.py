"""Output channels of a layer that are dead or equal: one pass over it in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from tensorboard_plugin_modelinspect.analyses.health.finding import (
    HealthFinding,
    Severity,
    describe_share,
)
from tensorboard_plugin_modelinspect.analyses.health.names import channel_axes, is_embedding
from tensorboard_plugin_modelinspect.analyses.health.thresholds import (
    LEAST_CHANNEL_NBYTES,
    MOST_CHANNELS,
)
from tensorboard_plugin_modelinspect.model.pieces import Piece, iter_pieces, iter_region_pieces
from tensorboard_plugin_modelinspect.model.tensor import Tensor

MOST_LISTED = 20
"""Channels that are named; the others are only counted."""
Advance = Callable[[int], None]
"""Told the bytes that were read since it was last told."""

_HASHES = 4
_STEP = np.uint64(0x9E3779B97F4A7C15)
_BLOCK = 1 << 15
"""Elements of a block."""


@dataclass(frozen=True, slots=True)
class Channels:
    """What one pass tells of a layer's output channels (of an embedding: its rows).

    Attributes:
        count: Channels there are.
        zero: Of these, all zero.
        constant: Of one value that is not zero.
        repeated: Equal to an earlier one, bit by bit; those that are zero or constant aside.
        first_dead: The first `MOST_LISTED` that are zero or constant.
        first_repeated: The first `MOST_LISTED` of `repeated`, each with the one that it repeats.
    """

    count: int
    zero: int
    constant: int
    repeated: int
    first_dead: tuple[int, ...]
    first_repeated: tuple[tuple[int, int], ...]

    @property
    def dead(self) -> int:
        """All zero, or all one value."""
        return self.zero + self.constant


def has_channels(tensor: Tensor) -> bool:
    """Whether a tensor has output channels (of an embedding: rows) that say something.

    They say nothing where its name is not that of a kernel, where there are fewer than two or more
    than `MOST_CHANNELS`, less than `LEAST_CHANNEL_NBYTES` in each, and of complex numbers.
    """
    axes = channel_axes(tensor)
    if not axes or tensor.role not in ("weight", "state"):
        return False
    count = math.prod(tensor.shape[axis] for axis in axes)
    is_real = tensor.dtype.is_fixed and not tensor.dtype.name.startswith("complex")
    if not is_real or not 2 <= count <= MOST_CHANNELS:
        return False
    return tensor.size // count * tensor.dtype.itemsize >= LEAST_CHANNEL_NBYTES


def read_channels(tensor: Tensor, advance: Advance | None = None) -> Channels:
    """Look at the output channels of a kernel, or at the rows of an embedding.

    Equal channels are told by hashes of 128 bits together: at worst one false pair in 2⁶⁴.

    Args:
        tensor: One that `has_channels`.
        advance: Hears of the bytes read. An exception that it raises ends the work.

    Raises:
        FormatError: The file does not hold what it declares, or a checksum is wrong.

    Cost: reads the tensor once; holds a few pieces of 4 MiB, and 32 bytes a channel.
    """
    axes = channel_axes(tensor)
    shape, axis, pieces = tensor.shape, axes[0], iter_pieces(tensor)
    if len(axes) == 2:  # two last axes are one, where pieces are no slices
        count = math.prod(tensor.shape[axis] for axis in axes)
        shape, pieces = (*shape[:-2], count), iter_region_pieces(tensor)
    tally = _Tally(shape, axis, words=max(1, tensor.dtype.itemsize // 4))
    for piece in pieces:
        if advance is not None:
            advance(piece.values.size * tensor.dtype.itemsize)
        tally.add(piece if len(axes) == 1 else piece._replace(box=tuple((0, n) for n in shape)))
    return tally.finish()


def judge_channels(tensor: Tensor, channels: Channels) -> list[HealthFinding]:
    """The same as findings. Of embeddings and of layers that are not trained they are notes."""
    if channels.dead == channels.count:  # this is said of the tensor as a whole
        return []
    is_rows = is_embedding(tensor)
    noun = "rows" if is_rows else "output channels"
    severity: Severity = "note" if is_rows or tensor.role != "weight" else "warning"
    found = []
    if channels.dead:
        kinds = {"all zero": channels.zero, "of one value": channels.constant}
        how = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items() if count)
        listed = _listed(map(str, channels.first_dead), channels.dead)
        evidence = f"{describe_share(channels.dead, channels.count)} {noun} are dead, {how}: "
        advice = "Look for the reason (a ReLU that died, pruning, no training), or remove them."
        if is_rows:
            advice = "Nothing, if these entries never occur, such as padding and unused words."
        found.append(
            HealthFinding("dead_channels", severity, tensor.key, evidence + listed, advice)
        )
    if channels.repeated:
        pairs = (f"{later} = {first}" for later, first in channels.first_repeated)
        share = describe_share(channels.repeated, channels.count)
        evidence = f"{share} {noun} repeat another: {_listed(pairs, channels.repeated)}"
        advice = "Check how they are initialised, or merge them: equal ones learn the same."
        found.append(HealthFinding("duplicate_channels", severity, tensor.key, evidence, advice))
    return found


def _listed(texts: Iterable[str], count: int) -> str:
    listed = list(texts)
    return ", ".join(listed) + (", …" if len(listed) < count else "")


class _Tally:
    """Hashes and the first value of each channel; pieces may come in any order.

    A hash is the sum of a channel's words, each times a random number that its place in the channel
    gives, modulo 2³². So no order is needed, and a channel that is all one value is told by its
    first word: its hash is that times the sum of the random numbers.

    Args:
        shape: Of the tensor.
        axis: That of the channels.
        words: 32-bit words of a value.
    """

    def __init__(self, shape: tuple[int, ...], axis: int, words: int) -> None:
        self._axis = axis
        self._is_last = axis == len(shape) - 1
        self._hashes = np.zeros((_HASHES, shape[axis]), np.uint32)
        self._first = np.zeros((words, shape[axis]), np.uint32)
        self._factors = np.zeros((words, _HASHES), np.uint32)
        others = [1 if number == axis else size for number, size in enumerate(shape[:-1])]
        self._strides = [math.prod(others[number + 1 :]) for number in range(len(others))]

    def add(self, piece: Piece) -> None:
        """Take a run of values into account."""
        starts = [start for start, _ in piece.box]
        sizes = tuple(stop - start for start, stop in piece.box)
        for row, column, block in _blocks(piece.values, piece.start, sizes[-1]):
            inside = np.unravel_index(np.arange(row, row + len(block)), sizes[:-1])
            places = [one + start for one, start in zip(inside, starts[:-1], strict=True)]
            self._add_block(block, places, column + starts[-1])

    def _add_block(self, block: np.ndarray, places: list[np.ndarray], column: int) -> None:
        """Rows of the last axis, each from `column` on; `places` are theirs on the other axes."""
        outer = np.zeros(len(block), np.int64)
        for number, (place, stride) in enumerate(zip(places, self._strides, strict=True)):
            if number != self._axis:
                outer += place * stride
        for plane, words in enumerate(_words(block)):
            if self._is_last:
                self._add_columns(plane, words, outer, column)
            else:
                self._add_rows(plane, words, outer, column, places[self._axis])

    def _add_columns(self, plane: int, words: np.ndarray, outer: np.ndarray, column: int) -> None:
        """A block whose columns are channels."""
        where = slice(column, column + words.shape[1])
        self._first[plane, where] += words[outer == 0].sum(axis=0, dtype=np.uint32)
        numbers = _random(outer, plane)
        for hashes, some in zip(self._hashes, numbers, strict=True):
            hashes[where] += np.einsum("r,rc->c", some, words)
        if column == 0:
            self._factors[plane] += numbers.sum(axis=1, dtype=np.uint32)

    def _add_rows(
        self,
        plane: int,
        words: np.ndarray,
        outer: np.ndarray,
        column: int,
        channels: np.ndarray,
    ) -> None:
        """A block of which each row belongs to a channel."""
        if column == 0:
            is_first = outer == 0
            self._first[plane, channels[is_first]] = words[is_first, 0]
        of_rows = _random(outer, plane)
        of_columns = _random(np.arange(column, column + words.shape[1]), ~plane)
        for hashes, row, some in zip(self._hashes, of_rows, of_columns, strict=True):
            np.add.at(hashes, channels, np.einsum("c,rc->r", some, words) * row)
        factors = of_rows[:, channels == 0].sum(axis=1, dtype=np.uint32)
        self._factors[plane] += factors * of_columns.sum(axis=1, dtype=np.uint32)

    def finish(self) -> Channels:
        """What there is to say once all pieces were added."""
        of_first = np.einsum("ph,pc->hc", self._factors, self._first)
        is_constant = (self._hashes == of_first).all(axis=0)
        is_zero = is_constant & (self._first == 0).all(axis=0)
        dead = np.flatnonzero(is_constant)
        pairs = _repeats(self._hashes, np.flatnonzero(~is_constant))
        return Channels(
            len(is_zero),
            int(is_zero.sum()),
            len(dead) - int(is_zero.sum()),
            len(pairs),
            tuple(dead[:MOST_LISTED].tolist()),
            tuple((int(later), int(first)) for later, first in pairs[:MOST_LISTED]),
        )


def _repeats(hashes: np.ndarray, channels: np.ndarray) -> np.ndarray:
    """Of these channels those with the hashes of an earlier one, and which that is: two columns."""
    keys = hashes[0, channels].astype(np.uint64) << np.uint64(32) | hashes[1, channels]
    order = channels[np.argsort(keys, kind="stable")]  # of equal ones the first comes first
    is_same = (hashes[:, order[1:]] == hashes[:, order[:-1]]).all(axis=0)
    begins = np.concatenate((np.ones(1, bool), ~is_same))
    firsts = order[np.maximum.accumulate(np.where(begins, np.arange(len(begins)), 0))[1:]]
    pairs = np.stack((order[1:][is_same], firsts[is_same]), axis=1)
    return pairs[np.argsort(pairs[:, 0])]


def _blocks(values: np.ndarray, start: int, width: int) -> Iterator[tuple[int, int, np.ndarray]]:
    """Cut a run of rows of that width, which may begin and end inside one, into blocks.

    Returns:
        Row and column of each block, and its values: small enough for the processor's cache.
    """
    row, column = divmod(start, width)
    if column:
        head = values[: width - column]
        yield row, column, head[np.newaxis]
        values, row = values[len(head) :], row + 1
    most = max(1, _BLOCK // width)
    whole = values.size // width
    for first in range(0, whole, most):
        rows = min(most, whole - first)
        yield row + first, 0, values[first * width :][: rows * width].reshape(rows, width)
    if values.size % width:
        yield row + whole, 0, values[whole * width :][np.newaxis]


def _words(block: np.ndarray) -> Iterator[np.ndarray]:
    """The bits of values, 32 at a time; no two words differ in their high halves alone.

    Zero has one form, and values of one or two bytes those of a float32.
    """
    if block.itemsize <= 2:
        block = block.astype(np.float32)
    if block.dtype.kind == "f":
        block = block + block.dtype.type(0)  # makes -0 to 0
    words = block.view(np.uint32).reshape(*block.shape, -1)
    for plane in range(words.shape[-1]):
        one = words[..., plane]
        yield one ^ (one >> np.uint32(16))


def _random(places: np.ndarray, plane: int) -> np.ndarray:
    """Odd random numbers for places, a row for each hash: splitmix64 (Steele, Lea, Flood 2014)."""
    seeds = np.arange(2, dtype=np.uint64) + np.uint64(2 * plane + 8)
    mixed = (places.astype(np.uint64) + (seeds[:, np.newaxis] << np.uint64(56))) * _STEP
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    halves = mixed.astype(np.uint32), (mixed >> np.uint64(32)).astype(np.uint32)
    numbers: np.ndarray = np.concatenate(halves) | np.uint32(1)
    return numbers
