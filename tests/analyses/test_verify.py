"""Running steps: what is counted, kept, cancelled, and what a verdict says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from tensorboard_plugin_modelinspect.analyses.verify import MOST_FINDINGS, Verification, verify
from tensorboard_plugin_modelinspect.errors import FormatError, NotFound, Unsupported
from tensorboard_plugin_modelinspect.model.integrity import Finding, Step, fact, gap, problem

BAD = problem(FormatError(path="a.bin", offset=4, expected="1", found="2"), tensor="w", stop=8)


def step_of(*items: int | Finding | Exception, nbytes: int = 0) -> Step:
    """A step that gives these, and raises what is an exception."""

    def run() -> Iterator[int | Finding]:
        for item in items:
            if isinstance(item, Exception):
                raise item
            yield item

    return Step("one", "One", 3, "thing", nbytes, run)


def outcomes(verification: Verification) -> list[str]:
    """Of each step."""
    return [report.outcome for report in verification.steps]


def test_a_problem_fails_and_a_fact_does_not() -> None:
    """What is worth knowing never changes the verdict."""
    found = verify([step_of(fact("a.bin", "4 bytes are spare")), step_of(BAD)])
    assert outcomes(found) == ["passed", "failed"]
    assert found.verdict == "failed"
    assert found.problems == [BAD]
    assert [one.fact for one in found.facts] == ["4 bytes are spare"]
    assert verify([]).verdict == "passed"


def test_an_error_ends_its_step_and_no_other() -> None:
    """All problems are listed: a file that vanishes takes only its own step with it."""
    found = verify([step_of(1, NotFound("b.bin: no such file."), 2), step_of(BAD)])
    assert outcomes(found) == ["failed", "failed"]
    assert [one.fact for one in found.problems] == ["b.bin: no such file.", BAD.fact]
    assert found.done_nbytes == 1


def test_what_is_not_supported_is_no_damage() -> None:
    """A feature that is missing here says nothing about the file: the verdict stays open."""
    found = verify([step_of(Unsupported("a.bin: written by the future.")), step_of()])
    assert outcomes(found) == ["skipped", "passed"]
    assert found.verdict == "incomplete"
    assert verify([step_of(BAD, Unsupported("x"))]).verdict == "failed"


def test_what_could_not_be_looked_at_has_not_passed() -> None:
    """Without its bytes a checksum says nothing; another step tells why."""
    found = verify([step_of(4, gap("a.bin", "2 of 3 checksums not verified")), step_of(BAD)])
    assert outcomes(found) == ["skipped", "failed"]
    assert [one.fact for one in found.facts] == ["2 of 3 checksums not verified"]
    assert outcomes(verify([step_of(gap("a.bin", "nothing to compare"), BAD)])) == ["failed"]


def test_findings_are_bounded_and_counted() -> None:
    """A million bad tensors take the memory of a few hundred, and are a million all the same."""
    many = [BAD] * (MOST_FINDINGS + 50)
    facts = [fact("a.bin", "spare")] * 3
    (report,) = verify([step_of(*many, *facts)]).steps
    assert (report.problem_count, report.fact_count) == (MOST_FINDINGS + 50, 3)
    assert sum(one.is_problem for one in report.findings) == MOST_FINDINGS
    assert len(report.findings) == MOST_FINDINGS + 3


def test_progress_sees_every_byte_and_every_outcome() -> None:
    """Bytes only grow, up to the sum; whoever looks meanwhile sees which step is running."""
    seen: list[tuple[int, list[str]]] = []
    steps = [step_of(4, 6, nbytes=10), step_of(5, nbytes=5)]
    found = verify(steps, lambda so_far: seen.append((so_far.done_nbytes, outcomes(so_far))))
    assert found.nbytes == found.done_nbytes == 15
    assert [nbytes for nbytes, _ in seen] == sorted(nbytes for nbytes, _ in seen)
    assert (4, ["running", "waiting"]) in seen
    assert (15, ["passed", "running"]) in seen
    assert seen[-1] == (15, ["passed", "passed"])


def test_cancelling_reads_no_more() -> None:
    """An exception of the caller's own stops it where it is, and comes through."""

    class Stop(Exception):
        pass

    read: list[int] = []

    def run() -> Iterator[int | Finding]:
        for number in range(100):
            read.append(number)
            yield 1

    def stop_after_ten(so_far: Verification) -> None:
        if so_far.done_nbytes >= 10:
            raise Stop

    steps: Iterable[Step] = [Step("one", "One", 1, "thing", 100, run)]
    with pytest.raises(Stop):
        verify(steps, stop_after_ten)
    assert len(read) == 10


def test_an_error_keeps_its_place_and_its_words() -> None:
    """A finding says what the error said, in parts that a table can show."""
    place = (BAD.path, BAD.tensor, BAD.start, BAD.stop)
    assert place == ("a.bin", "w", 4, 8)
    assert (BAD.fact, BAD.next_step) == ("expected 1, found 2", "Copy or save the file again.")


def test_it_says_itself_in_a_line() -> None:
    """What a console shows is the verdict, not a page of steps."""
    assert repr(verify([step_of(BAD, 7)])) == "<Verification failed: 1 problem in 7 bytes>"
