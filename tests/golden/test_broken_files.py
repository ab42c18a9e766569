"""Ten broken files: the exact words that the command line has for each, reviewed in one place."""

from __future__ import annotations

import re

import pytest

from tests.golden.broken_files import CASES, GOLDEN, lines

PARAGRAPHS = GOLDEN.read_text(encoding="utf-8").split("\n\n")


@pytest.fixture(scope="module")
def found() -> list[str]:
    """What is said now."""
    return [paragraph.rstrip("\n") for paragraph in lines()]


@pytest.mark.parametrize("number", range(len(CASES)))
def test_says_what_was_reviewed(number: int, found: list[str]) -> None:
    """A message that changes is read again: `python -m tests.golden.broken_files --update`."""
    assert found[number] == PARAGRAPHS[number].rstrip("\n")


@pytest.mark.parametrize("paragraph", PARAGRAPHS, ids=lambda text: text.split("\n")[0])
def test_names_file_fact_and_next_step(paragraph: str) -> None:
    """One line that begins with the path as it was given and ends with a sentence of advice."""
    _, command, message, code = paragraph.rstrip("\n").split("\n")
    path = command.split()[3]
    assert message.startswith(f"error: {path}")
    assert re.search(r"(expected|found|needs|no such|missing)", message)
    assert re.search(r"\. [A-Z][^.]*.*[.?]$", message)
    assert code in ("exit code 2", "exit code 3")


def test_there_are_ten() -> None:
    """As many as were promised, and a paragraph for each."""
    assert len(CASES) == len(PARAGRAPHS) == 10
