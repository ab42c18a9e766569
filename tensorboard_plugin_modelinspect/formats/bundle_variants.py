"""Variant tensors in a bundle: their bytes are opaque here, their checksums are not.

`WriteVariantTensor` in tensorflow/core/util/tensor_bundle/tensor_bundle.cc, for each element:

    varint length, `VariantTensorDataProto` of that length, masked CRC-32C (4 bytes)

One checksum runs through all elements: each length enters it as an 8-byte number, then the bytes;
what it is then, masked, is stored, and those 4 bytes enter it too. Numbers have the byte order of
the bundle.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from tensorboard_plugin_modelinspect.codecs.crc32c import crc32c
from tensorboard_plugin_modelinspect.codecs.varint import MalformedVarint, decode_varint
from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.formats.bundle_entries import Extent
from tensorboard_plugin_modelinspect.sources.base import ByteSource, iter_pieces

_LONGEST_VARINT = 10
_CRC_NBYTES = 4


def iter_verified_variants(
    source: ByteSource, extent: Extent, count: int, field: str, *, is_big_endian: bool
) -> Iterator[int]:
    """Verify the checksums of `count` elements; gives the bytes read, piece by piece.

    Args:
        source: The shard; must hold the whole extent.
        extent: Where they are.
        count: How many.
        field: The tensor, for errors.
        is_big_endian: Byte order of the bundle.

    Raises:
        BadChecksum: They differ from what was saved.
        FormatError: Lengths that do not fit.
    """
    order: Literal["big", "little"] = "big" if is_big_endian else "little"
    offset, stop, crc = extent.offset, extent.stop, 0
    for _ in range(count):
        head = source.read(offset, min(_LONGEST_VARINT, stop - offset))
        try:
            nbytes, size = decode_varint(head, 0, len(head))
        except MalformedVarint:
            raise _broken(source, offset, field, "a length that does not end") from None
        start = offset + size
        offset = start + nbytes + _CRC_NBYTES
        if offset > stop:
            raise _broken(source, start, field, f"an element up to byte {offset}")
        crc = crc32c(nbytes.to_bytes(8, order), crc)
        for piece in iter_pieces(source, start, start + nbytes):
            crc = crc32c(piece, crc)
            yield len(piece)
        stored = source.read(start + nbytes, _CRC_NBYTES)
        part = extent._replace(
            offset=start - size,
            nbytes=offset - start + size,
            masked_crc32c=int.from_bytes(stored, order),
        )
        part.check_crc32c(crc, source.name, field)
        crc = crc32c(stored, crc)
        yield size + _CRC_NBYTES
    if offset != stop:
        raise _broken(source, offset, field, f"{stop - offset} bytes behind its last element")
    extent.check_crc32c(crc, source.name, field)


def _broken(source: ByteSource, offset: int, field: str, found: str) -> FormatError:
    return FormatError(path=source.name, offset=offset, field=field, found=found)
