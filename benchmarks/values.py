"""Opening and slicing checkpoints too large to read: sparse files stand in for real weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.fixtures import write_sparse_checkpoint
from benchmarks.measure import run_python, time_call
from benchmarks.report import Row

_ROWS, _COLUMNS = 1 << 19, 1 << 10  # float32: 2 GiB


def bench_rows(folder: Path) -> Iterator[Row]:
    """Ten rows of a tensor of 2 GiB, in process, beside reading it with TensorFlow."""
    from tensorboard_plugin_modelinspect.opening import open_artifact

    prefix = str(folder / "two-gib")
    write_sparse_checkpoint(prefix, 1, (_ROWS, _COLUMNS), is_checksummed=True)

    def read_ours() -> object:
        return open_artifact(prefix).tensors["tensor_0"].read_rows(1000, 1010)

    ours = time_call(read_ours, times=7)
    theirs = run_python(
        "import tensorflow as tf\n"
        f"tf.train.load_checkpoint({prefix!r}).get_tensor('tensor_0')[1000:1010]"
    )
    idle = run_python("import tensorflow as tf")
    seconds = max(theirs.seconds - idle.seconds, 0.0)
    tool = "tf.train.load_checkpoint"
    yield Row("ten rows of a tensor of 2 GiB", ours, seconds, f"{tool} (import left out)", 0.01)
    ours_cost = run_python(
        "from tensorboard_plugin_modelinspect.opening import open_artifact\n"
        f"open_artifact({prefix!r}).tensors['tensor_0'].read_rows(1000, 1010)"
    )
    yield Row(
        "ten rows of a tensor of 2 GiB: memory of the process",
        ours_cost.peak_nbytes,
        theirs.peak_nbytes,
        tool,
        None,
        "B",
    )


def bench_open_large(folder: Path) -> Iterator[Row]:
    """Open and list a checkpoint of 100 GB in process; memory in a process of its own."""
    from tensorboard_plugin_modelinspect.opening import open_artifact

    prefix = str(folder / "hundred-gb")
    write_sparse_checkpoint(prefix, 250, (100_000, 1000), is_checksummed=False)
    seconds = time_call(lambda: list(open_artifact(prefix).tensors.values()), times=7)
    yield Row("open and list a checkpoint of 100 GB", seconds, None, "", 0.02)
    cost = run_python(
        "from tensorboard_plugin_modelinspect.opening import open_artifact\n"
        f"list(open_artifact({prefix!r}).tensors.values())"
    )
    yield Row(
        "open and list a checkpoint of 100 GB: memory of the process",
        cost.peak_nbytes,
        None,
        "",
        40e6,
        "B",
    )
