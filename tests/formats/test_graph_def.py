"""Graphs on their own: what is one, what is in it, and what is wrong with one that is damaged."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format
from tensorboard.compat.proto import meta_graph_pb2

from tensorboard_plugin_modelinspect.errors import (
    FormatError,
    LimitExceeded,
    ModelInspectError,
    NotFound,
    Truncated,
    UnknownFormat,
)
from tensorboard_plugin_modelinspect.formats import graph_def, graph_outline
from tensorboard_plugin_modelinspect.formats.graph_def import READER, open_graph
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.opening import Check, open_artifact
from tensorboard_plugin_modelinspect.sources.counting import CountingFolder
from tensorboard_plugin_modelinspect.sources.memory import MemoryFolder
from tests.support.artifacts import candidates_in_memory
from tests.support.graph_writer import GraphWriter, typical_graph
from tests.support.saved_model_writer import SavedModelWriter

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1234567\n"


def opened(data: bytes, name: str = "model.pb") -> Artifact:
    return open_graph(MemoryFolder({name: data}, "run"), name)


def checked(data: bytes, name: str = "model.pb", *, now_s: float = 1e10) -> Check | None:
    """State of a file of 1970."""
    [candidate] = candidates_in_memory({name: data})
    return READER.check(MemoryFolder({name: data}, "run"), candidate, now_s)


def test_a_graph_is_a_meta_graph_without_tags() -> None:
    """Nodes of the main graph, functions, ops over both, versions; the same from both forms."""
    graph = typical_graph()
    graph.proto.versions.min_consumer = 12
    binary, text = opened(graph.binary()), opened(graph.text(), "model.pbtxt")
    assert (binary.kind, binary.format, text.format) == ("graph_def", "binary", "text")
    assert binary.path == "run/model.pb"
    [meta] = binary.meta_graphs
    assert text.meta_graphs == (meta,)
    assert (meta.tags, meta.signatures, meta.tensorflow_version) == ((), (), "")
    assert (meta.node_count, meta.producer, meta.min_consumer) == (4, 2000, 12)
    assert [(one.name, one.node_count) for one in meta.functions] == [("__inference_f_1", 1)]
    assert meta.ops == {"Placeholder": 1, "Const": 2, "Identity": 1, "MatMul": 1}


@pytest.mark.parametrize("is_text", [False, True])
def test_constants_are_its_tensors(*, is_text: bool) -> None:
    """By node name, those of functions behind the function's; in the order of the file."""
    graph = typical_graph()
    data = graph.text() if is_text else graph.binary()
    tensors = opened(data).tensors
    assert list(tensors) == ["w", "__inference_f_1/axis"]
    assert (tensors["w"].shape, tensors["w"].nbytes, tensors["w"].role) == ((2, 3), 24, "weight")
    assert tensors["w"].read().tolist() == [[0, 1, 2], [3, 4, 5]]
    assert tensors["__inference_f_1/axis"].role == "metadata"


def test_large_values_are_not_read() -> None:
    """Opening steps over megabytes, in the main graph and in functions; a row costs its bytes."""
    graph = GraphWriter()
    values = np.arange(1 << 20, dtype=np.float32).reshape(1024, 1024)
    graph.constant("a", values)
    graph.constant("b", values, function=graph.function("f"))
    graph.add("c", "NoOp", "^a")
    folder = CountingFolder(MemoryFolder({"model.pb": graph.binary()}))
    artifact = open_graph(folder, "model.pb")
    assert folder.nbytes < 1 << 19
    assert artifact.meta_graphs[0].node_count == 2
    before = folder.nbytes
    assert np.array_equal(artifact.tensors["f/b"].read_rows(7, 9), values[7:9])
    assert folder.nbytes - before < 1 << 15
    assert np.array_equal(artifact.tensors["a"].read(), values)


def test_names_that_come_twice() -> None:
    """TensorFlow refuses two nodes of one name; the first constant is shown, and a note says so."""
    graph = typical_graph()
    graph.constant("w", np.ones(1, np.float32))
    artifact = opened(graph.binary())
    assert artifact.tensors["w"].shape == (2, 3)
    assert artifact.notes[0].startswith("1 constants have the name of an earlier one")


def test_variables_are_elsewhere() -> None:
    """Of a graph that has variables the constants are initial values; a note says so."""
    graph = typical_graph()
    graph.add("v", "VarHandleOp")
    graph.constant("v/zeros", np.zeros(3, np.float32))
    artifact = opened(graph.binary())
    assert {key: one.role for key, one in artifact.tensors.items() if key[0] != "_"} == {
        "w": "weight",  # it is read as a variable is
        "v/zeros": "metadata",
    }
    assert "in a checkpoint" in artifact.notes[0]


def test_means_and_variances_are_state() -> None:
    """By what reads them, through an Identity or not, or by their name; in functions too."""
    graph = GraphWriter()
    for name in ("x", "scale", "shift", "mean", "variance", "bn/moving_mean"):
        graph.constant(name, np.ones(2, np.float32))
    graph.add("m", "Identity", "mean")
    graph.add("y", "FusedBatchNormV3", "x", "scale", "shift", "m", "variance:0")
    function = graph.function("f")
    for name in ("t", "m", "v"):
        graph.constant(name, np.ones(2, np.float32), function=function)
    inputs = ("t:output:0", "m:output:0", "v:output:0")
    graph.add("y", "BatchNormWithGlobalNormalization", *inputs, function=function)
    roles = {key: tensor.role for key, tensor in opened(graph.binary()).tensors.items()}
    state = {"mean", "variance", "bn/moving_mean", "f/m", "f/v"}
    assert {key for key, role in roles.items() if role == "state"} == state
    assert {role for key, role in roles.items() if key not in state} == {"weight"}


def test_scalars_are_weights_if_they_are_read_as_variables_are() -> None:
    """A frozen scalar variable shows in the Identity that read it; any other scalar is a number."""
    graph = GraphWriter()
    names = ("a", "b/ReadVariableOp/resource", "c", "d")
    for name in names:
        graph.constant(name, np.array(1.0, np.float32))
    graph.add("a/read", "Identity", "a")
    graph.add("b/ReadVariableOp", "Identity", names[1])
    graph.add("e", "Identity", "c")
    roles = [tensor.role for tensor in opened(graph.binary()).tensors.values()]
    assert roles == ["weight", "weight", "metadata", "metadata"]


def meta_graph() -> Any:
    proto = meta_graph_pb2.MetaGraphDef(graph_def=typical_graph().proto)
    proto.meta_info_def.tags.append("serve")
    proto.meta_info_def.tensorflow_version = "1.15.0"
    proto.signature_def["predict"].method_name = "m"
    return proto


@pytest.mark.parametrize("is_text", [False, True])
@pytest.mark.parametrize("content", ["MetaGraphDef", "SavedModel"])
def test_other_messages_under_another_name(content: str, *, is_text: bool) -> None:
    """A MetaGraphDef or SavedModel in a file of any name shows signatures and constants."""
    proto = meta_graph()
    if content == "SavedModel":
        writer = SavedModelWriter()
        del writer.proto.meta_graphs[:]
        writer.proto.meta_graphs.append(proto)
        proto = writer.proto
    data = text_format.MessageToString(proto).encode() if is_text else proto.SerializeToString()
    artifact = opened(data, "model.pb")
    assert artifact.format == f"{'text' if is_text else 'binary'} {content}"
    assert list(artifact.tensors) == ["w", "__inference_f_1/axis"]
    assert artifact.tensors["w"].read().sum() == 15
    [meta] = artifact.meta_graphs
    assert (meta.tags, meta.node_count) == (("serve",), 4)
    assert [signature.key for signature in meta.signatures] == ["predict"]
    assert checked(data) == Check("complete", "", None)


def map_of_strings() -> bytes:
    """Any message whose first field is a map between words looks like nodes without anything."""
    return b"\x0a\x0f\x0a\x06author\x12\x05Keras" * 3


def onnx_graph() -> bytes:
    """`GraphProto`: nodes have inputs, outputs, names under the numbers of a NodeDef."""
    attribute = b"\x0a\x05alpha" + b"\x15\0\0\x80?" + b"\xa0\x01\x01"
    node = (
        b"\x0a\x01X\x12\x01Y\x1a\x01n\x22\x04Relu" + b"\x2a" + bytes([len(attribute)]) + attribute
    )
    return (b"\x0a" + bytes([len(node)]) + node) * 2 + b"\x12\x05graph"


def onnx_model() -> bytes:
    """`ModelProto`."""
    graph = onnx_graph()
    return b"\x08\x07\x12\x07pytorch" + b"\x3a" + bytes([len(graph)]) + graph


NO_GRAPHS = {
    "empty": b"",
    "blank": b" \n",
    "label map": b'item {\n  id: 1\n  name: "cat"\n}\n',
    "binary label map": b"\x0a\x07\x0a\x03cat\x10\x01",
    "pipeline": b"model {\n  ssd {\n    num_classes: 90\n  }\n}\n",
    "projector": b'embeddings {\n  tensor_name: "x"\n}\n',
    "triton": b'name: "simple"\nplatform: "tensorflow_graphdef"\n',
    "state": b'model_checkpoint_path: "ckpt-1"\n',
    "mediapipe": b'# graph\nnode {\n  calculator: "PassThrough"\n  input_stream: "in"\n}\n',
    "mediapipe with op": b'node { calculator: "X" options { op: "Add" } }',
    "caffe2": b'name: "net" op { input: "X" type: "Relu" }',
    "onnx text": b"ir_version: 7 graph { node { name: 'a' op_type: 'Relu' } }",
    "version only": b"version: 2\nother: 3\n",
    "no op": b'node { name: "x" op: "not an op" }',
    "map": map_of_strings(),
    "onnx graph": onnx_graph(),
    "onnx model": onnx_model(),
    "onnx tensor": b"\x08\x01\x08\x03\x10\x01\x4a\x0c" + bytes(12),
    "caffe2 binary": b"\x0a\x08init_net\x12\x0a\x12\x01w\x22\x05Const",
    "hub module": b"\x08\x03",
    "zip": b"PK\x03\x04" + bytes(60),
    "zeros": bytes(64),
    "tflite": b"\x1c\0\0\0TFL3" + bytes(60),
    "png": b"\x89PNG\r\n\x1a\n" + bytes(30),
    "utf-16": 'node { name: "x" op: "Add" }'.encode("utf-16"),
    "node without anything": b"\x0a\x00",
    "group": b"\x0b\x0c",
}


@pytest.mark.parametrize("data", NO_GRAPHS.values(), ids=NO_GRAPHS)
def test_what_only_has_the_name_of_a_graph(tmp_path: Path, data: bytes) -> None:
    """It is not listed; a person who names it is told that it is none."""
    assert checked(data) is None
    with pytest.raises(UnknownFormat, match="no graph of TensorFlow"):
        opened(data)
    (tmp_path / "model.pb").write_bytes(data)
    with pytest.raises(UnknownFormat):
        open_artifact(tmp_path / "model.pb")


@pytest.mark.parametrize(
    "text",
    [
        'node { name: "x" op: "Add" }',
        "# a graph\n\nnode: <\r\n  name: 'x'\n  op: \"Add\"\n>",
        '\ufeffnode { attr { key: "T" value { type: DT_INT8 } } name: "x" op: "Add" }',
        'versions { producer: 27 }\nnode { name: "x" op: "Add" }',
        'version: 9 node { name: "x" op: "Add" }',
        'library { function { signature { name: "f" } node_def { name: "x" op: "Add" } } }',
        'node { name: "{}#" input: "\\"a" op: "Add" }',
        'node { name: "x" op: "__inference_f_1" }',
    ],
)
def test_texts_that_are_graphs(text: str) -> None:
    """However a person, or another program, writes them."""
    assert checked(text.encode(), "graph.pbtxt") == Check("complete", "", None)
    assert sum(opened(text.encode()).meta_graphs[0].ops.values()) == 1


def test_order_of_fields_does_not_matter() -> None:
    """Other languages write the fields of a message in an order of their own."""
    attr = b"\x2a\x07\x0a\x01T\x12\x02\x30\x01"
    node = attr + b"\x12\x03Add" + b"\x1a\x01a" + b"\x0a\x01x"
    data = b"\x22\x02\x08\x1b" + b"\x0a" + bytes([len(node)]) + node
    assert opened(data).meta_graphs[0].ops == {"Add": 1}
    assert opened(data).meta_graphs[0].producer == 27


def test_only_a_look_is_taken_at_other_files() -> None:
    """A file of megabytes that is no graph costs 64 kB, and 64 bytes to see that it is no page."""
    data = b"item { id: 1 }\n" * 200_000
    folder = CountingFolder(MemoryFolder({"map.pbtxt": data}))
    [candidate] = candidates_in_memory({"map.pbtxt": data})
    assert READER.check(folder, candidate, 1e10) is None
    assert folder.nbytes <= (1 << 16) + 64


@pytest.mark.parametrize("name", ["model.pb", "graph.pbtxt", "model.graphdef"])
def test_git_lfs_pointers(tmp_path: Path, name: str) -> None:
    """A pointer under the name of a graph is told from what is no graph."""
    with pytest.raises(FormatError, match="Git LFS pointer to a file of 1,234,567 bytes"):
        checked(LFS, name)
    (tmp_path / name).write_bytes(LFS)
    with pytest.raises(FormatError, match="git lfs pull"):
        open_artifact(tmp_path / name)


@pytest.mark.parametrize("is_text", [False, True])
def test_a_graph_that_is_cut_short(*, is_text: bool) -> None:
    """At any byte: none yet, a graph that ends at a node, or one that is not whole.

    Being fresh it is being written, else it is broken.
    """
    graph = typical_graph()
    data = graph.text() if is_text else graph.binary()
    seen = set()
    for stop in range(len(data)):
        fresh = checked(data[:stop], now_s=1.0)
        state = None if fresh is None else fresh.state
        seen.add(state)
        if state == "writing":
            assert "model.pb is not whole yet" in fresh.reason
            with pytest.raises(FormatError, match=r"^run/model\.pb.*Wait if it is still"):
                checked(data[:stop])
            with pytest.raises(FormatError):
                opened(data[:stop])
    assert seen == {None, "writing", "complete"}


def test_a_large_graph_that_is_cut_short_is_found_without_reading_it() -> None:
    """Above 16 MB only the ends of the nodes are looked at."""
    graph = GraphWriter()
    for name in ("a", "b", "c"):
        graph.constant(name, np.zeros(2 << 20, np.float32))
    data = graph.binary()
    folder = CountingFolder(MemoryFolder({"model.pb": data}))
    [candidate] = candidates_in_memory({"model.pb": data})
    assert READER.check(folder, candidate, 1e10) == Check("complete", "", None)
    assert folder.nbytes < 1 << 17
    with pytest.raises(Truncated, match=r"needs [\d,]+ bytes, file has 20,000,000"):
        checked(data[:20_000_000])


def test_damage_names_the_place() -> None:
    """A node that is none is told by its byte; so is a shape that no tensor has."""
    graph = typical_graph()
    data = bytearray(graph.binary())
    place = data.index(b"MatMul")
    data[place + 6] = 0x0B  # the tag behind the op
    with pytest.raises(
        FormatError, match=r"^run/model\.pb, a node at byte \d+: expected a NodeDef"
    ):
        opened(bytes(data))
    for change in (
        lambda shape: shape.dim.add(size=-1),
        lambda shape: setattr(shape, "unknown_rank", True),
        lambda shape: [shape.dim.add(size=1 << 40) for _ in range(2)],
        lambda shape: [shape.dim.add(size=1) for _ in range(300)],
    ):
        graph = typical_graph()
        change(graph.proto.node[1].attr["value"].tensor.tensor_shape)
        with pytest.raises(FormatError, match=r"^run/model\.pb at byte \d+: expected a node"):
            opened(graph.binary())


def use_all(data: bytes) -> None:
    """Check, open and read whatever is there, in moderation."""
    checked(data)
    for tensor in opened(data).tensors.values():
        if tensor.size < 1000:
            tensor.read()


def test_every_byte_flipped() -> None:
    """A result or one of our errors: of reading values, too, nothing else comes out."""
    data = typical_graph().binary()
    for place in range(len(data)):
        for flip in (0x01, 0x80, 0xFF):
            damaged = bytearray(data)
            damaged[place] ^= flip
            with suppress(ModelInspectError):
                use_all(bytes(damaged))


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nodes are counted, of functions too; and protobuf has no messages of 2 GiB."""
    data = typical_graph().binary()
    monkeypatch.setattr(graph_outline, "_MOST_NODES", 5)
    opened(data)
    monkeypatch.setattr(graph_outline, "_MOST_NODES", 4)
    with pytest.raises(LimitExceeded, match="at most 4 nodes"):
        opened(data)
    monkeypatch.setattr(graph_def, "LARGEST_MESSAGE", len(data) - 1)
    with pytest.raises(LimitExceeded, match="2 GiB"):
        opened(data)


NAMES = ("a.pb", "a.pbtxt", "a.pb.txt", "a.graphdef", "graph.pbtxt", "vm.xplane.pb")
OTHERS = (
    "saved_model.pb",
    "saved_model.pbtxt",
    "fingerprint.pb",
    "keras_metadata.pb",
    "tfhub_module.pb",
    "projector_config.pbtxt",
    "a.onnx",
    "a.txt",
)


def test_names() -> None:
    """What may be a graph by its name; files of SavedModels and of the profiler are none."""
    found = candidates_in_memory(dict.fromkeys((*NAMES, *OTHERS), b"x"))
    graphs = [one.name for one in found if one.format == "graph_def"]
    assert graphs == sorted(set(NAMES) - {"vm.xplane.pb"})


def test_a_person_may_name_any_file(tmp_path: Path) -> None:
    """A graph is known by what it holds."""
    (tmp_path / "frozen").write_bytes(typical_graph().binary())
    assert open_artifact(tmp_path / "frozen").kind == "graph_def"
    (tmp_path / "words.txt").write_bytes(typical_graph().text())
    assert open_artifact(tmp_path / "words.txt").format == "text"
    with pytest.raises(NotFound):
        open_artifact(tmp_path / "nothing.pb")


def test_other_files_do_not_make_a_folder_ambiguous(tmp_path: Path) -> None:
    """A folder with one graph and a label map holds one artifact."""
    (tmp_path / "frozen.pb").write_bytes(typical_graph().binary())
    (tmp_path / "labels.pbtxt").write_bytes(NO_GRAPHS["label map"])
    assert open_artifact(tmp_path).path == f"{tmp_path}/frozen.pb"
    (tmp_path / "frozen.pb").rename(tmp_path / "other")
    with pytest.raises(UnknownFormat, match="no SavedModel and no checkpoint in this folder"):
        open_artifact(tmp_path)


def test_values_stay_readable_when_the_file_is_replaced(tmp_path: Path) -> None:
    """What was opened is read, not what lies there now."""
    path = tmp_path / "model.pb"
    path.write_bytes(typical_graph().binary())
    tensor = open_artifact(path).tensors["w"]
    (tmp_path / "new").write_bytes(b"other")
    os.replace(tmp_path / "new", path)
    assert tensor.read().sum() == 15
