"""Uses some mutants and says what came of each, a line of JSON; `fuzz` starts it.

python -m tests.hostile.fuzz_child MODULE TARGET FIRST STOP HANG_S
"""

from __future__ import annotations

import faulthandler
import json
import sys
import time
import traceback

from tests.hostile.fuzz import MEMORY, PEAK, Outcome, Plan
from tests.hostile.peak import limit_memory, peak_nbytes, reset_peak
from tests.hostile.targets import Files, Target, digest, mutant, seeds_of


def use(target: Target, number: int, files: Files, hang_s: float) -> Outcome:
    """Use one mutant under a watch that ends the process."""
    before, start_s = reset_peak(), time.perf_counter()
    faulthandler.dump_traceback_later(hang_s, exit=True)
    try:
        word, trace = target.exercise(files), ""
    except Exception:  # noqa: BLE001 - each one is a finding
        word, trace = "finding", traceback.format_exc(limit=-8)
    finally:
        faulthandler.cancel_dump_traceback_later()
    peak = max(0, peak_nbytes() - before)
    if peak > PEAK and not trace:
        word, trace = "finding", f"It took {peak:,} bytes; {PEAK:,} are allowed."
    duration_s = time.perf_counter() - start_s
    return Outcome(number, word, peak, duration_s, digest(files), trace)


def main(module: str, name: str, first: str, stop: str, hang_s: str) -> int:
    """Use mutants FIRST to STOP of the row of that name."""
    [target] = Plan(0, 0, module=module).targets([name])
    faulthandler.enable()
    for files in seeds_of(target):  # so that imports are no mutant's own
        target.exercise(files)
    limit_memory(MEMORY)
    for number in range(int(first), int(stop)):
        outcome = use(target, number, mutant(target, number), float(hang_s))
        print(json.dumps(outcome), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
