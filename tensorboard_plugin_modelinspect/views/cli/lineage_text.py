"""A lineage in words: a row for each relation, checkpoints of a series together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from tensorboard_plugin_modelinspect.analyses.lineage.lineage import Lineage
from tensorboard_plugin_modelinspect.analyses.lineage.result import (
    Entry,
    Extent,
    Relation,
    SharedLayer,
    Subject,
    Weights,
)
from tensorboard_plugin_modelinspect.views.cli.output import NOTHING, Column, format_table
from tensorboard_plugin_modelinspect.views.text.words import (
    describe_bytes,
    describe_count,
    printable,
)

MOST_SHOWN = 3
"""Relations of an artifact; of one that was asked for all are shown."""
_MOST_STEPS = 4
_MOST_PROBLEMS = 10

EXTENTS: dict[Extent, str] = {
    "same": "the same as",
    "within": "all within",
    "holds": "all of",
    "part": "in part as",
}
COLUMNS = (
    Column("artifact"),
    Column("step", right=True),
    Column("tensors", right=True),
    Column("parameters", right=True),
    Column("weights are"),
    Column("those of"),
)


def format_lineage(lineage: Lineage, *, read: bool) -> Iterator[str]:
    """Lines on all artifacts; `read`: what has no checksums was read."""
    rows = [row for group in _group(lineage) for row in _rows(lineage, group, read=read)]
    if rows:
        yield from format_table(COLUMNS, rows)
        yield ""
    yield from _format_repeats(lineage.entries)
    problems = [one.subject for one in lineage.entries if one.problem]
    for entry in [one for one in lineage.entries if one.problem][:_MOST_PROBLEMS]:
        is_named = entry.subject.path in entry.problem
        name = "" if is_named else f"{_path(entry.subject)}: "
        yield f"problem: {name}{printable(entry.problem)}"
    if len(problems) > _MOST_PROBLEMS:
        more = describe_count(len(problems) - _MOST_PROBLEMS, "more problem")
        yield f"… and {more}; --json lists them"
    yield _summary(lineage.entries, read=read)
    if lineage.note:
        yield f"note: {printable(lineage.note)}"


def format_hashes(lineage: Lineage, places: Iterable[int]) -> Iterator[str]:
    """Hash and path of each; a dash where the hash is not known."""
    for place in places:
        subject, _, sketch, _ = lineage.looked[place]
        content_hash = None if sketch is None else sketch.weights.hash
        yield f"{content_hash or NOTHING:36}  {_path(subject)}"


def format_one(lineage: Lineage, place: int) -> Iterator[str]:
    """Lines on one artifact: its hash, what counts, its relations, and the layers it shares."""
    entry = lineage.entry(place)
    yield _path(entry.subject)
    if entry.problem:
        yield f"  problem: {printable(entry.problem)}"
    if entry.weights is not None:
        yield from _format_weights(entry.weights)
    for relation in entry.relations:
        yield ""
        first = lineage.looked[relation.others[0]].subject
        yield f"  {EXTENTS[relation.extent]} {_describe_others(lineage, relation.others)}"
        yield from _format_counts(relation, entry.weights, first)
        for layer in lineage.shared_layers(place, relation.others[0]):
            yield f"    {_describe_layer(layer)}"
    if entry.more:
        yield f"  … and {describe_count(entry.more, 'more series or artifact')}"
    if entry.weights is not None and not entry.relations:
        yield f"  {_describe_nothing(entry.weights)}"
    yield ""


def _format_weights(weights: Weights) -> Iterator[str]:
    tensors = describe_count(weights.tensors, "tensor")
    parameters = describe_count(weights.parameters, "parameter")
    yield f"  weights  {tensors}, {parameters}, {describe_bytes(weights.nbytes)}"
    yield f"  hash     {weights.hash or _describe_no_hash(weights)}"
    if weights.repeated:
        yield f"  stored twice: {_describe_repeats(weights)}"


def _describe_no_hash(weights: Weights) -> str:
    if not weights.tensors:
        return "none: it has no weights"
    count = f"{weights.unknown:,} of {weights.tensors:,}"
    return f"not known without reading: {count} tensors have no checksum (--read)"


def _describe_nothing(weights: Weights) -> str:
    if not weights.tensors:
        return "no weights to compare"
    if weights.unknown == weights.tensors:
        return "not known without reading (--read)"
    return "in common with no other artifact"


def _format_counts(relation: Relation, weights: Weights | None, first: Subject) -> Iterator[str]:
    if weights is None:
        return
    tensors = f"{relation.tensors:,} of {weights.tensors:,} tensors"
    yield f"    {tensors}, {describe_share(relation.parameters, weights.parameters)} of parameters"
    if relation.ties > 1:
        yield f"    {relation.ties:,} fit equally well; compared with {_path(first)}"
    if relation.less:
        yield f"    {relation.less:,} more of the series have less in common"


def _describe_layer(layer: SharedLayer) -> str:
    count = describe_count(len(layer.tensors), "tensor")
    if len(layer.tensors) < layer.of_tensors:
        count = f"{len(layer.tensors):,} of {describe_count(layer.of_tensors, 'tensor')}"
    other = "" if layer.other_name == layer.name else f", there {printable(layer.other_name)}"
    parameters = describe_count(layer.parameters, "parameter")
    return f"{printable(layer.name)}: {count}, {parameters}{other}"


def describe_share(part: int, whole: int) -> str:
    """A percentage that says 0 % and 100 % only where that is exact."""
    if part in (0, whole):
        return "100 %" if part else "0 %"
    percent = 100 * part / whole
    if percent < 1:
        return "<1 %"
    return ">99 %" if percent > 99 else f"{percent:.0f} %"


_Signature = tuple[object, ...]


def _group(lineage: Lineage) -> Iterator[list[int]]:
    """Artifacts that have relations; neighbours of one series together if theirs are alike."""
    entries = lineage.entries

    def signature(place: int) -> _Signature:
        entry = entries[place]
        alike = tuple(
            (one.extent, one.tensors, one.parameters, lineage.looked[one.others[0]].unit)
            for one in entry.relations[:MOST_SHOWN]
        )
        series = entry.subject.series
        return (series, alike) if series is not None else (place,)

    shown = [place for place, entry in enumerate(entries) if _is_shown(entry)]
    for _, group in groupby(shown, signature):
        yield list(group)


def _is_shown(entry: Entry) -> bool:
    """Whether there is something to tell; of an export it is told, too, that there is nothing."""
    has_weights = entry.weights is not None and entry.weights.tensors > 0
    return bool(entry.relations) or (has_weights and entry.subject.kind != "checkpoint")


def _rows(lineage: Lineage, group: Sequence[int], *, read: bool) -> Iterator[tuple[str, ...]]:
    entries = [lineage.entries[place] for place in group]
    first = entries[0]
    name = _path(first.subject) if len(group) == 1 else printable(first.subject.series or "")
    steps = describe_steps([entry.subject.step for entry in entries])
    total = first.weights
    if total is not None and not first.relations:
        yield name, steps, *_describe_unrelated(total, read=read)
    for number, relation in enumerate(first.relations[:MOST_SHOWN]):
        yield (
            name,
            steps,
            f"{relation.tensors:,} of {total.tensors:,}" if total else NOTHING,
            describe_share(relation.parameters, total.parameters) if total else NOTHING,
            EXTENTS[relation.extent],
            _describe_those(lineage, entries, number),
        )
        name = steps = ""
    more = len(first.relations) - MOST_SHOWN + first.more
    if more > 0:
        yield "", "", "", "", "…", f"{more:,} more; --of {_path(first.subject)} shows them"


def _describe_unrelated(weights: Weights, *, read: bool) -> tuple[str, ...]:
    """The rest of a row of an artifact that has nothing in common with others."""
    count, advice = f"{weights.tensors:,}", "" if read else "--read reads them"
    if weights.unknown == weights.tensors:
        return NOTHING, NOTHING, "not known", advice
    if weights.unknown:
        return f"0 of {count}", "0 %", "in part unknown", advice
    return f"0 of {count}", "0 %", "none", ""


def _describe_those(lineage: Lineage, entries: Sequence[Entry], number: int) -> str:
    """What one or several checkpoints, whose relations are alike, have something in common with."""
    relations = [entry.relations[number] for entry in entries]
    others = sorted({other for relation in relations for other in relation.others})
    pairs = [
        (entry.subject.step, [lineage.looked[other].subject.step for other in relation.others])
        for entry, relation in zip(entries, relations, strict=True)
    ]
    if len(entries) > 1 and all(step is not None and other == [step] for step, other in pairs):
        series = lineage.looked[others[0]].subject.series
        return f"the same steps of {printable(series or '')}"
    return _describe_others(lineage, others)


def _describe_others(lineage: Lineage, others: Sequence[int]) -> str:
    subjects = [lineage.looked[other].subject for other in others]
    if len(subjects) == 1 or subjects[0].series is None:
        return ", ".join(map(_path, subjects))
    steps = describe_steps([one.step for one in subjects])
    series = printable(subjects[0].series)
    return f"steps {steps} of {series}" if steps != NOTHING else f"{len(subjects):,} of {series}"


def describe_steps(steps: Sequence[int | None]) -> str:
    """Some steps in order: each of a few, else the first and the last one."""
    known = [f"{step:,}" for step in steps if step is not None]
    if not known or len(known) < len(steps):
        return NOTHING
    return ", ".join(known) if len(known) <= _MOST_STEPS else f"{known[0]}–{known[-1]}"


def _format_repeats(entries: Sequence[Entry]) -> Iterator[str]:
    lines = [
        f"stored twice: {_path(entry.subject)}: {_describe_repeats(entry.weights)}"
        for entry in entries
        if entry.weights is not None and entry.weights.repeated
    ]
    yield from lines[:_MOST_PROBLEMS]
    if len(lines) > _MOST_PROBLEMS:
        yield f"… and {len(lines) - _MOST_PROBLEMS:,} more that store tensors twice"
    if lines:
        yield ""


def _describe_repeats(weights: Weights) -> str:
    nbytes = describe_bytes(weights.repeated_nbytes)
    return f"{describe_count(weights.repeated, 'tensor')}, {nbytes}"


def _summary(entries: Sequence[Entry], *, read: bool) -> str:
    related = sum(bool(entry.relations) for entry in entries)
    hidden = sum(entry.weights is not None and entry.weights.unknown > 0 for entry in entries)
    parts = [f"{describe_count(len(entries), 'artifact')}, {related:,} of them related"]
    if hidden and read:
        parts.append(f"{hidden:,} with weights that cannot be compared")
    elif hidden:
        parts.append(f"{hidden:,} with weights not known without reading (--read)")
    return "; ".join(parts)


def _path(subject: Subject) -> str:
    return printable(subject.path or ".")
