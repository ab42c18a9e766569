"""Keras' `load_weights`, played through on what two files say of their layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tensorboard_plugin_modelinspect.analyses.restore.found import Found, Wanted
from tensorboard_plugin_modelinspect.analyses.restore.objects import shape_text
from tensorboard_plugin_modelinspect.analyses.restore.result import Failure
from tensorboard_plugin_modelinspect.model.artifact import TOP_LEVEL, Artifact, Layer

_NOT_LOADED = ("metrics/", "_metrics/", "compile_metrics/")
"""Keras 2 saves metrics; those of Keras 3 have no `load_own_variables`."""


class _Loading:
    """Assigns weights layer by layer and remembers what went wrong."""

    def __init__(self, checkpoint: Artifact, target: Artifact) -> None:
        self.checkpoint, self.target = checkpoint, target
        self.wanted: dict[str, Wanted] = {}
        self.restored: set[str] = set()
        self.failures: list[Failure] = []

    def expect(self, layer: Layer, looked_for: Sequence[str], reason: str) -> None:
        """List the variables of a layer of which nothing is known to be restored so far."""
        for key, place in zip(layer.keys, looked_for, strict=True):
            self.wanted.setdefault(key, Wanted(key, None, place, reason))

    def pair(self, layer: Layer, stored: Sequence[str]) -> None:
        """Note what the variables of a layer are restored from, if as many are stored."""
        if len(layer.keys) == len(stored):
            for key, source in zip(layer.keys, stored, strict=True):
                self.wanted[key] = self.wanted[key]._replace(source=source, reason="")

    def assign(self, layer: Layer, stored: Sequence[str], *, skip: bool, what: str) -> None:
        """Assign one variable after the other, up to one that does not fit.

        Args:
            layer: Of the target.
            stored: As many keys of the checkpoint.
            skip: Whether one that does not fit is left out, and the next one is tried.
            what: What an error calls the layer.
        """
        for key, source in zip(layer.keys, stored, strict=True):
            expected, received = self.target.tensors[key], self.checkpoint.tensors[source]
            if expected.shape == received.shape:
                self.restored.add(key)
            elif not skip:
                message = (
                    f"Shape mismatch in {what} for weight {expected.name}. Weight expects shape"
                    f" {shape_text(expected.shape)}. Received saved weight with shape"
                    f" {shape_text(received.shape)}"
                )
                self.failures.append(Failure("ValueError", message, (key,)))
                self._leave(layer.keys[layer.keys.index(key) + 1 :])
                return

    def _leave(self, keys: Sequence[str]) -> None:
        for key in keys:
            reason = "It is left as it is: another variable of its layer, before it, does not fit."
            self.wanted[key] = self.wanted[key]._replace(reason=reason)

    def refuse(self, layer: Layer, message: str, *, is_error: bool = True) -> None:
        """Leave a layer as it is."""
        for key in layer.keys:
            self.wanted[key] = self.wanted[key]._replace(reason=message)
        if is_error:
            self.failures.append(Failure("ValueError", message, layer.keys))

    def found(self, failure: Failure | None) -> Found:
        """All that was found out, in the order of the target's tensors."""
        order = [self.wanted[key] for key in self.target.tensors if key in self.wanted]
        return Found(order, frozenset(self.restored), failure)


def load_by_path(checkpoint: Artifact, target: Artifact, *, skip_mismatch: bool) -> Found:
    """`load_weights` of `.weights.h5` and `.keras`: by path, whatever the layers are called.

    `_load_state` of keras/src/saving/saving_lib.py goes on after a layer that cannot be loaded and
    raises at the end, or warns if mismatches are skipped; `load_own_variables` of
    keras/src/layers/layer.py refuses another number of variables and casts another type, that of
    keras/src/optimizers/base_optimizer.py warns and leaves all as it is.
    """
    loading = _Loading(checkpoint, target)
    stored = {layer.path: layer for layer in checkpoint.layers}
    for layer in target.layers:
        if layer.path.startswith(_NOT_LOADED):
            continue
        places = [_place(layer.path, number) for number in range(len(layer.keys))]
        other = stored.get(layer.path)
        keys = other.keys if other else ()
        loading.expect(layer, places, "" if other else _no_layer(layer, stored))
        shown = f"Layer '{layer.name or layer.path or 'model'}'"
        loading.pair(layer, keys)
        if len(keys) == len(layer.keys):
            loading.assign(layer, keys, skip=False, what=shown)
        elif _is_optimizer(layer.path):
            message = (
                f"Skipping variable loading for optimizer '{layer.name}', because it has"
                f" {len(layer.keys)} variables whereas the saved optimizer has {len(keys)}"
                " variables."
            )
            loading.refuse(layer, message, is_error=False)
        else:
            message = (
                f"{shown} expected {len(layer.keys)} variables, but received {len(keys)} variables"
                " during loading."
            )
            loading.refuse(layer, message if other else _no_layer(layer, stored) or message)
    failure = None
    if loading.failures and not skip_mismatch:
        count = len(loading.failures)
        message = f"A total of {count} objects could not be loaded. {loading.failures[0].message}"
        keys = tuple(key for one in loading.failures for key in one.keys)
        failure = Failure("ValueError", message, keys)
    return loading.found(failure)


def _place(path: str, number: int) -> str:
    return f"{path}/vars/{number}" if path else f"vars/{number}"


def _no_layer(layer: Layer, stored: dict[str, Layer]) -> str:
    """Why nothing is found at a path: the last part of it that is there."""
    parts = layer.path.split("/")
    while parts and "/".join(parts) not in stored:
        parts.pop()
    above = "/".join(parts)
    if not layer.keys:
        return ""
    return f"The weights file has nothing at {layer.path}" + (f", only {above}." if above else ".")


def _is_optimizer(path: str) -> bool:
    return path.partition("/")[0].endswith("optimizer")


def load_by_topology(checkpoint: Artifact, target: Artifact, *, skip_mismatch: bool) -> Found:
    """`load_weights` of legacy HDF5: the n-th layer with weights from the n-th one with weights.

    `load_weights_from_hdf5_group` of keras/src/legacy/saving/legacy_h5_format.py.
    """
    loading = _Loading(checkpoint, target)
    layers, top = _split(target)
    stored, stored_top = _split(checkpoint)
    layers = [layer for layer in layers if layer.keys]
    stored = [layer for layer in stored if layer.keys]
    for number, layer in enumerate(layers):
        place = stored[number].name if number < len(stored) else f"layer #{number}"
        loading.expect(layer, _numbered(place, layer), "")
    for layer in top:
        loading.expect(layer, _numbered(TOP_LEVEL, layer), "")
    if len(layers) != len(stored):
        message = (
            "Layer count mismatch when loading weights from file. Model expected"
            f" {len(layers)} layers, found {len(stored)} saved layers."
        )
        for layer in (*layers, *top):
            loading.refuse(layer, message, is_error=False)
        return loading.found(Failure("ValueError", message))
    pairs = [
        *zip(layers, stored, strict=True),
        *((layer, other) for layer in top for other in stored_top),
    ]
    for layer, saved in pairs:
        loading.pair(layer, saved.keys)
    for number, (layer, saved) in enumerate(pairs):
        what = _called(layer, number)
        if len(layer.keys) != len(saved.keys):
            loading.refuse(layer, _count_mismatch(layer, saved, what))
        else:
            loading.assign(layer, saved.keys, skip=skip_mismatch, what=what)
        if loading.failures:
            break
    return loading.found(loading.failures[0] if loading.failures else None)


def load_by_name(checkpoint: Artifact, target: Artifact, *, skip_mismatch: bool) -> Found:
    """`load_weights(…, by_name=True)`: layers of the same name, others stay as they are.

    `load_weights_from_hdf5_group_by_name` of the same module.
    """
    loading = _Loading(checkpoint, target)
    layers, top = _split(target)
    by_name: dict[str, list[Layer]] = {}
    for layer in layers:
        by_name.setdefault(layer.name, []).append(layer)
        reason = f"The file has no layer named {layer.name}." if layer.keys else ""
        loading.expect(layer, _numbered(layer.name, layer), reason)
    for layer in top:
        loading.expect(layer, _numbered(TOP_LEVEL, layer), "")
    stored, stored_top = _split(checkpoint)
    pairs = list(_named_pairs(stored, stored_top, by_name, top))
    for _, other, layer in pairs:
        loading.pair(layer, other.keys)
    for number, other, layer in pairs:
        what = _called(layer, number)
        if len(layer.keys) != len(other.keys):
            message = _count_mismatch(layer, other, what)
            loading.refuse(layer, message, is_error=not skip_mismatch)
        else:
            loading.assign(layer, other.keys, skip=skip_mismatch, what=what)
        if loading.failures:
            break
    return loading.found(loading.failures[0] if loading.failures else None)


def _named_pairs(
    stored: Sequence[Layer],
    stored_top: Sequence[Layer],
    by_name: dict[str, list[Layer]],
    top: Sequence[Layer],
) -> Iterator[tuple[int, Layer, Layer]]:
    for number, other in enumerate(stored):
        for layer in by_name.get(other.name, ()):
            yield number, other, layer
    for other in stored_top:
        for layer in top:
            yield len(stored), other, layer


def _split(artifact: Artifact) -> tuple[list[Layer], list[Layer]]:
    """The model's layers, and the weights beside them."""
    layers = [layer for layer in artifact.model_layers if layer.path != TOP_LEVEL]
    return layers, [layer for layer in artifact.model_layers if layer.path == TOP_LEVEL]


def _numbered(name: str, layer: Layer) -> list[str]:
    return [f"{name}, weight {number}" for number in range(len(layer.keys))]


def _called(layer: Layer, number: int) -> str:
    is_top = layer.path == TOP_LEVEL
    return "top-level model" if is_top else f"layer #{number} (named {layer.name})"


def _count_mismatch(layer: Layer, other: Layer, what: str) -> str:
    return (
        f"Weight count mismatch for {what}. Layer expects {len(layer.keys)} weight(s). Received"
        f" {len(other.keys)} saved weight(s)"
    )
