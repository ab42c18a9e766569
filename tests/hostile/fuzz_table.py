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
_FEW = 1000
"""One mutant of so many may be another one in the other environment."""
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
    return word if word in ("whole", "partial", "nothing", "finding") else "refused"


def theirs_of(word: str) -> str:
    """Column of an outcome of TensorFlow's."""
    if word in ("accepted", "hang"):
        return word
    return "dead" if word.startswith(DEAD) else "exception"


def drop_others(ours: dict[Key, Row], theirs: dict[Key, Row]) -> int:
    """Leave out of `theirs` what was another mutant there than here; how many that were.

    A few are: h5py 3.14 writes the time into its files, and one of these may take the place
    of any other. SystemExit if there are more than these.
    """
    others = [
        key
        for key, row in theirs.items()
        if row.digest and key in ours and ours[key].digest not in (0, row.digest)
    ]
    if len(others) * _FEW > len(theirs):
        raise SystemExit(f"{others[0]}: not the same mutant; are both environments of one version?")
    for key in others:
        del theirs[key]
    return len(others)


def lines(ours: dict[Key, Row], theirs: dict[Key, Row]) -> Iterator[str]:
    """The table in Markdown, a row per target and their sum."""
    names = ("format", "mutants", "whole", "partial", "refused", "nothing", "other")
    yield f"| {' | '.join((*names, 'read', 'unnoticed', 'exception', 'dead', 'hang'))} |"
    yield "|---" + "|--:" * 11 + "|"
    sums = Counter[str]()
    for target in dict.fromkeys(target for target, _ in ours):
        counts = Counter(ours_of(row.word) for key, row in ours.items() if key[0] == target)
        counts["mutants"] = counts.total()
        for key, row in theirs.items():
            # Without the damaged file TensorFlow was given nothing to read.
            if key[0] == target and key in ours and ours[key].word != "nothing":
                counts[theirs_of(row.word)] += 1
                counts["silent"] += row.word == "accepted" and ours[key].word != "whole"
        sums += counts
        yield format_row(f"`{target}`", counts)
    yield format_row("all", sums)


def format_row(name: str, counts: Counter[str]) -> str:
    """A row of the table; without numbers for TensorFlow if it was not asked."""
    ours = ("mutants", "whole", "partial", "refused", "nothing", "finding")
    theirs = ("accepted", "silent", "exception", "dead", "hang")
    cells = [f"{counts[column]:,}" for column in ours]
    was_asked = any(counts[column] for column in theirs)
    cells += [f"{counts[column]:,}" if was_asked else "" for column in theirs]
    return f"| {name} | {' | '.join(cells)} |"


def main(ours: str, theirs: str) -> None:
    """Print the table, and how many mutants are missing on TensorFlow's side."""
    mine, other = read_rows(Path(ours)), read_rows(Path(theirs))
    others = drop_others(mine, other)
    print("\n".join(lines(mine, other)))
    print(f"{others} mutants were not the same for TensorFlow, which is not asked about them.")


if __name__ == "__main__":
    main(*sys.argv[1:])
