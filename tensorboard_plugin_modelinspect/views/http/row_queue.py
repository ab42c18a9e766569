"""In which order tensors are read: what somebody looks at comes first."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable

from tensorboard_plugin_modelinspect.views.http.stat_results import Part, Results

_WANTED, _TAKEN = 1, 2


class RowQueue:
    """Rows to read: those put first, small ones before large ones, then the others in file order.

    There are two parts of it, since statistics and output channels are read in a pass each. An
    alias stands for the row that it repeats; what is known is not read again. For any thread.

    Attributes:
        nbytes: Of all that was ever wanted here.
    """

    def __init__(self, results: Results) -> None:
        self.nbytes = 0
        self._results = results
        self._lock = threading.Lock()
        self._stats = _Marks(len(results.tensors))
        self._channels = _Marks(len(results.tensors))
        self._is_over = False

    def want(self, rows: Iterable[int], *, channels: bool = True) -> bool:
        """Read these, too; False if it is over and they were not among what was taken.

        What was taken is being read or known, so whoever wants no more than that has all it wants.

        Args:
            rows: Of which statistics are wanted.
            channels: Whether output channels are to be looked at, too.
        """
        originals = self._results.originals(rows)
        with self._lock:
            if not self._want(self._stats, originals, self._results.lacks_stats):
                return False
            return not channels or self._want(
                self._channels, originals, self._results.lacks_channels
            )

    def _want(
        self, marks: _Marks, rows: Iterable[int], lacking: Callable[[int], int | None]
    ) -> bool:
        for row in rows:
            nbytes = None if marks.marks[row] else lacking(row)
            if nbytes is None:
                continue
            if self._is_over:
                return False
            marks.want(row)
            self.nbytes += nbytes
        return True

    def put_first(self, rows: Iterable[int]) -> None:
        """Read these before others, if they are wanted; what was put first before no longer is."""
        ordered = sorted(self._results.originals(rows), key=self._results.nbytes_of)
        with self._lock:
            self._stats.first, self._channels.first = deque(ordered), deque(ordered)

    def take(self, part: Part) -> int | None:
        """The next row of a part; None: there is none now."""
        with self._lock:
            return (self._stats if part == "stats" else self._channels).take()

    def end(self) -> bool:
        """Whether there is no row left; then there will be none."""
        with self._lock:
            self._is_over = self._stats.wanted == self._channels.wanted == 0
            return self._is_over


class _Marks:
    """Which rows are wanted, and which were taken."""

    def __init__(self, count: int) -> None:
        self.marks = bytearray(count)
        self.first: deque[int] = deque()
        self.wanted = 0
        self._cursor = 0

    def want(self, row: int) -> None:
        self.marks[row] = _WANTED
        self.wanted += 1
        self._cursor = min(self._cursor, row)

    def take(self) -> int | None:
        while self.first:
            row = self.first.popleft()
            if self.marks[row] == _WANTED:
                return self._take(row)
        row = self.marks.find(_WANTED, self._cursor)
        if row < 0:
            return None
        self._cursor = row
        return self._take(row)

    def _take(self, row: int) -> int:
        self.marks[row] = _TAKEN
        self.wanted -= 1
        return row
