"""What the jobs that the tab asks for have in common: states, files that change, mistakes."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from typing import Literal

from tensorboard_plugin_modelinspect.discovery import Found
from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.sources.base import FileStat
from tensorboard_plugin_modelinspect.views.http.payloads import ErrorBody

JobState = Literal["idle", "waiting", "running", "done", "cancelled", "changed"]
ACTIVE: tuple[JobState, ...] = ("waiting", "running")
"""States of a job that is still to come to an end."""

Files = Mapping[str, FileStat | None]

_logger = logging.getLogger("tensorboard")


class Cancelled(Exception):
    """Somebody wants a job to end."""


def stat_files(found: Found) -> Files:
    """The files of an artifact as they are now."""
    try:
        folder = found.open_folder()
        return {name: folder.stat(name) for name in found.candidate.files}
    except ModelInspectError:  # replaced by a link that leads outside
        return {}


def log_unexpected(doing: str, found: Found, error: Exception) -> ErrorBody:
    """Put an error that should not be into the log, in one line, and name its id to the client."""
    error_id = secrets.token_hex(4)
    _logger.error("Model Inspect error %s, %s %r: %r", error_id, doing, found.path, error)
    _logger.debug("Model Inspect error %s", error_id, exc_info=error)
    message = (
        f"Something went wrong that should not. TensorBoard's log says what, under {error_id}. "
        "Please report it with that line."
    )
    return ErrorBody("InternalError", message, error_id)
