"""Weights in several HDF5 files: `x.weights.json` says which file holds the variables of what.

keras/src/saving/saving_lib.py, `ShardedH5IOStore`: `{"metadata": {"total_size": …}, "weight_map":
{"/layers/dense/vars": ["x_00000.weights.h5"]}}`; the files lie beside it.
"""

from __future__ import annotations

from typing import Any

from tensorboard_plugin_modelinspect.errors import (
    FormatError,
    LimitExceeded,
    NotFound,
    PathEscape,
)
from tensorboard_plugin_modelinspect.formats.hdf5.file import RECENT, natural_key
from tensorboard_plugin_modelinspect.formats.hdf5.values import HdfValues
from tensorboard_plugin_modelinspect.formats.keras.config import parse_config
from tensorboard_plugin_modelinspect.formats.keras.opened import Opened
from tensorboard_plugin_modelinspect.sources.base import ByteSource, Folder, shown_path

_MOST_SHARDS = 10_000
_LARGEST_MAP = 64 << 20


def add_shards(opened: Opened, folder: Folder, name: str, source: ByteSource) -> list[str]:
    """Add what all shards hold; their names. A shard that is missing or damaged is a note.

    Args:
        opened: What to add to.
        folder: Where the shards are.
        name: Of the map.
        source: The map.

    Raises:
        FormatError: The map is damaged, or names files that are not beside it.
    """
    if source.nbytes > _LARGEST_MAP:
        raise LimitExceeded(
            path=source.name, expected=f"at most {_LARGEST_MAP:,} bytes", found=f"{source.nbytes:,}"
        )
    text = source.read(0, source.nbytes).decode("utf-8", "surrogateescape")
    source.close()
    names = _shard_names(
        parse_config(text, path=source.name, field="the map of shards"), source.name
    )
    for shard in names:
        try:
            shard_source = folder.open(shard)
            file = RECENT.read(shard_source, folder.stat(shard))
        except NotFound:
            shown = shown_path(folder.name, shard)
            opened.problems.append(
                f"{shown}: the shard is missing (one of {len(names)}). Copy it next to {name}."
            )
            continue
        opened.add_file(file, HdfValues(shard_source, file))
    opened.datasets = {
        key: opened.datasets[key] for key in sorted(opened.datasets, key=natural_key)
    }
    return names


def _shard_names(config: Any, path: str) -> list[str]:
    """Names of the shards, in order."""
    weight_map = config.get("weight_map")
    if not isinstance(weight_map, dict):
        raise FormatError(path=path, field="weight_map", expected="an object", found="none")
    names: dict[str, None] = {}
    for value in weight_map.values():
        for name in value if isinstance(value, list) else [value]:
            if not isinstance(name, str):
                raise FormatError(path=path, field="weight_map", expected="names of files")
            if "/" in name or "\\" in name:
                raise PathEscape(
                    path=path, field="weight_map", expected="a file beside it", found=f'"{name}"'
                )
            names[name] = None
    if len(names) > _MOST_SHARDS:
        raise LimitExceeded(
            path=path,
            field="weight_map",
            expected=f"at most {_MOST_SHARDS:,} shards",
            found=f"{len(names):,}",
        )
    return sorted(names)
