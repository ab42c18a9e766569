"""Ten files that people find broken, and what the command line says about each.

    python -m tests.golden.broken_files            # compare with broken_files.txt
    python -m tests.golden.broken_files --update   # write it anew; then read every line of the diff

Each message must name the file, the place in it, the fact and the next step.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.support.bundle_writer import BundleWriter
from tests.support.saved_model_writer import SavedModelWriter

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(__file__).with_suffix(".txt")
PREFIX = "run/model.ckpt-1000"
POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
    b"size 438064459\n"
)
PAGE = b"<!DOCTYPE html>\n<html lang=en>\n  <head><title>model.ckpt-1000.index</title></head>\n"


class Case(NamedTuple):
    """A file that is broken.

    Attributes:
        story: How that comes about.
        make: Writes the files into the working folder.
        command: Arguments of `modelinspect`.
    """

    story: str
    make: Callable[[], object]
    command: tuple[str, ...]


def save_checkpoint(*, prefix: str = PREFIX, shard_count: int = 1) -> None:
    """A checkpoint of two tensors, the second in the last shard."""
    writer = BundleWriter(shard_count=shard_count)
    writer.add("dense/bias", np.zeros(64, np.float32))
    kernel = np.arange(400, dtype=np.float32).reshape(20, 20)
    writer.add("dense/kernel", kernel, shard=shard_count - 1)
    writer.write(".", prefix)


def damaged(file: str, edit: Callable[[bytes], bytes], *, shard_count: int = 1) -> None:
    """A checkpoint of which one file is not as it was saved."""
    save_checkpoint(shard_count=shard_count)
    path = Path(f"{PREFIX}{file}")
    path.write_bytes(edit(path.read_bytes()))


def save_model(content: bytes) -> None:
    """A SavedModel whose protobuf is that."""
    writer = SavedModelWriter()
    writer.add_variable("w", np.zeros(2, np.float32))
    writer.write("export/1")
    Path("export/1/saved_model.pb").write_bytes(content)


def lose_shard() -> None:
    """A checkpoint of two shards, of which one was not copied."""
    save_checkpoint(shard_count=2)
    Path(f"{PREFIX}.data-00001-of-00002").unlink()


def keep_old_state() -> None:
    """A folder that was copied from another machine after its newest checkpoint was deleted."""
    save_checkpoint()
    text = 'model_checkpoint_path: "/mnt/old/run/model.ckpt-2000"\n'
    Path("run/checkpoint").write_text(text, encoding="utf-8")


def flip(data: bytes) -> bytes:
    """One bit of a value is another."""
    return data[:500] + bytes((data[500] ^ 4,)) + data[501:]


CASES = (
    Case(
        "The copy of an index was interrupted.",
        lambda: damaged(".index", lambda data: data[:60]),
        ("show", PREFIX),
    ),
    Case("One of two shards was not copied.", lose_shard, ("tensor", PREFIX, "dense/kernel")),
    Case(
        "A disk or a transfer changed one bit of a weight.",
        lambda: damaged(".data-00000-of-00001", flip),
        ("tensor", PREFIX, "dense/kernel"),
    ),
    Case(
        "A shard was cut short when the disk was full.",
        lambda: damaged(".data-00000-of-00001", lambda data: data[:1024]),
        ("tensor", PREFIX, "dense/kernel"),
    ),
    Case(
        "A browser saved the page about an index, not the index.",
        lambda: damaged(".index", lambda _: PAGE * 40),
        ("show", PREFIX),
    ),
    Case("A checkpoint is named without its step.", save_checkpoint, ("show", "run/model.ckpt")),
    Case("The file `checkpoint` came from another machine.", keep_old_state, ("show", "run")),
    Case(
        "A repository was cloned without its large files.",
        lambda: save_model(POINTER),
        ("show", "export/1"),
    ),
    Case(
        "An export was killed before it wrote anything.",
        lambda: save_model(b""),
        ("show", "export/1"),
    ),
    Case(
        "A frozen graph was renamed to saved_model.pb.",
        lambda: save_model(b"\x0a\x10\x0a\x01x\x12\x0bPlaceholder" * 3),
        ("show", "export/1"),
    ),
)


def run(case: Case) -> str:
    """Make the files in a new folder and run the command there; its words and its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        before = Path.cwd()
        os.chdir(folder)
        try:
            case.make()
        finally:
            os.chdir(before)
        done = subprocess.run(
            [sys.executable, "-m", "tensorboard_plugin_modelinspect", *case.command],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
    return f"{done.stdout}{done.stderr}exit code {done.returncode}\n"


def lines() -> Iterator[str]:
    """The golden file: a paragraph per case."""
    for number, case in enumerate(CASES, 1):
        yield f"{number}. {case.story}\n$ modelinspect {' '.join(case.command)}\n{run(case)}"


def main(*arguments: str) -> int:
    """Compare, or write the file anew."""
    text = "\n".join(lines())
    if "--update" in arguments:
        GOLDEN.write_text(text, encoding="utf-8")
        return 0
    print(text)
    return int(text != GOLDEN.read_text(encoding="utf-8"))


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
