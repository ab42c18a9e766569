"""Readable names and roles: what a person calls a tensor, and what it is for.

A `Naming` is decided from an object graph where there is one (`object_graph.py`), else from the
conventions of TF1's `Saver` and optimizers, here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from tensorboard_plugin_modelinspect.model.dtype import DTYPES, DType
from tensorboard_plugin_modelinspect.model.tensor import Role, Tensor

OBJECT_GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"
_SHARDS_OF_V1 = re.compile(r"-\?{5}-of-[0-9]{5}\Z")
_STEP_IN_NAME = re.compile(r"[-_.]([0-9]{1,18})(?:\.ckpt)?\Z")


Naming = tuple[str, Role]
"""Readable name and role of a tensor."""

_SLOT = re.compile(
    r"[^/]*(Adam|Momentum|RMSProp|Adagrad|Adadelta|Ftrl|Lamb|LARS|Adafactor|Nadam|Lion)[^/]*"
    r"|slot_[mv][cr]?|adam_[mv]|m|v|momentum|velocity|rms|accumulator"
)
"""TF1 optimizers store a slot as `<variable>/<optimizer>`, `…_1` for the second one; Tensor2Tensor
and BERT use `adam_m`, `slot_vc` and the like. Only a slot if `<variable>` is a key itself."""

_ATTRIBUTE = re.compile(r"VARIABLE_VALUE|OBJECT_CONFIG_JSON|table-(keys|values)|\w*ITERATOR_STATE")
_TRAINABLE = frozenset(
    number
    for number, dtype in DTYPES.items()
    if dtype.name.startswith(("float", "bfloat", "complex"))
)
_OPTIMIZER_SCALAR = re.compile(r"beta[12]_power(_\d+)?")
_COUNTER = re.compile(r"global_step|save_counter")
_STATE = re.compile(
    r"(moving_(mean|var(iance)?|avg|average)|ExponentialMovingAverage|EMA|population_(mean|var)"
    r"|running_(mean|var)|seed_generator_state|renorm_\w+)(_\d+)?"
)


def step_in_name(prefix: str) -> int | None:
    """The number a checkpoint's name ends in: 100 for `model.ckpt-100`, None for `model.ckpt`."""
    match = _STEP_IN_NAME.search(_SHARDS_OF_V1.sub("", prefix.rsplit("/", 1)[-1]))
    return int(match[1]) if match else None


def is_state_name(name: str) -> bool:
    """Whether libraries give non-trainable variables this name; its last two parts count."""
    return any(_STATE.fullmatch(part) for part in name.rsplit("/", 2)[-2:])


class KeyNaming:
    """Names and roles of tensors saved by name (TF1): the key is the name.

    Args:
        keys: All keys of the checkpoint.
        trainable: Names that the graph's `trainable_variables` collection lists; None if there
            is no graph to ask.

    Object-based keys are understood too, for checkpoints whose object graph cannot be read.
    Cost: a few look-ups a key; what a part of a key means is worked out once.
    """

    def __init__(self, keys: Collection[str], trainable: Collection[str] | None) -> None:
        self._keys = keys
        self._trainable = trainable
        self._hints: dict[str, str] = {}

    def __call__(self, key: str, dtype: DType) -> Naming:
        """Name and role of one tensor."""
        parent, _, part = key.rpartition("/")
        hint = self._hints.get(part)
        if hint is None:
            hint = self._hint(part)
        if hint or self._trainable is not None or dtype.number not in _TRAINABLE:
            return self._name_by_hint(key, parent, hint, dtype)
        place = self._hints.get(parent.rpartition("/")[2])
        return key, "weight" if place == "" or not self._is_state(parent) else "state"

    def _name_by_hint(self, key: str, parent: str, hint: str, dtype: DType) -> Naming:
        """Name and role of a tensor of which more is known than that it is of floats."""
        if hint == "object":
            path, separator, attribute = key.partition("/.ATTRIBUTES/")
            if separator:
                return path_of_key(key), self._role_of_object(path, attribute, dtype)
            hint = ""
        if self._trainable is not None and key in self._trainable:
            return key, "weight"
        if hint and hint != "state":
            if hint != "slot":
                return key, "counter" if hint == "counter" else "optimizer"
            if parent in self._keys:
                return key, "optimizer"
        if not dtype.is_fixed:
            is_table = dtype.name == "string" and key != OBJECT_GRAPH_KEY
            return key, "table" if is_table else "metadata"
        if self._trainable is not None or not is_trainable_dtype(dtype) or hint == "state":
            return key, "state"
        return key, "state" if self._is_state(parent) else "weight"

    def _role_of_object(self, path: str, attribute: str, dtype: DType) -> Role:
        if attribute != "VARIABLE_VALUE":
            return "table" if attribute.endswith(("-keys", "-values")) else "metadata"
        if "/.OPTIMIZER_SLOT/" in path:
            return "optimizer"
        if path.startswith("optimizer/"):
            # Keras 3 optimizers list the model's own weights here.
            return "weight" if "/_trainable_variables/" in path else "optimizer"
        return self(path, dtype)[1]

    def _is_state(self, parent: str) -> bool:
        """Whether the last part of what a tensor belongs to says so."""
        return self._hint(parent.rpartition("/")[2]) == "state"

    def _hint(self, part: str) -> str:
        """What one part of a key says; empty if nothing."""
        hint = self._hints.get(part)
        if hint is None:
            patterns = (
                ("object", _ATTRIBUTE),
                ("counter", _COUNTER),
                ("scalar", _OPTIMIZER_SCALAR),
                ("state", _STATE),
                ("slot", _SLOT),
            )
            hint = next((name for name, pattern in patterns if pattern.fullmatch(part)), "")
            self._hints[part] = hint
        return hint


def is_trainable_dtype(dtype: DType) -> bool:
    """Whether gradients exist for a type: floats and complex numbers."""
    return dtype.number in _TRAINABLE


def path_of_key(key: str) -> str:
    """A key of an object-based checkpoint as a path: `.ATTRIBUTES` gone, escapes undone.

    tensorflow/python/trackable/trackable_utils.py escapes `.` as `..` and `/` as `.S` in local
    names, and marks its own parts `.ATTRIBUTES` and `.OPTIMIZER_SLOT`.
    """
    path, _, attribute = key.partition("/.ATTRIBUTES/")
    parts = [part for part in path.split("/") if part != ".OPTIMIZER_SLOT"]
    if attribute not in ("", "VARIABLE_VALUE"):
        parts.append(attribute)
    return "/".join(re.sub(r"\.[.S]", _unescape, part) for part in parts)


def _unescape(match: re.Match[str]) -> str:
    return "." if match[0] == ".." else "/"


def find_aliases(tensors: Mapping[str, Tensor]) -> Mapping[str, str]:
    """Keys that repeat another one: Keras 3 exports list every weight twice.

    `keras.Model.export` (up to 3.15) tracks `variables` and `_all_variables` as different objects
    with the same values. Two weights of a model can be equal by chance (fresh biases are all
    zero), so equal bytes are not enough: the pair must stand in those two lists, under one name,
    and each `variables/N` is the original of one alias only.
    """
    repeats = [tensors[key] for key in tensors if key.startswith("_all_variables/")]
    originals: dict[tuple[object, ...], list[str]] = {}
    for tensor in tensors.values() if repeats else ():
        if tensor.key.startswith("variables/"):
            originals.setdefault(_content(tensor), []).append(tensor.key)
    aliases = {}
    for tensor in repeats:
        same = originals.get(_content(tensor))
        if same:
            aliases[tensor.key] = same.pop(0)
    return aliases


def _content(tensor: Tensor) -> tuple[object, ...]:
    return tensor.name, tensor.dtype.number, tensor.shape, tensor.nbytes, tensor.crc32c
