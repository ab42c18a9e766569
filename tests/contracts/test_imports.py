"""Who imports what: no TensorFlow anywhere but in the worker, no numpy to list, layers one way."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.bundle_writer import BundleWriter
from tests.support.saved_model_writer import SavedModelWriter

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "tensorboard_plugin_modelinspect"
WORKERS = [
    f"{PACKAGE}.runner.worker",
    f"{PACKAGE}.runner.worker_calls",
    f"{PACKAGE}.runner.worker_nan",
    f"{PACKAGE}.runner.worker_probe",
    f"{PACKAGE}.runner.worker_reasons",
    f"{PACKAGE}.runner.worker_values",
    f"{PACKAGE}.runner.worker_variables",
    f"{PACKAGE}.runner.worker_watch",
    f"{PACKAGE}.formats.hdf5.worker",
    f"{PACKAGE}.formats.hdf5.describing",
]
"""Modules that run in processes of their own."""
BESIDE = Path(sys.executable).parent

IMPORT_ALL = f"""
import importlib, pkgutil, sys
import {PACKAGE} as package
names = [module.name for module in pkgutil.walk_packages(package.__path__, "{PACKAGE}.")]
for name in names:
    if name not in {WORKERS} and not name.endswith("__main__") and "._demo" not in name:
        importlib.import_module(name)
loaded = [name for name in names if name in sys.modules]
assert len(loaded) > 30, loaded
print(*sorted({{"tensorflow", "keras", "h5py"}} & sys.modules.keys()))
"""


def run(code: str, *arguments: str) -> str:
    """What a fresh Python prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_no_module_imports_tensorflow() -> None:
    """Every module of the package but the worker leaves TensorFlow unimported."""
    assert run(IMPORT_ALL) == ""


@pytest.mark.parametrize("module", ["opening", "discovery", "views.cli.main", "analyses.totals"])
def test_listing_needs_no_numpy(module: str) -> None:
    """What `modelinspect ls`, `show` and `vars` import is small: a cold start takes 0.15 s."""
    heavy = '{"numpy", "ml_dtypes", "tensorflow", "werkzeug"}'
    code = f"import sys, {PACKAGE}.{module}\nprint(*sorted({heavy} & sys.modules.keys()))"
    assert run(code) == ""


LIST = f"""
import sys, time
from {PACKAGE}.analyses.totals import compute_totals
from {PACKAGE}.opening import check_artifact, open_candidate, recognise
from {PACKAGE}.sources.local import LocalFolder
from {PACKAGE}.sources.walk import list_folder
for path in sys.argv[1:]:
    for candidate in recognise(list_folder(path)):
        folder = LocalFolder(path, confine_to=path)
        check_artifact(folder, candidate, now_s=time.time())
        artifact = open_candidate(folder, candidate)
        compute_totals(artifact.tensors.values())
        assert artifact.tensors, path
        list(artifact.objects.nodes if artifact.objects else ())
print(*sorted({{"numpy", "ml_dtypes", "tensorflow"}} & sys.modules.keys()))
"""


def test_finding_checking_and_opening_need_no_numpy(tmp_path: Path) -> None:
    """Numpy comes with the first value that is read, not with names, shapes and totals."""
    import numpy as np

    writer = BundleWriter()
    writer.add("w", np.zeros(3, np.float32))
    writer.add("global_step", np.array(3, np.int64))
    writer.add_slices("parts", np.zeros(4, np.int8), [((0, 2),), ((2, 4),)])
    writer.write(tmp_path / "ckpt", "ckpt-3")
    model = SavedModelWriter()
    model.add_variable("w", np.zeros(3, np.float32))
    model.write(tmp_path / "model")
    assert run(LIST, str(tmp_path / "ckpt"), str(tmp_path / "model")) == ""


def test_import_contracts_hold() -> None:
    """The layers of pyproject.toml are those of the imports."""
    tool = shutil.which("lint-imports", path=str(BESIDE)) or shutil.which("lint-imports")
    if tool is None:
        pytest.skip("import-linter is not installed")
    done = subprocess.run(
        [tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout[-3000:]
