"""From the restore doctor's result to its payload. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tensorboard_plugin_modelinspect.analyses.restore.result import (
    Attachment,
    Failure,
    Method,
    RestoreCheck,
    Row,
    Side,
)
from tensorboard_plugin_modelinspect.views.http.restore_payloads import (
    RestoreAttachmentPayload,
    RestoreFailurePayload,
    RestoreNearestPayload,
    RestorePayload,
    RestoreRowsPayload,
    RestoreSnippetPayload,
)
from tensorboard_plugin_modelinspect.views.text.restore import describe_verdict

ROWS_LIMIT = 10_000
"""Rows in one answer: 5 MB of JSON at most, which nobody reads to its end."""
_MOST_KEYS = 20
_LONGEST_MESSAGE = 2_000


def describe_restore(
    check: RestoreCheck,
    methods: Iterable[Method],
    wanted: frozenset[str],
    tried: Iterable[Attachment],
    command: str,
) -> RestorePayload:
    """What a restore would do.

    Args:
        check: The result.
        methods: All that the two artifacts can be restored by, the best first.
        wanted: Statuses of the rows that are shown.
        tried: Attachments there are beside the one that the result is of.
        command: That prints the same.
    """
    rows = [row for row in check.rows if row.status in wanted]
    places = {(one.checkpoint, one.target): one for one in (*tried, check.attachment)}
    return RestorePayload(
        method=check.method,
        methods=list(methods),
        call=check.call,
        why=check.why,
        fits=check.fits,
        verdict=describe_verdict(check),
        restored=check.restored,
        total=check.total,
        counts={str(status): count for status, count in check.counts.items()},
        rows=_describe_rows(rows[:ROWS_LIMIT]),
        row_count=len(rows),
        attachments=[RestoreAttachmentPayload(*one) for one in places.values()],
        attached=list(places).index((check.attachment.checkpoint, check.attachment.target)),
        failure=_describe_failure(check.failure),
        assert_consumed=_describe_failure(check.assert_consumed),
        assert_existing_objects_matched=_describe_failure(check.assert_existing_objects_matched),
        snippets=[RestoreSnippetPayload(*snippet) for snippet in check.snippets],
        notes=list(check.notes),
        command=command,
    )


def _describe_rows(rows: Sequence[Row]) -> RestoreRowsPayload:
    targets: list[Side | None] = [row.target for row in rows]
    sources: list[Side | None] = [row.checkpoint for row in rows]
    return RestoreRowsPayload(
        status=[row.status for row in rows],
        restored=[row.is_restored for row in rows],
        role=[row.role for row in rows],
        looked_for=[row.looked_for for row in rows],
        reason=[row.reason for row in rows],
        target_key=[side and side.key for side in targets],
        target_name=[side and side.name for side in targets],
        target_dtype=[side and side.dtype.name for side in targets],
        target_shape=[side and list(side.shape) for side in targets],
        checkpoint_key=[side and side.key for side in sources],
        checkpoint_name=[side and side.name for side in sources],
        checkpoint_dtype=[side and side.dtype.name for side in sources],
        checkpoint_shape=[side and list(side.shape) for side in sources],
        nearest=[[RestoreNearestPayload(*one) for one in row.nearest] for row in rows],
    )


def _describe_failure(failure: Failure | None) -> RestoreFailurePayload | None:
    if failure is None:
        return None
    message = failure.message
    if len(message) > _LONGEST_MESSAGE:
        message = f"{message[:_LONGEST_MESSAGE]}…"
    keys = list(failure.keys[:_MOST_KEYS])
    return RestoreFailurePayload(failure.type, message, keys, len(failure.keys))
