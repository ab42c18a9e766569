"""What a case is: how a model is made, and what a scan must say of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import tensorflow as tf

ANY = "*"
"""An argument that is not compared."""
FLOAT = tf.TensorSpec([None], tf.float32, name="x")
TEXT = tf.TensorSpec([], tf.string, name="x")
DEFAULT = ("serving_default",)


class Expected(NamedTuple):
    """A finding: rule, severity, name, argument, and who reaches it, functions left out."""

    rule: str
    severity: str
    what: str
    argument: str | None = None
    reached: tuple[str, ...] = DEFAULT


class Case(NamedTuple):
    """A model: its folder's name, what makes it there, the file to scan in it, what is expected."""

    name: str
    make: Callable[[Path], object]
    file: str
    family: str
    expected: tuple[Expected, ...]

    def record(self) -> dict[str, Any]:
        """As `expected.json` has it."""
        findings = [one._asdict() for one in self.expected]
        return {"path": self.file, "family": self.family, "findings": findings}


CASES: list[Case] = []


def case(
    family: str, *expected: Expected, file: str = ""
) -> Callable[[Callable[[Path], object]], Callable[[Path], object]]:
    """Register a function that makes a model, under its name."""

    def register(make: Callable[[Path], object]) -> Callable[[Path], object]:
        CASES.append(Case(make.__name__, make, file, family, expected))
        return make

    return register


def served(
    name: str,
    family: str,
    function: Callable[..., Any],
    *expected: Expected,
    spec: tf.TensorSpec = FLOAT,
) -> None:
    """Register a SavedModel with one signature that runs a function of one tensor."""

    def make(folder: Path) -> None:
        save(folder, {"serving_default": function}, spec)

    CASES.append(Case(name, make, "", family, expected))


def save(folder: Path, functions: dict[str, Callable[..., Any]], spec: tf.TensorSpec) -> None:
    """Save a module with a signature for each function."""
    module = tf.Module()
    module.scale = tf.Variable(2.0, name="scale")
    signatures = {}
    for key, function in functions.items():
        traced = tf.function(_named(function, key), input_signature=[spec])
        setattr(module, f"call_{key}", traced)
        signatures[key] = traced.get_concrete_function()
    tf.saved_model.save(module, str(folder), signatures=signatures)


def _named(function: Callable[..., Any], key: str) -> Callable[..., Any]:
    def run(x: Any) -> Any:
        return {"y": function(x)}

    run.__name__ = f"run_{key}"
    return run


def edit(folder: Path, change: Callable[[Any], object]) -> None:
    """Change the message of a SavedModel in its file."""
    from tensorflow.core.protobuf import saved_model_pb2

    path = folder / "saved_model.pb"
    proto = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    change(proto)
    path.write_bytes(proto.SerializeToString(deterministic=True))
