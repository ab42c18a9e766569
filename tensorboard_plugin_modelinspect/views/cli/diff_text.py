"""A diff as text for a terminal: the sentence first, then only what differs."""

from __future__ import annotations

from collections.abc import Iterator

from tensorboard_plugin_modelinspect.analyses.diff.result import ArtifactDiff
from tensorboard_plugin_modelinspect.analyses.diff.summarise import summarise
from tensorboard_plugin_modelinspect.views.cli.output import Column, format_table
from tensorboard_plugin_modelinspect.views.text.diff_words import (
    Labels,
    Part,
    describe_details,
    describe_numbers,
    describe_side,
    describe_state,
    list_pairs,
    list_parts,
)
from tensorboard_plugin_modelinspect.views.text.words import describe_shape, printable

MOST_TENSORS = 200
MOST_CHANGES = 40
COLUMNS = (
    Column("tensor"),
    Column("what"),
    Column("dtype"),
    Column("shape"),
    Column("differing", right=True),
    Column("max", right=True),
    Column("mean", right=True),
    Column("relative", right=True),
    Column("cosine", right=True),
    Column("first"),
)


def format_diff(diff: ArtifactDiff, *, is_all: bool) -> Iterator[str]:
    """Lines of a diff; lists are cut unless `is_all`."""
    yield printable(summarise(diff))
    for word, side in (("before", diff.before), ("after", diff.after)):
        kind, path, facts = describe_side(side)
        yield f"{word:<6}  {kind} {printable(path)}: {facts}"
    for part in list_parts(diff):
        yield ""
        yield from _format_part(part, None if is_all else MOST_CHANGES)
    yield from _format_tensors(diff, is_all=is_all)
    lines = [f"not compared: {one.section}: {one.reason}" for one in diff.skipped]
    lines += [f"note: {printable(note)}" for note in diff.notes]
    yield from ["", *lines] if lines else []


def _format_part(part: Part, most: int | None) -> Iterator[str]:
    yield printable(part.title)
    for change in part.changes[:most]:
        text = f": {printable(change.text)}" if change.text else ""
        yield f"  {change.sign} {printable(change.name)}{text}"
    if most is not None and len(part.changes) > most:
        yield f"  … and {len(part.changes) - most:,} more; --all lists them"


def _format_tensors(diff: ArtifactDiff, *, is_all: bool) -> Iterator[str]:
    pairs = list_pairs(diff, is_all=is_all)
    shown = pairs if is_all else pairs[:MOST_TENSORS]
    if not shown:
        return
    labels = Labels(diff)
    rows = [
        (
            printable(labels(pair)),
            describe_state(diff, pair),
            pair.tensor.dtype.name,
            describe_shape(pair.tensor.shape),
            *describe_numbers(pair),
        )
        for pair in shown
    ]
    titles, *lines = format_table(COLUMNS, rows, indent="  ")
    yield from ("", "tensors", titles)
    for pair, line in zip(shown, lines, strict=True):
        yield line
        for detail in describe_details(diff, pair, labels):
            yield f"      {printable(detail)}"
    if len(pairs) > len(shown):
        yield f"  … and {len(pairs) - len(shown):,} more; --all lists them"
