"""The user's cache of statistics, opened when the first of them is asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.model.tensor import Tensor

if TYPE_CHECKING:  # numpy, which a server that shows no statistics need not import
    from tensorboard_plugin_modelinspect.analyses.health import Channels
    from tensorboard_plugin_modelinspect.analyses.stats import TensorStats
    from tensorboard_plugin_modelinspect.stats_cache import ContentCache


class UserCache:
    """`Contents` that outlive the server; see docs/statistics.md.

    Args:
        roots: Folders that are searched; nothing is written below them. Asked for once, when there
            is an artifact.
    """

    def __init__(self, roots: Callable[[], Iterable[str]]) -> None:
        self._roots = roots
        self._cache: ContentCache | None = None
        self._lock = threading.Lock()

    def get(self, tensor: Tensor) -> TensorStats | None:
        """See `StatsCache.get`."""
        return self._opened().get(tensor)

    def put(self, tensor: Tensor, stats: TensorStats) -> None:
        """See `StatsCache.put`; on disk within seconds."""
        self._opened().put(tensor, stats)

    def get_channels(self, tensor: Tensor) -> Channels | None:
        """See `Contents.get_channels`."""
        return self._opened().get_channels(tensor)

    def put_channels(self, tensor: Tensor, channels: Channels) -> None:
        """See `Contents.put_channels`."""
        self._opened().put_channels(tensor, channels)

    def _opened(self) -> ContentCache:
        with self._lock:
            if self._cache is None:
                from tensorboard_plugin_modelinspect.stats_cache import open_cache

                self._cache = open_cache(self._roots())
            return self._cache
