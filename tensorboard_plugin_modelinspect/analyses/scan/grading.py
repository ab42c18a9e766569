"""How bad it is that an op is there: by its rule, who reaches it and what it is given."""

from __future__ import annotations

from collections.abc import Sequence

from tensorboard_plugin_modelinspect.analyses.scan.result import SEVERITIES, Origin, Severity
from tensorboard_plugin_modelinspect.analyses.scan.rules import RULES
from tensorboard_plugin_modelinspect.analyses.scan.texts import TextMeaning

_READS = frozenset(
    {"file-read", "file-list", "vocabulary-read", "checkpoint-read", "python-call", "config-path"}
)
_WRITES = frozenset({"file-write", "checkpoint-write", "network", "debug-output"})


def grade_op(rule: str, origins: Sequence[Origin], meaning: TextMeaning) -> Severity:
    """The severity of an op.

    Args:
        rule: That reports it.
        origins: Who reaches it.
        meaning: Of its argument, as far as that is constant.
    """
    severity = RULES[rule].severity
    if not origins:
        return max("low", severity, key=SEVERITIES.index)
    if rule in _WRITES and (meaning.is_outside or meaning.is_sensitive or meaning.is_shell):
        return "critical"
    if rule in _READS and (meaning.is_sensitive or meaning.is_shell):
        return "critical"
    if rule == "file-list" and meaning.is_outside:
        return "high"
    return severity
