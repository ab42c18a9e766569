"""Cold commands: `show` and lists of tensors, from process start to end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.fixtures import write_named_checkpoint
from benchmarks.measure import run_process, run_python
from benchmarks.report import Row

CORPUS = Path(__file__).parent.parent / "tests" / "corpus"
_LARGE_MODEL = """
import tensorflow as tf
def chain(x):
    for _ in range(500):
        x = tf.identity(x)
    return x
module = tf.Module()
for number in range(50):
    function = tf.function(chain, autograph=False)
    for size in range(4):
        function.get_concrete_function(tf.TensorSpec([size]))
    setattr(module, f"f{{number}}", function)
tf.saved_model.save(module, {folder!r})
"""
"""50 functions with 4 traces of 500 nodes each."""
_CLI = [sys.executable, "-m", "tensorboard_plugin_modelinspect"]


def bench_show(folder: Path) -> Iterator[Row]:
    """`modelinspect show` of a Keras 3 export and of 100,000 nodes beside `saved_model_cli`."""
    model = str(CORPUS / "keras3_export" / "network")
    ours = run_process([*_CLI, "show", model], times=7)
    yield Row("show a SavedModel, cold", ours.seconds)
    yield Row("show a SavedModel, cold: memory", ours.peak_nbytes, unit="B")
    yield from _rows_of_show_dir("a SavedModel", model, (0.15, 40e6))
    large = str(folder / "large")
    run_python(_LARGE_MODEL.format(folder=large))
    yield from _rows_of_show_dir("100,000 nodes", large, (None, None))


def _rows_of_show_dir(
    what: str, model: str, budgets: tuple[float | None, float | None]
) -> Iterator[Row]:
    options = ("show", "--dir", model, "--all")
    code = "from tensorflow.python.tools.saved_model_cli import main; main()"
    ours = run_process([*_CLI, *options], times=7)
    theirs = run_process([sys.executable, "-c", code, *options], times=2)
    tool = "saved_model_cli show --all"
    seconds, nbytes = budgets
    yield Row(f"show --dir --all of {what}, cold", ours.seconds, theirs.seconds, tool, seconds)
    yield Row(
        f"show --dir --all of {what}, cold: memory",
        ours.peak_nbytes,
        theirs.peak_nbytes,
        tool,
        nbytes,
        "B",
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
