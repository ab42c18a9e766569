"""The `checkpoint` file: what it names is found beside it, and never outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from tensorboard_plugin_modelinspect.errors import (
    FormatError,
    LimitExceeded,
    ModelInspectError,
    NotFound,
)
from tensorboard_plugin_modelinspect.formats.checkpoint_state import (
    locate_prefix,
    read_checkpoint_state,
)
from tensorboard_plugin_modelinspect.opening import open_artifact
from tensorboard_plugin_modelinspect.sources.local import LocalFolder
from tensorboard_plugin_modelinspect.sources.memory import MemoryFolder
from tests.support.bundle_writer import BundleWriter

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1234567\n"


def folder_of(*prefixes: str, state: bytes | None = None) -> MemoryFolder:
    files = {f"{prefix}.index": b"" for prefix in prefixes}
    return MemoryFolder(files if state is None else {**files, "checkpoint": state}, "run")


def test_reads_all_its_fields() -> None:
    """Newest, all, and times; fields of newer versions and comments do not disturb."""
    state = read_checkpoint_state(
        folder_of(
            state=b'# saved by x\nmodel_checkpoint_path: "ckpt-2"\n'
            b'all_model_checkpoint_paths: "ckpt-1"\nall_model_checkpoint_paths: "ckpt-2"\n'
            b"all_model_checkpoint_timestamps: 1.5\n"
            b"all_model_checkpoint_timestamps: 1700000000.25\n"
            b'last_preserved_timestamp: 1.0\nsomething_new { a: 1 b: "x" }\n'
        )
    )
    assert state.newest == "ckpt-2"
    assert state.all == ("ckpt-1", "ckpt-2")
    assert state.timestamps == (1.5, 1700000000.25)


@pytest.mark.parametrize(
    ("stored", "prefix"),
    [
        ("ckpt-2", "ckpt-2"),
        ("./ckpt-2", "ckpt-2"),
        ("sub/ckpt-9", "sub/ckpt-9"),
        ("sub/../ckpt-2", "ckpt-2"),
        ("/old/place/run/ckpt-2", "ckpt-2"),  # moved since TF1 wrote it
        ("../run/ckpt-2", "ckpt-2"),
        ("gone/ckpt-2", "ckpt-2"),
        ("gs://bucket/run/ckpt-2", "ckpt-2"),
        ("..dots/x", "..dots/x"),
    ],
)
def test_finds_what_it_names(stored: str, prefix: str) -> None:
    """Relative paths as they are, others by their last part beside the file."""
    assert locate_prefix(folder_of("ckpt-2", "sub/ckpt-9", "..dots/x"), stored) == prefix


@pytest.mark.parametrize(
    "stored",
    ["", ".", "..", "/", "../..", "ckpt-3", "/etc/passwd", "../secret/ckpt-7", "sub", "a\0b",
     "ckpt-2.index", "x" * 100_000, "\n", "//"],
)  # fmt: skip
def test_says_where_it_points_if_nothing_is_there(stored: str) -> None:
    """A path to nothing, or out of the folder, is an error that quotes it."""
    with pytest.raises(FormatError) as caught:
        locate_prefix(folder_of("ckpt-2", "sub/ckpt-9"), stored)
    assert caught.value.path.startswith("run/")
    assert len(str(caught.value)) < 1000


def test_never_leaves_the_folder(tmp_path: Path) -> None:
    """A file that points outside opens nothing there, though it exists."""
    writer = BundleWriter()
    for name in ("secret", "run"):
        writer.write(tmp_path / name, "ckpt-1" if name == "run" else "ckpt-7")
    state = tmp_path / "run" / "checkpoint"
    for path in ("../secret/ckpt-7", f"{tmp_path}/secret/ckpt-7", "./../secret/ckpt-7"):
        state.write_text(f'model_checkpoint_path: "{path}"\n')
        with pytest.raises(FormatError, match="expected a checkpoint in this folder"):
            open_artifact(tmp_path / "run")
    state.write_text(f'model_checkpoint_path: "{tmp_path}/secret/ckpt-1"\n')
    assert open_artifact(tmp_path / "run").path == f"{tmp_path}/run/ckpt-1"


def test_a_link_below_the_folder_is_followed_as_far_as_allowed(tmp_path: Path) -> None:
    """A prefix behind a link out of the root is refused."""
    BundleWriter().write(tmp_path / "outside", "ckpt-1")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "sub").symlink_to(tmp_path / "outside")
    folder = LocalFolder(str(tmp_path / "run"), confine_to=str(tmp_path / "run"))
    with pytest.raises(FormatError):
        locate_prefix(folder, "sub/ckpt-1")
    assert locate_prefix(LocalFolder(str(tmp_path / "run")), "sub/ckpt-1") == "sub/ckpt-1"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (b"\xff\xfe\x00garbage", "CheckpointState in text form"),
        (b"not a state file", "CheckpointState in text form"),
        (b"model_checkpoint_path: 3", "CheckpointState in text form"),
        (b'model_checkpoint_path: "a', "CheckpointState in text form"),
        (b'model_checkpoint_path: "\\377"', "CheckpointState in text form"),
        (b'model_checkpoint_path: "a" model_checkpoint_path: "b"', "CheckpointState in text form"),
        (b"a {" * 5000, "CheckpointState in text form"),
        (LFS, "Git LFS pointer to a file of 1,234,567 bytes"),
    ],
    ids=lambda value: str(value[:20]),
)
def test_damaged_files_are_told(state: bytes, words: str) -> None:
    """Garbage, other files and Git LFS pointers: the file and what it should be."""
    with pytest.raises(FormatError, match=words) as caught:
        read_checkpoint_state(folder_of(state=state))
    assert caught.value.path == "run/checkpoint"
    assert len(str(caught.value)) < 500


def test_an_empty_file_names_nothing() -> None:
    """An empty state file is one without a newest checkpoint."""
    state = read_checkpoint_state(folder_of(state=b""))
    assert state == ("", (), ())
    with pytest.raises(ModelInspectError):
        locate_prefix(folder_of("ckpt-1"), state.newest)


def test_none_is_not_found() -> None:
    """Without a file there is no state."""
    with pytest.raises(NotFound):
        read_checkpoint_state(folder_of("ckpt-1"))


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    """A state file has a few kilobytes; a gigabyte of it is refused unread."""
    with open(tmp_path / "checkpoint", "wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(LimitExceeded):
        read_checkpoint_state(LocalFolder(str(tmp_path)))
