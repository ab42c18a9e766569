"""Writes the tables of `docs/scan.md`, and says which ops of TensorFlow are not decided yet.

    python -m tools.scan_tables                   # writes the tables of rules and ops
    .venv-tf/bin/python -m tools.scan_tables --registry   # compares with the ops of TensorFlow

The decisions stand in `analyses/scan/ops.json`, by hand: a new op is put into the family that says
what it does. A test fails while one of `model/op_definitions.py` is in none.
"""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from tensorboard_plugin_modelinspect.analyses.scan.ops import (
    Family,
    decided_ops,
    families,
    table_version,
)
from tensorboard_plugin_modelinspect.analyses.scan.rules import RULES

TARGET = Path(__file__).parent.parent / "docs" / "scan.md"


def generate(text: str) -> str:
    """The page with its tables anew."""
    text = _replace(text, "rules", _rules())
    return _replace(text, "ops", _ops())


def _replace(text: str, name: str, lines: Iterator[str]) -> str:
    begin, end = f"<!-- {name}: generated -->", f"<!-- /{name} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    content = "\n".join([begin, "", *lines, "", end])
    return pattern.sub(lambda _: content, text)


def _rules() -> Iterator[str]:
    yield "| rule | finds | severity | what to do |"
    yield "|---|---|---|---|"
    for name, rule in RULES.items():
        yield f"| `{name}` | {rule.title} | {rule.severity} | {rule.advice} |"


def _ops() -> Iterator[str]:
    count = len(decided_ops())
    reported = sum(len(one.ops) for one in families() if one.decision == "report")
    yield f"All {count:,} ops of TensorFlow {table_version()}; {reported:,} of them are reported."
    yield ""
    yield "| family | decision | what its ops do | ops |"
    yield "|---|---|---|---|"
    for family in families():
        names = " ".join(_named(family))
        yield f"| `{family.name}` | {family.decision} | {family.reason} | {names} |"


def _named(family: Family) -> Iterator[str]:
    for op in family.ops:
        yield f"`{op}`" if family.decision == "report" else op


def undecided() -> list[str]:
    """Ops of the TensorFlow that is installed which are in no family."""
    from tools.generate_ops import registered_names

    return sorted(set(registered_names()) - decided_ops())


def main() -> int:
    """Write the tables, or list what is not decided: exit 1 if there is any."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--registry", action="store_true", help="compare with TensorFlow's ops")
    if not parser.parse_args().registry:
        TARGET.write_text(generate(TARGET.read_text(encoding="utf-8")), encoding="utf-8")
        return 0
    missing = undecided()
    print(textwrap.fill(" ".join(missing), 98) or "every op is decided")
    return int(bool(missing))


if __name__ == "__main__":
    raise SystemExit(main())
