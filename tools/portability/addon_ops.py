"""Write `analyses/portability/addon_ops.json`: the ops that add-on packages register.

    python -m tools.portability.addon_ops

Unpacks a wheel of each package beside one of the TensorFlow that it is built for, loads its
libraries into a process with TensorFlow's, and asks which ops there are more than before. What the
file has of a version already is kept.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tools.portability.wheels import Release, read_added_ops, tensorflow_folder, unpacked

TARGET = (
    Path(__file__).parents[2]
    / "tensorboard_plugin_modelinspect/analyses/portability/addon_ops.json"
)


class Addon(NamedTuple):
    """A package, the module to import, the TensorFlow it fits, and whether Serving has its ops."""

    name: str
    version: str
    imported: str
    tensorflow: str
    python: str = "3.10"
    serving: bool = False
    distribution: str = "tensorflow-cpu"
    """Of TensorFlow; libraries that are built for CUDA want the one that has stubs for it."""


_CONTRIB = "tensorflow.contrib"


ADDONS = (
    Addon("tensorflow-text", "2.12.0", "tensorflow_text", "2.12.0", serving=True),
    Addon(
        "tensorflow-addons",
        "0.23.0",
        "tensorflow_addons",
        "2.15.0",
        distribution="tensorflow",
    ),
    Addon(
        "tensorflow-decision-forests",
        "1.12.0",
        "tensorflow_decision_forests",
        "2.19.0",
        serving=True,
    ),
    Addon("tensorflow-io", "0.37.1", "tensorflow_io", "2.16.1"),
    Addon("tensorflow-recommenders-addons", "0.8.1", "tensorflow_recommenders_addons", "2.16.1"),
    Addon("tensorflow-compression-ops", "2.17.0", "tensorflow_compression_ops", "2.17.0"),
    Addon("struct2tensor", "0.48.1", "struct2tensor", "2.17.0"),
    Addon(_CONTRIB, "1.15.0", "tensorflow.contrib", "1.15.0", "3.7"),
)


def main() -> None:
    """Write the file."""
    known = {one["name"]: one for one in json.loads(TARGET.read_text(encoding="utf-8"))["packages"]}
    for addon in ADDONS:
        if known.get(addon.name, {}).get("version") != addon.version:
            known[addon.name] = _read(addon)
            lines = ",\n".join(json.dumps(known[name]) for name in sorted(known))
            TARGET.write_text(f'{{"packages": [\n{lines}\n]}}\n', encoding="utf-8")
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes")


def _read(addon: Addon) -> dict[str, Any]:
    release = Release(addon.distribution, addon.tensorflow, addon.python)
    own = () if addon.name == _CONTRIB else (Release(addon.name, addon.version, addon.python),)
    with unpacked(release, *own) as content:
        return _record(addon, release, content)


def _record(addon: Addon, release: Release, content: Path) -> dict[str, Any]:
    folder = tensorflow_folder(content)
    if addon.name == _CONTRIB:
        libraries = sorted((folder / "contrib").rglob("*.so"))
    else:
        libraries = sorted(path for path in content.rglob("*.so") if folder not in path.parents)
    ops = read_added_ops(release, content, libraries)
    print(addon.name, addon.version, len(ops), file=sys.stderr)
    return {
        "name": addon.name,
        "version": addon.version,
        "imported": addon.imported,
        "serving": addon.serving,
        "ops": sorted(ops),
    }


if __name__ == "__main__":
    main()
