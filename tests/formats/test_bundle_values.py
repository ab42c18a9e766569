"""Values of a bundle: any region of any tensor, from the bytes of that region."""

from __future__ import annotations

import math
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.codecs.crc32c import crc32c
from tensorboard_plugin_modelinspect.errors import (
    BadChecksum,
    FormatError,
    LimitExceeded,
    ModelInspectError,
    Truncated,
    Unsupported,
)
from tensorboard_plugin_modelinspect.formats import bundle_values, strided
from tensorboard_plugin_modelinspect.formats.checkpoint import open_checkpoint
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.sources.base import Folder
from tensorboard_plugin_modelinspect.sources.counting import CountingFolder
from tensorboard_plugin_modelinspect.sources.local import LocalFolder
from tensorboard_plugin_modelinspect.sources.memory import MemoryFolder
from tests.support.bundle_writer import NUMBERS, Box, BundleWriter, encode_entry
from tests.support.table_writer import masked, varint
from tests.support.trickle import TrickleFolder

DTYPES = [
    np.dtype(name)
    for name in ("bool", "int8", "uint16", "int32", "float32", "int64", "complex64", "complex128")
] + [
    np.dtype(kind)
    for kind in (
        ml_dtypes.bfloat16,
        ml_dtypes.float8_e4m3fn,
        ml_dtypes.float4_e2m1fn,
        ml_dtypes.int4,
        ml_dtypes.uint4,
        ml_dtypes.int2,
        ml_dtypes.uint2,
    )
]
SMALL = {"int4": (16, -8), "uint4": (16, 0), "int2": (4, -2), "uint2": (4, 0), "int8": (256, -128)}
"""How many values a type has, and the least of them."""

BOUND = st.one_of(st.none(), st.integers(-8, 8))
SLICES = st.builds(slice, BOUND, BOUND, st.one_of(st.none(), st.integers(1, 4)))
SHAPES = st.lists(st.integers(0, 6), max_size=4).map(tuple)


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray:
    """An array of any stored type whose elements differ where they can."""
    dtype, shape = draw(st.sampled_from(DTYPES)), draw(SHAPES)
    numbers = np.arange(math.prod(shape)) % draw(st.sampled_from([5, 97, 100_003]))
    if dtype.kind == "c":
        return (numbers * (1 - 2j)).astype(dtype).reshape(shape)
    if dtype.kind == "b":
        return (numbers % 3 == 0).reshape(shape)
    if dtype.name in SMALL:
        count, least = SMALL[dtype.name]
        return (numbers % count + least).astype(dtype).reshape(shape)
    if dtype.name.startswith("float4"):
        numbers = numbers % 5 - 2
    return numbers.astype(dtype).reshape(shape)


@st.composite
def boxes_of(draw: st.DrawFn, shape: tuple[int, ...]) -> list[Box]:
    """Boxes that tile a shape: one that is cut again and again, along any axis."""
    boxes = [tuple((0, size) for size in shape)]
    for _ in range(draw(st.integers(0, 6))):
        box = boxes.pop(draw(st.integers(0, len(boxes) - 1)))
        axes = [axis for axis, (start, stop) in enumerate(box) if stop - start > 1]
        if not axes:
            boxes.append(box)
            continue
        axis = draw(st.sampled_from(axes))
        start, stop = box[axis]
        cut = draw(st.integers(start + 1, stop - 1))
        boxes.append((*box[:axis], (start, cut), *box[axis + 1 :]))
        boxes.append((*box[:axis], (cut, stop), *box[axis + 1 :]))
    return draw(st.permutations(boxes))


def open_one(folder: Folder, key: str = "t") -> Tensor:
    return open_checkpoint(folder, "ckpt").tensors[key]


@given(
    arrays(),
    st.lists(SLICES, max_size=4),
    st.booleans(),
    st.sampled_from(["whole", "parts"]),
    st.integers(0, 3),
    st.sampled_from([0, 3, 40, 4096]),
    st.data(),
)
@settings(max_examples=3 * settings().max_examples)
def test_any_region_is_what_numpy_says(
    array: np.ndarray,
    region: list[slice],
    is_big_endian: bool,
    layout: str,
    before: int,
    page: int,
    data: st.DataObject,
) -> None:
    """Whatever type, shape, byte order, slices on disk, alignment and gap that is read over:
    reading a region gives what numpy gives, and all of it gives the array."""
    writer = BundleWriter(shard_count=2, is_big_endian=is_big_endian)
    writer.add("before", np.zeros(before, np.uint8))
    if layout == "parts":
        writer.add_slices("t", array, data.draw(boxes_of(array.shape)), shards=(1, 0))
    else:
        writer.add("t", array)
    region = region[: array.ndim]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strided, "_PAGE", page)
        tensor = open_one(MemoryFolder(writer.files("ckpt")))
        assert same(tensor.read(region), array[tuple(region)])
        assert same(tensor.read(), array)


def same(found: np.ndarray, wanted: np.ndarray) -> bool:
    assert found.dtype == wanted.dtype
    assert found.shape == wanted.shape
    assert found.flags.owndata or found.base is not None
    return bool(np.array_equal(found.astype("O"), wanted.astype("O")))


@given(
    st.lists(st.binary(max_size=200), min_size=1, max_size=24),
    st.lists(SLICES, max_size=2),
    st.booleans(),
)
def test_any_region_of_strings_is_what_numpy_says(
    strings: list[bytes], region: list[slice], is_big_endian: bool
) -> None:
    """Strings of any bytes and length, zero bytes at their end too, by slice and as a whole."""
    shape = (len(strings) // 2, 2) if len(strings) % 2 == 0 else (len(strings),)
    array = np.empty(len(strings), object)
    array[:] = strings
    array = array.reshape(shape)
    writer = BundleWriter(is_big_endian=is_big_endian)
    writer.add_strings("t", strings, shape=shape)
    tensor = open_one(MemoryFolder(writer.files("ckpt")))
    region = region[: array.ndim]
    assert tensor.read(region).tolist() == array[tuple(region)].tolist()
    assert tensor.read().tolist() == array.tolist()


@pytest.mark.parametrize("count", [0, 1, 6553, 6554, 70_000])
def test_many_strings(count: int) -> None:
    """Lengths are read in pieces: numbers of two bytes across their edges are whole."""
    strings = [b"x" * (number % 200) for number in range(count)]
    writer = BundleWriter()
    writer.add_strings("t", strings)
    tensor = open_one(MemoryFolder(writer.files("ckpt")))
    assert tensor.read().tolist() == strings
    assert tensor.read((slice(count - 3, count),)).tolist() == strings[-3:]


def mixed_bundle() -> BundleWriter:
    writer = BundleWriter(shard_count=2)
    numbers = np.arange(24, dtype=np.float32).reshape(4, 6)
    writer.add("t", numbers)
    writer.add_slices("parts", numbers, [((0, 4), (0, 2)), ((0, 4), (2, 6))], shards=(0, 1))
    writer.add_strings("words", [b"", b"abc", b"\0\0", b"\xff"], shape=(2, 2))
    writer.add("flags", np.array([True, False, True]))
    return writer


@pytest.mark.parametrize("make", [LocalFolder, TrickleFolder])
def test_every_source_gives_the_same(tmp_path: Path, make: Callable[[str], Folder]) -> None:
    """Files on disk, whole or byte by byte, give what files in memory give."""
    writer = mixed_bundle()
    writer.write(tmp_path, "ckpt")
    wanted = open_checkpoint(MemoryFolder(writer.files("ckpt")), "ckpt").tensors
    found = open_checkpoint(make(str(tmp_path)), "ckpt").tensors
    for key, tensor in wanted.items():
        region = (slice(1, 3),) if tensor.shape else ()
        assert found[key].read().tolist() == tensor.read().tolist()
        assert found[key].read(region).tolist() == tensor.read(region).tolist()


def counted(tensor_of: Callable[[BundleWriter], None]) -> tuple[CountingFolder, Tensor]:
    """A tensor in a counted folder, its shard opened by a read of nothing."""
    writer = BundleWriter()
    writer.add("before", np.zeros(7, np.uint8))
    tensor_of(writer)
    folder = CountingFolder(MemoryFolder(writer.files("ckpt")))
    tensor = open_one(folder)
    folder.reads = folder.nbytes = 0
    return folder, tensor


TABLE = np.arange(200 * 3000, dtype=np.float32).reshape(200, 3000)


@pytest.mark.parametrize(
    ("region", "reads", "nbytes"),
    [
        ((slice(10, 20),), 1, 10 * 12000),  # rows: one read
        ((slice(10, 11),), 1, 12000),
        ((slice(10, 20, 2),), 5, 5 * 12000),  # every other row: a gap of 12,000 bytes
        ((slice(0, 0),), 0, 0),
        ((slice(5, 6), slice(7, 8)), 1, 4),  # one element
        ((slice(0, 3), slice(0, 5)), 3, 3 * 20),  # columns: a gap above a page
        ((slice(0, 2), slice(0, 3000, 1000)), 1, 12000 + 8004),  # 4,000 bytes apart: read over
        ((slice(0, 2), slice(0, 3000, 1500)), 4, 4 * 4),  # 6,000 bytes apart: one by one
        ((slice(0, 3), slice(100, 2900)), 1, 2 * 12000 + 2800 * 4),  # gaps of 800 bytes
    ],
)
def test_reads_no_more_than_the_region(region: tuple[slice, ...], reads: int, nbytes: int) -> None:
    """Exactly the bytes of whole rows; otherwise the region and gaps below a page, no more."""
    folder, tensor = counted(lambda writer: writer.add("t", TABLE))
    assert np.array_equal(tensor.read(region), TABLE[region])
    assert (folder.reads, folder.nbytes) == (reads, nbytes)


def test_a_part_is_read_from_its_own_slices_only() -> None:
    """Of a partitioned tensor only the slices that the region meets are read."""
    parts = [((start, start + 50), (0, 3000)) for start in range(0, 200, 50)]
    folder, tensor = counted(lambda writer: writer.add_slices("t", TABLE, parts))
    assert np.array_equal(tensor.read_rows(60, 62), TABLE[60:62])
    assert (folder.reads, folder.nbytes) == (1, 2 * 12000)
    assert np.array_equal(tensor.read_rows(49, 51), TABLE[49:51])
    assert (folder.reads, folder.nbytes) == (3, 4 * 12000)


def test_strings_are_read_one_by_one() -> None:
    """A slice of strings costs their lengths, a checksum and those strings."""
    strings = [b"x" * 100 for _ in range(50)]
    folder, tensor = counted(lambda writer: writer.add_strings("t", strings))
    assert tensor.read((slice(3, 5),)).tolist() == strings[3:5]
    assert folder.nbytes <= 54 + 4 + 10 * 100 + 2 * 100


def sparse(folder: Path, dtype: str, shape: tuple[int, ...]) -> Tensor:
    """A tensor of zeros whose file takes no space, opened from a counted folder."""
    writer = BundleWriter()
    writer.add_hole("t", dtype, shape)
    writer.write(folder, "ckpt")
    return open_one(LocalFolder(str(folder)))


def test_ten_rows_of_two_gigabytes(tmp_path: Path) -> None:
    """A tensor of 2 GiB costs its ten rows: in bytes read and in memory."""
    writer = BundleWriter()
    writer.add_hole("t", "float32", (524288, 1024))
    writer.write(tmp_path, "ckpt")
    with open(tmp_path / "ckpt.data-00000-of-00001", "r+b") as file:
        file.seek(400_000 * 4096)
        file.write(np.arange(10 * 1024, dtype=np.float32).tobytes())
    folder = CountingFolder(LocalFolder(str(tmp_path)))
    tensor = open_one(folder)
    folder.reads = folder.nbytes = 0
    tracemalloc.start()
    try:
        rows = tensor.read_rows(400_000, 400_010)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
    assert np.array_equal(rows, np.arange(10 * 1024).reshape(10, 1024))
    assert (folder.reads, folder.nbytes) == (1, 10 * 4096)


@pytest.mark.parametrize(
    ("shape", "region"),
    [
        ((30_000_000,), (slice(None, None, 100),)),
        ((1, 30_000_000), (slice(None), slice(None, None, 100))),
        ((2, 15_000_000), (slice(None), slice(None, None, 100))),
        ((2, 15_000, 1000), (slice(None), slice(None), slice(0, 10))),
        ((30_000, 1000), (slice(None), slice(0, 1000, 100))),
    ],
    ids=str,
)
def test_gaps_do_not_pile_up_in_memory(
    tmp_path: Path, shape: tuple[int, ...], region: tuple[slice, ...]
) -> None:
    """What is read over is held a few megabytes at a time, however long the run of it is."""
    tensor = sparse(tmp_path, "float32", shape)
    tracemalloc.start()
    try:
        found = tensor.read(region)
        assert tracemalloc.get_traced_memory()[1] < found.nbytes + (30 << 20)
    finally:
        tracemalloc.stop()
    assert not found.any()


def test_the_buffer_is_filled_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Regions larger than the buffer, gaps or not, come in pieces that fit together."""
    monkeypatch.setattr(strided, "_CHUNK", 64)
    array = np.arange(7 * 9 * 11, dtype=np.int16).reshape(7, 9, 11)
    writer = BundleWriter()
    writer.add("t", array)
    tensor = open_one(MemoryFolder(writer.files("ckpt")))
    for region in (
        (slice(None), slice(None), slice(0, 10)),
        (slice(None), slice(0, 8)),
        (slice(1, 6, 2), slice(2, 9, 3), slice(0, 11, 2)),
        (slice(3, 4), slice(None), slice(None, None, 3)),
    ):
        assert np.array_equal(tensor.read(region), array[region])


def changed(files: dict[str, bytes], name: str, position: int) -> MemoryFolder:
    data = bytearray(files[name])
    data[position] ^= 0x10
    return MemoryFolder({**files, name: bytes(data)}, "model")


def test_every_changed_byte_of_data_is_caught() -> None:
    """Reading a whole tensor verifies its checksum: no byte of any shard can change unseen."""
    files = mixed_bundle().files("ckpt")
    for name in list(files):
        if ".data-" not in name:
            continue
        for position in range(len(files[name])):
            tensors = open_checkpoint(changed(files, name, position), "ckpt").tensors
            caught = []
            for key, tensor in tensors.items():
                try:
                    tensor.read()
                except FormatError as error:
                    caught.append((key, error))
            assert len(caught) == 1
            key, error = caught[0]
            assert error.path == f"model/{name}"
            assert error.field == f'tensor "{key}"'
            assert isinstance(error, BadChecksum) or key == "words"


def test_a_bad_checksum_names_the_shard_and_the_place() -> None:
    """The message says which bytes of which file changed, for which tensor."""
    files = mixed_bundle().files("ckpt")
    name = "ckpt.data-00000-of-00002"
    tensor = open_one(changed(files, name, 5))
    with pytest.raises(
        BadChecksum, match=rf'^model/{name} at byte 0, tensor "t": expected checksum'
    ):
        tensor.read()
    assert tensor.read_rows(1, 2).tolist() == [[6, 7, 8, 9, 10, 11]]


def test_missing_and_short_shards_are_told(tmp_path: Path) -> None:
    """Values of a shard that is not there or cut short: which file, which tensor, what to do."""
    mixed_bundle().write(tmp_path, "ckpt")
    name = tmp_path / "ckpt.data-00000-of-00002"
    os.truncate(name, 100)
    tensors = open_checkpoint(LocalFolder(str(tmp_path), name="m"), "ckpt").tensors
    assert tensors["t"].read().shape == (4, 6)
    with pytest.raises(Truncated, match=r'm/ckpt\.data-00000-of-00002 .*tensor "parts": needs \d+'):
        tensors["parts"].read()
    name.unlink()
    tensors = open_checkpoint(LocalFolder(str(tmp_path), name="m"), "ckpt").tensors
    with pytest.raises(FormatError, match=r'00000-of-00002, tensor "t": .*no such file\. Copy it'):
        tensors["t"].read()
    assert tensors["parts"].read((slice(None), slice(2, 6))).shape == (4, 4)


def test_what_the_file_cannot_hold_is_not_allocated() -> None:
    """A tensor of exabytes in a file of bytes: Truncated, and no memory taken."""
    writer = BundleWriter()
    writer.add_hole("t", "float64", (1 << 50,))
    files = {"ckpt.index": writer.index(), "ckpt.data-00000-of-00001": b"x" * 64}
    tensor = open_one(MemoryFolder(files))
    tracemalloc.start()
    try:
        with pytest.raises(Truncated):
            tensor.read()
        with pytest.raises(Truncated):
            tensor.read_rows(0, 10)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "shape", [(1,) * 65, (1,) * 254, (0, 1 << 62, 1 << 62), (1 << 62, 0, 1 << 62)], ids=len
)
def test_shapes_numpy_does_not_have(shape: tuple[int, ...]) -> None:
    """More axes than numpy has, or longer ones, are listed; their values are Unsupported."""
    writer = BundleWriter()
    writer.add_hole("t", "float32", shape)
    tensor = open_one(MemoryFolder(writer.files("ckpt")))
    assert tensor.shape == shape
    with pytest.raises(Unsupported, match='"t": numpy has no array'):
        tensor.read()


def test_strings_by_the_billion_are_refused(tmp_path: Path) -> None:
    """In a file with a hole, 2^40 strings of no bytes cost nothing: their places would."""
    writer = BundleWriter()
    writer.add_hole("hole", "uint8", ((1 << 40) + 4,))
    writer.entries[b"t"] = strings_entry(1 << 40, (1 << 40) + 4)
    writer.write(tmp_path, "ckpt")
    tensor = open_one(LocalFolder(str(tmp_path)))
    for region in (None, (slice(0, 10),)):
        with pytest.raises(LimitExceeded, match="strings"):
            tensor.read(region)


def strings_entry(count: int, nbytes: int) -> bytes:
    return encode_entry(NUMBERS["string"], (count,), nbytes=nbytes)


@pytest.mark.parametrize(
    ("stored", "count"),
    [
        (b"", 0),  # no room for the checksum of the lengths
        (b"\x01" * 4, 1),
        (b"\xff" * 20, 2),  # a length that does not end
        (b"\x7f" + b"\0" * 8, 1),  # a string longer than the extent
        (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" + b"\0" * 8, 1),
        (b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00" * 3 + b"\0" * 3, 3),
        (b"\x02\x02" + b"\0" * 8, 2),  # a checksum of the lengths that is wrong
    ],
)
def test_broken_strings(stored: bytes, count: int) -> None:
    """Lengths that do not fit are a FormatError that names the tensor, for any read."""
    writer = BundleWriter()
    writer.add("t", np.frombuffer(stored, np.uint8))
    writer.entries[b"t"] = strings_entry(count, len(stored))
    folder = MemoryFolder(writer.files("ckpt"))
    with pytest.raises(ModelInspectError, match='tensor "t"'):
        open_one(folder).read()


def test_lengths_that_lie_under_a_right_checksum() -> None:
    """Lengths that pass their checksum and do not fit are refused, not added up."""
    for lengths in ([(1 << 64) - 1], [1 << 63, 1 << 63], [50], [2, 1 << 40]):
        fixed = b"".join(one.to_bytes(8 if one >> 32 else 4, "little") for one in lengths)
        stored = b"".join(map(varint, lengths)) + masked(crc32c(fixed)) + b"abc"
        writer = BundleWriter()
        writer.add("t", np.frombuffer(stored, np.uint8))
        writer.entries[b"t"] = strings_entry(len(lengths), len(stored))
        tensor = open_one(MemoryFolder(writer.files("ckpt")))
        for region in (None, (slice(0, 1),)):
            with pytest.raises(FormatError, match='tensor "t"'):
                tensor.read(region)


def test_slices_of_strings_trust_no_length() -> None:
    """Lengths have a checksum of their own: swapped ones are caught by a slice too."""
    writer = BundleWriter()
    writer.add_strings("t", [b"a", b"bc", b"def"])
    files = writer.files("ckpt")
    name = "ckpt.data-00000-of-00001"
    assert files[name].startswith(b"\1\2\3")
    tensor = open_one(MemoryFolder({**files, name: b"\2\1\3" + files[name][3:]}))
    with pytest.raises(BadChecksum, match='tensor "t"'):
        tensor.read((slice(0, 1),))


def test_an_object_graph_of_gigabytes_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are guessed from the keys then, and a note says why."""
    writer = BundleWriter()
    writer.add("w/.ATTRIBUTES/VARIABLE_VALUE", np.zeros(2, np.float32))
    writer.add_object_graph(bytes(5000))
    folder = CountingFolder(MemoryFolder(writer.files("ckpt")))
    monkeypatch.setattr(bundle_values, "_LARGEST_SCALAR", 4000)
    found = open_checkpoint(folder, "ckpt")
    assert [tensor.name for tensor in found.tensors.values()][1] == "w"
    assert "at most 4,000 bytes" in found.notes[0]
    assert folder.nbytes < 3000
