"""TensorFlow reads the same mutants: its deaths are counted, and do not end the count."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.hostile.fuzz import ROOT
from tests.hostile.fuzz_table import Row, drop_others, lines, read_rows
from tests.hostile.targets import digest, mutant, target_named


@pytest.mark.tensorflow
def test_counts_what_becomes_of_each_mutant(tmp_path: Path) -> None:
    """Every mutant has an outcome, those behind a death too; they are the same mutants as here."""
    python = os.environ.get("MODELINSPECT_TF_PYTHON")
    if not python:
        pytest.skip("MODELINSPECT_TF_PYTHON names no Python with TensorFlow")
    command = [python, "-m", "tests.hostile.fuzz_tensorflow", "--target", "checkpoint_v2"]
    command += ["--count", "60", "--out", str(tmp_path / "out")]
    subprocess.run(command, cwd=ROOT, capture_output=True, timeout=280, check=True)
    rows = read_rows(tmp_path / "out")
    assert sorted(rows) == [("checkpoint_v2", number) for number in range(60)]
    words = {row.word for row in rows.values()}
    assert {"accepted", "SIGABRT"} <= words
    for (name, number), row in rows.items():
        assert row.digest in (0, digest(mutant(target_named(name), number)))


def test_the_table_joins_outcomes() -> None:
    """Rows by format, a sum, and what TensorFlow read though something is wrong."""
    ours = {("a", 0): Row(7, "whole"), ("a", 1): Row(8, "FormatError"), ("b", 0): Row(9, "partial")}
    ours.update({("b", 1): Row(1, "nothing"), ("c", 0): Row(2, "partial")})
    theirs = {
        ("a", 0): Row(7, "accepted"),
        ("a", 1): Row(0, "SIGABRT"),
        ("b", 0): Row(9, "accepted"),
        ("b", 1): Row(1, "accepted"),
    }
    assert list(lines(ours, theirs))[2:] == [
        "| `a` | 2 | 1 | 0 | 1 | 0 | 0 | 1 | 0 | 0 | 1 | 0 |",
        "| `b` | 2 | 0 | 1 | 0 | 1 | 0 | 1 | 1 | 0 | 0 | 0 |",
        "| `c` | 1 | 0 | 1 | 0 | 0 | 0 |  |  |  |  |  |",
        "| all | 5 | 1 | 2 | 1 | 1 | 0 | 2 | 1 | 0 | 1 | 0 |",
    ]


def test_different_mutants_are_not_compared() -> None:
    """A few are left out and counted; environments that make other files would compare nothing."""
    ours = {("a", number): Row(7, "whole") for number in range(1000)}
    theirs = {key: Row(7, "accepted") for key in ours}
    theirs["a", 5] = Row(8, "accepted")
    assert drop_others(ours, theirs) == 1
    assert len(theirs) == 999
    theirs["a", 6] = Row(9, "accepted")
    with pytest.raises(SystemExit, match="not the same mutant"):
        drop_others(ours, theirs)
