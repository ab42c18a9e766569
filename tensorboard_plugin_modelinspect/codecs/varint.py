"""Base-128 varints, as protobuf and LevelDB write them."""

from __future__ import annotations

from typing import Protocol


class Octets(Protocol):
    """Bytes by number: `bytes`, or a file that is read where it is looked at."""

    def __getitem__(self, index: int, /) -> int:
        """The byte at an index; IndexError behind the end."""
        ...


_SHORT = [bytes([value]) for value in range(0x80)]


class MalformedVarint(ValueError):
    """A varint that runs past the end or past ten bytes; callers turn it into a FormatError."""


def decode_varint(data: Octets, offset: int, stop: int) -> tuple[int, int]:
    """Decode the varint at `offset`.

    Args:
        data: Bytes.
        offset: Where it starts.
        stop: It must end before this.

    Returns:
        Value (below 2^64) and the offset behind it.

    Raises:
        MalformedVarint: It does not end in time.
    """
    value = shift = 0
    while offset < stop and shift < 70:
        byte = data[offset]
        offset += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, offset
        shift += 7
    raise MalformedVarint


def encode_varint(value: int) -> bytes:
    """The shortest varint of a number from 0 to 2^64 - 1."""
    if value < len(_SHORT):
        return _SHORT[value]
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
