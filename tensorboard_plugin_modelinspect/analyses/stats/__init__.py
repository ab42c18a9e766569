"""Statistics of a tensor's values: one pass in bounded memory, in parts that merge."""

from tensorboard_plugin_modelinspect.analyses.stats.result import Histogram, TensorStats
from tensorboard_plugin_modelinspect.analyses.stats.running import (
    Outcome,
    StatsCache,
    compute_stats,
    iter_stats,
    measure,
)

__all__ = [
    "Histogram",
    "Outcome",
    "StatsCache",
    "TensorStats",
    "compute_stats",
    "iter_stats",
    "measure",
]
