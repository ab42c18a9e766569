"""The structure that a diff speaks of, and its law: a diff applied to one side gives the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from tensorboard_plugin_modelinspect.analyses.diff.documents import list_documents
from tensorboard_plugin_modelinspect.analyses.diff.graphs import (
    EMPTY,
    FACTS,
    GraphId,
    count_functions,
    list_assets,
    list_graphs,
)
from tensorboard_plugin_modelinspect.analyses.diff.objects import list_objects
from tensorboard_plugin_modelinspect.analyses.diff.result import (
    ArtifactDiff,
    CountDiff,
    GraphDiff,
    ObjectFacts,
)
from tensorboard_plugin_modelinspect.model.artifact import Artifact, MetaGraph
from tensorboard_plugin_modelinspect.model.signature import Signature
from tensorboard_plugin_modelinspect.model.tensor import Tensor

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class GraphStructure(NamedTuple):
    """What is compared of a tag-set; see `GraphDiff`."""

    signatures: Mapping[str, Signature]
    ops: Mapping[str, int]
    functions: Mapping[str, int]
    collections: Mapping[str, int]
    assets: Mapping[str, tuple[str, int | None]]
    facts: Mapping[str, str | int | bool]


@dataclass(frozen=True)
class Structure:
    """What is compared of an artifact: tensors by key without their handles, the rest by name."""

    tensors: Mapping[str, tuple[object, ...]]
    graphs: Mapping[GraphId, GraphStructure]
    objects: Mapping[str, ObjectFacts]
    documents: Mapping[tuple[str, int], str]


def structure_of(artifact: Artifact) -> Structure:
    """The structure of an artifact. Cost: a step for each tensor, object and op."""
    sizes = {file.name.removeprefix("assets/"): file.nbytes for file in artifact.files}
    return Structure(
        {key: _facts(tensor) for key, tensor in artifact.tensors.items()},
        {one: _graph(graph, sizes) for one, graph in list_graphs(artifact).items()},
        list_objects(artifact.objects),
        {one: document.text for one, document in list_documents(artifact.documents).items()},
    )


def _facts(tensor: Tensor) -> tuple[object, ...]:
    return tensor[:-1]


def _graph(graph: MetaGraph, sizes: Mapping[str, int | None]) -> GraphStructure:
    return GraphStructure(
        {one.key: one for one in graph.signatures},
        graph.ops,
        count_functions(graph),
        {one.name: one.size for one in graph.collections},
        list_assets(graph, sizes),
        {name: getattr(graph, name) for name in FACTS},
    )


def apply_diff(structure: Structure, diff: ArtifactDiff) -> Structure:
    """The structure after, from the one before and what the diff says is other than there.

    Cost: as `structure_of`.
    """
    tensors = {}
    for pair in diff.pairs:
        if pair.after is not None:
            facts = _facts(pair.after)
            if pair.before is not None:
                fields = zip(
                    Tensor._fields, structure.tensors[pair.before.key], facts, strict=False
                )
                facts = tuple(new if name in pair.changes else old for name, old, new in fields)
            tensors[pair.after.key] = facts
    documents = {(one.name, one.repeat): one.after and one.after.text for one in diff.documents}
    return Structure(
        tensors,
        _apply_graphs(structure.graphs, diff.graphs),
        _patch(structure.objects, {one.path: one.after for one in diff.objects}),
        _patch(structure.documents, documents),
    )


def _apply_graphs(
    graphs: Mapping[GraphId, GraphStructure], diffs: Iterable[GraphDiff]
) -> dict[GraphId, GraphStructure]:
    found = dict(graphs)
    for diff in diffs:
        graph_id = diff.tags, diff.repeat
        if diff.after is None:
            del found[graph_id]
        else:
            found[graph_id] = _apply_graph(found.get(graph_id, _graph(EMPTY, {})), diff)
    return found


def _apply_graph(graph: GraphStructure, diff: GraphDiff) -> GraphStructure:
    return GraphStructure(
        _patch(graph.signatures, {one.key: one.after for one in diff.signatures}),
        _recount(graph.ops, diff.ops),
        _recount(graph.functions, diff.functions),
        _recount(graph.collections, diff.collections),
        _patch(graph.assets, {one.name: one.after for one in diff.assets}),
        {**graph.facts, **{one.name: one.after for one in diff.facts}},
    )


def _recount(counts: Mapping[str, int], diffs: Iterable[CountDiff]) -> dict[str, int]:
    return _patch(counts, {one.name: one.after or None for one in diffs})


def _patch(
    items: Mapping[_Key, _Value], changes: Mapping[_Key, _Value | None]
) -> dict[_Key, _Value]:
    """With what a diff says is there after; None: no longer."""
    merged = {**items, **changes}
    return {key: value for key, value in merged.items() if value is not None}
