"""The restore doctor: chooses the way to restore, plays it through and puts the result together."""

from __future__ import annotations

from tensorboard_plugin_modelinspect.analyses.restore import keras, names
from tensorboard_plugin_modelinspect.analyses.restore.attach import Trial, try_attachments
from tensorboard_plugin_modelinspect.analyses.restore.found import Found
from tensorboard_plugin_modelinspect.analyses.restore.graph import graph_of
from tensorboard_plugin_modelinspect.analyses.restore.objects import (
    assert_consumed,
    assert_existing_objects_matched,
)
from tensorboard_plugin_modelinspect.analyses.restore.result import (
    Failure,
    Method,
    Options,
    RestoreCheck,
)
from tensorboard_plugin_modelinspect.analyses.restore.rows import make_rows
from tensorboard_plugin_modelinspect.analyses.restore.snippets import (
    call_of,
    make_snippets,
)
from tensorboard_plugin_modelinspect.analyses.restore.tracing import trace
from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.model.artifact import Artifact

PLAIN = Options()
"""Nothing asked for: what fits best."""
_LEGACY = "legacy Keras HDF5"


def check_restore(checkpoint: Artifact, target: Artifact, options: Options = PLAIN) -> RestoreCheck:
    """Say what restoring a checkpoint into a target would do.

    Args:
        checkpoint: Where values come from.
        target: An artifact of what is restored: its variables and how they are held.
        options: How the restore is called.

    Raises:
        BadRequest: The options fit neither the two artifacts nor each other.

    Cost: linear in objects, edges and variables; reads no values.
    """
    method, why = _choose(checkpoint, target, options)
    if method == "object":
        return _check_objects(checkpoint, target, options, why)
    found = _readable(checkpoint, _find(method, checkpoint, target, options))
    rows = make_rows(checkpoint, target, found)
    result = RestoreCheck(
        checkpoint.path,
        target.path,
        method,
        call_of(method, checkpoint, target, options) if found.has_call else "",
        why,
        rows,
        failure=found.failure,
        assert_consumed=found.status,
        assert_existing_objects_matched=found.status,
        notes=(*found.notes, *_notes(checkpoint, target)),
    )
    return make_snippets(result, checkpoint, target, options)


def _check_objects(
    checkpoint: Artifact, target: Artifact, options: Options, why: str
) -> RestoreCheck:
    graphs = graph_of(checkpoint), graph_of(target, without_counter=options.read)
    if options.attach and graphs[0].find(options.attach) is None:
        raise BadRequest(
            f"{checkpoint.path}: has no object at {options.attach}. Its objects are listed by"
            " `modelinspect inspect`."
        )
    trials = try_attachments(*graphs, options.attach)
    best = trials[0]
    found = _readable(checkpoint, trace(best.bound, read=options.read))
    result = RestoreCheck(
        checkpoint.path,
        target.path,
        "object",
        call_of("object", checkpoint, target, options, best.bound),
        why,
        make_rows(checkpoint, target, found, graphs[0].never_restored),
        attachment=best.attachment,
        attachments=tuple(trial.attachment for trial in _plain_first(trials)),
        failure=found.failure,
        assert_consumed=None if found.failure else assert_consumed(best.bound, read=options.read),
        assert_existing_objects_matched=None
        if found.failure
        else assert_existing_objects_matched(best.bound, read=options.read),
        notes=(*found.notes, *_notes(checkpoint, target)),
    )
    return make_snippets(result, checkpoint, target, options, best.bound)


def _plain_first(trials: list[Trial]) -> list[Trial]:
    return sorted(trials, key=lambda trial: not trial.attachment.is_plain)


def _choose(checkpoint: Artifact, target: Artifact, options: Options) -> tuple[Method, str]:
    """The way that fits the two artifacts, and why."""
    able = possible_methods(checkpoint, target)
    method = next(iter(able)) if options.method is None else options.method
    if method not in able:
        raise BadRequest(f"--method {method}: {_why_not(method, checkpoint, target)}")
    if options.by_name and method != "keras_h5":
        raise BadRequest("by_name is of legacy HDF5 alone: Keras refuses it for other files.")
    if options.skip_mismatch and not method.startswith("keras"):
        raise BadRequest("skip_mismatch is of Keras' `load_weights` alone.")
    if options.var_list is not None and (method != "name" or has_objects(target)):
        raise BadRequest("var_list is of a TF1 `Saver` alone.")
    if (options.attach is not None or options.read) and method != "object":
        raise BadRequest("attach and read are of restores along the object graph alone.")
    return method, able[method]


def possible_methods(checkpoint: Artifact, target: Artifact) -> dict[Method, str]:
    """The ways that two artifacts can be restored, the best first, and why each."""
    able: dict[Method, str] = {}
    if has_objects(checkpoint) and has_objects(target):
        able["object"] = "Both sides have an object graph."
    if checkpoint.format.startswith(_LEGACY) and target.model_layers:
        able["keras_h5"] = "The weights are in legacy HDF5, layer by layer."
    if checkpoint.layers and target.layers:
        able["keras_weights"] = "The weights lie at the paths of their layers, as Keras 3 does it."
    able["name"] = _why_by_name(checkpoint, target)
    return able


def _why_by_name(checkpoint: Artifact, target: Artifact) -> str:
    if not _is_tensorflow(checkpoint) or not _is_tensorflow(target):
        return "The two are of different libraries: only names can be compared."
    if has_objects(target):
        return "The checkpoint has no object graph: TensorFlow goes by the names of variables."
    if has_objects(checkpoint):
        return "The target has no object graph: a `Saver` goes by the names of variables."
    return "Neither side has an object graph: a `Saver` goes by the names of variables."


def _why_not(method: Method, checkpoint: Artifact, target: Artifact) -> str:
    if method == "object":
        side = target if has_objects(checkpoint) else checkpoint
        return f"{side.path} has no object graph."
    if method == "keras_h5":
        side = target if checkpoint.format.startswith(_LEGACY) else checkpoint
        return f"the layers of {side.path} are not known as legacy HDF5 has them."
    side = target if checkpoint.layers else checkpoint
    return f"{side.path} has no layers at paths, as weight files of Keras 3 have."


def has_objects(artifact: Artifact) -> bool:
    """Whether it has a checkpoint with an object graph."""
    return artifact.objects is not None and len(artifact.objects.trackables) > 0


def _is_tensorflow(artifact: Artifact) -> bool:
    return artifact.kind not in ("keras", "h5", "graph_def")


def _find(method: Method, checkpoint: Artifact, target: Artifact, options: Options) -> Found:
    if method == "keras_weights":
        return keras.load_by_path(checkpoint, target, skip_mismatch=options.skip_mismatch)
    if method == "keras_h5":
        load = keras.load_by_name if options.by_name else keras.load_by_topology
        return load(checkpoint, target, skip_mismatch=options.skip_mismatch)
    if not _is_tensorflow(checkpoint) or not _is_tensorflow(target):
        return names.pair_by_name(checkpoint, target)
    if has_objects(target):
        if has_objects(checkpoint):
            return names.pair_by_name(checkpoint, target)
        return names.load_into_objects(checkpoint, target)
    return names.load_by_saver(checkpoint, target, options.var_list)


def _readable(checkpoint: Artifact, found: Found) -> Found:
    """What was found; nothing is restored if a data file is missing, which the restore may need."""
    lost = [file.name for file in checkpoint.files if file.nbytes is None and ".data-" in file.name]
    if lost:
        found.restored = frozenset()
        found.failure = Failure("NotFoundError", f"{lost[0]}; No such file or directory")
    return found


def _notes(checkpoint: Artifact, target: Artifact) -> list[str]:
    """What is wrong with the artifacts themselves."""
    return [
        *(f"Checkpoint: {note}" for note in checkpoint.notes),
        *(f"Target: {note}" for note in target.notes),
    ]
