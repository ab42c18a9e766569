"""What can be verified of a SavedModel: its protobuf, variables, assets and fingerprint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from tensorboard_plugin_modelinspect.codecs.farmhash import fingerprint64
from tensorboard_plugin_modelinspect.codecs.protos import message_class, parse_message
from tensorboard_plugin_modelinspect.errors import BadChecksum, FormatError, ModelInspectError
from tensorboard_plugin_modelinspect.formats.bundle_checks import plan_bundle
from tensorboard_plugin_modelinspect.formats.checkpoint_checks import plan_leftovers
from tensorboard_plugin_modelinspect.formats.reader import Candidate
from tensorboard_plugin_modelinspect.formats.saved_model import (
    FINGERPRINT,
    VARIABLES,
    missing_variables,
    open_saved_model,
)
from tensorboard_plugin_modelinspect.formats.saved_model_file import GRAPHS
from tensorboard_plugin_modelinspect.model.integrity import Finding, Step, fact, problem
from tensorboard_plugin_modelinspect.sources.base import Folder, shown_path

_INDEX = f"{VARIABLES}.index"
_LARGEST_FINGERPRINT = 1 << 16
_LARGEST_INDEX = 1 << 31
_OTHER_HASHES = (
    "saved_model_checksum",
    "graph_def_program_hash",
    "signature_def_hash",
    "saved_object_graph_hash",
)


def plan_saved_model(folder: Folder, _: Candidate) -> list[Step]:
    """The steps for a SavedModel. Cost: opens it, which reads no weights."""
    error: ModelInspectError | None = None
    assets: Sequence[str] = ()
    missing = missing_variables(folder)
    needs = False
    try:
        artifact = open_saved_model(folder)
        assets = list(dict.fromkeys(name for one in artifact.meta_graphs for name, _ in one.assets))
        needs = missing.message in artifact.notes
    except ModelInspectError as raised:
        error = raised
    steps = [_plan_graph(folder, error)]
    if assets:
        run = partial(_iter_assets, folder, assets)
        steps.append(Step("assets", "Assets", len(assets), "file", 0, run))
    if folder.stat(_INDEX) is not None:
        steps += [*plan_bundle(folder, VARIABLES), plan_leftovers(folder, VARIABLES)]
    elif needs:
        steps.append(Step("index", "Index", 0, "block", 0, lambda: iter([problem(missing)])))
    if folder.stat(FINGERPRINT) is not None:
        steps.append(_plan_fingerprint(folder))
    return steps


def _plan_graph(folder: Folder, error: ModelInspectError | None) -> Step:
    """The step for the protobuf, which planning has read: it has no checksum to compare."""
    sizes = [stat.nbytes for stat in map(folder.stat, GRAPHS) if stat is not None]

    def run() -> Iterator[int | Finding]:
        if error is not None:
            raise error
        yield sizes[0]

    return Step("graph", "Graph parses", 1, "file", sum(sizes[:1]), run)


def _iter_assets(folder: Folder, names: Sequence[str]) -> Iterator[int | Finding]:
    for name in names:
        try:
            is_there = folder.stat(f"assets/{name}") is not None
        except FormatError as error:  # a name that leads outside
            yield problem(error)
            continue
        if not is_there:
            yield problem(
                FormatError(
                    path=shown_path(folder.name, f"assets/{name}"),
                    expected="a file that the graph reads",
                    found="no such file",
                    next_step="Copy the folder `assets` too.",
                )
            )


def _plan_fingerprint(folder: Folder) -> Step:
    """The step for `fingerprint.pb`: of its hashes the one of the variables' index."""
    stat = folder.stat(_INDEX)
    nbytes = 0 if stat is None else stat.nbytes
    return Step("fingerprint", "Fingerprint", 1, "hash", nbytes, lambda: _iter_fingerprint(folder))


def _iter_fingerprint(folder: Folder) -> Iterator[int | Finding]:
    path = shown_path(folder.name, FINGERPRINT)
    data = _read(folder, FINGERPRINT, _LARGEST_FINGERPRINT)
    declared = parse_message(message_class("FingerprintDef"), data, path=path).checkpoint_hash
    has_index = folder.stat(_INDEX) is not None
    found = 0  # without an index (HashCheckpointIndexFile in fingerprinting_utils.cc)
    if has_index:
        index = _read(folder, _INDEX, _LARGEST_INDEX)
        found = fingerprint64(index)
        yield len(index)
    if declared != found:
        yield problem(
            BadChecksum(
                path=shown_path(folder.name, _INDEX),
                expected=f"the hash {declared} that {FINGERPRINT} holds",
                found=str(found) if has_index else "no such file",
                next_step="The variables are not those of this export: copy or export it again.",
            )
        )
    names = ", ".join(_OTHER_HASHES)
    yield fact(path, f"{names} not recomputed: that needs TensorFlow's own form of the graph")


def _read(folder: Folder, name: str, limit: int) -> bytes:
    source = folder.open(name)
    try:
        return source.read(0, min(source.nbytes, limit))
    finally:
        source.close()
