"""Values of a checkpoint V1: protobuf fields, decoded to numpy arrays.

tensorflow/core/util/saved_tensor_slice_util.h: a slice's values are one `*_val` field of a
`TensorProto` (tensorflow/core/framework/tensor.proto) that has neither dtype nor shape. Floats are
packed as they are, integers as varints, a half as the integer of its bits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

from tensorboard_plugin_modelinspect.codecs.spans import MalformedField, iter_spans
from tensorboard_plugin_modelinspect.codecs.varint import MalformedVarint, decode_varint
from tensorboard_plugin_modelinspect.errors import (
    FormatError,
    LimitExceeded,
    NotFound,
    Unsupported,
)
from tensorboard_plugin_modelinspect.formats.slices import overlap
from tensorboard_plugin_modelinspect.formats.v1_index import Part, V1Entry, open_table
from tensorboard_plugin_modelinspect.model.dtype import DType, dtype_of
from tensorboard_plugin_modelinspect.model.pieces import Piece, iter_runs
from tensorboard_plugin_modelinspect.model.tensor import Region, Tensor, region_shape
from tensorboard_plugin_modelinspect.sources.base import ByteSource, Folder, shown_path

if TYPE_CHECKING:
    import numpy as np

_DATA, _TENSOR = 2, 3
"""`SavedTensorSlices.data` and `SavedSlice.data`."""
_PIECE = 1 << 20
"""Bytes of varints decoded at once; a few arrays of eight times that are held meanwhile."""
_LONGEST_VARINT = 10


class _Stored(NamedTuple):
    """How values of a type are stored: field of `TensorProto`, and whether as varints."""

    field: int
    is_varint: bool


_INTS = ("int32", "int16", "int8", "uint16", "uint8", "qint32", "qint16", "qint8")
_STORED = {
    "float32": _Stored(5, False),
    "float64": _Stored(6, False),
    **dict.fromkeys((*_INTS, "quint16", "quint8"), _Stored(7, True)),
    "string": _Stored(8, False),
    "complex64": _Stored(9, False),
    "int64": _Stored(10, True),
    "bool": _Stored(11, True),
    "complex128": _Stored(12, False),
    "float16": _Stored(13, True),
    "uint32": _Stored(16, True),
    "uint64": _Stored(17, True),
}


class V1Values:
    """Reads values of one checkpoint; a file is opened for each read, and closed.

    Args:
        folder: Where the files are.
        files: Their names, by number.
        entries: The tensors.

    May be shared by threads.
    """

    def __init__(
        self, folder: Folder, files: Sequence[str], entries: Mapping[str, V1Entry]
    ) -> None:
        self._folder = folder
        self._files = files
        self._entries = entries

    def read_region(self, tensor: Tensor, region: Region) -> np.ndarray:
        """See `TensorValues.read_region`.

        Cost: reads each slice that meets the region in full, with the rest of its block (256 kB at
        most before it); the block's checksum is verified. Twice the bytes of a slice are held.
        """
        entry = self._entries[tensor.key]
        try:
            return self._read_region(entry, region)
        except MemoryError:
            raise LimitExceeded(
                path=self._shown(entry.parts[0].shard if entry.parts else 0),
                field=_field(entry),
                expected="what fits in memory",
                found=f"{tensor.nbytes:,} bytes",
            ) from None

    def iter_pieces(self, tensor: Tensor, most_nbytes: int) -> Iterator[Piece]:
        """See `PieceValues.iter_pieces`; a stored slice is decoded once, and held meanwhile."""
        entry = self._entries[tensor.key]
        sizes = [math.prod(stop - start for start, stop in part.box) for part in entry.parts]
        if sum(sizes) != tensor.size:
            raise self._incomplete(entry)
        for part in entry.parts:
            whole = tuple(slice(0, stop - start, 1) for start, stop in part.box)
            yield from iter_runs(self._read_part(entry, part, whole), part.box, most_nbytes)

    def read_scalar_int(self, key: str) -> int | None:
        """A scalar integer, None if the tensor is anything else; needs no numpy.

        Cost: a megabyte at most; in a larger block the checksum is not verified.
        """
        entry = self._entries[key]
        if entry.shape or not entry.parts or dtype_of(entry.dtype).name not in ("int64", "int32"):
            return None
        part = entry.parts[0]
        with closing(self._open(part.shard)) as source:
            value = open_table(source).get_early(entry.key_of(part))
        data = b"".join(self._payloads(entry, part, None if value is None else memoryview(value)))
        try:
            number, stop = decode_varint(data, 0, len(data))
        except MalformedVarint:
            number, stop = 0, -1
        if stop != len(data):
            raise self._broken(entry, part, f"{len(data)} bytes", expected="one number")
        return number - (1 << 64) if number >> 63 else number

    def _read_region(self, entry: V1Entry, region: Region) -> np.ndarray:
        import numpy as np

        pieces = []
        for part in entry.parts:
            met = overlap(part.box, region)
            if met is not None:
                inside, where = met
                pieces.append((where, self._read_part(entry, part, inside)))
        # Only what was read is allocated, whatever the shape says.
        if sum(piece.size for _, piece in pieces) != math.prod(region_shape(region)):
            raise self._incomplete(entry)
        if len(pieces) == 1:
            return pieces[0][1]
        try:
            out: np.ndarray = np.empty(region_shape(region), dtype_of(entry.dtype).to_numpy())
        except ValueError:
            raise _not_in_numpy(entry) from None
        for where, piece in pieces:
            out[where] = piece
        return out

    def _read_part(self, entry: V1Entry, part: Part, inside: Region) -> np.ndarray:
        """A region of one stored slice, owned by the caller."""
        shape = tuple(stop - start for start, stop in part.box)
        with closing(self._open(part.shard)) as source:
            value = open_table(source).get(entry.key_of(part))
        payloads = self._payloads(entry, part, value)
        try:
            values = _decode(payloads, dtype_of(entry.dtype), math.prod(shape))
        except _Mismatch as error:
            found, expected = str(error), f"{math.prod(shape)} values"
            raise self._broken(entry, part, found, expected=expected) from None
        picks: tuple[Any, ...] = (*inside, ...)  # an array even of a scalar
        try:
            picked: np.ndarray = values.reshape(shape)[picks]
        except ValueError:
            raise _not_in_numpy(entry) from None
        is_own = values.flags.writeable and picked.size == values.size
        return picked if is_own else picked.copy()

    def _payloads(
        self, entry: V1Entry, part: Part, value: memoryview | None
    ) -> Sequence[memoryview]:
        """The bytes of the field that holds a slice's values: one view, or one per value."""
        dtype = dtype_of(entry.dtype)
        if dtype.name not in _STORED:
            raise Unsupported(f"{_field(entry)}: a checkpoint V1 holds no values of {dtype.name}.")
        if value is None:
            raise self._broken(entry, part, "no entry for a slice that it lists")
        try:
            return [
                payload
                for data in _find_fields(value, _DATA)
                for tensor in _find_fields(data, _TENSOR)
                for payload in _find_fields(tensor, _STORED[dtype.name].field)
            ]
        except MalformedField:
            raise self._broken(entry, part, f"{len(value)} bytes that are no slice") from None

    def _open(self, shard: int) -> ByteSource:
        try:
            return self._folder.open(self._files[shard])
        except NotFound:
            raise self._lost(shard) from None

    def _incomplete(self, entry: V1Entry) -> FormatError:
        """The error for a region that the files that were there do not hold."""
        held = {part.shard for part in entry.parts}
        lost = (shard for shard in range(len(self._files)) if shard not in held)
        shard = next((one for one in lost if self._folder.stat(self._files[one]) is None), 0)
        return self._lost(shard, field=_field(entry))

    def _lost(self, shard: int, field: str = "") -> FormatError:
        return FormatError(
            path=self._shown(shard),
            field=field,
            expected="slices of the checkpoint",
            found="no such file",
            next_step="Copy it next to the others.",
        )

    def _broken(self, entry: V1Entry, part: Part, found: str, expected: str = "") -> FormatError:
        path = self._shown(part.shard)
        return FormatError(path=path, field=_field(entry), expected=expected, found=found)

    def _shown(self, shard: int) -> str:
        return shown_path(self._folder.name, self._files[shard])


class _Mismatch(ValueError):
    """Bytes that are not the declared number of values; says how many, or what else."""


def _find_fields(message: memoryview, number: int) -> list[memoryview]:
    """The bytes of every field of that number, in place: packed values, or one value each."""
    spans = iter_spans(message, 0, len(message))
    return [message[start:stop] for found, _, start, stop in spans if found == number]


def _field(entry: V1Entry) -> str:
    return f'tensor "{entry.key}"'


def _not_in_numpy(entry: V1Entry) -> Unsupported:
    rank = len(entry.shape)
    return Unsupported(
        f"{_field(entry)}: numpy has no array of {rank} axes or of that size. Read it in"
        " TensorFlow."
    )


def _decode(payloads: Sequence[memoryview], dtype: DType, count: int) -> np.ndarray:
    """`count` values of a type; read-only where they are still the file's own bytes."""
    import numpy as np

    if dtype.name == "string":
        if len(payloads) != count:
            raise _Mismatch(f"{len(payloads)}")
        values: np.ndarray = np.empty(count, object)
        values[:] = [bytes(payload) for payload in payloads]
        return values
    data = payloads[0] if len(payloads) == 1 else b"".join(payloads)
    if _STORED[dtype.name].is_varint:
        return _decode_varints(np.frombuffer(data, np.uint8), dtype, count)
    if len(data) != count * dtype.itemsize:
        raise _Mismatch(f"{len(data)} bytes")
    stored = np.frombuffer(data, dtype.to_numpy().newbyteorder("<"))
    return stored.astype(dtype.to_numpy(), copy=False)


def _decode_varints(data: np.ndarray, dtype: DType, count: int) -> np.ndarray:
    """Integers (a half: its bits) of that many varints, which fill `data`."""
    import numpy as np

    found = int(np.count_nonzero(data < 0x80))
    if found != count or (count and data[-1] >= 0x80):
        raise _Mismatch(f"{found}")
    values = np.empty(count, dtype.to_numpy())
    bits = values.view(np.bool_ if dtype.name == "bool" else f"u{dtype.itemsize}")
    begin = done = 0
    while done < count:
        piece = data[begin : begin + _PIECE]
        ends = np.flatnonzero(piece < 0x80)
        starts = np.concatenate(([0], ends[:-1] + 1))
        lengths = ends - starts + 1
        if not len(ends) or lengths.max() > _LONGEST_VARINT:
            raise _Mismatch("a number that does not end")
        numbers = np.zeros(len(ends), np.uint64)
        for place in range(int(lengths.max())):
            has_digit = lengths > place
            digits = piece[starts[has_digit] + place] & np.uint8(0x7F)
            numbers[has_digit] |= digits.astype(np.uint64) << np.uint64(7 * place)
        bits[done : done + len(ends)] = numbers  # as C++ does, what is too large is cut off
        done += len(ends)
        begin += int(ends[-1]) + 1
    return values
