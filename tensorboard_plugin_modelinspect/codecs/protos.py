"""Protobuf messages, made when first used; nothing here needs TensorFlow.

TensorBoard ships most of TensorFlow's messages (package `tensorboard`) but not SavedModel, the
tensor bundle's, CheckpointState and FingerprintDef. Those are declared here, under a package of our
own: declaring a `tensorflow.*` symbol a second time would break a process that also imports
TensorFlow. Field numbers are those of tensorflow/core/protobuf/{saved_model, tensor_bundle,
fingerprint}.proto, tensorflow/core/framework/{tensor_slice, versions, tensor_shape}.proto,
tensorflow/core/util/saved_tensor_slice.proto, tensorflow/python/training/checkpoint_state.proto and
tensorflow/contrib/session_bundle/manifest.proto (of TensorFlow 1).
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

from tensorboard_plugin_modelinspect.errors import FormatError, LimitExceeded

_PACKAGE = "modelinspect"
LARGEST_MESSAGE = (1 << 31) - 1
"""Protobuf's own limit on a message, in bytes."""


class Field(NamedTuple):
    """A field of a message: `type` is a scalar's name or a message's full name."""

    name: str
    number: int
    type: str
    is_repeated: bool = False


# `shape` and `slices` stay bytes: a submessage and a byte string look the same on the wire, and a
# hundred thousand entries share a few dozen shapes, which are parsed once each.
_BUNDLE = {
    "VersionDef": [
        Field("producer", 1, "int32"),
        Field("min_consumer", 2, "int32"),
        Field("bad_consumers", 3, "int32", True),
    ],
    "BundleHeaderProto": [
        Field("num_shards", 1, "int32"),
        Field("endianness", 2, "int32"),
        Field("version", 3, f".{_PACKAGE}.VersionDef"),
    ],
    "BundleEntryProto": [
        Field("dtype", 1, "int32"),
        Field("shape", 2, "bytes"),
        Field("shard_id", 3, "int32"),
        Field("offset", 4, "int64"),
        Field("size", 5, "int64"),
        Field("crc32c", 6, "fixed32"),
        Field("slices", 7, "bytes", True),
    ],
    "Dim": [Field("size", 1, "int64"), Field("name", 2, "string")],
    "TensorShapeProto": [
        Field("dim", 2, f".{_PACKAGE}.Dim", True),
        Field("unknown_rank", 3, "bool"),
    ],
    "Extent": [Field("start", 1, "int64"), Field("length", 2, "int64")],
    "TensorSliceProto": [Field("extent", 1, f".{_PACKAGE}.Extent", True)],
    # Of checkpoints V1. Field 2 of SavedTensorSlices, the values, is never parsed as a message.
    "SavedTensorSlices": [Field("meta", 1, f".{_PACKAGE}.SavedTensorSliceMeta")],
    "SavedTensorSliceMeta": [
        Field("tensor", 1, f".{_PACKAGE}.SavedSliceMeta", True),
        Field("versions", 2, f".{_PACKAGE}.VersionDef"),
    ],
    "SavedSliceMeta": [
        Field("name", 1, "bytes"),
        Field("shape", 2, f".{_PACKAGE}.TensorShapeProto"),
        Field("type", 3, "int32"),
        Field("slice", 4, f".{_PACKAGE}.TensorSliceProto", True),
    ],
}
_STATE = {
    "CheckpointState": [
        Field("model_checkpoint_path", 1, "string"),
        Field("all_model_checkpoint_paths", 2, "string", True),
        Field("all_model_checkpoint_timestamps", 3, "double", True),
        Field("last_preserved_timestamp", 4, "double"),
    ],
    "FingerprintDef": [
        Field("saved_model_checksum", 1, "uint64"),
        Field("graph_def_program_hash", 2, "uint64"),
        Field("signature_def_hash", 3, "uint64"),
        Field("saved_object_graph_hash", 4, "uint64"),
        Field("checkpoint_hash", 5, "uint64"),
        Field("uuid", 7, "string"),
    ],
}
# Of SessionBundle exports, which came before SavedModel.
_MANIFEST = {
    "Signatures": [
        Field("default_signature", 1, f".{_PACKAGE}.Signature"),
        Field("named_signatures", 2, f".{_PACKAGE}.NamedSignature", True),
    ],
    "NamedSignature": [Field("key", 1, "string"), Field("value", 2, f".{_PACKAGE}.Signature")],
    "TensorBinding": [Field("tensor_name", 1, "string")],
    "AssetFile": [
        Field("tensor_binding", 1, f".{_PACKAGE}.TensorBinding"),
        Field("filename", 2, "string"),
    ],
    "Signature": [
        Field("regression_signature", 1, f".{_PACKAGE}.RegressionSignature"),
        Field("classification_signature", 2, f".{_PACKAGE}.ClassificationSignature"),
        Field("generic_signature", 3, f".{_PACKAGE}.GenericSignature"),
    ],
    "RegressionSignature": [
        Field("input", 1, f".{_PACKAGE}.TensorBinding"),
        Field("output", 2, f".{_PACKAGE}.TensorBinding"),
    ],
    "ClassificationSignature": [
        Field("input", 1, f".{_PACKAGE}.TensorBinding"),
        Field("classes", 2, f".{_PACKAGE}.TensorBinding"),
        Field("scores", 3, f".{_PACKAGE}.TensorBinding"),
    ],
    # A map is stored as a list of pairs.
    "GenericSignature": [Field("map", 1, f".{_PACKAGE}.NamedBinding", True)],
    "NamedBinding": [Field("key", 1, "string"), Field("value", 2, f".{_PACKAGE}.TensorBinding")],
}
_KERAS = {
    "KerasObject": [
        Field("node_id", 2, "int32"),
        Field("node_path", 3, "string"),
        Field("identifier", 4, "string"),
        Field("metadata", 5, "string"),
    ],
    "KerasMetadata": [Field("nodes", 1, f".{_PACKAGE}.KerasObject", True)],
}
"""`SavedObject` and `SavedMetadata` of tf_keras/protobuf/saved_metadata.proto."""
# tensorflow/core/example/{feature, example}.proto; a map is stored as a list of pairs.
_EXAMPLE = {
    "Example": [Field("features", 1, f".{_PACKAGE}.Features")],
    "Features": [Field("feature", 1, f".{_PACKAGE}.NamedFeature", True)],
    "NamedFeature": [Field("key", 1, "string"), Field("value", 2, f".{_PACKAGE}.Feature")],
    "Feature": [
        Field("bytes_list", 1, f".{_PACKAGE}.BytesList"),
        Field("float_list", 2, f".{_PACKAGE}.FloatList"),
        Field("int64_list", 3, f".{_PACKAGE}.Int64List"),
    ],
    "BytesList": [Field("value", 1, "bytes", True)],
    "FloatList": [Field("value", 1, "float", True)],
    "Int64List": [Field("value", 1, "int64", True)],
}
_SAVED_MODEL = {
    "SavedModel": [
        Field("saved_model_schema_version", 1, "int64"),
        Field("meta_graphs", 2, ".tensorboard.MetaGraphDef", True),
    ],
}


def _register(
    name: str, messages: dict[str, list[Field]], imports: tuple[str, ...], *, syntax: str = "proto3"
) -> None:
    """Add a file with `messages` to the default pool."""
    from google.protobuf import descriptor_pb2, descriptor_pool

    file = descriptor_pb2.FileDescriptorProto(
        name=f"{_PACKAGE}/{name}.proto", package=_PACKAGE, syntax=syntax, dependency=imports
    )
    kinds = descriptor_pb2.FieldDescriptorProto
    for message_name, fields in messages.items():
        message = file.message_type.add(name=message_name)
        for field in fields:
            added = message.field.add(
                name=field.name,
                number=field.number,
                label=kinds.LABEL_REPEATED if field.is_repeated else kinds.LABEL_OPTIONAL,
            )
            if field.type.startswith("."):
                added.type, added.type_name = kinds.TYPE_MESSAGE, field.type
            else:
                added.type = getattr(kinds, f"TYPE_{field.type.upper()}")
    descriptor_pool.Default().AddSerializedFile(file.SerializeToString())


@functools.cache
def _registered(group: str) -> None:
    if group == "bundle":
        # proto2: whether an extent has a length is told by its presence.
        _register("bundle", _BUNDLE, (), syntax="proto2")
    elif group == "state":
        # proto3, as TensorFlow's own: text that is no UTF-8 is refused when it is parsed.
        _register("state", _STATE, ())
    elif group == "manifest":
        _register("manifest", _MANIFEST, ())
    elif group == "keras":
        _register("keras", _KERAS, ())
    elif group == "example":
        _register("example", _EXAMPLE, ())
    else:
        from tensorboard.compat.proto import meta_graph_pb2

        _register("saved_model", _SAVED_MODEL, (meta_graph_pb2.DESCRIPTOR.name,))


@functools.cache
def message_class(name: str) -> Any:
    """The class of a message declared here, e.g. `BundleEntryProto`."""
    from google.protobuf import descriptor_pool, message_factory

    groups = {
        "bundle": _BUNDLE,
        "state": _STATE,
        "manifest": _MANIFEST,
        "keras": _KERAS,
        "example": _EXAMPLE,
        "saved_model": _SAVED_MODEL,
    }
    _registered(next(group for group, messages in groups.items() if name in messages))
    descriptor = descriptor_pool.Default().FindMessageTypeByName(f"{_PACKAGE}.{name}")
    return message_factory.GetMessageClass(descriptor)


@functools.cache
def trackable_object_graph_class() -> Any:
    """`TrackableObjectGraph`, from TensorBoard's own messages."""
    from tensorboard.compat.proto import trackable_object_graph_pb2

    return trackable_object_graph_pb2.TrackableObjectGraph


def parse_message(message_type: Any, data: bytes, *, path: str, field: str = "") -> Any:
    """Parse binary protobuf.

    Raises:
        FormatError: The bytes are not a message of that type, or too many for the memory there
            is; names `path` and `field`.
    """
    from google.protobuf.message import DecodeError

    if len(data) > LARGEST_MESSAGE:
        raise LimitExceeded(path=path, field=field, expected="under 2 GiB", found=str(len(data)))
    try:
        return message_type.FromString(data)
    except MemoryError:
        raise LimitExceeded(
            path=path, field=field, expected="what fits in memory", found=f"{len(data):,} bytes"
        ) from None
    except (DecodeError, UnicodeDecodeError, RecursionError):  # the last two without its C library
        raise FormatError(
            path=path,
            field=field,
            expected=f"a {message_type.DESCRIPTOR.name} protobuf",
            found=f"{len(data)} bytes that are none",
        ) from None


class UnfinishedText(FormatError):
    """Text protobuf that ends before it is whole."""

    next_step = "Wait if it is still being written, else copy it again."


def parse_text_message(message_type: Any, data: bytes, *, path: str) -> Any:
    """Parse text protobuf; fields of newer TensorFlow versions are skipped.

    Raises:
        FormatError: Not text, or not of that type; names the line.
    """
    binary = encode_text_message(message_type, data, path=path)
    try:
        return parse_message(message_type, binary, path=path)
    except FormatError:
        raise _bad_text(message_type, path, "strings that are no UTF-8") from None


def encode_text_message(message_type: Any, data: bytes, *, path: str) -> bytes:
    """The binary form of text protobuf; raises as `parse_text_message`."""
    # Every command needs this module, few read text.
    from tensorboard_plugin_modelinspect.codecs.text_fields import MalformedText
    from tensorboard_plugin_modelinspect.codecs.text_proto import encode_text

    try:
        return encode_text(message_type.DESCRIPTOR, data)
    except MalformedText as error:
        field = f"line {error.line}"
        raise _bad_text(message_type, path, str(error), field, is_cut=error.is_cut) from None
    except MemoryError:
        raise LimitExceeded(
            path=path, expected="what fits in memory", found=f"{len(data):,} bytes of text"
        ) from None


def _bad_text(
    message_type: Any, path: str, found: str, field: str = "", *, is_cut: bool = False
) -> FormatError:
    expected = f"a {message_type.DESCRIPTOR.name} in text form"
    kind = UnfinishedText if is_cut else FormatError
    return kind(path=path, field=field, expected=expected, found=found)


@functools.cache
def variable_class() -> Any:
    """`VariableDef`, the entries of TF1's variable collections."""
    from tensorboard.compat.proto import variable_pb2

    return variable_pb2.VariableDef


@functools.cache
def asset_class() -> Any:
    """`AssetFileDef`, the entries of TF1's `saved_model_assets` collection."""
    from tensorboard.compat.proto import meta_graph_pb2

    return meta_graph_pb2.AssetFileDef


@functools.cache
def tensor_class() -> Any:
    """`TensorProto`, the values of a constant."""
    from tensorboard.compat.proto import tensor_pb2

    return tensor_pb2.TensorProto


@functools.cache
def node_class() -> Any:
    """`NodeDef`, a node of a graph."""
    from tensorboard.compat.proto import node_def_pb2

    return node_def_pb2.NodeDef


@functools.cache
def graph_class() -> Any:
    """`GraphDef`, a graph."""
    from tensorboard.compat.proto import graph_pb2

    return graph_pb2.GraphDef


@functools.cache
def meta_graph_class() -> Any:
    """`MetaGraphDef`, a graph with signatures and collections."""
    from tensorboard.compat.proto import meta_graph_pb2

    return meta_graph_pb2.MetaGraphDef


@functools.cache
def attribute_class() -> Any:
    """`AttrValue`, an attribute of a node."""
    from tensorboard.compat.proto import attr_value_pb2

    return attr_value_pb2.AttrValue


@functools.cache
def function_class() -> Any:
    """`FunctionDef`, a function of a graph's library."""
    from tensorboard.compat.proto import function_pb2

    return function_pb2.FunctionDef


@functools.cache
def function_library_class() -> Any:
    """`FunctionDefLibrary`, the functions of a graph and their gradients."""
    from tensorboard.compat.proto import function_pb2

    return function_pb2.FunctionDefLibrary


@functools.cache
def debug_info_class() -> Any:
    """`GraphDebugInfo`: which lines of a program made the nodes of a graph."""
    from tensorboard.compat.proto import graph_debug_info_pb2

    return graph_debug_info_pb2.GraphDebugInfo
