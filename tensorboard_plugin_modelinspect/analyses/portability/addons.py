"""Packages that bring ops of their own, and how to install them: the table `addon_ops.json`.

It is made by `tools/portability/addon_ops.py` from what the packages' libraries register.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.portability.history import load_table


class Addon(NamedTuple):
    """A package that brings ops.

    Attributes:
        name: On PyPI; `tensorflow.contrib` is a part of TensorFlow 1.
        title: For people.
        advice: What to do before the model is loaded.
        command: A line for the shell; empty if there is none.
        serving: Whether TensorFlow Serving's own binaries have its ops.
    """

    name: str
    title: str
    advice: str
    command: str
    serving: bool


def find_package(op: str) -> Addon | None:
    """Whose op it is; None if no package that is known here has it."""
    return _by_op().get(op)


@functools.cache
def _by_op() -> dict[str, Addon]:
    found: dict[str, Addon] = {}
    for said in load_table("addon_ops.json")["packages"]:
        addon = _addon(said["name"], said["version"], said["imported"], serving=said["serving"])
        for op in said["ops"]:
            found.setdefault(op, addon)
    return found


def _addon(name: str, version: str, imported: str, *, serving: bool) -> Addon:
    if name == "tensorflow.contrib":
        advice = "TensorFlow 1.15 is the last that has it: load it there, and import it first."
        return Addon(
            name, "tf.contrib of TensorFlow 1", advice, "pip install tensorflow==1.15", False
        )
    title = f"{name} (read from {version})"
    advice = f"Install it in the release that fits TensorFlow's, and import {imported} first."
    return Addon(name, title, advice, f"pip install {name}", serving)
