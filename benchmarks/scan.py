"""Searching a logdir: 10,000 artifacts in 20,000 folders, for the first time and again.

Beside each figure stands what any search must do at the very least, in the same run: list every
folder and ask for the size of every file; the second time, ask for the times of what is known.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import time_call
from benchmarks.report import Row
from tensorboard_plugin_modelinspect.discovery import Catalog, Root

CORPUS = Path(__file__).resolve().parents[1] / "tests" / "corpus"
RUNS = 200
CHECKPOINTS = 20
SAVED_MODELS = 30
EMPTY_FOLDERS = 37
SETTLED_S = 2.1
"""A search trusts the time stamps of folders that are older than two seconds."""


def bench_scan(folder: Path, *, runs: int = RUNS) -> Iterator[Row]:
    """Search a tree written below `folder`; `runs` makes it smaller."""
    root = folder / "scan"
    write_tree(root, runs)
    time.sleep(SETTLED_S)
    listing = time_call(lambda: _list_all(root), times=3)
    catalog = Catalog(lambda: (Root("", str(root)),))
    began = time.perf_counter()
    snapshot = catalog.scan()
    cold = time.perf_counter() - began
    states = {found.state for found in snapshot.artifacts}
    if states != {"complete"} or snapshot.note:
        raise RuntimeError(f"the tree is not as written: {states} {snapshot.note}")
    size = f"{len(snapshot.artifacts):,} artifacts in {snapshot.folders:,} folders"
    yield Row(f"find {size}", cold, listing, "scandir and stat alone", 2.0)
    paths = [str(path) for path in (root, *root.rglob("*"))]
    again = time_call(catalog.scan, times=5)
    stats = time_call(lambda: [os.lstat(path) for path in paths], times=5)
    yield Row("look for changes in them", again, stats, "stat alone", 0.3)


def write_tree(root: Path, runs: int) -> None:
    """Write runs of 100 folders each: 20 checkpoints, 30 SavedModels, and folders of neither."""
    checkpoint = _read_files(CORPUS / "keras3_checkpoint" / "series", "ckpt-1.*")
    saved_model = _read_files(CORPUS / "keras3_export" / "several_inputs", "**/*")
    for number in range(runs):
        run = root / f"run_{number}"
        _write(run / "events.out.tfevents.1", b"")
        for step in range(1, CHECKPOINTS + 1):
            for name, data in checkpoint.items():
                _write(run / "ckpt" / name.replace("ckpt-1", f"ckpt-{step}"), data)
        for version in range(SAVED_MODELS):
            for name, data in saved_model.items():
                _write(run / "export" / str(version) / name, data)
        for empty in range(EMPTY_FOLDERS):
            (run / f"plugin_{empty}").mkdir()


def _read_files(folder: Path, pattern: str) -> dict[str, bytes]:
    files = (path for path in folder.glob(pattern) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _list_all(root: Path) -> None:
    folders = [str(root)]
    for folder in folders:  # grows while it is walked
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    entry.stat(follow_symlinks=False)
