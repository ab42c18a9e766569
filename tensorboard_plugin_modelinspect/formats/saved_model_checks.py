"""What can be verified of a SavedModel: its protobuf, variables, assets and fingerprint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tensorboard_plugin_modelinspect.codecs.farmhash import fingerprint64
from tensorboard_plugin_modelinspect.codecs.protos import message_class, parse_message
from tensorboard_plugin_modelinspect.errors import BadChecksum, FormatError, ModelInspectError
from tensorboard_plugin_modelinspect.formats.bundle_checks import plan_bundle
from tensorboard_plugin_modelinspect.formats.checkpoint_checks import plan_leftovers
from tensorboard_plugin_modelinspect.formats.meta_graph import describe_meta_graph
from tensorboard_plugin_modelinspect.formats.reader import Candidate
from tensorboard_plugin_modelinspect.formats.saved_model import (
    FINGERPRINT,
    GRAPHS,
    VARIABLES,
    missing_variables,
    needs_variables,
    read_saved_model,
)
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
    """The steps for a SavedModel. Cost: parses its protobuf, reads the index of its variables."""
    error: ModelInspectError | None = None
    assets: Sequence[str] = ()
    needs = False
    try:
        proto = read_saved_model(folder)
        assets, needs = _assets(proto), needs_variables(proto)
    except ModelInspectError as raised:
        error = raised
    steps = [_plan_graph(folder, error)]
    if assets:
        steps.append(Step("assets", "Assets", len(assets), "file", 0,
                          lambda: _iter_assets(folder, assets)))  # fmt: skip
    if folder.stat(_INDEX) is not None:
        steps += [*plan_bundle(folder, VARIABLES), plan_leftovers(folder, VARIABLES)]
    elif needs:
        missing = problem(missing_variables(folder))
        steps.append(Step("index", "Index", 0, "block", 0, lambda: iter([missing])))
    if folder.stat(FINGERPRINT) is not None:
        steps.append(_plan_fingerprint(folder))
    return steps


def _assets(proto: Any) -> Sequence[str]:
    """Names of asset files below `assets/`, each once."""
    graphs = [describe_meta_graph(graph, "") for graph in proto.meta_graphs]
    return list(dict.fromkeys(name for graph in graphs for name, _ in graph.assets))


def _plan_graph(folder: Folder, error: ModelInspectError | None) -> Step:
    """The step for the protobuf, which planning has parsed: it has no checksum to compare."""
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
