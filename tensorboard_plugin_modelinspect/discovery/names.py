"""Rules for names: runs, series, natural order. Pure functions of text."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Container

_NUMBER = re.compile(r"[0-9]+")
_SHARDS_OF_V1 = re.compile(r"-\?{5}-of-[0-9]{5}$")
_STEP = re.compile(r"[-_.][0-9]{1,18}(?=(?:\.ckpt)?$)")


def natural_key(text: str) -> str:
    """A text that sorts by the numbers in `text`, and a folder before its neighbours.

    `ckpt-9` comes before `ckpt-10`, and `a/b` before `a-b`.
    """
    return _NUMBER.sub(_with_length, text).replace("/", "\0")


def _with_length(match: re.Match[str]) -> str:
    digits = match[0].lstrip("0")
    return f"{len(digits):05}{digits}"


def join_path(*parts: str) -> str:
    """Parts joined with `/`, empty ones left out."""
    return "/".join(part for part in parts if part)


def series_of(prefix: str) -> str:
    """Base name of a checkpoint's series: its prefix without the step number at the end.

    `ckpt` for `ckpt-100` and `ckpt-100-?????-of-00002`, `cp.ckpt` for `cp-0001.ckpt`.
    """
    return _STEP.sub("", _SHARDS_OF_V1.sub("", prefix))


def is_event_file(name: str) -> bool:
    """Whether a file of that name makes its folder a run of TensorBoard."""
    return "tfevents" in name


def run_name(root_name: str, relpath: str) -> str:
    """TensorBoard's name of the run in a folder: `.` for the root, `a/.` for a root named `a`."""
    return posixpath.join(root_name, relpath or ".")


def nearest_run(relpath: str, runs: Container[str]) -> str | None:
    """The folder itself if it is in `runs`, else the nearest one above it that is; else None."""
    while relpath not in runs:
        if not relpath:
            return None
        relpath = relpath.rpartition("/")[0]
    return relpath
