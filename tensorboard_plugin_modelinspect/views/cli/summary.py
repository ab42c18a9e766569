"""`modelinspect show PATH`: what an artifact is, on one page."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from tensorboard_plugin_modelinspect.analyses.totals import Totals, compute_totals
from tensorboard_plugin_modelinspect.model.artifact import Artifact, MetaGraph
from tensorboard_plugin_modelinspect.model.signature import Signature, TensorSpec
from tensorboard_plugin_modelinspect.opening import (
    Check,
    check_artifact,
    locate_artifact,
    open_candidate,
)
from tensorboard_plugin_modelinspect.views.cli.output import (
    Column,
    format_table,
    write_json,
    write_lines,
)
from tensorboard_plugin_modelinspect.views.cli.records import (
    Record,
    document_records,
    document_sizes,
    file_sizes,
    fingerprint_record,
    meta_graph_record,
    totals_record,
)
from tensorboard_plugin_modelinspect.views.cli.totals import format_totals
from tensorboard_plugin_modelinspect.views.text.words import (
    describe_bytes,
    describe_count,
    describe_exact_bytes,
    describe_kind,
    describe_shape,
    printable,
)

MOST_LISTED = 20
"""Files, and documents; JSON has all."""
MOST_OPS = 6
DELETED = Check("deleted", "It was deleted while it was being looked at.", None)


def show_document(path: str, name: str) -> None:
    """Print one document of an artifact."""
    from tensorboard_plugin_modelinspect.views.text.documents import (
        find_document,
        format_document,
    )

    artifact = open_candidate(*locate_artifact(path))
    write_lines(format_document(find_document(artifact, name).text))


def show_summary(path: str, *, as_json: bool) -> None:
    """Print what an artifact is."""
    located = locate_artifact(path)
    artifact = open_candidate(*located)
    check = check_artifact(*located, now_s=time.time()) or DELETED
    totals = compute_totals(artifact.tensors.values())
    if as_json:
        write_json(_record(artifact, check, totals))
    else:
        write_lines(_format_artifact(artifact, check, totals))


def _record(artifact: Artifact, check: Check, totals: Totals) -> Record:
    sizes = file_sizes(artifact)
    return {
        "path": artifact.path,
        "kind": artifact.kind,
        "format": artifact.format,
        "state": check.state,
        "reason": check.reason or None,
        "step": artifact.step,
        "nbytes": artifact.nbytes,
        "files": [{"name": file.name, "nbytes": file.nbytes} for file in artifact.files],
        "meta_graphs": [meta_graph_record(graph, sizes) for graph in artifact.meta_graphs],
        "totals": totals_record(totals),
        "object_count": len(artifact.objects.nodes) if artifact.objects else 0,
        "fingerprint": fingerprint_record(artifact.fingerprint),
        "documents": document_records(artifact),
        "notes": list(artifact.notes),
    }


def _format_artifact(artifact: Artifact, check: Check, totals: Totals) -> Iterable[str]:
    yield f"{describe_kind(artifact.kind)}  {printable(artifact.path)}"
    yield ""
    yield from format_table((Column(""), Column("")), _facts(artifact, check, totals))[1:]
    yield ""
    yield from _format_sizes("files", artifact.files)
    if artifact.documents:
        yield ""
        yield from _format_sizes("documents", document_sizes(artifact))
    for graph in artifact.meta_graphs:
        yield ""
        yield from _format_meta_graph(graph, artifact)
    if artifact.tensors:
        yield ""
        yield from format_totals(totals)


def _facts(artifact: Artifact, check: Check, totals: Totals) -> list[tuple[str, str]]:
    size = (
        f"{describe_exact_bytes(artifact.nbytes)} in {describe_count(len(artifact.files), 'file')}"
    )
    rows = [("format", printable(artifact.format))] if artifact.format else []
    rows += [("state", check.state), ("size", size)]
    if artifact.step is not None:
        rows.append(("step", f"{artifact.step:,}"))
    rows.append(("tensors", f"{len(artifact.tensors):,}"))
    rows.append(("parameters", f"{totals.model_parameters:,} of the model itself"))
    if artifact.objects:
        rows.append(("objects", f"{len(artifact.objects.nodes):,}"))
    if artifact.fingerprint:
        rows.append(("fingerprint", _fingerprint_text(artifact)))
    notes = artifact.notes
    if check.reason and check.reason not in notes:
        notes = (check.reason, *notes)
    return rows + [("note", printable(note)) for note in notes]


def _fingerprint_text(artifact: Artifact) -> str:
    fingerprint = artifact.fingerprint
    if fingerprint is None:
        return ""
    return fingerprint.uuid and f"uuid {printable(fingerprint.uuid)}"


def _format_sizes(title: str, sizes: Sequence[tuple[str, int | None]]) -> Iterable[str]:
    rows = [
        (printable(name), "missing" if nbytes is None else f"{nbytes:,}", _unit(nbytes))
        for name, nbytes in sizes[:MOST_LISTED]
    ]
    yield from format_table(
        (Column(title), Column("bytes", right=True), Column("", right=True)), rows
    )
    if len(sizes) > MOST_LISTED:
        yield f"… and {len(sizes) - MOST_LISTED:,} more {title}"


def _unit(nbytes: int | None) -> str:
    return describe_bytes(nbytes) if nbytes is not None and nbytes >= 1000 else ""


def _format_meta_graph(graph: MetaGraph, artifact: Artifact) -> Iterable[str]:
    """What a graph is; tag-set, object graph and "no signatures" only where they mean something."""
    is_saved_model = artifact.kind == "saved_model"
    tags = ", ".join(map(printable, graph.tags))
    yield f"tag-set {tags or '(none)'}" if is_saved_model else f"graph {tags}".rstrip()
    version = printable(graph.tensorflow_version)
    writer = f"TensorFlow {version}" if version else "an unknown TensorFlow"
    written = f"written by {writer}, " if version or is_saved_model else ""
    yield (
        f"  {written}GraphDef version {graph.producer}, readable from version {graph.min_consumer}"
    )
    tf1 = ", no object graph (TF1)" if is_saved_model and not graph.has_object_graph else ""
    yield (
        f"  {describe_count(graph.node_count, 'node')} in the graph, "
        f"{describe_count(len(graph.functions), 'function')}{tf1}"
    )
    yield f"  ops: {_ops_text(graph)}"
    if graph.collections:
        named = (f"{printable(entry.name)} {entry.size:,}" for entry in graph.collections)
        yield f"  collections: {', '.join(named)}"
    yield from _format_assets(graph, file_sizes(artifact))
    if is_saved_model or graph.signatures:
        yield from _format_signatures(graph.signatures)


def _format_assets(graph: MetaGraph, sizes: dict[str, int | None]) -> Iterable[str]:
    for name, tensor in graph.assets:
        nbytes = sizes.get(f"assets/{name}")
        size = "missing" if nbytes is None else describe_bytes(nbytes)
        yield f"  asset {printable(name)}  {size}  {printable(tensor)}"


def _ops_text(graph: MetaGraph) -> str:
    ops = sorted(graph.ops.items(), key=lambda item: (-item[1], item[0]))
    text = ", ".join(f"{printable(name)} {count:,}" for name, count in ops[:MOST_OPS])
    more = len(ops) - MOST_OPS
    return f"{text}, and {describe_count(more, 'more kind')}" if more > 0 else text or "none"


def _format_signatures(signatures: Sequence[Signature]) -> Iterable[str]:
    callable_ones = [signature for signature in signatures if not signature.is_internal]
    if not callable_ones:
        yield "  no signatures"
    for signature in callable_ones:
        yield ""
        yield f"  signature {printable(signature.key)}  {printable(signature.method_name)}".rstrip()
        rows = [_spec_row("input", spec) for spec in signature.inputs]
        rows += [_spec_row("output", spec) for spec in signature.outputs]
        yield from format_table([Column("")] * 5, rows, indent="    ")[1:]


def _spec_row(direction: str, spec: TensorSpec) -> tuple[str, ...]:
    encoding = "" if spec.encoding == "dense" else f" ({spec.encoding})"
    default = " (has a default)" if spec.has_default else ""
    name = f"{printable(spec.name)}{encoding}{default}"
    return direction, printable(spec.key), spec.dtype.name, describe_shape(spec.shape), name
