"""The test set: every planted attack is found, with signature and argument; nothing else is."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tensorboard_plugin_modelinspect.analyses.scan.result import Finding, ScanReport
from tensorboard_plugin_modelinspect.discovery import Catalog, Root
from tensorboard_plugin_modelinspect.scanning import scan_candidate, scan_path
from tests.support.corpus import ROOT as CORPUS

FOLDER = CORPUS / "scan"
MODELS: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))[
    "models"
]
CLEAN = [name for name, model in MODELS.items() if model["family"] == "clean"]
ANY = "*"


def scan(name: str) -> ScanReport:
    """The report of a model of the set."""
    return scan_path(FOLDER / "models" / name / MODELS[name]["path"])


def told(finding: Finding) -> tuple[str, ...]:
    """Rule, severity and name."""
    return finding.rule, finding.severity, finding.what


def reached(finding: Finding) -> list[str]:
    """Names of signatures, and what else reaches it; functions only where nothing else does."""
    names = [one.name or one.kind for one in finding.reached_from if one.kind != "function"]
    return names or [one.kind for one in finding.reached_from][:1]


@pytest.mark.parametrize("name", MODELS)
def test_just_what_was_planted(name: str) -> None:
    """Rule, severity, op, argument and who reaches it, of each finding; and no finding more."""
    expected = MODELS[name]["findings"]
    report = scan(name)
    found = sorted(report.findings, key=told)
    assert [told(one)[:2] for one in found] == sorted(
        (one["rule"], one["severity"]) for one in expected
    )
    for one, wanted in zip(
        found,
        sorted(expected, key=lambda one: (one["rule"], one["severity"], one["what"])),
        strict=True,
    ):
        assert wanted["what"] in (ANY, one.what)
        assert wanted["argument"] in (ANY, one.argument)
        assert reached(one) == wanted["reached"]
    assert report.gaps == () or MODELS[name]["family"] == "zip"


def test_the_set_is_large_enough() -> None:
    """Of every kind, and of every family that was published."""
    assert len(MODELS) >= 60
    assert len(CLEAN) >= 20
    assert {path.name for path in (FOLDER / "models").iterdir()} == set(MODELS)


@pytest.mark.parametrize("name", CLEAN)
def test_clean_models_are_clean(name: str) -> None:
    """Whatever they save, restore, initialise and print for themselves."""
    assert scan(name).verdict == "clean"


def find_all(root: str) -> list[ScanReport]:
    """Reports of all below a folder."""
    catalog = Catalog(lambda: (Root("", os.path.abspath(root)),))
    return [
        scan_candidate(found.open_folder(), found.candidate) for found in catalog.scan().artifacts
    ]


def test_no_critical_in_the_rest_of_the_corpus() -> None:
    """All models that other tests have are harmless, and none of them is called worse than low.

    But for one: `run/rude` is to be caught at what it does.
    """
    cases = [path for path in CORPUS.iterdir() if path.is_dir() and path != FOLDER]
    for case in cases:
        for report in find_all(str(case)):
            if report.path == "rude":
                assert report.verdict == "dangerous"
                continue
            allowed = {"low", "info"} | ({"medium"} if report.problem else set())
            assert {one.severity for one in report.findings} <= allowed, report


@pytest.mark.skipif(
    "MODELINSPECT_CORPUS" not in os.environ, reason="MODELINSPECT_CORPUS is not set"
)
def test_no_critical_in_real_models() -> None:
    """But in one that was made to be malicious."""
    root = Path(os.environ["MODELINSPECT_CORPUS"]) / "data"
    critical = {report.path for report in find_all(str(root)) if report.worst == "critical"}
    assert {path for path in critical if "malicious" not in path} == set()


@pytest.mark.parametrize("kept", [0.3, 0.98])
def test_an_archive_that_is_cut_short_is_damaged(kept: float, tmp_path: Path) -> None:
    """And not called a trick: most such files are copies that ended early."""
    whole = (CORPUS / "keras3_files" / "words.keras").read_bytes()
    (tmp_path / "model.keras").write_bytes(whole[: int(kept * len(whole))])
    [report] = find_all(str(tmp_path))
    assert (report.verdict, [one.rule for one in report.findings]) == ("damaged", ["unreadable"])
