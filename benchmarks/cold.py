"""Cold commands: `show` and lists of tensors, from process start to end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.fixtures import write_named_checkpoint
from benchmarks.measure import run_process, run_python
from benchmarks.report import Row

CORPUS = Path(__file__).parent.parent / "tests" / "corpus"
_CLI = [sys.executable, "-m", "tensorboard_plugin_modelinspect"]


def bench_show() -> Iterator[Row]:
    """`modelinspect show` of a Keras 3 export beside `saved_model_cli show --all`."""
    model = str(CORPUS / "keras3_export" / "network")
    ours = run_process([*_CLI, "show", model], times=7)
    theirs = run_process(
        [
            sys.executable,
            "-c",
            "from tensorflow.python.tools.saved_model_cli import main; main()",
            *("show", "--dir", model, "--all"),
        ],
        times=3,
    )
    tool = "saved_model_cli show --all"
    yield Row("show a SavedModel, cold: time", ours.seconds, theirs.seconds, tool, 0.15)
    yield Row(
        "show a SavedModel, cold: memory", ours.peak_nbytes, theirs.peak_nbytes, tool, 40e6, "B"
    )


def bench_list(folder: Path) -> Iterator[Row]:
    """`modelinspect vars` of 2,000 and 100,000 tensors beside `tf.train.list_variables`."""
    for count, budget in ((2_000, None), (100_000, 0.4)):
        prefix = str(folder / f"named-{count}")
        write_named_checkpoint(prefix, count)
        ours = run_process([*_CLI, "vars", prefix], times=5)
        theirs = run_python(
            "import tensorflow as tf\n"
            f"for name, shape in tf.train.list_variables({prefix!r}): print(name, shape)",
            times=2,
        )
        tool = "tf.train.list_variables"
        yield Row(f"list {count:,} tensors, cold", ours.seconds, theirs.seconds, tool, budget)
        yield Row(
            f"list {count:,} tensors, cold: memory",
            ours.peak_nbytes,
            theirs.peak_nbytes,
            tool,
            None,
            "B",
        )
