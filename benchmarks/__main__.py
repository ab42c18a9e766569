"""`make bench`: every measurement, one line each, in one run.

Ratios are against the tool that people use today, on the same machine minutes apart. Budgets are
those the project set itself; a missed one is printed, not an error.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.cold import bench_list, bench_show
from benchmarks.diff import bench_diff, bench_diff_structure
from benchmarks.formats import bench_formats, bench_inspect
from benchmarks.paint import bench_paint
from benchmarks.report import Row, describe_row
from benchmarks.run import bench_run
from benchmarks.scan import bench_scan
from benchmarks.scan_peers import bench_scan_peers
from benchmarks.security import bench_security
from benchmarks.startup import bench_startup
from benchmarks.stats import bench_small_stats, bench_stats
from benchmarks.values import bench_open_large, bench_rows
from benchmarks.verify import bench_verify
from benchmarks.weights_page import bench_weights_page

LEFT_OUT = ("paint", "weights_page", "scan-peers")


def benchmarks(folder: Path) -> dict[str, Callable[[], Iterator[Row]]]:
    """Every benchmark by name; those that need files write them into `folder`."""
    return {
        "show": lambda: bench_show(folder),
        "list": lambda: bench_list(folder),
        "inspect": lambda: bench_inspect(folder),
        "formats": lambda: bench_formats(folder),
        "rows": lambda: bench_rows(folder),
        "open": lambda: bench_open_large(folder),
        "verify": lambda: bench_verify(folder),
        "stats": lambda: bench_stats(folder),
        "small-stats": lambda: bench_small_stats(folder),
        "diff": lambda: bench_diff(folder),
        "diff-structure": bench_diff_structure,
        "startup": bench_startup,
        "run": bench_run,
        "scan": lambda: bench_scan(folder),
        "security": lambda: bench_security(folder),
        "scan-peers": bench_scan_peers,
        "paint": bench_paint,
        "weights_page": lambda: bench_weights_page(folder),
    }


def main() -> int:
    """Run the benchmarks named on the command line, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        help=f"which ones; without names all but {', '.join(LEFT_OUT)}, which need more",
    )
    names = parser.parse_args().names
    folder = Path(tempfile.mkdtemp(prefix="modelinspect-bench-"))
    try:
        known = benchmarks(folder)
        unknown = set(names) - set(known)
        if unknown:
            parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
        for name in names or [name for name in known if name not in LEFT_OUT]:
            for row in known[name]():
                print(describe_row(row), flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
