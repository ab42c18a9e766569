"""Which nodes of a main graph only save, restore and initialise, told by how they are joined.

TF2 (tensorflow/python/saved_model/save.py) writes a main graph that calls the functions of its
signatures; all that these do not need is plumbing. In graphs of TF1 whatever leads only to an op
that saves, or to the first value of a variable, and what only waits for such.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

import numpy as np

from tensorboard_plugin_modelinspect.analyses.graph.distinct import list_distinct
from tensorboard_plugin_modelinspect.analyses.graph.flow import HANDLES
from tensorboard_plugin_modelinspect.analyses.graph.reach import (
    Neighbours,
    all_edges,
    find_needed,
)
from tensorboard_plugin_modelinspect.model.graph import EntryPoints, Graph, Graphs

_SEEDS = frozenset(
    {
        "Save",
        "SaveV2",
        "SaveSlices",
        "Restore",
        "RestoreV2",
        "RestoreSlice",
        "ShardedFilename",
        "ShardedFilespec",
        "MergeV2Checkpoints",
        "IsVariableInitialized",
        "VarIsInitializedOp",
        "InitializeTable",
        "InitializeTableV2",
        "InitializeTableFromTextFile",
        "InitializeTableFromTextFileV2",
        "LookupTableExport",
        "LookupTableExportV2",
        "LookupTableImport",
        "LookupTableImportV2",
        "DisableCopyOnRead",
    }
)
_ASSIGNS = frozenset({"Assign", "AssignVariableOp"})
_KEPT = HANDLES | {"HashTable", "HashTableV2", "MutableHashTableV2"}
"""What is part of the model although nothing else may use it."""
_VARYING = _KEPT | {"Placeholder", "PlaceholderV2", "PlaceholderWithDefault"}
"""What has another value at another time, as queues and iterators have."""
_READS = frozenset({"Identity", "ReadVariableOp"})
_RESTORES = frozenset({"Restore", "RestoreV2", "RestoreSlice"})
_ASSIGNED = 1
"""Input of an assignment that is the value."""


def find_plumbing(
    graph: Graph, graphs: Graphs, entry: EntryPoints, outputs: Iterable[int]
) -> np.ndarray:
    """Which nodes are plumbing; bool.

    Args:
        graph: A main graph.
        graphs: All of the artifact.
        entry: What is said of this one.
        outputs: Nodes that signatures give, init ops left out.

    Cost: a few passes over the edges.
    """
    given = np.zeros(len(graph), bool)
    given[list(outputs)] = True
    if not (entry.captures or entry.called):
        return _plumbing_of_tf1(graph, graphs, entry, given)
    return ~find_needed(graph, given) if given.any() else given


def _plumbing_of_tf1(
    graph: Graph, graphs: Graphs, entry: EntryPoints, given: np.ndarray
) -> np.ndarray:
    is_kept = _has_op(graph, graphs, _KEPT) | find_needed(graph, given)
    names = {*entry.initialisers, *(entry.saver or ())}
    seeds = _has_op(graph, graphs, _SEEDS) | _is_named(graph, names)
    seeds |= _initial_assigns(graph, graphs) | _idle_reads(graph, graphs)
    return _spread(graph, seeds & ~is_kept, is_kept)


def _spread(graph: Graph, seeds: np.ndarray, is_kept: np.ndarray) -> np.ndarray:
    """Some nodes, what only they use, and what needs only them."""
    sources, targets = all_edges(graph)
    needs = Neighbours(len(graph), targets, sources)
    users = Neighbours(len(graph), sources, targets)
    users_left = np.bincount(sources, minlength=len(graph)).tolist()
    needs_left = np.bincount(targets, minlength=len(graph)).tolist()
    found: np.ndarray = seeds.copy()
    waiting: list[int] = np.flatnonzero(seeds).tolist()
    while waiting:
        node = waiting.pop()
        for neighbours, left in ((needs, users_left), (users, needs_left)):
            for other in neighbours.of(node):
                left[other] -= 1
                if not left[other] and not found[other] and not is_kept[other]:
                    found[other] = True
                    waiting.append(other)
    return found


def _has_op(graph: Graph, graphs: Graphs, ops: Collection[str]) -> np.ndarray:
    return _if_op(graph, graphs, lambda op: op in ops)


def _if_op(graph: Graph, graphs: Graphs, holds: Callable[[str], bool]) -> np.ndarray:
    """Of which nodes something holds that is told by the op."""
    used = list_distinct(graph.kinds)
    return np.isin(graph.kinds, [kind for kind in used if holds(graphs.kinds[kind].op)])


def _is_named(graph: Graph, names: Collection[str]) -> np.ndarray:
    """Which nodes have one of some names. Cost: whole names only where the last part fits."""
    leaves = {name.rpartition("/")[2] for name in names}
    texts = graph.names.leaves
    return np.array(
        [
            texts[entry] in leaves and graph.names.path(entry) in names
            for entry in graph.nodes.tolist()
        ],
        bool,
    )


def _idle_reads(graph: Graph, graphs: Graphs) -> np.ndarray:
    """Reads of variables, and copies of these, that nothing uses; savers of slices leave such."""
    sources, targets = all_edges(graph)
    reads = _has_op(graph, graphs, _READS)
    users = Neighbours(len(graph), sources[reads[targets]], targets[reads[targets]])
    is_used = np.bincount(sources, minlength=len(graph)) > 0
    idle: np.ndarray = users.reach(_has_op(graph, graphs, HANDLES)) & reads & ~is_used
    return idle


def _initial_assigns(graph: Graph, graphs: Graphs) -> np.ndarray:
    """Assignments of what was restored, or of what follows from constants and random numbers.

    The latter are told by having no variable, input or queue among all that they need.
    """
    is_assign = _has_op(graph, graphs, _ASSIGNS)
    varying = _if_op(graph, graphs, _varies)
    sources, targets = graph.edges.sources, graph.edges.targets
    is_value = (graph.edges.slots == _ASSIGNED) | ~is_assign[targets]
    is_value &= ~_has_op(graph, graphs, _RESTORES)[sources]
    users = Neighbours(len(graph), sources[is_value], targets[is_value])
    initial: np.ndarray = is_assign & ~users.reach(varying)
    return initial


def _varies(op: str) -> bool:
    return op in _VARYING or "Queue" in op or "Iterator" in op
