"""The process that reads HDF5: it starts however the package was installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "tensorboard_plugin_modelinspect"
FILE = Path(__file__).parents[1] / "corpus" / "keras3_files" / "pictures.h5"

# What an editable install does: the package comes by a hook, its folder is not on the path.
HOOKED = """
import importlib.util, sys
name, place, file = sys.argv[1:]
spec = importlib.util.spec_from_file_location(
    name, place + "/__init__.py", submodule_search_locations=[place]
)
sys.modules[name] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(len(module.open(file).tensors))
"""


def test_starts_for_a_package_that_is_not_on_the_path() -> None:
    """With an editable install HDF5 is read too."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", HOOKED, PACKAGE.name, str(PACKAGE), str(FILE)],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0
