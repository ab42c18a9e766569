"""Artifacts for tests: found as a search finds them, wherever their files are; told in full."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tensorboard_plugin_modelinspect.model.artifact import Artifact, Collection, MetaGraph
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.opening import Candidate, recognise
from tensorboard_plugin_modelinspect.sources.base import FileStat
from tensorboard_plugin_modelinspect.sources.walk import Listing, list_folder

LATER_S = 3600.0
"""Age of files in tests of states: old enough not to be taken for files being written."""


def listing_of(files: Mapping[str, bytes], below: str = "") -> Listing:
    """A folder of files in memory as a walk lists it; their times are 1970."""
    prefix = f"{below}/" if below else ""
    names = [name.removeprefix(prefix) for name in files if name.startswith(prefix)]
    return Listing(
        below,
        below,
        {name: FileStat(len(files[prefix + name]), 0, 0) for name in names if "/" not in name},
        tuple(sorted({name.split("/")[0] for name in names if "/" in name})),
    )


def candidates_in_memory(files: Mapping[str, bytes]) -> list[Candidate]:
    """What a search recognises in a folder of files in memory."""
    return [
        _watched(candidate, {name: listing_of(files, name) for name in candidate.watch})
        for candidate in recognise(listing_of(files))
    ]


def candidates_in(folder: str | Path) -> list[Candidate]:
    """What a search recognises in a local folder itself."""
    path = Path(folder).resolve()
    return [
        _watched(candidate, {name: list_folder(str(path / name)) for name in candidate.watch})
        for candidate in recognise(list_folder(str(path)))
    ]


def _watched(candidate: Candidate, below: Mapping[str, Listing]) -> Candidate:
    """With the files of the sub-folders it watches, as a search adds them."""
    files = dict(candidate.files)
    for name, listing in below.items():
        files |= {f"{name}/{file}": stat for file, stat in listing.files.items()}
    return candidate._replace(files=files)


def lone_graph() -> MetaGraph:
    """What a GraphDef file gives: a graph without tags, writer or signatures."""
    return MetaGraph(
        tags=(),
        tensorflow_version="",
        producer=1395,
        min_consumer=12,
        signatures=(),
        node_count=3,
        functions=(),
        ops={"Const": 2, "MatMul": 1},
        collections=(Collection("variables", "bytes_list", 2),),
        assets=(),
        has_object_graph=False,
    )


def describe(artifact: Artifact) -> dict[str, Any]:
    """All that an artifact says, values too, in a form that can be compared."""
    objects = artifact.objects
    has_values = artifact.kind != "meta_graph"
    return {
        "path": artifact.path,
        "kind": artifact.kind,
        "files": artifact.files,
        "step": artifact.step,
        "meta_graphs": artifact.meta_graphs,
        "fingerprint": artifact.fingerprint,
        "notes": artifact.notes,
        "objects": None if objects is None else list(objects.nodes),
        "tensors": {
            key: describe_tensor(tensor) if has_values else tensor[:-1]
            for key, tensor in artifact.tensors.items()
        },
    }


def describe_tensor(tensor: Tensor) -> tuple[Any, ...]:
    """Everything of a tensor but its handle, and its values as stored."""
    value = stored_form(tensor) if tensor.dtype.numpy_name else None
    return (*tensor[:-1], value)


def stored_form(tensor: Tensor) -> list[bytes] | bytes:
    """All values: strings as they are, numbers as little-endian bytes, one at least per element."""
    value = tensor.read()
    if value.dtype == object:
        return list(value.ravel())
    if tensor.dtype.name == "float4_e2m1fn":
        return value.view(np.uint8).tobytes()
    if tensor.dtype.is_sub_byte:
        return value.astype(np.uint8 if tensor.dtype.name[0] == "u" else np.int8).tobytes()
    return value.tobytes()
