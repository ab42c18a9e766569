"""Parameters of requests that several routes take."""

from __future__ import annotations

from collections.abc import Mapping

from tensorboard_plugin_modelinspect.errors import BadRequest

Parameters = Mapping[str, str]


def parse_flag(parameters: Parameters, name: str) -> bool:
    """Yes or no; no if it is not given.

    Raises:
        BadRequest: It is neither.
    """
    text = parameters.get(name, "0")
    if text not in ("0", "1"):
        raise BadRequest(f"{name}={text[:40]}: give 1 for yes or 0 for no.")
    return text == "1"
