"""An artifact: one model or checkpoint, whatever its format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from tensorboard_plugin_modelinspect.model.objects import ObjectTree
from tensorboard_plugin_modelinspect.model.signature import Signature
from tensorboard_plugin_modelinspect.model.tensor import Tensor

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.model.graph import GraphSource

Kind = Literal["saved_model", "checkpoint", "keras", "h5", "graph_def", "meta_graph", "description"]
State = Literal["complete", "writing", "partial", "broken", "deleted"]
STATES: tuple[State, ...] = ("complete", "writing", "partial", "broken", "deleted")


class FileInfo(NamedTuple):
    """A file of an artifact: path relative to the artifact's folder, bytes, and its state."""

    name: str
    nbytes: int | None
    """None where the artifact names a file that is missing."""


@dataclass(frozen=True, slots=True)
class FunctionSummary:
    """A function of a graph's library."""

    name: str
    node_count: int


@dataclass(frozen=True, slots=True)
class Collection:
    """A TF1 graph collection: name, kind of list (`node_list`, `bytes_list` …), entries."""

    name: str
    kind: str
    size: int


@dataclass(frozen=True, slots=True)
class MetaGraph:
    """One MetaGraph of a SavedModel.

    Attributes:
        tags: Sorted.
        tensorflow_version: Version that wrote it; empty if not stored.
        producer: GraphDef version of the writer.
        min_consumer: Oldest GraphDef version that may read it.
        signatures: Sorted by key.
        node_count: Nodes of the main graph.
        functions: Sorted by name.
        ops: How often each op occurs in the main graph and all functions.
        collections: Sorted by name.
        assets: `(file name below assets/, tensor name)`.
        has_object_graph: Whether TensorFlow 2 wrote it with an object graph.
    """

    tags: tuple[str, ...]
    tensorflow_version: str
    producer: int
    min_consumer: int
    signatures: tuple[Signature, ...]
    node_count: int
    functions: tuple[FunctionSummary, ...]
    ops: Mapping[str, int]
    collections: tuple[Collection, ...]
    assets: tuple[tuple[str, str], ...]
    has_object_graph: bool


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """`fingerprint.pb`, field by field (64-bit hashes)."""

    saved_model_checksum: int
    graph_def_program_hash: int
    signature_def_hash: int
    saved_object_graph_hash: int
    checkpoint_hash: int
    uuid: str


class Document(NamedTuple):
    """Text that an artifact carries beside its tensors, such as a Keras config. Never executed.

    Attributes:
        name: What the format calls it: `config.json`, `model_config`.
        text: As stored; JSON if the name or the format says so, but nothing vouches for it.
    """

    name: str
    text: str

    @property
    def nbytes(self) -> int:
        """Bytes of the text as UTF-8. Cost: one pass over it."""
        return len(self.text.encode(errors="replace"))


class StoredSlice(NamedTuple):
    """A part of a partitioned tensor, stored by itself: its own key, the tensor's, its shape."""

    key: str
    tensor: str
    shape: tuple[int, ...]


class Layer(NamedTuple):
    """A layer, model or optimizer of Keras, and its variables in the order they are saved in.

    Attributes:
        path: Where a weight file has it, e.g. `layers/dense`; in legacy HDF5 its name.
        name: Its own name; empty if it is not stored.
        keys: Of the tensors.
    """

    path: str
    name: str
    keys: tuple[str, ...]


TOP_LEVEL = "top_level_model_weights"
"""Called so in `Artifact.model_layers`: weights that the model holds beside its layers."""


@dataclass(frozen=True)
class Artifact:
    """One opened artifact.

    Attributes:
        path: As the user would name it: a SavedModel's folder, a checkpoint's prefix.
        kind: Its format.
        files: Files it is made of, missing ones too.
        tensors: By key, in file order (sorted bytewise for checkpoints).
        step: Training step, or None if unknown.
        meta_graphs: Of a SavedModel or a TF1 checkpoint with its `.meta`; of a lone graph the one
            that holds it, without tags. Else empty.
        objects: The object tree; None for name-based (TF1) artifacts.
        fingerprint: Of a SavedModel that has one.
        notes: Sentences about what is missing or odd, though the artifact opens.
        format: How it is stored, in words, where `kind` leaves that open: `V1`, `HDF5`, `text`.
        documents: Texts it carries, in stored order.
        slices: Of its partitioned tensors, in stored order.
        layers: Of Keras: every object with variables of its own, as weight files have it.
        model_layers: Of Keras: the model's own layers, each with all weights in it, as legacy HDF5
            has it. Either of the two is empty if it is not known.
        graphs: What it computes, read when asked for; None where nothing tells.
    """

    path: str
    kind: Kind
    files: tuple[FileInfo, ...]
    tensors: Mapping[str, Tensor]
    step: int | None = None
    meta_graphs: tuple[MetaGraph, ...] = ()
    objects: ObjectTree | None = None
    fingerprint: Fingerprint | None = None
    notes: tuple[str, ...] = field(default=())
    format: str = ""
    documents: tuple[Document, ...] = ()
    slices: tuple[StoredSlice, ...] = ()
    layers: tuple[Layer, ...] = ()
    model_layers: tuple[Layer, ...] = ()
    graphs: GraphSource | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of all its files that are there."""
        return sum(file.nbytes or 0 for file in self.files)
