"""Verifying 1 GiB of weights, beside TensorFlow reading them, which compares the same checksums."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.measure import run_python, time_call
from benchmarks.report import Row
from tests.support.bundle_writer import BundleWriter

_TENSORS, _SIZE = 16, 1 << 24  # float32: 64 MiB each
_BUDGET_S = 1.07
"""1 GB/s."""


def bench_verify(folder: Path) -> Iterator[Row]:
    """All checksums of 1 GiB that is in the page cache: seconds, and memory of the process."""
    from tensorboard_plugin_modelinspect.verifying import verify_artifact

    prefix = str(folder / "one-gib")
    _write_random(prefix)
    ours = time_call(lambda: verify_artifact(prefix), times=5)
    code = (
        "import tensorflow as tf\n"
        f"reader = tf.train.load_checkpoint({prefix!r})\n"
        "for key in reader.get_variable_to_shape_map(): reader.get_tensor(key)\n"
    )
    theirs = run_python(code, times=3)
    idle = run_python("import tensorflow as tf", times=3)
    tool = "get_tensor of all"
    seconds = max(theirs.seconds - idle.seconds, 0.0)
    what = "verify 1 GiB of float32, warm"
    yield Row(what, ours, seconds, f"{tool} (import left out)", _BUDGET_S)
    verifying = "from tensorboard_plugin_modelinspect.verifying import verify_artifact\n"
    cost = run_python(f"{verifying}verify_artifact({prefix!r})")
    memory = f"{what}: memory of the process"
    yield Row(memory, cost.peak_nbytes, theirs.peak_nbytes, tool, None, "B")


def _write_random(prefix: str) -> None:
    generator = np.random.default_rng(1)
    writer = BundleWriter()
    for number in range(_TENSORS):
        writer.add(f"tensor_{number}", generator.random((_SIZE,), np.float32))
    path = Path(prefix)
    writer.write(path.parent, path.name)
