"""A diff as plain JSON values, with the names of docs/cli.md."""

from __future__ import annotations

from tensorboard_plugin_modelinspect.analyses.diff.result import (
    ArtifactDiff,
    DocumentDiff,
    GraphDiff,
    SignatureDiff,
    TensorPair,
    ValueDiff,
)
from tensorboard_plugin_modelinspect.analyses.diff.summarise import summarise
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.views.cli.output import json_float
from tensorboard_plugin_modelinspect.views.cli.records import Record, signature_record, spec_record
from tensorboard_plugin_modelinspect.views.text.diff_words import list_pairs


def diff_record(diff: ArtifactDiff, *, is_all: bool) -> Record:
    """The document that `--json` prints; tensors that are the same only with `is_all`."""
    return {
        "summary": summarise(diff),
        "before": _side_record(diff.before),
        "after": _side_record(diff.after),
        "structure_changed": diff.has_changed_structure,
        "signatures_changed": diff.has_changed_signatures,
        "values_changed": diff.has_changed_values,
        "counts": dict(diff.counts),
        "tolerance": diff.tolerance._asdict(),
        "tensors": [_pair_record(pair) for pair in list_pairs(diff, is_all=is_all)],
        "graphs": [_graph_record(graph) for graph in diff.graphs],
        "objects": [
            {
                "path": one.path,
                "before": one.before and one.before._asdict(),
                "after": one.after and one.after._asdict(),
            }
            for one in diff.objects
        ],
        "documents": [_document_record(document) for document in diff.documents],
        "skipped": [one._asdict() for one in diff.skipped],
        "notes": list(diff.notes),
    }


def _side_record(artifact: Artifact) -> Record:
    return {
        "path": artifact.path,
        "kind": artifact.kind,
        "format": artifact.format,
        "step": artifact.step,
        "tensors": len(artifact.tensors),
        "nbytes": artifact.nbytes,
    }


def _pair_record(pair: TensorPair) -> Record:
    return {
        "state": pair.state,
        "before": _tensor_record(pair.before),
        "after": _tensor_record(pair.after),
        "by": pair.by,
        "confidence": pair.confidence,
        "reason": pair.reason,
        "content": pair.content,
        "changes": list(pair.changes),
        "values": _values_record(pair.values),
        "error": None if pair.error is None else pair.error.message,
    }


def _tensor_record(tensor: Tensor | None) -> Record | None:
    if tensor is None:
        return None
    return {
        "key": tensor.key,
        "name": tensor.name,
        "dtype": tensor.dtype.name,
        "shape": list(tensor.shape),
        "nbytes": tensor.nbytes,
        "role": tensor.role,
        "alias_of": tensor.alias_of,
    }


def _values_record(values: ValueDiff | None) -> Record | None:
    if values is None:
        return None
    numbers = ("max_abs", "mean_abs", "l2", "relative_l2", "cosine")
    floats = {name: getattr(values, name) for name in numbers}
    histogram = values.histogram
    return {
        "of": values.of,
        "compared_as": values.compared_as or None,
        "count": values.count,
        "differing": values.differing,
        "outside": values.outside,
        "first": None if values.first is None else list(values.first),
        "nan_both": values.nan_both,
        "nan_before": values.nan_before,
        "nan_after": values.nan_after,
        **{name: None if one is None else json_float(one) for name, one in floats.items()},
        "max_at": None if values.max_at is None else list(values.max_at),
        "is_rounding": values.is_rounding,
        "histogram": None if histogram is None else _histogram_record(*histogram),
    }


def _histogram_record(edges: tuple[float, ...], counts: tuple[int, ...]) -> Record:
    return {"edges": list(edges), "counts": list(counts)}


def _graph_record(graph: GraphDiff) -> Record:
    return {
        "tags": list(graph.tags),
        "is_before": graph.before is not None,
        "is_after": graph.after is not None,
        "signatures": [_signature_record(one) for one in graph.signatures],
        "ops": [one._asdict() for one in graph.ops],
        "functions": [one._asdict() for one in graph.functions],
        "collections": [one._asdict() for one in graph.collections],
        "assets": [
            {
                "name": one.name,
                "before": one.before and {"tensor": one.before[0], "nbytes": one.before[1]},
                "after": one.after and {"tensor": one.after[0], "nbytes": one.after[1]},
            }
            for one in graph.assets
        ],
        "facts": [one._asdict() for one in graph.facts],
    }


def _signature_record(signature: SignatureDiff) -> Record:
    return {
        "key": signature.key,
        "before": signature.before and signature_record(signature.before),
        "after": signature.after and signature_record(signature.after),
        "is_visible": signature.is_visible,
        "specs": [
            {
                "direction": spec.direction,
                "key": spec.key,
                "before": spec.before and spec_record(spec.before),
                "after": spec.after and spec_record(spec.after),
                "changes": list(spec.changes),
            }
            for spec in signature.specs
        ],
    }


def _document_record(document: DocumentDiff) -> Record:
    return {
        "name": document.name,
        "is_before": document.before is not None,
        "is_after": document.after is not None,
        "changes": [{**change._asdict(), "path": list(change.path)} for change in document.changes],
        "is_cut": document.is_cut,
        "is_volatile": document.is_volatile,
    }
