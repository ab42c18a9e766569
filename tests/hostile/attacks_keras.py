"""Attacks on Keras' own files: archives, HDF5, configs, maps of shards."""

from __future__ import annotations

import io
import json
import struct
import warnings
import zipfile
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np

from tensorboard_plugin_modelinspect.errors import (
    FormatError,
    LimitExceeded,
    PathEscape,
    Truncated,
    Unsupported,
)
from tests.hostile.attacks import BAD, Attack, Make, harmless, noted, refused, unread
from tests.hostile.seeds import Files
from tests.support.hdf5_writer import Write, hdf5
from tests.support.keras_writer import CONFIG, METADATA, WEIGHTS, archive, members

DEEP = 100_000
CENTRAL, LOCAL, END = b"PK\1\2", b"PK\3\4", b"PK\5\6"


def h5(write: Write, **options: Any) -> Make:
    """An HDF5 file into which a function writes."""
    return lambda: {"model.h5": hdf5(write, **options)}


def keras(**changed: bytes) -> Make:
    """A sound archive with other members; `config` stands for `config.json` and so on."""
    names = {"config": CONFIG, "metadata": METADATA, "weights": WEIGHTS}
    return lambda: {
        "model.keras": archive(members() | {names[name]: data for name, data in changed.items()})
    }


def edited(edit: Callable[[bytearray], object]) -> Make:
    """A sound archive whose bytes are changed."""

    def make() -> Files:
        data = bytearray(archive())
        edit(data)
        return {"model.keras": bytes(data)}

    return make


def central_entry(data: bytearray, number: int) -> int:
    """Where the directory's entry of a member begins."""
    at = -1
    for _ in range(number + 1):
        at = data.index(CENTRAL, at + 1)
    return at


def set_central(number: int, offset: int, form: str, value: int) -> Make:
    """A sound archive with one number of one entry of its directory changed."""
    return edited(
        lambda data: struct.pack_into(form, data, central_entry(data, number) + offset, value)
    )


def nameless() -> Files:
    """A sound archive with one more member, whose name begins with a zero, where names end."""
    return {
        "model.keras": archive({**members(), "?nameless": b""}).replace(b"?nameless", b"\0nameless")
    }


def packed_zeros(nbytes: int) -> Make:
    """An archive whose config is so many zeros, compressed."""

    def make() -> Files:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as opened:
            with opened.open(CONFIG, "w") as member:
                for _ in range(nbytes >> 20):
                    member.write(bytes(1 << 20))
            opened.writestr(WEIGHTS, members()[WEIGHTS])
        return {"model.keras": buffer.getvalue()}

    return make


def unpacks_to_more() -> Files:
    """A compressed config that declares fewer bytes than it has."""
    files = members()
    files[CONFIG] = json.dumps({"a": "b" * 1000}).encode()
    data = bytearray(archive(files, zipfile.ZIP_DEFLATED))
    entry = central_entry(data, 1)
    struct.pack_into("<I", data, entry + 24, 20)
    return {"model.keras": bytes(data)}


def with_members(*names: str) -> Make:
    """A sound archive with more members, of these names."""

    def make() -> Files:
        buffer = io.BytesIO(archive())
        with warnings.catch_warnings(), zipfile.ZipFile(buffer, "a") as opened:
            warnings.simplefilter("ignore")  # that there is one of that name
            for name in names:
                opened.writestr(zipfile.ZipInfo(name), b"text")
        return {"model.keras": buffer.getvalue()}

    return make


def many_members() -> Files:
    """A directory of more bytes than a model's could have."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for number in range(30_000):
            opened.writestr(zipfile.ZipInfo(f"{number}"), b"")
    return {"model.keras": buffer.getvalue()}


def write_external(file: Any) -> None:
    """A dataset whose values lie in another file."""
    file.create_dataset(BAD, (4,), "u1", external=[("/etc/passwd", 0, 4)])


def write_virtual(file: Any) -> None:
    """A dataset made of datasets of other files."""
    layout = h5py.VirtualLayout((4,), "u1")
    layout[:] = h5py.VirtualSource("/etc/passwd.h5", "x", (4,))
    file.create_virtual_dataset(BAD, layout)


def write_cycle(file: Any) -> None:
    """Groups that hold each other."""
    file["a/x"] = 1
    file["a/b/back"] = file["a"]
    file["a/self"] = file["a"]


def write_soft_loop(file: Any) -> None:
    """Soft links that lead to each other."""
    file["a"] = h5py.SoftLink("/b")
    file["b"] = h5py.SoftLink("/a")
    file["x"] = 1


def write_deep(file: Any) -> None:
    """More groups in each other than libhdf5 or Python would like."""
    group = file
    for _ in range(300):
        group = group.create_group("g")
    group["x"] = 1


def write_shape(shape: tuple[int, ...]) -> Write:
    """A dataset of that shape of which nothing is stored."""
    return lambda file: file.create_dataset(BAD, shape, "f4", chunks=(1,) * len(shape))


def shared_names() -> Files:
    """A list of 300 names, all of them one stored name of 60 kB."""
    count = 300

    def write(file: Any) -> None:
        names = np.array(["x" * 60_000] + [""] * (count - 1), object)
        file.attrs.create("weight_names", names, dtype=h5py.string_dtype())

    data = bytearray(hdf5(write))
    length = struct.pack("<I", 60_000)
    at = data.index(length, data.index(b"weight_names"))
    data[at : at + 16 * count] = bytes(data[at : at + 16]) * count
    return {"model.h5": bytes(data)}


def shared_strings() -> Files:
    """A list of a hundred thousand strings, all of them one stored string of 60 kB."""
    count = 100_000

    def write(file: Any) -> None:
        data = np.array(["x" * 60_000] + [""] * (count - 1), object)
        file.create_dataset(BAD, data=data, dtype=h5py.string_dtype())

    data = bytearray(hdf5(write))
    with h5py.File(io.BytesIO(data)) as file:
        offset = file[BAD].id.get_offset()
    data[offset : offset + 16 * count] = bytes(data[offset : offset + 16]) * count
    return {"model.h5": bytes(data)}


def moved_values() -> Files:
    """A dataset whose values would lie behind the end of the file."""
    data = bytearray(hdf5(lambda file: file.create_dataset(BAD, data=np.arange(8.0))))
    with h5py.File(io.BytesIO(data)) as file:
        offset = file[BAD].id.get_offset()
    at = data.index(struct.pack("<QQ", offset, 64))
    struct.pack_into("<Q", data, at, len(data) - 8)
    return {"model.h5": bytes(data)}


def unknown_filter() -> Files:
    """A chunk that only a filter of a program's own could unpack."""

    def write(file: Any) -> None:
        file.create_dataset(BAD, data=np.arange(8.0), chunks=(8,), compression="gzip")

    data = bytearray(hdf5(write))
    # The pipeline's first filter: number 1 (deflate), 2 words of a name, optional, 1 parameter.
    at = data.index(struct.pack("<HHHH", 1, 8, 1, 1))
    struct.pack_into("<H", data, at, 32_001)
    return {"model.h5": bytes(data)}


def shards(weight_map: object, **files: bytes) -> Make:
    """A map of shards, with files beside it."""
    text = json.dumps({"metadata": {"total_size": 1}, "weight_map": weight_map}).encode()
    shard = hdf5(lambda file: file.create_dataset("layers/dense/vars/0", data=np.ones(2, "f4")))
    return lambda: {"m.weights.json": text, "m_00000.weights.h5": shard, **files}


def nested(depth: int) -> bytes:
    """JSON lists in each other."""
    return b'{"a":' + b"[" * depth + b"]" * depth + b"}"


def nested_models(depth: int) -> bytes:
    """A config of models in each other, deep but not too deep for a JSON reader."""
    config: dict[str, Any] = {"class_name": "Dense", "config": {"name": "head"}}
    for _ in range(depth):
        config = {"class_name": "Sequential", "config": {"name": "m", "layers": [config]}}
    return json.dumps(config).encode()


def legacy(config: bytes) -> Write:
    """A file of Keras 2 with that config."""

    def write(file: Any) -> None:
        file.attrs["model_config"] = config.decode()
        file["model_weights/head/head/kernel:0"] = np.ones(2, np.float32)
        file["model_weights/head"].attrs["weight_names"] = [b"head/kernel:0"]

    return write


STRUCTURE = "its HDF5 structure"

ATTACKS: list[Attack] = [
    refused("no HDF5", lambda: {"model.h5": b"x" * 100}, FormatError, "expected an HDF5 signature"),
    refused("an empty HDF5", lambda: {"model.h5": b""}, FormatError, "found an empty file"),
    refused(
        "a signature and no more",
        lambda: {"model.h5": b"\x89HDF\r\n\x1a\n"},
        FormatError,
        STRUCTURE,
    ),
    refused(
        "half a file",
        lambda: {"model.h5": hdf5(lambda file: file.create_dataset("x", data=np.ones(999)))[:999]},
        Truncated,
        "the HDF5 superblock: needs ",
    ),
    noted("external storage", h5(write_external), 'the values of "bad" lie in other files'),
    noted("virtual dataset", h5(write_virtual), 'the values of "bad" lie in other files'),
    noted(
        "external link",
        h5(lambda file: file.__setitem__("x", h5py.ExternalLink("/etc/passwd", "/"))),
        '"x" is a link to "/" in the file "/etc/passwd": not followed.',
    ),
    noted("soft links in a circle", h5(write_soft_loop), '"a" is a soft link to "/b"'),
    noted("groups in a circle", h5(write_cycle), '"a/b/back" is the same group as "a"'),
    noted("300 groups in each other", h5(write_deep), "deeper than 100 groups: left out"),
    unread("a shape of 2^60", h5(write_shape((1 << 30, 1 << 30))), LimitExceeded, f'"{BAD}"'),
    noted("a shape beyond 2^63", h5(write_shape((1 << 40, 1 << 40))), "which no file can hold"),
    refused("names that are one", shared_names, LimitExceeded, "characters of names"),
    unread("strings that are one", shared_strings, LimitExceeded, STRUCTURE),
    noted("values behind the end", moved_values, f'"{BAD}" is damaged: invalid dataset size'),
    unread("a filter from elsewhere", unknown_filter, FormatError, STRUCTURE),
    noted("lists in a legacy config", h5(legacy(nested(DEEP // 4))), "nesting without end"),
    harmless("models in models", h5(legacy(nested_models(100)))),
    noted("a legacy config of text", h5(legacy(b"exit()")), "expected JSON"),
    refused("no archive", lambda: {"model.keras": b"x" * 100}, FormatError, "HDF5 signature"),
    refused(
        "half an archive",
        lambda: {"model.keras": archive()[:2000]},
        FormatError,
        "expected a zip archive as Keras writes it",
    ),
    refused(
        "an archive of something else",
        lambda: {"model.keras": archive({"a.txt": b"a"})},
        FormatError,
        "expected a Keras archive with config.json",
    ),
    noted("lists without end in the config", keras(config=nested(DEEP)), "nesting without end"),
    noted("a config of text", keras(config=b"exit()"), "config.json: expected JSON"),
    noted("a config that is a list", keras(config=b"[]"), "expected a JSON object"),
    harmless("a config of other things", keras(config=b'{"config": 3, "class_name": []}')),
    harmless("a config with no UTF-8", keras(config=b'{"config": "\xff"}')),
    noted("a member without a name", nameless, "has a member without a name"),
    refused("weights of text", keras(weights=b"x" * 100), FormatError, f"{WEIGHTS} at byte 0"),
    refused("zip bomb", packed_zeros(1 << 26), LimitExceeded, 'member "config.json"'),
    refused("more than it declares", unpacks_to_more, FormatError, 'member "config.json"'),
    refused("a huge declared size", set_central(1, 24, "<I", 1 << 31), LimitExceeded, "bytes"),
    refused("two sizes", set_central(2, 24, "<I", 100), FormatError, "two sizes"),
    refused("a member outside", set_central(2, 42, "<I", 1 << 30), FormatError, "outside the file"),
    refused("a member in the directory", set_central(2, 20, "<I", 1 << 20), FormatError, ""),
    refused("members that overlap", set_central(2, 42, "<I", 0), FormatError, "overlaps"),
    refused("encrypted", set_central(1, 8, "<H", 1), Unsupported, "encrypted"),
    refused("compressed by LZMA", set_central(1, 10, "<H", 14), Unsupported, "compressed in a way"),
    refused("another checksum", set_central(1, 16, "<I", 1), FormatError, "checksum"),
    refused("too many members", many_members, LimitExceeded, "the zip directory"),
    refused("a second config", with_members(CONFIG), FormatError, "2 members called config.json"),
    noted("a name upwards", with_members("../../x"), 'its member "../../x" leads out'),
    noted("an absolute name", with_members("/etc/x"), 'its member "/etc/x" leads out'),
    noted("a name of Windows", with_members("..\\x"), "leads out"),
    refused("shards elsewhere", shards({"a": "../x.h5"}), PathEscape, '"../x.h5"'),
    refused("shards of the system", shards({"a": ["/etc/passwd"]}), PathEscape, "/etc/passwd"),
    refused("a map of numbers", shards({"a": 3}), FormatError, "names of files"),
    refused("a map of nothing", shards([]), FormatError, "weight_map"),
    noted("a shard that is not there", shards({"a": ["b.h5"]}), "b.h5: the shard is missing"),
    refused(
        "a million shards", shards({str(n): f"{n}" for n in range(20_000)}), LimitExceeded, "shards"
    ),
    harmless(
        "a shard named twice", shards({"a": ["m_00000.weights.h5"], "b": "m_00000.weights.h5"})
    ),
]
