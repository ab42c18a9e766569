"""Opening what a person names, in every way it may be named; states while files are written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.errors import (
    FormatError,
    ModelInspectError,
    NotFound,
    PathEscape,
    UnknownFormat,
    Unsupported,
)
from tensorboard_plugin_modelinspect.formats.reader import FRESH_S
from tensorboard_plugin_modelinspect.opening import (
    READERS,
    Check,
    check_artifact,
    list_tensors,
    locate_artifact,
    open_artifact,
    recognise,
)
from tensorboard_plugin_modelinspect.sources.local import LocalFolder
from tensorboard_plugin_modelinspect.sources.walk import list_folder
from tests.support.artifacts import candidates_in, candidates_in_memory, listing_of
from tests.support.bundle_writer import BundleWriter
from tests.support.corpus import ROOT, Recorded, params, recorded
from tests.support.saved_model_writer import SavedModelWriter

NOW_S = 2e9


def write_checkpoint(folder: Path, prefix: str) -> None:
    writer = BundleWriter()
    writer.add("w", np.arange(6, dtype=np.float32))
    writer.write(folder, prefix)


def write_model(folder: Path, *, is_text: bool = False) -> None:
    writer = SavedModelWriter()
    writer.add_signature("serving_default", inputs={"x": (1, (None, 2))}, outputs={"y": (1, ())})
    writer.add_variable("w", np.ones((2, 3), np.float32))
    writer.write(folder, is_text=is_text)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with a model, a checkpoint, and a series; it is the working directory."""
    write_model(tmp_path / "model")
    write_model(tmp_path / "text", is_text=True)
    write_checkpoint(tmp_path / "one", "ckpt")
    for step in (1, 2, 10):
        write_checkpoint(tmp_path / "series", f"ckpt-{step}")
    (tmp_path / "series" / "checkpoint").write_text('model_checkpoint_path: "ckpt-2"\n')
    write_checkpoint(tmp_path / "several", "a")
    write_checkpoint(tmp_path / "several", "b")
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "one" / "ckpt.meta").write_bytes(b"")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


NAMES = {
    "model": "model",
    "model/": "model",
    "model/saved_model.pb": "model",
    "text": "text",
    "text/saved_model.pbtxt": "text",
    "one": "one/ckpt",
    "one/ckpt": "one/ckpt",
    "one/ckpt.index": "one/ckpt",
    "one/ckpt.data-00000-of-00001": "one/ckpt",
    "one/ckpt.meta": "one/ckpt",
    "series": "series/ckpt-2",
    "series/": "series/ckpt-2",
    "series/ckpt-10": "series/ckpt-10",
    "series/ckpt-1.index": "series/ckpt-1",
    "model/variables": "model/variables/variables",
    "model/variables/variables": "model/variables/variables",
    "./one/../one//ckpt": "./one/../one//ckpt",
}


@pytest.mark.parametrize(("name", "path"), NAMES.items())
@pytest.mark.parametrize("way", ["relative", "absolute", "home", "pathlib"])
def test_opens_whatever_names_an_artifact(place: Path, name: str, path: str, way: str) -> None:
    """A folder, a prefix or any file of an artifact opens it, relative, absolute or below `~`;
    the artifact is called as the person called it."""
    start = {"relative": "", "absolute": f"{place}/", "home": "~/", "pathlib": f"{place}/"}[way]
    named: str | Path = start + name
    if way == "pathlib":
        named = Path(named)
        path = str(Path(path)) if ".." not in path else path
    artifact = open_artifact(named)
    assert artifact.kind == (
        "checkpoint" if "ckpt" in path or "variables" in path else "saved_model"
    )
    if "//" not in path:
        assert artifact.path == start + path
    weights = [tensor for tensor in artifact.tensors.values() if tensor.role == "weight"]
    assert [tensor.read().size for tensor in weights] == [6]


def test_opens_what_lies_in_the_working_directory(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bare name and `.` work beside the files."""
    monkeypatch.chdir(place / "one")
    for name in ("ckpt", "ckpt.index", ".", "./ckpt"):
        assert open_artifact(name).kind == "checkpoint"
    monkeypatch.chdir(place / "model")
    for name in (".", "saved_model.pb", "./", os.getcwd()):
        assert open_artifact(name).kind == "saved_model"


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("missing", NotFound, "missing: no such folder, file or checkpoint prefix"),
        ("missing/ckpt", NotFound, "missing/ckpt: no such"),
        ("one/ckpt2", NotFound, r"one/ckpt2: no such .* Did you mean .*one/ckpt\?$"),
        ("one/other", NotFound, r"one/other: no such .* Check the path\.$"),
        ("one/ckpt/", NotFound, "no such"),
        ("", NotFound, "no such"),
        ("~nobody-of-that-name/x", NotFound, "no such"),
        ("empty", UnknownFormat, "empty: no SavedModel and no checkpoint in this folder itself"),
        ("notes.txt", UnknownFormat, "notes.txt: no SavedModel and no checkpoint. Give"),
        ("several", UnknownFormat, r"several: holds 2 artifacts \(a, b\)\. Name one"),
        (".", UnknownFormat, "modelinspect ls"),
        ("model/saved_model.pbtxt", NotFound, "no such"),
        ("/dev/null", UnknownFormat, "no SavedModel"),
        ("a\0b", ModelInspectError, None),
        ("x" * 5000, ModelInspectError, None),
    ],
)
def test_says_why_it_does_not_open(
    place: Path, name: str, error: type[ModelInspectError], words: str | None
) -> None:
    """Missing, empty, ambiguous and other files: what it is, and what to name instead."""
    with pytest.raises(error, match=words):
        open_artifact(name)


def test_a_name_without_its_step_means_the_newest(tmp_path: Path) -> None:
    """`model.ckpt` is the most common wrong name of `model.ckpt-1000`."""
    for step in (9, 1000, 200):
        BundleWriter().write(tmp_path, f"model.ckpt-{step}")
    with pytest.raises(NotFound, match=r"Did you mean .*/model\.ckpt-1000\?$"):
        open_artifact(tmp_path / "model.ckpt")


def test_a_folder_of_many_names_a_few(place: Path) -> None:
    """An ambiguous folder lists five artifacts and counts the rest."""
    for number in range(9):
        write_checkpoint(place / "several", f"c{number}")
    with pytest.raises(UnknownFormat, match=r"11 artifacts \(a, b, c0, c1, c2 and 6 more\)"):
        open_artifact("several")


def test_a_lost_index_is_named(place: Path) -> None:
    """Data files without their index say that it is the index that is missing."""
    (place / "one" / "ckpt.index").unlink()
    for name in ("one", "one/ckpt", "one/ckpt.data-00000-of-00001"):
        with pytest.raises(FormatError, match=r"^one/ckpt\.index: expected the index"):
            open_artifact(name)


def test_a_model_in_pieces_is_unsupported(place: Path) -> None:
    """A chunked SavedModel is recognised, and what we lack is said."""
    os.rename("model/saved_model.pb", "model/saved_model.cpb")
    for name in ("model", "model/saved_model.cpb"):
        with pytest.raises(Unsupported, match=r"model/saved_model\.cpb: the chunked form"):
            open_artifact(name)


@pytest.mark.parametrize(
    ("name", "path"),
    {
        "saver": "saver/model.ckpt-7",
        "saver/model.ckpt-7": "saver/model.ckpt-7",
        "saver/model.ckpt-7.meta": "saver/model.ckpt-7",
        "dealt": "dealt/part-?????-of-00003",
        "dealt/part": "dealt/part-?????-of-00003",
        "dealt/part-00001-of-00003": "dealt/part-?????-of-00003",
        "dealt/part-?????-of-00003": "dealt/part-?????-of-00003",
        "sharded/model.ckpt-7.meta": "sharded/model.ckpt-7-?????-of-00002",
        "snappy.ckpt": "snappy.ckpt",
    }.items(),
)
def test_checkpoints_of_format_v1(name: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file, a shard, the graph, the prefix, TensorFlow's pattern or the folder opens it."""
    monkeypatch.chdir(ROOT / "v1_format")
    artifact = open_artifact(name)
    assert (artifact.path, artifact.format) == (path, "V1")
    assert all(tensor.read().shape == tensor.shape for tensor in artifact.tensors.values())


def test_format_v1_is_told_by_content(tmp_path: Path) -> None:
    """A file that a person names is looked into, whatever its name."""
    (tmp_path / "weights.bin").write_bytes((ROOT / "v1_format" / "dtypes.ckpt").read_bytes())
    assert open_artifact(tmp_path / "weights.bin").format == "V1"
    (tmp_path / "weights.ckpt").write_bytes(b"PK\3\4 and so on")
    with pytest.raises(UnknownFormat, match="no SavedModel and no checkpoint"):
        open_artifact(tmp_path / "weights.ckpt")


def test_a_folder_is_not_ambiguous_by_names_alone(tmp_path: Path) -> None:
    """A checkpoint is found in its folder beside files that only look like one by their names."""
    write_checkpoint(tmp_path, "ckpt")
    for name in ("pytorch.ckpt", "data-00000-of-00002", "image.meta"):
        (tmp_path / name).write_bytes(b"something else")
    assert open_artifact(tmp_path).path == f"{tmp_path}/ckpt"


def test_a_lone_graph_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    """A `.meta` without its checkpoint opens by its name, and by its folder."""
    monkeypatch.chdir(ROOT / "tf1_meta")
    for name in ("lone/model.meta", "lone", "text", "text/graph.meta.pbtxt"):
        assert open_artifact(name).kind == "meta_graph"


def test_a_state_file_that_names_no_checkpoint(tmp_path: Path) -> None:
    """A file that is there and is none is not opened."""
    (tmp_path / "notes").write_text("hello")
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "notes"\n')
    with pytest.raises(FormatError, match="expected a checkpoint in this folder"):
        open_artifact(tmp_path)


def test_every_format_has_one_reader() -> None:
    """A candidate's format picks its reader, so formats are unique in the table."""
    formats = [reader.format for reader in READERS]
    assert len(formats) == len(set(formats))


class TestRecognise:
    """Artifacts are recognised by names alone; what only looks like one is left out."""

    def test_groups_files_by_prefix(self) -> None:
        """One candidate per prefix, with the files that belong to it."""
        files = dict.fromkeys(
            [
                "a.index", "a.data-00000-of-00002", "a.data-00001-of-00002", "a.meta",
                "a.index.index", "b.data-00000-of-00001", "c.index.tempstate123", "d.meta",
                "e.data-0-of-1", "f.index.bak", "checkpoint", ".index", "events.out.tfevents.1",
            ],
            b"",
        )  # fmt: skip
        found = {one.name: sorted(one.files) for one in candidates_in_memory(files)}
        assert found == {
            "a": ["a.data-00000-of-00002", "a.data-00001-of-00002", "a.index", "a.meta"],
            "a.index": ["a.index.index"],
            "b": ["b.data-00000-of-00001"],
            "c": ["c.index.tempstate123"],
            "d.meta": ["d.meta"],
        }

    def test_owns_what_belongs_to_it(self) -> None:
        """A search does not enter a model's own folders; a changed variable changes the model."""
        files = {
            "saved_model.pb": b"", "variables/variables.index": b"", "assets/a.txt": b"",
            "assets.extra/b": b"", "debug/c": b"", "other/d": b"",
        }  # fmt: skip
        [found] = candidates_in_memory(files)
        assert found.owns == {"variables", "assets", "assets.extra", "debug"}
        assert found.watch == ("variables",)
        assert "variables/variables.index" in found.files

    def test_temporary_folders_are_the_save_s_own(self) -> None:
        """`x_temp` belongs to the save of `x`; files inside are no checkpoint of their own."""
        files = {"x_temp/part-00000-of-00001.index": b"", "x.data-00000-of-00001": b""}
        [found] = candidates_in_memory(files)
        assert (found.name, found.owns) == ("x", {"x_temp"})
        inside = listing_of({"part-00000-of-00001.index": b""})._replace(relpath="run/x_temp")
        assert recognise(inside) == []
        assert recognise(inside._replace(relpath="workertemp_3")) == []
        assert len(recognise(inside._replace(relpath="run/x"))) == 1

    def test_strange_names_are_names(self) -> None:
        """Newlines, markup and bytes that are no text are part of a prefix."""
        for prefix in ("new\nline", "<script>", "\udcff", "a b", ".hidden", "-of-"):
            [found] = candidates_in_memory({f"{prefix}.index": b""})
            assert found.name == prefix

    def test_needs_no_io(self, tmp_path: Path) -> None:
        """A listing is all it looks at: the folder may be gone by then."""
        write_checkpoint(tmp_path / "x", "ckpt")
        listing = list_folder(str(tmp_path / "x"))
        for file in (tmp_path / "x").iterdir():
            file.unlink()
        assert [one.name for one in recognise(listing)] == ["ckpt"]


class TestStates:
    """The state of files that are being written, half there, or gone."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        write_checkpoint(tmp_path, "ckpt-7")
        return tmp_path

    def check(
        self, folder: Path, age_s: float, *, damage: Callable[[], None] | None = None
    ) -> Check | None:
        """State of the one candidate of a folder whose newest file is `age_s` old."""
        for path in folder.rglob("*"):
            os.utime(path, (NOW_S - age_s, NOW_S - age_s))
        [candidate] = candidates_in(folder)
        if damage is not None:
            damage()
        return check_artifact(LocalFolder(str(folder), name="run"), candidate, now_s=NOW_S)

    @pytest.mark.parametrize("age_s", [0, FRESH_S / 2, FRESH_S * 2])
    def test_whole_is_complete_at_any_age(self, folder: Path, age_s: float) -> None:
        """A checkpoint that is all there needs no waiting."""
        assert self.check(folder, age_s) == Check("complete", "", 7)

    @pytest.mark.parametrize("length", [0, 1, 3, 4, 20, -1, -8, -40])
    def test_an_index_that_grows(self, folder: Path, length: int) -> None:
        """TensorFlow writes an index in place: while fresh its start is `writing`, later broken."""
        index = folder / "ckpt-7.index"
        whole = index.read_bytes()
        index.write_bytes(whole[:length])
        fresh, old = self.check(folder, 1), self.check(folder, FRESH_S * 2)
        assert fresh is not None
        assert old is not None
        assert (fresh.state, fresh.step) == ("writing", 7)
        assert "Reload in a moment" in fresh.reason
        assert (old.state, old.step) == ("broken", 7)

    def test_garbage_is_not_being_written(self, folder: Path) -> None:
        """A fresh file that does not start as an index does is broken at once."""
        (folder / "ckpt-7.index").write_bytes(b"<!DOCTYPE html>" * 9)
        found = self.check(folder, 1)
        assert found is not None
        assert found.state == "broken"

    def test_data_before_the_index(self, folder: Path) -> None:
        """Data comes first: fresh it is `writing`, later the index is what is missing."""
        (folder / "ckpt-7.index").unlink()
        fresh, old = self.check(folder, 1), self.check(folder, FRESH_S * 2)
        assert fresh is not None
        assert old is not None
        assert fresh.state == "writing"
        assert old.state == "partial"
        assert "run/ckpt-7.index" in old.reason

    def test_leftovers_are_nothing(self, tmp_path: Path) -> None:
        """What a crash left behind is not listed, unless it is so fresh that a save may go on."""
        (tmp_path / "x.index.tempstate123").write_bytes(b"")
        assert self.check(tmp_path, FRESH_S * 2) is None
        fresh = self.check(tmp_path, 1)
        assert fresh is None or fresh.state == "writing"

    def test_what_vanishes_is_deleted(self, folder: Path) -> None:
        """A checkpoint that is rotated away between listing and looking is `deleted`, no error."""
        found = self.check(folder, 1, damage=(folder / "ckpt-7.index").unlink)
        assert found is not None
        assert found.state == "deleted"

    def test_a_shard_that_vanishes_is_partial(self, folder: Path) -> None:
        """Without its data a checkpoint still has names."""
        damage = (folder / "ckpt-7.data-00000-of-00001").unlink
        found = self.check(folder, 1, damage=damage)
        assert found is not None
        assert found.state == "partial"

    def test_a_link_out_of_the_root_is_broken(self, folder: Path, tmp_path: Path) -> None:
        """Files outside the logdir are not read, whatever leads there; the reason says it."""
        outside = tmp_path.parent / f"{tmp_path.name}-outside"
        outside.mkdir()
        os.rename(folder / "ckpt-7.index", outside / "index")
        (folder / "ckpt-7.index").symlink_to(outside / "index")
        [candidate] = candidates_in(folder)
        local = LocalFolder(str(folder), confine_to=str(folder))
        found = check_artifact(local, candidate, now_s=NOW_S)
        assert found is not None
        assert found.state == "broken"
        assert "a way out" in found.reason
        with pytest.raises(PathEscape):
            local.open("ckpt-7.index")

    def test_a_model_without_variables(self, tmp_path: Path) -> None:
        """A model whose graph restores variables is partial without them, complete if none are."""
        write_model(tmp_path)
        for path in (tmp_path / "variables").iterdir():
            path.unlink()
        found = self.check(tmp_path, 1)
        assert found is not None
        assert found.state == "partial"
        assert "run/variables/variables.index" in found.reason


@pytest.mark.parametrize("artifact", params(recorded(kind="checkpoint", state="complete")))
def test_tensors_are_listed_as_they_are_opened(artifact: Recorded) -> None:
    """Only names, roles and aliases may be missing where they cost more than all else."""
    listed = list_tensors(*locate_artifact(artifact.path))
    opened = open_artifact(artifact.path).tensors
    assert list(listed) == list(opened)
    for key, tensor in listed.items():
        other = opened[key]
        facts = tensor.key, tensor.dtype, tensor.shape, tensor.nbytes, tensor.crc32c
        assert facts == (other.key, other.dtype, other.shape, other.nbytes, other.crc32c)


def test_listing_needs_an_index(place: Path) -> None:
    """Without it there is nothing to list, and the message says so."""
    folder, candidate = locate_artifact("one/ckpt")
    files = {name: stat for name, stat in candidate.files.items() if name != "ckpt.index"}
    with pytest.raises(FormatError, match="the index of the data files"):
        list_tensors(folder, candidate._replace(files=files))
