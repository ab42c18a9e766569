"""`modelinspect verify`: is an artifact whole?"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import click

from tensorboard_plugin_modelinspect.analyses.verify import (
    MOST_FINDINGS,
    VERDICTS,
    StepReport,
    Verdict,
    Verification,
    verify,
)
from tensorboard_plugin_modelinspect.discovery import Catalog, Root
from tensorboard_plugin_modelinspect.errors import FormatError, UnknownFormat, Unsupported
from tensorboard_plugin_modelinspect.model.artifact import Kind
from tensorboard_plugin_modelinspect.model.integrity import Finding
from tensorboard_plugin_modelinspect.opening import Candidate, locate_artifact
from tensorboard_plugin_modelinspect.sources.base import Folder, shown_path
from tensorboard_plugin_modelinspect.verifying import plan_steps
from tensorboard_plugin_modelinspect.views.cli.output import (
    Column,
    format_table,
    json_option,
    write_json,
    write_lines,
)
from tensorboard_plugin_modelinspect.views.cli.progress import Progress, describe_progress
from tensorboard_plugin_modelinspect.views.cli.records import Record
from tensorboard_plugin_modelinspect.views.text.words import (
    describe_bytes,
    describe_count,
    describe_kind,
    printable,
)

EXIT_CODES: dict[Verdict, int] = {
    "passed": 0,
    "failed": FormatError.exit_code,
    "incomplete": Unsupported.exit_code,
}
SHORTEST_S = 0.1
"""In less time a speed says nothing about the disk."""


class Target(NamedTuple):
    """An artifact to verify, as the user would name it."""

    path: str
    folder: Folder
    candidate: Candidate


class Verified(NamedTuple):
    """What came of one."""

    path: str
    kind: Kind
    verification: Verification


@click.command("verify")
@click.argument("path")
@click.option("--all", "is_all", is_flag=True, help="Everything below the folder PATH.")
@json_option
def command(path: str, *, is_all: bool, as_json: bool) -> int:
    """Verify that an artifact is whole: every checksum, and every file.

    PATH is a SavedModel folder, a checkpoint prefix, or a folder: one that holds several artifacts
    is verified with all that is below it. All bytes are read once. Everything that is wrong is
    listed with file, bytes and tensor, and then the exit code is 3.
    """
    results = []
    with Progress() as progress:
        for target in find_targets(path, is_all=is_all):
            steps = plan_steps(target.folder, target.candidate)
            found = verify(steps, lambda so_far: progress.show(_describe(so_far)))
            results.append(Verified(target.path, target.candidate.kind, found))
    verdict = overall([result.verification.verdict for result in results])
    if as_json:
        write_json({"verdict": verdict, "artifacts": [_record(result) for result in results]})
    elif len(results) == 1:
        write_lines(_format_one(results[0]))
    else:
        write_lines([*_format_many(results), "", _summary(verdict, results)])
    return EXIT_CODES[verdict]


def find_targets(path: str, *, is_all: bool) -> Iterable[Target]:
    """The artifact that a person names, or those below a folder.

    Raises:
        NotFound: Nothing of that name.
        UnknownFormat: No artifact, nor one below it.
    """
    named = os.path.expanduser(path)
    try:
        if not is_all or not os.path.isdir(named):
            folder, candidate = locate_artifact(path)
            return [Target(_shown(folder, candidate), folder, candidate)]
    except UnknownFormat:
        if not os.path.isdir(named):
            raise
    catalog = Catalog(lambda: (Root(path.rstrip("/") or path, os.path.abspath(named)),))
    targets = [
        Target(_shown(folder, found.candidate), folder, found.candidate)
        for found in catalog.scan().artifacts
        for folder in [found.open_folder()]
    ]
    if not targets:
        raise UnknownFormat(f"{path}: no SavedModel and no checkpoint in this folder or below it.")
    return targets


def _describe(so_far: Verification) -> str:
    return describe_progress(so_far.done_nbytes, so_far.nbytes, so_far.elapsed_s)


def _shown(folder: Folder, candidate: Candidate) -> str:
    return shown_path(folder.name, candidate.name) if candidate.name else folder.name


def overall(verdicts: Sequence[Verdict]) -> Verdict:
    """The worst of several verdicts."""
    return next((one for one in ("failed", "incomplete") if one in verdicts), "passed")


def _record(result: Verified) -> Record:
    found = result.verification
    return {
        "path": result.path,
        "kind": result.kind,
        "verdict": found.verdict,
        "nbytes": found.nbytes,
        "done_nbytes": found.done_nbytes,
        "elapsed_s": round(found.elapsed_s, 6),
        "steps": [_step_record(report) for report in found.steps],
    }


def _step_record(report: StepReport) -> Record:
    return {
        "name": report.name,
        "title": report.title,
        "outcome": report.outcome,
        "count": report.count,
        "noun": report.noun,
        "nbytes": report.nbytes,
        "problem_count": report.problem_count,
        "fact_count": report.fact_count,
        "findings": [_finding_record(finding) for finding in report.findings],
    }


def _finding_record(finding: Finding) -> Record:
    return {
        "problem": finding.is_problem,
        "path": finding.path,
        "start": finding.start,
        "stop": finding.stop,
        "thing": finding.thing,
        "tensor": finding.tensor,
        "fact": finding.fact,
        "next_step": finding.next_step,
    }


def _format_one(result: Verified) -> Iterator[str]:
    found = result.verification
    yield f"{describe_kind(result.kind)}  {printable(result.path)}"
    yield ""
    rows = [(report.outcome, report.title, describe_looked_at(report)) for report in found.steps]
    yield from format_table((Column("outcome"), Column("step"), Column("looked at")), rows)
    yield ""
    for findings in (found.problems, found.facts):
        for finding in findings:
            yield from format_finding(finding)
        yield from _rest(found, findings)
        if findings:
            yield ""
    yield _summary(found.verdict, [result])


def describe_looked_at(report: StepReport) -> str:
    """What a step went through, and how much of it is wrong: `38 checksums, 123.0 kB`."""
    parts = [describe_count(report.count, report.noun)]
    if report.nbytes:
        parts.append(describe_bytes(report.nbytes))
    if report.problem_count:
        parts.append(describe_count(report.problem_count, "problem"))
    return ", ".join(parts)


def format_finding(finding: Finding, indent: str = "") -> Iterator[str]:
    """Where and what on one line, what to do on the next."""
    place = [finding.path] if finding.path else []
    if finding.start is not None:
        place.append(
            f"byte {finding.start}"
            if finding.stop is None
            else f"bytes {finding.start} to {finding.stop}"
        )
    if finding.thing:
        place.append(finding.thing)
    where = f"{', '.join(place)}: " if place else ""
    sort = "problem" if finding.is_problem else "note"
    yield f"{indent}{sort}: {printable(where + finding.fact.removesuffix('.'))}."
    if finding.next_step:
        yield f"{indent}    {printable(finding.next_step)}"


def _rest(found: Verification, shown: Sequence[Finding]) -> Iterator[str]:
    """How many findings of the sort shown there are beyond what is kept."""
    if len(shown) < MOST_FINDINGS:
        return
    is_problem = shown[0].is_problem
    counts = (one.problem_count if is_problem else one.fact_count for one in found.steps)
    left = sum(counts) - len(shown)
    if left > 0:
        yield f"… and {describe_count(left, 'more problem' if is_problem else 'more note')}"


MANY_COLUMNS = (
    Column("verdict"),
    Column("kind"),
    Column("checksums", right=True),
    Column("read", right=True),
    Column("problems", right=True),
    Column("path"),
)


def _format_many(results: Sequence[Verified]) -> list[str]:
    """A table with a row for each artifact, and its problems below it."""
    rows = [_cells(result) for result in results]
    titles, *lines = format_table(MANY_COLUMNS, rows)
    text = [titles]
    for result, line in zip(results, lines, strict=True):
        text.append(line)
        problems = result.verification.problems
        for finding in problems:
            text += format_finding(finding, indent="    ")
        text += _rest(result.verification, problems)
    return text


def _cells(result: Verified) -> tuple[str, ...]:
    found = result.verification
    checksums = sum(one.count for one in found.steps if one.noun == "checksum")
    return (
        found.verdict,
        result.kind,
        f"{checksums:,}",
        describe_bytes(found.done_nbytes),
        f"{_problem_count(found):,}",
        printable(result.path),
    )


def _problem_count(found: Verification) -> int:
    return sum(report.problem_count for report in found.steps)


def _summary(verdict: Verdict, results: Sequence[Verified]) -> str:
    """The verdict, on what, and at what speed."""
    problems = sum(_problem_count(result.verification) for result in results)
    nbytes = sum(result.verification.done_nbytes for result in results)
    seconds = sum(result.verification.elapsed_s for result in results)
    parts = [verdict + (f", {describe_count(problems, 'problem')}" if problems else "")]
    if len(results) > 1:
        counts = Counter(result.verification.verdict for result in results)
        each = ", ".join(f"{counts[one]:,} {one}" for one in VERDICTS if counts[one])
        parts.append(f"{describe_count(len(results), 'artifact')} ({each})")
    speed = f" ({describe_bytes(int(nbytes / seconds))}/s)" if seconds >= SHORTEST_S else ""
    parts.append(f"{describe_bytes(nbytes)} read in {seconds:.2f} s{speed}")
    return "; ".join(parts)
