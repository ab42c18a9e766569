"""Portability in words."""

from __future__ import annotations

from tensorboard_plugin_modelinspect.analyses.portability.result import (
    TargetReport,
    Writer,
)
from tensorboard_plugin_modelinspect.views.text.words import describe_count

_NOTHING_AGAINST = "nothing stands against it"


def describe_target(report: TargetReport) -> str:
    """A target's verdict with its reason: `fails: TensorFlow 2.4 has no op X; … (and 2 more)`."""
    telling = [one for one in report.evidence if one.verdict == report.verdict != "works"]
    if not telling:
        return _NOTHING_AGAINST
    more = len(telling) - 1
    rest = f" ({describe_count(more, 'more reason')})" if more else ""
    return f"{telling[0].fact}{rest}"


def describe_writer(writer: Writer) -> str:
    """`TensorFlow 2.15.0, GraphDef version 1645 (that of 2.15), may be read from 12 on`."""
    parts = []
    if writer.tensorflow:
        parts.append(f"TensorFlow {writer.tensorflow}")
    if writer.keras:
        parts.append(f"Keras {writer.keras}")
    if writer.producer:
        parts.append(f"GraphDef version {writer.producer}{_released(writer.released)}")
    if writer.min_consumer:
        parts.append(f"may be read from {writer.min_consumer} on")
    return ", ".join(parts) or "unknown"


def _released(released: tuple[str, str]) -> str:
    oldest, newest = released
    if not oldest:
        return ""
    return f" (that of {oldest})" if oldest == newest else f" (that of {oldest} to {newest})"


def describe_oldest(oldest: str, first: str) -> str:
    """The oldest release, or why there is none; `first` is the oldest of the table."""
    if not oldest:
        return "none that is known"
    return f"TensorFlow {oldest}" + (" or older" if oldest == first else "")
