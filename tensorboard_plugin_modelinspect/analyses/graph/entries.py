"""Where signatures enter the graphs, and what their inputs and outputs are called there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.graph.calls import Call
from tensorboard_plugin_modelinspect.analyses.graph.links import Links
from tensorboard_plugin_modelinspect.model.graph import Graph, Graphs
from tensorboard_plugin_modelinspect.model.signature import Signature, TensorSpec

_TRANSPARENT = frozenset({"Identity", "IdentityN", "NoOp", "Const"})
"""Ops beside the call in a function that only calls another."""


class EntryGraph(NamedTuple):
    """The graph of a signature.

    Attributes:
        signature: The signature.
        tags: Of its MetaGraph.
        main: Its main graph.
        graph: What it runs: the function that its main graph calls for it, or that graph itself.
        body: The first graph below that does more than to call another.
        outputs: Nodes of the main graph that give the outputs.
    """

    signature: Signature
    tags: tuple[str, ...]
    main: Graph
    graph: Graph
    body: Graph
    outputs: tuple[int, ...]


@dataclass(slots=True)
class PortKeys:
    """Keys in a signature: of a graph's inputs by node, of its outputs by node and port.

    Results of a function have port 0; a node of a main graph may be several outputs.
    """

    inputs: dict[int, str] = field(default_factory=dict)
    outputs: dict[tuple[int, int], str] = field(default_factory=dict)


def find_nodes(graph: Graph, names: Collection[str]) -> dict[str, int]:
    """Nodes by name, the first of each. Cost: whole names only where the last part fits."""
    leaves = {name.rpartition("/")[2] for name in names}
    texts = graph.names.leaves
    found: dict[str, int] = {}
    for node, entry in enumerate(graph.nodes.tolist()):
        if texts[entry] in leaves or "/" in texts[entry]:
            name = graph.names.path(entry)
            if name in names:
                found.setdefault(name, node)
    return found


def tensor_names(spec: TensorSpec) -> list[tuple[str, int]]:
    """Node and output of a signature's tensor; of a sparse or composite one there are several."""
    names = []
    for text in spec.name.split(", "):
        name, _, port = text.partition(":")
        if name:
            names.append((name, int(port) if port.isdigit() and len(port) < 7 else 0))
    return names


class EntryFinder:
    """Follows signatures from the main graphs into the functions that they run.

    Args:
        graphs: All of an artifact.
        calls: Of each graph, by id.
        links: Of each graph, by id.

    Attributes:
        keys: Of inputs and outputs, by graph.
        entries: Of each signature, in order.
    """

    def __init__(
        self, graphs: Graphs, calls: Mapping[str, list[Call]], links: Mapping[str, Links]
    ) -> None:
        self._graphs = graphs
        self._calls = calls
        self._links = links
        self._by_node: dict[str, dict[int, Call]] = {}
        self.keys: dict[str, PortKeys] = {}
        self.entries: list[EntryGraph] = []

    def add(self, main: Graph, signatures: Collection[Signature]) -> None:
        """Follow the signatures of a main graph."""
        specs = [spec for one in signatures for spec in (*one.inputs, *one.outputs)]
        nodes = find_nodes(main, {name for spec in specs for name, _ in tensor_names(spec)})
        for signature in signatures:
            inputs = _placed(signature.inputs, nodes)
            outputs = _placed(signature.outputs, nodes)
            self._note(main, {node: key for (node, _), key in inputs.items()}, outputs)
            graph = self._enter(main, inputs, outputs)
            body = self.unwrap(graph or main)
            given = tuple(dict.fromkeys(node for node, _ in outputs))
            self.entries.append(EntryGraph(signature, main.tags, main, graph or main, body, given))

    def _keys(self, graph: Graph) -> PortKeys:
        return self.keys.setdefault(graph.id, PortKeys())

    def _note(
        self, graph: Graph, inputs: dict[int, str], outputs: Mapping[tuple[int, int], str]
    ) -> None:
        keys = self._keys(graph)
        keys.inputs.update({**inputs, **keys.inputs})
        keys.outputs.update({**outputs, **keys.outputs})

    def _enter(
        self, main: Graph, inputs: dict[tuple[int, int], str], outputs: dict[tuple[int, int], str]
    ) -> Graph | None:
        """The function that gives all outputs of a signature, if there is such a one."""
        nodes = {node for node, _ in outputs}
        if len(nodes) != 1:
            return None
        return self._pass_on(main, nodes.pop(), inputs, outputs)

    def _call_of(self, graph: Graph, node: int) -> Call | None:
        if graph.id not in self._by_node:
            calls = reversed(self._calls[graph.id])
            self._by_node[graph.id] = {one.node: one for one in calls if one.callee.role == "call"}
        return self._by_node[graph.id].get(node)

    def _pass_on(
        self,
        graph: Graph,
        node: int,
        inputs: Mapping[tuple[int, int], str],
        outputs: Mapping[tuple[int, int], str],
    ) -> Graph | None:
        """The function that a node calls, with the keys of what it takes and gives."""
        call = self._call_of(graph, node)
        callee = None if call is None else self._graphs.functions.get(call.callee.function)
        if call is None or callee is None:
            return None
        shift = call.callee.shift or 0
        taken = {
            feed.slot - shift: inputs[feed.source, feed.port]
            for feed in self._links[graph.id].feeds(node)
            if (feed.source, feed.port) in inputs
        }
        first_result = len(callee) - callee.result_count
        given = {
            first_result + port: key for (giver, port), key in outputs.items() if giver == node
        }
        self._note(
            callee,
            {argument: key for argument, key in taken.items() if argument < callee.argument_count},
            {(result, 0): key for result, key in given.items() if result < len(callee)},
        )
        return callee

    def unwrap(self, graph: Graph) -> Graph:
        """The first graph below that does more than to call another one."""
        seen = {graph.id}
        while graph.kind == "function":
            node = self._only_call(graph)
            if node is None:
                break
            keys = self._keys(graph)
            links = self._links[graph.id]
            outputs = {}
            for (result, _), key in keys.outputs.items():
                for feed in links.feeds(result):
                    outputs[self._behind_identities(graph, feed.source, feed.port)] = key
            inputs = {(argument, 0): key for argument, key in keys.inputs.items()}
            callee = self._pass_on(graph, node, inputs, outputs)
            if callee is None or callee.id in seen:
                break
            seen.add(callee.id)
            graph = callee
        return graph

    def _only_call(self, graph: Graph) -> int | None:
        calls = {call.node for call in self._calls[graph.id]}
        if len(calls) != 1:
            return None
        last = len(graph) - graph.result_count
        used = set(graph.kinds[graph.argument_count : last].tolist())
        (node,) = calls
        used.discard(int(graph.kinds[node]))
        is_thin = all(self._graphs.kinds[kind].op in _TRANSPARENT for kind in used)
        return node if is_thin else None

    def _behind_identities(self, graph: Graph, node: int, port: int) -> tuple[int, int]:
        links = self._links[graph.id]
        seen = set()
        while self._graphs.kinds[int(graph.kinds[node])].op == "Identity" and node not in seen:
            seen.add(node)
            feeds = links.feeds(node)
            if not feeds:
                break
            node, port = feeds[0].source, feeds[0].port
        return node, port


def _placed(specs: Collection[TensorSpec], nodes: Mapping[str, int]) -> dict[tuple[int, int], str]:
    """Key of each tensor by node and output."""
    return {
        (nodes[name], port): spec.key
        for spec in specs
        for name, port in tensor_names(spec)
        if name in nodes
    }
