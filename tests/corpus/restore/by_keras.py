"""Restores by Keras 3: `load_weights` of its own files and of the old HDF5 files."""

import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar
from unittest import mock

import keras
import numpy as np
from keras.src.legacy.saving import legacy_h5_format
from keras.src.saving import saving_lib

import scenario
from scenario import Answers, Seen, Values

Maker = Callable[[], keras.Model]


def variables_of(model: keras.Model) -> list[keras.Variable]:
    """Those of the model and of its optimizer."""
    optimizer = getattr(model, "optimizer", None)
    return [*model.variables, *(optimizer.variables if optimizer else [])]


def made(make: Maker, seed: int) -> keras.Model:
    """A model all of whose variables have values of their own."""
    keras.backend.clear_session()
    model, values = make(), Values(seed)
    for variable in variables_of(model):
        array = variable.numpy()
        variable.assign(values.draw(array.dtype, array.shape))
    return model


def save_model(model: keras.Model, path: str) -> str:
    """Write the model or, if the ending is `.weights.h5`, its weights; an archive is deflated."""
    if path.endswith(".weights.h5"):
        model.save_weights(path)
    else:
        model.save(path)
    if path.endswith(".keras"):
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, member in members.items():
                archive.writestr(zipfile.ZipInfo(name), member, zipfile.ZIP_DEFLATED)
    return path


def note(errors: dict[int, str], variables: list[Any], error: Exception) -> None:
    """Keep an error under the `id` of each of these variables."""
    errors.update(dict.fromkeys(map(id, variables), scenario.reason_of(error)))


@contextmanager
def layer_by_layer(errors: dict[int, str]) -> Iterator[None]:
    """Let each layer be loaded whatever happens to others; errors by `id` of its variables."""
    set_weights = legacy_h5_format._set_weights

    def set_and_note(instance: Any, weights: Any, *arguments: Any, **more: Any) -> None:
        try:
            set_weights(instance, weights, *arguments, **more)
        except ValueError as error:
            note(errors, weights, error)

    def note_all(messages: dict[int, tuple[Any, Exception]], **more: Any) -> None:
        del more
        for one, error in messages.values():
            own = getattr(one, "_trainable_variables", []), one._non_trainable_variables
            note(errors, [*own[0], *own[1]], error)

    with (
        mock.patch.object(legacy_h5_format, "_set_weights", set_and_note),
        mock.patch.object(saving_lib, "_raise_loading_failure", note_all),
    ):
        yield


@dataclass(frozen=True)
class Weights(scenario.Scenario):
    """`load_weights` with the options.

    Attributes:
        source: Makes the model that is saved; or the scenario that has saved it.
        target: Makes the model that is restored.
        saved: Ending of what is restored: `weights.h5`, `keras`, or `h5` for the old form.
        described: Ending of the artifact of the target, one of the same.
    """

    source: Maker | str
    target: Maker
    saved: str = "keras"
    described: str = "keras"
    method: ClassVar[str] = "keras"

    def save(self) -> str:
        """By Keras, or what another scenario has saved."""
        if isinstance(self.source, str):
            return f"../{self.source}/checkpoint.{self.saved}"
        return save_model(made(self.source, 1), f"checkpoint.{self.saved}")

    def build(self) -> keras.Model:
        """The target."""
        return made(self.target, 2)

    def describe(self) -> str:
        """The target as a file of Keras."""
        return save_model(self.build(), f"target.{self.described}")

    def restore(self, target: keras.Model, path: str) -> Answers:
        """By `load_weights`, whose only assertion is a warning."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            target.load_weights(path, **self.options)
        said = [str(one.message) for one in caught if issubclass(one.category, UserWarning)]
        texts = [scenario.error_text(text).splitlines()[0] for text in said]
        return {"warnings": texts} if texts else {}

    def variables(self, target: keras.Model) -> list[Seen]:
        """All variables in Keras' order; two may have one path."""
        return [
            Seen(v.path, None, np.asarray(v.numpy()), number=number)
            for number, v in enumerate(variables_of(target))
        ]

    def errors_alone(self, path: str) -> dict[str, str]:
        """Errors of the layer that a variable belongs to."""
        target = self.build()
        errors: dict[int, str] = {}
        try:
            with layer_by_layer(errors):
                target.load_weights(path, **self.options)
        except (ValueError, OSError):
            return {}  # it did not come to layers
        found = zip(variables_of(target), self.variables(target), strict=True)
        return {seen.id: errors[id(v)] for v, seen in found if id(v) in errors}
