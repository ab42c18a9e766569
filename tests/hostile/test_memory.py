"""What opening takes is bounded by a multiple of what is parsed, which docs/security.md states."""

from __future__ import annotations

import pytest

from tests.hostile.memory import CASES, MULTIPLES, ROOT, SLACK, Case, measure

# One worker measures for all of these.
pytestmark = pytest.mark.xdist_group("memory")


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[Case, tuple[int, int]]:
    """What opening takes and what is parsed, of each case."""
    return dict(zip(CASES, measure(CASES, tmp_path_factory.mktemp("memory")), strict=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.target}: {case.label}")
def test_memory_is_bounded(case: Case, measured: dict[Case, tuple[int, int]]) -> None:
    """Files as TensorFlow writes them, and files as dense as their format allows."""
    peak, parsed = measured[case]
    print(f"{case.target}, {case.label}: {peak:,} bytes for {parsed:,}, {peak / parsed:.1f} times")
    assert peak <= case.multiple * parsed + SLACK


def test_the_multiples_are_documented() -> None:
    """The promise in docs/security.md is the one that is kept here."""
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    for target, (honest, dense) in MULTIPLES.items():
        assert f"| `{target}` | {honest} | {dense} |" in text
    assert {case.target for case in CASES} == set(MULTIPLES)
