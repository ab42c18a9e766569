"""Where the handles of variables go in a graph: who reads them, and which calls pass them on.

tensorflow/core/ops/{resource_variable_ops, state_ops, array_ops, control_flow_ops}.cc.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tensorboard_plugin_modelinspect.analyses.graph.calls import Call
from tensorboard_plugin_modelinspect.analyses.graph.distinct import list_distinct
from tensorboard_plugin_modelinspect.analyses.graph.links import Links
from tensorboard_plugin_modelinspect.model.dtype import DType
from tensorboard_plugin_modelinspect.model.graph import INPUT, OUTPUT, TYPE, Graph, Graphs, Kind

REFERENCES = frozenset({"VariableV2", "Variable", "AutoReloadVariable", "TemporaryVariable"})
"""Variables of TF1 whose op gives the value itself, by reference."""
HANDLES = REFERENCES | {"VarHandleOp"}
"""Ops that are a variable."""
_PASSING = {
    "Identity": None,
    "IdentityN": "same",
    "Enter": None,
    "Exit": None,
    "Switch": "both",
    "Merge": None,
    "NextIteration": None,
    "While": "same",
    "StatelessWhile": "same",
}
"""Ops that pass a handle on: from their only output, that of the input's number, or two."""
_PASSING_REFERENCES = {
    "RefIdentity": None,
    "RefEnter": None,
    "RefExit": None,
    "RefSwitch": "both",
    "RefMerge": None,
    "RefNextIteration": None,
}
_NO_READERS = frozenset(
    {
        "Save",
        "SaveV2",
        "SaveSlices",
        "IsVariableInitialized",
        "VarIsInitializedOp",
        "DisableCopyOnRead",
        "DestroyResourceOp",
        "DestroyTemporaryVariable",
        "VariableShape",
        OUTPUT,
    }
)
_ASSIGNS = frozenset({"Assign", "AssignVariableOp", "AssignVariableXlaConcatND"})
_WRITERS = (
    "Apply",
    "ResourceApply",
    "ResourceScatter",
    "ResourceSparseApply",
    "ResourceStridedSliceAssign",
    "Scatter",
    "SparseApply",
)
"""Beginnings of the ops that take a handle in order to change the variable; what adds to it reads
it, too."""


class Passing(NamedTuple):
    """A node that passes a handle to an argument of a function."""

    node: int
    function: str
    argument: int


class Taken(NamedTuple):
    """What becomes of a handle within its graph: nodes that read it, and calls."""

    readers: tuple[int, ...]
    calls: tuple[Passing, ...]


class Flow:
    """Where handles go in one graph.

    Args:
        graph: The graph.
        graphs: All of the artifact.
        calls: Those of this graph.
        links: Its edges by node.
    """

    def __init__(self, graph: Graph, graphs: Graphs, calls: list[Call], links: Links) -> None:
        self.graph = graph
        self._graphs = graphs
        self.links = links
        self._calls: dict[int, list[Call]] = {}
        for call in calls:
            self._calls.setdefault(call.node, []).append(call)

    def sources(self) -> list[int]:
        """Nodes that a handle comes from: variables, and arguments that may hold one."""
        kinds = self._graphs.kinds
        used = list_distinct(self.graph.kinds)
        wanted = [kind for kind in used if _gives_handle(kinds[kind])]
        nodes: list[int] = np.flatnonzero(np.isin(self.graph.kinds, wanted)).tolist()
        return nodes

    def op(self, node: int) -> str:
        """Op of a node."""
        return self._graphs.kinds[int(self.graph.kinds[node])].op

    def follow(self, source: int) -> Taken:
        """Who takes the handle that a node gives, however often it is passed on."""
        is_reference = self.op(source) in REFERENCES
        passing = _PASSING_REFERENCES if is_reference else _PASSING
        readers: dict[int, None] = {}
        calls: dict[Passing, None] = {}
        seen = {(source, 0)}
        waiting = [(source, 0)]
        while waiting:
            node, given = waiting.pop()
            for port, target, slot in self.links.uses(node):
                if port != given:
                    continue
                op = self.op(target)
                if target in self._calls:
                    calls.update(dict.fromkeys(self._passed(target, slot)))
                if op in passing:
                    for further in _ports(passing[op], slot):
                        if (target, further) not in seen:
                            seen.add((target, further))
                            waiting.append((target, further))
                elif target not in self._calls and _reads(op, slot):
                    readers[target] = None
        return Taken(tuple(sorted(readers)), tuple(calls))

    def _passed(self, node: int, slot: int) -> Iterator[Passing]:
        for call in self._calls.get(node, ()):
            callee = self._graphs.functions.get(call.callee.function)
            if callee is None or call.callee.shift is None:
                continue
            argument = slot - call.callee.shift
            if 0 <= argument < callee.argument_count:
                yield Passing(node, callee.id, argument)

    def origin(self, node: int) -> int:
        """The node whose handle or value an input comes from, through reads and copies."""
        seen = set()
        while node not in seen and self.op(node) in ("Identity", "ReadVariableOp", "Enter"):
            seen.add(node)
            feeds = self.links.feeds(node)
            if not feeds:
                break
            node = feeds[0].source
        return node


def _gives_handle(kind: Kind) -> bool:
    if kind.op != INPUT:
        return kind.op in HANDLES
    dtype = kind.attributes.get(TYPE)
    return not isinstance(dtype, DType) or dtype.name == "resource" or dtype.name.endswith("_ref")


def _ports(how: str | None, slot: int) -> tuple[int, ...]:
    if how == "same":
        return (slot,)
    return (0, 1) if how == "both" else (0,)


def _reads(op: str, slot: int) -> bool:
    """Whether an op that takes a handle reads the variable's value."""
    changes = slot == 0 and (op in _ASSIGNS or op.startswith(_WRITERS))
    return op not in _NO_READERS and not changes
