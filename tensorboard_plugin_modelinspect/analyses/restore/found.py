"""What a way to restore found out of each variable, before nearest candidates and words for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.restore.result import Failure


class Wanted(NamedTuple):
    """A variable of the target.

    Attributes:
        key: In the target.
        source: Key in the checkpoint of what it is restored from; None if there is none.
        looked_for: Where that is looked for.
        reason: Why there is none or why it is not restored, as a sentence; empty: types and shapes
            tell.
    """

    key: str
    source: str | None
    looked_for: str
    reason: str = ""


@dataclass
class Found:
    """What a restore would do.

    Attributes:
        wanted: Variables of the target, in its order.
        restored: Keys of those that have new values afterwards.
        failure: What the call raises.
        created: Keys of the checkpoint whose variables the restore makes in the target.
        consumed: Keys of the checkpoint that are read for something that is no variable of the
            target: a counter that the call makes.
        unused: Where a key of the checkpoint would have to be held, and why it is not used.
        status: What the assertions of the status say of a restore by names; None if they pass, or
            there is none.
        partial: Keys of the checkpoint that are stored in part.
        reshaped: Keys of the checkpoint whose shape the variable may take.
        has_call: Whether there is a call that does this.
        notes: What could not be told.
    """

    wanted: list[Wanted] = field(default_factory=list)
    restored: frozenset[str] = frozenset()
    failure: Failure | None = None
    created: tuple[str, ...] = ()
    consumed: frozenset[str] = frozenset()
    unused: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    status: Failure | None = None
    partial: frozenset[str] = frozenset()
    reshaped: frozenset[str] = frozenset()
    has_call: bool = True
    notes: list[str] = field(default_factory=list)
