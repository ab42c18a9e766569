"""Inputs that nobody gave: random values of the right type and shape, the same each time."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence

import numpy as np

from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.model.feature import Feature
from tensorboard_plugin_modelinspect.model.signature import Signature, TensorSpec
from tensorboard_plugin_modelinspect.runner.inputs.examples import make_example
from tensorboard_plugin_modelinspect.runner.inputs.feeding import expand_specs

MOST_SIZE = 1 << 28
_WORDS = ("the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog")
_BELOW = 2
"""Integers are 0 or 1: they may be places in a table of any length."""


def make_inputs(
    signature: Signature,
    *,
    batch: int = 1,
    unknown: int = 4,
    seed: int = 0,
    features: Mapping[str, Sequence[Feature]] | None = None,
) -> dict[str, np.ndarray]:
    """Values for every input of a signature.

    Args:
        signature: What is to be called.
        batch: For the first size of a shape, if it is not known.
        unknown: For other sizes that are not known.
        seed: Same seed, same values. Floats are in [0, 1), integers 0 or 1, strings English words.
        features: By key of inputs that are serialised examples: what these must have.

    Raises:
        BadRequest: An input has no values that could be made up.
    """
    inputs = {}
    for key, spec in expand_specs(signature).items():
        shape = _shape(spec, batch, unknown)
        if features and key in features:
            inputs[key] = _make_examples(features[key], shape, seed)
        else:
            inputs[key] = _make(spec, shape, seed)
    return inputs


def _make_examples(features: Sequence[Feature], shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Examples with all features; of those without a size, one element."""
    examples = np.empty(math.prod(shape), object)
    for number in range(examples.size):
        values = {}
        for feature in features:
            size = 1 if feature.size is None else feature.size
            if size > MOST_SIZE:
                raise BadRequest(f'The feature "{feature.name}" is too large to be made up.')
            spec = TensorSpec(feature.name, feature.dtype, (size,), "")
            values[feature.name] = _make(spec, (size,), seed + number).tolist()
        examples[number] = make_example(values)
    return examples.reshape(shape)


def _shape(spec: TensorSpec, batch: int, unknown: int) -> tuple[int, ...]:
    if spec.shape is None:
        return (batch,)
    sizes = [
        size if size is not None else batch if axis == 0 else unknown
        for axis, size in enumerate(spec.shape)
    ]
    if math.prod(sizes) > MOST_SIZE:
        raise BadRequest(f'The input "{spec.key}" is too large to be made up: {sizes}.')
    return tuple(sizes)


def _make(spec: TensorSpec, shape: tuple[int, ...], seed: int) -> np.ndarray:
    random = np.random.default_rng([seed, zlib.crc32(spec.key.encode("utf-8", "replace"))])
    name = spec.dtype.name
    if name == "string":
        words = np.array([word.encode() for word in _WORDS], object)
        return np.asarray(words[random.integers(0, len(words), shape)], object).reshape(shape)
    if not spec.dtype.numpy_name:
        raise BadRequest(f'The input "{spec.key}" is a {name}: no value can be made up.')
    if spec.dtype.is_integer:
        return random.integers(0, _BELOW, shape).astype(spec.dtype.to_numpy())
    values = random.random(shape)
    if name.startswith("complex"):
        values = values + 1j * random.random(shape)
    return np.asarray(values).astype(spec.dtype.to_numpy())
