"""Ordered codes: the binary keys of slices in a tensor bundle.

tensorflow/core/lib/strings/ordered_code.cc and tensorflow/core/util/saved_tensor_slice_util.cc
(`EncodeTensorNameSlice`): NumIncreasing(0), String(name), NumIncreasing(rank), then for each axis
Signed(start), Signed(length). A whole axis is start 0, length -1.
"""

from __future__ import annotations

from typing import NamedTuple

Extent = tuple[int, int]
"""Start and length on one axis; length -1 means the whole axis."""


class SliceKey(NamedTuple):
    """What a slice's key says: the full tensor's name and one extent per axis."""

    name: bytes
    extents: tuple[Extent, ...]


class MalformedKey(ValueError):
    """Bytes that are no slice key; callers turn it into a FormatError."""


_MAX_RANK = 254
_ESCAPES = {0x00: b"\x00\xff", 0xFF: b"\xff\x00"}


def decode_slice_key(key: bytes) -> SliceKey:
    """Decode a slice's key.

    Raises:
        MalformedKey: It is not one.
    """
    try:
        zero, offset = _decode_number(key, 0)
        name, offset = _decode_string(key, offset)
        rank, offset = _decode_number(key, offset)
        if zero != 0 or rank > _MAX_RANK:
            raise MalformedKey
        extents = []
        for _ in range(rank):
            start, offset = _decode_signed(key, offset)
            length, offset = _decode_signed(key, offset)
            extents.append((start, length))
    except IndexError:
        raise MalformedKey from None
    if offset != len(key):
        raise MalformedKey
    return SliceKey(name, tuple(extents))


def encode_slice_key(key: SliceKey) -> bytes:
    """The bytes TensorFlow stores a slice under."""
    parts = [_encode_number(0), _encode_string(key.name), _encode_number(len(key.extents))]
    for start, length in key.extents:
        parts.append(_encode_signed(start) + _encode_signed(length))
    return b"".join(parts)


def _decode_number(data: bytes, offset: int) -> tuple[int, int]:
    length = data[offset]
    stop = offset + 1 + length
    if length > 8 or stop > len(data):
        raise MalformedKey
    return int.from_bytes(data[offset + 1 : stop], "big"), stop


def _encode_number(value: int) -> bytes:
    payload = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes([len(payload)]) + payload


def _decode_string(data: bytes, offset: int) -> tuple[bytes, int]:
    """`00 01` ends it, `00 ff` is a zero byte, `ff 00` is a 255 byte."""
    decoded = bytearray()
    while True:
        byte = data[offset]
        if byte == 0x00:
            following = data[offset + 1]
            if following == 0x01:
                return bytes(decoded), offset + 2
            if following != 0xFF:
                raise MalformedKey
            decoded.append(0x00)
            offset += 2
        elif byte == 0xFF:
            if data[offset + 1] != 0x00:
                raise MalformedKey
            decoded.append(0xFF)
            offset += 2
        else:
            decoded.append(byte)
            offset += 1


def _encode_string(value: bytes) -> bytes:
    escaped = (_ESCAPES.get(byte) or bytes((byte,)) for byte in value)
    return b"".join(escaped) + b"\x00\x01"


def _decode_signed(data: bytes, offset: int) -> tuple[int, int]:
    """A signed number: the count of leading ones (zeros if negative) is its length in bytes."""
    first = data[offset]
    negative = first < 0x80
    inverted = [byte ^ 0xFF if negative else byte for byte in data[offset : offset + 10]]
    length = _leading_ones(inverted)
    stop = offset + length
    if length > 10 or stop > len(data):
        raise MalformedKey
    # Clear the header's ones; what is left is the value (or its complement) in 7 bits a byte.
    value = int.from_bytes(bytes(inverted[:length]), "big") & ((1 << (7 * length - 1)) - 1)
    return (-value - 1 if negative else value), stop


def _leading_ones(data: list[int]) -> int:
    count = 0
    for byte in data:
        if byte == 0xFF:
            count += 8
            continue
        while byte & 0x80:
            count += 1
            byte = (byte << 1) & 0xFF
        break
    return max(count, 1)


def _encode_signed(value: int) -> bytes:
    magnitude = value if value >= 0 else -value - 1
    length = 1
    while magnitude >> (7 * length - 1):
        length += 1
    header = ((1 << length) - 1) << (7 * length)
    encoded = (header | magnitude).to_bytes(length, "big")
    return bytes(byte ^ 0xFF for byte in encoded) if value < 0 else encoded
