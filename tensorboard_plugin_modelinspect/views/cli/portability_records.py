"""Portability as plain JSON values, with the names of docs/cli.md; the tab's route has the same."""

from __future__ import annotations

from tensorboard_plugin_modelinspect.analyses.portability.result import (
    TARGETS,
    Evidence,
    OpSupport,
    Portability,
    TargetReport,
    Writer,
)
from tensorboard_plugin_modelinspect.views.cli.records import Record
from tensorboard_plugin_modelinspect.views.text.portability import describe_target


def portability_record(found: Portability) -> Record:
    """The document that `--json` prints."""
    return {
        "path": found.path,
        "kind": found.kind,
        "verdict": found.verdict,
        "writers": [_writer_record(one) for one in found.writers],
        "oldest": found.oldest,
        "oldest_because": [_evidence_record(one) for one in found.oldest_because],
        "targets": [_target_record(one) for one in found.targets],
        "ops": [_op_record(one) for one in found.ops],
        "packages": [{**one._asdict(), "ops": list(one.ops)} for one in found.packages],
        "devices": [{"name": one.name, "count": one.nodes} for one in found.devices],
        "dtypes": [{"name": one.dtype, "count": one.uses} for one in found.dtypes],
        "notes": list(found.notes),
    }


def _writer_record(writer: Writer) -> Record:
    return {**writer._asdict(), "tags": list(writer.tags), "released": list(writer.released)}


def _target_record(report: TargetReport) -> Record:
    return {
        "target": report.target,
        "name": report.target.partition("==")[0],
        "title": report.title,
        "verdict": report.verdict,
        "summary": describe_target(report),
        "evidence": [_evidence_record(one) for one in report.evidence],
    }


def _evidence_record(evidence: Evidence) -> Record:
    return {
        "rule": evidence.rule,
        "verdict": evidence.verdict,
        "what": evidence.what,
        "fact": evidence.fact,
        "advice": evidence.advice,
        "command": evidence.command,
        "count": evidence.count,
        "places": [place._asdict() for place in evidence.places],
        "signatures": list(evidence.signatures),
    }


def _op_record(support: OpSupport) -> Record:
    return {
        "op": support.op,
        "count": support.count,
        "package": support.package,
        "since": support.since,
        "plumbing": support.is_plumbing,
        "support": {target: support.support[target] for target in TARGETS},
    }
