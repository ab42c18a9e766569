"""What the route of the Restore page answers; `payloads.py` says what all have in common."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RestoreAttachmentPayload:
    """Which object of the target is restored from which of the checkpoint; empty: the root.

    `matched` of the target's `total` variables would get values.
    """

    checkpoint: str
    target: str
    matched: int
    total: int
    reason: str


@dataclass(frozen=True, slots=True)
class RestoreFailurePayload:
    """An exception: its class, what it says in essence, and the first keys that cause it.

    `keys` are of the target, else of the checkpoint; `key_count` is how many there are.
    """

    type: str
    message: str
    keys: list[str]
    key_count: int


@dataclass(frozen=True, slots=True)
class RestoreSnippetPayload:
    """Python to paste; `note`, which may be empty, says what it silences or leaves out."""

    kind: str
    title: str
    code: str
    note: str


@dataclass(frozen=True, slots=True)
class RestoreNearestPayload:
    """A tensor of the other side that may be meant; `score` is 0 to 1."""

    key: str
    name: str
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class RestoreRowsPayload:
    """Variables of both sides, as columns of one length: the target's, then unused ones.

    What a side does not have is null in its four columns. `restored`: whether the target's variable
    has the checkpoint's values after the call. `looked_for`: where the checkpoint would have to
    have it.
    """

    status: list[str]
    restored: list[bool]
    role: list[str]
    looked_for: list[str]
    reason: list[str]
    target_key: list[str | None]
    target_name: list[str | None]
    target_dtype: list[str | None]
    target_shape: list[list[int] | None]
    checkpoint_key: list[str | None]
    checkpoint_name: list[str | None]
    checkpoint_dtype: list[str | None]
    checkpoint_shape: list[list[int] | None]
    nearest: list[list[RestoreNearestPayload]]


@dataclass(frozen=True, slots=True)
class RestorePayload:
    """`restore?checkpoint=&target=`: what restoring one artifact into another would do.

    `counts` are of all rows by status. `rows` are those asked for, `row_count` of them in all: what
    is longer than the answer may be is cut. `attached` is the place in `attachments` of the one
    that is shown. `failure` is what the call raises; the two others what the methods of its status
    would, null if they pass or there is no status. `command` says the same in a terminal.
    """

    method: str
    methods: list[str]
    call: str
    why: str
    fits: bool
    verdict: str
    restored: int
    total: int
    counts: dict[str, int]
    rows: RestoreRowsPayload
    row_count: int
    attachments: list[RestoreAttachmentPayload]
    attached: int
    failure: RestoreFailurePayload | None
    assert_consumed: RestoreFailurePayload | None
    assert_existing_objects_matched: RestoreFailurePayload | None
    snippets: list[RestoreSnippetPayload]
    notes: list[str]
    command: str
