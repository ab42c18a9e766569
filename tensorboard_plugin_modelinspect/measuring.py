"""Statistics of anything: opened, computed on threads, and kept for the next time."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from tensorboard_plugin_modelinspect.analyses.stats import TensorStats, iter_stats
from tensorboard_plugin_modelinspect.errors import ModelInspectError, NotFound
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.opening import open_artifact
from tensorboard_plugin_modelinspect.stats_cache import open_cache

MOST_THREADS = 4
"""As many pieces are under way at a time; more threads would wait for them."""

Progress = Callable[[int, int], None]
"""Told the bytes that are done, and all there are."""


class ArtifactStats(dict[str, TensorStats]):
    """Statistics by key, of tensors that could be read.

    Attributes:
        errors: By key, why there are none of the others. Asking for one of them raises it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.errors: dict[str, ModelInspectError] = {}

    def __missing__(self, key: str) -> TensorStats:
        """Raise what kept this tensor from being read."""
        if key in self.errors:
            raise self.errors[key]
        raise KeyError(key)

    def __repr__(self) -> str:
        failed = f", {len(self.errors):,} cannot be read" if self.errors else ""
        return f"<statistics of {len(self):,} tensor{'' if len(self) == 1 else 's'}{failed}>"


def measure_artifact(
    artifact: str | os.PathLike[str] | Artifact,
    keys: Iterable[str] | None = None,
    progress: Progress | None = None,
    *,
    threads: int | None = None,
    use_cache: bool = True,
) -> ArtifactStats:
    """Statistics of the tensors of an artifact.

    Args:
        artifact: An opened one, or a path as for `open_artifact`.
        keys: Of the tensors; all if None.
        progress: Called often with the bytes that are done and all there are, by one thread at a
            time. An exception that it raises ends the work and is passed on.
        threads: At most; as many as there are processors, up to four, if None.
        use_cache: Whether contents seen before are known from the user's cache, and what is
            computed is kept there. See docs/statistics.md.

    Raises:
        NotFound: Nothing of that name, or no tensor of a key.
        UnknownFormat: No reader recognises it.
        FormatError: It cannot be opened. What is wrong with single tensors is in `errors`.

    Cost: reads each content once that is not known, in bounded memory.
    """
    opened = artifact if isinstance(artifact, Artifact) else open_artifact(artifact)
    tensors = _select(opened, keys)
    advance = None if progress is None else _Sum(progress, tensors).add
    found = ArtifactStats()
    with open_cache([folder_of(opened)]) as cache:
        known = cache if use_cache else None
        with ThreadPoolExecutor(threads or count_threads()) as executor:
            for tensor, stats, error in iter_stats(tensors, executor, known, advance):
                if stats is not None:
                    found[tensor.key] = stats
                elif error is not None:
                    found.errors[tensor.key] = error
    return found


def count_threads() -> int:
    """Threads worth having: one for each processor that this process may use, up to four."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), MOST_THREADS)
    return min(os.cpu_count() or 1, MOST_THREADS)


def folder_of(artifact: Artifact) -> str:
    """The folder that an artifact is in, or is."""
    path = os.path.expanduser(artifact.path)
    return path if os.path.isdir(path) else os.path.dirname(path) or "."


def _select(artifact: Artifact, keys: Iterable[str] | None) -> list[Tensor]:
    if keys is None:
        return list(artifact.tensors.values())
    names = list(keys)
    for name in names:
        if name not in artifact.tensors:
            raise NotFound(f'No tensor "{name}" in {artifact.path}. Its keys are in `tensors`.')
    return [artifact.tensors[name] for name in names]


class _Sum:
    """Adds up bytes that several threads tell of."""

    def __init__(self, progress: Progress, tensors: Iterable[Tensor]) -> None:
        self._progress = progress
        self._nbytes = sum(tensor.nbytes for tensor in tensors)
        self._done_nbytes = 0
        self._lock = threading.Lock()

    def add(self, nbytes: int) -> None:
        with self._lock:
            self._done_nbytes += nbytes
            self._progress(self._done_nbytes, self._nbytes)
