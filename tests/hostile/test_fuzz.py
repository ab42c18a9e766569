"""A few thousand random mutants; `python -m tests.hostile.fuzz --seconds 600` runs more."""

from __future__ import annotations

from pathlib import Path

from tests.hostile.fuzz import all_seeds, mutant
from tests.hostile.sandbox import run_trials


def test_random_damage(tmp_path: Path) -> None:
    """Whatever happens to the files: a result or an error of ours, in bounded time and memory."""
    run_trials("tests.hostile.fuzz", "quick", tmp_path)


def test_mutants_are_functions_of_their_number() -> None:
    """A finding can be made again from the number it was printed with."""
    seeds = all_seeds()
    assert [mutant(number, seeds) for number in range(50)] == [
        mutant(number, seeds) for number in range(50)
    ]
    assert sum(mutant(number, seeds) not in seeds for number in range(50)) > 40
