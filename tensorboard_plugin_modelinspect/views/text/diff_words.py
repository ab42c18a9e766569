"""A diff in words: what differs, in sections and rows that text, HTML and notebooks lay out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from tensorboard_plugin_modelinspect.analyses.diff.result import (
    ArtifactDiff,
    AssetDiff,
    DocumentDiff,
    GraphDiff,
    Json,
    ObjectDiff,
    ObjectFacts,
    SignatureDiff,
    SpecDiff,
    TensorPair,
    measure_change,
)
from tensorboard_plugin_modelinspect.analyses.totals import compute_totals
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.views.text.words import (
    describe_bytes,
    describe_count,
    describe_kind,
    describe_shape,
)

NOTHING = "-"
_LONGEST_VALUE = 120
_FACTS = {
    "tensorflow_version": "TensorFlow",
    "producer": "GraphDef version",
    "min_consumer": "oldest reader",
    "node_count": "nodes",
    "has_object_graph": "has an object graph",
}


class Change(NamedTuple):
    """A line of a section: a sign (added, removed, other than before), what, and how it differs."""

    sign: Literal["+", "-", "~"]
    name: str
    text: str


class Part(NamedTuple):
    """A section of a diff, as it is shown."""

    title: str
    changes: list[Change]


def describe_side(artifact: Artifact) -> tuple[str, str, str]:
    """Kind, path, and how much is in it."""
    totals = compute_totals(artifact.tensors.values())
    facts = [] if artifact.step is None else [f"step {artifact.step:,}"]
    facts.append(describe_count(len(artifact.tensors), "tensor"))
    facts.append(describe_count(totals.model_parameters, "parameter"))
    facts.append(describe_bytes(artifact.nbytes))
    kind = describe_kind(artifact.kind)
    kind = f"{kind} ({artifact.format})" if artifact.format else kind
    return kind, artifact.path, ", ".join(facts)


def list_parts(diff: ArtifactDiff) -> list[Part]:
    """Sections of what differs besides tensors; those that are not compared are left out."""
    parts = [] if diff.is_skipped("graphs") else list(_graph_parts(diff.graphs))
    if not diff.is_skipped("objects"):
        tops = [one for one in diff.objects if one.is_top]
        parts.append(Part("objects", [_describe_object(one) for one in tops]))
    if not diff.is_skipped("documents"):
        parts += [_document_part(document) for document in diff.documents]
    return [part for part in parts if part.changes]


def _graph_parts(graphs: Sequence[GraphDiff]) -> Iterator[Part]:
    for graph in graphs:
        of = f" of tag-set {', '.join(graph.tags)}" if graph.tags else ""
        if graph.before is None or graph.after is None:
            sign = _sign(graph.before, graph.after)
            yield Part(f"graph{of}", [Change(sign, ", ".join(graph.tags) or "no tags", "")])
            continue
        yield Part(f"signatures{of}", [_describe_signature(one) for one in graph.signatures])
        counted = (("ops", graph.ops), ("functions", graph.functions), ("lists", graph.collections))
        for title, counts in counted:
            changes = [
                Change(_sign(one.before or None, one.after or None), one.name, _arrow(*one[1:]))
                for one in counts
            ]
            yield Part(f"{title}{of}", changes)
        yield Part(f"assets{of}", [_describe_asset(one) for one in graph.assets])
        facts = [
            Change("~", _FACTS[one.name], _arrow(one.before, one.after)) for one in graph.facts
        ]
        yield Part(f"graph{of}", facts)


def _sign(before: object, after: object) -> Literal["+", "-", "~"]:
    return "+" if before is None else "-" if after is None else "~"


def _arrow(before: object, after: object) -> str:
    return f"{_show(before)} -> {_show(after)}"


def _show(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _describe_signature(signature: SignatureDiff) -> Change:
    sign = _sign(signature.before, signature.after)
    if signature.before is None or signature.after is None:
        return Change(sign, signature.key, "")
    texts = [_describe_spec(spec) for spec in signature.specs]
    if signature.before.method_name != signature.after.method_name:
        methods = signature.before.method_name, signature.after.method_name
        texts.insert(0, f"method {_arrow(*methods)}")
    return Change(sign, signature.key, "; ".join(texts))


def _describe_spec(spec: SpecDiff) -> str:
    name = f"{spec.direction} {spec.key}"
    one = spec.after or spec.before
    if one is not None and not spec.changes:
        verb = "added" if spec.before is None else "removed"
        return f"{name} {verb}: {one.dtype.name} {describe_shape(one.shape)}"
    changes = []
    for field in spec.changes:
        old, new = getattr(spec.before, field), getattr(spec.after, field)
        if field == "dtype":
            old, new = old.name, new.name
        elif field == "shape":
            old, new = describe_shape(old), describe_shape(new)
        word = {"name": "tensor", "has_default": "has a default"}.get(field, field)
        changes.append(f"{word} {_arrow(old, new)}")
    return f"{name} {', '.join(changes)}"


def _describe_asset(asset: AssetDiff) -> Change:
    old, new = asset.before, asset.after
    if old is None or new is None:
        return Change(_sign(old, new), asset.name, "")
    texts = []
    if old[1] != new[1]:
        texts.append(
            _arrow(*("missing" if one[1] is None else f"{one[1]:,} B" for one in (old, new)))
        )
    if old[0] != new[0]:
        texts.append(f"tensor {_arrow(old[0], new[0])}")
    return Change("~", asset.name, ", ".join(texts))


def _describe_object(diff: ObjectDiff) -> Change:
    sign = _sign(diff.before, diff.after)
    if diff.before is not None and diff.after is not None:
        text = _arrow(_describe_facts(diff.before), _describe_facts(diff.after))
    else:
        text = _describe_facts(diff.after or diff.before or ObjectFacts("", "", ""))
        if diff.below:
            text += f", with {describe_count(diff.below, 'object')} below it"
    return Change(sign, diff.path or "root", text)


def _describe_facts(facts: ObjectFacts) -> str:
    if facts.same_as is not None:
        return f"the same as {facts.same_as or 'root'}"
    return " ".join(fact for fact in facts[:3] if fact)


def _document_part(document: DocumentDiff) -> Part:
    sign = _sign(document.before, document.after)
    if sign != "~" or not document.changes:
        return Part(
            "documents", [Change(sign, document.name, "" if sign != "~" else "text differs")]
        )
    changes = [
        Change(
            {"added": "+", "removed": "-", "changed": "~"}[change.kind],  # type: ignore[arg-type]
            describe_place(change.path),
            _describe_json(change.kind, change.before, change.after),
        )
        for change in document.changes
    ]
    if document.is_cut:
        changes.append(Change("~", "…", "and more"))
    return Part(f"document {document.name}", changes)


def describe_place(path: Sequence[str | int]) -> str:
    """A place in a JSON document: `config.layers[2].config.units`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "all of it"


def _describe_json(kind: str, before: Json, after: Json) -> str:
    if kind == "changed":
        return f"{_short_json(before)} -> {_short_json(after)}"
    return _short_json(after if kind == "added" else before)


def _short_json(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def list_pairs(diff: ArtifactDiff, *, is_all: bool = False) -> list[TensorPair]:
    """Pairs that are shown: of other structure in order, then those that changed most first.

    Args:
        diff: Any.
        is_all: Whether those that are the same are shown too, last, and aliases and bookkeeping.
    """
    shown = [pair for pair in diff.pairs if is_all or pair.is_counted]
    structural = [pair for pair in shown if is_structural(diff, pair)]
    rest = [pair for pair in shown if not is_structural(diff, pair)]
    changed = [pair for pair in rest if pair.state != "equal"]
    changed.sort(key=measure_change, reverse=True)
    same = [pair for pair in rest if pair.state == "equal"] if is_all else []
    return structural + changed + same


def is_structural(diff: ArtifactDiff, pair: TensorPair) -> bool:
    """Whether more than values differ."""
    is_lone = pair.before is None or pair.after is None
    is_other = pair.is_renamed or pair.is_retyped or pair.is_reshaped
    return is_lone or is_other or diff.has_moved(pair)


def describe_state(diff: ArtifactDiff, pair: TensorPair) -> str:
    """What happened to a tensor, in words: `renamed, changed`."""
    if pair.before is None or pair.after is None:
        return pair.state
    words = [
        word
        for word, holds in (
            ("renamed", pair.is_renamed),
            ("retyped", pair.is_retyped),
            ("reshaped", pair.is_reshaped),
            ("moved", diff.has_moved(pair)),
        )
        if holds
    ]
    state = {"close": "within tolerance", "unknown": "not compared"}.get(pair.state, pair.state)
    if pair.state != "incomparable" or not words:
        words.append(state)
    return ", ".join(words)


class Labels:
    """What tensors are called: by name, or by key where another one has that name.

    Args:
        diff: Whose tensors.
    """

    def __init__(self, diff: ArtifactDiff) -> None:
        self._counts = [
            Counter(one.name for one in side.tensors.values() if one.alias_of is None)
            for side in (diff.before, diff.after)
        ]

    def __call__(self, pair: TensorPair) -> str:
        """Of a pair: what its tensor is called now."""
        return self.before(pair.tensor) if pair.after is None else self._label(pair.after, 1)

    def before(self, tensor: Tensor) -> str:
        """Of a tensor before."""
        return self._label(tensor, 0)

    def _label(self, tensor: Tensor, side: int) -> str:
        return tensor.name if self._counts[side][tensor.name] == 1 else tensor.key


def describe_details(diff: ArtifactDiff, pair: TensorPair, labels: Labels) -> Iterator[str]:
    """Sentences about a pair that its row has no column for."""
    if pair.before is None or pair.after is None:
        return
    was = labels.before(pair.before)
    if pair.is_renamed:
        yield f"was {was}: {pair.reason} (confidence {pair.confidence:.2f})"
    elif was != labels(pair):
        yield f"was {was}"
    for words, old, new in (
        ("type", pair.before.dtype.name, pair.after.dtype.name),
        ("shape", describe_shape(pair.before.shape), describe_shape(pair.after.shape)),
        ("role", pair.before.role, pair.after.role),
    ):
        if old != new and (words != "role" or diff.has_moved(pair)):
            yield f"{words} {old} -> {new}"
    yield from _describe_values(pair)
    if pair.error is not None:
        yield str(pair.error)


def _describe_values(pair: TensorPair) -> Iterator[str]:
    values = pair.values
    if values is None:
        return
    if values.compared_as:
        rounding = ": one is the other, rounded" if values.is_rounding and values.differing else ""
        yield f"compared as {values.compared_as}{rounding}"
    if values.nan_before or values.nan_after:
        yield f"NaN only before: {values.nan_before:,}, only after: {values.nan_after:,}"
    if values.nan_both and values.differing:
        yield f"NaN on both sides: {values.nan_both:,}, taken for equal"


class Numbers(NamedTuple):
    """Cells of a pair."""

    differing: str
    max_abs: str
    mean_abs: str
    relative_l2: str
    cosine: str
    first: str


def describe_numbers(pair: TensorPair) -> Numbers:
    """What its values tell, in cells."""
    values = pair.values
    if values is None:
        return Numbers(*[NOTHING] * 6)
    cosine = NOTHING if values.cosine is None else f"{values.cosine:.6f}"
    first = NOTHING if values.first is None else describe_shape(values.first)
    return Numbers(
        f"{values.differing:,} of {values.count:,}",
        _number(values.max_abs),
        _number(values.mean_abs),
        _number(values.relative_l2),
        cosine,
        first,
    )


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.4g}"
