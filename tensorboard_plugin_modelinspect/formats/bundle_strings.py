"""String tensors in a bundle: lengths first, then the bytes.

`WriteStringTensor` in tensorflow/core/util/tensor_bundle/tensor_bundle.cc:

    varint length of each string, masked CRC-32C of the lengths (4 bytes), the strings' bytes

Each length enters the checksum as a 4-byte number (8 bytes if it does not fit); the stored 4 bytes
and then all string bytes continue it to the entry's own checksum. Those numbers, and the stored
checksum, have the byte order of the bundle (`ReadStringTensor` swaps them); varints have none.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Literal

from tensorboard_plugin_modelinspect.codecs.crc32c import crc32c, mask, unmask
from tensorboard_plugin_modelinspect.codecs.varint import MalformedVarint, decode_varint
from tensorboard_plugin_modelinspect.errors import BadChecksum, FormatError, LimitExceeded
from tensorboard_plugin_modelinspect.formats.bundle_entries import Extent
from tensorboard_plugin_modelinspect.sources.base import ByteSource, iter_pieces

_PIECE = 1 << 16
_LONGEST_VARINT = 10
_MOST_STRINGS = 1 << 25
"""Their places take 256 MB then; in a file with a hole a string of no bytes costs nothing."""


class StoredStrings:
    """The strings of one extent.

    Args:
        source: The shard; must hold the whole extent.
        extent: Where they are.
        count: How many; at most as many as there are bytes.
        field: The tensor, for errors.
        is_big_endian: Byte order of the bundle.

    Cost: reads the lengths at once, at most ten bytes each; strings when asked for.
    """

    def __init__(
        self,
        source: ByteSource,
        extent: Extent,
        count: int,
        field: str,
        *,
        is_big_endian: bool,
    ) -> None:
        self._source = source
        self._extent = extent
        self._field = field
        self._order: Literal["big", "little"] = "big" if is_big_endian else "little"
        if count + 4 > extent.nbytes:
            raise self._broken(f"{extent.nbytes} bytes", f"{count + 4} or more")
        if count > _MOST_STRINGS:
            raise LimitExceeded(
                path=source.name,
                offset=extent.offset,
                field=field,
                expected=f"at most {_MOST_STRINGS:,} strings",
                found=f"{count:,}",
            )
        lengths, offset = self._read_lengths(count)
        self._crc = self._check_lengths(lengths, offset)
        self._starts = array("Q", accumulate(lengths, initial=extent.offset + offset + 4))
        if self._starts[-1] != extent.offset + extent.nbytes:
            stop = extent.offset + extent.nbytes
            raise self._broken(f"strings up to byte {self._starts[-1]}", f"an end at byte {stop}")

    def read(self, indices: Sequence[int], *, is_all: bool) -> list[bytes]:
        """Strings by flat index; with `is_all` (all of them, in order) the checksum is verified.

        Raises:
            BadChecksum: All were read and differ from what was saved.
        """
        starts = self._starts
        if not is_all:
            read = self._source.read
            return [read(starts[i], starts[i + 1] - starts[i]) for i in indices]
        data = self._source.read(starts[0], starts[-1] - starts[0])
        self._extent.check_crc32c(crc32c(data, self._crc), self._source.name, self._field)
        first = starts[0]
        return [data[starts[i] - first : starts[i + 1] - first] for i in indices]

    def iter_verified(self) -> Iterator[int]:
        """Verify the checksum and keep no string; gives the bytes read, those of lengths first.

        Raises:
            BadChecksum: They differ from what was saved.
        """
        yield self._starts[0] - self._extent.offset
        crc = self._crc
        for piece in iter_pieces(self._source, self._starts[0], self._starts[-1]):
            crc = crc32c(piece, crc)
            yield len(piece)
        self._extent.check_crc32c(crc, self._source.name, self._field)

    def _read_lengths(self, count: int) -> tuple[array[int], int]:
        """The lengths, and how many bytes they take."""
        lengths = array("Q")
        piece, offset, begin = b"", 0, 0
        total = left = self._extent.nbytes
        while len(lengths) < count:
            if len(piece) - offset < _LONGEST_VARINT and begin + len(piece) < total:
                begin += offset
                size = min(_PIECE, total - begin, _LONGEST_VARINT * (count - len(lengths)))
                piece, offset = self._source.read(self._extent.offset + begin, size), 0
            try:
                length, offset = decode_varint(piece, offset, len(piece))
            except MalformedVarint:
                raise self._broken("lengths that do not end") from None
            left -= length
            if left < 0:
                raise self._broken(f"a string of {length} bytes", f"at most {left + length}")
            lengths.append(length)
        if begin + offset + 4 > total:
            raise self._broken("lengths that fill all its bytes")
        return lengths, begin + offset

    def _check_lengths(self, lengths: array[int], offset: int) -> int:
        """Verify the lengths' checksum; returns the state the strings' bytes continue."""
        crc = 0
        for start in range(0, len(lengths), _PIECE):
            fixed = b"".join(
                length.to_bytes(4 if length <= 0xFFFFFFFF else 8, self._order)
                for length in lengths[start : start + _PIECE]
            )
            crc = crc32c(fixed, crc)
        stored = self._source.read(self._extent.offset + offset, 4)
        declared = int.from_bytes(stored, self._order)
        if mask(crc) != declared:
            raise BadChecksum(
                path=self._source.name,
                offset=self._extent.offset,
                field=self._field,
                expected=f"checksum {unmask(declared):08x} of its lengths",
                found=f"{crc:08x}",
            )
        return crc32c(stored, crc)

    def _broken(self, found: str, expected: str = "") -> FormatError:
        return FormatError(
            path=self._source.name,
            offset=self._extent.offset,
            field=self._field,
            expected=expected,
            found=found,
        )
