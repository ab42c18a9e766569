"""A logdir is untrusted and alive: nothing in it stops a search, leads it outside, or fools it."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tensorboard_plugin_modelinspect.discovery import Catalog, Root, checking
from tensorboard_plugin_modelinspect.discovery.checking import check_candidate
from tensorboard_plugin_modelinspect.errors import PathEscape
from tensorboard_plugin_modelinspect.opening import Candidate, Check, recognise
from tensorboard_plugin_modelinspect.sources.base import Folder
from tensorboard_plugin_modelinspect.sources.local import LocalFolder
from tensorboard_plugin_modelinspect.sources.walk import WalkLimits, list_folder
from tests.discovery.trees import (
    as_plain_user,
    catalog_of,
    checkpoint_files,
    delete_checkpoint,
    find,
    paths,
    scan,
    settle,
    states,
    watch,
    write_checkpoint,
    write_events,
    write_saved_model,
)


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A folder that any user may enter; pytest's own are private."""
    folder = Path(tempfile.mkdtemp(prefix="modelinspect-test-"))
    folder.chmod(0o755)
    yield folder
    for path in folder.rglob("*"):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize("mode", [0o000, 0o444, 0o111])
def test_an_unreadable_folder_is_noted_and_passed_over(open_path: Path, mode: int) -> None:
    """No right to list, or none to enter: a sentence that names it; the rest is found."""
    write_checkpoint(open_path / "good", "ckpt")
    write_checkpoint(open_path / "closed", "ckpt")
    write_checkpoint(open_path / "closed" / "deep", "ckpt")
    scan(open_path)  # so that the plain user need not import anything
    (open_path / "closed").chmod(mode)
    with as_plain_user():
        snapshot = scan(open_path)
    assert paths(snapshot) == ["good/ckpt"]
    assert "closed (permission denied)." in snapshot.note


def test_what_can_no_longer_be_read_is_not_called_deleted(open_path: Path) -> None:
    """A folder that lost its permissions keeps what was known; a note says that it is closed."""
    write_checkpoint(open_path / "closed", "ckpt")
    catalog = catalog_of(open_path)
    before = catalog.scan()
    (open_path / "closed").chmod(0)
    with as_plain_user():
        after = catalog.scan()
    assert states(after) == {"closed/ckpt": "complete"}
    assert find(after, "closed/ckpt") is find(before, "closed/ckpt")
    assert "closed" in after.note


def test_loops_of_links_end(tmp_path: Path) -> None:
    """Links to a folder above, to themselves and to each other neither trap nor repeat a search."""
    write_checkpoint(tmp_path / "a", "ckpt")
    (tmp_path / "a" / "up").symlink_to("..")
    (tmp_path / "a" / "root").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to("self")
    (tmp_path / "one").symlink_to("other")
    (tmp_path / "other").symlink_to("one")
    (tmp_path / "dangling").symlink_to("nothing")
    snapshot = scan(tmp_path)
    assert (paths(snapshot), snapshot.folders, snapshot.note) == (["a/ckpt"], 2, "")


def test_links_below_the_root_are_listed_where_they_lead(tmp_path: Path) -> None:
    """`latest -> run3` is not a second artifact: ids must not change when the link moves on."""
    write_saved_model(tmp_path / "run3" / "model")
    (tmp_path / "latest").symlink_to("run3")
    (tmp_path / "a").symlink_to("run3/model")
    snapshot = scan(tmp_path)
    assert (paths(snapshot), snapshot.note) == (["run3/model"], "")


def test_files_may_be_links_below_the_root(tmp_path: Path) -> None:
    """A store of blobs with links to them, as caches keep it, holds real artifacts."""
    write_checkpoint(tmp_path / "blobs", "x")
    (tmp_path / "run").mkdir()
    for suffix in checkpoint_files():
        (tmp_path / "run" / f"ckpt{suffix}").symlink_to(f"../blobs/x{suffix}")
    write_saved_model(tmp_path / "model")
    (tmp_path / "model" / "variables").rename(tmp_path / "store")
    (tmp_path / "model" / "variables").symlink_to("../store")
    catalog = catalog_of(tmp_path)
    snapshot = catalog.scan()
    assert states(snapshot) == dict.fromkeys(
        ["blobs/x", "model", "run/ckpt", "store/variables"], "complete"
    )
    for found in snapshot.artifacts:
        assert catalog.open(found.id).tensors
    target = tmp_path / "blobs" / "x.index"
    target.write_bytes(b"")
    assert states(catalog.scan())["run/ckpt"] != "complete"


def test_links_out_of_the_root_are_not_followed(tmp_path: Path) -> None:
    """Folders and files outside stay unread, whatever links to them are called; a note says so."""
    root, outside = tmp_path / "logs", tmp_path / "logs-outside"
    write_checkpoint(outside, "ckpt")
    write_saved_model(outside / "model")
    write_checkpoint(root, "good")
    (root / "folder").symlink_to(outside)
    (root / "saved_model.pb").symlink_to(outside / "model" / "saved_model.pb")
    for suffix in checkpoint_files():
        (root / f"ckpt{suffix}").symlink_to(outside / f"ckpt{suffix}")
    with watch(outside) as touched:
        snapshot = scan(root)
    assert paths(snapshot) == ["good"]
    assert touched.opened == touched.listed == []
    assert snapshot.note.startswith(
        "4 links led outside the logdir and were not followed, the first"
    )


@pytest.mark.parametrize("part", ["variables", "variables/variables.index"])
def test_a_saved_model_with_a_part_outside_is_not_complete(tmp_path: Path, part: str) -> None:
    """Variables behind a link that leaves the logdir are missing, and are not read."""
    root, outside = tmp_path / "logs", tmp_path / "outside"
    write_saved_model(root / "model")
    outside.mkdir()
    (root / "model" / part).rename(outside / "moved")
    (root / "model" / part).symlink_to(outside / "moved")
    with watch(outside) as touched:
        snapshot = scan(root)
    (found,) = snapshot.artifacts
    assert found.state in ("partial", "broken")
    assert found.reason
    assert touched.opened == touched.listed == []


def test_a_folder_replaced_by_a_link_is_not_opened(tmp_path: Path) -> None:
    """Between search and opening the folder may become a link: the id does not lead outside."""
    root = tmp_path / "logs"
    write_checkpoint(root / "run", "ckpt")
    write_checkpoint(tmp_path / "outside", "ckpt")
    catalog = catalog_of(root)
    (found,) = catalog.scan().artifacts
    listing = list_folder(str(root / "run"), "run", root=str(root))
    shutil.rmtree(root / "run")
    (root / "run").symlink_to(tmp_path / "outside")
    with watch(tmp_path / "outside") as touched:
        with pytest.raises(PathEscape):
            catalog.open(found.id)
        assert catalog.parameters(found) is None
        folder = LocalFolder(str(root), confine_to=str(root))
        assert check_candidate(folder, listing, found.candidate) is None
    assert touched.opened == touched.listed == []


def test_special_files_are_not_opened(tmp_path: Path) -> None:
    """A pipe, a socket or a folder that is called like a model neither blocks nor is listed."""
    for name in ("ckpt.index", "ckpt.data-00000-of-00001", "saved_model.pb"):
        os.mkfifo(tmp_path / name)
    (tmp_path / "folder.index").mkdir()
    with socket.socket(socket.AF_UNIX) as bound:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(tmp_path)
            bound.bind("s.index")
        write_checkpoint(tmp_path, "good")
        assert paths(scan(tmp_path)) == ["good"]


STRANGE = [
    b"x" * 200,
    b"\xff\xfe broken \x80",
    b"two\nlines\r",
    b"</script><script>alert(1)</script>".replace(b"/", b"\xe2\x88\x95"),
    b'"quotes" & <tags>',
    "ü 日本 \u202e".encode(),
    b" ",
    b"-rf",
    b"...",
    b"%2e%2e",
]


@pytest.mark.parametrize("raw", STRANGE)
def test_strange_names_are_only_names(tmp_path: Path, raw: bytes) -> None:
    """Long, broken, with line ends or markup: found, opened by id, and the same after a restart."""
    name = os.fsdecode(raw)
    write_events(tmp_path / name)
    write_checkpoint(tmp_path / name, name)
    write_saved_model(tmp_path / name / "model")
    catalog = catalog_of(tmp_path)
    snapshot = catalog.scan()
    assert set(paths(snapshot)) == {f"{name}/{name}", f"{name}/model"}
    assert snapshot.runs == (name,)
    for found in snapshot.artifacts:
        assert (found.state, found.run) == ("complete", name)
        assert catalog.open(found.id).tensors
    assert [found.id for found in scan(tmp_path).artifacts] == [
        found.id for found in snapshot.artifacts
    ]


LIMITS = [
    (WalkLimits(depth=2), "left out what lies more than 2 folders deep", 3),
    (WalkLimits(folders=4), "stopped after 4 folders", 4),
    (WalkLimits(entries=3), "stopped after 3 files and folders", 1),
    (WalkLimits(artifacts=2), "stopped after 2 artifacts", 2),
    (WalkLimits(seconds=-1), "stopped after -1 s", 0),
]


@pytest.mark.parametrize(("limits", "note", "count"), LIMITS)
def test_every_limit_is_kept_and_said(
    tmp_path: Path, limits: WalkLimits, note: str, count: int
) -> None:
    """A logdir that is too deep, too large or too slow is cut short, nearest first, with a note."""
    folder = tmp_path
    for _ in range(5):
        write_checkpoint(folder, "ckpt")
        folder /= "deeper"
    snapshot = scan(tmp_path, limits)
    assert snapshot.note == f"The search {note}. Start on a smaller folder to see the rest."
    expected = ["/".join(["deeper"] * depth + ["ckpt"]) for depth in range(5)]
    assert sorted(paths(snapshot), key=len) == expected[:count]


def test_a_crowded_folder_is_looked_at_in_part(tmp_path: Path) -> None:
    """A folder with a million files must not fill the memory; the note names it."""
    for number in range(10):
        write_checkpoint(tmp_path / "crowd", f"ckpt-{number}")
    write_checkpoint(tmp_path / "other", "ckpt")
    catalog = catalog_of(tmp_path, WalkLimits(folder_entries=6))
    snapshot = catalog.scan()
    assert "other/ckpt" in paths(snapshot)
    assert 3 <= len(snapshot.artifacts) - 1 <= 6
    assert "crowd (more than 6 entries; the rest was not looked at)" in snapshot.note


@pytest.mark.parametrize("limits", [limits for limits, _, count in LIMITS if count])
def test_a_limit_holds_for_what_is_known_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: WalkLimits
) -> None:
    """The second search is cut short where the first was, and says so again."""
    folder = tmp_path
    for _ in range(5):
        write_checkpoint(folder, "ckpt")
        folder /= "deeper"
    settle(monkeypatch)
    catalog = catalog_of(tmp_path, limits)
    first, second = catalog.scan(), catalog.scan()
    assert second.artifacts is first.artifacts
    assert second.note == first.note
    assert second.folders == first.folders


def test_a_folder_looked_at_in_part_does_not_delete_the_rest(tmp_path: Path) -> None:
    """An artifact beyond the limit, because a new one came before it, is not deleted."""
    for name in ("b", "c", "d"):
        write_checkpoint(tmp_path, name)
    catalog = catalog_of(tmp_path, WalkLimits(artifacts=3))
    assert set(states(catalog.scan()).values()) == {"complete"}
    write_checkpoint(tmp_path, "a")
    snapshot = catalog.scan()
    assert "stopped after 3 artifacts" in snapshot.note
    assert states(snapshot) == dict.fromkeys("abcd", "complete")


def test_limits_that_are_just_met_are_not_noted(tmp_path: Path) -> None:
    """A tree that fits exactly is searched whole, and nobody is told to start elsewhere."""
    write_checkpoint(tmp_path / "a" / "b", "ckpt")
    limits = WalkLimits(depth=2, folders=3, artifacts=1, folder_entries=2)
    snapshot = scan(tmp_path, limits)
    assert (paths(snapshot), snapshot.note) == (["a/b/ckpt"], "")


def test_a_search_cut_short_does_not_call_the_rest_deleted(tmp_path: Path) -> None:
    """What a search did not reach is as it was, unless its files are gone."""
    for number in range(4):
        write_checkpoint(tmp_path / str(number), "ckpt")
    roots = [Root("", str(tmp_path))]
    catalog = Catalog(lambda: roots, WalkLimits(folders=5))
    assert set(states(catalog.scan()).values()) == {"complete"}
    for name in ("00", "01"):
        (tmp_path / name).mkdir()  # these come first, so 2 and 3 are not reached
    delete_checkpoint(tmp_path / "3", "ckpt")
    snapshot = catalog.scan()
    assert "stopped after 5 folders" in snapshot.note
    assert states(snapshot) == {
        "0/ckpt": "complete",
        "1/ckpt": "complete",
        "2/ckpt": "complete",
        "3/ckpt": "deleted",
    }


def test_a_deep_tree_ends(tmp_path: Path) -> None:
    """A chain of folders deeper than any path may be long is cut, not crashed into."""
    here = os.getcwd()
    os.chdir(tmp_path)
    try:
        for _ in range(60):
            os.mkdir("d" * 200)
            os.chdir("d" * 200)
        snapshot = scan(tmp_path)
        assert (
            "more than 32 folders deep" in snapshot.note or "could not be listed" in snapshot.note
        )
        assert scan(tmp_path, WalkLimits(depth=100)).note
    finally:
        os.chdir(here)
        shutil.rmtree(tmp_path / ("d" * 200))


def test_what_vanishes_between_listing_and_reading_is_not_listed(tmp_path: Path) -> None:
    """A checkpoint deleted right after its folder was listed is gone, not broken."""
    write_checkpoint(tmp_path, "ckpt")
    listing = list_folder(str(tmp_path), root=str(tmp_path))
    (candidate,) = recognise(listing)
    folder = LocalFolder(str(tmp_path), confine_to=str(tmp_path))
    delete_checkpoint(tmp_path, "ckpt")
    assert check_candidate(folder, listing, candidate) is None
    shutil.rmtree(tmp_path)
    assert check_candidate(folder, listing, candidate) is None


def test_what_changes_between_listing_and_reading_is_checked_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkpoint that was finished meanwhile has the state and the files of the whole."""
    (tmp_path / "ckpt.data-00000-of-00001").write_bytes(b"")
    listing = list_folder(str(tmp_path), root=str(tmp_path))
    (half,) = recognise(listing)
    write_checkpoint(tmp_path, "ckpt", age_s=9999)
    folder = LocalFolder(str(tmp_path), confine_to=str(tmp_path))
    checked = check_candidate(folder, listing, half)
    assert checked is not None
    assert checked[1].state == "complete"
    assert set(checked[0].files) == {f"ckpt{suffix}" for suffix in checkpoint_files()}
    monkeypatch.setattr(checking, "_TRIES", 1)
    checked = check_candidate(folder, listing, half)
    assert checked is not None
    assert checked[1].state != "complete"
    assert checked[0].files == half.files  # so that the next search sees that they changed


def test_a_search_that_takes_too_long_stops_between_two_artifacts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One folder with thousands of checkpoints on a slow disk must not outlast the time limit."""
    for number in range(5):
        write_checkpoint(tmp_path, f"ckpt-{number}")
    real = checking.check_artifact

    def check(folder: Folder, candidate: Candidate, *, now_s: float) -> Check | None:
        time.sleep(0.15)
        return real(folder, candidate, now_s=now_s)

    monkeypatch.setattr(checking, "check_artifact", check)
    snapshot = scan(tmp_path, WalkLimits(seconds=0.2))
    assert len(snapshot.artifacts) < 5
    assert "stopped after 0.2 s" in snapshot.note


def test_a_file_that_a_reader_cannot_bear_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug in a reader costs one artifact, which says so, not the whole list."""
    for name in ("a", "b", "c"):
        write_checkpoint(tmp_path, name)
    real = checking.check_artifact

    def check(folder: Folder, candidate: Candidate, *, now_s: float) -> Check | None:
        if candidate.name == "b":
            raise RecursionError("too deep")
        return real(folder, candidate, now_s=now_s)

    monkeypatch.setattr(checking, "check_artifact", check)
    snapshot = scan(tmp_path)
    assert states(snapshot) == {"a": "complete", "b": "broken", "c": "complete"}
    assert "RecursionError: too deep" in find(snapshot, "b").reason


@pytest.mark.parametrize(
    ("make", "note"),
    [
        (lambda path: None, ""),
        (lambda path: path.mkdir(), ""),
        (lambda path: path.write_bytes(b""), "logs is not a folder"),
        (lambda path: path.symlink_to("nowhere"), "logs is not a folder"),
        (lambda path: os.mkfifo(path), "logs is not a folder"),
    ],
)
def test_a_logdir_that_holds_nothing(tmp_path: Path, make: object, note: str) -> None:
    """Missing, empty, a file, a dead link, a pipe: an empty list, and a sentence if it is wrong."""
    make(tmp_path / "logs")  # type: ignore[operator]
    snapshot = scan(tmp_path / "logs")
    assert (snapshot.artifacts, snapshot.runs, snapshot.running) == ((), (), False)
    assert note in snapshot.note
    assert bool(note) == bool(snapshot.note)


def test_remote_roots_are_refused_in_words(tmp_path: Path) -> None:
    """`gs://` beside a local folder: the folder is searched, the note says what to do."""
    write_checkpoint(tmp_path, "ckpt")
    roots = (Root("", "gs://bucket/logs"), Root("b", str(tmp_path)))
    snapshot = Catalog(lambda: roots).scan()
    assert paths(snapshot) == ["ckpt"]
    assert snapshot.note.startswith("gs://bucket/logs cannot be read")
    assert snapshot.roots == ((roots[0], False), (roots[1], True))


def test_nothing_below_the_logdir_is_written(tmp_path: Path) -> None:
    """Searching and opening leave every name, content and time as it was."""
    write_events(tmp_path / "run")
    write_checkpoint(tmp_path / "run", "ckpt")
    write_saved_model(tmp_path / "model")
    (tmp_path / "bad.index").write_bytes(b"bad")

    def look() -> list[tuple[str, int, int, int]]:
        infos = ((path, path.lstat()) for path in (tmp_path, *sorted(tmp_path.rglob("*"))))
        return [(str(path), one.st_size, one.st_mtime_ns, one.st_ctime_ns) for path, one in infos]

    before = look()
    catalog = catalog_of(tmp_path)
    for found in catalog.scan().artifacts:
        catalog.parameters(found)
        if found.state == "complete":
            catalog.open(found.id)
    catalog.scan()
    assert look() == before
