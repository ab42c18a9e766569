"""Which constants an op is given: followed back through copies, calls, captures and queues.

A text is found although other values are possible too (`is_constant` tells); none is made up.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

import numpy as np

from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.analyses.graph.calls import Call
from tensorboard_plugin_modelinspect.analyses.graph.entries import find_nodes
from tensorboard_plugin_modelinspect.analyses.graph.links import Feed
from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.model.graph import INPUT, Graph
from tensorboard_plugin_modelinspect.model.tensor import Tensor

_MOST_STEPS = 2_000
"""Nodes that are looked at for one argument."""
_DEEPEST = 64
"""Nodes behind each other; each takes up to six frames of Python's thousand."""
_MOST_TEXTS, _LONGEST_TEXT = 8, 300
_MOST_NBYTES = 1 << 16
"""Of a constant; a longer one is a vocabulary or a weight, not a name."""
_CONSTANTS = frozenset({"Const", "HostConst", "_EagerConst"})
_COPIES: dict[str, tuple[int, ...] | None] = {
    **dict.fromkeys(
        (
            *("Identity", "StopGradient", "Snapshot", "Reshape", "ExpandDims", "Squeeze", "Enter"),
            *("Exit", "RefEnter", "RefExit", "RefIdentity", "Switch", "RefSwitch", "NextIteration"),
            *("StridedSlice", "Slice", "Gather", "GatherV2", "Tile", "BroadcastTo", "Unpack"),
            *("RandomShuffle", "Reverse", "ReverseV2", "StringStrip", "StringLower", "StringUpper"),
            *("RegexReplace", "StaticRegexReplace", "ShardedFilename", "EnsureShape", "Where"),
            *("GuaranteeConst", "PlaceholderWithDefault", "SplitV", "Substr", "DeepCopy"),
        ),
        (0,),
    ),
    "Split": (1,),
    "Fill": (1,),
    "Concat": None,
    "ConcatV2": None,
    "Pack": None,
    "Merge": None,
    "RefMerge": None,
    "Select": (1, 2),
    "SelectV2": (1, 2),
}
"""Inputs whose texts an op gives on; None: all of them."""
_SAME = frozenset({"IdentityN"})
_LOOPS = frozenset({"While", "StatelessWhile"})
_ELEMENTS = frozenset({"TensorSliceDataset", "TensorDataset"})
_RESULT_ROLES = frozenset({"call", "body", "then", "else", "branch"})
_ENQUEUES = ("QueueEnqueue", "QueueEnqueueMany")


class Traced(NamedTuple):
    """What an argument may be.

    Attributes:
        texts: Constants, shortened; the first few.
        is_constant: Whether it is nothing else.
        is_asset: Whether it is, or may be, the name of one of the model's own files.
    """

    texts: tuple[str, ...] = ()
    is_constant: bool = False
    is_asset: bool = False

    @property
    def shown(self) -> str | None:
        """For people; None if nothing is known."""
        return ", ".join(self.texts) if self.texts else None


UNKNOWN = Traced()
_CLOSED = Traced((), is_constant=True)
"""Adds nothing to what is known: something that is being followed already."""


class Tracer:
    """Follows arguments in the graphs of an artifact. Nothing is run.

    Args:
        analysis: Of the artifact.
    """

    def __init__(self, analysis: GraphAnalysis) -> None:
        self._analysis = analysis
        self._callers: dict[str, list[tuple[Graph, Call]]] = defaultdict(list)
        for graph in analysis.all_graphs:
            for call in analysis.calls(graph):
                self._callers[call.callee.function].append((graph, call))
        self._assets = {
            name.partition(":")[0]
            for meta in analysis.artifact.meta_graphs
            for _, name in meta.assets
        }
        self._captures = {
            name: objects
            for entry in analysis.graphs.entries
            for name, objects in entry.captures.items()
        }
        self._calls: dict[str, dict[int, list[Call]]] = {}
        self._open: set[tuple[str, int, int]] = set()
        self._steps_left = 0

    def trace(self, graph: Graph, node: int, slot: int) -> Traced:
        """What input `slot` of a node may be. Cost: bounded."""
        self._steps_left = _MOST_STEPS
        self._open.clear()
        return self._input(graph, node, slot)

    def trace_queue(self, graph: Graph, reader: int) -> Traced:
        """What is put into the queues that a reader takes its file names from."""
        self._steps_left = _MOST_STEPS
        self._open.clear()
        links = self._analysis.links(graph)
        queues = {
            feed.source
            for use in links.uses(reader)
            if self._analysis.op(graph, use.target).startswith("ReaderRead")
            for feed in links.feeds(use.target)
            if feed.slot == 1
        }
        return self._join(self._queued(graph, queue) for queue in queues)

    def _queued(self, graph: Graph, queue: int) -> Traced:
        uses = self._analysis.links(graph).uses(queue)
        puts = (
            use.target
            for use in uses
            if self._analysis.op(graph, use.target).removesuffix("V2") in _ENQUEUES
        )
        return self._join(self._input(graph, node, 1) for node in puts)

    def _input(self, graph: Graph, node: int, slot: int) -> Traced:
        for feed in self._analysis.links(graph).feeds(node):
            if feed.slot == slot:
                return self._output(graph, feed)
        return UNKNOWN

    def _output(self, graph: Graph, feed: Feed) -> Traced:
        """What an output of a node may be; the same one is followed once."""
        cell = (graph.id, feed.source, feed.port)
        if cell in self._open:
            return _CLOSED
        self._steps_left -= 1
        if self._steps_left < 0 or len(self._open) > _DEEPEST:
            return UNKNOWN
        self._open.add(cell)
        found = self._follow(graph, feed.source, feed.port)
        self._open.discard(cell)
        return found

    def _follow(self, graph: Graph, node: int, port: int) -> Traced:
        op = self._analysis.op(graph, node)
        if graph.kind == "main" and graph.name(node) in self._assets:
            return Traced((), is_constant=True, is_asset=True)
        if op in _CONSTANTS:
            return self._constant(graph, node)
        if op in _COPIES:
            slots = _COPIES[op]
            feeds = self._analysis.links(graph).feeds(node)
            found = self._join(
                self._output(graph, one) for one in feeds if slots is None or one.slot in slots
            )
            return found._replace(is_constant=False) if op == "PlaceholderWithDefault" else found
        if op == "StringJoin":
            return self._joined(graph, node)
        if op in _SAME:
            return self._input(graph, node, port)
        if op == INPUT:
            return self._argument(graph, node)
        return self._result(graph, node, port)

    def _joined(self, graph: Graph, node: int) -> Traced:
        """A text put together of others; what is not known shows as …."""
        feeds = self._analysis.links(graph).feeds(node)
        parts = [self._output(graph, feed) for feed in feeds]
        known = [part.texts or ("…",) for part in parts]
        between = self._separator(graph, node)
        texts = [
            between.join(one) for one in itertools.islice(itertools.product(*known), _MOST_TEXTS)
        ]
        texts = [text[:_LONGEST_TEXT] for text in texts if text.strip(f"…{between}")]
        is_constant = all(part.is_constant for part in parts)
        is_asset = any(part.is_asset for part in parts)
        return Traced(tuple(dict.fromkeys(texts)), is_constant, is_asset)

    def _separator(self, graph: Graph, node: int) -> str:
        kind = self._analysis.graphs.kinds[int(graph.kinds[node])]
        try:
            value = kind.attributes.get("separator")
        except ModelInspectError:
            return ""
        return value if isinstance(value, str) else ""

    def _argument(self, graph: Graph, node: int) -> Traced:
        """What an argument of a function may be: what it captures, or what callers pass."""
        captured = self._captures.get(graph.id, ())
        place = node - (graph.argument_count - len(captured))
        if 0 <= place < len(captured):
            return self._object(captured[place])
        found = [
            self._passed(caller, call, graph, node) for caller, call in self._callers[graph.id]
        ]
        return self._join(found)

    def _object(self, number: int) -> Traced:
        """A captured object: an asset, or a constant of the main graph."""
        objects = self._analysis.artifact.objects
        if objects is None or not 0 <= number < len(objects.nodes):
            return UNKNOWN
        node = objects.nodes[number]
        if node.kind == "asset":
            return Traced((), is_constant=True, is_asset=True)
        if node.kind == "constant" and node.label in self._named_constants:
            main = self._analysis.graphs.mains[0]
            return self._constant(main, self._named_constants[node.label])
        return UNKNOWN

    def _passed(self, caller: Graph, call: Call, callee: Graph, argument: int) -> Traced:
        shift = call.callee.shift
        if shift is not None and argument + shift >= (1 if call.callee.role == "map" else 0):
            return self._input(caller, call.node, argument + shift)
        if call.callee.role == "map":
            return self._element(caller, call.node, argument)
        return UNKNOWN

    def _element(self, graph: Graph, node: int, component: int) -> Traced:
        """What a component of the elements of a data set may be; behind others that keep them."""
        links = self._analysis.links(graph)
        for _ in range(_DEEPEST):
            feeds = links.feeds(node)
            if not feeds or self._analysis.op(graph, feeds[0].source) == INPUT:
                return UNKNOWN
            node = feeds[0].source
            op = self._analysis.op(graph, node)
            if op in _ELEMENTS:
                return self._input(graph, node, component)
            if op.startswith(("Map", "ParallelMap", "Zip", "FlatMap", "Interleave", "Matching")):
                return UNKNOWN
        return UNKNOWN

    def _result(self, graph: Graph, node: int, port: int) -> Traced:
        """What a call gives: the result of what it calls; of a loop its input, too."""
        calls = [one for one in self._calls_at(graph, node) if one.callee.role in _RESULT_ROLES]
        found = []
        for call in calls:
            callee = self._analysis.graphs.functions.get(call.callee.function)
            if callee is None or port >= callee.result_count:
                return UNKNOWN
            found.append(self._input(callee, len(callee) - callee.result_count + port, 0))
        if found and self._analysis.op(graph, node) in _LOOPS:
            found.append(self._input(graph, node, port))
        return self._join(found)

    def _calls_at(self, graph: Graph, node: int) -> list[Call]:
        if graph.id not in self._calls:
            by_node: defaultdict[int, list[Call]] = defaultdict(list)
            for call in self._analysis.calls(graph):
                by_node[call.node].append(call)
            self._calls[graph.id] = by_node
        return self._calls[graph.id].get(node, [])

    def _join(self, found: Iterable[Traced]) -> Traced:
        """All that several ways lead to."""
        ways = list(found)
        texts = dict.fromkeys(text for way in ways for text in way.texts)
        return Traced(
            tuple(texts)[:_MOST_TEXTS],
            bool(ways) and all(way.is_constant for way in ways),
            any(way.is_asset for way in ways),
        )

    @cached_property
    def _named_constants(self) -> dict[str, int]:
        """Nodes of the first main graph that are captured as constants, by name."""
        objects = self._analysis.artifact.objects
        names = {one.label for one in objects.nodes if one.kind == "constant"} if objects else set()
        mains = self._analysis.graphs.mains
        return find_nodes(mains[0], names) if mains and names else {}

    def _constant(self, graph: Graph, node: int) -> Traced:
        kind = self._analysis.graphs.kinds[int(graph.kinds[node])]
        try:
            value = kind.attributes.get("value")
            if not isinstance(value, Tensor) or value.nbytes > _MOST_NBYTES:
                return UNKNOWN
            if value.dtype.name != "string":
                return Traced((), is_constant=True)
            texts = self._texts(graph, node, value)
        except ModelInspectError:
            return UNKNOWN  # what is damaged names nothing
        return Traced(tuple(dict.fromkeys(texts))[:_MOST_TEXTS], is_constant=True)

    def _texts(self, graph: Graph, node: int, value: Tensor) -> list[str]:
        try:
            elements = value.read()
        except ModelInspectError:  # too long to be kept with its kind
            elements = self._read_stored(graph, node)
        flat = elements.reshape(-1)[:_MOST_TEXTS].tolist()
        return [bytes(one).decode("utf-8", "surrogateescape")[:_LONGEST_TEXT] for one in flat]

    def _read_stored(self, graph: Graph, node: int) -> np.ndarray:
        source = self._analysis.artifact.graphs
        value = None if source is None else source.read_node(graph, node).attributes.get("value")
        return value.read() if isinstance(value, Tensor) else np.empty(0, object)
