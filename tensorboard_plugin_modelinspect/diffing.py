"""The diff of two artifacts by path: opened, structure compared, values read on threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from tensorboard_plugin_modelinspect.analyses.diff.result import (
    EXACT,
    ArtifactDiff,
    Tolerance,
)
from tensorboard_plugin_modelinspect.analyses.diff.structural import (
    diff_artifacts,
    select_tensors,
)
from tensorboard_plugin_modelinspect.analyses.diff.values import (
    iter_values,
    plan_nbytes,
    select_pairs,
)
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.opening import open_artifact

Progress = Callable[[int, int], None]
"""Told the bytes that are done, and all there are."""


def diff_paths(
    before: str | os.PathLike[str] | Artifact,
    after: str | os.PathLike[str] | Artifact,
    progress: Progress | None = None,
    *,
    values: bool = True,
    exact: bool = False,
    tolerance: Tolerance = EXACT,
    tensors: Sequence[str] = (),
    threads: int | None = None,
) -> ArtifactDiff:
    """Compare two artifacts of any formats.

    Args:
        before: An opened one, or a path as for `open_artifact`.
        after: Likewise.
        progress: Called often with the bytes that are done and all there are, by one thread at a
            time. An exception that it raises ends the work and is passed on.
        values: Whether values are read of the tensors that are not known to be equal.
        exact: Whether bytes are compared, and read of tensors with equal checksums too.
        tolerance: How far elements may be apart: `(atol, rtol)`.
        tensors: Keys, names or patterns of the tensors that are compared; all without any.
        threads: At most; as many as there are processors, up to four, if None.

    Raises:
        NotFound: Nothing of a name, or no tensor that a pattern fits.
        UnknownFormat: No reader recognises one of them.
        FormatError: One cannot be opened. What is wrong with single tensors is in `pairs`.

    Cost: reads both indexes, and each content once that is not known to be equal, in bounded
    memory.
    """
    old, new = (one if isinstance(one, Artifact) else open_artifact(one) for one in (before, after))
    diff = diff_artifacts(old, new)
    if tensors:
        diff = select_tensors(diff, tensors)
    if not values:
        return diff
    from tensorboard_plugin_modelinspect.measuring import count_threads  # brings numpy along

    places = select_pairs(diff, is_exact=exact)
    meter = _Meter(progress, plan_nbytes(diff, places))
    with ThreadPoolExecutor(threads or count_threads()) as executor:
        outcomes = iter_values(
            diff,
            executor,
            places,
            tolerance=Tolerance(*tolerance),
            is_exact=exact,
            advance=meter.advance,
        )
        return diff.with_values(dict(outcomes), Tolerance(*tolerance))


class _Meter:
    """Adds up bytes that several threads tell of."""

    def __init__(self, progress: Progress | None, nbytes: int) -> None:
        self._progress = progress
        self._nbytes = nbytes
        self._done_nbytes = 0
        self._lock = Lock()

    def advance(self, nbytes: int) -> None:
        if self._progress is not None:
            with self._lock:
                self._done_nbytes += nbytes
                self._progress(self._done_nbytes, self._nbytes)
