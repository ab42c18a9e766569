"""Keras 3 as a target: `load_model` of Keras files, `TFSMLayer` of SavedModels.

keras/src/saving/saving_api.py (`load_model`), keras/src/export/tfsm_layer.py (`TFSMLayer`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tensorboard_plugin_modelinspect.analyses.portability.keras_legacy import (
    check_legacy,
    check_slots,
)
from tensorboard_plugin_modelinspect.analyses.portability.keras_objects import (
    KerasObject,
    Sort,
    find_config,
    iter_objects,
    keras_version,
)
from tensorboard_plugin_modelinspect.analyses.portability.result import Evidence, Place
from tensorboard_plugin_modelinspect.analyses.portability.usage import MOST_PLACES
from tensorboard_plugin_modelinspect.model.artifact import Artifact

_LAYERS = "keras:layers"
_SERVING = "serving_default"
FIRST_WITH_KERAS_3 = "2.16"
"""TensorFlow that brings Keras 3 as `tf.keras`."""
_FIRST_WITH_ARCHIVE = "2.12"
"""TensorFlow whose Keras reads and writes `.keras` as a zip archive."""


def check_keras3(artifact: Artifact) -> Iterator[Evidence]:
    """What Keras 3 with the TensorFlow backend makes of an artifact."""
    if artifact.kind == "saved_model":
        yield _saved_model(artifact)
        yield from check_slots(artifact)
    elif artifact.kind in ("keras", "h5"):
        yield from _keras_file(artifact)
    elif artifact.kind == "checkpoint":
        yield _checkpoint(artifact)
    else:
        fact = "Keras reads neither bare graphs nor .meta files."
        yield Evidence("no-keras-format", "fails", artifact.kind, fact)


def _saved_model(artifact: Artifact) -> Evidence:
    keys = [
        signature.key
        for meta in artifact.meta_graphs
        for signature in meta.signatures
        if not signature.is_internal
    ]
    said = "load_model of Keras 3 refuses SavedModels"
    if not keys:
        fact = f"{said}, and TFSMLayer calls a signature, of which there is none."
        return Evidence("no-signature", "fails", "", fact, "Save it with signatures=… .")
    key = _SERVING if _SERVING in keys else keys[0]
    fact = f"{said}; it runs as a layer for inference."
    command = f"keras.layers.TFSMLayer({artifact.path!r}, call_endpoint={key!r})"
    advice = "Wrap it, or load it with tf_keras and save it as .keras."
    return Evidence("tfsm-layer", "needs", key, fact, advice, command)


def _checkpoint(artifact: Artifact) -> Evidence:
    if artifact.objects is None:
        fact = "load_weights of Keras 3 reads no TensorFlow checkpoints, and names are all it has."
        advice = "Read its tensors and set the weights one by one."
        return Evidence("name-based-checkpoint", "fails", "", fact, advice)
    fact = "load_weights of Keras 3 reads no TensorFlow checkpoints; with its backend these work."
    advice = "Make the model in code, and restore it as it was saved."
    command = f"tf.train.Checkpoint(model=model).restore({artifact.path!r})"
    return Evidence("checkpoint", "needs", "", fact, advice, command)


def _keras_file(artifact: Artifact) -> Iterator[Evidence]:
    config = find_config(artifact)
    if config is None:
        fact = "It holds weights and no model."
        advice = "Make the model in code, then load them."
        command = f"model.load_weights({artifact.path!r})"
        yield Evidence("weights-only", "needs", "", fact, advice, command)
        return
    yield from check_objects(list(iter_objects(config)))
    yield from check_legacy(artifact, config)


def check_objects(objects: Sequence[KerasObject]) -> Iterator[Evidence]:
    """Objects that `load_model` does not find by itself."""
    by_name: dict[tuple[Sort, str], list[str]] = {}
    for one in objects:
        if one.sort != "own":
            by_name.setdefault((one.sort, one.name), []).append(one.layer)
    for (sort, name), layers in by_name.items():
        places = tuple(Place(_LAYERS, layer) for layer in dict.fromkeys(layers))[:MOST_PLACES]
        yield _object_evidence(sort, name, len(layers), places)


def _object_evidence(sort: Sort, name: str, count: int, places: tuple[Place, ...]) -> Evidence:
    if sort == "lambda":
        fact = "A Lambda layer holds Python code as bytes, of one version of Python."
        advice = "Only of those you trust: load_model(…, safe_mode=False), with that Python."
        return Evidence("lambda-code", "needs", name, fact, advice, "", count, places)
    if sort == "gone":
        fact = f"Keras 3 has no {name}, which was Keras 2's."
        advice = "Load it with tf_keras (TF_USE_LEGACY_KERAS=1), and rebuild that part."
        command = "pip install tf_keras"
        return Evidence("keras2-object", "fails", name, fact, advice, command, count, places)
    what = "function" if sort == "function" else "class"
    fact = f"{name} is none of Keras' own: the {what} must be given."
    advice = f"load_model(…, custom_objects={{…}}) with it, or register the {what} before."
    return Evidence("custom-object", "needs", name, fact, advice, "", count, places)


def check_bundled_keras(artifact: Artifact, version: str, *, is_keras3: bool) -> Iterator[Evidence]:
    """What the Keras that TensorFlow of some version brings makes of a Keras file.

    Args:
        artifact: Of kind `keras` or `h5`.
        version: Of TensorFlow, major and minor.
        is_keras3: Whether that brings Keras 3.
    """
    if is_keras3:
        yield from _keras_file(artifact)
        return
    written = keras_version(artifact)
    if written.startswith("3") or artifact.format.startswith("Keras 3"):
        fact = f"Keras {written or 3} wrote it; TensorFlow {version} brings Keras 2."
        advice = f"Use TensorFlow {FIRST_WITH_KERAS_3} or newer, or install Keras 3 beside it."
        yield Evidence("keras-version", "fails", written, fact, advice)
        return
    if artifact.format == "Keras archive" and _key(version) < _key(_FIRST_WITH_ARCHIVE):
        fact = f"TensorFlow {_FIRST_WITH_ARCHIVE} is the first that reads .keras archives."
        yield Evidence("keras-format", "fails", artifact.format, fact)
        return
    if _key(written) > _key(version):
        fact = f"A newer Keras, {written}, wrote it; TensorFlow {version} brings an older one."
        yield Evidence("keras-newer", "unknown", written, fact, "Try it: most of it is the same.")
    config = find_config(artifact)
    if config is None:
        yield from _keras_file(artifact)
    else:
        found = (one for one in iter_objects(config) if one.sort != "gone")
        yield from check_objects(list(found))


def _key(version: str) -> tuple[int, ...]:
    parts = version.split(".")[:2]
    return tuple(int(part) for part in parts) if all(map(str.isdigit, parts)) else ()
