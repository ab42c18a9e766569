"""What is damaged: a row per format, its undamaged files, and how all of them is used.

A new format is a row here: name, seeds, which of their files are damaged, and its reader. The
corpus artifacts that the reader recognises are seeds too.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from fnmatch import fnmatch
from functools import cache
from typing import NamedTuple

from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.formats.checkpoint import OpenBundle
from tensorboard_plugin_modelinspect.formats.checkpoint_state import (
    STATE_FILE,
    locate_prefix,
    read_checkpoint_state,
)
from tensorboard_plugin_modelinspect.formats.exported_graph import read_exported_graphs
from tensorboard_plugin_modelinspect.sources.memory import MemoryFolder
from tensorboard_plugin_modelinspect.views.cli.show_dir_records import full_record
from tensorboard_plugin_modelinspect.views.text.saved_model_cli import iter_all
from tensorboard_plugin_modelinspect.views.text.words import printable
from tests.hostile import seeds, seeds_keras
from tests.hostile.exercise import exercise
from tests.hostile.mutate import mutator_of, rows_of, scramble, scramble_protobuf
from tests.hostile.seeds import Files
from tests.support.artifacts import candidates_in_memory
from tests.support.bundle_writer import OBJECT_GRAPH_KEY, BundleWriter
from tests.support.corpus import ROOT, recorded

LARGEST_SEED = 20_000
"""Bytes of a corpus artifact that is taken as a seed."""


class Target(NamedTuple):
    """A row of `TARGETS`.

    Attributes:
        name: Of the format, as reports call it.
        seeds: Makers of undamaged files.
        damaged: Patterns of the names of files that are damaged.
        reader: `Reader.format` of the reader under test; empty if it is no artifact's own.
        exercise: Uses all of some files; returns a word for what came of it.
    """

    name: str
    seeds: tuple[Callable[[], Files], ...]
    damaged: tuple[str, ...]
    reader: str = ""
    exercise: Callable[[Files], str] = exercise


def exercise_state_file(files: Files) -> str:
    """Look for the newest checkpoint of a folder."""
    folder = MemoryFolder(files, "folder")
    try:
        prefix = locate_prefix(folder, read_checkpoint_state(folder).newest)
    except ModelInspectError as error:
        return type(error).__name__
    assert f"{prefix}.index" in files
    return "whole"


def exercise_functions(files: Files) -> str:
    """Print all that `show --dir` prints, and as JSON."""
    try:
        graphs = read_exported_graphs(MemoryFolder(files, "folder"))
        text = "".join(iter_all(graphs, printable))
        assert text.replace("\b\b", "").isprintable()
        for graph in graphs:
            full_record(graph)
    except ModelInspectError as error:
        return type(error).__name__
    return "whole"


def functions_of_corpus() -> Files:
    """A SavedModel with functions of many types."""
    name = "saved_model.pb"
    return {name: (ROOT / "concrete_functions" / "types" / name).read_bytes()}


TARGETS: tuple[Target, ...] = (
    Target(
        "checkpoint_v2",
        (seeds.checkpoint, seeds.compressed),
        ("*.index", "*.data-*"),
        reader="checkpoint_v2",
    ),
    Target(
        "checkpoint_v1",
        (seeds.v1_checkpoint, seeds.v1_compressed),
        ("*-of-*", "*.ckpt*", "*.meta"),
        reader="checkpoint_v1",
    ),
    Target("meta_graph", (seeds.lone_graph,), ("*.meta",), reader="meta_graph"),
    Target("graph_def", (seeds.graph,), ("*.pb", "*.graphdef"), reader="graph_def"),
    Target("graph_def_text", (seeds.text_graph,), ("*.pbtxt",)),
    Target(
        "saved_model", (seeds.model, seeds.old_model), ("saved_model.pb",), reader="saved_model"
    ),
    Target("saved_model_text", (seeds.text_model,), ("saved_model.pbtxt",)),
    Target(
        "functions",
        (seeds.model, functions_of_corpus),
        ("saved_model.pb",),
        exercise=exercise_functions,
    ),
    Target("fingerprint", (seeds.model,), ("fingerprint.pb",)),
    Target("keras_metadata", (seeds_keras.keras_model,), ("keras_metadata.pb",)),
    Target("hdf5", (seeds_keras.hdf5_file, seeds_keras.legacy_file), ("*.h5",), reader="hdf5"),
    Target("hdf5_shards", (seeds_keras.shards,), ("*.json", "*.h5")),
    Target("keras", (seeds_keras.keras_archive,), ("*.keras",), reader="keras"),
    Target("keras_folder", (seeds_keras.keras_folder,), ("*.json", "*.h5", "assets/*")),
    Target(
        "description",
        (seeds.description,),
        ("*.json", "*.values"),
        reader="description",
    ),
    Target("state_file", (seeds.checkpoint,), (STATE_FILE,), exercise=exercise_state_file),
)


def target_named(name: str) -> Target:
    """The row of that name."""
    return next(target for target in TARGETS if target.name == name)


@cache
def seeds_of(target: Target) -> list[Files]:
    """Undamaged files of a target: those with every feature, and those that TensorFlow wrote."""
    return [seed() for seed in target.seeds] + corpus_seeds().get(target.reader, [])


@cache
def corpus_seeds() -> dict[str, list[Files]]:
    """Small whole artifacts of the corpus by reader, each with all files of its folder."""
    found: dict[str, list[Files]] = {}
    for artifact in recorded(state="complete") if ROOT.exists() else ():
        if "reason_contains" in artifact.answers:
            continue  # damage that its state does not show
        folder = artifact.path if artifact.path.is_dir() else artifact.path.parent
        name = artifact.path.name
        files = {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
            and (folder == artifact.path or path.name == name or path.name.startswith(f"{name}."))
        }
        if 0 < sum(map(len, files.values())) < LARGEST_SEED:
            for reader in {candidate.format for candidate in candidates_in_memory(files)}:
                found.setdefault(reader, []).append(files)
    return found


def mutant(target: Target, number: int) -> Files:
    """The files of a mutant; a function of its number and the seeds."""
    rng = random.Random(f"{target.name} {number}")
    files = rng.choice(seeds_of(target))
    names = [name for name in sorted(files) if any(fnmatch(name, one) for one in target.damaged)]
    if not names:
        return mutant(target, number + (1 << 40))
    name = rng.choice(names)
    kind = rng.random()
    if kind < 0.02:
        return {other: data for other, data in files.items() if other != name}
    if kind < 0.04:  # the wrong file under a right name
        other = seeds_of(rng.choice(TARGETS))
        return {**files, name: rng.choice(list(rng.choice(other).values()))}
    if kind < 0.25:
        return {**files, name: scramble(files[name], rng)}
    if kind < 0.4 and name.endswith(".index"):
        return scramble_object_graph(files, name, rng)
    return {**files, name: mutator_of(name, files[name])(files[name], rng)}


def digest(files: Files) -> int:
    """A number by which two processes can tell that they made the same mutant."""
    return zlib.crc32(repr(sorted(files.items())).encode())


def scramble_object_graph(files: Files, name: str, rng: random.Random) -> Files:
    """The object graph, in a bundle whose checksums are right; values of other tensors are lost."""
    prefix = name.removesuffix(".index")
    rows = rows_of(files[name])
    try:
        graph = OpenBundle(MemoryFolder(files), prefix).values.read_scalar_bytes(OBJECT_GRAPH_KEY)
    except ModelInspectError:
        return {**files, name: mutator_of(name, files[name])(files[name], rng)}
    writer = BundleWriter(shard_count=sum(other.startswith(f"{prefix}.data-") for other in files))
    writer.entries = dict(rows[1:])
    writer.add_object_graph(scramble_protobuf(graph, rng))
    return {**files, **writer.files(prefix)}
