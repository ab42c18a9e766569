"""What the wheel and the source archive hold, and that each stands alone."""

from __future__ import annotations

import configparser
import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from tools import frontend

# One worker builds for all of these.
pytestmark = pytest.mark.xdist_group("packaging")

ROOT = frontend.ROOT
PACKAGE = "tensorboard_plugin_modelinspect"
KERNEL = PurePosixPath(PACKAGE, "analyses", "stats", "_kernel")
SOURCE_FOLDERS = (
    PACKAGE,
    "benchmarks",
    "changes",
    "demo",
    "docs",
    "frontend",
    "requirements",
    "tests",
    "tools",
)
SOURCE_FILES = ("LICENSE", "MANIFEST.in", "Makefile", "README.md", "pyproject.toml", "setup.py")


def list_source_files() -> set[PurePosixPath]:
    """Every file of the project, as git would have it; relative to its root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    names = {PurePosixPath(name) for name in done.stdout.split("\0") if name}
    return {name for name in names if (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project as a fresh clone has it."""
    folder = tmp_path_factory.mktemp("packaging") / "tree"
    for name in list_source_files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def built(tree: Path) -> Path:
    """A folder with the archive built from a clone, and the wheel built from that archive.

    Without isolation, so that nothing is fetched: the environment has the same setuptools.
    """
    if not frontend.is_fresh():
        pytest.fail("The assets are older than frontend/: run `make frontend`.", pytrace=False)
    folder = tree.parent / "dist"
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(tree)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def wheel_names(wheel: Path) -> set[PurePosixPath]:
    with zipfile.ZipFile(wheel) as archive:
        return {PurePosixPath(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def unpacked_sdist(built: Path) -> Path:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        archive.extractall(built / "unpacked", filter="data")
    (folder,) = (built / "unpacked").iterdir()
    return folder


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """A folder holding the unpacked wheel and nothing else."""
    folder = wheel.parent / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run_installed(installed: Path, program: str, *arguments: str) -> str:
    """Run a program with the unpacked wheel in front of everything else; what it prints."""
    command = [sys.executable, "-c", program, *arguments]
    environment = {"PYTHONPATH": str(installed), "PATH": ""}
    done = subprocess.run(
        command, cwd=installed, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_wheel_holds_every_module(wheel_names: set[PurePosixPath]) -> None:
    """All modules of the tree, the demo as `_demo`, and no other Python file."""
    sources = list_source_files()
    modules = {name for name in sources if name.parts[0] == PACKAGE and name.suffix == ".py"}
    demo = {
        PurePosixPath(PACKAGE, "_demo", name.name)
        for name in sources
        if name.parent == PurePosixPath("demo") and name.suffix == ".py"
    }
    assert demo
    assert {name for name in wheel_names if name.suffix == ".py"} == modules | demo


def test_wheel_holds_these_other_files(wheel: Path, wheel_names: set[PurePosixPath]) -> None:
    """`py.typed`, the assets, the metadata, a kernel; any other file needs a decision here."""
    assets = PurePosixPath(PACKAGE, "static")
    expected = {
        assets / path.relative_to(frontend.ASSETS).as_posix()
        for path in frontend.ASSETS.rglob("*")
        if path.is_file() and path.name != frontend.STAMP_NAME
    }
    assert assets / frontend.ENTRY in expected
    tables = (ROOT / PACKAGE / "analyses").rglob("*.json")
    expected |= {PurePosixPath(path.relative_to(ROOT).as_posix()) for path in tables}
    found = {name for name in wheel_names if name.suffix != ".py"}
    info = {name for name in found if name.parts[0].endswith(".dist-info")}
    kernels = {name for name in found if is_kernel(name)}
    assert len(kernels) <= 1  # none where there is no compiler
    assert found - info - kernels == expected | {PurePosixPath(PACKAGE, "py.typed")}
    assert {PurePosixPath(*name.parts[1:]).as_posix() for name in info} == {
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
        "licenses/LICENSE",
        "top_level.txt",
    }
    with zipfile.ZipFile(wheel) as archive:
        for name in expected:
            assert archive.read(str(name)) == (ROOT / name).read_bytes(), name


def is_kernel(name: PurePosixPath) -> bool:
    """Whether a file of a wheel is the compiled kernel of the statistics."""
    return name.parent == KERNEL.parent and name.name.startswith(f"{KERNEL.name}.")


@pytest.mark.slow
@pytest.mark.parametrize(("variable", "value"), [("CC", "false"), ("MODELINSPECT_PURE", "1")])
def test_wheel_without_the_kernel(
    unpacked_sdist: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str,
) -> None:
    """No working compiler is no error; a pure build has none of the platform in its name."""
    tree = tmp_path / "tree"
    shutil.copytree(unpacked_sdist, tree)
    monkeypatch.setenv(variable, value)
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", str(tree)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (path,) = (tree / "dist").glob("*.whl")
    assert path.name.endswith("-py3-none-any.whl") == (variable == "MODELINSPECT_PURE")
    with zipfile.ZipFile(path) as archive:
        names = {PurePosixPath(name) for name in archive.namelist()}
    assert KERNEL.parent / "kernels.py" in names
    assert not any(is_kernel(name) for name in names)


def test_entry_points(installed: Path) -> None:
    """TensorBoard finds the loader and the shell finds the command, and nothing else is added."""
    (path,) = installed.glob("*.dist-info/entry_points.txt")
    entry_points = configparser.ConfigParser()
    entry_points.read(path)
    assert {name: dict(entry_points[name]) for name in entry_points.sections()} == {
        "console_scripts": {"modelinspect": f"{PACKAGE}.views.cli.main:main"},
        "tensorboard_plugins": {"modelinspect": f"{PACKAGE}.views.http.loader:ModelInspectLoader"},
    }


def test_metadata(installed: Path) -> None:
    """The promises to pip: Python, licence, and neither TensorFlow nor setuptools required."""
    program = """if True:
        import importlib.metadata, json
        metadata = importlib.metadata.metadata("tensorboard-plugin-modelinspect")
        print(json.dumps(metadata.json))
    """
    metadata = json.loads(run_installed(installed, program))
    assert metadata["requires_python"] == ">=3.10"
    assert metadata["license_expression"] == "Apache-2.0"
    assert metadata["provides_extra"] == ["parquet", "tensorflow"]
    required = [line for line in metadata["requires_dist"] if "extra ==" not in line]
    assert sorted(required) == [
        "click",
        "google-crc32c",
        "h5py>=3.8",
        "ml_dtypes",
        "numpy",
        "platformdirs>=2",
        "protobuf>=4.25",
        "tensorboard>=2.17",
        "werkzeug",
    ]


def test_installed_wheel_works(installed: Path) -> None:
    """The wheel alone imports, both its entry points load, and the demo's script is there."""
    program = f"""if True:
        import pathlib
        from importlib.metadata import distribution
        import {PACKAGE}
        for entry_point in distribution("{PACKAGE}").entry_points:
            entry_point.load()
        home = pathlib.Path({PACKAGE}.__file__).parent
        assert (home / "_demo" / "make_demo.py").is_file()
        print(home)
    """
    assert Path(run_installed(installed, program).strip()) == installed / PACKAGE


def test_sdist_holds_the_sources(unpacked_sdist: Path) -> None:
    """Everything to build, test and document with, each file as in the tree."""
    expected = {
        name
        for name in list_source_files()
        if name.parts[0] in SOURCE_FOLDERS or str(name) in SOURCE_FILES
    }
    found = {
        PurePosixPath(path.relative_to(unpacked_sdist).as_posix())
        for path in unpacked_sdist.rglob("*")
        if path.is_file()
    }
    assert expected - found == set()
    made = {name for name in found if name.parts[0].endswith(".egg-info")}
    tracked = list_source_files()
    assert found - made - tracked == {PurePosixPath("PKG-INFO"), PurePosixPath("setup.cfg")}
    assert all((unpacked_sdist / n).read_bytes() == (ROOT / n).read_bytes() for n in expected)


def test_sdist_needs_no_node(unpacked_sdist: Path) -> None:
    """The stamp matches in the unpacked archive, so building from it asks for no Node."""
    sources = unpacked_sdist / "frontend"
    assert (sources / "package-lock.json").is_file()
    assert frontend.is_fresh(sources, unpacked_sdist / PACKAGE / "static")
    assert ask_backend(unpacked_sdist, "get_requires_for_build_wheel") == []


def test_stale_assets_ask_for_node(tree: Path) -> None:
    """With an edited source the build asks for Node, except for an editable install."""
    edited = tree / "frontend" / "src" / "edited.ts"
    edited.write_text("// edited\n")
    try:
        for hook in ("get_requires_for_build_wheel", "get_requires_for_build_sdist"):
            assert ask_backend(tree, hook) == [frontend.NODE_REQUIREMENT]
        assert ask_backend(tree, "get_requires_for_build_editable") == []
    finally:
        edited.unlink()


def ask_backend(tree: Path, hook: str) -> list[str]:
    """What a hook of the build backend in `tree` asks for, as pip would call it."""
    program = "import json, sys; sys.path.insert(0, '.'); from tools import build_backend as b; "
    program += f"print(json.dumps(b.{hook}()))"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer: list[str] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.mark.slow
def test_sdist_rebuilds_the_assets(unpacked_sdist: Path) -> None:
    """With the assets gone, the archive alone builds them again, byte for byte."""
    shutil.rmtree(unpacked_sdist / PACKAGE / "static")
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", str(unpacked_sdist)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    rebuilt = unpacked_sdist / PACKAGE / "static"
    assert frontend.find_differences(rebuilt, frontend.ASSETS) == []
    (wheel,) = (unpacked_sdist / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert f"{PACKAGE}/static/{frontend.ENTRY}" in archive.namelist()
