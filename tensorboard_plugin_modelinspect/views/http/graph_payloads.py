"""What the routes of the graph answer; `payloads.py` says what all have in common.

A graph's document is columns: lists of one length, in which a node is its place. Names are a tree
of their parts, so that a hundred thousand of them share their scopes.
"""

from __future__ import annotations

from dataclasses import dataclass

from tensorboard_plugin_modelinspect.views.http.numbers import Numbers
from tensorboard_plugin_modelinspect.views.http.payloads import NamedCount


@dataclass(frozen=True, slots=True)
class GraphNamesPayload:
    """Parts of names as a tree: entry 0 is the root (`parent` -1, `leaf` empty).

    A name is the leaves from below the root, joined by `/`. Parents come before their children.
    """

    parent: Numbers
    leaf: list[str]


@dataclass(frozen=True, slots=True)
class GraphNodesPayload:
    """The nodes in file order; function arguments come first and results last.

    `name` is an entry of `names`; two nodes may have the same one (a damaged graph). `op` and
    `device` are places in `ops` and `devices`. `flags` add up: 1 an argument or a result, which
    the file does not store as a node, 2 plumbing (saving, restoring, initialising), 4 stateful,
    8 calls functions, 16 reads a variable, 32 an op that TensorFlow does not have, 64 stands for a
    scope whose nodes are left out, 128 lies outside of the scope that was asked for. `number` is
    what `graph_node` calls a node; it is empty where that is its place, and -1 for flag 64.
    """

    name: Numbers
    op: Numbers
    device: Numbers
    flags: Numbers
    number: Numbers


@dataclass(frozen=True, slots=True)
class GraphEdgesPayload:
    """Data edges in the order of `target`, then `slot`: from output `port` to input `slot`.

    `type` is a place in `types`, -1 for an unknown one.
    """

    source: Numbers
    port: Numbers
    target: Numbers
    slot: Numbers
    type: Numbers


@dataclass(frozen=True, slots=True)
class ControlEdgesPayload:
    """Control edges in the order of `target`: that one runs after `source`."""

    source: Numbers
    target: Numbers


@dataclass(frozen=True, slots=True)
class EdgeTypePayload:
    """What flows along an edge; `shape` as in a signature.

    `inferred`: the file does not say so, but the op and its inputs do.
    """

    dtype: str
    shape: list[int | None] | None
    inferred: bool


@dataclass(frozen=True, slots=True)
class GraphCallsPayload:
    """Which node calls which function (a place in `functions`), as columns.

    `role`: `call`, `body`, `cond`, `then`, `else`, `branch`, `map`, `gradient`, `kernel`, or
    `other`. Not `known`: the library has no such function. Argument number `a` of the function is
    input `a + shift` of the node, if it has that; null where inputs are not passed on by position.
    Results are outputs by position.
    """

    node: list[int]
    role: list[str]
    function: list[int]
    known: list[bool]
    shift: list[int | None]


@dataclass(frozen=True, slots=True)
class GraphPortPayload:
    """An input or output of the graph: its node, its name, and its key in the signature or "".

    `port` is the number of the node's output: a node of a main graph may give several outputs.
    """

    node: int
    port: int
    name: str
    key: str


@dataclass(frozen=True, slots=True)
class GraphVariablesPayload:
    """Variables as columns: the node that stands for each here, and its tensor.

    `key` is null where no tensor is known to hold its values; `name` is readable. `parameters`
    counts elements. Constants that are weights (of a frozen graph) count as variables. `readers`
    are the nodes of this graph that read it, calls that pass it on included.
    """

    node: list[int]
    key: list[str | None]
    name: list[str]
    nbytes: list[int]
    parameters: list[int]
    readers: list[list[int]]


@dataclass(frozen=True, slots=True)
class GraphCostsPayload:
    """Estimates by the formulas of docs/graph.md.

    `flops` has an entry for each node: 0 where nothing is computed, null where that is unknown. A
    call has those of the functions it calls. Parameters belong to the first node that reads a
    variable: `parameters[i]`, which take `nbytes[i]` bytes, to `parameter_node[i]`, and to all
    others none.
    """

    flops: list[float | None]
    parameter_node: list[int]
    parameters: list[int]
    nbytes: list[int]


@dataclass(frozen=True, slots=True)
class DanglingPayload:
    """Inputs that name nodes which do not exist: how many, and a few of them."""

    count: int
    examples: list[str]


@dataclass(frozen=True, slots=True)
class HiddenScopesPayload:
    """Scopes whose nodes are left out of a `partial` document, as columns.

    `node` (flag 64) stands for one and has its edges, `scope` asks for what is in it, and
    `count` is how many nodes that is.
    """

    node: list[int]
    scope: list[str]
    count: list[int]


@dataclass(frozen=True, slots=True)
class GraphPayload:
    """`graph?id=&graph=&scope=`: a graph as columns.

    `graph` is its id: empty for the first main graph, `main:` and the tags for another, else the
    function's name. `kind`: `main`, `function` or `layers`. It is `partial` where nodes were left
    out because there are too many: then `hidden` says where.
    """

    graph: str
    title: str
    tags: list[str]
    kind: str
    scope: str
    partial: bool
    names: GraphNamesPayload
    nodes: GraphNodesPayload
    ops: list[str]
    devices: list[str]
    edges: GraphEdgesPayload
    control: ControlEdgesPayload
    types: list[EdgeTypePayload]
    functions: list[str]
    calls: GraphCallsPayload
    inputs: list[GraphPortPayload]
    outputs: list[GraphPortPayload]
    variables: GraphVariablesPayload
    costs: GraphCostsPayload
    dangling: DanglingPayload
    hidden: HiddenScopesPayload
    notes: list[str]


@dataclass(frozen=True, slots=True)
class GraphListPayload:
    """The graphs of an artifact as columns, main graphs first, then functions in file order.

    `nodes` are those the file stores; `control` edges do not count as `edges`. `calls` are places
    in these columns. `plumbing`: only saving, restoring or initialising needs it.
    """

    id: list[str]
    title: list[str]
    kind: list[str]
    nodes: list[int]
    edges: list[int]
    control: list[int]
    calls: list[list[int]]
    plumbing: list[bool]


@dataclass(frozen=True, slots=True)
class SignatureGraphPayload:
    """A signature, the graph that it runs, and the ops of that with all it calls.

    `body` is the first graph below that does more than to call another one: the one to open.
    `flops` and `parameters` are of the graph, as in `costs`; `unknown` counts nodes whose flops
    are unknown. `internal` as in `artifact`.
    """

    key: str
    tags: list[str]
    graph: str
    body: str
    internal: bool
    ops: list[NamedCount]
    flops: float
    unknown: int
    parameters: int


@dataclass(frozen=True, slots=True)
class OpUsesPayload:
    """Ops of all main graphs and functions as columns, the most frequent first.

    `flags` are those of nodes that say something of an op: 4 stateful, 8 calling functions, 32
    custom. `estimated`: there is a formula for its flops. `graph` has most of them.
    """

    name: list[str]
    count: list[int]
    flags: list[int]
    estimated: list[bool]
    graph: list[str]


@dataclass(frozen=True, slots=True)
class UnreadVariablesPayload:
    """Tensors of variables that no graph reads but to save them: keys and readable names."""

    key: list[str]
    name: list[str]


@dataclass(frozen=True, slots=True)
class GraphsPayload:
    """`graphs?id=`: what graphs there are; `first` is the id of the one to open."""

    first: str
    graphs: GraphListPayload
    signatures: list[SignatureGraphPayload]
    ops: OpUsesPayload
    unread: UnreadVariablesPayload
    notes: list[str]


@dataclass(frozen=True, slots=True)
class GraphAttributePayload:
    """An attribute of a node: `value` is JSON text, or words where that says nothing.

    `kind`: `string`, `int`, `float`, `bool`, `type`, `shape`, `tensor`, `func`, `list` or `none`.
    """

    name: str
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class GraphAttributesPayload:
    """`graph_attributes?id=&graph=`: attributes of all nodes, for a search.

    `kind` is a number for each node of the graph, as `graph_node` numbers them. Kind `k` has the
    texts at `attribute[start[k]]` up to `attribute[start[k + 1]]`, places in `text`: each is
    `name=value`, a string without quotes, cut after 200 characters. `left_out` kinds have none
    here, for the others have 8,000,000 characters.
    """

    kind: list[int]
    start: list[int]
    attribute: list[int]
    text: list[str]
    left_out: int


@dataclass(frozen=True, slots=True)
class NodeEdgePayload:
    """An input or output of a node: a place of its own, and what is at the other end.

    `name` is what the op calls it, empty if unknown. `port` is the number of the output, or input,
    of `node`.
    """

    slot: int
    name: str
    node: int
    port: int
    type: EdgeTypePayload | None


@dataclass(frozen=True, slots=True)
class ConstantPayload:
    """Value of a constant: the first elements as text; `shown` of `count`."""

    dtype: str
    shape: list[int]
    count: int
    shown: int
    text: list[str]


@dataclass(frozen=True, slots=True)
class SourceLinePayload:
    """A line of the program that made a node, outermost first."""

    file: str
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class CalledFunctionPayload:
    """A function that a node calls: its role, and whether the library has it."""

    role: str
    function: str
    known: bool


@dataclass(frozen=True, slots=True)
class GraphNodePayload:
    """`graph_node?id=&graph=&node=`: everything about one node.

    `flags` and `flops` as in `graph`. Inputs and outputs are data edges, at most 1,000 of each:
    `input_count` and `output_count` are of all. `variables` are keys of tensors that it reads or
    stands for.
    """

    graph: str
    node: int
    name: str
    op: str
    device: str
    flags: int
    flops: float | None
    parameters: int
    attributes: list[GraphAttributePayload]
    inputs: list[NodeEdgePayload]
    input_count: int
    outputs: list[NodeEdgePayload]
    output_count: int
    control_inputs: list[int]
    control_outputs: list[int]
    constant: ConstantPayload | None
    calls: list[CalledFunctionPayload]
    variables: list[str]
    source: list[SourceLinePayload]
    notes: list[str]
