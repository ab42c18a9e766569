"""Values of a tensor bundle: positioned reads of the shards, decoded to numpy arrays.

Layout of the bytes: tensorflow/core/util/tensor_bundle/tensor_bundle.cc (`WriteTensor`,
`WriteStringTensor`). Plain types are row-major in the bundle's byte order, at any alignment.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.codecs.crc32c import crc32c, unmask
from tensorboard_plugin_modelinspect.errors import (
    FormatError,
    LimitExceeded,
    NotFound,
    Truncated,
    Unsupported,
)
from tensorboard_plugin_modelinspect.formats.bundle_entries import BundleEntry, Extent
from tensorboard_plugin_modelinspect.formats.bundle_index import BundleIndex
from tensorboard_plugin_modelinspect.formats.bundle_parts import join_parts
from tensorboard_plugin_modelinspect.formats.bundle_strings import StoredStrings
from tensorboard_plugin_modelinspect.formats.slices import overlap
from tensorboard_plugin_modelinspect.formats.stored import decode_stored, stored_array
from tensorboard_plugin_modelinspect.formats.strided import read_strided
from tensorboard_plugin_modelinspect.model.dtype import dtype_of
from tensorboard_plugin_modelinspect.model.pieces import Box, Piece
from tensorboard_plugin_modelinspect.model.tensor import Region, Tensor, region_shape
from tensorboard_plugin_modelinspect.sources.base import ByteSource, Folder, shown_path

if TYPE_CHECKING:
    import numpy as np


_LARGEST_SCALAR = 256 << 20
"""Object graphs of a hundred thousand objects take a tenth of it."""
_CACHED = 1 << 19
"""Bytes that are still in the processor's cache when their checksum is computed."""


def shard_name(prefix: str, shard: int, shard_count: int) -> str:
    """File name of a shard, e.g. `ckpt-1.data-00000-of-00001`."""
    return f"{prefix}.data-{shard:05d}-of-{shard_count:05d}"


class BundleValues:
    """Reads values of one bundle; shards are opened when first needed and then kept open.

    Args:
        folder: Where the files are.
        prefix: The checkpoint's prefix in that folder.
        index: Its parsed index.

    May be shared by threads.
    """

    def __init__(self, folder: Folder, prefix: str, index: BundleIndex) -> None:
        self._folder = folder
        self._prefix = prefix
        self._index = index
        self._shards: dict[int, ByteSource] = {}
        self._lock = threading.Lock()

    def read_region(self, tensor: Tensor, region: Region) -> np.ndarray:
        """See `TensorValues.read_region`; a whole tensor's checksum is verified."""
        entry = self._index.entries[tensor.key]
        try:
            return self._read_region(entry, region, tensor.dtype.to_numpy())
        except MemoryError:
            raise LimitExceeded(
                path=self._shown(),
                field=_field(entry),
                expected="what fits in memory",
                found=f"{entry.nbytes:,} bytes",
                next_step="Read a slice of it.",
            ) from None

    def _read_region(self, entry: BundleEntry, region: Region, dtype: np.dtype) -> np.ndarray:
        # Shards first: what they cannot hold is not allocated.
        if entry.extent is not None:
            self._open_extent(entry, entry.extent)
            out = _allocate(entry, region_shape(region), dtype)
            self._read_part(entry, entry.extent, entry.shape, region, out)
            return out
        overlaps = [(box, extent, overlap(box, region)) for box, extent in entry.parts]
        for _, extent, met in overlaps:
            if met is not None:
                self._open_extent(entry, extent)
        out = _allocate(entry, region_shape(region), dtype)
        for box, extent, met in overlaps:
            if met is not None:
                inside, where = met
                shape = tuple(stop - start for start, stop in box)
                part = _allocate(entry, region_shape(inside), dtype)
                self._read_part(entry, extent, shape, inside, part)
                out[where] = part
        return out

    def known_crc32c(self, tensor: Tensor) -> int | None:
        """See `KnownChecksums`. Of a partitioned tensor if its slices lie one behind the other."""
        if not tensor.dtype.is_fixed or (self._index.is_big_endian and tensor.dtype.itemsize > 1):
            return None
        if tensor.crc32c is not None:
            return unmask(tensor.crc32c)
        return join_parts(self._index.entries[tensor.key].parts, tensor.shape)

    def iter_pieces(self, tensor: Tensor, most_nbytes: int) -> Iterator[Piece]:
        """See `PieceValues.iter_pieces`; the checksum of each stored part is verified."""
        entry = self._index.entries[tensor.key]
        parts = entry.parts
        if entry.extent is not None:
            parts = ((tuple((0, size) for size in entry.shape), entry.extent),)
        for box, extent in parts:
            if tensor.dtype.name == "string":
                yield from self._iter_strings(entry, box, extent, most_nbytes)
            else:
                yield from self._iter_part(entry, box, extent, most_nbytes)

    def _iter_part(
        self, entry: BundleEntry, box: Box, extent: Extent, most_nbytes: int
    ) -> Iterator[Piece]:
        import numpy as np

        source = self._open_extent(entry, extent)
        dtype = dtype_of(entry.dtype)
        most, size = max(1, most_nbytes // dtype.itemsize), _box_size(box)
        crc = [0]

        def read(start: int) -> np.ndarray:
            values = np.empty(min(most, size - start), dtype.to_numpy())
            stored = stored_array(values, dtype)
            offset, octets = extent.offset + start * dtype.itemsize, stored.view("u1")
            for place in range(0, octets.size, _CACHED):
                part = octets[place : place + _CACHED]
                source.read_into(offset + place, part.data)
                crc[0] = crc32c(part, crc[0])
            decode_stored(stored, values, dtype, is_big_endian=self._index.is_big_endian)
            return values

        for start in range(0, size, most):
            # Not by a name: while it waits this frame would hold on to the values.
            yield Piece(read(start), box, start)
        self._check_crc(entry, extent, crc[0])

    def _iter_strings(
        self, entry: BundleEntry, box: Box, extent: Extent, most_nbytes: int
    ) -> Iterator[Piece]:
        import numpy as np

        size = _box_size(box)
        strings = self._open_strings(entry, extent, size)
        for _ in strings.iter_verified():
            pass
        # As many at a time as are of that size together, if they are equally long.
        most = max(1, most_nbytes * size // max(extent.nbytes, 1))
        for start in range(0, size, most):
            indices = range(start, min(start + most, size))
            values = np.empty(len(indices), object)
            values[:] = strings.read(indices, is_all=False)
            yield Piece(values, box, start)

    def read_scalar_bytes(self, key: str) -> bytes:
        """The one string of a scalar string tensor, checksums verified; needs no numpy.

        Raises:
            FormatError: No scalar string, or damaged.
            NotFound: No such tensor.
        """
        entry = self._entry(key)
        if entry.extent is None or entry.shape or dtype_of(entry.dtype).name != "string":
            raise FormatError(path=self._shown(), field=_field(entry), expected="one string")
        if entry.nbytes > _LARGEST_SCALAR:
            raise LimitExceeded(
                path=self._shown(),
                field=_field(entry),
                expected=f"at most {_LARGEST_SCALAR:,} bytes",
                found=f"{entry.nbytes:,}",
            )
        return self._open_strings(entry, entry.extent, 1).read([0], is_all=True)[0]

    def read_scalar_int(self, key: str) -> int | None:
        """A scalar integer, None if the tensor is anything else; needs no numpy."""
        entry = self._entry(key)
        dtype = dtype_of(entry.dtype)
        if entry.extent is None or entry.shape or dtype.name not in ("int64", "int32"):
            return None
        data = self._open_extent(entry, entry.extent).read(entry.extent.offset, dtype.itemsize)
        self._check_crc(entry, entry.extent, crc32c(data))
        return int.from_bytes(data, "big" if self._index.is_big_endian else "little", signed=True)

    def _shown(self) -> str:
        return shown_path(self._folder.name, self._prefix)

    def _entry(self, key: str) -> BundleEntry:
        entry = self._index.entries.get(key)
        if entry is None:
            raise NotFound(f'{self._shown()}: no tensor "{key}".')
        return entry

    def _read_part(
        self,
        entry: BundleEntry,
        extent: Extent,
        shape: tuple[int, ...],
        region: Region,
        out: np.ndarray,
    ) -> None:
        """Read a region of what is stored in one extent into `out`."""
        dtype = dtype_of(entry.dtype)
        if dtype.name == "string":
            _read_strings(self._open_strings(entry, extent, math.prod(shape)), shape, region, out)
            return
        source = self._open_extent(entry, extent)
        is_all = region_shape(region) == shape
        stored = stored_array(out, dtype)
        read_strided(source, extent.offset, shape, region, stored)
        if is_all:
            self._check_crc(entry, extent, crc32c(stored.reshape(-1).view("u1")))
        decode_stored(stored, out, dtype, is_big_endian=self._index.is_big_endian)

    def _open_strings(self, entry: BundleEntry, extent: Extent, count: int) -> StoredStrings:
        source = self._open_extent(entry, extent)
        is_big_endian = self._index.is_big_endian
        return StoredStrings(source, extent, count, _field(entry), is_big_endian=is_big_endian)

    def _check_crc(self, entry: BundleEntry, extent: Extent, found: int) -> None:
        name = shard_name(self._prefix, extent.shard, self._index.shard_count)
        extent.check_crc32c(found, shown_path(self._folder.name, name), _field(entry))

    def _open_extent(self, entry: BundleEntry, extent: Extent) -> ByteSource:
        """The shard of an extent, which must be long enough for it."""
        with self._lock:
            source = self._shards.get(extent.shard)
            if source is None:
                name = shard_name(self._prefix, extent.shard, self._index.shard_count)
                try:
                    source = self._folder.open(name)
                except NotFound:
                    raise FormatError(
                        path=shown_path(self._folder.name, name),
                        field=_field(entry),
                        expected="the data shard",
                        found="no such file",
                        next_step="Copy it next to the index, with all shards of the checkpoint.",
                    ) from None
                self._shards[extent.shard] = source
        if extent.offset + extent.nbytes > source.nbytes:
            raise Truncated(
                path=source.name,
                offset=extent.offset,
                field=_field(entry),
                expected=f"{extent.offset + extent.nbytes:,}",
                found=f"{source.nbytes:,}",
                next_step="Copy the checkpoint again.",
            )
        return source


def _box_size(box: Box) -> int:
    return math.prod(stop - start for start, stop in box)


def _field(entry: BundleEntry) -> str:
    return f'tensor "{entry.key}"'


def _allocate(entry: BundleEntry, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """An array for values; numpy has fewer axes, and shorter ones, than a file may declare."""
    import numpy as np

    try:
        return np.empty(shape, dtype)
    except ValueError:
        raise Unsupported(
            f"{_field(entry)}: numpy has no array of {len(shape)} axes or of that size. Read a"
            " slice of it, or read it in TensorFlow."
        ) from None


def _read_strings(
    strings: StoredStrings, shape: tuple[int, ...], region: Region, out: np.ndarray
) -> None:
    """Fill an object array with the strings of a region."""
    import numpy as np

    if out.size == 0:
        return
    is_all = out.shape == shape
    if is_all:
        indices = range(out.size)
    else:
        indices = np.arange(math.prod(shape)).reshape(shape)[region].ravel().tolist()
    out.reshape(-1)[:] = strings.read(indices, is_all=is_all)
