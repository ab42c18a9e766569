"""The table of docs/security.md: what came of the same mutants here and in TensorFlow.

python -m tests.hostile.fuzz --first 0 --count 25000 --out build/ours.txt
.venv-tf/bin/python -m tests.hostile.fuzz_tensorflow --first 0 --count 25000 --out build/theirs.txt
python -m tests.hostile.fuzz_table build/ours.txt build/theirs.txt
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

DEAD = ("SIG", "exit")
Key = tuple[str, int]


class Row(NamedTuple):
    """A line of `--out`."""

    digest: int
    word: str


def read_rows(path: Path) -> dict[Key, Row]:
    """Outcomes by target and number."""
    rows = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        target, number, digest, word = line.split()
        rows[target, int(number)] = Row(int(digest), word)
    return rows


def ours_of(word: str) -> str:
    """Column of an outcome of ours."""
    return word if word in ("whole", "partial", "finding") else "refused"


def theirs_of(word: str) -> str:
    """Column of an outcome of TensorFlow's."""
    if word in ("accepted", "hang"):
        return word
    return "dead" if word.startswith(DEAD) else "exception"


def check_same(ours: dict[Key, Row], theirs: dict[Key, Row]) -> None:
    """Raise if a mutant was another one there than here."""
    for key, row in theirs.items():
        if row.digest and key in ours and ours[key].digest not in (0, row.digest):
            raise SystemExit(f"{key}: not the same mutant; are both environments of one version?")


def lines(ours: dict[Key, Row], theirs: dict[Key, Row]) -> Iterator[str]:
    """The table in Markdown, a row per target and their sum."""
    names = ("format", "mutants", "whole", "partial", "refused", "other")
    yield f"| {' | '.join((*names, 'read', 'unnoticed', 'exception', 'dead', 'hang'))} |"
    yield "|---" + "|--:" * 10 + "|"
    sums = Counter[str]()
    for target in dict.fromkeys(target for target, _ in ours):
        counts = Counter(ours_of(row.word) for key, row in ours.items() if key[0] == target)
        counts["mutants"] = counts.total()
        for key, row in theirs.items():
            if key[0] == target and key in ours:
                counts[theirs_of(row.word)] += 1
                counts["silent"] += row.word == "accepted" and ours[key].word != "whole"
        sums += counts
        yield format_row(f"`{target}`", counts)
    yield format_row("all", sums)


def format_row(name: str, counts: Counter[str]) -> str:
    """A row of the table."""
    columns = ("mutants", "whole", "partial", "refused", "finding")
    columns += ("accepted", "silent", "exception", "dead", "hang")
    return f"| {name} | " + " | ".join(f"{counts[column]:,}" for column in columns) + " |"


def main(ours: str, theirs: str) -> None:
    """Print the table."""
    mine, other = read_rows(Path(ours)), read_rows(Path(theirs))
    check_same(mine, other)
    print("\n".join(lines(mine, other)))


if __name__ == "__main__":
    main(*sys.argv[1:])
