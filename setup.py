"""Packaging of Model Inspect for TensorBoard.

The tab's JavaScript lies finished in `tensorboard_plugin_modelinspect/static/`, committed with a
stamp of the sources in `frontend/` that it was built from. While the two agree, installing needs
neither Node nor npm. Where they differ, the build backend in `tools/build_backend.py` brings Node
and builds first; editable installs never do, because whoever edits `frontend/` runs
`make frontend`.

The demo's scripts live in `demo/`. A wheel carries them as `_demo/` inside the package, so that
`modelinspect demo` works without a checkout; the copy is made in the build tree only.

One C file makes statistics faster. Where it cannot be built, for want of a compiler, the install
goes on without it and numpy does the work. A wheel with it fits one platform and every Python from
3.11 on (the stable ABI has had buffers since then); MODELINSPECT_PURE=1 leaves it out, which makes
a wheel that fits all.
"""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from pathlib import Path

from setuptools import Extension, find_packages, setup
from setuptools.command.build_py import build_py

PACKAGE = "tensorboard_plugin_modelinspect"
ROOT = Path(__file__).resolve().parent


def read_version() -> str:
    """The version, read from the package's text so that building imports nothing of it."""
    text = (ROOT / PACKAGE / "version.py").read_text(encoding="utf-8")
    match = re.search(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)
    if match is None:
        raise SystemExit(f'{PACKAGE}/version.py: expected a line `__version__ = "…"`.')
    return match[1]


def read_description() -> str:
    """The project's README, or nothing where there is none."""
    readme = ROOT / "README.md"
    return readme.read_text(encoding="utf-8") if readme.exists() else ""


HAS_STABLE_ABI = sys.version_info >= (3, 11) and not sysconfig.get_config_var("Py_GIL_DISABLED")


def list_extensions() -> list[Extension]:
    """The compiled kernel of the statistics, unless a pure build is asked for."""
    if os.environ.get("MODELINSPECT_PURE"):
        return []
    kernel = Extension(
        f"{PACKAGE}.analyses.stats._kernel",
        [f"{PACKAGE}/analyses/stats/_kernel.c"],
        define_macros=[("Py_LIMITED_API", "0x030B0000")] if HAS_STABLE_ABI else [],
        # Debian's Python asks for -O2, which leaves the loops as they are.
        extra_compile_args=[] if os.name == "nt" else ["-O3", "-g0"],
        py_limited_api=HAS_STABLE_ABI,
        optional=True,
    )
    return [kernel]


class BuildPyWithDemo(build_py):
    """Copies `demo/*.py` beside the package's modules."""

    def run(self) -> None:
        """Build the modules, then the demo, unless the install is editable."""
        super().run()
        if not self.editable_mode:
            for source, target in self._demo_files():
                self.mkpath(str(Path(target).parent))
                self.copy_file(source, target, preserve_mode=False)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:  # noqa: FBT001, FBT002
        """Every file this command writes, the demo's among them."""
        outputs: list[str] = super().get_outputs(include_bytecode)
        return outputs + [target for _, target in self._demo_files() if not self.editable_mode]

    def _demo_files(self) -> list[tuple[str, str]]:
        folder = Path(self.build_lib, PACKAGE, "_demo")
        return [
            (str(path.relative_to(ROOT)), str(folder / path.name))
            for path in sorted((ROOT / "demo").glob("*.py"))
        ]


setup(
    name="tensorboard-plugin-modelinspect",
    version=read_version(),
    description="A TensorBoard tab, a command line and a Python API that show what is inside "
    "SavedModels and checkpoints, without loading TensorFlow",
    long_description=read_description(),
    long_description_content_type="text/markdown",
    author="The Model Inspect authors",
    license_expression="Apache-2.0",
    license_files=["LICENSE"],
    keywords=["tensorboard", "tensorflow", "keras", "savedmodel", "checkpoint", "inspect"],
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: Console",
        "Environment :: Web Environment",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: OS Independent",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3 :: Only",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Typing :: Typed",
    ],
    python_requires=">=3.10",
    packages=find_packages(include=[PACKAGE, f"{PACKAGE}.*"]),
    include_package_data=False,
    # The stamp stays out of the wheel: it is about a source tree, and a wheel is none.
    package_data={PACKAGE: ["py.typed", "static/**", "analyses/**/*.json"]},
    exclude_package_data={PACKAGE: ["static/.stamp"]},
    install_requires=[
        "click",
        "google-crc32c",
        "h5py>=3.8",
        "ml_dtypes",
        "numpy",
        "platformdirs>=2",
        "protobuf>=4.25",
        "tensorboard>=2.17",
        "werkzeug",
    ],
    extras_require={"parquet": ["pyarrow>=8"], "tensorflow": ["tensorflow"]},
    entry_points={
        "console_scripts": ["modelinspect = tensorboard_plugin_modelinspect.views.cli.main:main"],
        "tensorboard_plugins": [
            "modelinspect = tensorboard_plugin_modelinspect.views.http.loader:ModelInspectLoader"
        ],
    },
    ext_modules=list_extensions(),
    cmdclass={"build_py": BuildPyWithDemo},
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if HAS_STABLE_ABI else {},
    zip_safe=False,
)
