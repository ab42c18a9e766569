"""A timeline as plain JSON values and as CSV, with the names of docs/cli.md."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tensorboard_plugin_modelinspect.analyses.timeline import Cell, Checkpoint, Note, Timeline
from tensorboard_plugin_modelinspect.analyses.timeline_groups import FirstNonfinite, Group
from tensorboard_plugin_modelinspect.views.cli.output import json_float
from tensorboard_plugin_modelinspect.views.cli.records import Record


def timeline_record(
    timeline: Timeline, groups: Sequence[Group], first: FirstNonfinite | None
) -> Record:
    """The document that `--json` prints."""
    return {
        "name": timeline.name,
        "folder": timeline.folder,
        "checkpoints": [_checkpoint_record(one) for one in timeline.checkpoints],
        "groups": [
            {
                "name": group.name,
                "tensors": len(group.keys),
                "values": [
                    _cell_record(cell, *frozen)
                    for cell, frozen in zip(group.cells, group.frozen, strict=True)
                ],
            }
            for group in groups
        ],
        "first_nonfinite": first and first._asdict(),
        "hyperparameters": [
            {
                "key": one.key,
                "name": one.name,
                "values": [None if value is None else json_float(value) for value in one.values],
            }
            for one in timeline.hyperparameters
        ],
        "notes": [_note_record(one) for one in (*timeline.notes, *timeline.values.notes)],
    }


def _checkpoint_record(checkpoint: Checkpoint) -> Record:
    return {**checkpoint._asdict(), "problem": checkpoint.problem or None}


def _note_record(note: Note) -> Record:
    return {
        "checkpoint": note.checkpoint,
        "tensor": note.tensor,
        "problem": note.is_problem,
        "message": note.message,
    }


def _cell_record(cell: Cell, frozen: int, compared: int) -> Record:
    sums, change = cell.sums, cell.change
    numbers = {
        "l2": None if sums is None else sums.l2,
        "mean_abs_change": None if change is None else change.mean_abs,
        "relative_change": None if change is None else change.relative,
        "cosine": None if change is None else change.cosine,
    }
    return {
        "count": None if sums is None else sums.count,
        "nonfinite": None if sums is None else sums.nonfinite,
        "previous": None if change is None else cell.previous,
        **{name: None if one is None else json_float(one) for name, one in numbers.items()},
        "frozen": frozen,
        "compared": compared,
    }


def write_csv(timeline: Timeline, groups: Sequence[Group]) -> None:
    """Print a row for each checkpoint of each group."""
    import csv  # only for those who ask

    rows = [
        {
            "group": group.name,
            "path": checkpoint.path,
            "step": checkpoint.step,
            "mark": checkpoint.mark,
            "nbytes": checkpoint.nbytes,
            **_cell_record(cell, *frozen),
        }
        for group in groups
        for checkpoint, cell, frozen in zip(
            timeline.checkpoints, group.cells, group.frozen, strict=True
        )
    ]
    names = list(rows[0]) if rows else ["group", "path", "step"]
    writer = csv.DictWriter(sys.stdout, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
