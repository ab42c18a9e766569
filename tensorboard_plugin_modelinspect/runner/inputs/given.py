"""The inputs of a call from the texts that `saved_model_cli run` takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.model.signature import Signature
from tensorboard_plugin_modelinspect.runner.inputs import expressions, feeding
from tensorboard_plugin_modelinspect.runner.inputs.examples import make_example
from tensorboard_plugin_modelinspect.runner.inputs.files import parse_places, read_place


class Given(NamedTuple):
    """Texts of options.

    Attributes:
        inputs: `x=file.npy;y=file.npz[name]`.
        exprs: `x=np.ones((2, 3));y=[1, 2]`.
        examples: `x=[{"feature": [1, 2]}]`.
    """

    inputs: str = ""
    exprs: str = ""
    examples: str = ""


def read_inputs(
    signature: Signature, given: Given, warn: Callable[[str], None]
) -> dict[str, np.ndarray]:
    """What a call takes; of an input that is given twice, examples win over expressions and files.

    Args:
        signature: What is called.
        given: The texts.
        warn: Called with a sentence for what is ignored.

    Raises:
        UserError: A text or a file makes no sense for its input.
        FormatError: A file is damaged.
    """
    specs = feeding.expand_specs(signature)
    values: dict[str, Any] = {}
    for key, place in parse_places(given.inputs).items():
        values[key] = read_place(place, specs.get(key))
    for key, text in split_keyed(given.exprs, "--input_exprs").items():
        if key in values:
            warn(f"{key} is given by --inputs and --input_exprs: the latter is used.")
        values[key] = expressions.evaluate(text)
    for key, text in split_keyed(given.examples, "--input_examples").items():
        if key in values:
            warn(f"{key} is given in several options: --input_examples is used.")
        values[key] = _make_examples(text)
    return feeding.feed(signature, values)


def split_keyed(text: str, option: str) -> dict[str, str]:
    """Expressions by input; a semicolon within a string belongs to it.

    Raises:
        BadRequest: There is no `=`.
    """
    keyed = {}
    parts = text.split(";")
    while parts:
        part = parts.pop(0)
        if not part.strip():
            continue
        key, equals, expression = part.partition("=")
        if not equals:
            raise BadRequest(
                f'{option} "{part}" format is incorrect. Please follow'
                ' "<input_key>=<python expression>".'
            )
        for count in range(len(parts) + 1):
            longer = ";".join([expression, *parts[:count]])
            if expressions.parses(longer):
                expression = longer
                del parts[:count]
                break
        keyed[key.strip()] = expression
    return keyed


def _make_examples(text: str) -> list[bytes]:
    examples = expressions.evaluate(text)
    if not isinstance(examples, list):
        raise BadRequest(
            f'tf.Example input must be a list of dictionaries, but "{text[:60]}" is'
            f" {type(examples).__name__}."
        )
    return [make_example(example) for example in examples]
