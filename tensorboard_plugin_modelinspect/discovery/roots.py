"""Roots: the folders that TensorBoard was started on, by its own rules."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import NamedTuple

_URL = re.compile(r"[a-zA-Z][0-9a-zA-Z.]*://.*")


class Root(NamedTuple):
    """A folder to search.

    Attributes:
        name: Its name in `--logdir_spec`; empty for a plain `--logdir` and for unnamed ones.
        path: Absolute, or a URL; it need not exist.
    """

    name: str
    path: str

    @property
    def is_remote(self) -> bool:
        """Whether it is a URL, like `gs://bucket/logs`."""
        return _URL.match(self.path) is not None


def resolve_roots(logdir: str, logdir_spec: str = "") -> tuple[Root, ...]:
    """Roots of TensorBoard's `--logdir`, or else of its `--logdir_spec`.

    Args:
        logdir: As it was given: `~` not expanded, relative to the working directory.
        logdir_spec: `name:/path,/other/path`; names are optional.

    Nothing is read. What a relative path or `~` means may change: resolve again for each search.
    """
    if logdir:
        is_url = _URL.match(logdir) is not None
        return (Root("", logdir if is_url else os.path.abspath(os.path.expanduser(logdir))),)
    if not logdir_spec:
        return ()
    # As in TensorBoard: a path that is given twice has its last name, in its first place.
    names: dict[str, str] = {}
    for part in logdir_spec.split(","):
        name, path = _split_name(part)
        is_url = _URL.match(path) is not None
        names[path if is_url else os.path.realpath(os.path.expanduser(path))] = name
    return tuple(Root(name, path) for path, name in names.items())


def _split_name(part: str) -> tuple[str, str]:
    """Name and path of one part; `/a:b` and `gs://x` are paths without a name."""
    is_path = part.startswith("/") or bool(os.path.splitdrive(part)[0])
    if ":" not in part or is_path or _URL.match(part):
        return "", part
    name, _, path = part.partition(":")
    return name, path


def label_roots(roots: Sequence[Root]) -> tuple[str, ...]:
    """What tells each root from the others: its name, with its path if an earlier one has it."""
    labels: list[str] = []
    for root in roots:
        is_taken = root.name in labels
        labels.append(f"{root.name}:{root.path}" if is_taken else root.name)
    return tuple(labels)
