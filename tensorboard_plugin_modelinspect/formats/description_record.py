"""The document of a description, checked field by field, as an artifact.

docs/schemas/description.json. Keys are those that a checkpoint of the model would have, so that one
can be restored into, and compared with, what is described.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.model.artifact import Artifact, FileInfo, Layer
from tensorboard_plugin_modelinspect.model.dtype import DTYPES, DType
from tensorboard_plugin_modelinspect.model.objects import (
    Attribute,
    ObjectNode,
    ObjectTree,
    SlotVariable,
    Trackable,
)
from tensorboard_plugin_modelinspect.model.tensor import ROLES, Role, Tensor, TensorValues

FORMAT, VERSION = "modelinspect description", 1
_MOST_AXES = 32
_LARGEST_SIZE = 1 << 62
_BY_NAME = {dtype.name: dtype for dtype in DTYPES.values()}
_T = TypeVar("_T")


def parse_description(
    record: object, path: str, values: TensorValues, files: tuple[FileInfo, ...] = ()
) -> Artifact:
    """An artifact of a description.

    Args:
        record: The document.
        path: What it is called.
        values: Where values come from.
        files: That it is made of.

    Raises:
        FormatError: It is no description, or names objects and tensors that it does not have.
    """
    return _Parser(record, path).artifact(values, files)


class _Parser:
    """Takes a document apart; whatever is not as it must be is a FormatError that names it."""

    def __init__(self, record: object, path: str) -> None:
        self._path = path
        self._record = self._mapping(record, "the document")
        if self._record.get("format") != FORMAT:
            raise self._bad("format", f'"{FORMAT}"', self._record.get("format"))
        if self._record.get("version") != VERSION:
            raise self._bad("version", str(VERSION), self._record.get("version"))

    def artifact(self, values: TensorValues, files: tuple[FileInfo, ...]) -> Artifact:
        tensors = {tensor.key: tensor for tensor in self._tensors(values)}
        self._tensor_keys = tensors
        return Artifact(
            path=self._path,
            kind="description",
            files=files,
            tensors=tensors,
            objects=self._objects(),
            format=self._text(self._record.get("class"), "class"),
            layers=tuple(self._layers("layers")),
            model_layers=tuple(self._layers("model_layers")),
        )

    def places(self) -> dict[str, int]:
        """Where values begin in the file beside it, by key."""
        found = {}
        for one in self._list(self._record.get("tensors"), "tensors"):
            offset = one.get("offset") if isinstance(one, Mapping) else None
            if offset is not None:
                key = self._text(one.get("key"), "key")
                found[key] = self._size(offset, f'offset of "{key}"')
        return found

    def _tensors(self, values: TensorValues) -> Iterator[Tensor]:
        for one in self._list(self._record.get("tensors"), "tensors"):
            row = self._mapping(one, "a tensor")
            key = self._text(row.get("key"), "key")
            field = f'tensor "{key}"'
            name = self._text(row.get("name"), field)
            dtype = self._dtype(row.get("dtype"), field)
            sizes = [self._size(size, field) for size in self._list(row.get("shape"), field)]
            nbytes = math.prod(sizes) * dtype.itemsize
            if len(sizes) > _MOST_AXES or nbytes > _LARGEST_SIZE:
                raise self._bad(field, "a shape", sizes)
            checksum = row.get("crc32c")
            if checksum is not None:
                checksum = self._size(checksum, field)
            role = self._role(row.get("role"), field)
            yield Tensor(key, name, dtype, tuple(sizes), nbytes, role, None, checksum, values)

    def _objects(self) -> ObjectTree | None:
        rows = self._list(self._record.get("objects"), "objects")
        if not rows:
            return None
        free = self._free_axes()
        nodes, trackables = [], []
        for number, one in enumerate(rows):
            row = self._mapping(one, f"object {number}")
            trackable = self._trackable(row, f"object {number}", len(rows), free)
            keys = tuple(key for attribute in trackable.attributes for key in attribute.keys)
            label = self._text(row.get("class"), f"object {number}")
            kind = "variable" if keys else "object"
            nodes.append(ObjectNode(kind, label, trackable.children, keys, ""))
            trackables.append(trackable)
        return ObjectTree(nodes, trackables)

    def _free_axes(self) -> dict[str, tuple[int, ...] | None]:
        found: dict[str, tuple[int, ...] | None] = {}
        for one in self._list(self._record.get("tensors"), "tensors"):
            axes = one.get("free_axes", ())
            key = str(one["key"])
            if axes is None:
                found[key] = None
            elif axes:
                found[key] = tuple(self._size(axis, key) for axis in self._list(axes, key))
        return found

    def _trackable(
        self,
        row: Mapping[str, Any],
        field: str,
        count: int,
        free: Mapping[str, tuple[int, ...] | None],
    ) -> Trackable:
        children = []
        for child in self._list(row.get("children"), field):
            name, number = self._tuple(child, 2, field)
            children.append((self._text(name, field), self._number(number, count, field)))
        attributes = []
        for one in self._list(row.get("attributes"), field):
            entry = self._mapping(one, field)
            key = self._key(entry.get("key"), field)
            name = self._text(entry.get("name"), field)
            full_name = self._text(entry.get("full_name"), field)
            attributes.append(Attribute(name, key, (key,), full_name))
        slots = []
        for slot in self._list(row.get("slots"), field):
            name, *numbers = self._tuple(slot, 3, field)
            original, own = (self._number(number, count, field) for number in numbers)
            slots.append(SlotVariable(self._text(name, field), original, own))
        axes = free.get(attributes[0].keys[0], ()) if attributes else ()
        return Trackable(tuple(children), tuple(attributes), tuple(slots), "", axes)

    def _layers(self, name: str) -> Iterator[Layer]:
        for one in self._list(self._record.get(name), name):
            row = self._mapping(one, name)
            path = self._text(row.get("path"), name)
            keys = self._list(row.get("keys"), f'{name} "{path}"')
            yield Layer(
                path,
                self._text(row.get("name"), name),
                tuple(self._key(key, f'{name} "{path}"') for key in keys),
            )

    def _key(self, value: object, field: str) -> str:
        key = self._text(value, field)
        if key not in self._tensor_keys:
            raise self._bad(field, "the key of a tensor", key)
        return key

    def _role(self, value: object, field: str) -> Role:
        role = next((one for one in ROLES if one == value), None)
        if role is None:
            raise self._bad(field, "a role", value)
        return role

    def _dtype(self, value: object, field: str) -> DType:
        dtype = _BY_NAME.get(self._text(value, field))
        return DType(0, str(value), 0, "") if dtype is None else dtype

    def _mapping(self, value: object, field: str) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise self._bad(field, "a JSON object", value)
        return value

    def _list(self, value: object, field: str) -> Sequence[Any]:
        if not isinstance(value, list | tuple):
            raise self._bad(field, "a list", value)
        return value

    def _tuple(self, value: object, size: int, field: str) -> Sequence[Any]:
        found = self._list(value, field)
        if len(found) != size:
            raise self._bad(field, f"{size} entries", found)
        return found

    def _text(self, value: object, field: str) -> str:
        if not isinstance(value, str):
            raise self._bad(field, "text", value)
        return value

    def _size(self, value: object, field: str) -> int:
        return self._number(value, _LARGEST_SIZE, field)

    def _number(self, value: object, stop: int, field: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < stop:
            raise self._bad(field, f"a number below {stop:,}", value)
        return value

    def _bad(self, field: str, expected: str, found: object) -> FormatError:
        shown = repr(found)[:80]
        next_step = "Describe the model again with `mi.describe`."
        return FormatError(
            path=self._path, field=field, expected=expected, found=shown, next_step=next_step
        )


def read_places(record: object, path: str) -> dict[str, int]:
    """Where the values of each tensor begin in the file beside a description.

    Raises:
        FormatError: It is none.
    """
    return _Parser(record, path).places()
