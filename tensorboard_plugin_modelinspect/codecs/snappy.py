"""Snappy's raw format (no framing), for compressed table blocks.

google/snappy format_description.txt: a varint with the decoded length, then elements. The low two
bits of an element's first byte are its kind: 0 literal, 1 to 3 copy with a 1, 2 or 4 byte offset.
TensorFlow inside Google still writes compressed indexes; the open builds since 1.2 do not.
"""

from __future__ import annotations

from tensorboard_plugin_modelinspect.codecs.varint import MalformedVarint, decode_varint


class MalformedSnappy(ValueError):
    """Bytes that are not Snappy; callers turn it into a FormatError."""


_LARGEST = 256 << 20
"""Bytes of a decoded block, a thousand times what TensorFlow writes: three bytes can give 64."""


def decompress_snappy(data: bytes) -> bytes:
    """Decode a whole block.

    Raises:
        MalformedSnappy: Not Snappy, or it declares more than a block can be.

    Cost: one slice per element; memory is the decoded length.
    """
    try:
        declared, offset = decode_varint(data, 0, len(data))
        if declared > _LARGEST:
            raise MalformedSnappy
        decoded = bytearray()
        while offset < len(data):
            tag = data[offset]
            kind = tag & 3
            if kind == 0:
                start, stop = _literal_range(data, offset)
                decoded += data[start:stop]
                offset = stop
            else:
                length, distance, offset = _copy_element(data, offset, kind)
                _append_copy(decoded, length, distance)
            if offset > len(data) or len(decoded) > declared:
                raise MalformedSnappy
    except (IndexError, MalformedVarint):
        raise MalformedSnappy from None
    if len(decoded) != declared:
        raise MalformedSnappy
    return bytes(decoded)


def _literal_range(data: bytes, offset: int) -> tuple[int, int]:
    """Where a literal's bytes lie; lengths from 61 on take 1 to 4 bytes behind the tag."""
    length = data[offset] >> 2
    start = offset + 1
    if length >= 60:
        width = length - 59
        length = int.from_bytes(data[start : start + width], "little")
        start += width
    return start, start + length + 1


def _copy_element(data: bytes, offset: int, kind: int) -> tuple[int, int, int]:
    """Length, distance back, and the offset behind a copy element."""
    tag = data[offset]
    if kind == 1:
        return 4 + (tag >> 2 & 7), (tag >> 5) << 8 | data[offset + 1], offset + 2
    width = 2 if kind == 2 else 4
    distance = int.from_bytes(data[offset + 1 : offset + 1 + width], "little")
    return (tag >> 2) + 1, distance, offset + 1 + width


def _append_copy(decoded: bytearray, length: int, distance: int) -> None:
    """Append `length` bytes from `distance` back; they may overlap and then repeat."""
    if not 0 < distance <= len(decoded):
        raise MalformedSnappy
    start = len(decoded) - distance
    piece = decoded[start : start + length]
    while len(piece) < length:
        piece += piece[: length - len(piece)]
    decoded += piece
