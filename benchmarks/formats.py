"""Cold commands on other formats: checkpoints V1, text SavedModels, Keras' own files."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.measure import run_process, run_python
from benchmarks.report import Row

_CLI = [sys.executable, "-m", "tensorboard_plugin_modelinspect"]
_MAKE_V1 = """
import numpy as np, tensorflow as tf
names = [f"block_{{number // 100}}/layer_{{number % 100}}/kernel" for number in range(2000)]
values = [np.full((2 + number % 7,), number, np.float32) for number in range(2000)]
tf.raw_ops.Save(filename={prefix!r}, tensor_names=names, data=values)
"""
_MAKE_KERAS = """
import keras
layers = [keras.layers.Dense(8) for _ in range(200)]
model = keras.Sequential([keras.Input((8,)), *layers])
model.save({archive!r})
model.save_weights({weights!r})
"""
_MAKE_TEXT = """
import tensorflow as tf
def chain(x):
    for _ in range(200):
        x = tf.identity(x)
    return x
module = tf.Module()
module.f = tf.function(chain, input_signature=[tf.TensorSpec([3])])
tf.saved_model.save(module, {folder!r})
from google.protobuf import text_format
from tensorflow.core.protobuf import saved_model_pb2
from pathlib import Path
binary = Path({folder!r}, "saved_model.pb")
parsed = saved_model_pb2.SavedModel.FromString(binary.read_bytes())
binary.with_suffix(".pbtxt").write_text(text_format.MessageToString(parsed))
binary.unlink()
"""
_LIST = """
import tensorflow as tf
for name, shape in tf.train.list_variables({prefix!r}): print(name, shape)
"""
_LIST_HDF5 = """
import h5py
with h5py.File({path!r}) as file: file.visititems(lambda name, item: print(name, item))
"""
_SUMMARY = "import keras; keras.models.load_model({path!r}).summary()"
_SHOW = "from tensorflow.python.tools.saved_model_cli import main; main()"
_INSPECT = "import runpy; runpy.run_module({tool!r}, run_name='__main__')"


def bench_formats(folder: Path) -> Iterator[Row]:
    """Each format beside the tool that people open it with, import and all."""
    v1, text = str(folder / "v1"), str(folder / "text")
    archive, weights = str(folder / "dense.keras"), str(folder / "dense.weights.h5")
    run_python(_MAKE_V1.format(prefix=v1))
    run_python(_MAKE_TEXT.format(folder=text))
    run_python(_MAKE_KERAS.format(archive=archive, weights=weights))
    listing = _LIST.format(prefix=v1)
    yield _row("vars of 2,000 tensors in V1", ["vars", v1], listing, "tf.train.list_variables")
    show = ["show", "--dir", text, "--all"]
    yield _row("show --dir --all of a .pbtxt", show, _SHOW, "saved_model_cli show", show)
    h5 = _LIST_HDF5.format(path=weights)
    yield _row("vars of 400 tensors in .weights.h5", ["vars", weights], h5, "h5py visititems")
    summary = _SUMMARY.format(path=archive)
    yield _row("vars of 400 tensors in .keras", ["vars", archive], summary, "load_model, summary")


def bench_inspect(folder: Path) -> Iterator[Row]:
    """`modelinspect inspect` in all its modes beside `inspect_checkpoint`."""
    from benchmarks.fixtures import write_named_checkpoint

    prefix = str(folder / "inspected")
    write_named_checkpoint(prefix, 2_000)
    tool = _INSPECT.format(tool="tensorflow.python.tools.inspect_checkpoint")
    for mode in ([], ["--all_tensor_names"], ["--all_tensors"]):
        options = ["--file_name", prefix, *mode]
        what = " ".join(["inspect", *mode, "of 2,000 tensors"])
        yield _row(what, ["inspect", *options], tool, "inspect_checkpoint", options)


def _row(
    what: str, command: Sequence[str], code: str, tool: str, arguments: Sequence[str] = ()
) -> Row:
    """One command beside Python code that is given `arguments`."""
    ours = run_process([*_CLI, *command], times=5)
    theirs = run_process([sys.executable, "-c", code, *arguments], times=2)
    return Row(f"{what}, cold", ours.seconds, theirs.seconds, tool)
