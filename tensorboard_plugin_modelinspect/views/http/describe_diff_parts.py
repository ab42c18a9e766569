"""From diffs to payloads: what differs besides tensors, as lines of words. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from tensorboard_plugin_modelinspect.analyses.diff.result import (
    ArtifactDiff,
    AssetDiff,
    CountDiff,
    DocumentDiff,
    GraphDiff,
    Json,
    JsonChange,
    ObjectDiff,
    ObjectFacts,
    Section,
    SignatureDiff,
)
from tensorboard_plugin_modelinspect.model.signature import Signature, TensorSpec
from tensorboard_plugin_modelinspect.views.http.diff_payloads import (
    DiffGroupPayload,
    DiffLinePayload,
    DiffListPayload,
    DiffPartPayload,
)
from tensorboard_plugin_modelinspect.views.text.words import (
    describe_count,
    describe_exact_bytes,
    describe_shape,
)

LINES_LIMIT = 500
"""Lines of a list in an answer."""
_JSON_LENGTH = 300


def describe_parts(diff: ArtifactDiff) -> list[DiffPartPayload]:
    """Signatures, graph, objects and documents."""
    is_one = len(diff.graphs) == 1
    signatures = [
        _describe_signature(one, "" if is_one else _name_tags(graph))
        for graph in diff.graphs
        for one in graph.signatures
    ]
    graphs = [group for graph in diff.graphs if (group := _describe_graph(graph)).lists]
    objects = [one for one in diff.objects if one.is_top]
    return [
        _part(diff, "signatures", "graphs", signatures, len(signatures)),
        _part(diff, "graph", "graphs", graphs, _count(graphs)),
        _part(diff, "objects", "objects", _describe_objects(objects), len(objects)),
        _part(
            diff,
            "documents",
            "documents",
            [_describe_document(one) for one in diff.documents],
            len(diff.documents),
        ),
    ]


def _part(
    diff: ArtifactDiff, name: str, section: Section, groups: list[DiffGroupPayload], count: int
) -> DiffPartPayload:
    reason = next((one.reason for one in diff.skipped if one.section == section), None)
    return DiffPartPayload(name, reason, count, [] if reason else groups)


def _count(groups: Iterable[DiffGroupPayload]) -> int:
    return sum(one.count for group in groups for one in group.lists)


def _list(
    title: str, lines: Iterable[DiffLinePayload], count: int, *, is_folded: bool = False
) -> DiffListPayload:
    return DiffListPayload(title, count, is_folded, list(lines))


def _line(name: str, before: str | None, after: str | None) -> DiffLinePayload:
    return DiffLinePayload(_state(before, after), name, before, after)


def _state(before: object, after: object) -> str:
    return "added" if before is None else "removed" if after is None else "changed"


def _name_tags(graph: GraphDiff) -> str:
    return f"tag-set {', '.join(graph.tags) or 'without tags'}"


def _describe_signature(diff: SignatureDiff, tags: str) -> DiffGroupPayload:
    """Both sides whole, so that one sees what stayed."""
    hidden = "" if diff.is_visible else "only names inside the graph differ: callers notice nothing"
    lines = list(_iter_specs(diff))
    before, after = diff.before, diff.after
    if before and after and before.method_name != after.method_name:
        lines.insert(0, _line("method", before.method_name, after.method_name))
    return DiffGroupPayload(
        title=diff.key,
        state=_state(before, after),
        note="; ".join(filter(None, (tags, hidden))),
        lists=[_list("", lines, len(lines))],
    )


def _iter_specs(diff: SignatureDiff) -> Iterator[DiffLinePayload]:
    changes: dict[tuple[str, str], Sequence[str]] = {
        (one.direction, one.key): one.changes for one in diff.specs
    }
    for direction in ("input", "output"):
        old, new = _specs(diff.before, direction), _specs(diff.after, direction)
        for key in {**old, **new}:
            own = changes.get((direction, key))
            has_name = own is not None and "name" in own
            sides = (_describe_spec(side.get(key), has_name=has_name) for side in (old, new))
            line = _line(f"{direction} {key}", *sides)
            yield line if own is not None else replace(line, state="equal")


def _specs(signature: Signature | None, direction: str) -> dict[str, TensorSpec]:
    specs: Sequence[TensorSpec] = getattr(signature, f"{direction}s", ())
    return {spec.key: spec for spec in specs}


def _describe_spec(spec: TensorSpec | None, *, has_name: bool) -> str | None:
    if spec is None:
        return None
    words = [spec.dtype.name, describe_shape(spec.shape)]
    if spec.encoding != "dense":
        words.append(spec.encoding)
    if spec.has_default:
        words.append("with a default")
    return " ".join([*words, spec.name] if has_name else words)


def _describe_graph(diff: GraphDiff) -> DiffGroupPayload:
    facts = [
        _line(one.name.replace("_", " "), str(one.before), str(one.after)) for one in diff.facts
    ]
    lists = [
        _list("Versions and size", facts, len(facts)),
        _list("Ops", _iter_counts(diff.ops), len(diff.ops)),
        _list("Functions", _iter_counts(diff.functions), len(diff.functions), is_folded=True),
        _list("Collections", _iter_counts(diff.collections), len(diff.collections), is_folded=True),
        _list("Assets", map(_describe_asset, diff.assets[:LINES_LIMIT]), len(diff.assets)),
    ]
    return DiffGroupPayload(
        title=_name_tags(diff),
        state=_state(diff.before, diff.after),
        note="",
        lists=[one for one in lists if one.count],
    )


def _iter_counts(diffs: Iterable[CountDiff]) -> Iterator[DiffLinePayload]:
    """The largest changes first."""
    ordered = sorted(diffs, key=lambda one: (-abs(one.after - one.before), one.name))
    for one in ordered[:LINES_LIMIT]:
        sides = (f"{count:,}" if count else None for count in (one.before, one.after))
        yield _line(one.name, *sides)


def _describe_asset(diff: AssetDiff) -> DiffLinePayload:
    def words(asset: tuple[str, int | None] | None) -> str | None:
        if asset is None:
            return None
        tensor, nbytes = asset
        return f"{'missing' if nbytes is None else describe_exact_bytes(nbytes)}, fed to {tensor}"

    return _line(diff.name, words(diff.before), words(diff.after))


def _describe_objects(objects: Sequence[ObjectDiff]) -> list[DiffGroupPayload]:
    if not objects:
        return []
    lines = [
        _line(_name_object(one), _describe_facts(one.before), _describe_facts(one.after))
        for one in objects[:LINES_LIMIT]
    ]
    return [DiffGroupPayload("Object tree", "changed", "", [_list("", lines, len(objects))])]


def _name_object(diff: ObjectDiff) -> str:
    below = f" and {describe_count(diff.below, 'object')} below" if diff.below else ""
    return f"{diff.path or '(root)'}{below}"


def _describe_facts(facts: ObjectFacts | None) -> str | None:
    if facts is None:
        return None
    same = facts.same_as and f"the same as {facts.same_as}"
    return " ".join(filter(None, (facts.kind, facts.label, facts.detail, same)))


def _describe_document(diff: DocumentDiff) -> DiffGroupPayload:
    count, state = len(diff.changes), _state(diff.before, diff.after)
    title = "Changes (there are more)" if diff.is_cut else "Changes"
    note = "only what each save writes anew" if diff.is_volatile else ""
    if state == "changed" and not count:
        note = "another text, which is no JSON"
    lines = map(_describe_change, diff.changes[:LINES_LIMIT])
    changes = [_list(title, lines, count, is_folded=diff.is_volatile)] if count else []
    return DiffGroupPayload(diff.name, state, note, changes)


def _describe_change(change: JsonChange) -> DiffLinePayload:
    place = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in change.path)
    return DiffLinePayload(
        state=change.kind,
        name=place.removeprefix(".") or "(all of it)",
        before=None if change.kind == "added" else _cut(change.before),
        after=None if change.kind == "removed" else _cut(change.after),
    )


def _cut(value: Json) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "…"
    return text if len(text) <= _JSON_LENGTH else f"{text[:_JSON_LENGTH]}…"
