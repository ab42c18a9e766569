"""Checkpoints V1: contents, values, shards, states, and names that may mean one."""

from __future__ import annotations

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.errors import (
    FormatError,
    LimitExceeded,
    NotFound,
    Truncated,
    Unsupported,
)
from tensorboard_plugin_modelinspect.formats import v1_index
from tensorboard_plugin_modelinspect.formats.checkpoint_v1 import OpenV1
from tensorboard_plugin_modelinspect.formats.v1_names import file_names, names_meant, pattern_of
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.opening import Check, check_artifact, open_candidate
from tensorboard_plugin_modelinspect.sources.memory import MemoryFile, MemoryFolder
from tests.support.artifacts import candidates_in_memory
from tests.support.table_writer import encode_table, snappy
from tests.support.v1_writer import (
    V1Writer,
    delimited,
    encode_meta,
    saved,
    v1_candidate,
    with_stored,
)

PATTERN = "m.ckpt-?????-of-00002"
LATER_S = 1e10


def opened(files: dict[str, bytes]) -> Artifact:
    candidate = v1_candidate(files)
    return open_candidate(MemoryFolder(files, "run"), candidate)


def checked(files: dict[str, bytes], *, now_s: float = LATER_S) -> Check | None:
    candidate = v1_candidate(files)
    return check_artifact(MemoryFolder(files, "run"), candidate, now_s=now_s)


def two_shards() -> V1Writer:
    """A tensor cut along both axes and dealt out, one in each shard, a counter."""
    writer = V1Writer(shard_count=2)
    grid = np.arange(20, dtype=np.int32).reshape(4, 5)
    boxes = [((r, r + 2), c) for r in (0, 2) for c in ((0, 3), (3, 5))]
    writer.add_slices("grid", grid, boxes, shards=(0, 1, 1, 0))
    writer.add("first", np.ones(2, np.float32))
    writer.add("second", np.array([b"a", b"bc"], object), shard=1)
    writer.add("global_step", np.array(-5, np.int64), shard=1)
    return writer


class TestContents:
    """What the table of contents says, and that it is checked."""

    def test_lists_in_the_order_of_the_bytes(self) -> None:
        """Keys are sorted as in format V2; sizes are those of the values, strings have none."""
        writer = V1Writer()
        for name in ("b", "a/x", "a", "\udcff", "ä"):
            writer.add(name, np.ones((2, 3), np.int16))
        writer.add("s", np.array([b"abc"], object))
        found = opened(writer.files("m.ckpt"))
        assert list(found.tensors) == ["a", "a/x", "b", "s", "ä", "\udcff"]
        assert (found.kind, found.format, found.path) == ("checkpoint", "V1", "run/m.ckpt")
        assert found.tensors["a"].nbytes == 12
        assert found.tensors["s"].nbytes == 0
        assert found.tensors["\udcff"].read().shape == (2, 3)

    def test_step_is_the_counter_s_value(self) -> None:
        """A stored counter counts more than the name; a damaged one lets the name tell."""
        for value, step in ((np.array(12), 12), (np.array(-5, np.int32), -5), (np.ones(2), 7)):
            files = {"m.ckpt-7": saved("global_step", value)["m.ckpt"]}
            assert opened(files).step == step
            assert checked(files) == Check("complete", "", step)
        for stored in (b"", delimited(10, b"\x80"), delimited(10, b"\1\1")):
            files = with_stored("global_step", "int64", (), stored)
            assert opened({"m.ckpt-7": files["m.ckpt"]}).step == 7

    @pytest.mark.parametrize(
        ("meta", "error", "words"),
        [
            (encode_meta(b"t", (2,), 1), FormatError, "leave a part out"),
            (encode_meta(b"t", (2,), 1) + 2 * delimited(4, delimited(1, b"")), FormatError,
             "overlap"),
            (encode_meta(b"t", (2,), 1) + delimited(4, b""), FormatError, "outside its tensor"),
            (encode_meta(b"t", (2,), 1) + delimited(4, delimited(1, b"\x08\1\x10\2")), FormatError,
             "outside its tensor"),
            (encode_meta(b"t", (-1,), 1), FormatError, "a shape that no tensor has"),
            (encode_meta(b"t", (1,) * 255, 1), FormatError, "a shape that no tensor has"),
            (encode_meta(b"t", (1 << 40, 1 << 40), 1), LimitExceeded, "2\\^80 elements"),
            (b"\xff", FormatError, "SavedTensorSlices protobuf"),
        ],
    )  # fmt: skip
    def test_contents_that_lie(self, meta: bytes, error: type[FormatError], words: str) -> None:
        """Slices must tile their tensor, shapes must be possible; the error names the file."""
        files = {"m.ckpt": encode_table([(b"", delimited(1, delimited(1, meta)))])}
        with pytest.raises(error, match=rf"^run/m\.ckpt, .*{words}"):
            opened(files)
        check = checked(files)
        assert check is not None
        assert check.state == "broken"

    def test_files_that_contradict_each_other(self) -> None:
        """A tensor has one type and shape in all files."""
        writer = V1Writer(shard_count=2)
        writer.add_slices("t", np.zeros((4, 2)), [((0, 2), (0, 2))])
        writer.add_slices("t", np.zeros((4, 2), int), [((2, 4), (0, 2))], shards=(1,))
        with pytest.raises(FormatError, match=r"m\.ckpt-00001-of-00002, tensor \"t\": .*another"):
            opened(writer.files("m.ckpt"))

    def test_files_for_newer_readers(self) -> None:
        """A version that excludes this reader is said, not guessed through."""
        for versions in (b"\x08\2\x10\2", b"\x18\1"):
            writer = V1Writer()
            writer.shards[0].versions = versions
            with pytest.raises(Unsupported, match="Update this package"):
                opened(writer.files("m.ckpt"))

    def test_too_many_slices(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Slices by the million are refused before they are all kept."""
        monkeypatch.setattr(v1_index, "_MOST_SLICES", 3)
        with pytest.raises(LimitExceeded, match="more than 3 slices"):
            opened(two_shards().files("m.ckpt"))


class TestShards:
    """One checkpoint in several files."""

    def test_slices_are_joined(self) -> None:
        """Slices come from whichever file holds them; it is called as TensorFlow calls it."""
        found = opened(two_shards().files("m.ckpt"))
        assert found.path == f"run/{PATTERN}"
        assert found.tensors["grid"].read().tolist() == np.arange(20).reshape(4, 5).tolist()
        assert found.tensors["second"].read().tolist() == [b"a", b"bc"]
        assert [file.name for file in found.files] == file_names(PATTERN)
        assert found.step == -5

    def test_a_missing_file_leaves_the_others(self) -> None:
        """What is there is listed and read; what is not is named, in notes, state and errors."""
        files = two_shards().files("m.ckpt")
        del files["m.ckpt-00000-of-00002"]
        found = opened(files)
        assert "run/m.ckpt-00000-of-00002" in found.notes[0]
        assert found.files[0].nbytes is None
        assert list(found.tensors) == ["global_step", "grid", "second"]
        assert found.tensors["second"].read().tolist() == [b"a", b"bc"]
        assert found.tensors["grid"].read((slice(0, 2), slice(3, 5))).tolist() == [[3, 4], [8, 9]]
        with pytest.raises(FormatError, match=r"run/m\.ckpt-00000-of-00002, tensor \"grid\""):
            found.tensors["grid"].read()
        old, fresh = checked(files), checked(files, now_s=1.0)
        assert old is not None
        assert fresh is not None
        assert (old.state, old.step, old.reason) == ("partial", -5, found.notes[0])
        assert fresh.state == "writing"

    def test_a_damaged_file_is_named(self) -> None:
        """A shard that is none makes the checkpoint broken, and is the one that is named."""
        files = two_shards().files("m.ckpt")
        files["m.ckpt-00001-of-00002"] = b"no table" * 10
        check = checked(files)
        assert check is not None
        assert check.state == "broken"
        assert "run/m.ckpt-00001-of-00002" in check.reason

    def test_all_gone(self) -> None:
        """Files that were there when it was found, and are not now."""
        with pytest.raises(NotFound):
            OpenV1(MemoryFolder({}, "run"), PATTERN)


class TestStates:
    """States of single files."""

    def test_a_file_that_grows(self) -> None:
        """A fresh first part of a file is being written, an old one is broken."""
        files = saved("t", np.arange(50, dtype=np.float32))
        for length in (8, 20, 100, len(files["m.ckpt"]) - 1):
            cut = {"m.ckpt": files["m.ckpt"][:length]}
            fresh, old = checked(cut, now_s=1.0), checked(cut)
            assert fresh is not None
            assert old is not None
            assert (fresh.state, old.state) == ("writing", "broken"), length
            with pytest.raises((Truncated, FormatError)):
                opened(cut)

    def test_a_temporary_name(self) -> None:
        """TensorFlow writes under another name first; leftovers of a crash are nothing."""
        files = {"m.ckpt-3.tempstate1234": b"\0\0"}
        assert checked(files) is None
        fresh = checked(files, now_s=1.0)
        assert fresh is not None
        assert (fresh.state, fresh.step) == ("writing", 3)

    @pytest.mark.parametrize(
        "data", [b"", b"PK\3\4", b"\x89HDF\r\n\x1a\n" + b"\0" * 600, b"\x80\2}q\0", b"\0" * 99]
    )
    def test_ckpt_files_of_others_are_none(self, data: bytes) -> None:
        """`.ckpt` is a name that PyTorch and Keras use too."""
        assert checked({"model.ckpt": data}) is None
        assert checked({"model.ckpt": data, "model.ckpt.meta": b"other"}) is None

    def test_an_index_by_another_name_is_none(self) -> None:
        """A table of format V2, or of anything else, is no checkpoint V1."""
        for value in (b"\x08\1", b""):
            assert checked({"index.ckpt": encode_table([(b"", value)])}) is None
        assert checked({"x.ckpt": encode_table([(b"k", b"\x0a")])}) is None
        assert checked({"x.ckpt": encode_table([])}) is None

    def test_beside_its_graph_it_must_be_one(self) -> None:
        """Where a MetaGraph says that here is a checkpoint, other content is damage."""
        meta = b"\x0a\x02\x0a\x00"
        for data, words in ((b"", "footer"), (b"text" * 20, "magic number")):
            check = checked({"model": data, "model.meta": meta})
            assert check is not None
            assert check.state == "broken"
            assert "run/model" in check.reason
            assert words in check.reason
        pointer = b"version https://git-lfs.github.com/spec/v1\nsize 5\n"
        check = checked({"model": pointer, "model.meta": meta})
        assert check is not None
        assert "git lfs pull" in check.reason

    def test_compressed_contents_are_recognised(self) -> None:
        """A compressed file does not begin as others do."""
        writer = V1Writer(compress=snappy)
        for number in range(20):
            writer.add(f"tensor_{number}", np.zeros(9, np.float32))
        files = writer.files("m.ckpt")
        assert not v1_index.begins_as_v1(MemoryFile(files["m.ckpt"], "x"))
        assert checked(files) == Check("complete", "", None)


class TestNames:
    """Which names may be one, and what a person may call it."""

    @pytest.mark.parametrize(
        "name",
        ["model.ckpt", "model.ckpt-12", "MODEL.CKPT", "ckpt", "my_ckpt_file", "model-12",
         "weights_3"],
    )  # fmt: skip
    def test_names_that_may_be_one(self, name: str) -> None:
        """The name says so, or ends in a number."""
        assert v1_candidate({name: b""}).name == name

    @pytest.mark.parametrize(
        "name",
        ["model.ckpt.index", "model.ckpt.data-00000-of-00001", "ckpt.json", "ckpt.h5",
         "events.out.tfevents.1.host-2", "model", "12", "1-2", "README", "image-12.png",
         "checkpoint"],
    )  # fmt: skip
    def test_names_that_are_none(self, name: str) -> None:
        """Files of other formats, and names that say nothing, are not looked into."""
        found = candidates_in_memory({name: b""})
        assert [one for one in found if one.format == "checkpoint_v1"] == []

    def test_a_graph_or_a_state_file_makes_any_name_one(self) -> None:
        """Beside `X.meta` is X; beside a state file, what it may name."""
        for files in (
            {"export": b"", "export.meta": b""},
            {"export": b"", "checkpoint": b""},
            {"a.b-5": b"", "checkpoint": b""},
        ):
            found = [one for one in candidates_in_memory(files) if one.format == "checkpoint_v1"]
            assert [one.name for one in found] == [next(iter(files))]
        assert candidates_in_memory({"a.b": b"", "checkpoint": b""}) == []

    def test_an_index_makes_it_v2(self) -> None:
        """TensorFlow takes format V2 where both are there, and so do we."""
        found = candidates_in_memory({"m.ckpt": b"", "m.ckpt.index": b""})
        assert [one.format for one in found] == ["checkpoint_v2"]

    def test_shards_are_one_checkpoint(self) -> None:
        """A set of shards is one candidate, by its prefix and count."""
        files = dict.fromkeys(
            ["a-00000-of-00002", "a-00001-of-00002", "a-00000-of-00003", "a.meta",
             "b.data-00000-of-00001.bak"], b"",
        )  # fmt: skip
        found = {one.name: sorted(one.files) for one in candidates_in_memory(files)}
        assert found == {
            "a-?????-of-00002": ["a-00000-of-00002", "a-00001-of-00002", "a.meta"],
            "a-?????-of-00003": ["a-00000-of-00003", "a.meta"],
        }

    def test_data_sets_are_not_looked_into_one_by_one(self) -> None:
        """Numbered files by the hundred are no checkpoints, unless they have graphs beside them."""
        files = {f"part-{number}": b"" for number in range(101)}
        assert candidates_in_memory(files) == []
        files |= {f"part-{number}.meta": b"" for number in range(101)}
        assert len(candidates_in_memory(files)) == 101

    def test_assets_belong_to_a_session_bundle(self) -> None:
        """The assets of an `export` with its graph are not searched for models."""
        files = {"export-00000-of-00001": b"", "export.meta": b"", "assets/a": b""}
        [found] = candidates_in_memory(files)
        assert found.owns == {"assets"}
        files = {"model-00000-of-00001": b"", "model.meta": b"", "assets/a": b""}
        [found] = candidates_in_memory(files)
        assert found.owns == frozenset()

    def test_what_a_person_may_call_it(self) -> None:
        """Its name, any of its files, its graph, or the prefix alone."""
        files = ["a-00000-of-00002", "a-00001-of-00002", "a-b-00000-of-00001", "a.meta"]
        pattern = "a-?????-of-00002"
        assert names_meant("a-00001-of-00002", files) == [pattern]
        assert names_meant(pattern, files) == [pattern]
        assert names_meant("a", files) == ["a", pattern]
        assert names_meant("a.meta", files) == ["a", pattern]
        assert names_meant("b", files) == ["b"]
        assert pattern_of("x.data-00000-of-00001") is None
        assert pattern_of("x-00002-of-00002") is None
        assert file_names("x-?????-of-00000") == []
