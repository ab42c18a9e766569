"""A diff in one sentence: structure first, then values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tensorboard_plugin_modelinspect.analyses.diff.result import (
    ArtifactDiff,
    GraphDiff,
    State,
    TensorPair,
    measure_change,
)
from tensorboard_plugin_modelinspect.errors import shortened

_OTHERS: dict[State, str] = {
    "close": "within the tolerance",
    "unknown": "not compared",
    "unreadable": "cannot be read",
    "incomparable": "cannot be compared",
}


def summarise(diff: ArtifactDiff) -> str:
    """The sentence, without a full stop; names of tensors are as stored.

    `same structure; 12 of 60 tensors changed, largest in dense/kernel (relative L2 0.12)`
    """
    parts = list(_structure(diff))
    structure = f"structure differs: {', '.join(parts)}" if parts else "same structure"
    return f"{structure}; {', '.join(_values(diff))}"


def _structure(diff: ArtifactDiff) -> Iterator[str]:
    yield from _tensors(diff, [pair for pair in diff.pairs if pair.is_counted])
    if not diff.is_skipped("graphs"):
        yield from _graphs([one for one in diff.graphs if one.is_structural])
    if not diff.is_skipped("objects"):
        yield from _count([one for one in diff.objects if one.is_top], "object", "changed")
    if not diff.is_skipped("documents"):
        documents = [one for one in diff.documents if not one.is_volatile]
        yield from _count(documents, "document", "changed")


def _tensors(diff: ArtifactDiff, pairs: Sequence[TensorPair]) -> Iterator[str]:
    for word in ("added", "removed"):
        yield from _count([one for one in pairs if one.state == word], "tensor", word)
    yield from _count([one for one in pairs if one.is_renamed], "tensor", "renamed")
    yield from _count([one for one in pairs if one.is_retyped], "tensor", "of another type")
    yield from _count([one for one in pairs if one.is_reshaped], "tensor", "of another shape")
    yield from _count([one for one in pairs if diff.has_moved(one)], "tensor", "of another role")


def _graphs(graphs: Sequence[GraphDiff]) -> Iterator[str]:
    lone = [one for one in graphs if one.before is None or one.after is None]
    yield from _count(lone, "tag-set", "added or removed")
    both = [one for one in graphs if one.before is not None and one.after is not None]
    visible = [one for graph in both for one in graph.signatures if one.is_visible]
    yield from _count(visible, "signature", "changed")
    yield from _count([asset for one in both for asset in one.assets], "asset", "changed")
    other = [one for one in both if one.ops or one.functions or one.collections]
    yield from _count(other, "graph", "changed")


def _count(items: Sequence[object], noun: str, what: str) -> Iterator[str]:
    if items:
        yield f"{len(items):,} {noun}{'' if len(items) == 1 else 's'} {what}"


def _values(diff: ArtifactDiff) -> Iterator[str]:
    counts = diff.counts
    total = sum(counts.values()) - counts["added"] - counts["removed"]
    if not total:
        yield "no tensors in common" if diff.pairs else "no tensors"
        return
    tensors = f"{total:,} tensor{'' if total == 1 else 's'}"
    if counts["equal"] == total:
        yield f"all {tensors} equal{_by(diff)}" if total > 1 else f"its tensor is equal{_by(diff)}"
        return
    yield f"{counts['changed']:,} of {tensors} changed{_largest(diff)}"
    for state, words in _OTHERS.items():
        if counts[state]:
            yield f"{counts[state]:,} {words}"


def _by(diff: ArtifactDiff) -> str:
    """How it is known, where data may be missing: checksums come from the index, not the data."""
    is_odd = bool(diff.before.notes or diff.after.notes)
    is_unread = any(pair.is_counted and pair.values is None for pair in diff.pairs)
    return " by checksum" if is_odd and is_unread else ""


def _largest(diff: ArtifactDiff) -> str:
    """Where most changed: relative to what was there before, so that layers can be compared."""
    changed = [pair for pair in diff.pairs if pair.is_counted and pair.state == "changed"]
    largest = max(changed, key=measure_change, default=None)
    if largest is None or largest.values is None or not largest.values.relative_l2:
        return ""
    name, relative = shortened(largest.tensor.name), largest.values.relative_l2
    return f", largest in {name} (relative L2 {relative:.3g})"
