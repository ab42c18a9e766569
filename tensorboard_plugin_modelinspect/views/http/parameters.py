"""Parameters of requests that several routes take."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tensorboard_plugin_modelinspect.errors import BadRequest

Parameters = Mapping[str, str]

_NUMBER = re.compile("[0-9]{1,9}")


def parse_flag(parameters: Parameters, name: str) -> bool:
    """Yes or no; no if it is not given.

    Raises:
        BadRequest: It is neither.
    """
    text = parameters.get(name, "0")
    if text not in ("0", "1"):
        raise BadRequest(f"{name}={text[:40]}: give 1 for yes or 0 for no.")
    return text == "1"


def parse_numbers(name: str, text: str, limit: int) -> list[int]:
    """Numbers joined by commas.

    Raises:
        BadRequest: They are none, or more than `limit`.
    """
    numbers = text.split(",")
    if len(numbers) > limit:
        raise BadRequest(f"{len(numbers)} {name}; ask for {limit} at most.")
    if not all(_NUMBER.fullmatch(number) for number in numbers):
        raise BadRequest(f"{name}={text[:80]}: give numbers joined by commas, e.g. {name}=0,3.")
    return [int(number) for number in numbers]
