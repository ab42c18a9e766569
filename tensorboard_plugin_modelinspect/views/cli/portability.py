"""`modelinspect portability`: where does a model run?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from tensorboard_plugin_modelinspect.analyses.portability.result import (
    TARGETS,
    VERDICTS,
    Evidence,
    Portability,
    Verdict,
    worst,
)
from tensorboard_plugin_modelinspect.views.cli.output import (
    NOTHING,
    Column,
    format_table,
    json_option,
    write_json,
    write_lines,
)
from tensorboard_plugin_modelinspect.views.text.portability import (
    describe_oldest,
    describe_target,
    describe_writer,
)
from tensorboard_plugin_modelinspect.views.text.words import describe_count, printable

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.analyses.portability.result import TargetReport

_MOST_EXPLAINED = 10
"""Reasons of one target; --json has all."""
COLUMNS = (Column("verdict"), Column("target"), Column("why"))


@click.command("portability")
@click.argument("path")
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="TARGET",
    help="tf==2.12, tf, tflite, tfjs, serving, serving==2.12 or keras3; repeatable. Else all.",
)
@click.option(
    "--fail-on",
    type=click.Choice(VERDICTS[:0:-1]),
    help="Exit with 1 if a target's verdict is this or worse.",
)
@json_option
def command(path: str, targets: tuple[str, ...], fail_on: Verdict | None, *, as_json: bool) -> int:
    """Say where a model runs: in which TensorFlow, TFLite, TF.js, TF Serving, Keras 3.

    PATH is a SavedModel, a file with a graph, a checkpoint or a Keras model. Nothing is loaded: the
    verdicts follow from the ops, attributes and types in the file, and from tables of what each
    target knows. From good to bad they are: works, needs, unknown, fails.
    """
    # Imported here: --help lists all commands, and this one needs numpy.
    from tensorboard_plugin_modelinspect.porting import portability

    found = portability(path, targets or TARGETS)
    if as_json:
        from tensorboard_plugin_modelinspect.views.cli.portability_records import (
            portability_record,
        )

        write_json(portability_record(found))
    else:
        write_lines(_format(found))
    return int(fail_on is not None and worst((fail_on, found.verdict)) == found.verdict)


def _format(found: Portability) -> Iterator[str]:
    from tensorboard_plugin_modelinspect.analyses.portability.history import load_history

    for writer in found.writers:
        tags = f" ({printable(', '.join(writer.tags))})" if len(found.writers) > 1 else ""
        yield f"written by{tags}: {printable(describe_writer(writer))}"
    if found.ops:
        yield f"oldest that takes it: {describe_oldest(found.oldest, load_history().releases[0])}"
        for evidence in found.oldest_because[:_MOST_EXPLAINED]:
            yield f"    {printable(evidence.fact)}"
    for package in found.packages:
        ops = printable(", ".join(package.ops))
        yield f"ops of {printable(package.name)}: {ops}  ({printable(package.command)})"
    yield ""
    rows = [(one.verdict, one.title, printable(describe_target(one))) for one in found.targets]
    yield from format_table(COLUMNS, rows)
    for report in found.targets:
        yield from _format_target(report)
    for note in found.notes:
        yield f"note: {printable(note)}"


def _format_target(report: TargetReport) -> Iterator[str]:
    if not report.evidence:
        return
    yield ""
    yield f"{report.title}: {report.verdict}"
    for evidence in report.evidence[:_MOST_EXPLAINED]:
        yield from _format_evidence(evidence)
    rest = len(report.evidence) - _MOST_EXPLAINED
    if rest > 0:
        yield f"  … {describe_count(rest, 'more reason')} in --json"


def _format_evidence(evidence: Evidence) -> Iterator[str]:
    yield f"  {evidence.verdict:<8} {printable(evidence.fact)}"
    if evidence.count:
        keys = ", ".join(evidence.signatures) or NOTHING
        first = f", first {evidence.places[0].node}" if evidence.places else ""
        nodes = describe_count(evidence.count, "node")
        yield f"           {nodes}{printable(first)}; signatures: {printable(keys)}"
    if evidence.advice:
        yield f"           {printable(evidence.advice)}"
    if evidence.command:
        yield f"           $ {printable(evidence.command)}"
