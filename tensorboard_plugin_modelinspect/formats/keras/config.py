"""Keras configs: JSON that says of which classes and options a model is made. Never executed.

keras/src/saving/serialization_lib.py: an object is `{"module", "class_name", "config",
"registered_name"}`; Keras 1 and 2 write `{"class_name", "config"}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from tensorboard_plugin_modelinspect.errors import FormatError

_LAYER_LISTS = ("layers", "_layer_checkpoint_dependencies")
"""In files of Keras 2.12 and 2.13 the list of layers has the second name."""
_NUMBER = re.compile(r"_[0-9]+\Z")


class LayerConfig:
    """A layer, model or optimizer as a config describes it.

    Args:
        data: The object with its `class_name` and `config`.

    Attributes:
        kind: Its class in snake case, as paths in weight files name it; empty if the class is not
            one of Keras' own.
        name: Its own name; empty if there is none.
        options: Its config.
        data: The object itself.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data
        class_name, options = data.get("class_name"), data.get("config")
        if isinstance(options, list):  # Sequential of Keras 1 and early 2
            options = {"layers": options}
        self.options: Mapping[str, Any] = options if isinstance(options, dict) else {}
        module = data.get("module")
        is_own = isinstance(class_name, str) and (
            module is None or (isinstance(module, str) and module.split(".")[0] == "keras")
        )
        self.kind = snake_case(str(class_name)) if is_own else ""
        name = self.options.get("name")
        self.name = name if isinstance(name, str) else ""
        self._segment = snake_case(str(class_name))
        self._lists: dict[str, list[LayerConfig]] = {}

    @property
    def trainable(self) -> bool | None:
        """Whether its weights are trained; None if it does not say."""
        value = self.options.get("trainable")
        return value if isinstance(value, bool) else None

    @property
    def quantization(self) -> str:
        """How its weights are quantized: `int8`, `float8` …; empty if they are not."""
        policy = self.options.get("dtype")
        options = policy.get("config") if isinstance(policy, dict) else None
        mode = options.get("mode") if isinstance(options, dict) else None
        if isinstance(mode, str):
            return mode.split("/")[0]
        is_float8 = isinstance(policy, dict) and "Float8" in str(policy.get("class_name"))
        return "float8" if is_float8 else ""

    def child(self, attribute: str) -> LayerConfig | None:
        """The layer kept in an attribute, if the config has an entry of that name."""
        names = [attribute.lstrip("_")]
        if attribute in ("forward_layer", "backward_layer"):
            names.append("layer")  # a Bidirectional layer has a config for both
        for name in names:
            found = self.options.get(name)
            if is_object(found):
                return LayerConfig(found)
        return None

    def listed(self, attribute: str) -> list[LayerConfig]:
        """The layers kept in a list or dict of that name."""
        name = "layers" if attribute in _LAYER_LISTS else attribute.lstrip("_")
        found = self._lists.get(name)
        if found is None:
            value = self.options.get(name)
            if isinstance(value, dict):
                value = list(value.values())
            entries = value if isinstance(value, list) else []
            found = self._lists[name] = [LayerConfig(one) for one in entries if is_object(one)]
        return found

    def find(self, attribute: str, segment: str, name: str) -> tuple[int, LayerConfig] | None:
        """Place and config of a listed layer, by its name or else by its segment of a path.

        A segment is the class in snake case, numbered from the second one on (`dense`, `dense_1`).
        """
        layers = self.listed(attribute)
        for number, layer in enumerate(layers):
            if name and layer.name == name:
                return number, layer
        counts: dict[str, int] = {}
        for number, layer in enumerate(layers):
            count = counts.get(layer._segment, -1) + 1
            counts[layer._segment] = count
            if (f"{layer._segment}_{count}" if count else layer._segment) == segment:
                return number, layer
        return None

    def iter_layers(self) -> Iterator[LayerConfig]:
        """All layers below it, those of models inside it too."""
        waiting = [self]
        while waiting:
            for layer in waiting.pop().listed("layers"):
                yield layer
                waiting.append(layer)


def parse_config(text: str, *, path: str, field: str) -> Mapping[str, Any]:
    """A JSON object.

    Raises:
        FormatError: No JSON, nested too deeply, or no object.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        found = (
            "nesting without end" if isinstance(error, RecursionError) else f"other text: {error}"
        )
        raise FormatError(path=path, field=field, expected="JSON", found=found) from None
    if not isinstance(value, dict):
        raise FormatError(path=path, field=field, expected="a JSON object", found="another value")
    return value


def is_object(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether a value of a config is a serialized object."""
    return isinstance(value, dict) and "class_name" in value and "config" in value


def snake_case(name: str) -> str:
    """A class name as Keras writes it in paths (keras/src/utils/naming.py)."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def without_number(name: str) -> str:
    """`dense` for `dense_12`."""
    return _NUMBER.sub("", name)
