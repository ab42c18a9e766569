"""SavedModel folders: `saved_model.pb` or `.pbtxt`, variables, assets, fingerprint.

tensorflow/core/protobuf/{saved_model, meta_graph, saved_object_graph}.proto and
tensorflow/cc/saved_model/README.md. Nothing is loaded or run: the protobuf is parsed and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from tensorboard_plugin_modelinspect.codecs.protos import (
    LARGEST_MESSAGE,
    asset_class,
    message_class,
    parse_message,
    parse_text_message,
    variable_class,
)
from tensorboard_plugin_modelinspect.errors import (
    FormatError,
    LimitExceeded,
    ModelInspectError,
    NotFound,
    Unsupported,
)
from tensorboard_plugin_modelinspect.formats.checkpoint import OpenBundle, name_tensors
from tensorboard_plugin_modelinspect.formats.lfs import refuse_lfs_pointer
from tensorboard_plugin_modelinspect.formats.object_graph import saved_tree
from tensorboard_plugin_modelinspect.model.artifact import (
    Artifact,
    Collection,
    FileInfo,
    Fingerprint,
    FunctionSummary,
    MetaGraph,
)
from tensorboard_plugin_modelinspect.model.dtype import dtype_of
from tensorboard_plugin_modelinspect.model.objects import ObjectTree
from tensorboard_plugin_modelinspect.model.signature import Shape, Signature, TensorSpec
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.sources.base import Folder, shown_path

BINARY, TEXT, CHUNKED = "saved_model.pb", "saved_model.pbtxt", "saved_model.cpb"
FINGERPRINT = "fingerprint.pb"
VARIABLES = "variables/variables"
SUB_FOLDERS = ("variables", "assets", "assets.extra", "debug")
_MOST_FILES_LISTED = 1000


def read_saved_model(folder: Folder) -> Any:
    """Parse the folder's `SavedModel` message; binary is preferred, as TensorFlow does.

    Raises:
        NotFound: There is none.
        FormatError: It is empty, damaged, larger than a protobuf can be, or holds no MetaGraph.
        Unsupported: Only a chunked `saved_model.cpb` is there.
    """
    name = next((name for name in (BINARY, TEXT) if folder.stat(name) is not None), None)
    if name is None:
        if folder.stat(CHUNKED) is not None:
            raise Unsupported(f"{folder.name}/{CHUNKED}: the chunked form cannot be read yet.")
        raise NotFound(f"{folder.name}: no {BINARY} or {TEXT} in this folder.")
    source = folder.open(name)
    try:
        refuse_lfs_pointer(source)
        if source.nbytes == 0:
            raise FormatError(path=source.name, expected="a SavedModel", found="an empty file")
        if source.nbytes > LARGEST_MESSAGE:
            found = f"{source.nbytes:,} bytes"
            raise LimitExceeded(path=source.name, expected="under 2 GiB", found=found)
        data = source.read(0, source.nbytes)
    finally:
        source.close()
    saved_model_class = message_class("SavedModel")
    if name == BINARY:
        proto = parse_message(saved_model_class, data, path=source.name)
    else:
        proto = parse_text_message(saved_model_class, data, path=source.name)
    if not proto.meta_graphs:
        raise FormatError(
            path=source.name,
            expected="at least one MetaGraph",
            found=f"none in {len(data)} bytes",
            next_step="The export was not finished, or the file is no SavedModel: export it again.",
        )
    return proto


def open_saved_model(folder: Folder) -> Artifact:
    """Open a SavedModel folder.

    Raises:
        NotFound: No SavedModel in it.
        FormatError: Its protobuf is damaged. Damaged or missing variables are notes, not errors.

    Cost: reads the protobuf and the variables' index; no weights.
    """
    proto = read_saved_model(folder)
    meta_graphs = tuple(_meta_graph(meta_graph) for meta_graph in proto.meta_graphs)
    # A graph of TF2 writes just one MetaGraph; TF1's share one set of variables.
    first = proto.meta_graphs[0]
    saved = first.object_graph_def if first.HasField("object_graph_def") else None
    notes: list[str] = []
    tensors: dict[str, Tensor] = {}
    variable_files: tuple[FileInfo, ...] = ()
    objects = None
    try:
        bundle = OpenBundle(folder, VARIABLES)
        names = name_tensors(bundle, saved, _trainable_names(proto))
        objects = names.objects
        tensors, variable_files = bundle.tensors(names.naming), bundle.files()
        problem = bundle.problem()
        notes += [problem.message] if problem else []
        notes += names.notes
    except NotFound:
        if needs_variables(proto):
            notes.append(missing_variables(folder).message)
    except ModelInspectError as error:
        notes.append(error.message)
    if objects is None and saved is not None:
        objects = ObjectTree(saved_tree(saved, folder.name))
    fingerprint = _read_fingerprint(folder, notes)
    return Artifact(
        path=folder.name,
        kind="saved_model",
        files=(*variable_files, *_other_files(folder)),
        tensors=tensors,
        meta_graphs=meta_graphs,
        objects=objects,
        fingerprint=fingerprint,
        notes=tuple(notes),
    )


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


def _other_files(folder: Folder) -> Iterable[FileInfo]:
    """Files of the folder and of its known sub-folders, variables left out."""
    names = list(folder.names())
    for sub_folder in SUB_FOLDERS[1:]:
        if sub_folder in names:
            names += [f"{sub_folder}/{name}" for name in folder.names(sub_folder)]
    for name in names[:_MOST_FILES_LISTED]:
        try:
            stat = folder.stat(name)
        except FormatError:
            continue  # a link that leads outside is not part of the model
        if stat is not None:
            yield FileInfo(name, stat.nbytes)


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


def _trainable_names(proto: Any) -> set[str] | None:
    """Keys in TF1's `trainable_variables` collections; None if no graph lists variables."""
    names: set[str] = set()
    has_collection = False
    for graph in proto.meta_graphs:
        for collection in ("variables", "trainable_variables"):
            has_collection = has_collection or collection in graph.collection_def
        if "trainable_variables" not in graph.collection_def:
            continue
        for value in graph.collection_def["trainable_variables"].bytes_list.value:
            variable = parse_message(variable_class(), value, path=BINARY, field="a variable")
            full_name = variable.save_slice_info_def.full_name
            names.add(full_name or variable.variable_name.removesuffix(":0"))
    return names if has_collection else None


def _meta_graph(proto: Any) -> MetaGraph:
    info = proto.meta_info_def
    graph = proto.graph_def
    ops = Counter(node.op for node in graph.node)
    functions = []
    for function in graph.library.function:
        ops.update(node.op for node in function.node_def)
        functions.append(FunctionSummary(function.signature.name, len(function.node_def)))
    return MetaGraph(
        tags=tuple(sorted(info.tags)),
        tensorflow_version=info.tensorflow_version,
        producer=graph.versions.producer,
        min_consumer=graph.versions.min_consumer,
        signatures=tuple(
            _signature(key, proto.signature_def[key]) for key in sorted(proto.signature_def)
        ),
        node_count=len(graph.node),
        functions=tuple(sorted(functions, key=lambda function: function.name)),
        ops=dict(ops),
        collections=tuple(
            _collection(name, proto.collection_def[name]) for name in sorted(proto.collection_def)
        ),
        assets=_assets(proto),
        has_object_graph=proto.HasField("object_graph_def"),
    )


def _assets(proto: Any) -> tuple[tuple[str, str], ...]:
    """`(file name, tensor)`: from `asset_file_def` (TF2), else TF1's collection."""
    definitions = list(proto.asset_file_def)
    if not definitions and "saved_model_assets" in proto.collection_def:
        definitions = [
            parse_message(asset_class(), packed.value, path=BINARY, field="an asset")
            for packed in proto.collection_def["saved_model_assets"].any_list.value
        ]
    return tuple(sorted((asset.filename, asset.tensor_info.name) for asset in definitions))


def _collection(name: str, proto: Any) -> Collection:
    kind = proto.WhichOneof("kind") or "empty"
    size = len(getattr(proto, kind).value) if kind != "empty" else 0
    return Collection(name, kind, size)


def _signature(key: str, proto: Any) -> Signature:
    defaults = set(proto.defaults) if "defaults" in proto.DESCRIPTOR.fields_by_name else set()
    return Signature(
        key,
        proto.method_name,
        tuple(
            _spec(name, proto.inputs[name], has_default=name in defaults)
            for name in sorted(proto.inputs)
        ),
        tuple(
            _spec(name, proto.outputs[name], has_default=False) for name in sorted(proto.outputs)
        ),
    )


def _spec(key: str, info: Any, *, has_default: bool) -> TensorSpec:
    dtype, shape = dtype_of(info.dtype), _shape(info.tensor_shape)
    encoding = info.WhichOneof("encoding")
    if encoding == "coo_sparse":
        sparse = info.coo_sparse
        names = (
            sparse.values_tensor_name,
            sparse.indices_tensor_name,
            sparse.dense_shape_tensor_name,
        )
        return TensorSpec(key, dtype, shape, ", ".join(names), "sparse", has_default)
    if encoding == "composite_tensor":
        names = tuple(component.name for component in info.composite_tensor.components)
        return TensorSpec(key, dtype, shape, ", ".join(names), "composite", has_default)
    return TensorSpec(key, dtype, shape, info.name, "dense", has_default)


def _shape(proto: Any) -> Shape:
    if proto.unknown_rank:
        return None
    return tuple(None if dim.size < 0 else dim.size for dim in proto.dim)
