"""Where the graphs of two artifacts differ: tag-sets, signatures, ops, functions, assets."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from tensorboard_plugin_modelinspect.analyses.diff.result import (
    AssetDiff,
    CountDiff,
    FactDiff,
    GraphDiff,
    SignatureDiff,
    SpecDiff,
)
from tensorboard_plugin_modelinspect.model.artifact import Artifact, MetaGraph
from tensorboard_plugin_modelinspect.model.signature import Signature, TensorSpec

FACTS = ("tensorflow_version", "producer", "min_consumer", "node_count", "has_object_graph")
EMPTY = MetaGraph(
    tags=(),
    tensorflow_version="",
    producer=0,
    min_consumer=0,
    signatures=(),
    node_count=0,
    functions=(),
    ops={},
    collections=(),
    assets=(),
    has_object_graph=False,
)
"""What a graph that is on one side only is compared with."""

_COUNTED = re.compile(r"_\d+$")
GraphId = tuple[tuple[str, ...], int]
"""Tags, and how many graphs before it have the same ones: a damaged file may repeat them."""


def diff_graphs(before: Artifact, after: Artifact) -> tuple[GraphDiff, ...]:
    """Tag-sets that differ, those of `before` first. Cost: a step for each op and signature."""
    old, new = list_graphs(before), list_graphs(after)
    sizes = _asset_sizes(before), _asset_sizes(after)
    diffs = (_diff_graph(one, old.get(one), new.get(one), *sizes) for one in {**old, **new})
    return tuple(diff for diff in diffs if diff is not None)


def list_graphs(artifact: Artifact) -> dict[GraphId, MetaGraph]:
    """The graphs of an artifact by what tells them apart."""
    graphs: dict[GraphId, MetaGraph] = {}
    seen: Counter[tuple[str, ...]] = Counter()
    for graph in artifact.meta_graphs:
        graphs[graph.tags, seen[graph.tags]] = graph
        seen[graph.tags] += 1
    return graphs


def count_functions(graph: MetaGraph) -> Counter[str]:
    """Functions by name, without the number that tells one save's from another's."""
    return Counter(_COUNTED.sub("", function.name) for function in graph.functions)


def list_assets(
    graph: MetaGraph, sizes: Mapping[str, int | None]
) -> dict[str, tuple[str, int | None]]:
    """Tensor and bytes of each asset, by name."""
    return {name: (tensor, sizes.get(name)) for name, tensor in graph.assets}


def _asset_sizes(artifact: Artifact) -> dict[str, int | None]:
    return {file.name.removeprefix("assets/"): file.nbytes for file in artifact.files}


def _diff_graph(
    graph_id: GraphId,
    before: MetaGraph | None,
    after: MetaGraph | None,
    sizes_before: Mapping[str, int | None],
    sizes_after: Mapping[str, int | None],
) -> GraphDiff | None:
    old, new = before or EMPTY, after or EMPTY
    diff = GraphDiff(
        graph_id[0],
        before,
        after,
        tuple(_diff_signatures(old.signatures, new.signatures)),
        _diff_counts(old.ops, new.ops),
        _diff_counts(count_functions(old), count_functions(new)),
        _diff_counts(_collection_sizes(old), _collection_sizes(new)),
        tuple(_diff_assets(list_assets(old, sizes_before), list_assets(new, sizes_after))),
        tuple(_diff_facts(old, new)),
        graph_id[1],
    )
    is_same = diff == GraphDiff(graph_id[0], before, after, repeat=graph_id[1])
    return None if is_same and before is not None and after is not None else diff


def _collection_sizes(graph: MetaGraph) -> dict[str, int]:
    return {one.name: one.size for one in graph.collections}


def _diff_counts(before: Mapping[str, int], after: Mapping[str, int]) -> tuple[CountDiff, ...]:
    counts = (
        CountDiff(name, before.get(name, 0), after.get(name, 0))
        for name in sorted({*before, *after})
    )
    return tuple(one for one in counts if one.before != one.after)


def _diff_assets(
    before: Mapping[str, tuple[str, int | None]], after: Mapping[str, tuple[str, int | None]]
) -> Iterator[AssetDiff]:
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield AssetDiff(name, before.get(name), after.get(name))


def _diff_facts(before: MetaGraph, after: MetaGraph) -> Iterator[FactDiff]:
    for name in FACTS:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield FactDiff(name, old, new)


def _diff_signatures(
    before: Sequence[Signature], after: Sequence[Signature]
) -> Iterator[SignatureDiff]:
    old, new = {one.key: one for one in before}, {one.key: one for one in after}
    for key in sorted({*old, *new}):
        a, b = old.get(key), new.get(key)
        if a != b:
            yield SignatureDiff(key, a, b, tuple(_diff_specs(a, b)))


def _diff_specs(before: Signature | None, after: Signature | None) -> Iterator[SpecDiff]:
    yield from _diff_side("input", before.inputs if before else (), after.inputs if after else ())
    outputs = before.outputs if before else (), after.outputs if after else ()
    yield from _diff_side("output", *outputs)


def _diff_side(
    direction: Literal["input", "output"],
    before: Iterable[TensorSpec],
    after: Iterable[TensorSpec],
) -> Iterator[SpecDiff]:
    old, new = {spec.key: spec for spec in before}, {spec.key: spec for spec in after}
    for key in sorted({*old, *new}):
        a, b = old.get(key), new.get(key)
        if a != b:
            yield SpecDiff(direction, key, a, b, _changes(a, b))


def _changes(before: TensorSpec | None, after: TensorSpec | None) -> tuple[str, ...]:
    if before is None or after is None:
        return ()
    names = ("dtype", "shape", "encoding", "has_default", "name")
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))
