"""Writes `bytecode.json`: functions as each Python marshals them, and what its `dis` lists.

python tests/analyses/scan/make_bytecode.py ~/.pyenv/versions/*/bin/python
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ASK = """
import base64, dis, json, marshal, sys
doubles = lambda x: x * 2 + 1
runs = lambda x: __import__("os").system("id > /tmp/x")
def makes(x, scale=2.5):
    def inner(y):
        return [y, scale, None, (1, 2.0, "a"), -70000, 10 ** 30]
    for i in range(3):
        if i > x:
            x += inner(i)[0]
    try:
        return x.real
    except (ValueError, KeyError):
        return {"a": x}
def walk(code):
    yield code
    for one in code.co_consts:
        if hasattr(one, "co_code"):
            for inner in walk(one):
                yield inner
def names(code):
    if hasattr(dis, "get_instructions"):
        return [one.opname for one in dis.get_instructions(code)]
    found, offset = [], 0
    octets = [ord(one) for one in code.co_code]
    while offset < len(octets):
        found.append(dis.opname[octets[offset]])
        offset += 3 if octets[offset] >= dis.HAVE_ARGUMENT else 1
    return found
said = {}
for name, function in (("doubles", doubles), ("runs", runs), ("makes", makes)):
    code = function.__code__
    said[name] = {
        "code": base64.b64encode(marshal.dumps(code)).decode("ascii"),
        "names": list(code.co_names),
        "functions": [one.co_name for one in walk(code)],
        "instructions": [
            one
            for inner in walk(code)
            for one in names(inner)
            if one not in ("EXTENDED_ARG", "CACHE")
        ],
    }
print(json.dumps(["%d.%d" % sys.version_info[:2], said]))
"""


def main() -> None:
    """Ask each interpreter named on the command line."""
    answers = [
        json.loads(subprocess.run([one, "-c", ASK], capture_output=True, check=True).stdout)
        for one in sys.argv[1:]
    ]
    answers.sort(key=lambda one: [int(part) for part in one[0].split(".")])
    target = Path(__file__).with_name("bytecode.json")
    target.write_text(json.dumps(dict(answers), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
