"""Compare verdicts with what happens when models are loaded and converted: docs/portability.md.

    .venv/bin/python -m tools.portability.agreement RESULTS FOLDER … --python tf==2.12=PYTHON …

Goes through all complete artifacts below the FOLDERs. PYTHON has the TensorFlow of the target
beside it; for `tflite` it converts, for `keras3` it loads and makes layers. What happened is kept
in the folder RESULTS, and read there again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.portability.result import TargetReport
from tensorboard_plugin_modelinspect.discovery import Catalog, Found, Root
from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.opening import open_artifact
from tensorboard_plugin_modelinspect.porting import portability

LOADER = Path(__file__).with_name("load_models.py")
_KINDS = ("saved_model", "graph_def", "keras", "h5")
_BEFORE_LOADING = frozenset({"weights-only"})
"""Rules about what only somebody who has the code can do; nothing can be tried here."""
_HARMLESS = frozenset({"device", "tpu", "xla-platform", "python-function", "flex-op"})
"""Rules about running; loading goes well."""


class Case(NamedTuple):
    """An artifact that can be tried: its kind and path."""

    kind: str
    path: str


def main() -> None:
    """Try all, then print a table, and each disagreement."""
    mark = sys.argv.index("--python")
    results, folders = Path(sys.argv[1]), sys.argv[2:mark]
    results.mkdir(parents=True, exist_ok=True)
    cases = list(find_cases(folders))
    print(f"{len(cases)} artifacts: {Counter(case.kind for case in cases)}")
    for named in sys.argv[mark + 1 :]:
        target, _, python = named.rpartition("=")
        if target == "tflite":
            compare_lite(results, python, cases)
        elif target == "keras3":
            compare_layers(results, python, cases)
        else:
            compare_release(results, target, python, cases)


def find_cases(folders: Sequence[str]) -> Iterator[Case]:
    """Complete artifacts of kinds that can be loaded."""
    for folder in folders:
        for found in _scan(Root("", os.path.abspath(folder))):
            path = os.path.join(os.path.abspath(folder), found.path)
            if found.state == "complete" and found.candidate.kind in _KINDS:
                artifact = open_artifact(path)
                is_one_graph = len(artifact.meta_graphs) < 2  # else `tags` would have to be given
                if is_one_graph and artifact.format not in ("text", "Keras 3 weights, sharded"):
                    yield Case(artifact.kind, path)


def _scan(root: Root) -> Sequence[Found]:
    return Catalog(lambda: (root,)).scan().artifacts


def try_all(results: Path, name: str, python: str, cases: Sequence[Case]) -> dict[str, str]:
    """What became of each path: empty, or an exception; anew after a crash."""
    out = results / f"{name}.json"
    words = [f"{case.kind}={case.path}" for case in cases]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    environment.pop("PYTHONPATH", None)
    known: dict[str, str] = {}
    while len(known) < len({case.path for case in cases}):
        command = [python, str(LOADER), str(out), *words]
        subprocess.run(command, capture_output=True, check=False, env=environment)
        before, known = len(known), json.loads(out.read_text())
        if len(known) == before:
            break
    return known


def compare_release(results: Path, target: str, python: str, cases: Sequence[Case]) -> None:
    """`works` must load; what fails, or needs something, must not."""
    said = try_all(results, target.replace("==", ""), python, cases)
    counts: Counter[str] = Counter()
    for case in cases:
        report = _report(case, target)
        if report is None or report.verdict == "unknown" or _rules(report) & _BEFORE_LOADING:
            counts["not tried"] += 1
            continue
        against = [one for one in report.evidence if one.verdict != "works"]
        expected = all(one.rule in _HARMLESS for one in against)
        _count(counts, case, report, said[case.path], loads=expected)
    print(f"{target}: {dict(counts)}")


def compare_lite(results: Path, python: str, cases: Sequence[Case]) -> None:
    """`works` must convert to TFLite's own ops, `needs` with Select TF ops, `fails` not at all."""
    models = [case for case in cases if case.kind == "saved_model"]
    plain = try_all(results, "tflite", python, [Case("tflite", case.path) for case in models])
    select = try_all(results, "select", python, [Case("select", case.path) for case in models])
    counts: Counter[str] = Counter()
    for case in models:
        report = _report(case, "tflite")
        if report is None:
            continue
        happened = (
            "works" if not plain[case.path] else "needs" if not select[case.path] else "fails"
        )
        counts["agree" if report.verdict == happened else "differ"] += 1
        counts[f"{report.verdict} says {happened} is"] += 1
        if report.verdict != happened:
            fault = plain[case.path] or select[case.path]
            print(f"  {case.path}: {report.verdict}, is {happened}: {fault[-300:]!r}")
    print(f"tflite: {dict(counts)}")


def compare_layers(results: Path, python: str, cases: Sequence[Case]) -> None:
    """Keras files must load where `works` is said, SavedModels make a layer where `needs` is."""
    files = [case for case in cases if case.kind in ("keras", "h5")]
    layers = []
    for case in cases:
        report = _report(case, "keras3") if case.kind == "saved_model" else None
        if report is not None and report.evidence[0].what:
            layers.append(Case("tfsm", f"{report.evidence[0].what}:{case.path}"))
    loaded = try_all(results, "keras3", python, files)
    made = try_all(results, "tfsm", python, layers)
    counts: Counter[str] = Counter()
    for case in files:
        report = _report(case, "keras3")
        if report is not None and not _rules(report) & _BEFORE_LOADING:
            loads = report.verdict == "works"
            _count(counts, case, report, loaded[case.path], loads=loads)
    print(f"keras3, load_model: {dict(counts)}")
    faults = {path: fault for path, fault in made.items() if fault}
    for path, fault in faults.items():
        print(f"  {path}: {fault[:300]!r}")
    print(f"keras3, TFSMLayer: {len(made) - len(faults)} of {len(made)}")


def _report(case: Case, target: str) -> TargetReport | None:
    try:
        return portability(case.path, [target]).targets[0]
    except ModelInspectError as error:
        print(f"  {case.path}: {error.message}")
        return None


def _rules(report: TargetReport) -> frozenset[str]:
    return frozenset(one.rule for one in report.evidence)


def _count(
    counts: Counter[str], case: Case, report: TargetReport, fault: str, *, loads: bool
) -> None:
    counts["agree" if loads == (not fault) else "differ"] += 1
    counts["refused" if fault else "loaded"] += 1
    if loads == bool(fault):
        facts = [f"{one.rule} {one.what}" for one in report.evidence][:3]
        print(f"  {case.path}: {report.verdict} {facts}, but: {fault[:300]!r}")


if __name__ == "__main__":
    main()
