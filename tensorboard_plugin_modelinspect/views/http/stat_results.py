"""Statistics of an artifact's tensors as they come, small enough to keep."""

from __future__ import annotations

import dataclasses
import secrets
import threading
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.views.http.payloads import ErrorBody

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.analyses.stats import Histogram, TensorStats


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
        arrived: Rows that are known, in the order in which they came to be.
        unknown_nbytes: Of the tensors that are not known, aliases counted once.
    """

    def __init__(self, tensors: Sequence[Tensor], most_nbytes: int) -> None:
        self.token = secrets.token_hex(4)
        self.tensors = tensors
        self.rows = {tensor.key: row for row, tensor in enumerate(tensors)}
        self.arrived: list[int] = []
        self._lock = threading.Lock()
        self._most_nbytes = most_nbytes
        self._known: dict[int, _Known | ErrorBody] = {}
        self._original, self._copies = _join_aliases(tensors, self.rows)
        self.unknown_nbytes = sum(map(self.nbytes_of, set(self._original)))

    def __contains__(self, row: int) -> bool:
        return row in self._known

    def __len__(self) -> int:
        """How many are known."""
        return len(self.arrived)

    def original(self, row: int) -> int:
        """The row that this one repeats; itself if it is no alias."""
        return self._original[row]

    def originals(self, rows: Iterable[int]) -> list[int]:
        """Those of several rows, each once."""
        return list(dict.fromkeys(self._original[row] for row in rows))

    def nbytes_of(self, row: int) -> int:
        """Bytes to read for a row."""
        return min(self.tensors[row].nbytes, self._most_nbytes)

    def put(self, row: int, found: TensorStats | ErrorBody) -> None:
        """Keep what became of a row, for its aliases too; of two answers the first."""
        known = found if isinstance(found, ErrorBody) else _Known.pack(found)
        with self._lock:
            if row in self._known:
                return
            self.unknown_nbytes -= self.nbytes_of(row)
            for one in (row, *self._copies[row]):
                self._known[one] = known
                self.arrived.append(one)

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
