"""Random damage to small artifacts of every format, for as long as one likes.

    python -m tests.hostile.fuzz --minutes 5                     # `make fuzz MINUTES=5`
    python -m tests.hostile.fuzz --target keras --first 17 --count 1

Mutants are numbered, and made again from their number. They are used in child processes with
bounded memory that a watch ends if one takes over five seconds. What falls out (an error that is
none of ours, the death of the process, a hang, too much memory) goes to `build/fuzz/` with the
files that made it and the command that repeats it; then the exit code is 1.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.hostile.targets import TARGETS, Target, mutant

ROOT = Path(__file__).resolve().parents[2]
FINDINGS = ROOT / "build" / "fuzz"
HANG_S = 5.0
"""What a mutant may take; one of a few kilobytes takes milliseconds."""
PEAK = 64 << 20
"""Resident bytes that a mutant may take beside what is there before it."""
MEMORY = 768 << 20
"""Bytes of address space that a child may take beside those of its imports."""
SLICE = 500
"""Mutants that a child uses before it makes room for the next target."""


class Plan(NamedTuple):
    """What a run does.

    Attributes:
        first: Number of the first mutant of each target.
        count: Mutants of each target at most.
        seconds: All of them may take.
        hang_s: One may take.
        findings: Folder for what falls out.
        out: File that gets a line `target number digest outcome` for each mutant.
        module: Where `TARGETS` are.
    """

    first: int
    count: int
    seconds: float = float("inf")
    hang_s: float = HANG_S
    findings: Path = FINDINGS
    out: Path = Path(os.devnull)
    module: str = "tests.hostile.targets"

    def targets(self, names: Sequence[str] = ()) -> list[Target]:
        """The rows of these names, or all."""
        rows = importlib.import_module(self.module).TARGETS
        return [row for row in rows if not names or row.name in names]


class Outcome(NamedTuple):
    """What came of a mutant.

    Attributes:
        number: Of the mutant.
        word: What `Target.exercise` said, or `finding`.
        peak: Resident bytes it took.
        duration_s: What it took.
        digest: Of the mutant's files.
        trace: Of a finding, else empty.
    """

    number: int
    word: str
    peak: int
    duration_s: float
    digest: int = 0
    trace: str = ""


class Tally:
    """Outcomes of one target, and what was found."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.words = Counter[str]()
        self.peak = 0
        self.slowest_s = 0.0
        self.findings: list[Outcome] = []

    def add(self, outcome: Outcome) -> None:
        self.words[outcome.word] += 1
        self.peak = max(self.peak, outcome.peak)
        self.slowest_s = max(self.slowest_s, outcome.duration_s)
        if outcome.trace:
            self.findings.append(outcome)


def keep_finding(target: Target, outcome: Outcome, findings: Path) -> None:
    """Write the files of a finding, its traceback and the command that repeats it."""
    folder = findings / f"{target.name}-{outcome.number}"
    for name, data in mutant(target, outcome.number).items():
        (folder / "files" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "files" / name).write_bytes(data)
    command = [sys.executable, "-m", "tests.hostile.fuzz", "--target", target.name]
    command += ["--first", str(outcome.number), "--count", "1"]
    text = f"{outcome.trace}\nAgain: {shlex.join(command)}\n"
    (folder / "finding.txt").write_text(text, encoding="utf-8", errors="backslashreplace")
    print(f"--- {target.name} {outcome.number}\n{text}", flush=True)


def run_slice(plan: Plan, target: Target, first: int, stop: int) -> Iterator[Outcome]:
    """Outcomes of some mutants; a child that ends early is a finding, and the next one goes on."""
    while first < stop:
        command = [sys.executable, "-m", "tests.hostile.fuzz_child", plan.module, target.name]
        command += [str(first), str(stop), str(plan.hang_s)]
        with subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            assert child.stderr is not None
            for line in child.stdout:
                outcome = Outcome(*json.loads(line))
                first = outcome.number + 1
                yield outcome
            trace = child.stderr.read()
        if first < stop:
            death = describe_death(child.returncode, plan.hang_s)
            yield Outcome(first, "finding", 0, 0.0, trace=f"{death}\n{trace}")
            first += 1


def describe_death(code: int, hang_s: float) -> str:
    """How a process ended that should not have."""
    if code < 0:
        return f"The process was ended by {signal.Signals(-code).name}."
    return f"The process ended with {code}; it does so if a mutant takes over {hang_s:g} s."


def run(plan: Plan, targets: Sequence[Target]) -> list[Tally]:
    """Use mutants of all targets in turn until enough were made, or the time is over."""
    tallies = [Tally(target) for target in targets]
    stop_s, stop = time.monotonic() + plan.seconds, plan.first + plan.count
    with open(plan.out, "w", encoding="utf-8") as out:
        for first in range(plan.first, stop, SLICE):
            for tally in tallies:
                if time.monotonic() > stop_s:
                    return tallies
                for outcome in run_slice(plan, tally.target, first, min(stop, first + SLICE)):
                    tally.add(outcome)
                    row = (tally.target.name, outcome.number, outcome.digest, outcome.word)
                    print(*row, file=out, flush=True)
                    if outcome.trace:
                        keep_finding(tally.target, outcome, plan.findings)
    return tallies


def report(tallies: Sequence[Tally]) -> Iterator[str]:
    """A table: what came of how many mutants of each target, and at what cost."""
    sums: dict[str, int] = defaultdict(int)
    yield f"{'target':<18}{'mutants':>9}{'slowest':>10}{'peak':>9}  outcomes"
    for tally in tallies:
        words = ", ".join(f"{word} {count}" for word, count in tally.words.most_common())
        count = tally.words.total()
        sums["mutants"] += count
        sums["findings"] += len(tally.findings)
        cost = f"{tally.slowest_s:>8.2f} s{tally.peak / 2**20:>6.0f} MB"
        yield f"{tally.target.name:<18}{count:>9,}{cost}  {words}"
    yield f"{sums['mutants']:,} mutants, {sums['findings']:,} findings."


def main() -> int:
    """Run until the time is over or enough mutants were used; 1 if anything fell out."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    names = [target.name for target in TARGETS]
    parser.add_argument("--target", action="append", choices=names, help="default: all")
    parser.add_argument("--minutes", type=float, default=60 * 24.0, help="at most")
    parser.add_argument("--first", type=int, help="number of the first mutant; default: the time")
    parser.add_argument("--count", type=int, default=10**12, help="mutants of each target at most")
    parser.add_argument("--out", type=Path, default=Path(os.devnull), help="a line per mutant")
    options = parser.parse_args()
    first = int(time.time()) * 1000 if options.first is None else options.first
    plan = Plan(first, options.count, options.minutes * 60, out=options.out)
    print(
        f"Mutants from number {first} on; findings go to {os.path.relpath(FINDINGS)}.", flush=True
    )
    tallies = run(plan, plan.targets(options.target or ()))
    print("\n".join(report(tallies)))
    return int(any(tally.findings for tally in tallies))


if __name__ == "__main__":
    raise SystemExit(main())
