"""Portability as the payload of its route."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from tensorboard_plugin_modelinspect.analyses.portability.history import load_history
from tensorboard_plugin_modelinspect.analyses.portability.result import (
    TARGETS,
    Evidence,
    OpSupport,
    Portability,
    TargetReport,
    Writer,
)
from tensorboard_plugin_modelinspect.views.http.portability_payloads import (
    PortabilityCountPayload,
    PortabilityEvidencePayload,
    PortabilityOpsPayload,
    PortabilityPackagePayload,
    PortabilityPayload,
    PortabilityPlacePayload,
    PortabilitySupportPayload,
    PortabilityTargetPayload,
    PortabilityWriterPayload,
)
from tensorboard_plugin_modelinspect.views.text.portability import describe_target

_LONGEST_TEXT = 2_000


def describe_portability(found: Portability, path: str) -> PortabilityPayload:
    """The payload; `path` is the whole one, for the command line that says the same."""
    words = ["modelinspect", "portability", path]
    for report in found.targets:
        words += ["--target", report.target]
    return PortabilityPayload(
        writers=[_describe_writer(one) for one in found.writers],
        releases=list(load_history().releases),
        oldest=found.oldest,
        oldest_because=[_describe_evidence(one) for one in found.oldest_because],
        targets=[_describe_target(one) for one in found.targets],
        ops=_describe_ops(found.ops),
        packages=[
            PortabilityPackagePayload(one.name, one.command, list(one.ops))
            for one in found.packages
        ],
        devices=[PortabilityCountPayload(*one) for one in found.devices],
        dtypes=[PortabilityCountPayload(*one) for one in found.dtypes],
        notes=list(found.notes),
        command=shlex.join(words),
    )


def _describe_writer(writer: Writer) -> PortabilityWriterPayload:
    return PortabilityWriterPayload(
        tags=list(writer.tags),
        tensorflow=writer.tensorflow,
        released=list(writer.released),
        keras=writer.keras,
        producer=writer.producer,
        min_consumer=writer.min_consumer,
    )


def _describe_target(report: TargetReport) -> PortabilityTargetPayload:
    return PortabilityTargetPayload(
        target=report.target,
        name=report.target.partition("==")[0],
        title=report.title,
        verdict=report.verdict,
        summary=_shortened(describe_target(report)),
        evidence=[_describe_evidence(one) for one in report.evidence],
    )


def _describe_evidence(evidence: Evidence) -> PortabilityEvidencePayload:
    return PortabilityEvidencePayload(
        rule=evidence.rule,
        verdict=evidence.verdict,
        what=evidence.what,
        fact=_shortened(evidence.fact),
        advice=evidence.advice,
        command=evidence.command,
        count=evidence.count,
        places=[PortabilityPlacePayload(*place) for place in evidence.places],
        signatures=list(evidence.signatures),
    )


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"


def _describe_ops(ops: Sequence[OpSupport]) -> PortabilityOpsPayload:
    return PortabilityOpsPayload(
        op=[one.op for one in ops],
        count=[one.count for one in ops],
        package=[one.package for one in ops],
        since=[one.since for one in ops],
        plumbing=[one.is_plumbing for one in ops],
        support=[
            PortabilitySupportPayload(target, [one.support[target] for one in ops])
            for target in TARGETS
        ],
    )
