"""Random damage to small artifacts, for as long as one likes.

    python -m tests.hostile.fuzz --seconds 600 [--first 0] [--keep FOLDER]

Every mutant has a number and is made again from it: `--first N --count 1` repeats one. What falls
out is printed with its number and, with `--keep`, its files are written to a folder.
"""

from __future__ import annotations

import argparse
import random
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from tensorboard_plugin_modelinspect.codecs.sstable import Table
from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.formats.checkpoint import OpenBundle
from tensorboard_plugin_modelinspect.sources.memory import MemoryFile, MemoryFolder
from tests.hostile.exercise import exercise
from tests.hostile.sandbox import Trials
from tests.hostile.seeds import SEEDS, Files
from tests.support.bundle_writer import OBJECT_GRAPH_KEY, BundleWriter
from tests.support.corpus import ROOT, recorded
from tests.support.table_writer import (
    RAW,
    encode_block,
    encode_table,
    snappy,
    table_of_blocks,
    varint,
)

QUICK = 1500
"""Mutants of the quick test."""
LARGEST_SEED = 20_000
"""Bytes of a corpus artifact that is taken as a seed."""

INTERESTING = (
    b"\0", b"\xff", b"\x80", b"\x7f", b"\x08", b"\x12", b"\x1a", b"\0\0\0\0", b"\xff\xff\xff\xff",
    varint(1 << 31), varint(1 << 62), varint((1 << 64) - 1), varint(1 << 63), b"{", b"}", b'"',
    b": ", b"<", b"[", b"\\377", b"../", b"/", b"-1", b"1e999", b"nan", b"\n",
)  # fmt: skip


def corpus_seeds() -> list[Files]:
    """Small artifacts of the corpus, with all files of their folder."""
    found = []
    for artifact in recorded():
        folder = artifact.path if artifact.path.is_dir() else artifact.path.parent
        name = artifact.path.name
        files = {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and (folder == artifact.path or path.name.startswith(f"{name}."))
        }
        if files and sum(map(len, files.values())) < LARGEST_SEED:
            found.append(files)
    return found


def all_seeds() -> list[Files]:
    """Seeds with every feature, and those that TensorFlow wrote."""
    return [seed() for seed in SEEDS.values()] + (corpus_seeds() if ROOT.exists() else [])


def scramble(data: bytes, rng: random.Random) -> bytes:
    """A few random edits: flips, numbers, pieces moved, doubled, left out."""
    edited = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        at = rng.randrange(len(edited) + 1)
        stop = min(len(edited), at + rng.choice((1, 2, 4, 8, 16, 64)))
        kind = rng.randrange(7)
        if kind == 0 and at < len(edited):
            edited[at] ^= 1 << rng.randrange(8)
        elif kind == 1 and at < len(edited):
            edited[at] = rng.randrange(256)
        elif kind == 2:
            edited[at:stop] = b""
        elif kind == 3:
            edited[at:at] = edited[at:stop]
        elif kind == 4:
            edited[at:at] = rng.choice(INTERESTING)
        elif kind == 5:
            piece = rng.choice(INTERESTING)
            edited[at : at + len(piece)] = piece
        elif edited:
            start = rng.randrange(len(edited))
            edited[at:stop] = edited[start : start + stop - at]
    return bytes(edited)


def scramble_file(files: Files, name: str, rng: random.Random) -> Files:
    """A file as it is, damaged anywhere, or cut."""
    data = files[name]
    if rng.random() < 0.1:
        return {**files, name: data[: rng.randrange(len(data) + 1)]}
    return {**files, name: scramble(data, rng)}


def scramble_rows(files: Files, name: str, rng: random.Random) -> Files:
    """Keys and values of an index, in a table whose checksums are right."""
    try:
        rows = [row for block in Table(MemoryFile(files[name])).iter_blocks() for row in block]
    except ModelInspectError:
        return scramble_file(files, name, rng)
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(rows)) if rows else 0
        kind = rng.randrange(6)
        if kind < 3 and rows:
            rows[at] = rows[at][0], scramble(rows[at][1], rng)
        elif kind == 3 and rows:
            rows[at] = scramble(rows[at][0], rng), rows[at][1]
        elif kind == 4 and rows:
            rows[at] = rows[at][0], rng.choice(rows)[1]
        elif rows:
            rows.pop(at)
    if rng.random() < 0.9:
        rows = sorted(dict(rows).items())
    compress = snappy if rng.random() < 0.2 else None
    table = encode_table(rows, block_size=rng.choice((1, 100, 10**6)), compress=compress)
    return {**files, name: table}


def scramble_block(files: Files, name: str, rng: random.Random) -> Files:
    """The contents of one block, its checksum made right again."""
    try:
        rows = [row for block in Table(MemoryFile(files[name])).iter_blocks() for row in block]
    except ModelInspectError:
        return scramble_file(files, name, rng)
    contents = scramble(encode_block(rows), rng)
    return {**files, name: table_of_blocks([(contents, RAW, b"z")])}


def scramble_graph(files: Files, name: str, rng: random.Random) -> Files:
    """The object graph, in a bundle whose checksums are right; values of other tensors are lost."""
    prefix = name.removesuffix(".index")
    try:
        rows = [row for block in Table(MemoryFile(files[name])).iter_blocks() for row in block]
        graph = OpenBundle(MemoryFolder(files), prefix).values.read_scalar_bytes(OBJECT_GRAPH_KEY)
    except ModelInspectError:
        return scramble_rows(files, name, rng)
    writer = BundleWriter(shard_count=sum(other.startswith(f"{prefix}.data-") for other in files))
    writer.entries = dict(rows[1:])
    writer.add_object_graph(scramble(graph, rng))
    return {**files, **writer.files(prefix)}


def mutant(number: int, seeds: Sequence[Files]) -> Files:
    """The files of a mutant; a function of its number and the seeds."""
    rng = random.Random(number)
    files = rng.choice(seeds)
    name = rng.choice(sorted(files))
    if not name.endswith(".index"):
        return scramble_file(files, name, rng)
    how: Callable[[Files, str, random.Random], Files] = rng.choice(
        (scramble_file, scramble_rows, scramble_rows, scramble_block, scramble_graph)
    )
    return how(files, name, rng)


def quick() -> Trials:
    """The mutants of the quick test."""
    seeds = all_seeds()
    for number in range(QUICK):
        yield f"mutant {number}", partial(exercise, mutant(number, seeds))


def main() -> int:
    """Run until the time is over; 1 if anything fell out."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--first", type=int, default=0, help="number of the first mutant")
    parser.add_argument("--count", type=int, default=10**12, help="mutants at most")
    parser.add_argument("--keep", type=Path, help="folder for files of findings")
    options = parser.parse_args()
    seeds, outcomes, findings = all_seeds(), Counter[str](), 0
    stop_s = time.monotonic() + options.seconds
    number = options.first
    while time.monotonic() < stop_s and number < options.first + options.count:
        files = mutant(number, seeds)
        try:
            outcomes[exercise(files)] += 1
        except Exception:  # noqa: BLE001 - each one is a finding
            findings += 1
            print(f"--- mutant {number}\n{traceback.format_exc(limit=-6)}", flush=True)
            if options.keep:
                keep(files, options.keep / str(number))
        number += 1
    print(f"{number - options.first} mutants, {findings} findings; {dict(outcomes)}")
    return int(findings > 0)


def keep(files: Files, folder: Path) -> None:
    """Write the files of a finding."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    raise SystemExit(main())
