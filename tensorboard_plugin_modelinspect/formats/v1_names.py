"""Names of checkpoints V1: a single file PREFIX, or shards `PREFIX-00000-of-00002` ….

tensorflow/core/kernels/save_op.cc: a sharded checkpoint is called by the pattern that matches its
files, `PREFIX-?????-of-00002`, and so do we; state files hold that text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_SHARD = re.compile(r"(?P<prefix>.+)-(?P<shard>[0-9]{5})-of-(?P<count>[0-9]{5})", re.DOTALL)
_PATTERN = re.compile(r"(?P<prefix>.+)-\?{5}-of-(?P<count>[0-9]{5})", re.DOTALL)


def pattern_of(file: str) -> str | None:
    """Name of the checkpoint that a file is a shard of; None if it is not called like one."""
    match = _SHARD.fullmatch(file)
    if match is None or match["prefix"].endswith(".data"):  # a shard of format V2
        return None
    is_counted = match["shard"] < match["count"]
    return f"{match['prefix']}-?????-of-{match['count']}" if is_counted else None


def prefix_of(name: str) -> str:
    """The prefix in a checkpoint's name, after which its `.meta` is called."""
    match = _PATTERN.fullmatch(name)
    return match["prefix"] if match else name


def file_names(name: str) -> list[str]:
    """Files that a checkpoint of that name has, at most 99,999."""
    match = _PATTERN.fullmatch(name)
    if match is None:
        return [name]
    prefix, count = match["prefix"], match["count"]
    return [f"{prefix}-{shard:05d}-of-{count}" for shard in range(int(count))]


def names_meant(name: str, files: Iterable[str]) -> list[str]:
    """Checkpoints that a person may mean by a name, where the folder holds these files.

    It may be that of the checkpoint or of one of its files, or the prefix alone.
    """
    pattern = pattern_of(name)
    if pattern is not None:
        return [pattern]
    base = name.removesuffix(".meta")
    patterns = {pattern_of(file) for file in files if file.startswith(f"{base}-")}
    return [base, *sorted(one for one in patterns if one is not None and prefix_of(one) == base)]
