"""In which order tensors are read: what somebody looks at comes first."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable

from tensorboard_plugin_modelinspect.views.http.stat_results import Results

_WANTED, _TAKEN = 1, 2


class RowQueue:
    """Rows to read: those put first, small ones before large ones, then the others in file order.

    An alias stands for the row that it repeats; what is known is not read again. For any thread.

    Attributes:
        nbytes: Of all rows that were ever wanted here.
    """

    def __init__(self, results: Results) -> None:
        self.nbytes = 0
        self._results = results
        self._lock = threading.Lock()
        self._marks = bytearray(len(results.tensors))
        self._first: deque[int] = deque()
        self._cursor = 0
        self._is_over = False

    def want(self, rows: Iterable[int]) -> bool:
        """Read these, too; False if the last row was taken already and they are not among those.

        What was taken is being read or known, so whoever wants no more than that has all it wants.
        """
        with self._lock:
            for row in self._results.originals(rows):
                if self._marks[row] or row in self._results:
                    continue
                if self._is_over:
                    return False
                self._marks[row] = _WANTED
                self.nbytes += self._results.nbytes_of(row)
            self._cursor = 0
            return True

    def put_first(self, rows: Iterable[int]) -> None:
        """Read these before others, if they are wanted; what was put first before no longer is."""
        ordered = sorted(self._results.originals(rows), key=self._results.nbytes_of)
        with self._lock:
            self._first = deque(ordered)

    def take(self) -> int | None:
        """The next row; None: there is none, and there will be none."""
        with self._lock:
            while self._first:
                row = self._first.popleft()
                if self._marks[row] == _WANTED:
                    return self._mark(row)
            row = self._marks.find(_WANTED, self._cursor)
            if row < 0:
                self._is_over = True
                return None
            self._cursor = row
            return self._mark(row)

    def _mark(self, row: int) -> int:
        self._marks[row] = _TAKEN
        return row
