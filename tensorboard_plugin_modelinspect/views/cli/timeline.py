"""`modelinspect timeline`: what changed from checkpoint to checkpoint."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

import click

from tensorboard_plugin_modelinspect.analyses.sums import Change
from tensorboard_plugin_modelinspect.analyses.timeline import Cell, Timeline
from tensorboard_plugin_modelinspect.analyses.timeline_groups import (
    ALL,
    BY,
    By,
    FirstNonfinite,
    Group,
    find_first_nonfinite,
    make_groups,
    select_tensors,
)
from tensorboard_plugin_modelinspect.discovery.series_reader import compute_timeline
from tensorboard_plugin_modelinspect.errors import BadRequest, FormatError
from tensorboard_plugin_modelinspect.views.cli.output import (
    NOTHING,
    Column,
    format_table,
    json_option,
    write_json,
    write_lines,
)
from tensorboard_plugin_modelinspect.views.cli.progress import Progress, describe_progress
from tensorboard_plugin_modelinspect.views.cli.timeline_records import timeline_record, write_csv
from tensorboard_plugin_modelinspect.views.text.words import (
    describe_bytes,
    describe_count,
    printable,
)

_MOST_NAMED = 5
_MOST_PROBLEMS = 10


@click.command("timeline")
@click.argument("path")
@click.option(
    "--tensor", "globs", multiple=True, metavar="GLOB", help="Only these names or keys. Repeatable."
)
@click.option(
    "--group", "by", type=click.Choice(BY), default=ALL, help="What is added up; else all."
)
@click.option("--no-values", is_flag=True, help="Read no weights: only what checksums tell.")
@click.option(
    "--fail-on", type=click.Choice(["nan"]), help="Exit with 3 if a value is NaN or infinite."
)
@click.option("--csv", "as_csv", is_flag=True, help="Print a row per group and checkpoint.")
@json_option
def command(
    path: str,
    globs: tuple[str, ...],
    by: By,
    fail_on: str | None,
    *,
    no_values: bool,
    as_csv: bool,
    as_json: bool,
) -> int:
    """Show what changed from checkpoint to checkpoint of a series.

    PATH is a folder with checkpoints, one of them, or their base name. A tensor whose checksum
    stays the same is frozen, and read once; of the others each version is read once. Counters and
    hyperparameters count in no group, but with --group tensor.
    """
    if as_csv and as_json:
        raise BadRequest("--csv and --json: give one of them.")
    if fail_on and no_values:
        raise BadRequest("--fail-on nan needs values: leave out --no-values.")
    with Progress() as progress:
        timeline = compute_timeline(
            path,
            values=not no_values,
            progress=lambda so_far: progress.show(describe_progress(*so_far)),
        )
    keys = select_tensors(timeline, globs)
    groups = make_groups(timeline, keys, by)
    first = find_first_nonfinite(timeline, keys)
    if as_json:
        write_json(timeline_record(timeline, groups, first))
    elif as_csv:
        write_csv(timeline, groups)
    else:
        write_lines(_format(timeline, groups, first, has_values=not no_values))
    return _exit_code(timeline, fail_on, first)


def _exit_code(timeline: Timeline, fail_on: str | None, first: FirstNonfinite | None) -> int:
    """3 if nothing can be opened, or what must not be is there or cannot be ruled out."""
    is_bad = fail_on is not None and (first is not None or bool(find_problems(timeline)))
    return FormatError.exit_code if is_bad or not timeline.tensors else 0


def find_problems(timeline: Timeline) -> list[str]:
    """What is wrong with checkpoints that are there, and what could not be read."""
    problems = [
        one.problem
        for one in timeline.checkpoints
        if one.problem and one.state not in ("deleted", "writing")
    ]
    notes = (*timeline.notes, *timeline.values.notes)
    return list(dict.fromkeys([*problems, *(note.message for note in notes if note.is_problem)]))


COLUMNS = (
    Column("checkpoint"),
    Column("step", right=True),
    Column("size", right=True),
    Column("mark"),
    Column("L2", right=True),
    Column("mean change", right=True),
    Column("relative", right=True),
    Column("cosine", right=True),
    Column("frozen", right=True),
    Column("NaN, inf", right=True),
)


def _format(
    timeline: Timeline,
    groups: Sequence[Group],
    first: FirstNonfinite | None,
    *,
    has_values: bool,
) -> Iterator[str]:
    problems = find_problems(timeline)
    tensors = describe_count(sum(len(group.keys) for group in groups), "tensor")
    checkpoints = describe_count(len(timeline.checkpoints), "checkpoint")
    yield f"{printable(timeline.name)}  {checkpoints}, {tensors}"
    for group in groups:
        yield ""
        if group.name != ALL:
            yield f"{printable(group.name)}  {describe_count(len(group.keys), 'tensor')}"
        yield from format_table(COLUMNS, _rows(timeline, group))
    yield ""
    if has_values and groups:
        yield _describe_first(timeline, first, problems)
    yield from _format_notes(timeline, problems)


def _rows(timeline: Timeline, group: Group) -> list[tuple[str, ...]]:
    columns = zip(timeline.checkpoints, group.cells, group.frozen, strict=True)
    return [
        (
            printable(posixpath.basename(checkpoint.path)),
            NOTHING if checkpoint.step is None else str(checkpoint.step),
            describe_bytes(checkpoint.nbytes),
            checkpoint.mark,
            *_cells(cell),
            f"{frozen:,} of {compared:,}" if compared else NOTHING,
            NOTHING if cell.sums is None else f"{cell.sums.nonfinite:,}",
        )
        for checkpoint, cell, (frozen, compared) in columns
    ]


def _cells(cell: Cell) -> tuple[str, str, str, str]:
    change = cell.change or Change()
    cosine = NOTHING if change.cosine is None else f"{change.cosine:.6f}"
    l2 = None if cell.sums is None else cell.sums.l2
    return _number(l2), _number(change.mean_abs), _number(change.relative), cosine


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.4g}"


def _describe_first(
    timeline: Timeline, first: FirstNonfinite | None, problems: Sequence[str]
) -> str:
    if first is None:
        return "no NaN and no infinite value" + (" in what could be read" if problems else "")
    checkpoint = timeline.checkpoints[first.checkpoint]
    step = "" if checkpoint.step is None else f" at step {checkpoint.step}"
    count = describe_count(len(first.tensors), "tensor")
    names = ", ".join(map(printable, first.tensors[:_MOST_NAMED]))
    more = ", …" if len(first.tensors) > _MOST_NAMED else ""
    name = printable(posixpath.basename(checkpoint.path))
    return f"first NaN or infinite value{step} ({name}) in {count}: {names}{more}"


def _format_notes(timeline: Timeline, problems: Sequence[str]) -> Iterator[str]:
    for text in problems[:_MOST_PROBLEMS]:
        yield f"problem: {printable(text)}"
    if len(problems) > _MOST_PROBLEMS:
        more = describe_count(len(problems) - _MOST_PROBLEMS, "more problem")
        yield f"… and {more}; --json lists them"
    for note in (*timeline.notes, *timeline.values.notes):
        if not note.is_problem:
            yield f"note: {_place(timeline, note.checkpoint)}{printable(note.message)}"


def _place(timeline: Timeline, place: int | None) -> str:
    return "" if place is None else f"{printable(timeline.checkpoints[place].path)}: "
