"""What the worker asks libhdf5: all that is in a file, and values of a dataset.

Nothing is followed that a file could use to lead elsewhere: soft and external links, external
storage and virtual datasets are named and left alone; of two hard links to one object the first
counts. Format: https://docs.hdfgroup.org/hdf5/develop/_f_m_t3.html
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import Any

import h5py
import numpy as np
from h5py import h5a, h5d, h5g, h5l, h5o, h5s, h5t

VERSION = f"h5py {h5py.__version__}, HDF5 {h5py.version.hdf5_version}"
_MOST_LINKS = 1_000_000
_DEEPEST = 100
_MOST_TEXT, _TEXT_A_BYTE, _FREE_TEXT = 128 << 20, 16, 1 << 20
"""Characters of names and attributes in one answer: so many, or so many a byte of the file. Paths
repeat the names of their groups, and strings may be stored once and be meant often."""
_MOST_NOTES = 100
_NAMED = ("name", "layer_names", "weight_names")
"""Attributes of groups that Keras writes; the lists in parts if they are long: `layer_names0` …"""
_FLOATS = {
    (15, 10, 5, 0, 10): "float16",
    (31, 23, 8, 0, 23): "float32",
    (63, 52, 11, 0, 52): "float64",
    (15, 7, 8, 0, 7): "bfloat16",
    (7, 2, 5, 0, 2): "float8_e5m2",
}
"""By sign bit, exponent's first bit and size, mantissa's first bit and size (`H5Tget_fields`)."""
_CLASSES = {
    h5t.COMPOUND: "compound",
    h5t.REFERENCE: "reference",
    h5t.ARRAY: "array",
    h5t.VLEN: "sequence",
    h5t.OPAQUE: "opaque",
    h5t.TIME: "time",
}

Answer = tuple[dict[str, Any], Any]
"""JSON, and bytes beside it."""


def answer(source: io.RawIOBase | io.BytesIO, request: dict[str, Any]) -> Answer:
    """Answer a request of `client.py`; raises whatever h5py raises."""
    with h5py.File(source, "r") as file:
        if request["ask"] == "describe":
            return Description(file, request["nbytes"]).as_json(), b""
        dataset = open_dataset(file, request["key"])
        if chunk_nbytes(dataset) > request["memory"] // 2:
            raise MemoryError
        return read_values(dataset, [slice(*axis) for axis in request["region"]])


def warm_up() -> None:
    """Do everything once: what is imported late could not be, once no file can be opened."""
    file = io.BytesIO()
    with h5py.File(file, "w") as written:
        written.create_dataset("a/b", data=np.ones(9, np.float32), chunks=(3,), compression="gzip")
        written.create_dataset("c", data=["a"], dtype=h5py.string_dtype())
        written["d"] = np.zeros(1, "V2")
        written["d"].attrs["dtype"] = written["a"].attrs["name"] = written.attrs["text"] = "text"
        written["a"].attrs["weight_names"] = [b"c"]
    answer(file, {"ask": "describe", "nbytes": 1 << 20})
    for key in ("a/b", "c", "d"):
        request = {"ask": "values", "key": key, "region": [[0, 1, 1]], "memory": 1 << 20}
        answer(file, request)


class TooMuch(Exception):
    """More objects or text than a file of weights has."""


class Description:
    """All groups and datasets of a file that can be reached by hard links."""

    def __init__(self, file: Any, nbytes: int) -> None:
        self._file = file
        self._most_text = min(_MOST_TEXT, _FREE_TEXT + _TEXT_A_BYTE * nbytes)
        self._seen: dict[int, str] = {}
        self._links = self._text = 0
        self._groups: dict[str, dict[str, Any]] = {}
        self._datasets: list[list[Any]] = []
        self._notes: list[list[str]] = []
        self._elsewhere: list[list[str]] = []
        self._problems: list[list[str]] = []

    def as_json(self) -> dict[str, Any]:
        """Walk the file."""
        texts = {
            name: value for name, value in self._attributes(self._file.id) if isinstance(value, str)
        }
        self._add_group(self._file.id, "")
        return {
            "texts": texts,
            "groups": self._groups,
            "datasets": self._datasets,
            "notes": self._notes,
            "elsewhere": self._elsewhere,
            "problems": self._problems,
        }

    def _add_group(self, group: Any, path: str) -> None:
        waiting = [(group, path, 0)]
        self._seen[h5o.get_info(group).addr] = path
        while waiting:
            group, path, depth = waiting.pop()
            self._groups[path] = {
                name: value
                for name, value in self._attributes(group)
                if name.rstrip("0123456789") in _NAMED
            }
            below = [self._open(group, name, path) for name in self._names(group, path)]
            for found in below:
                if found is None:
                    continue
                child, child_path = found
                if isinstance(child, h5d.DatasetID):
                    self._add_dataset(child, child_path)
                elif depth == _DEEPEST:
                    self._note(child_path, f"lies deeper than {_DEEPEST} groups: left out")
                else:
                    waiting.append((child, child_path, depth + 1))

    def _names(self, group: Any, path: str) -> list[bytes]:
        try:
            names = list(group)
        except (OSError, RuntimeError, KeyError, ValueError) as error:
            self._problem(path, error)
            return []
        self._links += len(names)
        if self._links > _MOST_LINKS:
            raise TooMuch(f"more than {_MOST_LINKS:,} objects")
        return names

    def _open(self, group: Any, name: bytes, path: str) -> tuple[Any, str] | None:
        """What a hard link leads to, unless it was seen; other links are noted."""
        text = name.decode("utf-8", "surrogateescape")
        child_path = f"{path}/{text}" if path else text
        self._count(child_path)
        try:
            link = group.links.get_info(name)
            if link.type != h5l.TYPE_HARD:
                self._note(child_path, f"is {_describe_link(group, name, link.type)}: not followed")
                if link.type == h5l.TYPE_EXTERNAL:
                    self._lead(child_path, "link", *_read_link(group, name))
                return None
            child = h5o.open(group, name)
        except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
            self._problem(child_path, error)
            return None
        first = self._seen.setdefault(link.u, child_path)  # its address
        if first == child_path:
            return (child, child_path) if isinstance(child, h5d.DatasetID | h5g.GroupID) else None
        if isinstance(child, h5d.DatasetID):
            self._datasets.append([child_path, first])
        else:
            self._note(child_path, f'is the same group as "{first}": its tensors are listed once')
        return None

    def _add_dataset(self, dataset: Any, path: str) -> None:
        try:
            self._datasets.append([path, None, *describe_dataset(dataset)])
            for how, file, target in _files_of(dataset):
                self._lead(path, how, file, target)
        except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
            self._problem(path, error)

    def _attributes(self, thing: Any) -> Iterator[tuple[str, Any]]:
        """Names and values of the attributes that are a text or a list of texts."""
        try:
            names = [h5a.open(thing, index=i).name for i in range(h5a.get_num_attrs(thing))]
        except (OSError, RuntimeError, KeyError, ValueError) as error:
            self._problem(self._seen.get(h5o.get_info(thing).addr, ""), error)
            return
        for raw in names:
            name = raw.decode("utf-8", "surrogateescape")
            try:
                value = _text_of(h5py.AttributeManager(h5py.Group(thing))[raw])
            except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
                self._problem(f"@{name}", error)
                continue
            if value is not None:
                self._count(name, *([value] if isinstance(value, str) else value))
                yield name, value

    def _count(self, *texts: str) -> None:
        self._text += sum(map(len, texts))
        if self._text > self._most_text:
            raise TooMuch(f"more than {self._most_text:,} characters of names and attributes")

    def _lead(self, *row: str) -> None:
        """Note what leads to another file: path, how, file, and what is meant in it."""
        if len(self._elsewhere) < _MOST_NOTES:
            self._elsewhere.append([text[:300] for text in row])

    def _problem(self, path: str, error: Exception) -> None:
        _add_note(self._problems, path, f"is damaged: {reason_of(error)}")

    def _note(self, path: str, text: str) -> None:
        _add_note(self._notes, path, text)


def _add_note(notes: list[list[str]], path: str, text: str) -> None:
    if len(notes) < _MOST_NOTES:
        notes.append([path[:300], text[:300]])
    elif len(notes) == _MOST_NOTES:
        notes.append(["…", "is not the last of its kind: the rest is left out"])


def reason_of(error: Exception) -> str:
    """The part of an h5py message that libhdf5 wrote: it stands in brackets at its end."""
    text = str(error).strip("'\"")
    start = text.find("(")
    return text[start + 1 : -1] if start > 0 and text.endswith(")") else text or "damage"


def _describe_link(group: Any, name: bytes, kind: int) -> str:
    if kind == h5l.TYPE_SOFT:
        return f'a soft link to "{group.links.get_val(name).decode("utf-8", "replace")}"'
    if kind == h5l.TYPE_EXTERNAL:
        file, target = _read_link(group, name)
        return f'a link to "{target}" in the file "{file}"'
    return "a link of a kind made by a program"


def _read_link(group: Any, name: bytes) -> list[str]:
    """File and object of an external link."""
    return [part.decode("utf-8", "replace") for part in group.links.get_val(name)]


def _text_of(value: Any) -> str | list[str] | None:
    """An attribute as text or list of texts, None if it is anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if (
        isinstance(value, np.ndarray)
        and value.ndim == 1
        and (value.dtype.kind in "SO" or not value.size)
    ):
        return [text for one in value.tolist() if isinstance(text := _text_of(one), str)]
    return None


def describe_dataset(dataset: Any) -> list[Any]:
    """Type, byte order, bytes of an element, shape, bytes stored, where they are, and how.

    Where is the offset in the file if the values lie there as they are, else None. How is
    `contiguous`, `compact`, `chunked`, `virtual` or `external`.
    """
    dtype = dataset.get_type()
    name, order = describe_type(dtype)
    if name == "opaque":
        name, order = _named_by_attribute(dataset, dtype.get_size())
    space = dataset.get_space()
    is_null = space.get_simple_extent_type() == h5s.NULL
    shape = [0] if is_null else [int(size) for size in space.get_simple_extent_dims()]
    if math.prod(shape) >= 1 << 63:
        raise ValueError(f"a shape of {shape}, which no file can hold")
    offset = dataset.get_offset()
    storage = "contiguous" if offset is not None else _storage(dataset)
    stored = 0 if storage in ("virtual", "external") else int(dataset.get_storage_size())
    return [name, order, int(dtype.get_size()), shape, stored, offset, storage]


def _storage(dataset: Any) -> str:
    """How values are stored that do not lie in the file as they are."""
    plist = dataset.get_create_plist()
    if plist.get_external_count():
        return "external"
    how = {h5d.COMPACT: "compact", h5d.CONTIGUOUS: "contiguous", h5d.CHUNKED: "chunked"}
    return how.get(plist.get_layout(), "virtual")


def _files_of(dataset: Any) -> list[list[str]]:
    """Other files that hold values of a dataset: how, file, and what is meant in it."""
    plist = dataset.get_create_plist()
    count = plist.get_external_count()
    if count:
        names = [plist.get_external(i)[0] for i in range(min(count, _MOST_NOTES))]
        return [["external storage", name.decode("utf-8", "replace"), ""] for name in names]
    if _storage(dataset) != "virtual":
        return []
    sources = range(min(plist.get_virtual_count(), _MOST_NOTES))
    pairs = [(plist.get_virtual_filename(i), plist.get_virtual_dsetname(i)) for i in sources]
    return [["virtual dataset", str(file), str(target)] for file, target in pairs]


def _named_by_attribute(dataset: Any, itemsize: int) -> tuple[str, str]:
    """Keras stores bfloat16 as two opaque bytes, and says so in the attribute `dtype`."""
    if h5a.exists(dataset, b"dtype"):
        value = _text_of(h5py.AttributeManager(h5py.Dataset(dataset))["dtype"])
        sizes = {"bfloat16": 2, "float8_e4m3fn": 1, "float8_e5m2": 1}
        if isinstance(value, str) and sizes.get(value) == itemsize:
            return value, "<"
    return "opaque", "?"


def describe_type(dtype: Any) -> tuple[str, str]:
    """Name of an HDF5 type as TensorFlow names its own, and byte order `<`, `>` or empty."""
    kind, size = dtype.get_class(), dtype.get_size()
    if kind == h5t.STRING:
        return "string", ""
    if kind == h5t.ENUM:
        names = {dtype.get_member_name(i) for i in range(min(dtype.get_nmembers(), 3))}
        if names == {b"FALSE", b"TRUE"} and size == 1 and dtype.enum_valueof(b"TRUE") == 1:
            return "bool", ""
        return describe_type(dtype.get_super())
    if kind in (h5t.INTEGER, h5t.BITFIELD):
        sign = "int" if kind == h5t.INTEGER and dtype.get_sign() == h5t.SGN_2 else "uint"
        is_plain = size in (1, 2, 4, 8) and dtype.get_precision() == 8 * size
        return f"{sign}{dtype.get_precision()}", _order(dtype) if is_plain else "?"
    if kind == h5t.FLOAT:
        name = _FLOATS.get(tuple(dtype.get_fields()))
        return (name, _order(dtype)) if name else (f"float{dtype.get_precision()}", "?")
    if kind == h5t.COMPOUND and _is_complex(dtype):
        return f"complex{8 * size}", _order(dtype.get_member_type(0))
    if kind == getattr(h5t, "COMPLEX", None):  # HDF5 2.0
        name, order = describe_type(dtype.get_super())
        return f"complex{8 * size}", order if name in ("float32", "float64") else "?"
    return _CLASSES.get(kind, "unknown"), "?"


def _order(dtype: Any) -> str:
    return {h5t.ORDER_LE: "<", h5t.ORDER_BE: ">"}.get(dtype.get_order(), "?")


def _is_complex(dtype: Any) -> bool:
    """Whether it is what h5py writes for complex numbers: real part, imaginary part, no gap."""
    if dtype.get_nmembers() != 2 or [dtype.get_member_name(i) for i in (0, 1)] != [b"r", b"i"]:
        return False
    parts = [dtype.get_member_type(i) for i in (0, 1)]
    half = dtype.get_size() // 2
    return (
        all(part.get_class() == h5t.FLOAT and part.get_size() == half for part in parts)
        and describe_type(parts[0]) == describe_type(parts[1])
        and describe_type(parts[0])[0] in ("float32", "float64")
        and [dtype.get_member_offset(i) for i in (0, 1)] == [0, half]
    )


def open_dataset(file: Any, key: str) -> Any:
    """The dataset of that path, by hard links alone."""
    thing = file.id
    for part in key.encode("utf-8", "surrogateescape").split(b"/"):
        if thing.links.get_info(part).type != h5l.TYPE_HARD:
            raise KeyError(f"{key} is not reached by hard links")
        thing = h5o.open(thing, part)
    if not isinstance(thing, h5d.DatasetID):
        raise KeyError(f"{key} is no dataset")
    if describe_dataset(thing)[-1] in ("virtual", "external"):
        raise KeyError(f"{key} lies in another file")
    return thing


def chunk_nbytes(dataset: Any) -> int:
    """Bytes of a chunk, which is unpacked as a whole; 0 if there are none."""
    plist = dataset.get_create_plist()
    if plist.get_layout() != h5d.CHUNKED:
        return 0
    elements: int = math.prod(plist.get_chunk())
    return elements * int(dataset.get_type().get_size())


def read_values(dataset: Any, region: list[slice]) -> Answer:
    """Elements of a region as stored; of strings their lengths, 8 bytes each, then all bytes."""
    dtype = dataset.get_type()
    if dtype.get_class() == h5t.STRING:
        values = h5py.Dataset(dataset)[tuple(region)]
        strings = np.asarray(values, dtype=object).ravel().tolist()
        lengths = np.array([len(string) for string in strings], "<u8")
        return {"strings": len(strings)}, lengths.tobytes() + b"".join(strings)
    counts = tuple(len(range(axis.start, axis.stop, axis.step)) for axis in region)
    out = np.empty(counts, f"V{dtype.get_size()}")
    space, memory = dataset.get_space(), h5s.create_simple(counts) if counts else h5s.ALL
    if counts:
        starts, steps = ([getattr(axis, name) for axis in region] for name in ("start", "step"))
        space.select_hyperslab(tuple(starts), counts, tuple(steps))
    dataset.read(memory, space if counts else h5s.ALL, out, dtype)
    return {"values": out.nbytes}, out.reshape(-1).view("u1").data
