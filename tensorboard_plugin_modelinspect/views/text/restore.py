"""Words for what a restore would do."""

from __future__ import annotations

from collections.abc import Iterator

from tensorboard_plugin_modelinspect.analyses.restore.result import (
    Attachment,
    RestoreCheck,
    Row,
    Status,
)
from tensorboard_plugin_modelinspect.views.text.words import describe_count

_FACTS: dict[Status, tuple[str, str]] = {
    "shape_mismatch": ("has another shape", "have another shape"),
    "dtype_mismatch": ("has another type", "have another type"),
    "partial": ("is stored in part", "are stored in part"),
    "missing": ("is missing in the checkpoint", "are missing in the checkpoint"),
}


def describe_verdict(check: RestoreCheck) -> str:
    """The result in a sentence or two, the most important fact first."""
    parts = [_describe_restored(check)]
    facts = list(_facts(check))
    if facts:
        parts[0] += f": {', '.join(facts)}"
    if check.failure is not None:
        parts.append(f"The call fails with {check.failure.type}")
    unused = check.counts["unused"]
    if unused:
        is_are = "is" if unused == 1 else "are"
        parts.append(f"{describe_count(unused, 'tensor')} of the checkpoint {is_are} not used")
    return ". ".join(parts) + "."


def _describe_restored(check: RestoreCheck) -> str:
    total = describe_count(check.total, "variable")
    if not check.total:
        return "The target has no variables"
    if not check.call:
        return f"{check.restored:,} of {total} could be assigned by hand, no call restores them"
    if check.restored == check.total:
        return f"All of {total} restored" if check.fits else f"All of {total} get values"
    if not check.restored:
        return f"None of {total} restored"
    return f"{check.restored:,} of {total} restored"


def _facts(check: RestoreCheck) -> Iterator[str]:
    counts = check.counts
    for status, (one, many) in _FACTS.items():
        if counts[status]:
            yield f"{counts[status]:,} {one if counts[status] == 1 else many}"


def describe_attachment(attachment: Attachment) -> str:
    """Which object is restored from which."""
    target = f"`{attachment.target}` of the target" if attachment.target else "the target"
    place = f"`{attachment.checkpoint}`" if attachment.checkpoint else "the root"
    return f"{target} from {place} of the checkpoint"


def differs(row: Row) -> bool:
    """Whether there is something to say of a row."""
    return row.status != "matched" or not row.is_restored
