"""Texts of `saved_model_cli show` without the order that a run of it has at random.

It prints sets of ops and maps of arguments as they lie in memory: no two runs agree.
"""

from __future__ import annotations

import re
from itertools import groupby

_KEYWORD = re.compile(r" +Named Argument #(\d+)")


def without_order(text: str) -> str:
    """The text with sets, maps and keyword-only arguments sorted."""
    lines = [_sorted_braces(line) if "{" in line else line for line in text.split("\n")]
    keywords = [number for number, line in enumerate(lines) if _KEYWORD.fullmatch(line)]
    for run in _runs(lines, keywords):
        names = sorted(lines[number + 1] for number in run)
        for number, name in zip(run, names, strict=True):
            lines[number + 1] = name
    return "\n".join(lines)


def _runs(lines: list[str], keywords: list[int]) -> list[list[int]]:
    """Line numbers of keywords, those of one function together; each function counts from 1."""
    starts = 0

    def function_of(number: int) -> int:
        nonlocal starts
        starts += lines[number].endswith("#1")
        return starts

    return [list(run) for _, run in groupby(keywords, function_of)]


def _sorted_braces(line: str) -> str:
    """The line with what is between braces sorted, innermost first."""
    opening: list[int] = []
    for position, char in enumerate(line):
        if char == "{":
            opening.append(position)
        elif char == "}" and opening:
            start = opening.pop() + 1
            parts = sorted(_split(line[start:position]))
            line = line[:start] + ", ".join(parts) + line[position:]
    return line


def _split(text: str) -> list[str]:
    """Parts between commas that are not inside of brackets."""
    parts, depth, start = [], 0, 0
    for position, char in enumerate(text):
        depth += (char in "([{") - (char in ")]}")
        if not depth and text.startswith(", ", position):
            parts.append(text[start:position])
            start = position + 2
    return [*parts, text[start:]]
