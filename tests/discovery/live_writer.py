"""A trainer in a process of its own: saves and deletes checkpoints as TensorFlow does, until told.

Started as a module with a folder; ends when its standard input is closed.
"""

from __future__ import annotations

import shutil
import sys
import threading
from pathlib import Path

from tests.discovery.trees import checkpoint_files, delete_checkpoint

KEPT = 3


def save(folder: Path, prefix: str) -> None:
    """Write parts in a temporary folder, rename the data, write the index in place in two steps."""
    files = checkpoint_files()
    part = "part-00000-of-00001"
    temporary = folder / f"{prefix}_temp"
    temporary.mkdir()
    for suffix, data in files.items():
        (temporary / f"{part}{suffix}.tempstate1").write_bytes(data)
        (temporary / f"{part}{suffix}.tempstate1").rename(temporary / f"{part}{suffix}")
    for suffix in files:
        if suffix != ".index":
            (temporary / f"{part}{suffix}").rename(folder / f"{prefix}{suffix}")
    index = files[".index"]
    with open(folder / f"{prefix}.index", "wb", buffering=0) as file:
        file.write(index[: len(index) // 2])
        file.write(index[len(index) // 2 :])
    shutil.rmtree(temporary)


def main() -> None:
    """Save checkpoint after checkpoint and keep the last three."""
    folder = Path(sys.argv[1])
    told = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), told.set()), daemon=True).start()
    number = 0
    while not told.is_set():
        number += 1
        save(folder, f"ckpt-{number}")
        if number > KEPT:
            delete_checkpoint(folder, f"ckpt-{number - KEPT}")


if __name__ == "__main__":
    main()
