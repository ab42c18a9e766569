"""Statistics and findings of an artifact's tensors as they come, small enough to keep."""

from __future__ import annotations

import dataclasses
import secrets
import threading
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.views.http.payloads import ErrorBody

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.analyses.health import (
        Channels,
        HealthFinding,
        HealthKind,
        Severity,
    )
    from tensorboard_plugin_modelinspect.analyses.stats import Histogram, TensorStats
    from tensorboard_plugin_modelinspect.examining import Contents, Context, Examined

    Kinds = Mapping[tuple[HealthKind, Severity], int]

Part = Literal["stats", "channels"]
"""What is read of a tensor, each in a pass of its own."""

_LACKING, _SETTLED = 1, 2
"""How it stands with a row's output channels; 0: nobody asked whether it has any."""


class _Known(NamedTuple):
    """Statistics without their histogram, and that in 1 kB where tuples of floats take 5."""

    rest: TensorStats
    edges: array[float]
    counts: array[int]

    @classmethod
    def pack(cls, stats: TensorStats) -> _Known:
        histogram = stats.histogram
        rest = dataclasses.replace(stats, histogram=type(histogram)((), ()))
        return cls(rest, array("d", histogram.edges), array("Q", histogram.counts))

    @property
    def histogram(self) -> Histogram:
        return type(self.rest.histogram)(tuple(self.edges), tuple(self.counts))


class Results:
    """What is known of each tensor; it fills up while a job runs. For any thread.

    Args:
        tensors: Of one artifact, in the order in which clients number them.
        most_nbytes: Of the artifact's files. No tensor counts for more, whatever it declares.

    Attributes:
        rows: By key.
        token: Names this object to clients, who ask what came since they last asked.
        arrived: Rows of which something came to be known, in that order; some more than once.
        context: What tensors are judged by besides their values; None until a job found out.
    """

    def __init__(self, tensors: Sequence[Tensor], most_nbytes: int) -> None:
        self.token = secrets.token_hex(4)
        self.tensors = tensors
        self.rows = {tensor.key: row for row, tensor in enumerate(tensors)}
        self.arrived: list[int] = []
        self.context: Context | None = None
        self._lock = threading.Lock()
        self._most_nbytes = most_nbytes
        self._known: dict[int, _Known | ErrorBody] = {}
        self._original, self._copies = _join_aliases(tensors, self.rows)
        self._stats_nbytes = sum(map(self.nbytes_of, set(self._original)))
        self._channels: dict[int, Channels] = {}
        self._channel_marks = bytearray(len(tensors))
        self._channels_nbytes = 0
        self._findings: dict[int, tuple[HealthFinding, ...]] = {}
        self._kinds: Counter[tuple[HealthKind, Severity]] = Counter()

    def __contains__(self, row: int) -> bool:
        """Whether a row's statistics are known, or why there are none."""
        return row in self._known

    def __len__(self) -> int:
        """Of how many rows that holds."""
        return len(self._known)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to be read."""
        return len(self) == len(self.tensors) and not self._channels_nbytes

    @property
    def stats_nbytes(self) -> int:
        """Bytes to read for the statistics that are not known, aliases counted once."""
        return self._stats_nbytes

    @property
    def unknown_nbytes(self) -> int:
        """The same, with those for output channels, as far as it was asked which have some."""
        return self._stats_nbytes + self._channels_nbytes

    def original(self, row: int) -> int:
        """The row that this one repeats; itself if it is no alias."""
        return self._original[row]

    def originals(self, rows: Iterable[int]) -> list[int]:
        """Those of several rows, each once."""
        return list(dict.fromkeys(self._original[row] for row in rows))

    def nbytes_of(self, row: int) -> int:
        """Bytes of a row."""
        return min(self.tensors[row].nbytes, self._most_nbytes)

    def lacks_stats(self, row: int) -> int | None:
        """Bytes to read for a row's statistics; None if they are known."""
        return None if row in self._known else self.nbytes_of(row)

    def lacks_channels(self, row: int) -> int | None:
        """Bytes to read for a row's output channels; None if they are known, or it has none."""
        with self._lock:
            if not self._channel_marks[row]:
                self._mark_channels(row)
            return self.nbytes_of(row) if self._channel_marks[row] == _LACKING else None

    def _mark_channels(self, row: int) -> None:
        """Note how it stands with a row's output channels, now that more is known of it."""
        from tensorboard_plugin_modelinspect.examining import channels_nbytes

        known = self._known.get(row)
        stats = known.rest if isinstance(known, _Known) else None
        is_settled = isinstance(known, ErrorBody) or row in self._channels
        lacks = not is_settled and channels_nbytes(self.tensors[row], stats) > 0
        before, now = self._channel_marks[row], _LACKING if lacks else _SETTLED
        self._channel_marks[row] = now
        self._channels_nbytes += self.nbytes_of(row) * ((now == _LACKING) - (before == _LACKING))

    def announce(self, context: Context) -> None:
        """Take in what names and checksums tell, before anything is read."""
        with self._lock:
            self.context = context
            for key, findings in context.of_tensors.items():
                row = self.rows.get(key)
                if row is None or row in self._known:
                    continue
                if self._put_findings(row, findings):
                    self.arrived.append(row)

    def put(self, row: int, examined: Examined) -> None:
        """Keep what became of a row, its statistics for its aliases too; of two answers the first.

        But that it cannot be read after all is kept.
        """
        known = _settle(examined)
        with self._lock:
            is_first = row not in self._known
            if is_first:
                self._stats_nbytes -= self.nbytes_of(row)
            is_news = self._put_findings(row, examined.findings)
            if examined.channels is not None:
                is_news = is_news or row not in self._channels
                self._channels[row] = examined.channels
            if is_first or isinstance(known, ErrorBody):
                rows = [row, *self._copies[row]]
                self._known.update(dict.fromkeys(rows, known))
                self.arrived.extend(rows)
            elif is_news:
                self.arrived.append(row)
            self._mark_channels(row)

    def _put_findings(self, row: int, findings: tuple[HealthFinding, ...]) -> bool:
        """Take them for those there were; whether they are others."""
        before = self._findings.pop(row, ())
        if findings:
            self._findings[row] = findings
        self._kinds.subtract((one.kind, one.severity) for one in before)
        self._kinds.update((one.kind, one.severity) for one in findings)
        return findings != before

    def get(self, row: int) -> TensorStats | ErrorBody | None:
        """Everything about a row, or why there is nothing; None: not known."""
        known = self._known.get(row)
        if not isinstance(known, _Known):
            return known
        return dataclasses.replace(known.rest, histogram=known.histogram)

    def brief(self, row: int) -> TensorStats | ErrorBody | None:
        """The same without the histogram, at no cost."""
        known = self._known.get(row)
        return known.rest if isinstance(known, _Known) else known

    def histogram(self, row: int) -> Histogram | None:
        """The histogram of a row, if it is known."""
        known = self._known.get(row)
        return known.histogram if isinstance(known, _Known) else None

    def channels(self, row: int) -> Channels | None:
        """A row's output channels, if they were looked at."""
        return self._channels.get(row)

    def findings(self, row: int) -> tuple[HealthFinding, ...]:
        """What is not well with a row, the worst first, as far as that is known."""
        return self._findings.get(row, ())

    def kinds(self) -> Kinds:
        """Of how many findings of a kind and severity it is known, those of the whole aside."""
        with self._lock:
            return {key: count for key, count in self._kinds.items() if count}


def _settle(examined: Examined) -> _Known | ErrorBody:
    """What is kept; of an error not itself, whose traceback would keep arrays alive."""
    if examined.stats is not None:
        return _Known.pack(examined.stats)
    return describe_error(examined)


def describe_error(examined: Examined) -> ErrorBody:
    """Why a tensor has no statistics."""
    error = examined.error
    if error is None:
        return ErrorBody("ModelInspectError", "It was not read.")
    return ErrorBody(type(error).__name__, error.message)


class KnownContents:
    """What is known of the contents of an artifact: from its results, else from the cache.

    So a tensor whose content nobody can tell from others is not read twice for one page either.
    """

    def __init__(self, results: Results, cache: Contents | None) -> None:
        self._results = results
        self._cache = cache

    def get(self, tensor: Tensor) -> TensorStats | None:
        """See `StatsCache.get`; without the histogram where it is in the results."""
        known = self._results.brief(self._results.rows[tensor.key])
        if known is None:
            return None if self._cache is None else self._cache.get(tensor)
        return None if isinstance(known, ErrorBody) else known

    def put(self, tensor: Tensor, stats: TensorStats) -> None:
        """See `StatsCache.put`."""
        if self._cache is not None:
            self._cache.put(tensor, stats)

    def get_channels(self, tensor: Tensor) -> Channels | None:
        """See `Contents.get_channels`."""
        known = self._results.channels(self._results.rows[tensor.key])
        return self._cache.get_channels(tensor) if known is None and self._cache else known

    def put_channels(self, tensor: Tensor, channels: Channels) -> None:
        """See `Contents.put_channels`."""
        if self._cache is not None:
            self._cache.put_channels(tensor, channels)


def _join_aliases(
    tensors: Sequence[Tensor], rows: Mapping[str, int]
) -> tuple[list[int], defaultdict[int, list[int]]]:
    """For each row the one that it repeats, or itself; and for those the rows that repeat them."""
    named = [rows.get(tensor.alias_of or tensor.key, row) for row, tensor in enumerate(tensors)]
    original = [other if named[other] == other else row for row, other in enumerate(named)]
    copies: defaultdict[int, list[int]] = defaultdict(list)
    for row, other in enumerate(original):
        if row != other:
            copies[other].append(row)
    return original, copies
