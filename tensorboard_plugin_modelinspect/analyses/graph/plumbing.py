"""Which nodes of a main graph only save, restore and initialise, told by how they are joined.

TF2 (tensorflow/python/saved_model/save.py) writes a main graph that calls the functions of its
signatures; all that these do not need is plumbing. In graphs of TF1 whatever leads only to an op
that saves, or to the first value of a variable, and what only waits for such.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

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
_KEPT = frozenset(
    {"VarHandleOp", "VariableV2", "Variable", "Placeholder", "PlaceholderWithDefault"}
)
_KEPT |= {"HashTable", "HashTableV2", "MutableHashTableV2"}
"""What is part of the model although nothing else may use it."""
_MOST_ROUNDS = 1000


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
    if entry.captures or entry.called:
        needed = _ancestors(graph, given)
        return ~needed if given.any() else given
    return _plumbing_of_tf1(graph, graphs, entry, given)


def _all_edges(graph: Graph) -> tuple[np.ndarray, np.ndarray]:
    """Sources and targets of data and control edges."""
    sources = np.concatenate([graph.edges.sources, graph.control.sources])
    targets = np.concatenate([graph.edges.targets, graph.control.targets])
    return sources, targets


def _ancestors(graph: Graph, wanted: np.ndarray) -> np.ndarray:
    """The nodes that some need, and these."""
    sources, targets = _all_edges(graph)
    needed = wanted.copy()
    new = wanted
    for _ in range(_MOST_ROUNDS):
        new = _marked(len(graph), sources[new[targets]]) & ~needed
        if not new.any():
            break
        needed |= new
    return needed


def _marked(count: int, nodes: np.ndarray) -> np.ndarray:
    marks = np.zeros(count, bool)
    marks[nodes] = True
    return marks


def _plumbing_of_tf1(
    graph: Graph, graphs: Graphs, entry: EntryPoints, given: np.ndarray
) -> np.ndarray:
    sources, targets = _all_edges(graph)
    ops = [kind.op for kind in graphs.kinds]
    is_seed = np.array([op in _SEEDS for op in ops], bool)[graph.kinds]
    is_kept = np.array([op in _KEPT for op in ops], bool)[graph.kinds] | _ancestors(graph, given)
    names = {*entry.initialisers, *(entry.saver or ())}
    is_seed |= np.array([name in names for name in _names(graph, names)], bool)
    is_seed |= _initial_assigns(graph, graphs)
    plumbing = is_seed & ~is_kept
    users = np.bincount(sources, minlength=len(graph))
    needs = np.bincount(targets, minlength=len(graph))
    for _ in range(_MOST_ROUNDS):
        of_plumbing = plumbing[targets]
        only_used = np.bincount(sources[of_plumbing], minlength=len(graph)) == users
        only_needs = np.bincount(targets[plumbing[sources]], minlength=len(graph)) == needs
        new = (only_used & (users > 0)) | (only_needs & (needs > 0))
        new &= ~plumbing & ~is_kept
        if not new.any():
            break
        plumbing |= new
    return plumbing


def _names(graph: Graph, wanted: set[str]) -> list[str]:
    """Name of each node, empty where the last part of it already shows that it is not wanted."""
    leaves = {name.rpartition("/")[2] for name in wanted}
    texts = graph.names.leaves
    return [
        graph.names.path(entry) if texts[entry] in leaves else "" for entry in graph.nodes.tolist()
    ]


def _initial_assigns(graph: Graph, graphs: Graphs) -> np.ndarray:
    """Assignments of what was restored, or of what follows from constants and random numbers.

    The latter are told by having no variable, input or queue among all that they need.
    """
    ops = [kind.op for kind in graphs.kinds]
    is_assign = np.array([op in _ASSIGNS for op in ops], bool)[graph.kinds]
    if not is_assign.any():
        return is_assign
    varies = np.array([op in _KEPT or "Queue" in op or "Iterator" in op for op in ops], bool)
    changing = varies[graph.kinds]
    values = graph.edges.slots == 1
    sources, targets = graph.edges.sources, graph.edges.targets
    is_value = values | ~is_assign[targets]
    for _ in range(_MOST_ROUNDS):
        new = _marked(len(graph), targets[changing[sources] & is_value]) & ~changing
        if not new.any():
            break
        changing |= new
    return is_assign & ~changing
