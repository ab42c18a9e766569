"""The walk: what it lists, what it may skip on the second time, and where it stops."""

from __future__ import annotations

import os
import sys
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest

from tensorboard_plugin_modelinspect.sources import walk
from tensorboard_plugin_modelinspect.sources.base import FileStat
from tensorboard_plugin_modelinspect.sources.walk import (
    Budget,
    Listing,
    Walk,
    WalkLimits,
    list_folder,
    relist_folder,
    trusted_device,
)

linux_only = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux tells what to trust"
)


def make_tree(root: Path, *names: str) -> None:
    """Make files; a name that ends in `/` is a folder."""
    for name in names:
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(name.encode())


def walk_all(root: Path, limits: WalkLimits, hidden: str = "") -> tuple[list[str], Budget]:
    """Relpaths in the order of the walk, and what it spent; folders named `hidden` are left out."""
    budget = Budget(limits)
    seen: list[str] = []

    def visit(listing: Listing) -> Sequence[str]:
        seen.append(listing.relpath)
        return [name for name in listing.folders if name != hidden and name not in listing.links]

    Walk(str(root), budget, lambda relpath: None).run(visit)
    return seen, budget


def settled(path: Path, monkeypatch: pytest.MonkeyPatch) -> Listing:
    """A listing that may be used again, as if the folder had been left alone for seconds."""
    monkeypatch.setattr(walk, "_SETTLED_NS", -1)
    listing = list_folder(str(path), root=str(path), device=os.stat(path).st_dev)
    assert listing.stamp is not None
    return listing


def test_lists_files_with_their_stats_and_folders_by_name(tmp_path: Path) -> None:
    """Sizes, times and inodes as `os.stat` gives them; folders sorted; nothing hidden."""
    make_tree(tmp_path, "b/", "a/", "file", ".dot", "a/below")
    listing = list_folder(str(tmp_path), "rel")
    info = (tmp_path / "file").stat()
    assert listing.files["file"] == FileStat(4, info.st_mtime_ns, info.st_ino)
    assert set(listing.files) == {"file", ".dot"}
    assert (listing.path, listing.relpath) == (str(tmp_path), "rel")
    assert (listing.folders, listing.others, listing.problem) == (("a", "b"), (), "")


def test_links_are_files_and_folders_only_below_the_root(tmp_path: Path) -> None:
    """A link counts as what it leads to, with that one's stat; outside it is a mere name."""
    root = tmp_path / "root"
    make_tree(root, "store/file", "here/")
    make_tree(tmp_path, "root-too/file")
    for name, target in {
        "file": "../store/file",
        "folder": "../store",
        "up": "..",
        "out": "../../root-too",
        "out_file": "../../root-too/file",
        "dead": "nothing",
        "loop": "loop",
    }.items():
        (root / "here" / name).symlink_to(target)
    os.mkfifo(root / "here" / "pipe")
    listing = list_folder(str(root / "here"), root=str(root))
    info = (root / "store" / "file").stat()
    assert listing.files == {"file": FileStat(info.st_size, info.st_mtime_ns, info.st_ino)}
    assert (listing.folders, listing.links) == (("folder", "up"), {"folder", "up"})
    assert set(listing.others) == {"out", "out_file", "dead", "loop", "pipe"}
    assert set(listing.outside) == {"out", "out_file"}
    free = list_folder(str(root / "here"))
    assert set(free.files) == {"file", "out_file"}
    assert free.outside == ()


@pytest.mark.parametrize("name", ["missing", "file"])
def test_what_cannot_be_listed_is_a_problem_not_an_exception(tmp_path: Path, name: str) -> None:
    """A folder that is gone, or that is a file by now, is an empty listing that says why."""
    make_tree(tmp_path, "file")
    listing = list_folder(str(tmp_path / name))
    assert (listing.files, listing.folders) == ({}, ())
    assert listing.problem in ("no such file or directory", "not a directory")


def test_a_crowded_folder_costs_bounded_memory(tmp_path: Path) -> None:
    """Only so many entries are looked at, and the listing says that there are more."""
    for number in range(3000):
        (tmp_path / str(number)).touch()
    tracemalloc.start()
    listing = list_folder(str(tmp_path), most=100)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(listing.files) == 100
    assert listing.problem.startswith("more than 100 entries")
    assert peak < 200_000
    assert list_folder(str(tmp_path), most=3000).problem == ""


@linux_only
def test_an_unchanged_folder_is_the_same_listing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing changed: the very same object, so that all that follows from it can be kept."""
    make_tree(tmp_path, "file", "folder/")
    listing = settled(tmp_path, monkeypatch)
    (tmp_path / "folder" / "deeper").touch()  # not of this folder
    assert relist_folder(listing) is listing


@linux_only
def test_a_file_written_in_place_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file's size or time changes without a trace in its folder."""
    make_tree(tmp_path, "one", "two", "three")
    listing = settled(tmp_path, monkeypatch)
    with open(tmp_path / "one", "ab") as file:
        file.write(b"more")
    os.utime(tmp_path / "two", (1, 1))
    again = relist_folder(listing)
    assert again is not None
    assert again.files["one"].nbytes == 7
    assert again.files["two"].mtime_ns == 1_000_000_000
    assert again.files["three"] is listing.files["three"]
    assert again._replace(files=listing.files) == listing


@linux_only
@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "new").touch(),
        lambda root: (root / "new").mkdir(),
        lambda root: (root / "new").symlink_to("file"),
        lambda root: (root / "file").unlink(),
        lambda root: (root / "file").rename(root / "renamed"),
        lambda root: (root / "folder").rmdir(),
        lambda root: ((root / "same").write_bytes(b"FILE"), (root / "same").rename(root / "file")),
        lambda root: root.chmod(0o755 if root.stat().st_mode & 0o777 != 0o755 else 0o700),
        lambda root: (root.rename(root.parent / "away"), root.mkdir()),
        lambda root: root.rename(root.parent / "away"),
    ],
)
@pytest.mark.parametrize("times_back", [False, True])
def test_a_changed_folder_is_listed_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: object, *, times_back: bool
) -> None:
    """Any change of a name shows, also if the folder's time is set back as rsync and tar do."""
    root = tmp_path / "root"
    make_tree(root, "file", "folder/")
    before = root.stat()
    listing = settled(root, monkeypatch)
    change(root)  # type: ignore[operator]
    if times_back and root.exists():
        os.utime(root, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert relist_folder(listing) is None


@linux_only
def test_a_young_folder_has_no_stamp(tmp_path: Path) -> None:
    """Its next change may fall into the same tick of the clock and show nowhere."""
    make_tree(tmp_path, "file")
    listing = list_folder(str(tmp_path), device=os.stat(tmp_path).st_dev)
    assert listing.stamp is None
    assert relist_folder(listing) is None


@linux_only
def test_a_folder_with_a_link_has_no_stamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a link leads changes elsewhere: such a folder is listed each time."""
    monkeypatch.setattr(walk, "_SETTLED_NS", -1)
    make_tree(tmp_path, "file")
    (tmp_path / "link").symlink_to("file")
    device = os.stat(tmp_path).st_dev
    assert list_folder(str(tmp_path), device=device).stamp is None


@linux_only
def test_a_large_listing_has_no_stamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of thousands of files is not kept in memory to save a little time."""
    monkeypatch.setattr(walk, "_SETTLED_NS", -1)
    monkeypatch.setattr(walk, "_LARGEST_KEPT", 2)
    device = os.stat(tmp_path).st_dev
    make_tree(tmp_path, "a", "b/")
    assert list_folder(str(tmp_path), device=device).stamp is not None
    make_tree(tmp_path, "c")
    assert list_folder(str(tmp_path), device=device).stamp is None


@linux_only
def test_a_listing_with_a_problem_has_no_stamp(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be listed whole is tried again, and its problem is said again."""
    monkeypatch.setattr(walk, "_SETTLED_NS", -1)
    make_tree(tmp_path, "a", "b", "c")
    listing = list_folder(str(tmp_path), most=2, device=os.stat(tmp_path).st_dev)
    assert listing.problem
    assert listing.stamp is None


@linux_only
def test_a_folder_on_another_file_system_has_no_stamp(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mount below the root may be of a kind whose times say nothing."""
    monkeypatch.setattr(walk, "_SETTLED_NS", -1)
    assert list_folder(str(tmp_path), device=os.stat(tmp_path).st_dev + 1).stamp is None
    assert list_folder(str(tmp_path), device=None).stamp is None


MOUNTS = r"""
22 1 0:20 / / rw,relatime shared:1 - ext4 /dev/root rw
23 22 0:21 / /data rw,relatime shared:2 - fuse.gcsfuse bucket rw
24 23 0:22 / /data/fast rw - xfs /dev/sdb rw
25 22 0:23 / /with\040space rw - nfs4 server:/ rw
26 22 0:24 / /twice rw - tmpfs tmpfs rw
27 22 0:25 / /twice rw - 9p host rw
28 22 0:26 / /data-too rw master:3 propagate_from:2 - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/home/logs", "ext4"),
        ("/data", "fuse.gcsfuse"),
        ("/data/logs", "fuse.gcsfuse"),
        ("/data/fast/logs", "xfs"),
        ("/data-too/x", "tmpfs"),
        ("/database", "ext4"),
        ("/with space/logs", "nfs4"),
        ("/twice/logs", "9p"),
    ],
)
def test_the_file_system_is_that_of_the_nearest_mount(path: str, kind: str) -> None:
    """The last mount on the longest point above a path decides, as proc(5) describes the table."""
    assert walk.file_system(path, MOUNTS.strip().splitlines()) == kind


@linux_only
def test_only_known_file_systems_are_trusted(tmp_path: Path) -> None:
    """`/proc` and what does not exist are listed by name each time."""
    assert trusted_device("/proc") is None
    assert trusted_device(str(tmp_path / "missing")) is None
    assert trusted_device(str(tmp_path)) in (None, os.stat(tmp_path).st_dev)


def test_walks_nearest_first_and_not_into_what_is_hidden(tmp_path: Path) -> None:
    """If a limit cuts the walk short, what is near has been seen; folders come sorted."""
    make_tree(tmp_path, "b/x/", "a/y/z/", "a/hidden/deep/", "c")
    seen, budget = walk_all(tmp_path, WalkLimits(), hidden="hidden")
    assert seen == ["", "a", "b", "a/y", "b/x", "a/y/z"]
    assert (budget.folders, budget.reasons, budget.is_spent) == (6, [], False)


def test_a_budget_is_shared_by_several_roots(tmp_path: Path) -> None:
    """Limits hold for a search, not for each root of it."""
    make_tree(tmp_path, "one/a/", "other/a/")
    budget = Budget(WalkLimits(folders=3))
    seen: list[str] = []

    def visit(listing: Listing) -> Sequence[str]:
        seen.append(listing.path)
        return listing.folders

    for name in ("one", "other"):
        Walk(str(tmp_path / name), budget, lambda relpath: None).run(visit)
    assert seen == [str(tmp_path / name) for name in ("one", "one/a", "other")]
    assert budget.reasons == ["stopped after 3 folders"]


def test_what_cannot_be_visited_is_not_queued(tmp_path: Path) -> None:
    """Folders with very many sub-folders cost no more memory than may be visited."""
    for number in range(20):
        for below in range(100):
            (tmp_path / f"{number:02}" / f"{below:03}").mkdir(parents=True)
    tracemalloc.start()
    seen, budget = walk_all(tmp_path, WalkLimits(folders=22))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seen == ["", *(f"{number:02}" for number in range(20)), "00/000"]
    assert budget.reasons == ["stopped after 22 folders"]
    assert peak < 50_000


def test_a_walk_of_the_root_folder_has_clean_paths() -> None:
    """Below `/` paths have one slash, so that they are below it by comparison too."""
    budget = Budget(WalkLimits(depth=1, folders=3))
    seen: list[str] = []

    def visit(listing: Listing) -> Sequence[str]:
        seen.append(listing.path)
        return [name for name in listing.folders if name not in listing.links]

    Walk("/", budget, lambda relpath: None).run(visit)
    assert seen[0] == "/"
    assert all(path.count("/") == 1 for path in seen)
