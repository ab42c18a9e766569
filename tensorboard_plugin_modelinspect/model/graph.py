"""Graphs of an artifact as columns: what the nodes are, and which edges join them.

A node is its place in the columns. Hundred thousand nodes share a few thousand *kinds*, an op with
its attributes, so that what follows from these is worked out once a kind, and by numpy for nodes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from tensorboard_plugin_modelinspect.model.dtype import DType
from tensorboard_plugin_modelinspect.model.signature import Shape
from tensorboard_plugin_modelinspect.model.tensor import Tensor

if TYPE_CHECKING:
    import numpy as np

GraphKind = Literal["main", "function", "layers"]

INPUT, OUTPUT = "Input", "Output"
"""Ops of the nodes that stand for a function's arguments and results, which no file stores."""
TYPE, HANDLE_TYPE, HANDLE_SHAPE = "type", "handle type", "handle shape"
"""Attributes of an `Input`, with those of the argument: its type, and what a resource holds."""


class ShapeValue(NamedTuple):
    """An attribute that is a shape."""

    sizes: Shape


class FunctionValue(NamedTuple):
    """An attribute that names a function."""

    name: str


class Omitted(NamedTuple):
    """An attribute that is not kept, since it has so many bytes."""

    nbytes: int


AttributeValue = (
    bool
    | int
    | float
    | str
    | DType
    | ShapeValue
    | FunctionValue
    | Tensor
    | Omitted
    | tuple["AttributeValue", ...]
    | None
)
"""What an attribute holds; a Tensor's values may be left out, and None is an empty attribute."""


class Kind(NamedTuple):
    """An op with its attributes. These are parsed when asked for."""

    op: str
    attributes: Mapping[str, AttributeValue]


class Names(NamedTuple):
    """Names as a tree of their parts; entry 0 is the root, and parents come first.

    Attributes:
        parents: Entry of each one's scope; -1 of the root.
        leaves: Last part of each name.
    """

    parents: np.ndarray
    leaves: Sequence[str]

    def path(self, entry: int) -> str:
        """The whole name of an entry."""
        parts = []
        while entry > 0:
            parts.append(self.leaves[entry])
            entry = int(self.parents[entry])
        return "/".join(reversed(parts))


class Edges(NamedTuple):
    """Data edges in the order of `targets`, then `slots`; int32 columns of one length.

    Attributes:
        sources: Nodes that give.
        ports: Which of their outputs.
        targets: Nodes that take.
        slots: Which of their inputs.
    """

    sources: np.ndarray
    ports: np.ndarray
    targets: np.ndarray
    slots: np.ndarray


class ControlEdges(NamedTuple):
    """Control edges in the order of `targets`: these run after `sources`. int32 columns."""

    sources: np.ndarray
    targets: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A main graph, or a function of the library.

    Attributes:
        id: Empty for the first main graph, `main:` and the tags for another; a function's name;
            `keras:layers`.
        kind: Which of these.
        tags: Of a main graph's MetaGraph, sorted.
        names: Parts of names.
        nodes: Entry of each node in `names`; int32. Arguments come first and results last. No two
            nodes have the same entry, but entries of damaged graphs may have the same name.
        kinds: Place of each in `Graphs.kinds`; int32.
        devices: Place of each in `Graphs.devices`; int32.
        edges: Data edges.
        control: Control edges.
        argument_count: Nodes at the beginning that are arguments.
        result_count: Nodes at the end that are results; result number i is fed by slot 0 of one.
        effects: Nodes that a call of a function must run; of layers, those that give the outputs.
        dangling: How many inputs name nodes that do not exist.
        dangling_examples: Some of these, as `node: input`.
        repeated: Nodes whose name an earlier one has; inputs of that name mean the first.
    """

    id: str
    kind: GraphKind
    tags: tuple[str, ...]
    names: Names
    nodes: np.ndarray
    kinds: np.ndarray
    devices: np.ndarray
    edges: Edges
    control: ControlEdges
    argument_count: int = 0
    result_count: int = 0
    effects: tuple[int, ...] = ()
    dangling: int = 0
    dangling_examples: tuple[str, ...] = ()
    repeated: int = 0

    def __len__(self) -> int:
        return len(self.nodes)

    @property
    def stored_count(self) -> int:
        """Nodes that the file stores: without arguments and results."""
        return len(self.nodes) - self.argument_count - self.result_count

    def name(self, node: int) -> str:
        """Whole name of a node."""
        return self.names.path(int(self.nodes[node]))


class Saver(NamedTuple):
    """Names of nodes of a main graph that save and restore, as its `SaverDef` has them."""

    filename: str
    save: str
    restore: str


@dataclass(frozen=True, slots=True)
class EntryPoints:
    """What is said of one main graph beside its nodes.

    Attributes:
        saver: None if there is none.
        initialisers: Nodes that give variables and tables their first values.
        captures: By concrete function the objects that its last arguments are: node ids of the
            object tree.
        plumbing: Functions that save, restore, make or initialise objects.
        called: Functions that users of the loaded model can call.
    """

    saver: Saver | None = None
    initialisers: tuple[str, ...] = ()
    captures: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    plumbing: frozenset[str] = frozenset()
    called: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Graphs:
    """All graphs of an artifact.

    Attributes:
        mains: Main graphs, one for each MetaGraph.
        functions: By name, in stored order. MetaGraphs of one file share what they have in common.
        kinds: Of all nodes.
        devices: Of all nodes; the first is empty.
        gradients: Function that computes the gradient of what, by the name of a function, or by
            that under which a node's `_gradient_op_type` asks for it.
        entries: Of each main graph.
        layers: The layers of a Keras model as a graph, if its config tells of them.
        notes: What is odd.
    """

    mains: tuple[Graph, ...]
    functions: Mapping[str, Graph]
    kinds: Sequence[Kind]
    devices: Sequence[str]
    gradients: Mapping[str, str] = field(default_factory=dict)
    entries: tuple[EntryPoints, ...] = ()
    layers: tuple[Graph, ...] = ()
    notes: tuple[str, ...] = ()


class SourceLine(NamedTuple):
    """A line of the program that made a node."""

    file: str
    line: int
    function: str


class NodeDetail(NamedTuple):
    """What the columns leave out of a node.

    Attributes:
        attributes: All of them, by name. A Tensor among them reads its values from the file.
        lines: Where it was made, outermost first; empty if that is not stored.
    """

    attributes: Mapping[str, AttributeValue]
    lines: tuple[SourceLine, ...]


class GraphSource(Protocol):
    """What a format supplies so that graphs can be read; costs nothing until then."""

    def read(self) -> Graphs:
        """All graphs, read once and kept. Cost: about 5 µs a node."""

    def read_node(self, graph: Graph, node: int) -> NodeDetail:
        """What is to be known of one node. Cost: goes through the nodes before it."""
