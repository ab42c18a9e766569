"""The catalog: what is listed, in which state and order, and what a second search costs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tensorboard_plugin_modelinspect.discovery import Catalog, Root, resolve_roots
from tensorboard_plugin_modelinspect.errors import NotFound
from tensorboard_plugin_modelinspect.formats import reader
from tensorboard_plugin_modelinspect.sources.walk import trusted_device
from tests.discovery.trees import (
    catalog_of,
    checkpoint_files,
    delete_checkpoint,
    find,
    paths,
    saved_model_files,
    scan,
    settle,
    states,
    watch,
    write_checkpoint,
    write_events,
    write_saved_model,
)
from tests.support.corpus import ROOT, recorded


def test_lists_what_there_is(tmp_path: Path) -> None:
    """A SavedModel, and a checkpoint with all that is known of it without opening it again."""
    write_events(tmp_path / "run")
    write_checkpoint(tmp_path / "run" / "ckpt", "model-7", step=700)
    write_saved_model(tmp_path / "export" / "1")
    snapshot = scan(tmp_path)
    checkpoint, saved_model = snapshot.artifacts
    assert (checkpoint.kind, checkpoint.path, checkpoint.run) == (
        "checkpoint",
        "run/ckpt/model-7",
        "run",
    )
    assert (checkpoint.state, checkpoint.reason) == ("complete", "")
    assert (checkpoint.step, checkpoint.series) == (700, "run/ckpt/model")
    assert checkpoint.nbytes == sum(map(len, checkpoint_files(700).values()))
    files = (tmp_path / "run" / "ckpt").iterdir()
    assert checkpoint.mtime_s == max(path.stat().st_mtime_ns for path in files) / 1e9
    assert (saved_model.kind, saved_model.path, saved_model.run) == (
        "saved_model",
        "export/1",
        None,
    )
    assert (saved_model.step, saved_model.series) == (None, None)
    assert saved_model.nbytes == sum(map(len, saved_model_files().values()))
    assert (snapshot.generation, snapshot.running, snapshot.note) == (1, False, "")
    assert snapshot.runs == ("run",)
    assert snapshot.roots == ((Root("", str(tmp_path)), True),)
    assert snapshot.folders == 6


def test_lists_every_artifact_of_the_fixtures() -> None:
    """Each model that TensorFlow wrote, in any of its ways, is found, and is complete."""
    found = states(scan(ROOT))
    written = [
        one
        for one in recorded(state="complete")
        if not one.id.startswith(("broken/", "hostile_", "v1_format/"))
    ]
    assert len(written) > 20
    assert {one.id: found[one.id] for one in written} == dict.fromkeys(
        (one.id for one in written), "complete"
    )


@pytest.mark.parametrize("at_root", [True, False])
def test_the_root_itself_may_be_a_model(tmp_path: Path, *, at_root: bool) -> None:
    """A logdir that is a SavedModel is listed as `.`, and opens."""
    write_saved_model(tmp_path if at_root else tmp_path / "a")
    catalog = catalog_of(tmp_path)
    (found,) = catalog.scan().artifacts
    assert found.path == ("." if at_root else "a")
    assert catalog.open(found.id).kind == "saved_model"
    assert catalog.parameters(found) == (6, 2)


def test_what_belongs_to_a_saved_model_is_not_listed_again(tmp_path: Path) -> None:
    """The bundle in `variables`, and whatever lies in `assets`, are parts, not artifacts."""
    write_saved_model(tmp_path / "model")
    write_checkpoint(tmp_path / "model" / "assets", "ckpt-1")
    write_checkpoint(tmp_path / "model" / "assets" / "deep", "ckpt-1")
    write_checkpoint(tmp_path / "model" / "mine", "ckpt-1")
    assert paths(scan(tmp_path)) == ["model", "model/mine/ckpt-1"]


def test_a_bundle_becomes_part_of_the_export_it_was_written_for(tmp_path: Path) -> None:
    """Variables come before `saved_model.pb`: a search in between lists them, and a later one not.

    They are not deleted either, since they are still there.
    """
    export = tmp_path / "export"
    write_saved_model(export)
    protobuf = (export / "saved_model.pb").read_bytes()
    (export / "saved_model.pb").unlink()
    catalog = catalog_of(tmp_path)
    assert paths(catalog.scan()) == ["export/variables/variables"]
    (export / "saved_model.pb").write_bytes(protobuf)
    assert states(catalog.scan()) == {"export": "complete"}
    assert states(catalog.scan()) == {"export": "complete"}


def test_order_is_root_run_series_step(tmp_path: Path) -> None:
    """Roots as given; runs and paths by the numbers in them; a series by its stored steps."""
    for run in ("run10", "run9"):
        write_events(tmp_path / "x" / run)
        for number in (10, 9):
            write_checkpoint(tmp_path / "x" / run, f"ckpt-{number}")
    write_checkpoint(tmp_path / "x" / "run9", "late-1", step=200)
    write_checkpoint(tmp_path / "x" / "run9", "late-2", step=100)
    write_checkpoint(tmp_path / "x" / "a", "no_run")
    write_checkpoint(tmp_path / "w", "other_root")
    roots = resolve_roots("", f"b:{tmp_path / 'x'},a:{tmp_path / 'w'}")
    assert paths(Catalog(lambda: roots).scan()) == [
        "run9/ckpt-9",
        "run9/ckpt-10",
        "run9/late-2",
        "run9/late-1",
        "run10/ckpt-9",
        "run10/ckpt-10",
        "a/no_run",
        "other_root",
    ]


def test_ids_survive_a_restart_and_tell_roots_apart(tmp_path: Path) -> None:
    """Deep links hold: an id depends on root name, kind and path, not on when or where."""
    write_saved_model(tmp_path / "a" / "m")
    write_checkpoint(tmp_path / "a", "m")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    spec = f"{tmp_path}/a,{tmp_path}/b,n:{tmp_path}/c,n:{tmp_path}/d"
    shutil.copytree(tmp_path / "a", tmp_path / "c")
    shutil.copytree(tmp_path / "a", tmp_path / "d")
    ids = [found.id for found in Catalog(lambda: resolve_roots("", spec)).scan().artifacts]
    assert len(set(ids)) == 8
    assert all(re.fullmatch("[0-9a-f]{12}", one) for one in ids)
    assert ids == [found.id for found in Catalog(lambda: resolve_roots("", spec)).scan().artifacts]
    (tmp_path / "a").rename(tmp_path / "moved")
    assert [found.id for found in scan(tmp_path / "moved").artifacts] == ids[:2]


def test_a_series_stays_within_its_root(tmp_path: Path) -> None:
    """Checkpoints of the same name in two roots are two series."""
    write_checkpoint(tmp_path / "a", "ckpt-1")
    write_checkpoint(tmp_path / "b", "ckpt-1")
    roots = resolve_roots("", f"{tmp_path}/a,{tmp_path}/b")
    one, other = Catalog(lambda: roots).scan().artifacts
    assert one.series != other.series


def test_nothing_is_opened_again_while_files_stay_the_same(tmp_path: Path) -> None:
    """A search again reads no file that it read before, whatever was found in it."""
    write_checkpoint(tmp_path, "ckpt-1")
    write_saved_model(tmp_path / "model")
    (tmp_path / "bad.index").write_bytes(b"garbage")
    os.utime(tmp_path / "bad.index", (1, 1))
    (tmp_path / "left.index.tempstate1").write_bytes(b"left over")
    os.utime(tmp_path / "left.index.tempstate1", (1, 1))
    catalog = catalog_of(tmp_path)
    with watch(tmp_path) as first:
        before = catalog.scan()
    assert states(before) == {"bad": "broken", "ckpt-1": "complete", "model": "complete"}
    assert len(first.opened) > 3
    with watch(tmp_path) as second:
        after = catalog.scan()
    assert second.opened == []
    assert after.artifacts is before.artifacts
    assert (after.generation, after.folders) == (2, before.folders)


def test_names_are_not_listed_again_where_no_name_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In folders that are older than two seconds a search asks for times only."""
    write_checkpoint(tmp_path / "a", "ckpt-1")
    write_saved_model(tmp_path / "b")
    settle(monkeypatch)
    catalog = catalog_of(tmp_path)
    before = catalog.scan()
    write_checkpoint(tmp_path / "a", "ckpt-2")
    with watch(tmp_path) as touched:
        after = catalog.scan()
    if trusted_device(str(tmp_path)) is not None:
        assert set(touched.listed) == {str(tmp_path / "a")}
    assert paths(after) == ["a/ckpt-1", "a/ckpt-2", "b"]
    assert find(after, "b") is find(before, "b")
    assert find(after, "a/ckpt-1") is find(before, "a/ckpt-1")


def test_searching_imports_neither_numpy_nor_tensorflow() -> None:
    """The list is there before the libraries that values need: `ls` starts in a blink."""
    code = (
        "import sys\n"
        "from tensorboard_plugin_modelinspect.discovery import Catalog, resolve_roots\n"
        "catalog = Catalog(lambda: resolve_roots(sys.argv[1]))\n"
        "assert [catalog.parameters(found) for found in catalog.scan().artifacts]\n"
        "print({'numpy', 'tensorflow', 'werkzeug'} & set(sys.modules))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(ROOT)],
        cwd=ROOT.parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == "set()"


@pytest.mark.parametrize("is_settled", [True, False])
def test_every_change_of_a_file_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_settled: bool
) -> None:
    """New size, new time, another file of the same size and time: each is checked again."""
    write_checkpoint(tmp_path / "a", "ckpt", age_s=9999)
    write_saved_model(tmp_path / "b", age_s=9999)
    if is_settled:
        settle(monkeypatch)
    catalog = catalog_of(tmp_path)
    assert set(states(catalog.scan()).values()) == {"complete"}
    index = tmp_path / "a" / "ckpt.index"
    good = index.read_bytes()

    def write_in_place(data: bytes, mtime_ns: int) -> None:
        with open(index, "r+b") as file:
            file.truncate()
            file.write(data)
        os.utime(index, ns=(mtime_ns, mtime_ns))

    write_in_place(b"x" * len(good), 10**18)
    assert states(catalog.scan())["a/ckpt"] == "broken"
    write_in_place(good, 10**18 + 1)
    assert states(catalog.scan())["a/ckpt"] == "complete"
    write_in_place(good[:20], 10**18 + 1)
    assert states(catalog.scan())["a/ckpt"] == "broken"
    other = tmp_path / "other"
    other.write_bytes(good[:19] + b"!")
    os.utime(other, ns=(10**18 + 1, 10**18 + 1))
    before = find(catalog.scan(), "a/ckpt")
    other.rename(index)
    assert find(catalog.scan(), "a/ckpt") is not before
    for change in (
        lambda: (tmp_path / "b" / "variables" / "variables.data-00000-of-00001").write_bytes(b""),
        lambda: (tmp_path / "b" / "variables" / "variables.index").unlink(),
        lambda: (tmp_path / "b" / "saved_model.pb").write_bytes(b""),
    ):
        before = find(catalog.scan(), "b")
        change()
        after = find(catalog.scan(), "b")
        assert after.state != "complete"
        assert after is not before


def test_a_checkpoint_being_written_is_followed_to_its_end(tmp_path: Path) -> None:
    """Data first, then an index that grows: `writing` until it is whole."""
    files = checkpoint_files(5)
    index, data = files[".index"], files[".data-00000-of-00001"]
    catalog = catalog_of(tmp_path)
    (tmp_path / "ckpt-5_temp").mkdir()
    (tmp_path / "ckpt-5_temp" / "part-00000-of-00001.data-00000-of-00001.tempstate1").write_bytes(
        b""
    )
    assert states(catalog.scan()) == {"ckpt-5": "writing"}
    (tmp_path / "ckpt-5.data-00000-of-00001").write_bytes(data)
    shutil.rmtree(tmp_path / "ckpt-5_temp")
    assert states(catalog.scan()) == {"ckpt-5": "writing"}
    for part in (b"", index[: len(index) // 2]):
        (tmp_path / "ckpt-5.index").write_bytes(part)
        (found,) = catalog.scan().artifacts
        assert (found.state, found.step) == ("writing", 5)
        assert "Reload" in found.reason
    (tmp_path / "ckpt-5.index").write_bytes(index)
    (found,) = catalog.scan().artifacts
    assert (found.state, found.reason, found.step) == ("complete", "", 5)


@pytest.mark.parametrize("is_settled", [True, False])
def test_what_was_being_written_and_never_ended_is_checked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_settled: bool
) -> None:
    """`writing` depends on the clock too: with no change at all the state becomes another one."""
    (tmp_path / "ckpt.data-00000-of-00001").write_bytes(b"1234")
    if is_settled:
        settle(monkeypatch)
    catalog = catalog_of(tmp_path)
    assert states(catalog.scan()) == {"ckpt": "writing"}
    monkeypatch.setattr(reader, "FRESH_S", 0)  # as if a minute had passed
    assert states(catalog.scan()) == {"ckpt": "partial"}


def test_a_model_whose_main_file_is_gone_is_deleted(tmp_path: Path) -> None:
    """Files that are left over do not keep an artifact alive that is no longer one."""
    write_saved_model(tmp_path / "model")
    catalog = catalog_of(tmp_path)
    catalog.scan()
    (tmp_path / "model" / "saved_model.pb").unlink()
    assert find(catalog.scan(), "model").state == "deleted"


@pytest.mark.parametrize("is_settled", [True, False])
def test_a_run_that_begins_later_takes_in_what_is_below_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_settled: bool
) -> None:
    """The first event file often comes after the first checkpoint, and may go again."""
    write_checkpoint(tmp_path / "run" / "ckpt", "deep")
    write_checkpoint(tmp_path / "run", "flat")
    if is_settled:
        settle(monkeypatch)
    catalog = catalog_of(tmp_path)
    assert {found.run for found in catalog.scan().artifacts} == {None}
    write_events(tmp_path / "run")
    snapshot = catalog.scan()
    assert {found.run for found in snapshot.artifacts} == {"run"}
    assert snapshot.runs == ("run",)
    write_events(tmp_path / "run" / "ckpt")
    assert {found.path: found.run for found in catalog.scan().artifacts} == {
        "run/ckpt/deep": "run/ckpt",
        "run/flat": "run",
    }
    for folder in ("run", "run/ckpt"):
        for path in (tmp_path / folder).glob("events*"):
            path.unlink()
    snapshot = catalog.scan()
    assert {found.run for found in snapshot.artifacts} == {None}
    assert snapshot.runs == ()


def test_few_listings_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond so many names folders are listed each time: slower, but in bounded memory."""
    monkeypatch.setattr("tensorboard_plugin_modelinspect.discovery.search._MOST_KEPT", 4)
    for name in ("a", "b", "c"):
        write_checkpoint(tmp_path / name, "ckpt")
    settle(monkeypatch)
    catalog = catalog_of(tmp_path)
    before = catalog.scan()
    with watch(tmp_path) as touched:
        assert catalog.scan().artifacts is before.artifacts
    assert {os.path.basename(path) for path in touched.listed} >= {"a", "b", "c"}


def test_the_deleted_stay_listed_until_they_are_back(tmp_path: Path) -> None:
    """What is gone stays in its place with what was known, cannot be opened, and may come back."""
    for number in (1, 2, 3):
        write_checkpoint(tmp_path / "run", f"ckpt-{number}")
    write_saved_model(tmp_path / "model")
    catalog = catalog_of(tmp_path)
    before = find(catalog.scan(), "run/ckpt-2")
    delete_checkpoint(tmp_path / "run", "ckpt-2")
    shutil.rmtree(tmp_path / "model")
    snapshot = catalog.scan()
    assert states(snapshot) == {
        "model": "deleted",
        "run/ckpt-1": "complete",
        "run/ckpt-2": "deleted",
        "run/ckpt-3": "complete",
    }
    gone = find(snapshot, "run/ckpt-2")
    assert re.fullmatch(r"Deleted since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, when .+\.", gone.reason)
    assert (gone.id, gone.step, gone.nbytes) == (before.id, 2, before.nbytes)
    assert catalog.get(gone.id) is gone
    assert catalog.parameters(gone) is None
    with pytest.raises(NotFound, match="run/ckpt-2: Deleted since"):
        catalog.open(gone.id)
    assert find(catalog.scan(), "run/ckpt-2") is gone  # the time does not move on
    write_checkpoint(tmp_path / "run", "ckpt-2")
    back = find(catalog.scan(), "run/ckpt-2")
    assert (back.id, back.state, back.reason) == (before.id, "complete", "")
    assert catalog.open(back.id).tensors


def test_the_deleted_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that keeps three checkpoints and makes thousands must not fill the memory."""
    monkeypatch.setattr("tensorboard_plugin_modelinspect.discovery.scanner._MOST_DELETED", 3)
    catalog = catalog_of(tmp_path)
    for number in range(1, 7):
        write_checkpoint(tmp_path, f"ckpt-{number}")
        catalog.scan()
        delete_checkpoint(tmp_path, f"ckpt-{number}")
    assert paths(catalog.scan()) == ["ckpt-4", "ckpt-5", "ckpt-6"]
    write_checkpoint(tmp_path, "ckpt-4")
    catalog.scan()
    delete_checkpoint(tmp_path, "ckpt-4")
    catalog.scan()
    write_checkpoint(tmp_path, "ckpt-7")
    catalog.scan()
    delete_checkpoint(tmp_path, "ckpt-7")
    assert paths(catalog.scan()) == ["ckpt-4", "ckpt-6", "ckpt-7"]  # 4 was deleted after 5


def test_roots_are_resolved_for_each_search(tmp_path: Path) -> None:
    """A logdir that is made, moved or replaced after the start is found by the next search."""
    (tmp_path / "one").mkdir()
    roots = [Root("", str(tmp_path / "one")), Root("n", str(tmp_path / "later"))]
    catalog = Catalog(lambda: roots)
    assert catalog.scan().roots == ((roots[0], True), (roots[1], False))
    write_checkpoint(tmp_path / "later", "ckpt")
    snapshot = catalog.scan()
    assert (paths(snapshot), snapshot.roots[1][1]) == (["ckpt"], True)
    roots[1:] = []
    assert paths(catalog.scan()) == []  # no longer searched is not deleted
    roots[:] = [Root("", str(tmp_path))]
    assert paths(catalog.scan()) == ["later/ckpt"]


def test_a_root_that_vanishes_and_returns(tmp_path: Path) -> None:
    """An unmounted logdir: everything deleted, nothing crashes; mounted again all is back."""
    write_checkpoint(tmp_path / "logs", "ckpt")
    catalog = catalog_of(tmp_path / "logs")
    catalog.scan()
    (tmp_path / "logs").rename(tmp_path / "away")
    snapshot = catalog.scan()
    assert states(snapshot) == {"ckpt": "deleted"}
    assert snapshot.roots[0][1] is False
    (tmp_path / "away").rename(tmp_path / "logs")
    assert states(catalog.scan()) == {"ckpt": "complete"}


def test_the_deleted_stay_in_their_root(tmp_path: Path) -> None:
    """With several roots each lists what was deleted in it, once."""
    for name in ("a", "b"):
        write_checkpoint(tmp_path / name, "ckpt")
    roots = resolve_roots("", f"a:{tmp_path}/a,b:{tmp_path}/b")
    catalog = Catalog(lambda: roots)
    catalog.scan()
    delete_checkpoint(tmp_path / "b", "ckpt")
    assert [(found.root.name, found.state) for found in catalog.scan().artifacts] == [
        ("a", "complete"),
        ("b", "deleted"),
    ]


def test_a_root_that_is_a_link_may_lead_elsewhere_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`logs -> today`: what lies behind the link now is listed, though the names are the same."""
    write_checkpoint(tmp_path / "one", "ckpt", size=2)
    write_checkpoint(tmp_path / "two", "ckpt", size=3)
    (tmp_path / "logs").symlink_to("one")
    settle(monkeypatch)
    catalog = catalog_of(tmp_path / "logs")
    (before,) = catalog.scan().artifacts
    assert catalog.parameters(before) == (2, 1)
    (tmp_path / "logs").unlink()
    (tmp_path / "logs").symlink_to("two")
    (after,) = catalog.scan().artifacts
    assert after.folder == str(tmp_path / "two")
    assert after.id == before.id
    assert catalog.parameters(after) == (3, 1)
    assert catalog.open(after.id).tensors["w"].shape == (3,)


def test_the_same_files_in_another_folder_are_opened_there(tmp_path: Path) -> None:
    """Hard links: nothing about the files tells the folders apart, yet only one is there still."""
    write_checkpoint(tmp_path / "one", "ckpt")
    (tmp_path / "two").mkdir()
    for path in (tmp_path / "one").iterdir():
        (tmp_path / "two" / path.name).hardlink_to(path)
    (tmp_path / "logs").symlink_to("one")
    catalog = catalog_of(tmp_path / "logs")
    catalog.scan()
    (tmp_path / "logs").unlink()
    (tmp_path / "logs").symlink_to("two")
    shutil.rmtree(tmp_path / "one")
    (found,) = catalog.scan().artifacts
    assert catalog.open(found.id).tensors


def test_overlapping_roots_list_an_artifact_under_each(tmp_path: Path) -> None:
    """`a:/x,b:/x/sub`, as TensorBoard does with the runs in it."""
    write_checkpoint(tmp_path / "sub", "ckpt")
    write_events(tmp_path / "sub")
    roots = resolve_roots("", f"a:{tmp_path},b:{tmp_path}/sub")
    snapshot = Catalog(lambda: roots).scan()
    assert [(found.root.name, found.path, found.run) for found in snapshot.artifacts] == [
        ("a", "sub/ckpt", "a/sub"),
        ("b", "ckpt", "b/."),
    ]


def test_a_search_says_how_far_it_is(tmp_path: Path) -> None:
    """Progress ends with the totals of the search."""
    for number in range(3):
        write_checkpoint(tmp_path / str(number), "ckpt")
    seen: list[tuple[int, int]] = []
    catalog_of(tmp_path).scan(progress=lambda *counts: seen.append(counts))
    assert seen[-1] == (4, 3)
