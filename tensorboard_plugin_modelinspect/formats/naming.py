"""Readable names and roles: what a person calls a tensor, and what it is for.

A `Naming` is decided from an object graph where there is one (`object_graph.py`), else from the
conventions of TF1's `Saver` and optimizers, here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from tensorboard_plugin_modelinspect.model.dtype import DType
from tensorboard_plugin_modelinspect.model.tensor import Role, Tensor

OBJECT_GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"


class Naming(NamedTuple):
    """Readable name and role of a tensor."""

    name: str
    role: Role


_SLOT = re.compile(
    r"^(?P<variable>.+)/(?:[^/]*(?:Adam|Momentum|RMSProp|Adagrad|Adadelta|Ftrl|Lamb|LARS|Adafactor"
    r"|Nadam|Lion|slot_[mv][cr]?|adam_[mv]|[mv]|momentum|velocity|rms|accumulator)[^/]*)$"
)
"""TF1 optimizers store a slot as `<variable>/<optimizer>`, `…_1` for the second one; Tensor2Tensor
and BERT use `adam_m`, `slot_vc` and the like. Only a slot if `<variable>` is a key itself."""

_OPTIMIZER_SCALAR = re.compile(r"(^|/)beta[12]_power(_\d+)?$")
_COUNTER = re.compile(r"(^|/)(global_step|save_counter)$")
_STATE = re.compile(
    r"(^|/)(moving_(mean|var(iance)?|avg|average)|ExponentialMovingAverage|EMA|population_(mean|var)"
    r"|running_(mean|var)|seed_generator_state|renorm_\w+)(_\d+)?(/|$)"
)


def is_state_name(name: str) -> bool:
    """Whether a name is one that libraries give to non-trainable variables."""
    return _STATE.search(name) is not None


def name_based(
    key: str, dtype: DType, keys: Collection[str], trainable: Collection[str] | None
) -> Naming:
    """Naming of a tensor saved by name (TF1): the key is the name.

    Args:
        key: The tensor's key.
        dtype: Its type.
        keys: All keys of the checkpoint.
        trainable: Names that the graph's `trainable_variables` collection lists; None if there
            is no graph to ask.
    """
    if trainable is not None and key in trainable:
        return Naming(key, "weight")
    if _COUNTER.search(key):
        return Naming(key, "counter")
    slot = _SLOT.match(key)
    if _OPTIMIZER_SCALAR.search(key) or (slot and slot["variable"] in keys):
        return Naming(key, "optimizer")
    if dtype.name in ("string", "variant") or not dtype.numpy_name:
        return Naming(key, "table" if dtype.name == "string" else "metadata")
    if trainable is not None or is_state_name(key) or not is_trainable_dtype(dtype):
        return Naming(key, "state")
    return Naming(key, "weight")


def is_trainable_dtype(dtype: DType) -> bool:
    """Whether gradients exist for a type: floats and complex numbers."""
    return dtype.name.startswith(("float", "bfloat", "complex"))


def path_of_key(key: str) -> str:
    """A key of an object-based checkpoint as a path: `.ATTRIBUTES` gone, escapes undone.

    tensorflow/python/checkpoint/trackable_view.py escapes `.` as `..` and `/` as `.S` in local
    names, and marks its own parts `.ATTRIBUTES` and `.OPTIMIZER_SLOT`.
    """
    path, _, attribute = key.partition("/.ATTRIBUTES/")
    parts = [part for part in path.split("/") if part != ".OPTIMIZER_SLOT"]
    if attribute not in ("", "VARIABLE_VALUE"):
        parts.append(attribute)
    return "/".join(re.sub(r"\.[.S]", _unescape, part) for part in parts)


def _unescape(match: re.Match[str]) -> str:
    return "." if match[0] == ".." else "/"


def find_aliases(tensors: Iterable[Tensor]) -> Mapping[str, str]:
    """Keys that repeat another one: Keras 3 exports list every weight twice.

    `keras.Model.export` (up to 3.15) tracks `variables` and `_all_variables` as different objects
    with the same values. Two weights of a model can be equal by chance (fresh biases are all
    zero), so equal bytes are not enough: the pair must stand in those two lists, under one name,
    and each `variables/N` is the original of one alias only.
    """
    originals: dict[tuple[object, ...], list[str]] = {}
    repeats = []
    for tensor in tensors:
        if tensor.key.startswith("variables/"):
            originals.setdefault(_content(tensor), []).append(tensor.key)
        elif tensor.key.startswith("_all_variables/"):
            repeats.append(tensor)
    aliases = {}
    for tensor in repeats:
        same = originals.get(_content(tensor))
        if same:
            aliases[tensor.key] = same.pop(0)
    return aliases


def _content(tensor: Tensor) -> tuple[object, ...]:
    return tensor.name, tensor.dtype.number, tensor.shape, tensor.nbytes, tensor.crc32c
