"""Writes `analyses/scan/opcodes.json`: the instructions of each Python, for listings of bytecode.

    python -m tools.generate_opcodes ~/.pyenv/versions/*/bin/python

Takes one interpreter of each version that is to be known, and asks it for its `opcode` module.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

TARGET = (
    Path(__file__).parent.parent
    / "tensorboard_plugin_modelinspect"
    / "analyses"
    / "scan"
    / "opcodes.json"
)

_ASK = """
import json, opcode, sys
caches = getattr(opcode, "_inline_cache_entries", [])
if isinstance(caches, dict):
    caches = [caches.get(name, 0) for name in opcode.opname]
print(json.dumps({
    "version": "%d.%d" % sys.version_info[:2],
    "ops": {name: number for name, number in opcode.opmap.items() if number < 256},
    "have_argument": opcode.HAVE_ARGUMENT,
    "names": sorted(opcode.hasname), "constants": sorted(opcode.hasconst),
    "locals": sorted(opcode.haslocal),
    "caches": {number: count for number, count in enumerate(caches) if count},
}))
"""


def ask(interpreter: str) -> dict[str, Any]:
    """What one Python says of its instructions."""
    done = subprocess.run([interpreter, "-c", _ASK], capture_output=True, text=True, check=True)
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def generate(interpreters: list[str]) -> str:
    """The content of the file: a line a version, by number."""
    tables = sorted(map(ask, interpreters), key=lambda one: _number(one["version"]))
    lines = [f" {json.dumps(one.pop('version'))}: {_packed(one)}" for one in tables]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _packed(table: dict[str, Any]) -> str:
    ordered = sorted(table["ops"].items(), key=lambda one: one[1])
    table["ops"] = " ".join(f"{number}:{name}" for name, number in ordered)
    return json.dumps(table, separators=(",", ":"))


def main() -> None:
    """Write the file."""
    TARGET.write_text(generate(sys.argv[1:]), encoding="utf-8")


if __name__ == "__main__":
    main()
