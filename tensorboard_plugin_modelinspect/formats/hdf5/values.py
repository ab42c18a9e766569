"""Values of an HDF5 file: read by position where they lie as they are, else by libhdf5."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.errors import (
    FormatError,
    LimitExceeded,
    Truncated,
    Unsupported,
)
from tensorboard_plugin_modelinspect.formats.hdf5.client import WORKER, LibraryFailed
from tensorboard_plugin_modelinspect.formats.hdf5.file import Dataset, HdfFile
from tensorboard_plugin_modelinspect.formats.strided import read_strided
from tensorboard_plugin_modelinspect.model.pieces import Piece, iter_region_pieces
from tensorboard_plugin_modelinspect.model.tensor import Region, Tensor, region_shape
from tensorboard_plugin_modelinspect.sources.base import ByteSource

if TYPE_CHECKING:
    import numpy as np

_MOST_EXPANSION = 1100
"""Deflate shrinks 1032 times at best."""
_FREE = 64 << 20
"""Bytes that may be read of a dataset of which nothing is stored: it is all fill value."""
_READ_S = 1
_READ_A_SECOND = 20 << 20
"""Bytes that libhdf5 unpacks in a second, at the very least."""
_LARGEST_STRINGS = 256 << 20


class HdfValues:
    """Reads values of one file, which stays open.

    Args:
        source: The file, or the window of an archive that holds it.
        file: What is in it.

    May be shared by threads.
    """

    def __init__(self, source: ByteSource, file: HdfFile) -> None:
        self._source = source
        self._datasets = file.datasets
        self._broken: LibraryFailed | None = None

    def read_region(self, tensor: Tensor, region: Region) -> np.ndarray:
        """See `TensorValues.read_region`. The file has checksums only where its writer asked."""
        dataset = self._datasets[tensor.key]
        if dataset.storage in ("external", "virtual"):
            raise Unsupported(
                f'{self._source.name}: the values of "{dataset.key}" lie in another file, which is'
                " not opened. Write them into this one (h5py: read and save them again)."
            )
        try:
            return self._read(dataset, region)
        except MemoryError:
            raise self._too_large(dataset, "what fits in memory") from None

    def iter_pieces(self, tensor: Tensor, most_nbytes: int) -> Iterator[Piece]:
        """See `PieceValues.iter_pieces`; what is all fill value is not gone through."""
        dataset = self._datasets[tensor.key]
        if dataset.offset is None and tensor.dtype.is_fixed:
            self._check_expansion(dataset, tensor.size * tensor.dtype.itemsize)
        return iter_region_pieces(tensor, most_nbytes)

    def _read(self, dataset: Dataset, region: Region) -> np.ndarray:
        import numpy as np

        shape = region_shape(region)
        if dataset.dtype.name == "string":
            return self._read_strings(dataset, region)
        dtype = dataset.dtype.to_numpy()
        stored_dtype = np.dtype("u1") if dataset.dtype.name == "bool" else dtype
        if not math.prod(shape):
            return self._allocate(dataset, shape, dtype)
        if dataset.offset is not None:
            self._check_extent(dataset, dataset.offset)
            out = self._allocate(dataset, shape, stored_dtype)
            read_strided(self._source, dataset.offset, dataset.shape, region, out)
        else:
            data = self._ask(dataset, region, math.prod(shape) * dtype.itemsize)
            out = np.frombuffer(data, stored_dtype).reshape(shape)
        return _decode(out, dataset)

    def _check_extent(self, dataset: Dataset, offset: int) -> None:
        needed = offset + math.prod(dataset.shape) * dataset.dtype.itemsize
        if needed > self._source.nbytes:
            raise Truncated(
                path=self._source.name,
                offset=offset,
                field=_field(dataset),
                expected=f"{needed:,}",
                found=f"{self._source.nbytes:,}",
            )

    def _allocate(self, dataset: Dataset, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        import numpy as np

        try:
            return np.empty(shape, dtype)
        except ValueError:
            raise Unsupported(f"{_field(dataset)}: numpy has no array of that size.") from None

    def _ask(self, dataset: Dataset, region: Region, nbytes: int) -> bytearray:
        """Stored elements of a region, by libhdf5."""
        self._check_expansion(dataset, nbytes)
        request = {
            "ask": "values",
            "key": dataset.key,
            "region": [[axis.start, axis.stop, axis.step] for axis in region],
        }
        seconds = _READ_S + nbytes // _READ_A_SECOND
        if self._broken is not None:  # what crashed or hung the library once is not tried again
            raise self._broken.with_traceback(None)
        try:
            answer = WORKER.ask(self._source, request, cpu_s=seconds, payload_nbytes=nbytes)
        except LibraryFailed as error:
            self._broken = error
            raise
        is_text = dataset.dtype.name == "string"
        if not is_text and len(answer.payload) != nbytes:
            raise FormatError(
                path=self._source.name,
                field=_field(dataset),
                expected=f"{nbytes:,} bytes",
                found=f"{len(answer.payload):,}",
            )
        return answer.payload

    def _check_expansion(self, dataset: Dataset, nbytes: int) -> None:
        if nbytes > _FREE + _MOST_EXPANSION * min(dataset.stored_nbytes, self._source.nbytes):
            stored = f"at most {_MOST_EXPANSION} times the {dataset.stored_nbytes:,} bytes stored"
            raise self._too_large(dataset, stored, nbytes)

    def _read_strings(self, dataset: Dataset, region: Region) -> np.ndarray:
        import numpy as np

        shape = region_shape(region)
        count = math.prod(shape)
        out = self._allocate(dataset, shape, np.dtype(object))
        if not count:
            return out
        most = min(_LARGEST_STRINGS, 8 * count + 2 * self._source.nbytes)
        data = self._ask(dataset, region, max(most, 8 * count))
        lengths = np.frombuffer(data, "<u8", count=min(count, len(data) // 8)).tolist()
        if len(lengths) != count or 8 * count + sum(lengths) != len(data):
            raise FormatError(path=self._source.name, field=_field(dataset), found="other strings")
        strings, start = [], 8 * count
        for length in lengths:
            strings.append(bytes(data[start : start + length]))
            start += length
        out.reshape(-1)[:] = strings
        return out

    def _too_large(
        self, dataset: Dataset, expected: str, nbytes: int | None = None
    ) -> LimitExceeded:
        size = math.prod(dataset.shape) * dataset.dtype.itemsize if nbytes is None else nbytes
        return LimitExceeded(
            path=self._source.name,
            field=_field(dataset),
            expected=expected,
            found=f"{size:,} bytes",
            next_step="Read a slice of it.",
        )


def _field(dataset: Dataset) -> str:
    return f'dataset "{dataset.key}"'


def _decode(stored: np.ndarray, dataset: Dataset) -> np.ndarray:
    """Values in this machine's byte order; the array itself where nothing is to be done."""
    if dataset.dtype.name == "bool":
        is_true: np.ndarray = stored != 0
        return is_true
    if dataset.is_big_endian != (sys.byteorder == "big") and dataset.dtype.itemsize > 1:
        # A complex number is two floats, each swapped by itself.
        parts = 2 if stored.dtype.kind == "c" else 1
        stored.reshape(-1).view(f"u{dataset.dtype.itemsize // parts}").byteswap(inplace=True)
    return stored
