"""SavedModel folders: `saved_model.pb` or `.pbtxt`, variables, assets, fingerprint.

tensorflow/core/protobuf/{saved_model, meta_graph, saved_object_graph}.proto and
tensorflow/cc/saved_model/README.md. Nothing is loaded or run: the protobuf is parsed and counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tensorboard_plugin_modelinspect.codecs.protos import message_class, parse_message
from tensorboard_plugin_modelinspect.errors import FormatError, ModelInspectError, NotFound
from tensorboard_plugin_modelinspect.formats.checkpoint import OpenBundle, name_tensors
from tensorboard_plugin_modelinspect.formats.graphs.handle import folder_graphs
from tensorboard_plugin_modelinspect.formats.keras.metadata import (
    KERAS_METADATA,
    read_keras_metadata,
)
from tensorboard_plugin_modelinspect.formats.meta_graph import describe_meta_graph, has_assets
from tensorboard_plugin_modelinspect.formats.object_graph import saved_tree
from tensorboard_plugin_modelinspect.formats.reader import Candidate, Check, Reader
from tensorboard_plugin_modelinspect.formats.saved_files import (
    SUB_FOLDERS,
    list_files,
    missing_asset,
    missing_assets,
    reads_assets_at_load,
)
from tensorboard_plugin_modelinspect.formats.saved_model_file import (
    BINARY,
    GRAPHS,
    graph_name,
    read_saved_model,
)
from tensorboard_plugin_modelinspect.formats.saver_graph import read_graph_names
from tensorboard_plugin_modelinspect.model.artifact import (
    Artifact,
    Document,
    FileInfo,
    Fingerprint,
    StoredSlice,
)
from tensorboard_plugin_modelinspect.model.objects import ObjectTree
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.sources.base import Folder, shown_path
from tensorboard_plugin_modelinspect.sources.walk import Listing

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.model.graph import Graphs

FINGERPRINT = "fingerprint.pb"
_HUB_MODULE, _HUB_FORMAT = "tfhub_module.pb", b"\x08\x03"
"""Beside the SavedModel of a TF-Hub module of TF1: `ModuleDef` with `format` 3, the only one there
is (tensorflow_hub/module_def.proto)."""
VARIABLES = "variables/variables"
_MOST_NOTED = 3
"""Missing assets that are named in notes."""
_PARSED_ON_CHECK = 16 << 20
"""A larger SavedModel is parsed when it is opened, not when it is found."""


def open_saved_model(folder: Folder) -> Artifact:
    """Open a SavedModel folder.

    Raises:
        NotFound: No SavedModel in it.
        FormatError: Its protobuf is damaged. Damaged or missing variables are notes, not errors.

    Cost: reads the protobuf and the variables' index; no weights.
    """
    proto = read_saved_model(folder)
    name = graph_name(folder) or BINARY
    path = shown_path(folder.name, name)
    meta_graphs = tuple(describe_meta_graph(meta_graph, path) for meta_graph in proto.meta_graphs)
    # A graph of TF2 writes just one MetaGraph; TF1's share one set of variables.
    first = proto.meta_graphs[0]
    saved = first.object_graph_def if first.HasField("object_graph_def") else None
    notes: list[str] = []
    tensors: dict[str, Tensor] = {}
    variable_files: tuple[FileInfo, ...] = ()
    slices: tuple[StoredSlice, ...] = ()
    objects = None
    try:
        bundle = OpenBundle(folder, VARIABLES)
        graph_names = read_graph_names(proto.meta_graphs, path, bundle.index.entries)
        names = name_tensors(bundle, saved, graph_names)
        objects = names.objects
        tensors, variable_files = bundle.tensors(names.naming), bundle.files()
        slices = bundle.index.slices
        problem = bundle.problem()
        notes += [problem.message] if problem else []
        notes += names.notes
    except NotFound:
        if needs_variables(proto):
            notes.append(missing_variables(folder).message)
    except ModelInspectError as error:
        notes.append(error.message)
    if objects is None and saved is not None:
        objects = ObjectTree(saved_tree(saved, path))
    missing = missing_assets(folder, meta_graphs)
    needs_assets = reads_assets_at_load(meta_graphs)
    notes += [
        missing_asset(folder, file.name, is_needed=needs_assets).message
        for file in missing[:_MOST_NOTED]
    ]
    fingerprint = _read_fingerprint(folder, notes)
    documents = read_keras_metadata(folder, saved, notes)
    return Artifact(
        path=folder.name,
        kind="saved_model",
        files=(*variable_files, *list_files(folder), *missing),
        tensors=tensors,
        meta_graphs=meta_graphs,
        objects=objects,
        fingerprint=fingerprint,
        notes=tuple(notes),
        format="TF-Hub module" if _is_hub_module(folder) else "",
        slices=slices,
        documents=documents,
        graphs=folder_graphs(
            folder, name, "SavedModel", is_text=name != BINARY, add=_layers_of(documents)
        ),
    )


def _layers_of(documents: tuple[Document, ...]) -> Callable[[Graphs], Graphs] | None:
    """Adds the layers of a Keras model to its graphs, if its metadata tells of them."""
    if not documents:
        return None

    def add(graphs: Graphs) -> Graphs:
        from tensorboard_plugin_modelinspect.formats.keras.dataflow import add_layers

        return add_layers(graphs, documents)

    return add


def needs_variables(proto: Any) -> bool:
    """Whether TensorFlow looks for variables: always with an object graph, else with a saver."""
    return any(
        graph.HasField("object_graph_def") or bool(graph.saver_def.restore_op_name)
        for graph in proto.meta_graphs
    )


def missing_variables(folder: Folder) -> FormatError:
    """The error that a SavedModel without its variables gives."""
    return FormatError(
        path=shown_path(folder.name, f"{VARIABLES}.index"),
        expected="the variables the graph restores",
        found="no such file",
        next_step="Copy the folder `variables` too: TensorFlow cannot load the model without it.",
    )


def _read_fingerprint(folder: Folder, notes: list[str]) -> Fingerprint | None:
    try:
        source = folder.open(FINGERPRINT)
    except ModelInspectError:
        return None
    try:
        data = source.read(0, min(source.nbytes, 1 << 16))
        proto = parse_message(message_class("FingerprintDef"), data, path=source.name)
    except FormatError as error:
        notes.append(error.message)
        return None
    finally:
        source.close()
    return Fingerprint(
        proto.saved_model_checksum,
        proto.graph_def_program_hash,
        proto.signature_def_hash,
        proto.saved_object_graph_hash,
        proto.checkpoint_hash,
        proto.uuid,
    )


def _is_hub_module(folder: Folder) -> bool:
    try:
        source = folder.open(_HUB_MODULE)
        try:
            return source.read(0, len(_HUB_FORMAT)) == _HUB_FORMAT
        finally:
            source.close()
    except ModelInspectError:
        return False  # there is none, or it is cut short


def _recognise(listing: Listing) -> list[Candidate]:
    if not any(name in listing.files for name in GRAPHS):
        return []
    files = {
        name: stat
        for name, stat in listing.files.items()
        if name in GRAPHS or name in (FINGERPRINT, KERAS_METADATA)
    }
    owns = frozenset(SUB_FOLDERS).intersection(listing.folders)
    watch = ("variables",) if "variables" in owns else ()
    return [Candidate("saved_model", "saved_model", "", files, owns, watch)]


def _claim(folder: Folder, name: str) -> Candidate | None:
    if name not in GRAPHS or folder.stat(name) is None:
        return None
    names = folder.names()
    stats = {one: folder.stat(one) for one in (*GRAPHS, FINGERPRINT, KERAS_METADATA)}
    files = {one: stat for one, stat in stats.items() if stat is not None}
    owns = frozenset(SUB_FOLDERS).intersection(names)
    watch = ("variables",) if "variables" in owns else ()
    return Candidate("saved_model", "saved_model", "", files, owns, watch)


def _check(folder: Folder, candidate: Candidate, _: float) -> Check | None:
    needs = True
    has_variables = f"{VARIABLES}.index" in candidate.files
    nbytes = max(
        (stat.nbytes for name, stat in candidate.files.items() if name.startswith("saved_model.")),
        default=0,
    )
    lost = None
    if nbytes <= _PARSED_ON_CHECK:
        proto = read_saved_model(folder)
        needs = needs_variables(proto)
        lost = _lost_asset(folder, proto)
    if has_variables:
        problem = OpenBundle(folder, VARIABLES).problem()
        if problem is not None:
            return Check("partial", problem.message, None)
    elif needs:
        return Check("partial", missing_variables(folder).message, None)
    return Check("complete", "", None) if lost is None else Check("partial", lost.message, None)


def _lost_asset(folder: Folder, proto: Any) -> FormatError | None:
    """The first asset that is missing, if the model cannot be loaded without it."""
    if not any(has_assets(graph) for graph in proto.meta_graphs):
        return None
    graphs = [describe_meta_graph(graph, BINARY) for graph in proto.meta_graphs]
    missing = missing_assets(folder, graphs) if reads_assets_at_load(graphs) else []
    return missing_asset(folder, missing[0].name, is_needed=True) if missing else None


READER = Reader(
    "saved_model", _recognise, _claim, _check, lambda folder, _: open_saved_model(folder)
)
