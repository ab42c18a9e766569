"""What a restore would do as plain JSON values, with the names of docs/cli.md."""

from __future__ import annotations

from tensorboard_plugin_modelinspect.analyses.restore.result import (
    Attachment,
    Failure,
    RestoreCheck,
    Row,
    Side,
)
from tensorboard_plugin_modelinspect.views.cli.records import Record
from tensorboard_plugin_modelinspect.views.text.restore import describe_verdict


def check_record(check: RestoreCheck) -> Record:
    """The document that `--json` prints."""
    return {
        "checkpoint": check.checkpoint,
        "target": check.target,
        "fits": check.fits,
        "verdict": describe_verdict(check),
        "method": check.method,
        "why": check.why,
        "call": check.call,
        "restored": check.restored,
        "total": check.total,
        "counts": dict(check.counts),
        "attachment": _attachment_record(check.attachment),
        "attachments": [_attachment_record(one) for one in check.attachments],
        "failure": _failure_record(check.failure),
        "assert_consumed": _failure_record(check.assert_consumed),
        "assert_existing_objects_matched": _failure_record(check.assert_existing_objects_matched),
        "rows": [_row_record(row) for row in check.rows],
        "snippets": [snippet._asdict() for snippet in check.snippets],
        "notes": list(check.notes),
    }


def _attachment_record(attachment: Attachment) -> Record:
    return {**attachment._asdict(), "plain": attachment.is_plain}


def _failure_record(failure: Failure | None) -> Record | None:
    return None if failure is None else {**failure._asdict(), "keys": list(failure.keys)}


def _row_record(row: Row) -> Record:
    return {
        "status": row.status,
        "target": _side_record(row.target),
        "checkpoint": _side_record(row.checkpoint),
        "looked_for": row.looked_for,
        "restored": row.is_restored,
        "role": row.role,
        "reason": row.reason,
        "nearest": [one._asdict() for one in row.nearest],
    }


def _side_record(side: Side | None) -> Record | None:
    if side is None:
        return None
    return {
        "key": side.key,
        "name": side.name,
        "dtype": side.dtype.name,
        "shape": list(side.shape),
    }
