"""The objects of a Keras config and whether Keras 3 can make them. Nothing is executed.

keras/src/saving/serialization_lib.py (`_retrieve_class_or_fn`): an object is found by the name that
it was registered under, else as `module.class_name` among Keras' own.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from tensorboard_plugin_modelinspect.analyses.portability.history import load_table
from tensorboard_plugin_modelinspect.model.artifact import Artifact, Document

CONFIGS = ("config.json", "model_config")
"""Names of the documents that say which layers a model has."""
_METADATA = "metadata.json"
_MOST_OBJECTS = 100_000
_PYTHON_VALUES = frozenset(
    {"__tuple__", "__numpy__", "__tensor__", "__ellipsis__", "__typespec__", "__bytes__"}
    | {"__keras_tensor__", "__slice__", "slice", "tuple", "set"}
)
_NO_OBJECTS = frozenset({"build_config", "compile_config", "inbound_nodes"})
"""Entries that a model is not made from; of `compile_config` only compiling is."""

Sort = Literal["own", "custom", "gone", "lambda", "function"]


class KerasObject(NamedTuple):
    """An object of a config.

    Attributes:
        sort: `own`: Keras 3 has it; `custom`: the user's; `gone`: Keras 2 had it; `lambda`: code
            as bytes; `function`: a function of the user's, by name.
        name: Its class, or name.
        layer: Name of the layer nearest above it, or its own.
    """

    sort: Sort
    name: str
    layer: str


def keras_version(artifact: Artifact) -> str:
    """Version of Keras that wrote a Keras file; empty if it is not stored."""
    for document in artifact.documents:
        if document.name == "keras_version":
            return document.text
        if document.name == _METADATA:
            version = _parsed(document)
            found = version.get("keras_version") if isinstance(version, dict) else None
            return found if isinstance(found, str) else ""
    return ""


def find_config(artifact: Artifact) -> Any:
    """The config of the model; None if there is none that can be read."""
    for document in artifact.documents:
        if document.name in CONFIGS:
            return _parsed(document)
    return None


def _parsed(document: Document) -> Any:
    try:
        return json.loads(document.text)
    except (ValueError, RecursionError):
        return None


def iter_objects(config: Any) -> Iterator[KerasObject]:
    """Objects of a config, from the outside to the inside."""
    waiting: list[tuple[Any, str]] = [(config, "")]
    for _ in range(_MOST_OBJECTS):
        if not waiting:
            return
        value, layer = waiting.pop()
        if isinstance(value, list):
            waiting += [(one, layer) for one in reversed(value)]
        elif isinstance(value, dict):
            if isinstance(value.get("class_name"), str):
                layer = _layer_name(value) or layer
                yield from _judge(value, layer)
            kept = (one for key, one in value.items() if key not in _NO_OBJECTS)
            waiting += [(one, layer) for one in reversed(list(kept))]


def _layer_name(value: dict[str, Any]) -> str:
    config = value.get("config")
    name = config.get("name") if isinstance(config, dict) else None
    return name if isinstance(name, str) else ""


def _judge(value: dict[str, Any], layer: str) -> Iterator[KerasObject]:
    name: str = value["class_name"]
    module = value.get("module")
    if name == "__lambda__" or _has_bytecode(value):
        yield KerasObject("lambda", "Lambda", layer)
    elif name in _PYTHON_VALUES:
        return
    elif name == "function":
        own = value.get("config")
        text = own if isinstance(own, str) else str(value.get("registered_name"))
        is_own = text in _names() and (module is None or str(module).split(".")[0] == "builtins")
        yield KerasObject("own" if is_own else "function", text, layer)
    elif module is None and "registered_name" in value and value["registered_name"]:
        yield KerasObject("custom", str(value["registered_name"]), layer)
    elif module is not None and str(module).split(".")[0] not in ("keras", "builtins"):
        yield KerasObject("custom", f"{module}.{name}", layer)
    elif name in _names():
        yield KerasObject("own", name, layer)
    else:
        yield KerasObject("gone" if name in _gone() else "custom", name, layer)


def _has_bytecode(value: dict[str, Any]) -> bool:
    """A `Lambda` layer of Keras 1 and 2 has its code in `function`, as a list of texts."""
    config = value.get("config")
    return (
        value["class_name"] == "Lambda"
        and isinstance(config, dict)
        and config.get("function_type") == "lambda"
    )


@functools.cache
def _names() -> frozenset[str]:
    return frozenset(load_table("target_ops.json")["keras3"]["names"])


@functools.cache
def _gone() -> frozenset[str]:
    return frozenset(load_table("target_ops.json")["keras3"]["gone"])
