"""What the tab sends to call a model with, as arrays of the types and shapes that it takes.

Of each input one of these is sent:

    {"values": [[1, 2], [3, 4]]}                     lists; text, or {"b64": "…"} for bytes
    {"random": {"seed": 0, "low": 0, "high": 1, "shape": [1, 28]}}
    {"npy": "…"}                                     a `.npy` file in Base64
    {"pixels": "…", "shape": [28, 28, 1], "scale": "0..1"}   bytes of pixels in Base64
    {"file": "…"}                                    a file, for an input that takes it as a string
    {"examples": [{"age": [31], "name": ["Ann"]}]}   messages tf.Example, by feature
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.model.arrays import dtype_named
from tensorboard_plugin_modelinspect.model.signature import Shape, Signature, TensorSpec
from tensorboard_plugin_modelinspect.views.http.run_values import (
    cast_array,
    parse_values,
    require_size,
)

if TYPE_CHECKING:
    import numpy as np

SCALES: Mapping[str, tuple[float, float]] = {
    "0..255": (1.0, 0.0),
    "0..1": (255.0, 0.0),
    "-1..1": (127.5, 1.0),
}
"""What the range of a pixel becomes: divided by the first, less the second."""
_WORD = 8


def parse_inputs(signature: Signature, text: str) -> dict[str, np.ndarray]:
    """The inputs of a call.

    Args:
        signature: What is called.
        text: JSON, an object with one of the above for each input; those that have a default value
            may be left out.

    Returns:
        By key, in `DType.to_numpy()`; strings as `bytes` objects.

    Raises:
        BadRequest: It does not fit; the message names the input and the place in it.
    """
    from tensorboard_plugin_modelinspect.runner.inputs.feeding import expand_specs, find_missing

    given = _parse_object(text)
    specs = expand_specs(signature)
    for key in given:
        if key not in specs:
            known = ", ".join(specs) or "none"
            raise BadRequest(f'"{key[:80]}" is no input of this signature, which takes: {known}.')
    missing = [key for key in find_missing(signature, given) if key in specs]
    if missing:
        raise BadRequest(f'The input "{missing[0]}" is missing, and has no default value.')
    return {key: _named(specs[key], sent) for key, sent in given.items()}


def _parse_object(text: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise BadRequest("The inputs are no JSON.") from None
    if not isinstance(given, dict):
        raise BadRequest("The inputs must be a JSON object: one entry for each input.")
    return given


def _named(spec: TensorSpec, sent: object) -> np.ndarray:
    """An input; whatever is wrong with it is told with its key."""
    try:
        if not spec.dtype.numpy_name:
            raise BadRequest(f"a {spec.dtype.name} cannot be sent. Call the model in Python.")
        array = _parse_input(spec, sent)
        _require_shape(spec.shape, array.shape)
    except BadRequest as error:
        raise BadRequest(f'The input "{spec.key}": {error.message}') from None
    return array


def _parse_input(spec: TensorSpec, sent: object) -> np.ndarray:
    if isinstance(sent, dict):
        for way, parse in _WAYS.items():
            if way in sent:
                return parse(spec, sent)
    raise BadRequest(f"send an object with one of {', '.join(_WAYS)}.")


def _values(spec: TensorSpec, sent: dict[str, Any]) -> np.ndarray:
    return parse_values(sent["values"], spec.dtype)


def _random(spec: TensorSpec, sent: dict[str, Any]) -> np.ndarray:
    """Even over a range; `frontend/src/model/calls.ts` writes the same as Python."""
    import numpy as np

    asked = sent["random"]
    if not isinstance(asked, dict):
        raise BadRequest("random needs an object with seed, low, high and shape.")
    seed = _number(asked, "seed", whole=True)
    low, high = _number(asked, "low", whole=False), _number(asked, "high", whole=False)
    shape = _parse_shape(asked.get("shape"))
    require_size(shape, spec.dtype)
    if seed < 0 or low > high:
        raise BadRequest("random needs a seed from 0 on, and low may not be above high.")
    generator = np.random.default_rng(int(seed))
    if spec.dtype.name == "string":
        letters = generator.integers(97, 123, (*shape, _WORD), np.uint8)
        words = letters.reshape(-1, _WORD)
        return _objects([bytes(word) for word in words], shape)
    if spec.dtype.is_integer:
        whole = generator.integers(math.ceil(low), math.floor(high), shape, np.int64, endpoint=True)
        return cast_array(whole, spec.dtype)
    return cast_array(generator.uniform(low, high, shape), spec.dtype)


def _number(asked: dict[str, Any], name: str, *, whole: bool) -> float:
    value = asked.get(name)
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        raise BadRequest(f"random: {name} must be a {'whole ' if whole else ''}number.")
    if not abs(value) < 2.0**62:
        raise BadRequest(f"random: {name} is too large.")
    number: float = value
    return number


def _parse_shape(shape: object) -> tuple[int, ...]:
    if not isinstance(shape, list) or len(shape) > 32:
        raise BadRequest("the shape must be a list of sizes.")
    for size in shape:
        if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size < 2**40:
            raise BadRequest(f"{str(size)[:40]} is no size of an axis.")
    return tuple(shape)


def _npy(spec: TensorSpec, sent: dict[str, Any]) -> np.ndarray:
    from tensorboard_plugin_modelinspect.runner.inputs.files import parse_npy

    return cast_array(parse_npy(".npy file", _decode(sent, "npy")), spec.dtype)


def _pixels(spec: TensorSpec, sent: dict[str, Any]) -> np.ndarray:
    import numpy as np

    data, shape = _decode(sent, "pixels"), _parse_shape(sent.get("shape"))
    if len(data) != math.prod(shape):
        raise BadRequest(f"{len(data):,} bytes of pixels do not fill the shape {list(shape)}.")
    divisor, offset = _scale(sent.get("scale"))
    pixels = np.frombuffer(data, np.uint8).reshape(shape)
    require_size(shape, spec.dtype)
    if divisor == 1.0:
        return cast_array(pixels, spec.dtype)
    scaled = pixels / np.float32(divisor) - np.float32(offset)
    return cast_array(scaled, spec.dtype)


def _scale(name: object) -> tuple[float, float]:
    if not isinstance(name, str) or name not in SCALES:
        raise BadRequest(f"scale must be one of {', '.join(SCALES)}.")
    return SCALES[name]


def _file(spec: TensorSpec, sent: dict[str, Any]) -> np.ndarray:
    if spec.dtype.name != "string":
        raise BadRequest(f"a file is a string, and this input takes {spec.dtype.name}.")
    shape = (1,) * len(spec.shape or ())
    return _objects([_decode(sent, "file")], shape)


def _examples(spec: TensorSpec, sent: dict[str, Any]) -> np.ndarray:
    examples = sent["examples"]
    if spec.dtype.name != "string" or not isinstance(examples, list):
        raise BadRequest("examples are a list of objects, for an input that takes strings.")
    messages = [_make_example(example) for example in examples]
    if spec.shape == () and len(messages) == 1:
        return _objects(messages, ())
    return _objects(messages, (len(messages),))


def _make_example(features: object) -> bytes:
    from tensorboard_plugin_modelinspect.runner.inputs.examples import make_example

    if not isinstance(features, dict):
        raise BadRequest("an example is an object: a list of values for each feature.")
    return make_example({name: _feature(name, sent) for name, sent in features.items()})


def _feature(name: str, sent: object) -> list[Any]:
    """A feature's values: a plain list, or `{"float32": […]}` where `1` is to be 1.0."""
    dtype = ""
    if isinstance(sent, dict) and len(sent) == 1:
        ((dtype, sent),) = sent.items()
    if not isinstance(sent, list):
        raise BadRequest(f'the feature "{name[:80]}" needs a list of values.')
    if not dtype:
        dtype = _guess_dtype(sent)
    if dtype not in _FEATURE_DTYPES:
        raise BadRequest(f'the feature "{name[:80]}" must be {", ".join(_FEATURE_DTYPES)}.')
    values: list[Any] = parse_values(sent, dtype_named(dtype)).reshape(-1).tolist()
    return values


_FEATURE_DTYPES = ("float32", "int64", "string")


def _guess_dtype(values: list[Any]) -> str:
    """What a list holds, as `saved_model_cli run` takes it."""
    if all(isinstance(value, (str, dict)) for value in values):
        return "string"
    return "float32" if any(isinstance(value, float) for value in values) else "int64"


_WAYS: Mapping[str, Callable[[TensorSpec, dict[str, Any]], np.ndarray]] = {
    "values": _values,
    "random": _random,
    "npy": _npy,
    "pixels": _pixels,
    "file": _file,
    "examples": _examples,
}


def _decode(sent: dict[str, Any], way: str) -> bytes:
    try:
        return base64.b64decode(sent[way], validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise BadRequest(f"{way} is no Base64.") from None


def _objects(items: list[bytes], shape: tuple[int, ...]) -> np.ndarray:
    import numpy as np

    array = np.empty(len(items), object)
    array[:] = items
    return array.reshape(shape)


def _require_shape(wanted: Shape, shape: tuple[int, ...]) -> None:
    if wanted is None or _fits(wanted, shape):
        return
    text = f"it takes {_shape_text(wanted)}, and this has {_shape_text(shape)}."
    if _fits(wanted[1:], shape) and wanted[:1] in ((None,), (1,)):
        raise BadRequest(
            f"{text} One more axis is needed in front, for the batch: [ … ] around it."
        )
    raise BadRequest(text)


def _fits(wanted: tuple[int | None, ...], shape: tuple[int, ...]) -> bool:
    return len(wanted) == len(shape) and all(
        one is None or one == size for one, size in zip(wanted, shape, strict=True)
    )


def _shape_text(shape: tuple[int | None, ...]) -> str:
    return f"[{', '.join('?' if size is None else str(size) for size in shape)}]"
