"""`tf.Example` records: made of plain values, and read from TFRecord files.

Example: tensorflow/core/example/{example, feature}.proto. A TFRecord file is records, each of them
length (8 bytes), masked CRC-32C of it (4), data, masked CRC-32C of the data (4), and may be
compressed as a whole by gzip or zlib (tensorflow/core/lib/io/{record_reader, record_writer}.cc).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from tensorboard_plugin_modelinspect.codecs.crc32c import crc32c, mask
from tensorboard_plugin_modelinspect.codecs.protos import message_class
from tensorboard_plugin_modelinspect.errors import (
    BadChecksum,
    BadRequest,
    FormatError,
    LimitExceeded,
    Truncated,
)

_LENGTH = struct.Struct("<Q")
_CRC = struct.Struct("<I")
MOST_NBYTES = 1 << 30
"""Of an unpacked TFRecord file."""
_PIECE = 1 << 20


def make_example(features: object) -> bytes:
    """A serialised `tf.Example`.

    Args:
        features: A dict of lists, all floats, all ints, or all strings or bytes, by feature. The
            first element decides, as in `saved_model_cli`; a list with none leaves it open.

    Raises:
        BadRequest: It is something else.
    """
    if not isinstance(features, dict):
        raise BadRequest(f'A tf.Example is {{"feature": [values]}}, not {str(features)[:60]}.')
    example = message_class("Example")()
    for name, values in features.items():
        if not isinstance(name, str) or not isinstance(values, list):
            raise BadRequest(f"feature value must be a list, but {name} is {str(values)[:60]}.")
        feature = example.features.feature.add(key=name)
        feature.value.SetInParent()
        if values:
            _fill(feature.value, name, values)
    serialised: bytes = example.SerializeToString()
    return serialised


def _fill(feature: object, name: str, values: list[object]) -> None:
    kinds = {float: "float_list", str: "bytes_list", bytes: "bytes_list"}
    kind = "int64_list" if isinstance(values[0], int) else kinds.get(type(values[0]))
    if kind is None:
        raise BadRequest(
            f'The feature "{name}" holds {type(values[0]).__name__}: there are floats, ints,'
            " strings and bytes."
        )
    if kind == "bytes_list":
        values = [value.encode() if isinstance(value, str) else value for value in values]
    try:
        getattr(feature, kind).value.extend(values)
    except (TypeError, ValueError):
        raise BadRequest(f'The feature "{name}" holds values of several kinds.') from None


def read_records(path: str, data: bytes, most: int) -> list[bytes]:
    """The first records of a TFRecord file.

    Args:
        path: For errors.
        data: The file.
        most: Records that are wanted.

    Raises:
        FormatError: It is damaged.
    """
    return list(_iter_records(path, _unpacked(path, data), most))


def _iter_records(path: str, data: bytes, most: int) -> Iterator[bytes]:
    place = 0
    while place < len(data) and most > 0:
        head = data[place : place + 12]
        if len(head) < 12:
            raise Truncated(path=path, expected=str(place + 12), found=str(len(data)))
        if _CRC.unpack(head[8:])[0] != mask(crc32c(head[:8])):
            raise FormatError(
                path=path, offset=place, expected="the length of a record", found="something else"
            )
        (declared_nbytes,) = _LENGTH.unpack(head[:8])
        stop = place + 12 + declared_nbytes
        if stop + 4 > len(data):
            raise Truncated(path=path, expected=str(stop + 4), found=str(len(data)))
        record = data[place + 12 : stop]
        if _CRC.unpack(data[stop : stop + 4])[0] != mask(crc32c(record)):
            raise BadChecksum(path=path, offset=place + 12, field="a record", found="other bytes")
        yield record
        place, most = stop + 4, most - 1


def _unpacked(path: str, data: bytes) -> bytes:
    """The file without its compression; which one is told by its first bytes."""
    is_gzip = data[:2] == b"\x1f\x8b"
    if not is_gzip and not (data[:1] == b"\x78" and int.from_bytes(data[:2], "big") % 31 == 0):
        return data
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 32)
    pieces, nbytes = [], 0
    try:
        rest = data
        while rest and not unpacking.eof:
            pieces.append(unpacking.decompress(rest, _PIECE))
            nbytes += len(pieces[-1])
            if nbytes > MOST_NBYTES:
                raise LimitExceeded(
                    path=path, expected=f"at most {MOST_NBYTES:,} bytes unpacked", found="more"
                )
            rest = unpacking.unconsumed_tail
    except zlib.error as error:
        raise FormatError(path=path, field="its compression", found=str(error)) from None
    return b"".join(pieces)
