"""Small logdirs for the tests of the search: real checkpoints and SavedModels of a few bytes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.discovery import Catalog, Found, Root, Snapshot
from tensorboard_plugin_modelinspect.sources import walk
from tensorboard_plugin_modelinspect.sources.walk import DEFAULT_LIMITS, WalkLimits
from tests.support.bundle_writer import BundleWriter
from tests.support.saved_model_writer import SavedModelWriter

STEP_KEY = "save_counter/.ATTRIBUTES/VARIABLE_VALUE"
NOBODY = 65534


@cache
def checkpoint_files(step: int | None = None, *, size: int = 2) -> dict[str, bytes]:
    """Files of a checkpoint by what follows its prefix; `step` is stored if given."""
    writer = BundleWriter()
    writer.add("w", np.zeros(size, np.float32))
    if step is not None:
        writer.add(STEP_KEY, np.array(step, np.int64))
    return {name.removeprefix("x"): data for name, data in writer.files("x").items()}


def write_checkpoint(
    folder: Path, prefix: str, step: int | None = None, *, size: int = 2, age_s: float = 0
) -> None:
    """Write a checkpoint; `age_s` sets its files back in time."""
    folder.mkdir(parents=True, exist_ok=True)
    for suffix, data in checkpoint_files(step, size=size).items():
        path = folder / f"{prefix}{suffix}"
        path.write_bytes(data)
        set_age(path, age_s)


def delete_checkpoint(folder: Path, prefix: str) -> None:
    """Delete it as TensorFlow does: the index first."""
    for suffix in sorted(checkpoint_files(), reverse=True):
        (folder / f"{prefix}{suffix}").unlink()


@cache
def saved_model_files() -> dict[str, bytes]:
    """Files of a SavedModel with one variable of 6 parameters."""
    writer = SavedModelWriter()
    writer.add_variable("w", np.zeros((2, 3), np.float32))
    return writer.files()


def write_saved_model(folder: Path, *, age_s: float = 0) -> None:
    """Write a SavedModel; `age_s` sets its files back in time."""
    for name, data in saved_model_files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        set_age(path, age_s)


def write_events(folder: Path) -> None:
    """Make a folder a run of TensorBoard."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "events.out.tfevents.1700000000.host").touch()


def set_age(path: Path, age_s: float) -> None:
    """Set a file's times back by `age_s`."""
    now = path.stat().st_mtime
    os.utime(path, (now - age_s, now - age_s))


def settle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let searches trust the change time of all folders made so far, as if seconds had passed."""
    monkeypatch.setattr(walk, "_SETTLED_NS", 15_000_000)  # longer than a tick of any kernel's clock
    time.sleep(0.02)


def catalog_of(root: Path, limits: WalkLimits = DEFAULT_LIMITS) -> Catalog:
    """A catalog of one unnamed root."""
    return Catalog(lambda: (Root("", str(root)),), limits)


def scan(root: Path, limits: WalkLimits = DEFAULT_LIMITS) -> Snapshot:
    """What one search of a root finds."""
    return catalog_of(root, limits).scan()


def paths(snapshot: Snapshot) -> list[str]:
    """Paths of all artifacts, in order."""
    return [found.path for found in snapshot.artifacts]


def states(snapshot: Snapshot) -> dict[str, str]:
    """State by path."""
    return {found.path: found.state for found in snapshot.artifacts}


def find(snapshot: Snapshot, path: str) -> Found:
    """The artifact at a path."""
    return next(found for found in snapshot.artifacts if found.path == path)


class Touched:
    """Paths below a folder that this process opened or listed."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.listed: list[str] = []


_watchers: list[Callable[[str, str], None]] = []


@cache
def _install_hook() -> None:
    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in ("open", "os.scandir", "os.listdir") and isinstance(arguments[0], str):
            for watcher in _watchers:
                watcher(event, arguments[0])

    sys.addaudithook(hook)


@contextmanager
def watch(folder: Path) -> Iterator[Touched]:
    """Note what is opened and listed below a folder, as Python's own audit events tell."""
    touched = Touched()
    real = os.path.realpath(folder)

    def note(event: str, path: str) -> None:
        if path == real or path.startswith(real + os.sep):
            (touched.opened if event == "open" else touched.listed).append(path)

    _install_hook()
    _watchers.append(note)
    try:
        yield touched
    finally:
        _watchers.remove(note)


@contextmanager
def as_plain_user() -> Iterator[None]:
    """Give up the right to read everything, if the tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
