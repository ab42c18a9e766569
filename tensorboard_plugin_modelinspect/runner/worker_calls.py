"""What the process with TensorFlow does: load a model once, call it, tell why it cannot."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import time
from typing import Any

import numpy as np
import tensorflow as tf

from tensorboard_plugin_modelinspect.runner import worker_limits
from tensorboard_plugin_modelinspect.runner.frames import (
    Block,
    Frame,
    read_frame,
    to_array,
    to_block,
    write_frame,
)
from tensorboard_plugin_modelinspect.runner.worker_reasons import describe_error

VERSION = str(getattr(tf, "__version__", "0"))
OLDEST = (2, 4)
"""Earlier versions of TensorFlow cannot read what the parts of it used here write."""
_NO_VALUES = ("resource", "variant")


def describe_too_old() -> str:
    """Why this TensorFlow cannot be used; empty if it can."""
    numbers = tuple(int(part) for part in VERSION.split(".")[:2] if part.isdigit())
    if numbers >= OLDEST:
        return ""
    return f"TensorFlow {VERSION} is too old: {OLDEST[0]}.{OLDEST[1]} or newer is needed."


def serve(requests: io.RawIOBase, answers: io.RawIOBase, token: str) -> None:
    """Answer requests until there are no more."""
    model: Model | None = None
    while (frame := read_frame(requests, sys.maxsize)) is not None:
        blocks: list[Block] = []
        try:
            worker_limits.allow_cpu(frame.header["cpu_s"])
            if frame.header["ask"] == "load":
                model = Model(frame.header["path"], frame.header["tags"])
                header = model.describe()
            elif model is not None:
                header, blocks = model.call(frame)
            else:
                header = {"error": {"kind": "call", "text": "No model is loaded."}}
        except Exception as error:  # noqa: BLE001 - whatever TensorFlow says of the model
            ask = "load" if frame.header["ask"] == "load" else "call"
            header, blocks = {"error": describe_error(error, ask)}, []
        _mark(token)
        write_frame(answers, header, blocks)


def _mark(token: str) -> None:
    """Tell the log that the answer comes: what was printed before belongs to it."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(2, f"\n{token}\n".encode())


class Model:
    """A loaded SavedModel."""

    def __init__(self, path: str, tags: list[str] | None) -> None:
        began_s = time.perf_counter()
        self._path = path
        self._loaded = tf.saved_model.load(path, tags=tags)
        self._elapsed_s = time.perf_counter() - began_s

    def describe(self) -> dict[str, Any]:
        """What the client wants to know of it."""
        return {
            "signatures": sorted(self._loaded.signatures),
            "elapsed_s": self._elapsed_s,
            "memory_nbytes": worker_limits.measure_memory()[0],
        }

    def call(self, frame: Frame) -> tuple[dict[str, Any], list[Block]]:
        """Run a signature; the answer and its arrays."""
        request = frame.header
        function = self._signature(request["signature"])
        arguments = _make_arguments(
            function, dict(zip(request["inputs"], frame.blocks, strict=True))
        )
        began_s = time.perf_counter()
        outputs = function(**arguments)
        rows, blocks = _take_outputs(outputs)
        elapsed_s = time.perf_counter() - began_s
        memory, peak = worker_limits.measure_memory()
        header = {
            "outputs": rows,
            "watched": [],
            "elapsed_s": elapsed_s,
            "memory_nbytes": memory,
            "peak_nbytes": peak,
        }
        return header, blocks

    def _signature(self, key: str) -> Any:
        if key not in self._loaded.signatures:
            known = ", ".join(sorted(self._loaded.signatures)) or "none"
            raise ValueError(f'Could not find signature "{key}". Please choose from: {known}')
        return self._loaded.signatures[key]


def _make_arguments(function: Any, blocks: dict[str, Block]) -> dict[str, Any]:
    """The tensors that a signature is called with."""
    _, specs = function.structured_input_signature
    arguments = {}
    for key, block in blocks.items():
        if key not in specs:
            known = '"' + '", "'.join(specs) + '"'
            raise ValueError(f'"{key}" is not a valid input key. Please choose from {known}.')
        dtype = specs[key].dtype
        array = to_array(block, np.dtype(dtype.as_numpy_dtype))
        arguments[key] = tf.constant(array, dtype=dtype)
    return arguments


def _take_outputs(outputs: Any) -> tuple[list[dict[str, Any]], list[Block]]:
    """Rows and arrays of outputs, sorted by key."""
    rows, blocks = [], []
    for key, tensor in sorted(outputs.items()):
        has_values = tensor.dtype.name not in _NO_VALUES
        rows.append(
            {
                "key": key,
                "dtype": tensor.dtype.name,
                "shape": [int(size) for size in tensor.shape] if tensor.shape.rank else [],
                "has_values": has_values,
            }
        )
        if has_values:
            blocks.append(to_block(np.asarray(tensor.numpy()), tensor.dtype.name))
    return rows, blocks
