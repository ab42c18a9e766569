"""Messages between the two processes: a JSON header and raw arrays, never pickles.

    frame = nbytes of the header (4 bytes), header, blocks one after the other
    header = {…, "blocks": [{"dtype", "shape", "nbytes"}]}

Numbers are little-endian. A block of strings is their lengths, 8 bytes each, and then the strings.
Needs the standard library, and numpy for values: both sides use it, and a worker that has no
numpy must be able to say so.
"""

from __future__ import annotations

import io
import json
import math
import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np

_LENGTH = struct.Struct("<I")
LARGEST_HEADER = 64 << 20
"""About 300,000 watched tensors."""
STRING = "string"


class Block(NamedTuple):
    """An array: its type as TensorFlow names it, its sizes, its elements in C order."""

    dtype: str
    shape: tuple[int, ...]
    data: memoryview | bytes | bytearray


class Frame(NamedTuple):
    """One message."""

    header: dict[str, Any]
    blocks: list[Block]


class BadFrame(Exception):
    """The other side sent something else than a frame, or more than it may."""


class FrameTooLarge(BadFrame):
    """A frame that holds more bytes than it may; they are still to be read."""


def write_frame(stream: io.RawIOBase, header: dict[str, Any], blocks: Sequence[Block] = ()) -> None:
    """Send a message; blocks until it is taken. Raises OSError if the other side is gone."""
    described = [
        {"dtype": block.dtype, "shape": block.shape, "nbytes": len(block.data)} for block in blocks
    ]
    text = json.dumps({**header, "blocks": described}).encode()
    _write(stream, _LENGTH.pack(len(text)) + text)
    for block in blocks:
        _write(stream, block.data)


def read_frame(stream: io.RawIOBase, most_nbytes: int) -> Frame | None:
    """The next message; None if the other side is gone, even in the middle of one.

    Args:
        stream: Unbuffered.
        most_nbytes: Bytes that all blocks may have together.

    Raises:
        BadFrame: No frame, or one that is too large; nothing is allocated for it.
    """
    head = _read(stream, _LENGTH.size)
    if head is None:
        return None
    (header_nbytes,) = _LENGTH.unpack(head)
    if header_nbytes > LARGEST_HEADER:
        raise BadFrame(f"a header of {header_nbytes} bytes")
    text = _read(stream, header_nbytes)
    if text is None:
        return None
    header, described = _parse(text)
    nbytes = sum(block["nbytes"] for block in described)
    if nbytes > most_nbytes:
        raise FrameTooLarge(f"{nbytes} bytes, {most_nbytes} are allowed")
    blocks = []
    for block in described:
        data = _read(stream, block["nbytes"])
        if data is None:
            return None
        blocks.append(Block(block["dtype"], tuple(block["shape"]), data))
    return Frame(header, blocks)


def to_block(array: np.ndarray, dtype: str) -> Block:
    """An array as it is sent; `dtype` is what TensorFlow calls its type."""
    import numpy as np

    shape = tuple(array.shape)
    if dtype != STRING:
        little = array.dtype.newbyteorder("<") if array.dtype.byteorder == ">" else array.dtype
        plain = np.ascontiguousarray(array, little).reshape(-1)
        return Block(dtype, shape, plain.view(np.uint8).data)
    strings = [
        item if isinstance(item, bytes) else str(item).encode("utf-8", "surrogateescape")
        for item in array.reshape(-1).tolist()
    ]
    lengths = np.fromiter(map(len, strings), "<i8", len(strings))
    return Block(dtype, shape, lengths.tobytes() + b"".join(strings))


def to_array(block: Block, numpy_type: np.dtype) -> np.ndarray:
    """The array of a block, in a type of that size; it shares the memory of the block.

    Raises:
        BadFrame: The bytes are not those of an array of that type and shape.
    """
    import numpy as np

    size = math.prod(block.shape)
    if block.dtype == STRING:
        return _strings(block, size)
    if len(block.data) != size * numpy_type.itemsize:
        raise BadFrame(f"{len(block.data)} bytes for {block.dtype} {list(block.shape)}")
    plain = np.frombuffer(block.data, np.uint8)
    return plain.view(numpy_type).reshape(block.shape)


def _strings(block: Block, size: int) -> np.ndarray:
    import numpy as np

    data = memoryview(block.data)
    if len(data) < 8 * size:
        raise BadFrame(f"{len(data)} bytes for {size} strings")
    lengths = np.frombuffer(data[: 8 * size], "<i8")
    stops = 8 * size + np.cumsum(lengths)
    if size and (int(lengths.min()) < 0 or int(stops.max()) > len(data)):
        raise BadFrame("strings that are longer than their block")
    array = np.empty(size, object)
    for number, (length, stop) in enumerate(zip(lengths.tolist(), stops.tolist(), strict=True)):
        array[number] = bytes(data[stop - length : stop])
    return array.reshape(block.shape)


def _parse(text: bytearray) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A header and its blocks, whose types are checked: the other side may be out of its mind."""
    try:
        header = json.loads(text)
        described = header.pop("blocks")
        for block in described:
            whole = [block["nbytes"], *block["shape"]]
            if not all(type(number) is int and 0 <= number < 1 << 48 for number in whole):
                raise BadFrame("a size that is none")
            if not isinstance(block["dtype"], str) or len(block["shape"]) > 64:
                raise BadFrame("a block that is none")
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        raise BadFrame("no header") from None
    return header, described


def _write(stream: io.RawIOBase, data: memoryview | bytes | bytearray) -> None:
    view = memoryview(data)
    while len(view):
        view = view[stream.write(view) or 0 :]


def _read(stream: io.RawIOBase, nbytes: int) -> bytearray | None:
    """That many bytes; memory grows as they come."""
    buffer = bytearray(min(nbytes, 1 << 26))
    done = 0
    while done < nbytes:
        if done == len(buffer):
            buffer.extend(bytes(min(nbytes - done, len(buffer))))
        with memoryview(buffer) as view:
            count = stream.readinto(view[done:])
        if not count:
            return None
        done += count
    return buffer
