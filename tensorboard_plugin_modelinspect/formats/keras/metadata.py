"""What Keras 2 noted in its SavedModels beside the graph: a JSON text per layer.

tf_keras/protobuf/saved_metadata.proto: `SavedMetadata{nodes = 1}` of `SavedObject{node_id = 2,
node_path = 3, identifier = 4, metadata = 5, version = 6}`; up to TF 2.4 the JSON stood in the
object graph, in `SavedUserObject.metadata`. The texts are shown and never executed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tensorboard_plugin_modelinspect.codecs.protos import message_class, parse_message
from tensorboard_plugin_modelinspect.errors import LimitExceeded, ModelInspectError
from tensorboard_plugin_modelinspect.model.artifact import Document
from tensorboard_plugin_modelinspect.sources.base import Folder

KERAS_METADATA = "keras_metadata.pb"
_LARGEST = 256 << 20


def read_keras_metadata(
    folder: Folder, saved: Any | None, notes: list[str]
) -> tuple[Document, ...]:
    """The metadata of a SavedModel's layers as one JSON list, if Keras 2 wrote any.

    Args:
        folder: The SavedModel's.
        saved: Its `SavedObjectGraph`, None if there is none.
        notes: Gets a sentence if the metadata is damaged.
    """
    try:
        nodes = list(_iter_file(folder))
    except ModelInspectError as error:
        notes.append(error.message)
        nodes = []
    if not nodes and saved is not None:
        nodes = list(_iter_graph(saved))
    if not nodes:
        return ()
    import json  # 2 ms, and few models have metadata

    return (Document(KERAS_METADATA, json.dumps(nodes)),)


def _iter_file(folder: Folder) -> Iterator[dict[str, Any]]:
    if folder.stat(KERAS_METADATA) is None:
        return
    source = folder.open(KERAS_METADATA)
    try:
        if source.nbytes > _LARGEST:
            raise LimitExceeded(
                path=source.name,
                expected=f"at most {_LARGEST:,} bytes",
                found=f"{source.nbytes:,}",
            )
        data = source.read(0, source.nbytes)
        proto = parse_message(message_class("KerasMetadata"), data, path=source.name)
    finally:
        source.close()
    for node in proto.nodes:
        yield _node(node.node_id, node.node_path, node.identifier, node.metadata)


def _iter_graph(saved: Any) -> Iterator[dict[str, Any]]:
    for number, node in enumerate(saved.nodes):
        if node.WhichOneof("kind") == "user_object" and node.user_object.metadata:
            yield _node(number, "", node.user_object.identifier, node.user_object.metadata)


def _node(number: int, path: str, identifier: str, metadata: str) -> dict[str, Any]:
    """One layer; its metadata as the value it is, or as text if it is no JSON."""
    import json

    try:
        value = json.loads(metadata)
        json.dumps(value)
    except (ValueError, RecursionError):
        value = metadata
    return {"node_id": number, "node_path": path, "identifier": identifier, "metadata": value}
