"""`modelinspect ls`: every artifact below a folder."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, get_args

import click

from tensorboard_plugin_modelinspect.discovery import Catalog, Found, Root, Snapshot
from tensorboard_plugin_modelinspect.errors import BadRequest, NotFound
from tensorboard_plugin_modelinspect.model.artifact import STATES, Kind
from tensorboard_plugin_modelinspect.views.cli.output import (
    NOTHING,
    Column,
    format_table,
    json_option,
    write_json,
    write_lines,
)
from tensorboard_plugin_modelinspect.views.cli.progress import Progress
from tensorboard_plugin_modelinspect.views.cli.records import Record
from tensorboard_plugin_modelinspect.views.text.words import (
    describe_bytes,
    describe_count,
    printable,
)

COLUMNS = (
    Column("state"),
    Column("kind"),
    Column("step", right=True),
    Column("size", right=True),
    Column("parameters", right=True),
    Column("run"),
    Column("path"),
)


class Row(NamedTuple):
    """An artifact, and what had to be opened for: parameters and tensors, None if it cannot be."""

    found: Found
    parameters: int | None
    tensors: int | None


@click.command("ls")
@click.argument("root")
@click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="Repeatable.")
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice(get_args(Kind)), help="Repeatable."
)
@json_option
def command(root: str, states: tuple[str, ...], kinds: tuple[str, ...], *, as_json: bool) -> None:
    """List every model and checkpoint below a folder.

    Shows state, kind, step, size on disk, parameters of the model (without optimizer and copies),
    TensorBoard's run and the path below ROOT. What is not complete has the reason on a line of
    its own; it does not change the exit code.
    """
    check_folder(root)
    catalog = Catalog(lambda: (Root("", os.path.abspath(root)),))
    with Progress() as progress:
        snapshot = catalog.scan(
            progress=lambda folders, artifacts: progress.show(
                f"{describe_count(folders, 'folder')}, {describe_count(artifacts, 'artifact')}"
            )
        )
        chosen = [
            found
            for found in snapshot.artifacts
            if (not states or found.state in states) and (not kinds or found.kind in kinds)
        ]
        rows = []
        for number, found in enumerate(chosen):
            progress.show(f"opening {number + 1:,} of {len(chosen):,}")
            rows.append(Row(found, *(catalog.parameters(found) or (None, None))))
    if as_json:
        write_json({"artifacts": [_record(row) for row in rows]})
    else:
        write_lines([*_format_rows(rows), _summary(rows, snapshot)])


def check_folder(root: str) -> None:
    """Refuse what cannot be searched, since an empty list would look like an answer."""
    if not os.path.exists(root):
        raise NotFound(f"{root}: no such folder. Name one that holds models, such as a logdir.")
    if not os.path.isdir(root):
        raise BadRequest(f"{root}: a file, not a folder. To look into it: modelinspect show PATH")


def _record(row: Row) -> Record:
    found = row.found
    return {
        "id": found.id,
        "path": found.path or ".",
        "kind": found.kind,
        "state": found.state,
        "reason": found.reason or None,
        "run": found.run,
        "step": found.step,
        "nbytes": found.nbytes,
        "mtime_s": found.mtime_s,
        "series": found.series,
        "parameters": row.parameters,
        "tensors": row.tensors,
    }


def _format_rows(rows: Sequence[Row]) -> list[str]:
    """The table, with the reason of whatever is not complete below its row."""
    if not rows:
        return []
    lines = format_table(COLUMNS, [_cells(row) for row in rows])
    result = lines[:1]
    for row, line in zip(rows, lines[1:], strict=True):
        result.append(line)
        if row.found.reason:
            result.append(f"    {printable(row.found.reason)}")
    return [*result, ""]


def _cells(row: Row) -> tuple[str, ...]:
    found = row.found
    return (
        found.state,
        found.kind,
        NOTHING if found.step is None else f"{found.step:,}",
        describe_bytes(found.nbytes),
        NOTHING if row.parameters is None else f"{row.parameters:,}",
        NOTHING if found.run is None else printable(found.run),
        printable(found.path or "."),
    )


def _summary(rows: Sequence[Row], snapshot: Snapshot) -> str:
    counts = Counter(row.found.state for row in rows)
    states = ", ".join(f"{counts[state]:,} {state}" for state in STATES if counts[state])
    parts = [describe_count(len(rows), "artifact") + (f" ({states})" if states else "")]
    left_out = len(snapshot.artifacts) - len(rows)
    if left_out:
        parts.append(f"{left_out:,} more not of the state or kind asked for")
    if rows:
        parts.append(describe_bytes(sum(row.found.nbytes for row in rows)))
    parts.append(f"{describe_count(snapshot.folders, 'folder')} searched")
    if snapshot.note:
        parts.append(printable(snapshot.note))
    return "; ".join(parts)
