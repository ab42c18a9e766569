"""How much memory opening takes, for each byte of the index or the protobuf that is parsed.

    python -m tests.hostile.memory WARM_UP... -- PATH...

prints for each PATH the resident bytes that opening and listing it takes, in a fork of a process
that has opened WARM_UP: imports, and what is kept for all artifacts alike, are not counted.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tensorboard_plugin_modelinspect.analyses.totals import compute_totals
from tensorboard_plugin_modelinspect.codecs.protos import (
    trackable_object_graph_class,
)
from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.opening import open_artifact
from tests.hostile.peak import peak_nbytes, reset_peak
from tests.hostile.seeds import SEEDS, Files
from tests.support import keras_writer
from tests.support.bundle_writer import BundleWriter, encode_entry, encode_header, encode_slice
from tests.support.graph_writer import GraphWriter
from tests.support.hdf5_writer import hdf5
from tests.support.saved_model_writer import SavedModelWriter
from tests.support.table_writer import encode_table, varint
from tests.support.v1_writer import V1Writer, delimited, encode_meta

ROOT = Path(__file__).resolve().parents[2]
SLACK = 4 << 20
"""Bytes that do not depend on the file."""
MULTIPLES = {
    "checkpoint_v2": (12, 128),
    "checkpoint_v1": (12, 128),
    "meta_graph": (12, 128),
    "saved_model": (12, 128),
    "saved_model_text": (12, 32),
    "graph_def": (8, 32),
    "graph_def_text": (8, 32),
    "hdf5": (4, 32),
    "keras": (8, 64),
}
"""Of what is parsed, by target: for files as TensorFlow writes them, and for any file."""


class Case(NamedTuple):
    """A file whose opening is measured.

    Attributes:
        label: What is in it.
        target: A key of `MULTIPLES`.
        make: Makes the files.
        path: What is opened, relative to their folder.
        parsed: Names of the files that are parsed, or the bytes that are.
        is_honest: Whether it is as TensorFlow writes them, else as dense as the format allows.
    """

    label: str
    target: str
    make: Callable[[], Files]
    path: str
    parsed: tuple[str, ...]
    is_honest: bool = False

    @property
    def multiple(self) -> int:
        return MULTIPLES[self.target][0 if self.is_honest else 1]


def write(files: Files, folder: Path) -> Path:
    """Write files below a folder."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def measure(cases: Sequence[Case], folder: Path) -> list[tuple[int, int]]:
    """Bytes that opening takes, and bytes that are parsed, of each case."""
    warm_ups = [write(SEEDS[name](), folder / name) for name in ("checkpoint", "model")]
    paths, parsed = [], []
    for number, case in enumerate(cases):
        files = case.make()
        paths.append(write(files, folder / str(number)) / case.path)
        parsed.append(sum(len(files[name]) for name in case.parsed))
    command = [sys.executable, "-m", "tests.hostile.memory", *map(str, (*warm_ups, "--", *paths))]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return list(zip(map(int, done.stdout.split()), parsed, strict=True))


def main(*arguments: str) -> None:
    """Measure each path in a fork."""
    at = arguments.index("--")
    for warm_up in arguments[:at]:
        open_artifact(warm_up)
    for path in arguments[at + 1 :]:
        sys.stdout.flush()
        child = os.fork()
        if not child:
            measure_opening(path)
            sys.stdout.flush()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status:
            raise SystemExit(f"{path}: ended with {status}")


def measure_opening(path: str) -> None:
    """Open and list as a view does; an error is as good as a result."""
    before = reset_peak()
    try:
        artifact = open_artifact(path)
        compute_totals(artifact.tensors.values())
    except ModelInspectError:
        pass
    print(max(0, peak_nbytes() - before))


def honest_index() -> Files:
    """An index of many tensors."""
    writer = BundleWriter()
    for number in range(20_000):
        key = b"model/layer_%d/dense/kernel/.ATTRIBUTES/VARIABLE_VALUE" % number
        writer.entries[key] = encode_entry(1, (128, 64), nbytes=32768, crc32c=number)
    return writer.files("ckpt")


def dense_index() -> Files:
    """The smallest entries that are no error: scalars of a type of the future."""
    rows = [(b"", encode_header(1))]
    rows += [(b"%08d" % number, b"\x08\x63") for number in range(100_000)]
    return {"ckpt.index": encode_table(rows), "ckpt.data-00000-of-00001": b""}


def honest_v1() -> Files:
    """A file of many small tensors, of whose table the contents are a half."""
    writer = V1Writer()
    for number in range(20_000):
        writer.add(f"model/layer_{number}/dense/kernel", np.zeros(4, np.float32))
    return writer.files(V1)


def dense_v1() -> Files:
    """The smallest tensors that need no slice: without elements, of no type that is known."""
    shard = V1Writer().shards[0]
    none = b"\x12\x02\x12\0\x18\x63"
    shard.tensors = {b"%05x" % number: b"\x0a\x05%05x" % number + none for number in range(50_000)}
    return {V1: encode_table(shard.rows())}


def v1_slices() -> Files:
    """A tensor in as many slices as it has elements, the smallest there are."""
    shard = V1Writer().shards[0]
    slices = b"".join(delimited(4, encode_slice([(at, 1)])) for at in range(50_000))
    shard.tensors = {b"t": encode_meta(b"t", (50_000,), 1) + slices}
    return {V1: encode_table(shard.rows())}


def graph_in_bundle(proto: bytes) -> Files:
    """A checkpoint of nothing but that object graph; all of its shard is parsed."""
    writer = BundleWriter()
    writer.add_object_graph(proto)
    return writer.files("ckpt")


def honest_objects() -> Files:
    """An object graph of many variables, as deep as a tree."""
    proto = trackable_object_graph_class()()
    for number in range(20_000):
        node = proto.nodes.add()
        key = f"layer_{number}/kernel/.ATTRIBUTES/VARIABLE_VALUE"
        node.attributes.add(name="VARIABLE_VALUE", full_name=f"l{number}", checkpoint_key=key)
        if number:
            proto.nodes[number // 2].children.add(node_id=number, local_name=f"layer_{number}")
    return graph_in_bundle(proto.SerializeToString())


def honest_graph(count: int) -> SavedModelWriter:
    """A graph of so many operations."""
    writer = SavedModelWriter()
    for number in range(count):
        node = writer.graph.graph_def.node.add(name=f"model/layer_{number}/MatMul", op="MatMul")
        node.input.extend([f"model/layer_{number - 1}/MatMul", f"kernel_{number}"])
        node.attr["T"].type = 1
        node.attr["_output_shapes"].list.shape.add().dim.add(size=-1)
    return writer


def inside(tags: tuple[int, ...], data: bytes, name: str = "saved_model.pb") -> Files:
    """A model with these bytes in a message in a message."""
    for tag in reversed(tags):
        data = bytes((tag,)) + varint(len(data)) + data
    return {name: data}


def named(tag: int, count: int = 50_000) -> bytes:
    """Entries of a map, each with a key of its own and an empty value."""
    entries = (b"\x0a\x05%05x" % number for number in range(count))
    return b"".join(bytes((tag, len(entry))) + entry for entry in entries)


EMPTY = b"\x0a\0" * 200_000
INDEX, SHARD, PB = "ckpt.index", "ckpt.data-00000-of-00001", "saved_model.pb"
V1, META = "model.ckpt-1", "model.meta"
DENSE_MODELS = {
    "empty nodes": lambda: inside((0x12, 0x12), EMPTY),
    "empty functions": lambda: inside((0x12, 0x12, 0x12), EMPTY),
    "empty objects": lambda: inside((0x12, 0x3A), EMPTY),
    "empty edges": lambda: inside((0x12, 0x3A, 0x0A), EMPTY),
    "empty signatures": lambda: inside((0x12,), named(0x2A)),
    "empty collections": lambda: inside((0x12,), named(0x22)),
    "empty assets": lambda: inside((0x12,), b"\x32\0" * 200_000),
    "empty graphs": lambda: inside((), b"\x12\0" * 200_000),
    "empty tags": lambda: inside((0x12, 0x0A), b"\x22\0" * 200_000),
}


DENSE_METAS = {
    "empty nodes": lambda: inside((0x12,), EMPTY, META),
    "empty collections": lambda: {META: b"\x12\x02\x0a\0" + named(0x22)},
}


def honest_meta() -> Files:
    """A graph of TF1."""
    return {META: honest_graph(10_000).graph.SerializeToString()}


def text_of_nodes() -> Files:
    """A model as text, of nodes without anything."""
    return {"saved_model.pbtxt": b"meta_graphs{graph_def{" + b"node{}" * 50_000 + b"}}"}


def honest_frozen(count: int, *, is_text: bool = False) -> Files:
    """A frozen graph of so many layers, without what makes such graphs large."""
    graph = GraphWriter()
    for number in range(count):
        graph.constant(f"layer_{number}/kernel", np.ones(4, np.float32))
        graph.add(f"layer_{number}/kernel/read", "Identity", f"layer_{number}/kernel")
        graph.add(f"layer_{number}/MatMul", "MatMul", f"layer_{number}/kernel/read")
    return {GRAPH: graph.text() if is_text else graph.binary()}


def dense_nodes(rest: bytes) -> Files:
    """Nodes with names of their own, each as short as it can be."""
    nodes = (b"\x0a\x04%04x" % number + rest for number in range(60_000))
    start = GraphWriter()
    start.add("x", "Placeholder")
    return {GRAPH: start.binary() + b"".join(b"\x0a" + varint(len(one)) + one for one in nodes)}


def text_of_short_nodes() -> Files:
    """Nodes with names of their own, as text."""
    nodes = (b"node{name:'%04x'op:'Const'}" % number for number in range(50_000))
    return {GRAPH: b"node{name:'x'op:'Placeholder'}" + b"".join(nodes)}


GRAPH = "graph.pb"
EMPTY_CONSTANT = b"\x12\x05Const\x2a\x0d\x0a\x05value\x12\x04\x42\x02\x08\x01"
DENSE_GRAPHS = {
    "empty constants": lambda: dense_nodes(EMPTY_CONSTANT),
    "identities": lambda: dense_nodes(b"\x12\x08Identity\x1a\1a"),
    "ops": lambda: dense_nodes(b"\x12\1a"),
}

WEIGHTS, ARCHIVE = "model.weights.h5", "model.keras"


def honest_weights(count: int) -> bytes:
    """Weights of so many layers, smaller than any layer's."""

    def write(file: Any) -> None:
        for number in range(count):
            group = file.create_group(f"layers/dense_{number}/vars")
            group["0"], group["1"] = np.zeros((2, 2), np.float32), np.zeros(2, np.float32)
            group.attrs["name"] = f"layer_{number}"

    return hdf5(write)


def long_paths() -> bytes:
    """Groups in each other with long names, so that paths are longer than the file."""

    def write(file: Any) -> None:
        for _ in range(40):
            file = file.create_group("g" * 2000)
            for number in range(8):
                file[str(number)] = np.zeros(1, np.int8)

    return hdf5(write)


def honest_archive(count: int) -> Files:
    """A `.keras` file of so many layers."""
    layers = [keras_writer.dense_config(f"layer_{number}") for number in range(count)]
    config = json.dumps(keras_writer.model_config(*layers)).encode()
    files = keras_writer.members() | {"config.json": config, WEIGHTS: honest_weights(count)}
    return {ARCHIVE: keras_writer.archive(files)}


def dense_config(layer: bytes, count: int) -> Files:
    """A config of so many objects that are as short as they can be."""
    config = b'{"class_name":"A","config":{"layers":[' + (layer + b",") * count + b"0]}}"
    return {ARCHIVE: keras_writer.archive(keras_writer.members() | {"config.json": config})}


SHORT_LAYER = b'{"class_name":0,"config":0}'

CASES = [
    Case("20,000 tensors", "checkpoint_v2", honest_index, "ckpt", (INDEX,), is_honest=True),
    Case("20,000 objects", "checkpoint_v2", honest_objects, "ckpt", (INDEX, SHARD), is_honest=True),
    Case("empty tensors", "checkpoint_v2", dense_index, "ckpt", (INDEX,)),
    Case("empty objects", "checkpoint_v2", lambda: graph_in_bundle(EMPTY), "ckpt", (SHARD,)),
    Case("20,000 tensors", "checkpoint_v1", honest_v1, V1, (V1,), is_honest=True),
    Case("empty tensors", "checkpoint_v1", dense_v1, V1, (V1,)),
    Case("slices of one element", "checkpoint_v1", v1_slices, V1, (V1,)),
    Case("10,000 operations", "meta_graph", honest_meta, META, (META,), is_honest=True),
    *[Case(label, "meta_graph", make, META, (META,)) for label, make in DENSE_METAS.items()],
    Case("10,000 operations", "saved_model", lambda: honest_graph(10_000).files(), "", (PB,),
         is_honest=True),
    *[Case(label, "saved_model", make, "", (PB,)) for label, make in DENSE_MODELS.items()],
    Case("4,000 operations", "saved_model_text", lambda: honest_graph(4000).files(is_text=True), "",
         ("saved_model.pbtxt",), is_honest=True),
    Case("empty nodes", "saved_model_text", text_of_nodes, "", ("saved_model.pbtxt",)),
    Case("10,000 layers", "graph_def", lambda: honest_frozen(10_000), GRAPH, (GRAPH,),
         is_honest=True),
    *[Case(label, "graph_def", make, GRAPH, (GRAPH,)) for label, make in DENSE_GRAPHS.items()],
    Case("4,000 layers", "graph_def_text", lambda: honest_frozen(4000, is_text=True), GRAPH,
         (GRAPH,), is_honest=True),
    Case("short nodes", "graph_def_text", text_of_short_nodes, GRAPH, (GRAPH,)),
    Case("1,500 layers", "hdf5", lambda: {WEIGHTS: honest_weights(1500)}, WEIGHTS, (WEIGHTS,),
         is_honest=True),
    Case("long paths", "hdf5", lambda: {WEIGHTS: long_paths()}, WEIGHTS, (WEIGHTS,)),
    Case("1,000 layers", "keras", lambda: honest_archive(1000), ARCHIVE, (ARCHIVE,),
         is_honest=True),
    Case("empty objects", "keras", lambda: dense_config(b"{}", 300_000), ARCHIVE, (ARCHIVE,)),
    Case("short layers", "keras", lambda: dense_config(SHORT_LAYER, 50_000), ARCHIVE, (ARCHIVE,)),
]  # fmt: skip

if __name__ == "__main__":
    main(*sys.argv[1:])
