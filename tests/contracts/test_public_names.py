"""The public names of the package, and that having them costs nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

import tensorboard_plugin_modelinspect as mi
from tensorboard_plugin_modelinspect import errors

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = {
    "__version__",
    "describe",
    "diff",
    "errors",
    "lineage",
    "open",
    "open_artifact",
    "portability",
    "restore_check",
    "scan",
    "stats",
    "timeline",
    "verify",
}


def run_python(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_public_names() -> None:
    """Exactly these; one more or one less is a decision, made here and in docs/python.md."""
    assert set(mi.__all__) == PUBLIC
    assert set(dir(mi)) >= PUBLIC
    documented = (ROOT / "docs" / "python.md").read_text()
    assert all(f"`mi.{name}" in documented for name in PUBLIC)


def test_documented_errors_exist() -> None:
    """Every exception that docs/python.md names is one of `mi.errors`."""
    for line in (ROOT / "docs" / "python.md").read_text().splitlines():
        if line.startswith("| `") and " | " in line and line[3].isupper():
            name = line.split("`")[1]
            assert issubclass(getattr(errors, name), errors.ModelInspectError)


def test_unknown_names_are_attribute_errors() -> None:
    """A misspelt name fails as it does in any module."""
    with pytest.raises(AttributeError, match="opne"):
        mi.opne  # noqa: B018


def test_importing_costs_nothing() -> None:
    """TensorBoard imports the package when it starts: only errors and version come along."""
    code = "import sys, tensorboard_plugin_modelinspect; print(*sys.modules, sep='\\n')"
    modules = run_python(code).splitlines()
    ours = {name for name in modules if name.startswith("tensorboard_plugin_modelinspect.")}
    assert ours == {
        "tensorboard_plugin_modelinspect.errors",
        "tensorboard_plugin_modelinspect.version",
    }
    assert not {"numpy", "google.protobuf", "tensorboard", "click", "json"} & set(modules)


def test_opening_imports_neither_tensorflow_nor_numpy() -> None:
    """numpy comes with the first value that is read, TensorFlow never."""
    path = "tests/corpus/keras3_export/network"
    modules = run_python(
        "import sys, tensorboard_plugin_modelinspect as mi\n"
        f"mi.open({path!r})._repr_html_()\n"
        "print(*sys.modules)"
    ).split()
    assert not {"numpy", "tensorflow", "keras", "ml_dtypes"} & set(modules)


def test_verifying_is_one_call_without_numpy() -> None:
    """Checksums need neither numpy nor TensorFlow."""
    printed = run_python(
        "import sys, tensorboard_plugin_modelinspect as mi\n"
        "print(mi.verify('tests/corpus/keras3_export/network').verdict, *sys.modules)"
    ).split()
    assert printed[0] == "passed"
    assert not {"numpy", "tensorflow", "keras", "ml_dtypes"} & set(printed)


@pytest.mark.slow
def test_type_checkers_see_the_names(tmp_path: Path) -> None:
    """The name that is imported lazily has its type, and a misspelt one is an error to mypy."""
    program = tmp_path / "program.py"
    program.write_text(
        "import tensorboard_plugin_modelinspect as mi\nreveal_type(mi.open)\nmi.opne('x')\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", str(program)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "-> tensorboard_plugin_modelinspect.views.notebook.OpenArtifact" in done.stdout
    assert 'Module has no attribute "opne"' in done.stdout
