"""Wheels of releases: got with pip, unpacked, read, and deleted."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

READER = Path(__file__).with_name("read_registry.py")


class Release(NamedTuple):
    """A release, and the Python that its wheel is for."""

    distribution: str
    version: str
    python: str

    @property
    def minor(self) -> str:
        """Major and minor version."""
        return ".".join(self.version.split(".")[:2])


def _releases() -> Iterator[Release]:
    """The first release of each minor version: what it knows, all its patches know.

    Older ones than 1.5 have no function that lists their ops.
    """
    for minor in range(5, 13):
        yield Release("tensorflow", f"1.{minor}.0", "3.6")
    yield Release("tensorflow", "1.13.1", "3.7")
    yield Release("tensorflow", "1.14.0", "3.7")
    yield Release("tensorflow-cpu", "1.15.0", "3.7")
    yield Release("tensorflow", "2.0.0", "3.7")
    yield Release("tensorflow-cpu", "2.1.0", "3.7")
    for minor in range(2, 14):
        yield Release("tensorflow-cpu", f"2.{minor}.0", "3.8")
    for minor in range(14, 22):
        yield Release("tensorflow-cpu", f"2.{minor}.{1 if minor == 16 else 0}", "3.10")


RELEASES = tuple(_releases())


@contextmanager
def unpacked(*releases: Release) -> Iterator[Path]:
    """A folder with what the wheels hold, for as long as it is looked at."""
    with tempfile.TemporaryDirectory() as folder:
        for release in releases:
            wheels = Path(folder, "wheels", release.distribution)
            named = f"{release.distribution}=={release.version}"
            pip = ("-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:")
            subprocess.run([python(release), *pip, "-d", str(wheels), named], check=True)
            (wheel,) = wheels.glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(Path(folder, "content"))
            shutil.rmtree(wheels)
        yield Path(folder, "content")


def python(release: Release) -> str:
    """The interpreter of a release."""
    found = shutil.which(f"python{release.python}")
    if found is None:
        raise SystemExit(f"python{release.python} is needed for {release} and is not on the PATH.")
    return found


def tensorflow_folder(content: Path) -> Path:
    """Where TensorFlow's package is in unpacked wheels; old ones keep it beside the modules."""
    found = [
        folder
        for name in ("tensorflow_core", "tensorflow")
        for folder in sorted(content.rglob(name))
        if (folder / "python").is_dir() and (folder / "core").is_dir()
    ]
    return found[0]


def read_ops(release: Release, content: Path) -> Any:
    """The ops that TensorFlow registers, as an `OpList`."""
    return _read(release, content, ())[1]


def read_added_ops(release: Release, content: Path, libraries: Sequence[Path]) -> set[str]:
    """Names of ops that libraries register.

    They are loaded together, since some need others, and also one by one where that ends the
    process: some must not be loaded with others.
    """
    groups: list[Sequence[Path]] = [libraries, *([library] for library in libraries)]
    found: set[str] = set()
    for group in groups:
        try:
            before, after = _read(release, content, group)
        except subprocess.CalledProcessError as error:
            sys.stderr.write(error.stderr[-500:])
            continue
        found |= {op.name for op in after.op} - {op.name for op in before.op}
        if group is libraries:
            break
    return found


def _read(release: Release, content: Path, libraries: Sequence[Path]) -> tuple[Any, Any]:
    """The ops before and after libraries are loaded."""
    from tensorboard.compat.proto import op_def_pb2

    out, before = content / "ops.pb", content / "ops.pb.before"
    before.write_bytes(b"")
    arguments = [str(tensorflow_folder(content)), str(out), *map(str, libraries)]
    result = subprocess.run(
        [python(release), str(READER), *arguments], capture_output=True, text=True, check=True
    )
    if libraries:
        sys.stderr.write(result.stderr[-2000:])
    parse = op_def_pb2.OpList.FromString
    return parse(before.read_bytes()), parse(out.read_bytes())
