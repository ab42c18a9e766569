"""The model as plain JSON values, with the names of docs/cli.md; the tab's routes use the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict

from tensorboard_plugin_modelinspect.analyses.totals import Sum, Totals
from tensorboard_plugin_modelinspect.model.artifact import Artifact, Fingerprint, MetaGraph
from tensorboard_plugin_modelinspect.model.signature import Signature, TensorSpec

Record = dict[str, object]


def totals_record(totals: Totals) -> Record:
    """`totals` of `vars` and `show`."""
    return {
        "by_role": [_sum_record(role, total) for role, total in totals.by_role.items()],
        "by_dtype": [_sum_record(dtype, total) for dtype, total in totals.by_dtype.items()],
        "all": _sum_record("all", totals.all),
        "aliases": _sum_record("aliases", totals.aliases),
        "model_parameters": totals.model_parameters,
    }


def _sum_record(name: str, total: Sum) -> Record:
    return {"name": name, **asdict(total)}


def meta_graph_record(graph: MetaGraph, file_sizes: Mapping[str, int | None]) -> Record:
    """One of `meta_graphs` of `show`; `file_sizes` are those of the artifact's files."""
    return {
        "tags": list(graph.tags),
        "tensorflow_version": graph.tensorflow_version,
        "producer": graph.producer,
        "min_consumer": graph.min_consumer,
        "signatures": [signature_record(signature) for signature in graph.signatures],
        "node_count": graph.node_count,
        "functions": _counts((function.name, function.node_count) for function in graph.functions),
        "ops": _counts(sorted(graph.ops.items(), key=lambda item: (-item[1], item[0]))),
        "collections": [
            {"name": entry.name, "kind": entry.kind, "count": entry.size}
            for entry in graph.collections
        ],
        "assets": [
            {"name": name, "tensor": tensor, "nbytes": file_sizes.get(f"assets/{name}")}
            for name, tensor in graph.assets
        ],
        "has_object_graph": graph.has_object_graph,
    }


def _counts(pairs: Iterable[tuple[str, int]]) -> list[Record]:
    return [{"name": name, "count": count} for name, count in pairs]


def signature_record(signature: Signature) -> Record:
    """One of `signatures` of `show`."""
    return {
        "key": signature.key,
        "method_name": signature.method_name,
        "inputs": [spec_record(spec) for spec in signature.inputs],
        "outputs": [spec_record(spec) for spec in signature.outputs],
        "internal": signature.is_internal,
    }


def spec_record(spec: TensorSpec) -> Record:
    """One of `inputs` and `outputs` of a signature."""
    return {
        "key": spec.key,
        "dtype": spec.dtype.name,
        "shape": None if spec.shape is None else list(spec.shape),
        "name": spec.name,
        "encoding": spec.encoding,
        "has_default": spec.has_default,
    }


def fingerprint_record(fingerprint: Fingerprint | None) -> Record | None:
    """`fingerprint` of `show`: 64-bit hashes as text, since JSON numbers lose them beyond 2^53."""
    if fingerprint is None:
        return None
    return {name: str(value) for name, value in asdict(fingerprint).items()}


def document_records(artifact: Artifact) -> list[Record]:
    """`documents` of `show`: names and sizes, not the texts."""
    return [{"name": name, "nbytes": nbytes} for name, nbytes in document_sizes(artifact)]


def document_sizes(artifact: Artifact) -> list[tuple[str, int]]:
    """Name and bytes of each document, in stored order."""
    return [(document.name, document.nbytes) for document in artifact.documents]


def file_sizes(artifact: Artifact) -> dict[str, int | None]:
    """Bytes of each file by name; None for a missing one."""
    return {file.name: file.nbytes for file in artifact.files}
