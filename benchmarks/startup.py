"""The plugin's share of TensorBoard's start-up: importing its entry module and loading it."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.report import Row

_CODE = """
import time
from tensorboard import default, program
from tensorboard.plugins import base_plugin
import argparse
start = time.perf_counter()
from tensorboard_plugin_modelinspect.views.http.loader import ModelInspectLoader
loader = ModelInspectLoader()
parser = argparse.ArgumentParser()
loader.define_flags(parser)
flags = parser.parse_args([])
loader.fix_flags(flags)
plugin = loader.load(base_plugin.TBContext(logdir="/nonexistent", flags=flags))
plugin.get_plugin_apps()
plugin.frontend_metadata()
print(time.perf_counter() - start)
"""


def bench_startup() -> Iterator[Row]:
    """Seconds from the import of our entry module to its routes, TensorBoard being imported."""
    seconds = statistics.median(_measure() for _ in range(7))
    yield Row("the plugin's share of TensorBoard's start-up", seconds, None, "", 0.03)


def _measure() -> float:
    done = subprocess.run([sys.executable, "-c", _CODE], check=True, capture_output=True, text=True)
    return float(done.stdout.strip().splitlines()[-1])
