"""The table of contents of a checkpoint V1: which tensors its files hold, and in which slices.

tensorflow/core/util/{tensor_slice_reader, tensor_slice_writer}.cc and saved_tensor_slice.proto.
Each file is a table. Key "" holds a `SavedTensorSlices` with `meta`; any other key is one slice (a
whole tensor is one too), its value a `SavedTensorSlices` with `data`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from tensorboard_plugin_modelinspect.codecs.ordered import Extent, SliceKey, encode_slice_key
from tensorboard_plugin_modelinspect.codecs.protos import message_class, parse_message
from tensorboard_plugin_modelinspect.codecs.sstable import MAGIC, Table
from tensorboard_plugin_modelinspect.codecs.varint import MalformedVarint, decode_varint
from tensorboard_plugin_modelinspect.errors import FormatError, LimitExceeded, Unsupported
from tensorboard_plugin_modelinspect.formats.lfs import refuse_lfs_pointer
from tensorboard_plugin_modelinspect.formats.slices import check_cover, resolve_box
from tensorboard_plugin_modelinspect.model.pieces import Box
from tensorboard_plugin_modelinspect.sources.base import ByteSource

LARGEST_VALUE = 1 << 31
"""`kMaxMessageBytes`: TensorFlow refuses to write a larger slice, and so a larger block."""
_READER_VERSION = 1
"""`TF_CHECKPOINT_VERSION`: a file whose min_consumer is larger is not ours to read."""
_MAX_RANK = 254
_MOST_SLICES = 2_000_000
_META = b"\x0a"
"""First byte of the first value: the tag of `SavedTensorSlices.meta`."""


class Part(NamedTuple):
    """One stored slice of a tensor.

    Attributes:
        box: What it covers.
        shard: The file that holds it.
        extents: The same as it is stored, which its key is made of.
    """

    box: Box
    shard: int
    extents: tuple[Extent, ...]


class V1Entry(NamedTuple):
    """One tensor.

    Attributes:
        key: Its name; bytes that are not UTF-8 are surrogates.
        dtype: `DataType` number.
        shape: Sizes of the full tensor.
        parts: Where its values are; incomplete where a file is missing.
    """

    key: str
    dtype: int
    shape: tuple[int, ...]
    parts: list[Part]

    def key_of(self, part: Part) -> bytes:
        """Key of one of `parts` in the table of its file."""
        name = self.key.encode("utf-8", "surrogateescape")
        return encode_slice_key(SliceKey(name, part.extents))

    @property
    def is_in_one_piece(self) -> bool:
        """Whether it is stored as a whole."""
        if len(self.parts) != 1:
            return False
        return all(
            side == (0, size) for side, size in zip(self.parts[0].box, self.shape, strict=True)
        )


def open_table(source: ByteSource) -> Table:
    """The table of one file, whose blocks may be as large as the largest tensor; see `Table`."""
    return Table(source, largest_block=LARGEST_VALUE)


def begins_as_v1(source: ByteSource) -> bool:
    """Whether the first entry of a file is that of a checkpoint V1, whole or cut short.

    Cost: one read of a few bytes. A compressed file does not begin so.
    """
    start = source.read(0, min(source.nbytes, 16))
    if start[:2] != b"\0\0":  # an empty key that shares nothing
        return False
    try:
        _, offset = decode_varint(start, 2, len(start))
    except MalformedVarint:
        return False
    return start[offset : offset + 1] == _META


def is_v1(source: ByteSource) -> bool:
    """Whether a file is, or begins as, a checkpoint V1, whatever its name.

    Cost: two small reads; of a table that begins otherwise its first block.
    """
    if begins_as_v1(source):
        return True
    if not has_magic(source):
        return False
    try:
        return (open_table(source).get_early(b"") or b"").startswith(_META)
    except FormatError:
        return False


def has_magic(source: ByteSource) -> bool:
    """Whether a file ends as a table does."""
    size = min(source.nbytes, len(MAGIC))
    return source.read(source.nbytes - size, size) == MAGIC


def read_contents(source: ByteSource) -> Any:
    """The `SavedTensorSliceMeta` of one file.

    Raises:
        FormatError: It has none, or is damaged.
        Unsupported: Written for newer readers.

    Cost: reads footer, index block, and the first block or, of a large one, the value alone.
    """
    refuse_lfs_pointer(source)
    value = open_table(source).get_early(b"")
    if value is None or not value.startswith(_META):
        raise FormatError(path=source.name, expected="a checkpoint V1", found="another table")
    parsed = parse_message(
        message_class("SavedTensorSlices"), value, path=source.name, field="contents"
    )
    versions = parsed.meta.versions
    if versions.min_consumer > _READER_VERSION or _READER_VERSION in versions.bad_consumers:
        raise Unsupported(
            f"{source.name}: written for checkpoint readers of version {versions.min_consumer} and"
            f" newer; this one is version {_READER_VERSION}. Update this package."
        )
    return parsed.meta


class ContentsJoiner:
    """Joins the contents of all files of a checkpoint into its tensors.

    Attributes:
        entries: By key, in the order of its bytes; complete after `finish`.
    """

    def __init__(self) -> None:
        self.entries: dict[str, V1Entry] = {}
        self._count = 0

    def add(self, shard: int, contents: Any, path: str) -> None:
        """Add what one file holds.

        Raises:
            FormatError: It contradicts itself or a file before it.
        """
        for proto in contents.tensor:
            key = proto.name.decode("utf-8", "surrogateescape")
            found = V1Entry(key, proto.type, _parse_shape(proto.shape, key, path), [])
            entry = self.entries.setdefault(key, found)
            if entry[:3] != found[:3]:
                raise _broken(path, key, "another type or shape than in the files before it")
            self._count += len(proto.slice)
            if self._count > _MOST_SLICES:
                raise LimitExceeded(path=path, found=f"more than {_MOST_SLICES:,} slices")
            for one in proto.slice:
                entry.parts.append(_part(one, shard, entry, path))

    def finish(self, path: str, *, is_whole: bool) -> Mapping[str, V1Entry]:
        """All tensors in the order of their keys' bytes.

        Args:
            path: The checkpoint, for errors.
            is_whole: Whether all files are there, so that the slices must cover their tensors.

        Raises:
            FormatError: Slices overlap, or leave a part out.
        """
        for entry in self.entries.values() if is_whole else ():
            if not entry.is_in_one_piece:
                problem = check_cover([part.box for part in entry.parts], entry.shape)
                if problem:
                    raise _broken(path, entry.key, problem, expected="slices that tile the tensor")
        order = sorted(self.entries, key=lambda key: key.encode("utf-8", "surrogateescape"))
        return {key: self.entries[key] for key in order}


def _parse_shape(proto: Any, key: str, path: str) -> tuple[int, ...]:
    shape = tuple(dim.size for dim in proto.dim)
    if proto.unknown_rank or len(shape) > _MAX_RANK or min(shape, default=0) < 0:
        raise _broken(path, key, "a shape that no tensor has")
    size = math.prod(shape)
    if size >= 1 << 63:
        found = f"2^{size.bit_length() - 1} elements"
        raise LimitExceeded(path=path, field=f'tensor "{key}"', found=found)
    return shape


def _part(proto: Any, shard: int, entry: V1Entry, path: str) -> Part:
    """A slice that the contents list."""
    extents = tuple(
        (axis.start, axis.length if axis.HasField("length") else -1) for axis in proto.extent
    )
    box = resolve_box(extents, entry.shape)
    if box is None:
        expected = f"within {list(entry.shape)}"
        raise _broken(path, entry.key, "a slice outside its tensor", expected=expected)
    return Part(box, shard, extents)


def _broken(path: str, key: str, found: str, expected: str = "") -> FormatError:
    return FormatError(path=path, field=f'tensor "{key}"', expected=expected, found=found)
