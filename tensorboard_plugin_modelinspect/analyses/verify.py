"""Whether an artifact is whole: runs the steps that its format supplies, keeps what they find."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from tensorboard_plugin_modelinspect.errors import ModelInspectError, Unsupported
from tensorboard_plugin_modelinspect.model.integrity import Finding, Step, fact, problem

Outcome = Literal["waiting", "running", "passed", "failed", "skipped"]
Verdict = Literal["passed", "failed", "incomplete"]
OUTCOMES: tuple[Outcome, ...] = ("waiting", "running", "passed", "failed", "skipped")
VERDICTS: tuple[Verdict, ...] = ("passed", "failed", "incomplete")

MOST_FINDINGS = 200
"""Findings kept of a step; of more only the number."""


@dataclass(slots=True)
class StepReport:
    """What became of a step. Kept long after it ran, so it holds nothing that the step held.

    Attributes:
        name, title, count, noun, nbytes: As the step said; see `Step`.
        outcome: `skipped` where a feature is missing here, or something could not be looked at;
            then a fact says what.
        findings: In the order in which they were found; the first `MOST_FINDINGS` of each sort.
        problem_count: How many problems there are, kept or not.
        fact_count: How many facts.
        has_gap: Whether one says that something was not looked at.
    """

    name: str
    title: str
    count: int
    noun: str
    nbytes: int
    outcome: Outcome = "waiting"
    findings: list[Finding] = field(default_factory=list)
    problem_count: int = 0
    fact_count: int = 0
    has_gap: bool = False

    def add(self, finding: Finding) -> None:
        """Count a finding, and keep it if there is room."""
        self.has_gap = self.has_gap or finding.is_gap
        if finding.is_problem:
            self.problem_count += 1
        else:
            self.fact_count += 1
        if (self.problem_count if finding.is_problem else self.fact_count) <= MOST_FINDINGS:
            self.findings.append(finding)


@dataclass(slots=True, repr=False)
class Verification:
    """How whole an artifact is; it fills up while `verify` runs.

    Attributes:
        steps: One report for each step, in order.
        nbytes: Bytes there are to read.
        done_nbytes: Of these, read so far.
        elapsed_s: Seconds since it began.
    """

    steps: list[StepReport]
    nbytes: int
    done_nbytes: int = 0
    elapsed_s: float = 0.0

    def __repr__(self) -> str:
        count = sum(report.problem_count for report in self.steps)
        problems = f"{count:,} problem{'' if count == 1 else 's'}"
        return f"<Verification {self.verdict}: {problems} in {self.done_nbytes:,} bytes>"

    @property
    def verdict(self) -> Verdict:
        """`failed` if there is a problem, `incomplete` if something could not be verified."""
        outcomes = {report.outcome for report in self.steps}
        if "failed" in outcomes:
            return "failed"
        return "passed" if outcomes <= {"passed"} else "incomplete"

    @property
    def problems(self) -> list[Finding]:
        """What is wrong; at most `MOST_FINDINGS` of each step."""
        return [one for report in self.steps for one in report.findings if one.is_problem]

    @property
    def facts(self) -> list[Finding]:
        """What is worth knowing, in the same way."""
        return [one for report in self.steps for one in report.findings if not one.is_problem]


Progress = Callable[[Verification], None]


def verify(steps: Iterable[Step], progress: Progress | None = None) -> Verification:
    """Run all steps, whatever the ones before found.

    Args:
        steps: Of one artifact.
        progress: Called after each quarter of a megabyte or sooner with what is known so far. An
            exception that it raises cancels the rest and is passed on.

    Cost: reads the bytes of the steps once, in memory that does not grow with them.
    """
    began = time.monotonic()
    steps = list(steps)
    reports = [StepReport(one.name, one.title, one.count, one.noun, one.nbytes) for one in steps]
    verification = Verification(reports, sum(report.nbytes for report in reports))

    def advance(nbytes: int) -> None:
        verification.done_nbytes += nbytes
        verification.elapsed_s = time.monotonic() - began
        if progress is not None:
            progress(verification)

    for step, report in zip(steps, reports, strict=True):
        report.outcome = "running"
        advance(0)
        report.outcome = _run(step, report, advance)
    advance(0)
    return verification


def _run(step: Step, report: StepReport, advance: Callable[[int], None]) -> Outcome:
    try:
        for item in step.run():
            if isinstance(item, int):
                advance(item)
            else:
                report.add(item)
    except Unsupported as error:
        report.add(fact("", error.message))
        return "failed" if report.problem_count else "skipped"
    except ModelInspectError as error:
        report.add(problem(error))
    if report.problem_count:
        return "failed"
    return "skipped" if report.has_gap else "passed"
