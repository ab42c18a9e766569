"""From the engine's objects to payloads. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.analyses.totals import Sum, Totals, compute_totals
from tensorboard_plugin_modelinspect.analyses.verify import StepReport
from tensorboard_plugin_modelinspect.discovery import Found
from tensorboard_plugin_modelinspect.model.artifact import (
    Artifact,
    Document,
    FileInfo,
    MetaGraph,
)
from tensorboard_plugin_modelinspect.model.integrity import Finding
from tensorboard_plugin_modelinspect.model.objects import ObjectTree
from tensorboard_plugin_modelinspect.model.signature import Signature, TensorSpec
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.views.http.findings import describe_kinds
from tensorboard_plugin_modelinspect.views.http.payloads import (
    ArtifactRow,
    AssetPayload,
    CollectionPayload,
    DocumentPayload,
    FilePayload,
    FindingPayload,
    MetaGraphPayload,
    NamedCount,
    ObjectPayload,
    ObjectsPayload,
    SignaturePayload,
    SpecPayload,
    StepPayload,
    SumPayload,
    TensorsPayload,
    TotalsPayload,
    VerifyPayload,
)
from tensorboard_plugin_modelinspect.views.http.search import Counts
from tensorboard_plugin_modelinspect.views.http.verifications import Job

if TYPE_CHECKING:
    pass

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.views.http.stat_results import Kinds

OBJECTS_LIMIT = 500
"""Nodes of the object tree in one answer."""


def describe_row(found: Found, counts: Counts, kinds: Kinds) -> ArtifactRow:
    """An artifact as Home lists it."""
    return ArtifactRow(
        id=found.id,
        path=found.path,
        kind=found.kind,
        state=found.state,
        reason=found.reason or None,
        run=found.run,
        step=found.step,
        series=found.series,
        nbytes=found.nbytes,
        mtime_s=found.mtime_s,
        parameters=counts.parameters,
        tensors=counts.tensors,
        findings=describe_kinds(kinds),
    )


def describe_files(files: Iterable[FileInfo]) -> list[FilePayload]:
    """The files of an artifact, missing ones too."""
    return [FilePayload(name=file.name, nbytes=file.nbytes) for file in files]


def describe_documents(documents: Iterable[Document]) -> list[DocumentPayload]:
    """The documents of an artifact, without their texts."""
    return [DocumentPayload(document.name, document.nbytes) for document in documents]


def describe_meta_graph(graph: MetaGraph, sizes: Mapping[str, int | None]) -> MetaGraphPayload:
    """One MetaGraph.

    Args:
        graph: The MetaGraph.
        sizes: Bytes of the artifact's files by name, as `assets/vocabulary.txt`.
    """
    return MetaGraphPayload(
        tags=list(graph.tags),
        tensorflow_version=graph.tensorflow_version,
        producer=graph.producer,
        min_consumer=graph.min_consumer,
        signatures=[_describe_signature(signature) for signature in graph.signatures],
        node_count=graph.node_count,
        functions=[NamedCount(function.name, function.node_count) for function in graph.functions],
        ops=_by_count(graph.ops),
        collections=[
            CollectionPayload(entry.name, entry.kind, entry.size) for entry in graph.collections
        ],
        assets=[
            AssetPayload(name=name, tensor=tensor, nbytes=sizes.get(f"assets/{name}"))
            for name, tensor in graph.assets
        ],
        has_object_graph=graph.has_object_graph,
    )


def _by_count(counts: Mapping[str, int]) -> list[NamedCount]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [NamedCount(name, count) for name, count in ordered]


def _describe_signature(signature: Signature) -> SignaturePayload:
    return SignaturePayload(
        key=signature.key,
        method_name=signature.method_name,
        inputs=[_describe_spec(spec) for spec in signature.inputs],
        outputs=[_describe_spec(spec) for spec in signature.outputs],
        internal=signature.is_internal,
    )


def _describe_spec(spec: TensorSpec) -> SpecPayload:
    return SpecPayload(
        key=spec.key,
        dtype=spec.dtype.name,
        shape=None if spec.shape is None else list(spec.shape),
        name=spec.name,
        encoding=spec.encoding,
        has_default=spec.has_default,
    )


def describe_totals(totals: Totals) -> TotalsPayload:
    """Totals over the tensors of an artifact."""
    return TotalsPayload(
        by_role=[_describe_sum(role, total) for role, total in totals.by_role.items()],
        by_dtype=[_describe_sum(dtype, total) for dtype, total in totals.by_dtype.items()],
        all=_describe_sum("all", totals.all),
        aliases=_describe_sum("aliases", totals.aliases),
        model_parameters=totals.model_parameters,
    )


def _describe_sum(name: str, total: Sum) -> SumPayload:
    return SumPayload(name, total.tensors, total.parameters, total.nbytes)


def describe_tensors(artifact: Artifact) -> TensorsPayload:
    """All tensors of an artifact, as columns. Cost: one pass, no I/O."""
    tensors: Sequence[Tensor] = list(artifact.tensors.values())
    rows = {tensor.key: row for row, tensor in enumerate(tensors)}
    return TensorsPayload(
        key=[tensor.key for tensor in tensors],
        name=[tensor.name for tensor in tensors],
        dtype=[tensor.dtype.name for tensor in tensors],
        shape=[tensor.shape for tensor in tensors],
        nbytes=[tensor.nbytes for tensor in tensors],
        role=[tensor.role for tensor in tensors],
        alias_of=[
            -1 if tensor.alias_of is None else rows.get(tensor.alias_of, -1) for tensor in tensors
        ],
        totals=describe_totals(compute_totals(tensors)),
    )


def describe_objects(tree: ObjectTree | None, asked: Sequence[int]) -> ObjectsPayload:
    """Nodes of the object tree and their children, `OBJECTS_LIMIT` at most, each once.

    Args:
        tree: None (a name-based checkpoint has none) gives an empty answer.
        asked: Node ids, all of them in the tree.
    """
    if tree is None:
        return ObjectsPayload(count=0, nodes=[])
    ids = dict.fromkeys(asked)
    for node_id in asked:
        ids.update(dict.fromkeys(child for _, child in tree.nodes[node_id].children))
        if len(ids) >= OBJECTS_LIMIT:
            break
    nodes = [_describe_object(tree, node_id) for node_id in list(ids)[:OBJECTS_LIMIT]]
    return ObjectsPayload(count=len(tree.nodes), nodes=nodes)


def _describe_object(tree: ObjectTree, node_id: int) -> ObjectPayload:
    node = tree.nodes[node_id]
    return ObjectPayload(
        id=node_id,
        kind=node.kind,
        label=node.label,
        detail=node.detail,
        children=list(node.children),
        keys=list(node.keys),
    )


def describe_fingerprint(artifact: Artifact) -> dict[str, str] | None:
    """`fingerprint.pb` by field, as text: JavaScript has no 64-bit integers."""
    if artifact.fingerprint is None:
        return None
    return {name: str(value) for name, value in dataclasses.asdict(artifact.fingerprint).items()}


def describe_verification(job: Job | None) -> VerifyPayload:
    """How a verification stands; None: nobody asked for one."""
    state = "idle" if job is None else job.state
    found = None if job is None or state == "changed" else job.so_far
    if found is None:
        error = None if job is None else job.error
        return VerifyPayload(state, None, 0, 0, 0.0, [], error)
    return VerifyPayload(
        state=state,
        verdict=found.verdict if state == "done" else None,
        nbytes=found.nbytes,
        done_nbytes=found.done_nbytes,
        elapsed_s=round(found.elapsed_s, 3),
        steps=[_describe_step(report) for report in found.steps],
        error=None if job is None else job.error,
    )


def _describe_step(report: StepReport) -> StepPayload:
    return StepPayload(
        name=report.name,
        title=report.title,
        outcome=report.outcome,
        count=report.count,
        noun=report.noun,
        nbytes=report.nbytes,
        problem_count=report.problem_count,
        fact_count=report.fact_count,
        findings=[_describe_finding(finding) for finding in list(report.findings)],
    )


def _describe_finding(finding: Finding) -> FindingPayload:
    return FindingPayload(
        problem=finding.is_problem,
        path=finding.path,
        start=finding.start,
        stop=finding.stop,
        thing=finding.thing,
        tensor=finding.tensor,
        fact=finding.fact,
        next_step=finding.next_step,
    )
