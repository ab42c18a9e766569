"""Values of checkpoints V1: those that were written, whole or in part, and nothing is trusted."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.errors import (
    BadChecksum,
    FormatError,
    ModelInspectError,
    Unsupported,
)
from tensorboard_plugin_modelinspect.formats import v1_values
from tensorboard_plugin_modelinspect.formats.checkpoint_v1 import OpenV1
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.opening import open_candidate
from tensorboard_plugin_modelinspect.sources.counting import CountingFolder
from tensorboard_plugin_modelinspect.sources.local import LocalFolder
from tensorboard_plugin_modelinspect.sources.memory import MemoryFolder
from tests.support.table_writer import snappy, varint
from tests.support.v1_writer import V1Writer, delimited, saved, v1_candidate, with_stored

WRITTEN = [
    "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "bool", "complex64", "complex128",
]  # fmt: skip


def opened(files: dict[str, bytes]) -> Artifact:
    candidate = v1_candidate(files)
    return open_candidate(MemoryFolder(files, "run"), candidate)


@given(data=st.data())
def test_any_region_is_what_numpy_says(data: st.DataObject) -> None:
    """Any type, shape, cut and region, raw or compressed."""
    shape = tuple(data.draw(st.lists(st.integers(0, 5), max_size=3)))
    size = int(np.prod(shape))
    numbers = np.array(data.draw(st.lists(st.integers(0, 250), min_size=size, max_size=size)))
    kind = data.draw(st.sampled_from((*WRITTEN, "object")))
    value = numbers.reshape(shape).astype(object if kind == "object" else kind)
    if kind == "object":
        value = np.array([b"x" * number for number in numbers] + [None], object)[:-1]
        value = value.reshape(shape)
    writer = V1Writer(
        shard_count=2, block_size=1, compress=data.draw(st.sampled_from([None, snappy]))
    )
    if shape and shape[0] > 1:
        cut = data.draw(st.integers(1, shape[0] - 1))
        rest = tuple((0, size) for size in shape[1:])
        boxes = [((0, cut), *rest), ((cut, shape[0]), *rest)]
        writer.add_slices("t", value, boxes, shards=(1, 0))
    else:
        writer.add("t", value)
    region = tuple(
        slice(data.draw(st.integers(0, 5)), data.draw(st.integers(0, 6)),
              data.draw(st.integers(1, 3)))
        for _ in shape
    )  # fmt: skip
    tensor = opened(writer.files("m.ckpt")).tensors["t"]
    found, wanted = tensor.read(region), value[(*region, ...)]
    assert found.shape == wanted.shape
    assert found.dtype == wanted.dtype
    assert found.tolist() == wanted.tolist()
    assert found.flags.writeable


@pytest.mark.parametrize("kind", ["int8", "int16", "int32", "int64", "uint64", "uint8"])
def test_limits_of_integers(kind: str) -> None:
    """Negative numbers take ten bytes, large ones all their bits."""
    info = np.iinfo(kind)
    value = np.array([info.min, info.max, 0, 1, 127, info.max - 1], kind)
    assert opened(saved("t", value)).tensors["t"].read().tolist() == value.tolist()


@pytest.mark.parametrize("kind", ["qint8", "quint8", "qint16", "quint16", "qint32"])
def test_quantized_types_are_integers(kind: str) -> None:
    """They come as the integers they hold."""
    value = np.array([1, 0, 7], kind.removeprefix("q"))
    tensor = opened(saved("t", value, dtype=kind)).tensors["t"]
    assert tensor.dtype.name == kind
    assert tensor.read().tolist() == [1, 0, 7]


def test_many_numbers_are_decoded_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces end between numbers, wherever their bytes do."""
    value = np.array([1 << (number % 63) for number in range(1000)])
    files = saved("t", value)
    for piece in (10, 11, 64, 1000):
        monkeypatch.setattr(v1_values, "_PIECE", piece)
        assert opened(files).tensors["t"].read().tolist() == value.tolist()


def test_numbers_that_are_not_packed() -> None:
    """Protobuf's readers take both forms of a repeated number, and so do we."""
    numbers = b"".join(b"\x38" + varint(number) for number in (1, 300))
    floats = b"".join(b"\x2d" + np.float32(number).tobytes() for number in (1, 2.5))
    for kind, stored, wanted in (("int32", numbers, [1, 300]), ("float32", floats, [1, 2.5])):
        files = with_stored("t", kind, (2,), stored)
        assert opened(files).tensors["t"].read().tolist() == wanted


@pytest.mark.parametrize(
    ("kind", "stored", "words"),
    [
        ("float32", delimited(5, b"\0" * 12), "expected 2 values, found 12 bytes"),
        ("float32", delimited(5, b"\0" * 7), "found 7 bytes"),
        ("float32", b"", "found 0 bytes"),
        ("float32", delimited(6, b"\0" * 8), "found 0 bytes"),
        ("int32", delimited(7, b"\1"), "expected 2 values, found 1"),
        ("int32", delimited(7, b"\1\2\3"), "found 3"),
        ("int32", delimited(7, b"\1\2\x80"), "found 2"),
        ("int32", delimited(7, b"\1" + b"\x80" * 10 + b"\1"), "does not end"),
        ("string", delimited(8, b"a"), "expected 2 values, found 1"),
        ("bool", delimited(11, b"\1\1\1"), "found 3"),
    ],
)
def test_other_values_than_declared(kind: str, stored: bytes, words: str) -> None:
    """A field that does not hold just the declared values names file and tensor."""
    tensor = opened(with_stored("t", kind, (2,), stored)).tensors["t"]
    with pytest.raises(FormatError, match=rf'^run/m\.ckpt, tensor "t": .*{words}'):
        tensor.read()


def test_what_is_no_slice() -> None:
    """Values that are no message, or are not there at all."""
    writer = V1Writer()
    writer.add("t", np.ones(2, np.float32))
    [key] = writer.shards[0].entries
    writer.shards[0].entries[key] = b"\x12\xff"
    with pytest.raises(FormatError, match="2 bytes that are no slice"):
        opened(writer.files("m.ckpt")).tensors["t"].read()
    writer.shards[0].entries.clear()
    with pytest.raises(FormatError, match="no entry for a slice"):
        opened(writer.files("m.ckpt")).tensors["t"].read()


def test_types_that_the_format_does_not_have() -> None:
    """They are listed; their values are refused with the reason."""
    files = saved("t", np.zeros(2, np.uint16), dtype="bfloat16")
    tensor = opened(files).tensors["t"]
    assert tensor.dtype.to_numpy() == ml_dtypes.bfloat16
    with pytest.raises(Unsupported, match="V1 holds no values of bfloat16"):
        tensor.read()


def test_what_the_file_cannot_hold_is_not_allocated() -> None:
    """A shape of 2^62 elements costs nothing: the values are counted first."""
    files = with_stored("t", "int8", (1 << 31, 1 << 31), delimited(7, b"\1"))
    tensor = opened(files).tensors["t"]
    tracemalloc.start()
    for region in ((), (slice(0, 1 << 20),)):
        with pytest.raises(FormatError, match="found 1"):
            tensor.read(region)
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("shape", "stored"),
    [((1,) * 100, delimited(7, b"\1")), ((0,) * 100, b""), ((0, 1 << 62), b"")],
)
def test_shapes_that_numpy_does_not_have(shape: tuple[int, ...], stored: bytes) -> None:
    """A tensor of a hundred axes, or of nothing times a huge number, is listed and refused."""
    tensor = opened(with_stored("t", "int32", shape, stored)).tensors["t"]
    with pytest.raises(Unsupported, match=f"{len(shape)} axes or of that size"):
        tensor.read()


def test_every_changed_byte_is_caught() -> None:
    """Blocks have checksums: a tensor is read as it was written, or not at all."""
    writer = V1Writer()
    writer.add("t", np.arange(3, dtype=np.float32))
    writer.add("u", np.arange(3, dtype=np.int64))
    whole = writer.files("m.ckpt")["m.ckpt"]
    for position in range(len(whole)):
        data = bytearray(whole)
        data[position] ^= 0x21
        with suppress(ModelInspectError):
            tensors = OpenV1(MemoryFolder({"m.ckpt": bytes(data)}), "m.ckpt").tensors(
                lambda key, _: (key, "weight")
            )
            assert [tensor.read().tolist() for tensor in tensors.values()] == [[0, 1, 2]] * 2


def test_a_read_reads_its_own_block() -> None:
    """Opening reads the contents, a tensor its block: never the whole file."""
    writer = V1Writer(block_size=1000)
    for number in range(50):
        writer.add(f"t{number:02d}", np.arange(500, dtype=np.float32))
    files = writer.files("m.ckpt")
    folder = CountingFolder(MemoryFolder(files))
    candidate = v1_candidate(files)
    found = open_candidate(folder, candidate)
    assert folder.nbytes < 6000
    folder.nbytes = 0
    found.tensors["t30"].read()
    assert folder.nbytes < 6000
    assert len(files["m.ckpt"]) > 100_000


def test_a_huge_first_tensor_is_not_read_for_the_contents() -> None:
    """The contents share their block with the first tensor, of whatever size."""
    writer = V1Writer()
    writer.add("a", np.zeros(1 << 20, np.float32))
    writer.add("global_step", np.array(7, np.int32))
    files = writer.files("m.ckpt")
    folder = CountingFolder(MemoryFolder(files))
    candidate = v1_candidate(files)
    assert open_candidate(folder, candidate).step == 7
    assert folder.nbytes < 3 << 20
    assert opened(files).tensors["a"].read().size == 1 << 20


def test_a_file_that_vanishes_is_told(tmp_path: Path) -> None:
    """Files are opened when they are read, and may be gone by then."""
    (tmp_path / "m.ckpt").write_bytes(saved("t", np.ones(2))["m.ckpt"])
    tensors = OpenV1(LocalFolder(str(tmp_path), name="run"), "m.ckpt").tensors(
        lambda key, _: (key, "weight")
    )
    (tmp_path / "m.ckpt").unlink()
    with pytest.raises(FormatError, match=r"run/m\.ckpt.*no such file"):
        tensors["t"].read()


def test_a_checksum_of_a_damaged_block_says_where() -> None:
    """The error of a spoiled value names file and byte."""
    files = saved("t", np.arange(100, dtype=np.float32))
    data = bytearray(files["m.ckpt"])
    data[200] ^= 1
    with pytest.raises(BadChecksum, match=r"^run/m\.ckpt at byte 0, table block"):
        opened({"m.ckpt": bytes(data)})
