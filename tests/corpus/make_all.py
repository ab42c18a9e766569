"""Make all corpus cases, or the named ones, each in a process of its own.

python tests/corpus/make_all.py [--check] [CASE ...]
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

CORPUS = Path(__file__).resolve().parent


def run_case(case: str, *, check: bool) -> int:
    """Run `CASE/make.py`; its exit code."""
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(CORPUS),
    }
    command = [sys.executable, str(CORPUS / case / "make.py"), *(["--check"] if check else [])]
    print(case, flush=True)
    return subprocess.run(command, env=environment, check=False).returncode


def main() -> int:
    """Exit code 1 and a list of the cases that failed or, with `--check`, whose answers differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("case", nargs="*", help="folders below tests/corpus (default: all)")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; ask TensorFlow again and compare"
    )
    options = parser.parse_args()
    cases = options.case or sorted(path.parent.name for path in CORPUS.glob("*/make.py"))
    failed = [case for case in cases if run_case(case, check=options.check)]
    print(f"failed: {', '.join(failed)}" if failed else f"{len(cases)} cases are fine")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
