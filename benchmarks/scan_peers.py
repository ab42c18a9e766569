"""The models of `tests/corpus/scan` through other scanners, as the table in `docs/scan.md`.

    python -m venv peers && peers/bin/pip install modelscan modelaudit tensorflow
    MODELINSPECT_PEERS=peers/bin/python python -m benchmarks.scan_peers     # writes the table

Each scanner goes over all models in one process of that interpreter, by its own code.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.report import Row

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT / "tests" / "corpus" / "scan"
PAGE = ROOT / "docs" / "scan.md"
_TIMEOUT_S = 1_800

_START = """
import contextlib, io, json, os, sys
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")
os.environ.update(PROMPTFOO_DISABLE_TELEMETRY="1", NO_ANALYTICS="1")
paths = json.load(sys.stdin)
found = {}
"""
_END = """
for name, path in paths.items():
    try:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            worst = look(path, out)
    except BaseException as error:
        worst = f"error {type(error).__name__}: {error}"[:200]
    found[name] = worst if isinstance(worst, list) else [worst, worst]
print("RESULT " + json.dumps([version, found]))
"""
PEERS = {
    "saved_model_cli scan": _START
    + """
import tensorflow as tf
from tensorflow.python.tools import saved_model_cli, saved_model_utils
version = tf.__version__
def look(path, out):
    if not os.path.isdir(path):
        return "none"
    for graph in saved_model_utils.read_saved_model(path).meta_graphs:
        saved_model_cli.scan_meta_graph_def(graph, saved_model_cli._OP_DENYLIST)
    return "high" if "contains the following denylisted ops" in out.getvalue() else ""
"""
    + _END,
    "modelscan": _START
    + """
from importlib.metadata import version as ask
import tensorflow
from modelscan.modelscan import ModelScan
version = ask("modelscan")
def look(path, out):
    said = ModelScan().scan(path)
    levels = [one["severity"].lower() for one in said["issues"]]
    worst = next((one for one in ("critical", "high", "medium", "low") if one in levels), "")
    return worst or ("" if said["summary"]["scanned"]["total_scanned"] else "none")
"""
    + _END,
    "modelaudit": _START
    + """
from importlib.metadata import version as ask
from modelaudit.core import scan_model_directory_or_file
version = ask("modelaudit")
def look(path, out):
    names = {"critical": "critical", "warning": "medium"}
    said = scan_model_directory_or_file(path)
    worst = lambda levels: next((names[one] for one in names if one in levels), "")
    level = lambda one: getattr(one.severity, "value", str(one.severity))
    saver = ("RestoreV2", "SaveV2", "MergeV2Checkpoints")
    text = lambda one: f"{one.message}{one.details}"
    others = [one for one in said.issues if not any(op in text(one) for op in saver)]
    return [worst(list(map(level, others))), worst(list(map(level, said.issues)))]
"""
    + _END,
}
"""What each scanner runs. `look` gives the worst severity, empty for nothing, `none` if it does not
look at such files; or two, without and with what it says of the saver's own ops."""

Worst = tuple[str, str]


def bench_scan_peers() -> Iterator[Row]:
    """How many of the planted attacks each finds, and on how many clean models it cries."""
    for tool, (_, found) in {"modelinspect": ("", scan_ours()), **ask_peers()}.items():
        attacks, clean = split(load_models())
        yield Row(f"{tool}: attacks found", sum(map(is_found, [found.get(one) for one in attacks])))
        yield Row(
            f"{tool}: clean models called high or critical",
            sum(map(is_loud, [found.get(one) for one in clean])),
        )


def load_models() -> dict[str, Any]:
    """The models, as `expected.json` has them."""
    models: dict[str, Any] = json.loads((CASES / "expected.json").read_text(encoding="utf-8"))[
        "models"
    ]
    return models


def split(models: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Names of attacks, and of clean models."""
    clean = [name for name, one in models.items() if one["family"] == "clean"]
    return [name for name in models if name not in clean], clean


def is_found(worst: Worst | None) -> bool:
    """Whether a scanner says anything about a model, but that its saver saves."""
    return worst is not None and worst[0] in ("critical", "high", "medium", "low")


def is_loud(worst: Worst | None) -> bool:
    """Whether it says that it is dangerous."""
    return worst is not None and worst[1] in ("critical", "high")


def scan_ours() -> dict[str, Worst]:
    """The worst of each model by our own scan."""
    from tensorboard_plugin_modelinspect.scanning import scan_path

    worst = {name: scan_path(path).worst or "" for name, path in paths().items()}
    return {name: (one, one) for name, one in worst.items()}


def paths() -> dict[str, str]:
    """Where each model is: the file to scan, or its folder."""
    return {
        name: os.path.join(CASES, "models", name, one["path"]).rstrip("/")
        for name, one in load_models().items()
    }


def ask_peers() -> dict[str, tuple[str, dict[str, Worst]]]:
    """Version and findings of each scanner that the other interpreter has."""
    python = os.environ.get("MODELINSPECT_PEERS", "python")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    answers = {}
    for tool, code in PEERS.items():
        done = subprocess.run(
            [python, "-c", code],
            input=json.dumps(paths()),
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
            env=environment,
        )
        said = re.search(r"^RESULT (.*)$", done.stdout, re.MULTILINE)
        if said is None:
            raise RuntimeError(f"{tool}: {done.stderr[-2000:]}")
        version, found = json.loads(said[1])
        answers[tool] = (version, found)
    return answers


def make_table(ours: dict[str, Worst], peers: dict[str, tuple[str, dict[str, Worst]]]) -> list[str]:
    """A row for each family: how many of its models each scanner says something about."""
    models = load_models()
    tools = {
        "modelinspect": ours,
        **{f"{tool} {version}": found for tool, (version, found) in peers.items()},
    }
    lines = [f"| models | | {' | '.join(tools)} |", f"|---|---|{'---|' * len(tools)}"]
    families: dict[str, list[str]] = {}
    for name, one in models.items():
        families.setdefault(one["family"], []).append(name)
    clean = families.pop("clean")
    for family, names in sorted(families.items()):
        counts = [str(sum(is_found(found.get(name)) for name in names)) for found in tools.values()]
        lines.append(f"| {family} | {len(names)} | {' | '.join(counts)} |")
    attacks, _ = split(models)
    counts = [str(sum(is_found(found.get(name)) for name in attacks)) for found in tools.values()]
    lines.append(
        f"| **attacks of which something is said** | {len(attacks)} | {' | '.join(counts)} |"
    )
    counts = [str(sum(is_loud(found.get(name)) for name in clean)) for found in tools.values()]
    lines.append(
        f"| **clean models called high or critical** | {len(clean)} | {' | '.join(counts)} |"
    )
    return lines


def main() -> None:
    """Write the table."""
    lines = make_table(scan_ours(), ask_peers())
    begin, end = "<!-- peers: measured -->", "<!-- /peers -->"
    text = PAGE.read_text(encoding="utf-8")
    head, _, rest = text.partition(begin)
    tail = rest.partition(end)[2]
    PAGE.write_text("\n".join([head + begin, "", *lines, "", end]) + tail, encoding="utf-8")


if __name__ == "__main__":
    main()
