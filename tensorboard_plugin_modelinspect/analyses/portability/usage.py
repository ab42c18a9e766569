"""Which ops a model uses, how, where, and which of its signatures reach them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.analyses.graph.distinct import find_distinct
from tensorboard_plugin_modelinspect.analyses.portability.history import is_list
from tensorboard_plugin_modelinspect.analyses.portability.result import Place
from tensorboard_plugin_modelinspect.model.dtype import DType
from tensorboard_plugin_modelinspect.model.graph import (
    INPUT,
    OUTPUT,
    AttributeValue,
    Graph,
    Kind,
)

MOST_PLACES = 3
"""Of each use, so that evidence stays short."""


@dataclass(slots=True)
class KindUse:
    """How often and where an op is used with certain attributes.

    Attributes:
        kind: The op and its attributes.
        count: Nodes of it.
        places: The first of them.
        signatures: Keys of those that reach one.
        plumbing: How many only save, restore or initialise.
    """

    kind: Kind
    count: int = 0
    places: list[Place] = field(default_factory=list)
    signatures: set[str] = field(default_factory=set)
    plumbing: int = 0

    @property
    def is_plumbing(self) -> bool:
        """Whether no node of it does anything else."""
        return self.plumbing == self.count


@dataclass(frozen=True, slots=True)
class Usage:
    """All uses of ops in an artifact.

    Attributes:
        kinds: In the order of the file; calls of functions by their name are left out.
        devices: Nodes by the device that they are pinned to.
        dtypes: How many nodes have an attribute that is, or lists, a type.
        has_signatures: Whether any signature can be called.
    """

    kinds: tuple[KindUse, ...]
    devices: dict[str, int]
    dtypes: dict[str, int]
    has_signatures: bool

    def reached(self) -> Iterator[KindUse]:
        """Uses that a signature reaches; without signatures all that are no plumbing."""
        for use in self.kinds:
            if use.signatures if self.has_signatures else not use.is_plumbing:
                yield use


def collect_usage(analysis: GraphAnalysis) -> Usage:
    """Look at all graphs of an artifact. Cost: a few passes over their columns."""
    graphs = analysis.graphs
    uses = [KindUse(kind) for kind in graphs.kinds]
    devices: Counter[str] = Counter()
    for graph in analysis.all_graphs:
        if graph.kind != "layers":
            _add_graph(analysis, graph, uses, devices)
    entries = [entry for entry in analysis.entries if not entry.signature.is_internal]
    for entry in entries:
        for number in analysis.count_kinds(entry):
            uses[number].signatures.add(entry.signature.key)
    kept = tuple(
        use
        for use in uses
        if use.count and use.kind.op not in (INPUT, OUTPUT) and use.kind.op not in graphs.functions
    )
    return Usage(kept, dict(devices), _count_types(kept), bool(entries))


def _add_graph(
    analysis: GraphAnalysis, graph: Graph, uses: list[KindUse], devices: Counter[str]
) -> None:
    kinds, places = find_distinct(graph.kinds)
    firsts = np.empty(len(kinds), np.int64)
    firsts[places[::-1]] = np.arange(len(places))[::-1]
    counts = np.bincount(places)
    is_function_of_plumbing = graph.id in analysis.plumbing_functions
    plumbing = Counter(graph.kinds[analysis.plumbing(graph)].tolist())
    for number, first, count in zip(kinds.tolist(), firsts.tolist(), counts.tolist(), strict=True):
        use = uses[number]
        use.count += count
        use.plumbing += count if is_function_of_plumbing else plumbing[number]
        if len(use.places) < MOST_PLACES:
            use.places.append(Place(graph.id, graph.name(first)))
    for place, count in enumerate(np.bincount(graph.devices).tolist()):
        if count and analysis.graphs.devices[place]:
            devices[analysis.graphs.devices[place]] += count


def _count_types(uses: Iterable[KindUse]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for use in uses:
        for name in types_of(use.kind):
            found[name] += use.count
    return dict(found)


def types_of(kind: Kind) -> set[str]:
    """Element types that the attributes of a node name, references as what they refer to."""
    values = [value for name, value in kind.attributes.items() if not name.startswith("_")]
    found = {one.name for value in values for one in _flat(value) if isinstance(one, DType)}
    return {name.removesuffix("_ref") for name in found}


def _flat(value: AttributeValue) -> Iterable[AttributeValue]:
    return value if is_list(value) else (value,)
