"""Differences of two checkpoints of 10 GB that share 90 %, and of 100,000 tensors on each side.

What is shared are holes of sparse files; the tenth that differs is written for real in one of them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.fixtures import checksum_of_zeros
from benchmarks.measure import time_call
from benchmarks.report import Row
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.dtype import DTYPES
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tests.support.array_tensor import ArrayValues
from tests.support.bundle_writer import BundleWriter

_TENSORS, _CHANGED, _SIZE = 150, 15, 1 << 24  # float32: 64 MiB each
_MANY = 100_000
_TOLD = 1e6
"""Bytes beyond the values: two indexes."""


def bench_diff(folder: Path) -> Iterator[Row]:
    """Bytes read, and seconds, of values that are in the page cache."""
    from tensorboard_plugin_modelinspect.diffing import diff_paths
    from tensorboard_plugin_modelinspect.opening import locate_artifact, open_candidate
    from tensorboard_plugin_modelinspect.sources.counting import CountingFolder

    before, after = _write(folder, "before", 0), _write(folder, "after", _CHANGED)
    for what, sides, nbytes in (
        ("diff of 10 GB that share 90 %", (before, after), 2 * _CHANGED * _SIZE * 4),
        ("diff of 10 GB that are the same", (before, before), 0),
    ):
        folders = [CountingFolder(locate_artifact(path).folder) for path in sides]
        old, new = (
            open_candidate(counting, locate_artifact(path).candidate)
            for counting, path in zip(folders, sides, strict=True)
        )
        diff_paths(old, new)
        read = sum(one.nbytes for one in folders)
        yield Row(f"{what}: bytes read", read, old.nbytes + new.nbytes, "both", nbytes + _TOLD, "B")
        yield Row(what, time_call(partial(diff_paths, *sides), times=1))


def _write(folder: Path, name: str, changed: int) -> str:
    generator = np.random.default_rng(1)
    writer = BundleWriter()
    crc = checksum_of_zeros(_SIZE * 4)
    for number in range(_TENSORS):
        if number < changed:
            writer.add(f"tensor_{number:03}", generator.random((_SIZE,), np.float32))
        else:
            writer.add_hole(f"tensor_{number:03}", "float32", (_SIZE,), crc32c=crc)
    return str(writer.write(folder, name))


def bench_diff_structure() -> Iterator[Row]:
    """Structure alone of many tensors, opened: the same, all changed, all renamed."""
    from tensorboard_plugin_modelinspect.analyses.diff.structural import diff_artifacts

    before = _artifact("model", "old")
    for what, after in (
        ("the same", _artifact("model", "old")),
        ("all changed", _artifact("model", "new")),
        ("all renamed", _artifact("network/decoder", "old")),
        ("all renamed and changed", _artifact("network/decoder", "new")),
    ):
        seconds = time_call(partial(diff_artifacts, before, after), times=3)
        yield Row(f"structure of {_MANY:,} tensors a side, {what}", seconds, budget=2.0)


def _artifact(prefix: str, content: str) -> Artifact:
    values = ArrayValues(np.empty(0))
    tensors = {}
    for number in range(_MANY):
        name = f"block_{number // 100}/layer_{number % 100}/kernel"
        shape = (64, 8 + number % 7)
        crc = zlib.crc32(f"{name} {content}".encode())
        key = f"{prefix}/{name}"
        nbytes = 4 * shape[0] * shape[1]
        tensors[key] = Tensor(key, key, DTYPES[1], shape, nbytes, "weight", None, crc, values)
    return Artifact(prefix, "checkpoint", (), tensors)
