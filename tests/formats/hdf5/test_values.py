"""Everything h5py can write is read as h5py reads it, or listed without values."""

from __future__ import annotations

import io
from typing import Any

import h5py
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.errors import (
    BadRequest,
    LimitExceeded,
    Truncated,
    Unsupported,
)
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.opening import open_candidate
from tensorboard_plugin_modelinspect.sources.counting import CountingFolder
from tensorboard_plugin_modelinspect.sources.memory import MemoryFolder
from tests.support.artifacts import candidates_in_memory
from tests.support.hdf5_writer import hdf5

ROWS = np.arange(24).reshape(4, 6)
PLAIN = [
    "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16",
    "uint32", "uint64", "complex64", "complex128",
]  # fmt: skip


def open_bytes(data: bytes) -> Artifact:
    """An artifact of one file."""
    files = {"data.h5": data}
    [candidate] = candidates_in_memory(files)
    return open_candidate(MemoryFolder(files, "folder"), candidate)


def written(write: Any, **options: Any) -> Tensor:
    """The tensor `x` of a file."""
    return open_bytes(hdf5(write, **options)).tensors["x"]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("options", [{}, {"chunks": (2, 4), "compression": "gzip"}], ids=str)
def test_numbers(name: str, order: str, options: dict[str, Any]) -> None:
    """Each type in either byte order, contiguous and in compressed chunks."""
    value = ROWS.astype(name) * (1 + 1j if name.startswith("c") else 1)
    stored = value.astype(value.dtype.newbyteorder(order))
    tensor = written(lambda file: file.create_dataset("x", data=stored, **options))
    assert (tensor.dtype.name, tensor.shape, tensor.nbytes) == (name, (4, 6), value.nbytes)
    found = tensor.read()
    assert found.dtype == value.dtype
    assert found.tolist() == value.tolist()
    assert found.flags.writeable


@pytest.mark.parametrize(
    "options",
    [
        {"chunks": (3, 4)},
        {"chunks": (3, 4), "compression": "gzip", "shuffle": True, "fletcher32": True},
        {"chunks": (2, 2), "compression": "lzf"},
        {"chunks": (1, 6), "scaleoffset": 0},
        {"chunks": (2, 6), "maxshape": (None, 6)},
        {"chunks": (2, 6), "maxshape": (None, None)},
    ],
    ids=str,
)
@pytest.mark.parametrize("libver", ["earliest", "v108", "latest"])
def test_layouts(options: dict[str, Any], libver: str) -> None:
    """Every index of chunks and every filter that h5py has of its own, in old and new files."""
    tensor = written(lambda file: file.create_dataset("x", data=ROWS, **options), libver=libver)
    assert tensor.read().tolist() == ROWS.tolist()
    assert tensor.read((slice(1, 3), slice(0, 6, 2))).tolist() == ROWS[1:3, ::2].tolist()


def test_special_layouts() -> None:
    """Values in the object's header, none written at all, none at all, and one alone."""

    def write(file: Any) -> None:
        compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        compact.set_layout(h5py.h5d.COMPACT)
        space = h5py.h5s.create_simple((3,))
        dataset = h5py.h5d.create(file.id, b"compact", h5py.h5t.STD_I32BE, space, compact)
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([1, -2, 3], np.int32))
        file.create_dataset("unwritten", (2, 2), np.float32, fillvalue=7)
        file.create_dataset("sparse", (10**6,), np.uint8, chunks=(1000,), fillvalue=3)
        file["empty"] = h5py.Empty("f4")
        file["none"] = np.zeros((0, 3), np.int16)
        file["one"] = np.float64(2.5)

    tensors = open_bytes(hdf5(write)).tensors
    assert tensors["compact"].read().tolist() == [1, -2, 3]
    assert tensors["unwritten"].read().tolist() == [[7, 7], [7, 7]]
    assert tensors["sparse"].read((slice(999_998, None),)).tolist() == [3, 3]
    assert (tensors["empty"].shape, tensors["empty"].read().size) == ((0,), 0)
    assert tensors["none"].read().shape == (0, 3)
    assert (tensors["one"].shape, tensors["one"].read()[()]) == ((), 2.5)


def test_bools_and_small_floats() -> None:
    """An enumeration of FALSE and TRUE, Keras' bfloat16, and that of HDF5 2.0."""

    def write(file: Any) -> None:
        file["bool"] = np.array([True, False])
        file["enum"] = np.array([2, 1], h5py.enum_dtype({"A": 1, "B": 2}, "i2"))
        file["brain"] = np.array([1.5, -2], ml_dtypes.bfloat16)
        file["brain"].attrs["dtype"] = "bfloat16"
        file["opaque"] = np.array([b"ab"], "V2")
        file["eight"] = np.array([0.5], ml_dtypes.float8_e4m3fn)
        file["eight"].attrs["dtype"] = "float8_e4m3fn"
        native = h5py.h5t.IEEE_F32LE.copy()
        native.set_fields(15, 7, 8, 0, 7)
        native.set_size(2)
        native.set_ebias(127)
        space = h5py.h5s.create_simple((1,))
        dataset = h5py.h5d.create(file.id, b"native", native, space)
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([b"\xc0\x3f"], "V2"), native)

    tensors = open_bytes(hdf5(write)).tensors
    assert tensors["bool"].read().tolist() == [True, False]
    assert tensors["enum"].read().tolist() == [2, 1]
    assert tensors["brain"].dtype.name == tensors["native"].dtype.name == "bfloat16"
    assert tensors["brain"].read().tolist() == [1.5, -2]
    assert tensors["native"].read().tolist() == [1.5]
    assert tensors["eight"].read().tolist() == [0.5]
    with pytest.raises(Unsupported, match="opaque"):
        tensors["opaque"].read()


def test_strings() -> None:
    """Of fixed and of any length, in any encoding, alone or in rows."""

    def write(file: Any) -> None:
        file["fixed"] = np.array([[b"ab", b"c"], [b"", b"def"]])
        file["any"] = np.array(["ä", "", "long " * 100], h5py.string_dtype())
        file["one"] = "alone"
        file["bytes"] = np.array([b"\xff\xfe"], h5py.string_dtype("ascii"))
        file.create_dataset("packed", data=[b"a", b"bb"] * 50, chunks=(7,), compression="gzip")

    tensors = open_bytes(hdf5(write)).tensors
    assert {tensor.dtype.name for tensor in tensors.values()} == {"string"}
    assert tensors["fixed"].read().tolist() == [[b"ab", b"c"], [b"", b"def"]]
    assert tensors["fixed"].read((slice(1, 2), slice(1, 2))).tolist() == [[b"def"]]
    assert tensors["any"].read().tolist() == ["ä".encode(), b"", b"long " * 100]
    assert tensors["one"].read()[()] == b"alone"
    assert tensors["bytes"].read().tolist() == [b"\xff\xfe"]
    assert tensors["packed"].read((slice(0, None, 99),)).tolist() == [b"a", b"bb"]


def test_other_types_are_listed() -> None:
    """Records, references, lists and the like have no values here, and are no parameters."""

    def write(file: Any) -> None:
        file["record"] = np.zeros(2, [("a", "i4"), ("b", "f4")])
        file["lists"] = np.array([np.arange(2), np.arange(3)], h5py.vlen_dtype("i4"))
        file["reference"] = np.array([file.ref], h5py.ref_dtype)
        file["array"] = np.zeros(2, [("a", "i4", (2,))])["a"]
        file.create_dataset("wide", data=np.zeros(2, np.longdouble))

    tensors = open_bytes(hdf5(write)).tensors
    assert tensors["record"].dtype.name == "compound"
    assert tensors["lists"].dtype.name == "sequence"
    assert tensors["reference"].dtype.name == "reference"
    assert tensors["wide"].dtype.name.startswith("float")
    for key in ("record", "lists", "reference"):
        assert tensors[key].role == "metadata"
        with pytest.raises(Unsupported, match=key):
            tensors[key].read()


REGIONS = st.tuples(
    *(st.slices(size).filter(lambda one: one.step is None or one.step > 0) for size in (5, 7, 3))
)


@given(REGIONS)
def test_a_region_is_numpys(region: tuple[slice, slice, slice]) -> None:
    """Whatever slice is asked for, contiguous or in chunks: numpy's slice of the whole."""
    whole = np.arange(105).reshape(5, 7, 3)
    for tensor in cubes():
        assert tensor.read(region).tolist() == whole[region].tolist()


def cubes() -> list[Tensor]:
    """One array, stored in two ways; written once."""
    if not _CUBES:
        data = np.arange(105).reshape(5, 7, 3)

        def write(file: Any) -> None:
            file["plain"] = data
            file.create_dataset("chunks", data=data, chunks=(2, 3, 2), compression="gzip")

        _CUBES.extend(open_bytes(hdf5(write)).tensors.values())
    return _CUBES


_CUBES: list[Tensor] = []


def test_a_region_is_checked() -> None:
    """Too many slices are a wrong request, as in any format."""
    with pytest.raises(BadRequest, match="4 slices"):
        cubes()[0].read((slice(None),) * 4)


def test_a_row_costs_a_row() -> None:
    """Opening reads no values; a row of a contiguous dataset costs its bytes."""
    data = hdf5(lambda file: file.create_dataset("x", data=np.zeros((1000, 1000), np.float32)))
    [candidate] = candidates_in_memory({"data.h5": data})
    folder = CountingFolder(MemoryFolder({"data.h5": data}))
    tensor = open_candidate(folder, candidate).tensors["x"]
    assert folder.nbytes < 20_000
    before = folder.nbytes
    tensor.read_rows(5, 6)
    assert folder.nbytes - before == 4000


def test_many_datasets() -> None:
    """A model of a thousand layers, with the state of its optimizer, is listed in time."""

    def write(file: Any) -> None:
        for number in range(4000):
            file[f"layers/dense_{number}/vars/0"] = np.float32(number)

    assert len(open_bytes(hdf5(write)).tensors) == 4000


def test_user_blocks_are_skipped() -> None:
    """The file may begin behind bytes of a program's own; offsets count from the very start."""
    tensor = written(lambda file: file.create_dataset("x", data=ROWS), userblock_size=1024)
    assert tensor.read().tolist() == ROWS.tolist()


def test_links() -> None:
    """A second name of a dataset is an alias; soft and external links are only told."""

    def write(file: Any) -> None:
        file["a/x"] = np.arange(3)
        file["b"] = file["a/x"]
        file["again"] = file["a"]
        file["soft"] = h5py.SoftLink("/a/x")
        file["outside"] = h5py.ExternalLink("other.h5", "/x")

    artifact = open_bytes(hdf5(write))
    tensors = artifact.tensors
    assert {key: one.alias_of for key, one in tensors.items()} == {"a/x": None, "b": "a/x"}
    assert tensors["b"].read().tolist() == [0, 1, 2]
    notes = " ".join(artifact.notes)
    assert '"soft" is a soft link to "/a/x": not followed.' in notes
    assert '"outside" is a link to "/x" in the file "other.h5": not followed.' in notes
    assert '"again" is the same group as "a": its tensors are listed once.' in notes


def test_names_are_bytes() -> None:
    """Names that are no UTF-8 stay what they are, as bytes that Python escapes."""
    name = b"\xff<x>"

    def write(file: Any) -> None:
        h5py.h5d.create(file.id, name, h5py.h5t.STD_I8LE, h5py.h5s.create_simple((2,)))

    [tensor] = open_bytes(hdf5(write)).tensors.values()
    assert tensor.key.encode("utf-8", "surrogateescape") == name
    assert tensor.read().tolist() == [0, 0]


def test_order_is_natural() -> None:
    """`vars/2` comes before `vars/10`, and groups keep together."""
    names = ["b", "vars/10", "vars/2", "a/1", "a/b"]

    def write(file: Any) -> None:
        for name in names:
            file[name] = 1

    assert list(open_bytes(hdf5(write)).tensors) == ["a/1", "a/b", "b", "vars/2", "vars/10"]


def test_cut_values_are_told_when_read() -> None:
    """A file without its end is refused at once; values that lie outside of it, when read."""
    data = hdf5(lambda file: file.create_dataset("x", data=np.arange(1000)))
    with pytest.raises(Truncated, match=r"^folder/data\.h5 at byte 0, the HDF5 superblock: needs"):
        open_bytes(data[:-1])


def test_shape_bombs() -> None:
    """What a dataset declares is compared with what it stores before memory is taken."""

    def write(file: Any) -> None:
        file.create_dataset("x", (1 << 20, 1 << 20), np.float64, chunks=(1024, 1024))

    tensor = written(write)
    assert tensor.size == 1 << 40
    with pytest.raises(LimitExceeded, match=r'dataset "x".*slice of it'):
        tensor.read()
    assert tensor.read((slice(5, 6), slice(7, 9))).tolist() == [[0, 0]]


def test_chunk_bombs() -> None:
    """A chunk is unpacked as a whole: one of a gigabyte, stored in one megabyte, is refused."""

    def fill(file: Any) -> None:
        dataset = file.create_dataset(
            "x", (1 << 27,), np.float64, chunks=(1 << 27,), compression="gzip"
        )
        dataset.id.write_direct_chunk((0,), zeros_packed(1 << 30))

    with pytest.raises(LimitExceeded, match=r"^folder/data\.h5, .*memory"):
        written(fill).read((slice(0, 2),))


def zeros_packed(nbytes: int) -> bytes:
    """So many zeros, compressed, a megabyte of them."""
    import zlib

    packer = zlib.compressobj(9)
    block = bytes(1 << 20)
    return b"".join(packer.compress(block) for _ in range(nbytes >> 20)) + packer.flush()


def test_the_oracle_reads_the_same() -> None:
    """What we say of a file is what h5py says, for a file of many kinds of things."""

    def write(file: Any) -> None:
        for number in range(30):
            file[f"g{number % 3}/d{number}"] = np.full(number, number, np.float32)
            file[f"g{number % 3}"].attrs[f"attribute {number}"] = "x" * number

    for libver in ("earliest", "latest"):
        data = hdf5(write, libver=libver, track_order=True)
        tensors = open_bytes(data).tensors
        with h5py.File(io.BytesIO(data)) as file:
            wanted = {f"g{n % 3}/d{n}": file[f"g{n % 3}/d{n}"][()].tolist() for n in range(30)}
        assert {key: tensor.read().tolist() for key, tensor in tensors.items()} == wanted
