"""Statistics of weights, beside numpy on the loaded array and beside TensorFlow's ops."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from benchmarks.measure import run_python, time_call
from benchmarks.report import Row
from tests.support.bundle_writer import BundleWriter

_SIZE = 1 << 28  # float32: 1 GiB
_MANY, _FEW = 100_000, 100
_BUDGET_S = 4 * _SIZE / 1.3e9
"""1.3 GB/s."""

_OURS = """
from tensorboard_plugin_modelinspect.analyses.stats import compute_stats
from tensorboard_plugin_modelinspect.opening import open_artifact
compute_stats(open_artifact({prefix!r}).tensors["tensor"])
"""
_NUMPY = """
import numpy as np
from tensorboard_plugin_modelinspect.opening import open_artifact
values = open_artifact({prefix!r}).tensors["tensor"].read()
values.min(), values.max(), values.mean(), values.std(), np.histogram(values, 64)
"""
_TENSORFLOW = """
import tensorflow as tf
values = tf.constant(tf.train.load_checkpoint({prefix!r}).get_tensor("tensor"))
low, high = tf.reduce_min(values), tf.reduce_max(values)
tf.reduce_mean(values), tf.math.reduce_std(values)
tf.histogram_fixed_width(values, [low, high], 64)
"""


def bench_stats(folder: Path) -> Iterator[Row]:
    """A tensor of 1 GiB that is in the page cache, in process; memory in processes of their own."""
    from tensorboard_plugin_modelinspect.analyses.stats import compute_stats
    from tensorboard_plugin_modelinspect.opening import open_artifact

    prefix = str(folder / "stats")
    _write(prefix, {"tensor": _SIZE})
    tensor = open_artifact(prefix).tensors["tensor"]
    what = "statistics of 1 GiB of float32, warm"
    one = time_call(lambda: compute_stats(tensor), times=5)
    with ThreadPoolExecutor(2) as executor:
        two = time_call(lambda: compute_stats(tensor, executor), times=5)
    plain = run_python(_NUMPY.format(prefix=prefix))
    yield Row(f"{what}, one thread", one, plain.seconds, "numpy, loaded whole", _BUDGET_S)
    theirs = run_python(_TENSORFLOW.format(prefix=prefix))
    seconds = max(theirs.seconds - run_python("import tensorflow as tf").seconds, 0.0)
    yield Row(f"{what}, two threads", two, seconds, "tf.reduce_* (import left out)")
    nbytes = run_python(_OURS.format(prefix=prefix)).peak_nbytes
    memory = f"{what}: memory of the process"
    yield Row(memory, nbytes, plain.peak_nbytes, "numpy, loaded whole", 100e6, "B")
    yield Row(memory, nbytes, theirs.peak_nbytes, "tf.reduce_*", None, "B")


def bench_small_stats(folder: Path) -> Iterator[Row]:
    """Many small tensors, one thread, in process."""
    from tensorboard_plugin_modelinspect.analyses.stats import iter_stats
    from tensorboard_plugin_modelinspect.opening import open_artifact

    prefix = str(folder / "small-stats")
    _write(prefix, {f"layer_{number}/kernel": _FEW for number in range(_MANY)})
    tensors = list(open_artifact(prefix).tensors.values())
    with ThreadPoolExecutor(1) as executor:
        ours = time_call(lambda: list(iter_stats(tensors, executor)), times=3)

    def compute_plainly() -> None:
        for tensor in tensors:
            values = tensor.read()
            values.min(), values.max(), values.mean(), values.std(), np.histogram(values, 64)

    theirs = time_call(compute_plainly, times=1)
    what = f"statistics of {_MANY:,} tensors of {_FEW} elements"
    yield Row(what, ours, theirs, "numpy, one by one")


def _write(prefix: str, sizes: dict[str, int]) -> None:
    generator = np.random.default_rng(1)
    writer = BundleWriter()
    for key, size in sizes.items():
        writer.add(key, generator.standard_normal(size, np.float32))
    path = Path(prefix)
    writer.write(path.parent, path.name)
