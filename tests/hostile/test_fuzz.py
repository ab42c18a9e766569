"""A few thousand random mutants, of every format; `make fuzz` uses more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tensorboard_plugin_modelinspect.opening import READERS
from tests.hostile.bad_targets import WORDS
from tests.hostile.fuzz import Plan, Tally, report, run
from tests.hostile.sandbox import HANG_S
from tests.hostile.targets import TARGETS, Target, mutant, seeds_of

QUICK = 150
"""Mutants of each target in the quick test."""


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_random_damage(target: Target, tmp_path: Path) -> None:
    """Whatever happens to the files: a result or an error of ours, in bounded memory, and most
    often an answer that says that something is wrong."""
    plan = Plan(0, QUICK, hang_s=HANG_S, findings=tmp_path)
    [tally] = run(plan, [target])
    assert not tally.findings, tally.findings[0].trace
    assert tally.words.total() == QUICK
    assert tally.words["whole"] < QUICK - 10


def test_every_reader_is_a_target() -> None:
    """A new reader is fuzzed: it has a row, and seeds that open."""
    assert {reader.format for reader in READERS} <= {target.reader for target in TARGETS}
    for target in TARGETS:
        found = {target.exercise(seed()) for seed in target.seeds}
        # A link in a file is told in a note, which makes it "partial" here.
        assert found <= {"whole", "partial"}, target.name


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_mutants_are_functions_of_their_number(target: Target) -> None:
    """A finding can be made again from the number it was printed with."""
    mutants = [mutant(target, number) for number in range(50)]
    assert mutants == [mutant(target, number) for number in range(50)]
    assert sum(files not in seeds_of(target) for files in mutants) > 40


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Tally], Path]:
    """What a run says of exercisers that do everything wrong, and its folder of findings."""
    folder = tmp_path_factory.mktemp("findings")
    plan = Plan(0, 2, hang_s=HANG_S, findings=folder, module="tests.hostile.bad_targets")
    targets = [target for target in plan.targets() if target.name != "hangs"]
    tallies = run(plan, targets) + run(plan._replace(hang_s=1.0), plan.targets(["hangs"]))
    return {tally.target.name: tally for tally in tallies}, folder


@pytest.mark.parametrize(("name", "words"), WORDS.items())
def test_each_kind_of_finding_is_kept(
    name: str, words: str, found: tuple[dict[str, Tally], Path]
) -> None:
    """Errors of others, deaths, hangs and gluttons are found, one by one, with what made them."""
    tallies, folder = found
    assert [outcome.number for outcome in tallies[name].findings] == [0, 1]
    for number in (0, 1):
        text = (folder / f"{name}-{number}" / "finding.txt").read_text()
        assert words in text
        assert f"--target {name} --first {number} --count 1" in text
        files = mutant(tallies[name].target, number)
        assert files.keys() == {
            str(path.relative_to(folder / f"{name}-{number}" / "files"))
            for path in (folder / f"{name}-{number}" / "files").rglob("*")
            if path.is_file()
        }


def test_the_report_counts(found: tuple[dict[str, Tally], Path]) -> None:
    """Mutants and findings of each target, and their sums."""
    tallies, _ = found
    lines = list(report(list(tallies.values())))
    assert lines[-1] == f"{2 * len(WORDS)} mutants, {2 * len(WORDS)} findings."
    assert len(lines) == len(WORDS) + 2
