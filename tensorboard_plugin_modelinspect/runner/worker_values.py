"""Between arrays and TensorFlow's tensors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import tensorflow as tf

from tensorboard_plugin_modelinspect.runner.frames import Block, to_array, to_block

_NO_VALUES = ("resource", "variant")


def make_arguments(function: Any, blocks: dict[str, Block]) -> dict[str, Any]:
    """The tensors that a signature is called with."""
    _, specs = function.structured_input_signature
    arguments = {}
    for key, block in blocks.items():
        dtype = specs[key].dtype if key in specs else tf.as_dtype(block.dtype)
        if block.dtype != dtype.name and tf.as_dtype(block.dtype).size != dtype.size:
            raise ValueError(f'The input "{key}" takes {dtype.name}, not {block.dtype}.')
        array = to_array(block, np.dtype(dtype.as_numpy_dtype))
        arguments[key] = tf.constant(array, dtype=dtype)
    return arguments


class Taken:
    """Values on their way to the client.

    Args:
        keep_nbytes: Size up to which the values of a watched tensor go along.
        all_nbytes: Of those of all watched tensors; None where only `most_nbytes` counts.
        most_nbytes: Of all values.

    Attributes:
        outputs: Rows that describe outputs, sorted by key.
        watched: Rows that describe inner tensors.
        blocks: Values of the rows that have some, in order.
    """

    def __init__(self, keep_nbytes: int, all_nbytes: int | None, most_nbytes: int) -> None:
        self._keep_nbytes = keep_nbytes
        self._all_nbytes = most_nbytes if all_nbytes is None else all_nbytes
        self._left = most_nbytes
        self.outputs: list[dict[str, Any]] = []
        self.watched: list[dict[str, Any]] = []
        self.blocks: list[Block] = []

    def take_outputs(self, outputs: dict[str, Any]) -> None:
        """Take what a signature gave.

        Raises:
            ValueError: It is too large.
        """
        for key, value in sorted(outputs.items()):
            for part, tensor in _parts(key, value):
                has_values = tensor.dtype.name not in _NO_VALUES
                shape = [int(size) for size in tensor.shape] if tensor.shape.rank else []
                row = {"key": part, "dtype": tensor.dtype.name, "shape": shape}
                self.outputs.append({**row, "has_values": has_values})
                if has_values and not self._take(np.asarray(tensor.numpy()), tensor.dtype.name):
                    raise ValueError("The outputs are larger than an answer may be.")

    def take_watched(self, sites: Iterable[Any], tensors: Iterable[Any]) -> None:
        """Take inner tensors: those of the sites without a reason why there are none."""
        self._left = min(self._left, self._all_nbytes)
        values = iter(tensors)
        for site in sites:
            row = {
                "node": site.node.name,
                "output": site.output,
                "op": site.node.op,
                "graph": site.graph,
                "calls": site.calls,
                "dtype": tf.as_dtype(site.port.dtype).name,
                "shape": None,
                "has_values": False,
                "reason": site.reason,
                "size": 0,
                "finite": None,
            }
            self.watched.append(row)
            if not site.reason:
                self._take_inner(row, np.asarray(next(values).numpy()))

    def _take_inner(self, row: dict[str, Any], array: np.ndarray) -> None:
        row |= {"shape": array.shape, "size": array.size, "finite": _count_finite(array)}
        if array.nbytes > self._keep_nbytes:
            most = f"the {self._keep_nbytes:,} asked for of a tensor"
            row["reason"] = f"{array.nbytes:,} bytes are more than {most}"
        elif not self._take(array, row["dtype"]):
            row["reason"] = (
                f"no room for its {array.nbytes:,} bytes beside the tensors before it;"
                " ask for a smaller scope"
            )
        else:
            row["has_values"] = True

    def _take(self, array: np.ndarray, dtype: str) -> bool:
        """Whether there was room for an array."""
        block = to_block(array, dtype)
        if len(block.data) > self._left:
            return False
        self._left -= len(block.data)
        self.blocks.append(block)
        return True


def _parts(key: str, value: Any) -> list[tuple[str, Any]]:
    """The tensors that an output is made of."""
    if isinstance(value, tf.SparseTensor):
        parts = {"indices": value.indices, "values": value.values, "dense_shape": value.dense_shape}
        return [(f"{key}/{name}", tensor) for name, tensor in parts.items()]
    tensors = tf.nest.flatten(value, expand_composites=True)
    if len(tensors) == 1:
        return [(key, tensors[0])]
    return [(f"{key}/{number}", tensor) for number, tensor in enumerate(tensors)]


def _count_finite(array: np.ndarray) -> int | None:
    """Elements that are neither NaN nor infinite; None of what is not a float."""
    if array.dtype.kind in "fc" or array.dtype.name.startswith(("bfloat", "float")):
        return int(np.isfinite(array).sum())
    return None
