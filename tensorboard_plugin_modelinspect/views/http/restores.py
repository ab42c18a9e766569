"""The restore doctor for the tab: what it is asked, and results that are kept for a while."""

from __future__ import annotations

import posixpath
import shlex
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.restore.check import (
    check_restore,
    possible_methods,
)
from tensorboard_plugin_modelinspect.analyses.restore.result import (
    METHODS,
    STATUSES,
    Method,
    Options,
    RestoreCheck,
)
from tensorboard_plugin_modelinspect.discovery import Catalog, Found
from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.views.http.describe_restore import describe_restore
from tensorboard_plugin_modelinspect.views.http.parameters import Parameters, parse_flag
from tensorboard_plugin_modelinspect.views.http.restore_payloads import RestorePayload

_MOST_KEPT = 4
_MOST_ROWS_KEPT = 200_000
"""Of all results that are kept, a kilobyte each."""


class _Opened(NamedTuple):
    """An artifact and where it lies."""

    artifact: Artifact
    path: str

    def placed(self) -> Artifact:
        """The artifact under its full path: what is pasted finds its files from anywhere."""
        return replace(self.artifact, path=self.path)


class _Kept(NamedTuple):
    """A result and what it was made of."""

    checkpoint: _Opened
    target: _Opened
    options: Options
    check: RestoreCheck

    def is_of(self, checkpoint: _Opened, target: _Opened, options: Options) -> bool:
        """Whether it is the result for these: for the artifacts as they were opened then."""
        return (
            self.checkpoint.artifact is checkpoint.artifact
            and self.target.artifact is target.artifact
            and self.options == options
        )


class Restores:
    """Answers the route, and keeps the last results while both artifacts stay as they are.

    For any thread; one restore is played through at a time, so that who asks for the same waits.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._lock = threading.Lock()
        self._kept: list[_Kept] = []

    def answer(self, parameters: Parameters) -> RestorePayload:
        """What restoring one artifact into another would do.

        Raises:
            ModelInspectError: An artifact cannot be opened, or the parameters fit neither the two
                nor each other.

        Cost: linear in objects and variables of both when it is new; reads no values.
        """
        sides = [self._catalog.get(parameters[name]) for name in ("checkpoint", "target")]
        options = _parse_options(parameters)
        wanted = _parse_statuses(parameters.get("status", ""))
        checkpoint, target = (self._open(found) for found in sides)
        with self._lock:
            check = self._check(checkpoint, target, options)
            tried = check.attachments
            if options.attach is not None:
                tried = self._check(checkpoint, target, replace(options, attach=None)).attachments
        return describe_restore(
            check,
            possible_methods(checkpoint.artifact, target.artifact),
            wanted,
            tried,
            _command(check, options),
        )

    def _open(self, found: Found) -> _Opened:
        path = posixpath.normpath(posixpath.join(found.root.path, found.path))
        return _Opened(self._catalog.open(found.id), path)

    def _check(self, checkpoint: _Opened, target: _Opened, options: Options) -> RestoreCheck:
        for kept in self._kept:
            if kept.is_of(checkpoint, target, options):
                return kept.check
        check = check_restore(checkpoint.placed(), target.placed(), options)
        self._kept.insert(0, _Kept(checkpoint, target, options, check))
        self._drop_oldest()
        return check

    def _drop_oldest(self) -> None:
        del self._kept[_MOST_KEPT:]
        while len(self._kept) > 1 and _rows_of(self._kept) > _MOST_ROWS_KEPT:
            self._kept.pop()


def _rows_of(kept: Sequence[_Kept]) -> int:
    return sum(len(one.check.rows) for one in kept)


def _parse_options(parameters: Parameters) -> Options:
    return Options(
        method=_parse_method(parameters.get("method", "")),
        by_name=parse_flag(parameters, "by_name"),
        skip_mismatch=parse_flag(parameters, "skip_mismatch"),
        attach=parameters.get("attach"),
    )


def _parse_method(text: str) -> Method | None:
    for method in METHODS:
        if text == method:
            return method
    if text:
        raise BadRequest(f"method={text[:40]}: there are {', '.join(METHODS)}.")
    return None


def _parse_statuses(text: str) -> frozenset[str]:
    """Statuses of the rows asked for; none named: all but what matches."""
    if not text:
        return frozenset(STATUSES) - {"matched"}
    wanted = frozenset(text.split(","))
    if not wanted <= set(STATUSES):
        raise BadRequest(f"status={text[:80]}: there are {', '.join(STATUSES)}; join by commas.")
    return wanted


def _command(check: RestoreCheck, options: Options) -> str:
    words = ["modelinspect", "restore-check", check.checkpoint, "--into", check.target]
    words += ["--method", options.method] if options.method else []
    words += ["--by-name"] if options.by_name else []
    words += ["--skip-mismatch"] if options.skip_mismatch else []
    words += ["--attach", options.attach] if options.attach is not None else []
    return shlex.join(words)
