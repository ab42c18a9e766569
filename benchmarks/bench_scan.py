"""How long a search takes: 10,000 artifacts in 20,000 folders, cold and again.

    python -m benchmarks.bench_scan [FOLDER]

Both are compared with what any search must do at least, in the same run: list each folder and
ask for each file's size (`os.scandir`), or ask for the times of what is known (`os.stat`).
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tensorboard_plugin_modelinspect.discovery import Catalog, Root

CORPUS = Path(__file__).resolve().parents[1] / "tests" / "corpus"
RUNS = 200
CHECKPOINTS = 20
SAVED_MODELS = 30
EMPTY_FOLDERS = 37
_SETTLED_S = 2.1
"""A search trusts the time stamps of folders that are older."""
_REPEATS = 5


class ScanTimes(NamedTuple):
    """Seconds; the smallest of several, but for the cold search, which there is only one of."""

    artifacts: int
    folders: int
    cold_s: float
    rescan_s: float
    list_all_s: float
    stat_all_s: float


def measure_scan(parent: Path, *, runs: int = RUNS) -> ScanTimes:
    """Build a tree below `parent` and search it; `runs` of 200 make the full size."""
    root = parent / "logdir"
    build_tree(root, runs)
    time.sleep(_SETTLED_S)
    list_all_s = _best(lambda: _list_all(root))
    catalog = Catalog(lambda: (Root("", str(root)),))
    began = time.perf_counter()
    snapshot = catalog.scan()
    cold_s = time.perf_counter() - began
    states = {found.state for found in snapshot.artifacts}
    if states != {"complete"} or snapshot.note:
        raise RuntimeError(f"the tree is not as built: {states} {snapshot.note}")
    paths = [str(path) for path in (root, *root.rglob("*"))]
    return ScanTimes(
        artifacts=len(snapshot.artifacts),
        folders=snapshot.folders,
        cold_s=cold_s,
        rescan_s=_best(catalog.scan),
        list_all_s=list_all_s,
        stat_all_s=_best(lambda: _stat_all(paths)),
    )


def build_tree(root: Path, runs: int) -> None:
    """Write runs of 20 checkpoints, 30 SavedModels and 37 empty folders each: 100 folders."""
    checkpoint = _read_files(CORPUS / "keras3_checkpoint" / "series", "ckpt-1.*")
    saved_model = _read_files(CORPUS / "keras3_export" / "several_inputs", "**/*")
    for number in range(runs):
        run = root / f"run_{number:03}"
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
    for folder in folders:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    entry.stat(follow_symlinks=False)


def _stat_all(paths: list[str]) -> None:
    for path in paths:
        os.lstat(path)


def _best(call: Callable[[], object]) -> float:
    times = []
    for _ in range(_REPEATS):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return min(times)


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        times = measure_scan(Path(folder))
    print(f"{times.artifacts:,} artifacts in {times.folders:,} folders")
    print(f"cold    {times.cold_s:.2f} s  {times.cold_s / times.list_all_s:.1f} x scandir + stat")
    print(f"rescan  {times.rescan_s:.2f} s  {times.rescan_s / times.stat_all_s:.1f} x stat")


if __name__ == "__main__":
    main()
