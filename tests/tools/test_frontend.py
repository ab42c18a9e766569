"""The stamp, the comparison and the budgets of the front end's assets."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools import frontend


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "frontend"
    (folder / "src").mkdir(parents=True)
    (folder / "package-lock.json").write_text("{}")
    (folder / "src" / "index.tsx").write_text("render")
    return folder


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", "-").replace("_", ".")).write_text(content)
    return folder


def stamp_changes(folder: Path, path: str, content: str) -> bool:
    before = frontend.compute_stamp(folder)
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(content)
    return frontend.compute_stamp(folder) != before


@pytest.mark.parametrize("path", ["src/index.tsx", "src/new.ts", "package-lock.json", ".npmrc"])
def test_every_source_counts(sources: Path, path: str) -> None:
    """An edited or added source, the lock file among them, makes the assets stale."""
    assert stamp_changes(sources, path, "changed")


@pytest.mark.parametrize("path", ["node_modules/x/a.js", "coverage/a.html", "app.tsbuildinfo"])
def test_no_product_counts(sources: Path, path: str) -> None:
    """What tools leave behind does not make the assets stale."""
    assert not stamp_changes(sources, path, "changed")


def test_moved_bytes_count(sources: Path) -> None:
    """Names and contents are told apart: bytes moved from one to the other change the stamp."""
    before = frontend.compute_stamp(write(sources, ab_ts="c"))
    (sources / "ab.ts").unlink()
    assert frontend.compute_stamp(write(sources, a_ts="bc")) != before


def test_sources_are_what_git_tracks() -> None:
    """The stamp needs no git, and yet leaves out exactly what git ignores."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "frontend"]
    done = subprocess.run(command, cwd=frontend.ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    tracked = {frontend.ROOT / name for name in done.stdout.split("\0") if name}
    assert set(frontend.iter_inputs(frontend.SOURCES)) == {p for p in tracked if p.exists()}


def test_freshness_follows_the_stamp(sources: Path, tmp_path: Path) -> None:
    """Fresh with the right stamp, stale with another or none, fresh where there are no sources."""
    assets = write(tmp_path / "static", index_js="")
    assert not frontend.is_fresh(sources, assets)
    (assets / frontend.STAMP_NAME).write_text(frontend.compute_stamp(sources) + "\n")
    assert frontend.is_fresh(sources, assets)
    (sources / "src" / "index.tsx").write_text("edited")
    assert not frontend.is_fresh(sources, assets)
    assert frontend.is_fresh(tmp_path / "absent", assets)


def test_differences_are_named(tmp_path: Path) -> None:
    """Missing, left over and changed assets are each said by name; the stamp is no asset."""
    built = write(tmp_path / "built", index_js="1", new_js="2", same_js="3")
    committed = write(tmp_path / "committed", index_js="0", old_js="2", same_js="3", _stamp="x")
    assert frontend.find_differences(built, committed) == [
        "new.js is missing",
        "old.js is left over",
        "index.js differs",
    ]


def test_first_load_follows_static_imports() -> None:
    """The first load is the entry, app, Home and what they import statically, no lazy page."""
    files = {
        "index.js": b'import("app-1.js")',
        "app-1.js": b'import{a}from"./assets/shared-1.js";import("./assets/graph-1.js")',
        "assets/shared-1.js": b'import"./deep-1.js"',
        "assets/deep-1.js": b'import{b}from "../app-1.js"',
        "assets/Home-1.js": b'import {c} from "./shared-1.js";',
        "assets/graph-1.js": b"",
    }
    assert frontend.find_first_load(files) == files.keys() - {"assets/graph-1.js"}


@pytest.mark.parametrize("names", [["app-1.js"], ["app-1.js", "home-1.js", "home-2.js"]])
def test_first_chunks_are_known(names: list[str]) -> None:
    """A renamed or doubled Home chunk cannot slip out of the budget unseen."""
    with pytest.raises(SystemExit, match="Adapt tools/frontend.py"):
        frontend.find_first_load(dict.fromkeys(["index.js", *names], b""))


def test_budget_is_enforced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above a budget the check fails and names the largest file."""
    assets = write(tmp_path / "static", index_js="x" * 100, app__1_js="", home__1_js="")
    frontend.check_sizes(assets)
    monkeypatch.setattr(frontend, "EVERYTHING_BUDGET", 10)
    with pytest.raises(SystemExit, match=r"index\.js"):
        frontend.check_sizes(assets)


def test_lock_is_completed() -> None:
    """A build for another platform that the registry did not offer gets an entry all the same."""
    tool = {
        "version": "2.0",
        "optionalDependencies": {"@x/a-linux-x64": "2.0", "@x/a-darwin-arm64": "2.0"},
    }
    packages = {
        "": {},
        "node_modules/tool": tool,
        "node_modules/@x/a-linux-x64": {"version": "2.0"},
    }
    completed = frontend.complete_lock(packages)
    added = {"version": "2.0", "optional": True, "os": ["darwin"], "cpu": ["arm64"]}
    assert completed == {**packages, "node_modules/@x/a-darwin-arm64": added}
    assert list(completed) == sorted(completed)
