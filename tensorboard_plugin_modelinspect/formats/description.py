"""Files of `mi.describe`: a JSON document, and the values beside it if they were asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.errors import (
    FormatError,
    LimitExceeded,
    Truncated,
)
from tensorboard_plugin_modelinspect.formats.description_record import (
    FORMAT,
    parse_description,
    read_places,
)
from tensorboard_plugin_modelinspect.formats.reader import Candidate, Check, Reader
from tensorboard_plugin_modelinspect.formats.stored import decode_stored, stored_array
from tensorboard_plugin_modelinspect.formats.strided import read_strided
from tensorboard_plugin_modelinspect.model.artifact import Artifact, FileInfo
from tensorboard_plugin_modelinspect.model.tensor import Region, Tensor, region_shape
from tensorboard_plugin_modelinspect.sources.base import FileStat, Folder, shown_path
from tensorboard_plugin_modelinspect.sources.walk import Listing

if TYPE_CHECKING:
    import numpy as np

_StatOf = Callable[[str], FileStat | None]
ENDING, VALUES = ".described.json", ".values"
_LARGEST = 256 << 20
_START = 64


class _Values:
    """Values in the file beside the description, row by row and little-endian."""

    def __init__(self, folder: Folder, name: str, places: Mapping[str, int]) -> None:
        self._folder, self._name, self._places = folder, name, places

    def read_region(self, tensor: Tensor, region: Region) -> np.ndarray:
        """See `TensorValues.read_region`."""
        import numpy as np

        offset = self._places.get(tensor.key)
        if offset is None:
            raise FormatError(
                path=shown_path(self._folder.name, self._name),
                field=f'tensor "{tensor.key}"',
                expected="values",
                found="none",
                next_step="Describe the model again with values=True.",
            )
        self._check_extent(tensor, offset)
        out = np.empty(region_shape(region), tensor.dtype.to_numpy())
        stored = stored_array(out, tensor.dtype)
        source = self._folder.open(self._name)
        try:
            read_strided(source, offset, tensor.shape, region, stored)
        finally:
            source.close()
        decode_stored(stored, out, tensor.dtype, is_big_endian=False)
        return out

    def _check_extent(self, tensor: Tensor, offset: int) -> None:
        """Before anything is allocated for what the file does not have."""
        stat = self._folder.stat(self._name)
        nbytes = 0 if stat is None else stat.nbytes
        if offset + tensor.nbytes > nbytes:
            raise Truncated(
                path=shown_path(self._folder.name, self._name),
                offset=offset,
                field=f'tensor "{tensor.key}"',
                expected=f"{offset + tensor.nbytes:,}",
                found=f"{nbytes:,}",
            )


def _read(folder: Folder, name: str) -> object:
    source = folder.open(name)
    try:
        if source.nbytes > _LARGEST:
            raise LimitExceeded(
                path=source.name, expected=f"at most {_LARGEST:,} bytes", found=f"{source.nbytes:,}"
            )
        data = source.read(0, source.nbytes)
    finally:
        source.close()
    try:
        record: object = json.loads(data.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError) as error:
        expected = "a JSON document"
        raise FormatError(path=source.name, expected=expected, found=str(error)[:200]) from None
    return record


def _open(folder: Folder, candidate: Candidate) -> Artifact:
    name = candidate.name
    path = shown_path(folder.name, name)
    record = _read(folder, name)
    places = read_places(record, path)
    names = [name, f"{name}{VALUES}"] if places else [name]
    stats = {one: folder.stat(one) for one in names}
    files = tuple(FileInfo(one, stat and stat.nbytes) for one, stat in stats.items())
    return parse_description(record, path, _Values(folder, f"{name}{VALUES}", places), files)


def _recognise(listing: Listing) -> list[Candidate]:
    return [
        Candidate("description", "description", name, _files(name, listing.files.get))
        for name in listing.files
        if name.endswith(ENDING)
    ]


def _claim(folder: Folder, name: str) -> Candidate | None:
    stat = folder.stat(name) if name.endswith(".json") else None
    if stat is None or not (name.endswith(ENDING) or _looks_described(folder, name)):
        return None
    return Candidate("description", "description", name, _files(name, folder.stat))


def _files(name: str, stat_of: _StatOf) -> dict[str, FileStat]:
    stats = {one: stat_of(one) for one in (name, f"{name}{VALUES}")}
    return {one: stat for one, stat in stats.items() if stat is not None}


def _looks_described(folder: Folder, name: str) -> bool:
    source = folder.open(name)
    try:
        start = source.read(0, min(source.nbytes, _START))
    finally:
        source.close()
    return FORMAT.encode() in start


def _check(folder: Folder, candidate: Candidate, now_s: float) -> Check | None:
    try:
        artifact = _open(folder, candidate)
    except FormatError:
        if not candidate.is_fresh(now_s):
            raise
        return Check("writing", "Being written: it is not whole yet. Reload in a moment.", None)
    lost = [file.name for file in artifact.files if file.nbytes is None]
    if lost:
        reason = (
            f"{shown_path(folder.name, lost[0])}: no such file. Copy it beside the description."
        )
        return Check("partial", reason, None)
    return Check("complete", "", None)


READER = Reader("description", _recognise, _claim, _check, _open)
