"""The Python door: an opened artifact that shows itself in consoles and notebooks."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from html import escape
from itertools import islice

from tensorboard_plugin_modelinspect.analyses.totals import compute_totals
from tensorboard_plugin_modelinspect.model.artifact import Artifact, MetaGraph
from tensorboard_plugin_modelinspect.model.signature import Signature, TensorSpec
from tensorboard_plugin_modelinspect.opening import open_artifact as open_any
from tensorboard_plugin_modelinspect.views.text.notebook_style import STYLE
from tensorboard_plugin_modelinspect.views.text.words import (
    describe_bytes,
    describe_count,
    describe_exact_bytes,
    describe_kind,
    describe_shape,
    printable,
)

_TENSORS_SHOWN = 30
_SIGNATURES_SHOWN = 20
_DOCUMENTS_SHOWN = 10


@dataclass(frozen=True, repr=False)
class OpenArtifact(Artifact):
    """An artifact with a short `repr` and an HTML one for notebooks; else just that."""

    def __repr__(self) -> str:
        """One line: kind, path, and how much is in it."""
        parts = [f"{describe_kind(self.kind)} {printable(self.path)!r}"]
        if self.step is not None:
            parts.append(f"step {self.step:,}")
        signatures = sum(len(_callable_signatures(graph)) for graph in self.meta_graphs)
        if signatures:
            parts.append(describe_count(signatures, "signature"))
        parts.append(describe_count(len(self.tensors), "tensor"))
        parameters = compute_totals(self.tensors.values()).model_parameters
        parts.append(describe_count(parameters, "parameter"))
        parts.append(describe_bytes(self.nbytes))
        return f"<{', '.join(parts)}>"

    def _repr_html_(self) -> str:
        """Facts, signatures, the first tensors and totals; nothing is loaded from elsewhere."""
        sections = [
            _facts(self),
            *_signatures(self),
            _documents(self),
            _tensors(self),
            _totals(self),
        ]
        return f'{STYLE}<div class="modelinspect">{"".join(sections)}</div>'


def open_artifact(path: str | os.PathLike[str]) -> OpenArtifact:
    """Open a SavedModel, a checkpoint, a Keras or HDF5 file, a GraphDef or a TF1 `.meta`.

    Args:
        path: A SavedModel's folder or `saved_model.pb`, a checkpoint's prefix or one of its files,
            a file of any other kind, or a folder with a `checkpoint` file (then its newest).

    Returns:
        The artifact. Its tensors cost no I/O until they are `read`.

    Raises:
        NotFound: Nothing is there.
        UnknownFormat: What is there is none of these.
        FormatError: It is broken; the message says where and how.

    Cost: reads the index or the protobuf, never the weights.
    """
    artifact = open_any(path)
    return OpenArtifact(**{entry.name: getattr(artifact, entry.name) for entry in fields(Artifact)})


def _facts(artifact: OpenArtifact) -> str:
    rows = [
        ("kind", describe_kind(artifact.kind)),
        *([("format", artifact.format)] if artifact.format else []),
        ("path", artifact.path),
        ("size", f"{describe_exact_bytes(artifact.nbytes)} in {_files(artifact)}"),
    ]
    if artifact.step is not None:
        rows.append(("step", f"{artifact.step:,}"))
    versions = {graph.tensorflow_version for graph in artifact.meta_graphs} - {""}
    if versions:
        rows.append(("written by", f"TensorFlow {', '.join(sorted(versions))}"))
    rows += [("graph", _graph_text(graph)) for graph in artifact.meta_graphs]
    rows += [("note", note) for note in artifact.notes]
    return _table((), rows)


def _graph_text(graph: MetaGraph) -> str:
    tags = f" of tag-set {', '.join(graph.tags)}" if graph.tags else ""
    nodes = f"{describe_count(graph.node_count, 'node')}{tags}"
    return f"{nodes}, {describe_count(len(graph.functions), 'function')}"


def _files(artifact: OpenArtifact) -> str:
    missing = sum(file.nbytes is None for file in artifact.files)
    count = describe_count(len(artifact.files), "file")
    return f"{count}, {missing} missing" if missing else count


def _callable_signatures(graph: MetaGraph) -> list[Signature]:
    return [signature for signature in graph.signatures if not signature.is_internal]


def _signatures(artifact: OpenArtifact) -> Iterable[str]:
    for graph in artifact.meta_graphs:
        signatures = _callable_signatures(graph)
        rows = [
            ("" if index else signature.key, direction, *_spec(spec))
            for signature in signatures[:_SIGNATURES_SHOWN]
            for index, (direction, spec) in enumerate(_specs(signature))
        ]
        if rows:
            caption = f"tag-set {', '.join(graph.tags)}" if graph.tags else "signature"
            titles = (caption, "", "key", "dtype", "shape", "tensor")
            yield _table(titles, rows) + _more(len(signatures) - _SIGNATURES_SHOWN)


def _specs(signature: Signature) -> list[tuple[str, TensorSpec]]:
    inputs = [("input", spec) for spec in signature.inputs]
    return inputs + [("output", spec) for spec in signature.outputs]


def _spec(spec: TensorSpec) -> tuple[str, str, str, str]:
    return spec.key, spec.dtype.name, describe_shape(spec.shape), spec.name


def _documents(artifact: OpenArtifact) -> str:
    rows = [(document.name, f"{document.nbytes:,}") for document in artifact.documents]
    if not rows:
        return ""
    table = _table(("documents", "bytes"), rows[:_DOCUMENTS_SHOWN], numbers=(1,))
    return table + _more(len(rows) - _DOCUMENTS_SHOWN)


def _tensors(artifact: OpenArtifact) -> str:
    rows = [
        (
            tensor.key,
            tensor.name if tensor.name != tensor.key else "",
            tensor.dtype.name,
            describe_shape(tensor.shape),
            f"{tensor.nbytes:,}",
            tensor.role if tensor.alias_of is None else f"{tensor.role}, alias",
        )
        for tensor in islice(artifact.tensors.values(), _TENSORS_SHOWN)
    ]
    if not rows:
        return '<p class="quiet">no tensors</p>'
    table = _table(("key", "name", "dtype", "shape", "bytes", "role"), rows, numbers=(4,))
    return table + _more(len(artifact.tensors) - _TENSORS_SHOWN)


def _totals(artifact: OpenArtifact) -> str:
    totals = compute_totals(artifact.tensors.values())
    sums = [*totals.by_role.items(), ("all", totals.all)]
    if totals.aliases.tensors:
        sums.append(("aliases, not counted above", totals.aliases))
    rows = [
        (name, f"{total.tensors:,}", f"{total.parameters:,}", f"{total.nbytes:,}")
        for name, total in sums
    ]
    return _table(("totals", "tensors", "parameters", "bytes"), rows, numbers=(1, 2, 3))


def _more(count: int) -> str:
    return f'<p class="quiet">… and {count:,} more</p>' if count > 0 else ""


def _table(
    titles: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[int] = ()
) -> str:
    """An HTML table; every cell is escaped here and nowhere else."""
    classes = dict.fromkeys(numbers, ' class="number"')
    head = "".join(f"<th{classes.get(i, '')}>{_text(title)}</th>" for i, title in enumerate(titles))
    body = "".join(
        "<tr>"
        + "".join(f"<td{classes.get(i, '')}>{_text(cell)}</td>" for i, cell in enumerate(row))
        + "</tr>"
        for row in rows
    )
    return (
        f"<table>{f'<thead><tr>{head}</tr></thead>' if head else ''}<tbody>{body}</tbody></table>"
    )


def _text(text: str) -> str:
    return escape(printable(text))
