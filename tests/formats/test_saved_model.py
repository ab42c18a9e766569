"""SavedModels: what the protobuf says is shown, what is missing noted, what is broken refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.codecs.protos import asset_class, variable_class
from tensorboard_plugin_modelinspect.errors import (
    FormatError,
    LimitExceeded,
    NotFound,
    Unsupported,
)
from tensorboard_plugin_modelinspect.formats import saved_model_file
from tensorboard_plugin_modelinspect.formats.saved_model import open_saved_model
from tensorboard_plugin_modelinspect.model.artifact import Artifact, FileInfo
from tensorboard_plugin_modelinspect.opening import check_artifact
from tensorboard_plugin_modelinspect.sources.counting import CountingFolder
from tensorboard_plugin_modelinspect.sources.local import LocalFolder
from tensorboard_plugin_modelinspect.sources.memory import MemoryFolder
from tests.hostile.seeds import fingerprint
from tests.support.artifacts import candidates_in_memory
from tests.support.saved_model_writer import SavedModelWriter

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1234567\n"


def opened(files: dict[str, bytes]) -> Artifact:
    return open_saved_model(MemoryFolder(files, "export"))


def writer_with_variable() -> SavedModelWriter:
    writer = SavedModelWriter()
    writer.add_variable("w", np.ones((2, 3), np.float32))
    return writer


def test_binary_is_preferred_to_text() -> None:
    """With both forms there the binary one counts, as for TensorFlow."""
    binary, text = SavedModelWriter(tags=("binary",)), SavedModelWriter(tags=("text",))
    files = {**text.files(is_text=True), **binary.files()}
    assert opened(files).meta_graphs[0].tags == ("binary",)
    del files["saved_model.pb"]
    assert opened(files).meta_graphs[0].tags == ("text",)


def test_signatures_say_how_values_are_carried() -> None:
    """Dense, sparse and composite inputs, unknown sizes and ranks, defaults, sorted by key."""
    writer = SavedModelWriter()
    writer.add_signature("b", inputs={"z": (1, (None, 4)), "a": (7, None)}, outputs={"y": (9, ())})
    writer.add_signature("a", inputs={}, outputs={"y": (101, (0,))})
    info = writer.graph.signature_def["b"].inputs["s"]
    info.coo_sparse.values_tensor_name = "v:0"
    info.coo_sparse.indices_tensor_name = "i:0"
    info.coo_sparse.dense_shape_tensor_name = "d:0"
    composite = writer.graph.signature_def["b"].inputs["c"].composite_tensor
    composite.components.add(name="p:0")
    composite.components.add(name="q:0")
    first, second = opened(writer.files()).meta_graphs[0].signatures
    assert (first.key, second.key) == ("a", "b")
    assert [(spec.dtype.name, spec.shape) for spec in first.outputs] == [("float32_ref", (0,))]
    assert [(spec.key, spec.shape, spec.encoding, spec.name) for spec in second.inputs] == [
        ("a", None, "dense", "b_a:0"),
        ("c", (), "composite", "p:0, q:0"),
        ("s", (), "sparse", "v:0, i:0, d:0"),
        ("z", (None, 4), "dense", "b_z:0"),
    ]


def test_graphs_are_counted() -> None:
    """Nodes of the main graph, functions by name, ops over both, versions, collections."""
    writer = SavedModelWriter(tags=("serve", "gpu"))
    graph = writer.graph
    graph.graph_def.versions.min_consumer = 12
    for op in ("Const", "Const", "Add"):
        graph.graph_def.node.add(op=op)
    for name in ("b", "a"):
        function = graph.graph_def.library.function.add()
        function.signature.name = name
        function.node_def.add(op="Add")
    graph.collection_def["x"].node_list.value.extend(["p", "q"])
    graph.collection_def["a"].SetInParent()
    [found] = opened(writer.files()).meta_graphs
    assert found.tags == ("gpu", "serve")
    assert (found.producer, found.min_consumer) == (2000, 12)
    assert found.node_count == 3
    assert [(one.name, one.node_count) for one in found.functions] == [("a", 1), ("b", 1)]
    assert found.ops == {"Const": 2, "Add": 3}
    assert [tuple(vars_of(one)) for one in found.collections] == [
        ("a", "empty", 0), ("x", "node_list", 2),
    ]  # fmt: skip
    assert found.has_object_graph


def vars_of(collection: object) -> tuple[object, ...]:
    return tuple(getattr(collection, name) for name in ("name", "kind", "size"))


def test_models_of_tf1_name_what_trains() -> None:
    """The collections of TF1 tell weights from state; a partitioned one by its full name."""
    writer = SavedModelWriter()
    writer.graph.ClearField("object_graph_def")
    for name, full_name in (("w:0", ""), ("table/part_0:0", "table")):
        variable = variable_class()(variable_name=name)
        variable.save_slice_info_def.full_name = full_name
        packed = variable.SerializeToString()
        writer.graph.collection_def["trainable_variables"].bytes_list.value.append(packed)
    for key in ("w", "table", "other"):
        writer.bundle.add(key, np.zeros(2, np.float32))
    files = writer.bundle.files("variables/variables")
    found = opened({**files, "saved_model.pb": writer.proto.SerializeToString()})
    roles = {key: tensor.role for key, tensor in found.tensors.items()}
    assert roles == {"w": "weight", "table": "weight", "other": "state"}
    assert found.objects is None


def test_assets_of_both_kinds() -> None:
    """TF2 lists assets in a field, TF1 in a collection."""
    writer = SavedModelWriter()
    writer.add_asset("b.txt", "b:0")
    writer.add_asset("a.txt", "a:0")
    assert opened(writer.files()).meta_graphs[0].assets == (("a.txt", "a:0"), ("b.txt", "b:0"))
    old = SavedModelWriter()
    asset = asset_class()(filename="c.txt")
    old.graph.collection_def["saved_model_assets"].any_list.value.add().Pack(asset)
    assert opened(old.files()).meta_graphs[0].assets == (("c.txt", ""),)


@pytest.mark.parametrize(
    ("files", "error", "words"),
    [
        ({}, NotFound, r"export: no saved_model\.pb or saved_model\.pbtxt"),
        ({"saved_model.cpb": b"x"}, Unsupported, r"export/saved_model\.cpb: the chunked form"),
        ({"saved_model.pb": b""}, FormatError, "found an empty file"),
        ({"saved_model.pbtxt": b""}, FormatError, "found an empty file"),
        ({"saved_model.pb": b"\x08\x01"}, FormatError, "expected at least one MetaGraph"),
        ({"saved_model.pb": b"garbage"}, FormatError, "expected a SavedModel protobuf"),
        ({"saved_model.pbtxt": b"garbage"}, FormatError, "expected a SavedModel in text form"),
        ({"saved_model.pb": LFS}, FormatError, "a Git LFS pointer to a file of 1,234,567 bytes"),
    ],
)
def test_what_is_no_saved_model(
    files: dict[str, bytes], error: type[Exception], words: str
) -> None:
    """Missing, empty, other and pointer files: what was expected, in which file."""
    with pytest.raises(error, match=words) as caught:
        opened(files)
    assert "export" in str(caught.value)


@pytest.mark.parametrize("name", ["saved_model.pb", "saved_model.pbtxt"])
def test_more_than_a_protobuf_is_not_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file larger than protobuf's limit is refused by its size; only its start was looked at."""
    monkeypatch.setattr(saved_model_file, "LARGEST_MESSAGE", 2000)
    folder = CountingFolder(MemoryFolder({name: bytes(2001)}, "export"))
    with pytest.raises(LimitExceeded, match=f"export/{name}"):
        open_saved_model(folder)
    assert folder.nbytes <= 64


def test_damaged_variables_are_a_note() -> None:
    """The model opens without them: its signatures can be shown, and what is wrong is said."""
    files = writer_with_variable().files()
    index, shard = "variables/variables.index", "variables/variables.data-00000-of-00001"
    whole = opened(files)
    assert whole.notes == ()
    for name, content, words in (
        (index, b"garbage" * 20, "magic number"),
        (index, LFS, "Git LFS"),
        (shard, b"", "the shard was cut short"),
        (shard, LFS, "Git LFS"),
    ):
        found = opened({**files, name: content})
        assert found.meta_graphs == whole.meta_graphs
        assert words.lower() in " ".join(found.notes).lower()
        assert f"export/{name}" in " ".join(found.notes)
    for name in (index, shard):
        found = opened({key: data for key, data in files.items() if key != name})
        assert f"export/{name}" in " ".join(found.notes)
        assert (list(found.tensors) == []) == (name == index)


def test_models_without_variables_need_none() -> None:
    """A graph that restores nothing is whole without the folder."""
    writer = SavedModelWriter()
    writer.graph.ClearField("object_graph_def")
    only = {"saved_model.pb": writer.proto.SerializeToString()}
    assert opened(only).notes == ()
    writer.graph.saver_def.restore_op_name = "save/restore_all"
    only = {"saved_model.pb": writer.proto.SerializeToString()}
    assert "variables/variables.index" in opened(only).notes[0]


def test_the_tree_is_there_without_the_bundle() -> None:
    """The SavedModel's own graph gives the tree when the checkpoint's is lost."""
    files = writer_with_variable().files()
    whole = opened(files).objects
    found = opened({"saved_model.pb": files["saved_model.pb"]}).objects
    assert whole is not None
    assert found is not None
    assert [node.kind for node in found.nodes] == [node.kind for node in whole.nodes]
    assert whole.nodes[1].keys == ("w/.ATTRIBUTES/VARIABLE_VALUE",)
    assert whole.nodes[1].detail == "float32 (2, 3)"


def test_fingerprints_keep_all_bits() -> None:
    """64-bit hashes are numbers; a broken fingerprint is a note, not the end."""
    files = writer_with_variable().files()
    found = opened({**files, "fingerprint.pb": fingerprint()}).fingerprint
    assert found is not None
    assert (found.saved_model_checksum, found.uuid) == (1 << 63, "123")
    broken = opened({**files, "fingerprint.pb": b"\xff" * 9})
    assert broken.fingerprint is None
    assert "export/fingerprint.pb" in broken.notes[0]
    assert opened(files).fingerprint is None


def test_modules_of_tf_hub_are_told() -> None:
    """A `tfhub_module.pb` of format 3 makes it a TF-Hub module; another file of that name not."""
    files = writer_with_variable().files()
    assert opened({**files, "tfhub_module.pb": b"\x08\x03"}).format == "TF-Hub module"
    for other in (b"", b"\x08", b"\x08\x02", b"text"):
        assert opened({**files, "tfhub_module.pb": other}).format == ""
    assert opened(files).format == ""


def test_files_are_listed_with_their_sizes(tmp_path: Path) -> None:
    """Variables, assets and the model's own files; links that lead outside are not part of it."""
    writer = writer_with_variable()
    writer.write(tmp_path / "run" / "m")
    (tmp_path / "run" / "m" / "assets").mkdir()
    (tmp_path / "run" / "m" / "assets" / "vocab.txt").write_bytes(b"a\nb\n")
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "run" / "m" / "assets" / "link").symlink_to(tmp_path / "secret")
    root = str(tmp_path / "run")
    found = open_saved_model(LocalFolder(f"{root}/m", name="m", confine_to=root))
    sizes = {file.name: file.nbytes for file in found.files}
    assert sizes["assets/vocab.txt"] == 4
    assert "assets/link" not in sizes
    assert set(sizes) > {"saved_model.pb", "variables/variables.index"}
    assert found.nbytes == sum(size or 0 for size in sizes.values())


def test_nested_assets_are_listed(tmp_path: Path) -> None:
    """In `assets`, `assets.extra` and `debug`, as deep as people put them; circles end."""
    names = ("assets/a/b/c.txt", "assets.extra/warm/up", "debug/x.pb", "assets/d.txt", "other/e")
    for name in names:
        (tmp_path / "m" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "m" / name).write_bytes(b"123")
    (tmp_path / "m" / "assets" / "a" / "loop").symlink_to(tmp_path / "m" / "assets")
    SavedModelWriter().write(tmp_path / "m")
    root = str(tmp_path / "m")
    found = open_saved_model(LocalFolder(root, name="m", confine_to=root))
    sizes = {file.name: file.nbytes for file in found.files}
    assert {name: sizes.get(name) for name in names} == {
        **dict.fromkeys(names, 3),
        "other/e": None,
    }
    assert len(sizes) < 100


@pytest.mark.parametrize("op", ["ReadFile", "InitializeTableFromTextFileV2"])
def test_a_missing_asset_is_noted(op: str) -> None:
    """Its state is partial if loading reads it, as it does to fill a table; else it may be read."""
    writer = SavedModelWriter()
    writer.add_asset("vocab.txt", "asset:0")
    writer.add_asset("sub/words.txt", "words:0")
    function = writer.graph.graph_def.library.function.add()
    function.node_def.add(name="x", op=op)
    files = {**writer.files(), "assets/sub/words.txt": b"a"}
    found = opened(files)
    assert FileInfo("assets/vocab.txt", None) in found.files
    assert FileInfo("assets/sub/words.txt", 1) in found.files
    [note] = [note for note in found.notes if "asset" in note]
    assert note.startswith("export/assets/vocab.txt: expected an asset that the graph names")
    [candidate] = candidates_in_memory(files)
    check = check_artifact(MemoryFolder(files, "export"), candidate, now_s=1e10)
    assert check is not None
    if op == "ReadFile":
        assert check.state == "complete"
    else:
        assert (check.state, check.reason) == ("partial", note)
        assert "cannot load the model without it" in note
