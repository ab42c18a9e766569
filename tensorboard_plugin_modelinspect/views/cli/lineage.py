"""`modelinspect lineage`: whose weights are equal to whose."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import click

from tensorboard_plugin_modelinspect.analyses.lineage.lineage import Lineage
from tensorboard_plugin_modelinspect.discovery.lineage import Progress as Steps
from tensorboard_plugin_modelinspect.discovery.lineage import compute_lineage
from tensorboard_plugin_modelinspect.errors import BadRequest, NotFound
from tensorboard_plugin_modelinspect.views.cli.lineage_records import lineage_record
from tensorboard_plugin_modelinspect.views.cli.lineage_text import (
    format_hashes,
    format_lineage,
    format_one,
)
from tensorboard_plugin_modelinspect.views.cli.output import json_option, write_json, write_lines
from tensorboard_plugin_modelinspect.views.cli.progress import Progress, describe_progress


@click.command("lineage")
@click.argument("root")
@click.option(
    "--of", "paths", multiple=True, metavar="PATH", help="Only these, with layers. Repeatable."
)
@click.option("--read", is_flag=True, help="Read weights that have no stored checksums.")
@click.option("--hash", "as_hashes", is_flag=True, help="Print content hashes and paths alone.")
@json_option
def command(
    root: str, paths: tuple[str, ...], *, read: bool, as_hashes: bool, as_json: bool
) -> None:
    """Show whose weights are equal to whose, wholly or in part, below a folder.

    From the checksums that checkpoints and SavedModels store of each tensor; no weights are read,
    but with --read. So it is told which step an export was made from, what is a copy of what, and
    which layers models share. Optimizer, counters and seeds do not count, and zeros, ones and other
    constants are no evidence.
    """
    if as_hashes and as_json:
        raise BadRequest("--hash and --json: give one of them; --json has the hashes, too.")
    with Progress() as progress:
        lineage = compute_lineage(
            root, read=read, progress=lambda steps: progress.show(_describe(steps))
        )
    places = _choose(lineage, paths)
    if as_json:
        write_json(lineage_record(lineage, places, has_layers=bool(paths)))
    elif as_hashes:
        write_lines(format_hashes(lineage, places))
    elif paths:
        write_lines(line for place in places for line in format_one(lineage, place))
    else:
        write_lines(format_lineage(lineage, read=read))


def _describe(steps: Steps) -> str:
    if steps.nbytes:
        return describe_progress(steps.read_nbytes, steps.nbytes, steps.elapsed_s)
    return f"looking at {steps.looked:,} of {steps.artifacts:,}"


def _choose(lineage: Lineage, paths: Sequence[str]) -> list[int]:
    """Places of the artifacts of these paths; of all if there are none."""
    if not paths:
        return list(range(len(lineage.looked)))
    known: dict[str, list[int]] = {}
    for place, one in enumerate(lineage.looked):
        known.setdefault(one.subject.path or ".", []).append(place)
    places = []
    for path in paths:
        found = known.get(path.rstrip("/") or path)
        if found is None:
            nearest = difflib.get_close_matches(path, known, 1)
            advice = f"Did you mean {nearest[0]}?" if nearest else "`ls` lists what is there."
            raise NotFound(f"{path}: no artifact of that path below the folder. {advice}")
        places += found
    return places
