"""Frames: what is sent comes back, and what is no frame is told from one."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.model.dtype import DTYPES
from tensorboard_plugin_modelinspect.runner.frames import (
    BadFrame,
    Block,
    FrameTooLarge,
    read_frame,
    to_array,
    to_block,
    write_frame,
)

TYPES = [dtype for dtype in DTYPES.values() if dtype.numpy_name]


class Pipe(io.RawIOBase):
    """Bytes in memory that come and go a few at a time."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = bytearray(data)

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        count = min(len(view), len(self.data), 1000)
        view[:count] = self.data[:count]
        del self.data[:count]
        return count

    def write(self, data: Any) -> int:
        part = bytes(memoryview(data)[:700])
        self.data += part
        return len(part)


def through(header: dict[str, Any], *blocks: Block) -> Any:
    pipe = Pipe()
    write_frame(pipe, header, blocks)
    frame = read_frame(pipe, 1 << 30)
    assert not pipe.data
    return frame


@pytest.mark.parametrize("dtype", TYPES, ids=lambda dtype: dtype.name)
@pytest.mark.parametrize("shape", [(), (3,), (2, 0), (2, 3)])
def test_array_comes_back(dtype: Any, shape: tuple[int, ...]) -> None:
    """Every type, bit for bit; strings with their zero bytes."""
    bits = np.arange(np.prod(shape, dtype=int)).reshape(shape) % 2
    array = np.asarray(bits).astype(dtype.to_numpy())
    if dtype.name == "string":
        array = np.array([b"a\0", b"", "ü".encode()] * 2, object)[: array.size].reshape(shape)
    frame = through({"x": 1}, to_block(array, dtype.name), to_block(array, dtype.name))
    assert frame.header == {"x": 1}
    for block in frame.blocks:
        found = to_array(block, dtype.to_numpy())
        assert (found.dtype, found.shape) == (array.dtype, array.shape)
        assert found.tolist() == array.tolist()


ARRAYS = [np.arange(6, dtype=">f4").reshape(2, 3).T, np.ones((40, 50))[::3]]


@pytest.mark.parametrize("array", ARRAYS)
def test_any_layout(array: np.ndarray) -> None:
    """Byte order and strides are those of the sender only."""
    block = through({}, to_block(array, array.dtype.name)).blocks[0]
    np.testing.assert_array_equal(to_array(block, array.dtype.newbyteorder("=")), array)


def test_large_frame_comes_in_pieces() -> None:
    """Reads and writes may be short."""
    array = np.arange(100_000)
    block = through({"text": "ü" * 5000}, to_block(array, "int64")).blocks[0]
    np.testing.assert_array_equal(to_array(block, array.dtype), array)


def test_too_much_is_refused_before_it_is_read() -> None:
    """By what the header says; nothing is allocated."""
    pipe = Pipe()
    write_frame(pipe, {}, [to_block(np.zeros(100, np.int8), "int8")])
    with pytest.raises(FrameTooLarge):
        read_frame(pipe, 99)


def test_cut_frame_is_none() -> None:
    """The other side is gone, wherever that happens."""
    pipe = Pipe()
    write_frame(pipe, {"x": 1}, [to_block(np.arange(9), "int64")])
    whole = bytes(pipe.data)
    for stop in range(len(whole)):
        assert read_frame(Pipe(whole[:stop]), 1 << 20) is None


@given(st.binary(max_size=60), st.booleans())
def test_nonsense(data: bytes, is_framed: bool) -> None:
    """Any bytes, with a right length before them or not: no frame, or none, and no other error."""
    head = len(data).to_bytes(4, "little") if is_framed else b""
    with contextlib.suppress(BadFrame):
        read_frame(Pipe(head + data), 1 << 20)


@given(st.sampled_from(TYPES), st.lists(st.integers(0, 5), max_size=3), st.binary(max_size=100))
def test_block_that_lies(dtype: Any, shape: list[int], data: bytes) -> None:
    """An array of that type and shape, or `BadFrame`."""
    try:
        array = to_array(Block(dtype.name, tuple(shape), data), dtype.to_numpy())
    except BadFrame:
        return
    assert array.shape == tuple(shape)
