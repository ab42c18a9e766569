"""A call in the process of its own, beside TensorFlow's in the process that asks."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.report import Row
from tensorboard_plugin_modelinspect.runner.client import Runner
from tensorboard_plugin_modelinspect.runner.messages import Call, Load

_MODEL = Path(__file__).resolve().parents[1] / "tests" / "corpus" / "run" / "sum"
_TIMES = 300
_WARM_UP = 20
_OWN = f"""
import sys, time, statistics
import tensorflow as tf
function = tf.saved_model.load(sys.argv[1]).signatures["add"]
x = tf.constant([[1.0, 2.0, 3.0]])
times = []
for _ in range({_WARM_UP + _TIMES}):
    begin = time.perf_counter()
    outputs = function(x1=tf.constant(x.numpy()), x2=tf.constant(x.numpy()))
    [value.numpy() for value in outputs.values()]
    times.append(time.perf_counter() - begin)
print(statistics.median(times[{_WARM_UP}:]))
"""


def bench_run() -> Iterator[Row]:
    """Seconds of a warm call of a small model, all included, and what of it is not TensorFlow's."""
    python = os.environ.get("MODELINSPECT_TF_PYTHON") or sys.executable
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run(
        [python, "-c", _OWN, str(_MODEL)],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    own_s = float(done.stdout.strip().splitlines()[-1])
    x = np.array([[1, 2, 3]], np.float32)
    with Runner(Load(str(_MODEL), python=python)) as runner:
        call = Call("add", {"x1": x, "x2": x})
        answers = [runner.call(call) for _ in range(_WARM_UP + _TIMES)][_WARM_UP:]
    whole_s = statistics.median(answer.elapsed_s + answer.overhead_s for answer in answers)
    yield Row("a warm call of a small model", whole_s, own_s, "TensorFlow in one process")
    yield Row("the same, less TensorFlow's own time", max(0.0, whole_s - own_s), None, "", 0.005)
