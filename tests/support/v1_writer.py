"""Writes checkpoints V1 without TensorFlow: right ones, or wrong on purpose.

writer = V1Writer(shard_count=2)
writer.add("w", np.zeros((2, 3), np.float32))
writer.add("names", np.array([b"a", b"bc"], object), shard=1)
writer.add_slices("table", table, [((0, 5), (0, 8)), ((5, 9), (0, 8))], shards=(0, 1))
writer.files("model")             # model-00000-of-00002, model-00001-of-00002
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np

from tensorboard_plugin_modelinspect.opening import Candidate
from tests.support.artifacts import candidates_in_memory
from tests.support.bundle_writer import NUMBERS, Box, encode_shape, encode_slice, slice_key
from tests.support.table_writer import BLOCK_SIZE, Compress, encode_table, varint

_FIELDS = {
    "float32": 5, "float64": 6, "object": 8, "complex64": 9, "int64": 10, "bool": 11,
    "complex128": 12, "float16": 13, "uint32": 16, "uint64": 17,
}  # fmt: skip
"""Fields of `TensorProto`; all other integers are in `int_val`, 7."""


class V1Writer:
    """Collects slices, then writes one file or some shards.

    Args:
        shard_count: Files; with one the checkpoint is a single file.
        block_size: Of the tables; small ones give many blocks.
        compress: For blocks, e.g. `table_writer.snappy`.
    """

    def __init__(
        self,
        *,
        shard_count: int = 1,
        block_size: int = BLOCK_SIZE,
        compress: Compress | None = None,
    ) -> None:
        self.shards = [_Shard() for _ in range(shard_count)]
        self._block_size = block_size
        self._compress = compress

    def add(self, name: str | bytes, value: np.ndarray, *, dtype: str = "", shard: int = 0) -> None:
        """Add a whole tensor; `dtype` where numpy has another one, e.g. `qint8`."""
        extents = [(0, -1)] * value.ndim
        self._add(name, value.shape, value, extents, dtype, shard)

    def add_slices(
        self,
        name: str | bytes,
        value: np.ndarray,
        boxes: Iterable[Box],
        *,
        dtype: str = "",
        shards: Sequence[int] = (0,),
    ) -> None:
        """Add a partitioned tensor: one slice per box; `shards` are used in turn."""
        for box, shard in zip(boxes, cycle(shards), strict=False):
            part = value[tuple(slice(start, stop) for start, stop in box)]
            extents = [(start, stop - start) for start, stop in box]
            self._add(name, value.shape, part, extents, dtype, shard)

    def _add(
        self,
        name: str | bytes,
        shape: Sequence[int],
        part: np.ndarray,
        extents: Sequence[tuple[int, int]],
        dtype: str,
        shard: int,
    ) -> None:
        raw = name if isinstance(name, bytes) else name.encode("utf-8", "surrogateescape")
        kind = dtype or ("string" if part.dtype == object else part.dtype.name)
        target = self.shards[shard]
        known = target.tensors.setdefault(raw, encode_meta(raw, shape, NUMBERS[kind]))
        target.tensors[raw] = known + delimited(4, encode_slice(extents))
        stored = delimited(1, raw) + delimited(2, encode_slice(extents))
        stored += delimited(3, encode_values(part))
        target.entries[slice_key(raw, extents)] = delimited(2, stored)

    def files(self, name: str) -> dict[str, bytes]:
        """All files by name."""
        count = len(self.shards)
        names = [f"{name}-{number:05d}-of-{count:05d}" for number in range(count)]
        return {
            file: encode_table(shard.rows(), block_size=self._block_size, compress=self._compress)
            for file, shard in zip([name] if count == 1 else names, self.shards, strict=True)
        }


class _Shard:
    """One file: the encoded `SavedSliceMeta` of each tensor, and an entry per slice."""

    def __init__(self) -> None:
        self.tensors: dict[bytes, bytes] = {}
        self.entries: dict[bytes, bytes] = {}
        self.versions = b"\x08\x01"
        """`VersionDef`: producer 1."""

    def rows(self) -> list[tuple[bytes, bytes]]:
        """Keys and values of the table."""
        meta = b"".join(delimited(1, tensor) for tensor in self.tensors.values())
        meta += delimited(2, self.versions)
        return [(b"", delimited(1, meta)), *sorted(self.entries.items())]


def encode_meta(name: bytes, shape: Sequence[int], number: int) -> bytes:
    """`SavedSliceMeta` without its slices."""
    head = delimited(1, name) + delimited(2, encode_shape(tuple(shape)))
    return head + b"\x18" + varint(number)


def encode_values(value: np.ndarray) -> bytes:
    """`TensorProto` with nothing but a packed `*_val`."""
    field = _FIELDS.get(value.dtype.name, 7)
    if value.dtype == object:
        return b"".join(delimited(field, one) for one in value.reshape(-1))
    if value.dtype.kind in "fc" and value.dtype != np.float16:
        return delimited(field, value.tobytes())
    if value.dtype == np.float16:
        value = value.view(np.uint16)
    return delimited(field, b"".join(varint(int(one)) for one in value.reshape(-1)))


def delimited(field: int, content: bytes) -> bytes:
    """A length-delimited field."""
    return varint(field << 3 | 2) + varint(len(content)) + content


def saved(name: str, value: np.ndarray, **options: Any) -> dict[str, bytes]:
    """One file, `m.ckpt`, of one tensor; options as for `add`."""
    writer = V1Writer()
    writer.add(name, value, **options)
    return writer.files("m.ckpt")


def with_stored(name: str, kind: str, shape: tuple[int, ...], stored: bytes) -> dict[str, bytes]:
    """A checkpoint of one whole tensor whose `TensorProto` is given."""
    writer = V1Writer()
    extents = [(0, -1)] * len(shape)
    slices = b"".join(delimited(1, b"") for _ in shape)
    raw = name.encode()
    writer.shards[0].tensors[raw] = encode_meta(raw, shape, NUMBERS[kind]) + delimited(4, slices)
    writer.shards[0].entries[slice_key(raw, extents)] = delimited(2, delimited(3, stored))
    return writer.files("m.ckpt")


def v1_candidate(files: Mapping[str, bytes]) -> Candidate:
    """The one checkpoint V1 among some files; other formats take names such as `.ckpt` too."""
    [found] = [one for one in candidates_in_memory(files) if one.format == "checkpoint_v1"]
    return found
