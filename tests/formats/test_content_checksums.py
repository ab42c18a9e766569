"""Checksums of contents: the same whether a bundle stores them, or they are read, or worked out."""

from __future__ import annotations

import math

import ml_dtypes
import numpy as np
import pytest

from tensorboard_plugin_modelinspect.codecs.crc32c import crc32c
from tensorboard_plugin_modelinspect.errors import Unsupported
from tensorboard_plugin_modelinspect.formats.bundle_entries import Extent
from tensorboard_plugin_modelinspect.formats.bundle_parts import join_parts
from tensorboard_plugin_modelinspect.formats.checkpoint import open_checkpoint
from tensorboard_plugin_modelinspect.formats.content_checksums import (
    FILLS,
    NOT_FINITE,
    constant_checksums,
    read_crc32c,
)
from tensorboard_plugin_modelinspect.model.checksums import known_crc32c
from tensorboard_plugin_modelinspect.model.dtype import DTYPES
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.sources.counting import CountingFolder
from tensorboard_plugin_modelinspect.sources.memory import MemoryFolder
from tests.support.array_tensor import array_tensor
from tests.support.bundle_writer import NUMBERS, Box, BundleWriter

FLOAT32 = DTYPES[NUMBERS["float32"]]
TABLE = np.arange(7 * 5, dtype=np.float32).reshape(7, 5)


def written(writer: BundleWriter, key: str = "w") -> Tensor:
    """A tensor of a bundle as it is read."""
    return open_checkpoint(MemoryFolder(writer.files("ckpt")), "ckpt").tensors[key]


def sliced(value: np.ndarray, boxes: list[Box]) -> Tensor:
    """A partitioned tensor as it is read."""
    writer = BundleWriter()
    writer.add_slices("w", value, boxes)
    return written(writer)


@pytest.mark.parametrize(
    "value",
    [
        TABLE,
        np.array([True, False, True]),
        np.float32(3),
        np.zeros((0, 3), np.float32),
        np.arange(6, dtype=np.complex64) * (1 - 2j),
        np.arange(2_000_000, dtype=ml_dtypes.bfloat16),
        np.arange(-3, 9, dtype=np.int8),
    ],
    ids=lambda value: f"{value.dtype.name}{list(value.shape)}",
)
def test_read_as_stored(value: np.ndarray) -> None:
    """What is computed of values is what a bundle stores for them; that needs no reading."""
    writer = BundleWriter()
    writer.add("w", value)
    tensor, _ = array_tensor(np.asarray(value))
    pieces: list[int] = []
    assert known_crc32c(tensor) is None
    assert known_crc32c(written(writer)) == read_crc32c(tensor, pieces.append)
    assert sum(pieces) == value.nbytes


def test_few_bits_and_strings_have_no_one_form() -> None:
    """The spare bits of a byte are not part of a value, and strings are stored with lengths."""
    few, _ = array_tensor(np.zeros(3, ml_dtypes.int4))
    text, _ = array_tensor(np.array([b"a"], object))
    for tensor in (few, text):
        with pytest.raises(Unsupported):
            read_crc32c(tensor, lambda _: None)
    assert not constant_checksums(few.dtype, (3,))


def test_rows_of_slices() -> None:
    """A tensor cut along its first axis has the checksum of the whole, and none of it is read."""
    boxes: list[Box] = [((4, 7), (0, 5)), ((0, 3), (0, 5)), ((3, 4), (0, 5))]
    writer = BundleWriter()
    writer.add_slices("w", TABLE, boxes)
    folder = CountingFolder(MemoryFolder(writer.files("ckpt")))
    tensor = open_checkpoint(folder, "ckpt").tensors["w"]
    before = folder.reads
    assert tensor.crc32c is None
    assert known_crc32c(tensor) == crc32c(TABLE.tobytes())
    assert folder.reads == before


def test_a_second_axis_behind_one_index() -> None:
    """Parts of one row are runs, too."""
    boxes: list[Box] = [((0, 1), (0, 2)), ((0, 1), (2, 5)), ((1, 7), (0, 5))]
    assert known_crc32c(sliced(TABLE, boxes)) == crc32c(TABLE.tobytes())


def test_columns_of_slices() -> None:
    """Rows of a tensor that is cut along another axis alternate: its checksum is not known."""
    boxes: list[Box] = [((0, 7), (0, 2)), ((0, 7), (2, 5))]
    tensor = sliced(TABLE, boxes)
    assert known_crc32c(tensor) is None
    assert read_crc32c(tensor, lambda _: None) == crc32c(TABLE.tobytes())


@pytest.mark.parametrize(
    "boxes",
    [
        [((0, 2), (0, 1)), ((1, 2), (0, 2))],  # one overlaps the other
        [((0, 1), (0, 2))],  # one is missing
        [((1, 2), (0, 2))],
        [((0, 1), (0, 2)), ((0, 1), (0, 2))],  # one is there twice
    ],
)
def test_slices_that_are_no_whole(boxes: list[Box]) -> None:
    """What does not cover each element once has no checksum, whatever an index says."""
    sizes = [math.prod(stop - start for start, stop in box) for box in boxes]
    extents = (Extent(0, 0, 4 * size, 7) for size in sizes)
    assert join_parts(tuple(zip(boxes, extents, strict=True)), (2, 2)) is None


def test_big_endian_is_not_known() -> None:
    """Its stored checksum is that of other bytes; read, it is the same as everywhere."""
    writer = BundleWriter(is_big_endian=True)
    writer.add("w", TABLE)
    writer.add("bytes", np.arange(9, dtype=np.uint8))
    tensor = written(writer)
    assert tensor.crc32c is not None
    assert known_crc32c(tensor) is None
    assert read_crc32c(tensor, lambda _: None) == crc32c(TABLE.tobytes())
    assert known_crc32c(written(writer, "bytes")) == crc32c(bytes(range(9)))


@pytest.mark.parametrize("shape", [(), (5,), (3, 7), (100, 300)])
@pytest.mark.parametrize("number", [*FILLS, *NOT_FINITE])
def test_constants_are_known(number: float, shape: tuple[int, ...]) -> None:
    """One value all over is told from its checksum; one bit of it changed, and it is not."""
    value = np.full(shape, number, np.float32)
    known = constant_checksums(FLOAT32, shape)
    assert crc32c(value.tobytes()) in known
    value.reshape(-1).view("u4")[-1] ^= 1
    assert crc32c(value.tobytes()) not in known


@pytest.mark.parametrize("name", ["bool", "int8", "int64", "bfloat16", "complex64", "float16"])
def test_constants_of_other_types(name: str) -> None:
    """Zeros and ones are told in every type."""
    dtype = DTYPES[NUMBERS[name]]
    for number in (0, 1):
        value = np.full(9, number).astype(dtype.to_numpy())
        assert crc32c(value.tobytes()) in constant_checksums(dtype, (9,))


def test_fresh_bias_of_an_lstm() -> None:
    """Zeros, ones for the forget gate, zeros; as a vector only."""
    bias = np.repeat(np.float32([0, 1, 0, 0]), 300)
    assert crc32c(bias.tobytes()) in constant_checksums(FLOAT32, (1200,))
    assert crc32c(bias.tobytes()) not in constant_checksums(FLOAT32, (4, 300))


def test_nothing_is_made_for_a_large_constant() -> None:
    """A size that no memory holds costs nothing."""
    assert math.prod((1 << 30, 1 << 10)) > 1 << 39
    assert len(constant_checksums(FLOAT32, (1 << 30, 1 << 10))) == len((*FILLS, *NOT_FINITE))
