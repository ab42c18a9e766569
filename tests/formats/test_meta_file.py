"""`.meta` files: part of their checkpoint beside it, listed alone, told when damaged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format

from tensorboard_plugin_modelinspect.errors import FormatError, ModelInspectError
from tensorboard_plugin_modelinspect.formats import meta_file
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.opening import Check, check_artifact, open_candidate
from tensorboard_plugin_modelinspect.sources.counting import CountingFolder
from tensorboard_plugin_modelinspect.sources.memory import MemoryFile, MemoryFolder
from tests.support.artifacts import candidates_in_memory
from tests.support.bundle_writer import BundleWriter
from tests.support.saver_graph_writer import add_node, add_variable, graph_of
from tests.support.v1_writer import V1Writer


def graph() -> Any:
    """A graph that stores `w` as `x`."""
    found = graph_of(("x", "w"))
    found.meta_info_def.tensorflow_version = "1.15.0"
    add_variable(found, "w")
    node = next(node for node in found.graph_def.node if node.name == "w")
    node.attr["dtype"].type = 1
    node.attr["shape"].shape.dim.add(size=3)
    return found


META = bytes(graph().SerializeToString(deterministic=True))


def v2_files() -> dict[str, bytes]:
    writer = BundleWriter()
    writer.add("x", np.ones(3, np.float32))
    return writer.files("model")


def v1_files() -> dict[str, bytes]:
    writer = V1Writer()
    writer.add("x", np.ones(3, np.float32))
    return writer.files("model")


def opened(files: dict[str, bytes]) -> Artifact:
    [candidate] = candidates_in_memory(files)
    return open_candidate(MemoryFolder(files, "run"), candidate)


def checked(files: dict[str, bytes], *, now_s: float = 1e10) -> Check | None:
    [candidate] = candidates_in_memory(files)
    return check_artifact(MemoryFolder(files, "run"), candidate, now_s=now_s)


@pytest.mark.parametrize("files", [v2_files(), v1_files()], ids=["V2", "V1"])
def test_beside_a_checkpoint_it_is_part_of_it(files: dict[str, bytes]) -> None:
    """The checkpoint has its graph, the names of its variables, and the file in its list."""
    found = opened({**files, "model.meta": META})
    assert found.kind == "checkpoint"
    assert [one.tensorflow_version for one in found.meta_graphs] == ["1.15.0"]
    assert found.tensors["x"].name == "w"
    assert found.tensors["x"].role == "weight"
    assert ("model.meta", len(META)) in found.files
    assert found.notes == ()


@pytest.mark.parametrize("files", [v2_files(), v1_files()], ids=["V2", "V1"])
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "expected a MetaGraph"),
        (b"hello, world", "expected a MetaGraphDef protobuf"),
        (META[:-3], "expected a MetaGraphDef protobuf"),
        (b"version https://git-lfs.github.com/spec/v1\nsize 5\n", "git lfs pull"),
        (b"graph_def { node {", "in text form"),
    ],
)
def test_a_damaged_one_never_hides_its_checkpoint(
    files: dict[str, bytes], data: bytes, words: str
) -> None:
    """Whatever is wrong with it is a note; the tensors are there, and the state is complete."""
    damaged = {**files, "model.meta": data}
    found = opened(damaged)
    assert found.tensors["x"].read().tolist() == [1, 1, 1]
    assert found.meta_graphs == ()
    [note] = found.notes
    assert "run/model.meta" in note
    assert words in note
    assert checked(damaged) == Check("complete", "", None)


def test_a_huge_one_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening a checkpoint stays quick: above the limit the graph is a note, and is not read."""
    monkeypatch.setattr(meta_file, "_LARGEST_BESIDE", 100)
    files = {**v2_files(), "model.meta": META}
    counted = CountingFolder(MemoryFolder(files, "run"))
    [candidate] = candidates_in_memory(files)
    found = open_candidate(counted, candidate)
    assert "at most 100 bytes" in found.notes[0]
    assert counted.nbytes < sum(map(len, v2_files().values())) + 2048


def test_the_same_graph_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A `Saver` writes one graph beside each checkpoint: known bytes are not parsed again, other
    ones are, and only a few are remembered."""
    parsed = []
    real = meta_file.parse_message

    def parse(*args: Any, **kwargs: Any) -> Any:
        parsed.append(kwargs["path"])
        return real(*args, **kwargs)

    monkeypatch.setattr(meta_file, "parse_message", parse)
    monkeypatch.setattr(meta_file, "_KNOWN", type(meta_file._KNOWN)())
    for _ in range(3):
        opened({**v2_files(), "model.meta": META})
    assert len(parsed) == 1
    for number in range(20):
        other = graph()
        other.meta_info_def.tensorflow_version = f"1.{number}"
        found = opened({**v2_files(), "model.meta": other.SerializeToString()})
        assert found.meta_graphs[0].tensorflow_version == f"1.{number}"
    assert len(parsed) == 21
    assert len(meta_file._KNOWN) == meta_file._MOST_KNOWN


def test_alone_it_lists_what_it_would_restore() -> None:
    """Keys, names, types and shapes, no bytes; reading says which files hold the values."""
    found = opened({"model.meta": META})
    assert (found.kind, found.path, found.format) == ("meta_graph", "run/model.meta", "")
    assert found.meta_graphs[0].ops["VariableV2"] == 1
    tensor = found.tensors["x"]
    assert (tensor.name, tensor.dtype.name, tensor.shape) == ("w", "float32", (3,))
    assert (tensor.nbytes, tensor.role) == (0, "weight")
    with pytest.raises(FormatError, match=r"run/model\.index, tensor \"x\": .*copy model\.index"):
        tensor.read()
    assert checked({"model.ckpt-12.meta": META}) == Check("complete", "", 12)


def test_as_text_it_is_the_same() -> None:
    """Text is told by its first words, after comments and space."""
    text = b"# comment\n\n  " + text_format.MessageToString(graph()).encode()
    for name in ("model.meta", "model.meta.pbtxt"):
        found = opened({name: text})
        assert found.format == "text"
        assert found.tensors.keys() == {"x"}
        assert found.meta_graphs == opened({"model.meta": META}).meta_graphs


def test_unknown_shapes_and_tables_are_counted() -> None:
    """What has no type or no full shape in the graph cannot be listed; a note says how many."""
    graph = graph_of(("t", "table"), ("u", "unknown"), ("v", "half_known"))
    add_node(graph, "table", "LookupTableExportV2")
    add_node(graph, "unknown", "Variable").attr["shape"].shape.unknown_rank = True
    add_node(graph, "half_known", "Variable").attr["shape"].shape.dim.add(size=-1)
    found = opened({"model.meta": graph.SerializeToString()})
    assert found.tensors == {}
    assert found.notes == (
        "Saved too, but of unknown type or shape and not listed: 3 (t, u, v).",
    )  # fmt: skip


def test_what_belongs_to_a_checkpoint_is_not_alone() -> None:
    """A `.meta` beside any file of its checkpoint, in either format, is no artifact of its own."""
    for file in ("m.index", "m.data-00000-of-00001", "m", "m-00000-of-00002"):
        found = candidates_in_memory({file: b"", "m.meta": b""})
        assert [one.kind for one in found] == ["checkpoint"]
    for file in ("m.txt", "mm.index", "m-1.index", "m.index.bak"):
        kinds = [one.kind for one in candidates_in_memory({file: b"", "m.meta": b""})]
        assert "meta_graph" in kinds
    assert candidates_in_memory({".meta": b""}) == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"fileFormatVersion: 2\nguid: 0123\n",
        b"\nsome text\n",
        b"{}",
        b"\x0a\x7fabc",
        b"\x12\x02\xff\xff",
        b"PK\3\4",
        b"\x0a",
        b"\xff" * 20,
    ],
)
def test_meta_files_of_other_programs_are_none(data: bytes) -> None:
    """Many programs have `.meta` files: those that do not begin as a MetaGraph are not listed."""
    assert checked({"asset.meta": data}) is None


def test_states_of_one_that_is_cut_short() -> None:
    """While fresh it may be being written, later it is broken."""
    cut = META[: len(META) // 2]
    assert meta_file.looks_like_meta(MemoryFile(META, "x"))
    padded = b"\x0a\x02\x0a\x00" + b"\x12\x7f" + b"\xff" * 9
    for data in (cut, padded):
        fresh, old = checked({"m.meta": data}, now_s=1.0), checked({"m.meta": data})
        if fresh is None:  # the cut is in the very first field
            continue
        assert old is not None
        assert (fresh.state, old.state) == ("writing", "broken")
        assert "run/m.meta" in old.reason
        with pytest.raises(ModelInspectError):
            opened({"m.meta": data})
