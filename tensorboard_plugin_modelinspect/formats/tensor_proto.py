"""`TensorProto`, the form of values inside graphs: where they lie, and their decoding.

tensorflow/core/framework/tensor.proto and `Tensor::FromProto` in tensor.cc. The values are either
`tensor_content`, raw and row-major in the byte order of the machine that wrote them (little-endian
everywhere but on a few), or one of the `*_val` fields. Of these there may be fewer than elements:
the last one then stands for the rest, and none at all for zeros.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from tensorboard_plugin_modelinspect.codecs.protos import parse_message, tensor_class
from tensorboard_plugin_modelinspect.codecs.spans import (
    DELIMITED,
    MalformedField,
    Pages,
    decode_int,
    iter_spans,
)
from tensorboard_plugin_modelinspect.codecs.varint import (
    MalformedVarint,
    Octets,
    decode_varint,
)
from tensorboard_plugin_modelinspect.errors import (
    FormatError,
    LimitExceeded,
    Unsupported,
)
from tensorboard_plugin_modelinspect.formats.stored import decode_stored, stored_array
from tensorboard_plugin_modelinspect.formats.strided import read_strided
from tensorboard_plugin_modelinspect.model.dtype import DType
from tensorboard_plugin_modelinspect.model.pieces import Piece, iter_region_pieces, iter_runs
from tensorboard_plugin_modelinspect.model.tensor import Region, Tensor, region_shape
from tensorboard_plugin_modelinspect.sources.base import ByteSource

if TYPE_CHECKING:
    import numpy as np

_DTYPE, _SHAPE, _VERSION, _CONTENT = 1, 2, 3, 4
_DIM, _UNKNOWN_RANK, _SIZE = 2, 3, 1
_MAX_RANK = 254
_MOST_REPEATED = 1 << 25
"""Elements that fewer stored values may fill at once: they take no room in the file."""
_RAW_FIELDS = {"float32": 5, "float64": 6, "complex64": 9, "complex128": 12}
"""Fields that hold, when packed, the bytes of the values."""
_FIELDS = {
    "float16": "half_val",
    "bfloat16": "half_val",
    "float32": "float_val",
    "float64": "double_val",
    "complex64": "scomplex_val",
    "complex128": "dcomplex_val",
    "int64": "int64_val",
    "uint32": "uint32_val",
    "uint64": "uint64_val",
    "bool": "bool_val",
    "string": "string_val",
}
"""By type; `float8_val` is that of all smaller floats, `int_val` that of all other integers."""
_NUMBERS = {
    "half_val": "int32",
    "int_val": "int32",
    "scomplex_val": "float32",
    "dcomplex_val": "float64",
}
"""What numpy calls the numbers of a field, where their type is not the tensor's."""


class TensorOutline(NamedTuple):
    """What a TensorProto says of itself.

    Attributes:
        dtype: `DataType` number.
        shape: Sizes of the axes.
        nbytes: Bytes that the values take in the file.
    """

    dtype: int
    shape: tuple[int, ...]
    nbytes: int


def outline_tensor(data: Octets, start: int, stop: int) -> TensorOutline:
    """Type, shape and size of the TensorProto in `[start, stop)`; values are not looked at.

    Raises:
        MalformedField: It is none, or has a shape that no tensor has.
    """
    dtype = nbytes = 0
    shape: tuple[int, ...] = ()
    for span in iter_spans(data, start, stop):
        number = span[0]
        if number == _DTYPE:
            dtype = decode_int(data, span)
        elif number == _SHAPE:
            shape += _parse_shape(data, span[2], span[3])
        elif number != _VERSION:
            nbytes += span[3] - span[2]
    if len(shape) > _MAX_RANK or math.prod(shape) >= 1 << 63:
        raise MalformedField(start)
    return TensorOutline(dtype, shape, nbytes)


def _parse_shape(data: Octets, start: int, stop: int) -> tuple[int, ...]:
    """Sizes in a TensorShapeProto that is known in full."""
    shape = []
    for number, _, begin, end in iter_spans(data, start, stop):
        if number == _UNKNOWN_RANK and data[begin]:
            raise MalformedField(begin)
        if number == _DIM:
            sizes = [
                decode_int(data, one) for one in iter_spans(data, begin, end) if one[0] == _SIZE
            ]
            shape.append(sizes[-1] if sizes else 0)
    if min(shape, default=0) < 0:
        raise MalformedField(start)
    return tuple(shape)


class ConstantValues:
    """Reads values of constants in one file.

    Args:
        source: The file, or the text of one in binary form; kept open.
        places: Range of each one's TensorProto in it, by the tensor's key.

    May be shared by threads. Cost of a read: raw values are read by position; others are parsed,
    all values of the tensor, which takes up to eight times their bytes.
    """

    def __init__(self, source: ByteSource, places: Mapping[str, tuple[int, int]]) -> None:
        self._source = source
        self._places = places

    def read_region(self, tensor: Tensor, region: Region) -> np.ndarray:
        """See `TensorValues.read_region`."""
        start, stop = self._places[tensor.key]
        try:
            content = _find_content(Pages(self._source, 4096), start, stop, tensor)
            if content is None:
                return self._read_fields(tensor, region, self._source.read(start, stop - start))
            return self._read_content(tensor, region, *content)
        except (MalformedField, MalformedVarint):
            raise self._broken(tensor, "other bytes", "a TensorProto") from None
        except MemoryError:
            raise self._too_large(tensor, "what fits in memory") from None

    def iter_pieces(self, tensor: Tensor, most_nbytes: int) -> Iterator[Piece]:
        """See `PieceValues.iter_pieces`; what is not stored raw is parsed once, and held."""
        start, stop = self._places[tensor.key]
        if tensor.dtype.is_fixed and stop - start >= tensor.size * tensor.dtype.itemsize:
            return iter_region_pieces(tensor, most_nbytes)
        box = tuple((0, size) for size in tensor.shape)
        return iter_runs(tensor.read(), box, most_nbytes)

    def _read_content(self, tensor: Tensor, region: Region, start: int, stop: int) -> np.ndarray:
        """Values that lie raw in `[start, stop)`."""
        if not tensor.dtype.is_fixed:
            data = self._source.read(start, stop - start)
            return _pick(_as_objects(_split_strings(data, tensor.size)), tensor, region)
        needed = tensor.size * tensor.dtype.itemsize
        if stop - start != needed:
            raise self._broken(tensor, f"{stop - start:,}", f"{needed:,} bytes of values")
        out = _allocate(tensor, region)
        stored = stored_array(out, tensor.dtype)
        read_strided(self._source, start, tensor.shape, region, stored)
        decode_stored(stored, out, tensor.dtype, is_big_endian=False)
        return out

    def _read_fields(self, tensor: Tensor, region: Region, data: bytes) -> np.ndarray:
        """Values of a `*_val` field of the TensorProto in `data`."""
        proto = parse_message(tensor_class(), data, path=self._source.name, field=_field(tensor))
        values = _decode_field(tensor.dtype, proto)
        if values is None or len(values) > tensor.size:
            found = "half a number" if values is None else f"{len(values):,}"
            raise self._broken(tensor, found, f"at most {tensor.size:,} values")
        if len(values) < tensor.size and math.prod(region_shape(region)) > _MOST_REPEATED:
            raise self._too_large(tensor, f"at most {_MOST_REPEATED:,} repeated at once")
        return _pick(values, tensor, region)

    def _broken(self, tensor: Tensor, found: str, expected: str) -> FormatError:
        path = self._source.name
        return FormatError(path=path, field=_field(tensor), expected=expected, found=found)

    def _too_large(self, tensor: Tensor, expected: str) -> FormatError:
        return LimitExceeded(
            path=self._source.name,
            field=_field(tensor),
            expected=expected,
            found=f"{tensor.size:,} elements",
            next_step="Read a slice of it.",
        )


def _field(tensor: Tensor) -> str:
    return f'constant "{tensor.key}"'


def _find_content(data: Octets, start: int, stop: int, tensor: Tensor) -> tuple[int, int] | None:
    """Where the values of a TensorProto lie raw, None if they are in other fields."""
    content = raw = None
    raw_field = _RAW_FIELDS.get(tensor.dtype.name)
    raw_count = 0
    for number, kind, begin, end in iter_spans(data, start, stop):
        if kind != DELIMITED or begin == end:
            continue
        if number == _CONTENT:
            content = begin, end
        elif number == raw_field:
            raw_count += 1
            raw = begin, end
    is_whole = raw is not None and raw[1] - raw[0] == tensor.size * tensor.dtype.itemsize
    return content or (raw if raw_count == 1 and is_whole else None)


def _decode_field(dtype: DType, proto: Any) -> np.ndarray | None:
    """The stored values, in the tensor's own type; None if half a complex number is stored."""
    import numpy as np

    default = "float8_val" if dtype.name.startswith("float") else "int_val"
    name = _FIELDS.get(dtype.name, default)
    stored = getattr(proto, name)
    if name == "string_val":
        return _as_objects(list(stored))
    if name == "float8_val":
        octets: np.ndarray = np.frombuffer(stored, np.uint8)
        values = np.empty(len(octets), dtype.to_numpy())
        if dtype.is_sub_byte:
            decode_stored(octets, values, dtype, is_big_endian=False)
        else:
            values.view(np.uint8)[:] = octets
        return values
    numbers: np.ndarray = np.fromiter(stored, _NUMBERS.get(name, dtype.numpy_name), len(stored))
    if name.endswith("complex_val"):
        return None if len(numbers) % 2 else numbers.view(dtype.to_numpy())
    if name == "half_val":
        return numbers.astype(np.uint16).view(dtype.to_numpy())
    return numbers.astype(dtype.to_numpy(), copy=False)


def _as_objects(strings: Sequence[bytes]) -> np.ndarray:
    import numpy as np

    array: np.ndarray = np.empty(len(strings), object)
    array[:] = strings
    return array


def _split_strings(data: bytes, count: int) -> list[bytes]:
    """Strings of a raw field: their lengths as varints, then their bytes.

    `DecodeStringList` in tensorflow/core/platform/tensor_coding.cc.
    """
    lengths, offset = [], 0
    if count > len(data):
        raise MalformedField(0)
    for _ in range(count):
        length, offset = decode_varint(data, offset, len(data))
        lengths.append(length)
    if offset + sum(lengths) != len(data):
        raise MalformedField(offset)
    starts = accumulate(lengths, initial=offset)
    return [data[start : start + length] for start, length in zip(starts, lengths, strict=False)]


def _allocate(tensor: Tensor, region: Region) -> np.ndarray:
    import numpy as np

    try:
        return np.empty(region_shape(region), tensor.dtype.to_numpy())
    except ValueError:
        raise _too_many_axes(tensor) from None


def _too_many_axes(tensor: Tensor) -> Unsupported:
    rank = len(tensor.shape)
    return Unsupported(f"{_field(tensor)}: numpy has no array of {rank} axes or of that size.")


def _pick(values: np.ndarray, tensor: Tensor, region: Region) -> np.ndarray:
    """The elements of a region, the last value standing for all that are not stored."""
    import numpy as np

    try:
        if len(values) == tensor.size:
            with_rest: Any = (*region, ...)  # an array even where there are no axes
            return np.array(values.reshape(tensor.shape)[with_rest])
        if len(values) <= 1:
            default = b"" if values.dtype == object else 0
            return np.full(
                region_shape(region), values[0] if len(values) else default, values.dtype
            )
        flat: np.ndarray = np.zeros((), np.int64)
        for axis, size in zip(region, tensor.shape, strict=True):
            flat = flat[..., None] * size + np.arange(axis.start, axis.stop, axis.step)
        picked: np.ndarray = values[np.minimum(flat, len(values) - 1)]
        return picked
    except ValueError:
        raise _too_many_axes(tensor) from None
