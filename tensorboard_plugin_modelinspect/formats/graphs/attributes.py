"""Attributes of nodes, kept as the bytes they are stored in and parsed when asked for.

tensorflow/core/framework/attr_value.proto. An entry of a NodeDef's `attr` is a message of a key (1)
and a value (2).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tensorboard_plugin_modelinspect.codecs.protos import attribute_class, parse_message
from tensorboard_plugin_modelinspect.codecs.spans import (
    DELIMITED,
    MalformedField,
    iter_spans,
)
from tensorboard_plugin_modelinspect.codecs.varint import Octets
from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.formats.signatures import partial_shape
from tensorboard_plugin_modelinspect.formats.tensor_proto import (
    ConstantValues,
    TensorOutline,
    outline_tensor,
)
from tensorboard_plugin_modelinspect.model.dtype import dtype_of
from tensorboard_plugin_modelinspect.model.graph import (
    AttributeValue,
    FunctionValue,
    Omitted,
    ShapeValue,
)
from tensorboard_plugin_modelinspect.model.tensor import Region, Tensor, TensorValues
from tensorboard_plugin_modelinspect.sources.base import ByteSource
from tensorboard_plugin_modelinspect.sources.memory import MemoryFile

KEY, VALUE = 1, 2
STRING, TENSOR = 2, 8
KEPT_NBYTES = 256
"""Of a tensor or a string in an attribute; a larger one is left out of a node's kind."""


class Stripped(NamedTuple):
    """An attribute without its value: what a tensor says of itself, else how long it is."""

    key: bytes
    tensor: TensorOutline | None
    nbytes: int


Entry = bytes | Stripped
Entries = bytes | tuple[Entry, ...]
"""All attributes of a node: as they are stored, with their tags, or each where one was stripped."""


def split_entries(entries: Entries) -> tuple[Entry, ...]:
    """The attributes, each for itself.

    Raises:
        MalformedField: They are none.
    """
    if isinstance(entries, tuple):
        return entries
    return tuple(entries[begin:end] for _, _, begin, end in iter_spans(entries, 0, len(entries)))


def strip_entry(
    data: Octets, start: int, stop: int, kept_nbytes: int = KEPT_NBYTES
) -> Stripped | None:
    """What to keep of the entry in `[start, stop)` if its value is larger; None: all of it.

    Lists are always kept, for the types and shapes of a node's outputs stand in them.

    Raises:
        MalformedField: It is no entry.
    """
    key, place = find_value(data, start, stop)
    if place is None:
        return None
    for number, kind, begin, end in iter_spans(data, *place):
        if kind == DELIMITED and end - begin > kept_nbytes:
            if number == TENSOR:
                return Stripped(key, outline_tensor(data, begin, end), end - begin)
            if number == STRING:
                return Stripped(key, None, end - begin)
    return None


def find_value(data: Octets, start: int, stop: int) -> tuple[bytes, tuple[int, int] | None]:
    """Key of the entry in `[start, stop)`, and where its value lies.

    Raises:
        MalformedField: It is no entry.
    """
    key, place = b"", None
    for number, kind, begin, end in iter_spans(data, start, stop):
        if kind == DELIMITED and number == KEY:
            key = _octets(data, begin, end)
        elif kind == DELIMITED and number == VALUE:
            place = begin, end
    return key, place


def _octets(data: Octets, start: int, stop: int) -> bytes:
    if isinstance(data, bytes):
        return data[start:stop]
    return bytes(data[place] for place in range(start, stop))


class Attributes(Mapping[str, AttributeValue]):
    """The attributes of a kind, parsed one by one when asked for. For any thread.

    Args:
        entries: As stored, or stripped.
        path: The file, for errors.
    """

    def __init__(self, entries: Entries, path: str) -> None:
        self._entries = entries
        self._path = path
        self._by_name: dict[str, Entry] | None = None

    def __getitem__(self, name: str) -> AttributeValue:
        """The value; a FormatError if it is damaged."""
        entry = self._named()[name]
        if isinstance(entry, Stripped):
            return _describe_stripped(entry)
        return _parse_entry(entry, self._path)

    def __iter__(self) -> Iterator[str]:
        return iter(self._named())

    def __len__(self) -> int:
        return len(self._named())

    def __contains__(self, name: object) -> bool:
        return name in self._named()

    def _named(self) -> dict[str, Entry]:
        if self._by_name is None:
            named: dict[str, Entry] = {}
            for entry in split_entries(self._entries):
                key = entry.key if isinstance(entry, Stripped) else self._key_of(entry)
                named[key.decode("utf-8", "surrogateescape")] = entry
            self._by_name = named
        return self._by_name

    def _key_of(self, entry: bytes) -> bytes:
        nbytes = entry[1] if len(entry) > 1 else 0
        if entry[:1] == b"\x0a" and nbytes < 0x80 and entry[2 + nbytes : 3 + nbytes] == b"\x12":
            return entry[2 : 2 + nbytes]
        try:
            return find_value(entry, 0, len(entry))[0]
        except MalformedField as error:
            raise _damaged(self._path, "an attribute", error.offset) from None


def _damaged(path: str, what: str, offset: int | None = None) -> FormatError:
    return FormatError(path=path, offset=offset, expected=what, found="bytes that are none")


class _NotKept:
    """Stands for the values of a constant in a kind, which has only its type and shape."""

    def read_region(self, tensor: Tensor, region: Region) -> Any:
        """Refuse: whoever wants values asks for the node itself."""
        raise FormatError(path=tensor.key, expected="a small constant", found="a large one")


_NOT_KEPT: TensorValues = _NotKept()


def is_kept(tensor: Tensor) -> bool:
    """Whether the values of an attribute's tensor can be read from its kind."""
    return tensor.values is not _NOT_KEPT


def _describe_stripped(entry: Stripped) -> AttributeValue:
    if entry.tensor is None:
        return Omitted(entry.nbytes)
    return make_tensor("value", entry.tensor, _NOT_KEPT)


def make_tensor(key: str, outline: TensorOutline, values: TensorValues) -> Tensor:
    """A constant as a tensor of the model."""
    dtype = dtype_of(outline.dtype)
    return Tensor(key, key, dtype, outline.shape, outline.nbytes, "metadata", None, None, values)


@functools.lru_cache(maxsize=4096)
def _parse_entry(entry: bytes, path: str) -> AttributeValue:
    try:
        _, place = find_value(entry, 0, len(entry))
        return parse_value(MemoryFile(entry, path), *place) if place is not None else None
    except MalformedField as error:
        raise _damaged(path, "an attribute", error.offset) from None


def parse_value(source: ByteSource, start: int, stop: int) -> AttributeValue:
    """The AttrValue in `[start, stop)` of a file; a tensor in it reads its values from there.

    Raises:
        FormatError: It is none.
        MalformedField: It holds a tensor that is none.
    """
    data = source.read(start, stop - start)
    proto = parse_message(attribute_class(), data, path=source.name, field="an attribute")
    if proto.WhichOneof("value") == "tensor":
        for number, kind, begin, end in iter_spans(data, 0, len(data)):
            if (number, kind) == (TENSOR, DELIMITED):
                outline = outline_tensor(data, begin, end)
                places = {"value": (start + begin, start + end)}
                return make_tensor("value", outline, ConstantValues(source, places))
    return _convert(proto, source.name)


def _convert(proto: Any, path: str) -> AttributeValue:
    field = proto.WhichOneof("value")
    if field == "s":
        return _text(proto.s)
    if field in ("i", "f", "b"):
        plain: bool | int | float = getattr(proto, field)
        return plain
    if field == "type":
        return dtype_of(proto.type)
    if field == "shape":
        return ShapeValue(partial_shape(proto.shape))
    if field == "func":
        return FunctionValue(proto.func.name)
    if field == "placeholder":
        return str(proto.placeholder)
    return _convert_list(proto.list, path) if field == "list" else None


def _convert_list(proto: Any, path: str) -> tuple[AttributeValue, ...]:
    """A list, in which values of one kind stand as a rule."""
    values: list[AttributeValue] = [_text(value) for value in proto.s]
    values += [*proto.i, *proto.f, *proto.b]
    values += [dtype_of(number) for number in proto.type]
    values += [ShapeValue(partial_shape(shape)) for shape in proto.shape]
    for tensor in proto.tensor:
        data = tensor.SerializeToString()
        try:
            outline = outline_tensor(data, 0, len(data))
        except MalformedField as error:
            raise _damaged(path, "a tensor", error.offset) from None
        source = ConstantValues(MemoryFile(data, path), {"value": (0, len(data))})
        values.append(make_tensor("value", outline, source))
    values += [FunctionValue(function.name) for function in proto.func]
    return tuple(values)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")
