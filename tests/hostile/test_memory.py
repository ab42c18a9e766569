"""What opening takes is bounded by a multiple of what is parsed, which docs/security.md states."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.memory import CASES, MULTIPLES, ROOT, SLACK, Case, measure


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.target}: {case.label}")
def test_memory_is_bounded(case: Case, tmp_path: Path) -> None:
    """Files as TensorFlow writes them, and files as dense as their format allows."""
    peak, parsed = measure(case, tmp_path)
    print(f"{case.target} {case.label}: {peak:,} bytes for {parsed:,}, {peak / parsed:.1f} times")
    assert peak <= case.multiple * parsed + SLACK


def test_the_multiples_are_documented() -> None:
    """The promise in docs/security.md is the one that is kept here."""
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    for target, (honest, dense) in MULTIPLES.items():
        assert f"| `{target}` | {honest} | {dense} |" in text
    assert {case.target for case in CASES} == set(MULTIPLES)
