"""What Keras 3 does not take of files of HDF5, and of SavedModels of Keras 2. Nothing is executed.

Each was seen with Keras 3.15: `tools/portability/agreement.py` compares.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tensorboard_plugin_modelinspect.analyses.portability.result import Evidence, Place
from tensorboard_plugin_modelinspect.model.artifact import Artifact

_FORMAT = "legacy Keras HDF5"
_ENDINGS = (".h5", ".hdf5")
_MOST = 100_000
_RECURRENT = frozenset({"LSTM", "GRU", "SimpleRNN"})
_ALIASES = frozenset({"mse", "mae", "mape", "msle", "kld"})
"""Short names that Keras 3 looks for among its metrics, where they are functions."""
_KEEP_KERAS_2 = "Load it with tf_keras (TF_USE_LEGACY_KERAS=1), and save it as .keras."
_INSTALL = "pip install tf_keras"


def check_legacy(artifact: Artifact, config: Any) -> Iterator[Evidence]:
    """What stands against `load_model` of an HDF5 file with a model in it."""
    if artifact.format != _FORMAT:
        return
    if not artifact.path.endswith(_ENDINGS):
        name = artifact.path.rpartition("/")[2]
        fact = "It is HDF5 inside, and Keras 3 goes by the name: it wants .h5 or .hdf5."
        yield Evidence("file-name", "needs", name, fact, "Rename the file.")
    model = config.get("config") if isinstance(config, dict) else None
    if isinstance(model, list):
        fact = "Keras 1 wrote it: its config is a list of layers, which Keras 3 does not take."
        yield Evidence("keras1-config", "fails", "", fact, _KEEP_KERAS_2, _INSTALL)
    layers = list(_time_major_layers(config))
    if layers:
        fact = "Keras 3 refuses time_major, which Keras 2 wrote for recurrent layers."
        places = tuple(Place("keras:layers", name) for name in layers[:3])
        rule = "keras2-argument"
        said = ("time_major", fact, _KEEP_KERAS_2, _INSTALL, len(layers), places)
        yield Evidence(rule, "fails", *said)
    alias = _alias(artifact)
    if alias:
        fact = f'Keras 3 does not find the loss or metric "{alias}" that it was compiled with.'
        command = f"keras.models.load_model({artifact.path!r}, compile=False)"
        advice = "Load it without compiling, and compile it anew."
        yield Evidence("compile-config", "needs", alias, fact, advice, command)


def check_slots(artifact: Artifact) -> Iterator[Evidence]:
    """An optimizer of Keras 2 in a SavedModel, of which TensorFlow with Keras 3 knows no class."""
    tree = artifact.objects
    if artifact.kind != "saved_model" or tree is None:
        return
    if any(one.slots for one in tree.trackables):
        fact = "It holds an optimizer of Keras 2 with slots; without Keras 2 loading it ends there."
        advice = "Import tf_keras before it is loaded, or save it again without the optimizer."
        yield Evidence("keras2-optimizer", "needs", "optimizer", fact, advice, _INSTALL)


def _time_major_layers(config: Any) -> Iterator[str]:
    waiting = [config]
    for _ in range(_MOST):
        if not waiting:
            return
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += value.values()
            options = value.get("config")
            is_recurrent = value.get("class_name") in tuple(_RECURRENT)
            if is_recurrent and isinstance(options, dict) and "time_major" in options:
                yield str(options.get("name", ""))


def _alias(artifact: Artifact) -> str:
    """A short name of a loss or metric in the training config; empty if there is none."""
    texts = [one.text for one in artifact.documents if one.name == "training_config"]
    try:
        config = json.loads(texts[0]) if texts else None
    except (ValueError, RecursionError):
        return ""
    said = [config.get("loss"), config.get("metrics")] if isinstance(config, dict) else []
    for _ in range(_MOST):
        if not said:
            break
        one = said.pop()
        if isinstance(one, list):
            said += one
        elif isinstance(one, dict):
            said += one.values()
        elif isinstance(one, str) and one.lower() in _ALIASES:
            return one
    return ""
