"""Random damage to bytes, by what they are: tables, protobufs, text, or just bytes.

Damage below a checksum or a length is followed by making these right again, so that it reaches the
code behind them. All is a function of the bytes and of the random numbers given.
"""

from __future__ import annotations

import io
import random
import warnings
import zipfile
import zlib
from collections.abc import Callable
from typing import NamedTuple

from tensorboard_plugin_modelinspect.codecs.sstable import MAGIC, Table
from tensorboard_plugin_modelinspect.codecs.varint import MalformedVarint, decode_varint
from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.sources.memory import MemoryFile
from tests.support.table_writer import (
    RAW,
    encode_block,
    encode_table,
    snappy,
    table_of_blocks,
    varint,
)

Mutator = Callable[[bytes, random.Random], bytes]

NUMBERS = (0, 1, 2, 7, 20, 99, 101, 127, 128, 255, 300, 1 << 16, (1 << 31) - 1, 1 << 31, 1 << 32,
           1 << 40, 1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 4, (1 << 64) - 1)  # fmt: skip
"""Values of varint fields that readers stumble over."""
PIECES = (
    b"\0", b"\xff", b"\x80", b"\x7f", b"\x08", b"\x12", b"\x1a", b"\0\0\0\0", b"\xff\xff\xff\xff",
    varint(1 << 31), varint(1 << 62), varint((1 << 64) - 1), varint(1 << 63), b"{", b"}", b'"',
    b": ", b"<", b"[", b"\\377", b"../", b"/", b"-1", b"1e999", b"nan", b"\n",
)  # fmt: skip
WORDS = (
    b"{", b"}", b"<", b">", b"[", b"]", b":", b'"', b"'", b"\\", b"#", b",", b"-", b"1e999",
    b"nan", b"18446744073709551616", b"-9223372036854775809", b"0x", b"true", b'"\\377"',
    b'"../../etc/passwd"', b'"/dev/zero"', b"null",
)  # fmt: skip
_MOST_ADDED = 20_000
"""Bytes by which one edit makes a file longer: what takes long is to take long for its size."""
_DEEPEST = 12
"""Levels of a protobuf that are gone down."""


def scramble(data: bytes, rng: random.Random) -> bytes:
    """A few random edits: flips, numbers, pieces moved, doubled, left out; or a cut."""
    if rng.random() < 0.1:
        return data[: rng.randrange(len(data) + 1)]
    edited = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        _edit(edited, rng)
    return bytes(edited)


def _edit(edited: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(edited) + 1)
    stop = min(len(edited), at + rng.choice((1, 2, 4, 8, 16, 64)))
    kind = rng.randrange(7)
    if kind == 0 and at < len(edited):
        edited[at] ^= 1 << rng.randrange(8)
    elif kind == 1 and at < len(edited):
        edited[at] = rng.randrange(256)
    elif kind == 2:
        edited[at:stop] = b""
    elif kind == 3:
        edited[at:at] = edited[at:stop]
    elif kind == 4:
        edited[at:at] = rng.choice(PIECES)
    elif kind == 5:
        piece = rng.choice(PIECES)
        edited[at : at + len(piece)] = piece
    elif edited:
        start = rng.randrange(len(edited))
        edited[at:stop] = edited[start : start + stop - at]


def scramble_text(data: bytes, rng: random.Random) -> bytes:
    """Words of a text exchanged, doubled, nested or left out."""
    words = data.split(b" ")
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(words))
        kind = rng.randrange(5)
        if kind == 0:
            words[at] = rng.choice(WORDS)
        elif kind == 1:
            words[at] = words[rng.randrange(len(words))]
        elif kind == 2:
            words.insert(at, words[at])
        elif kind == 3 and len(words) > 1:
            words.pop(at)
        else:
            words[at] = (words[at] * rng.choice((2, 50, 2000)))[:_MOST_ADDED]
    return b" ".join(words)


class Field(NamedTuple):
    """A field of a protobuf: its tag, and its payload without a length."""

    tag: int
    payload: bytes

    @property
    def wire_type(self) -> int:
        return self.tag & 7


def split_fields(data: bytes) -> list[Field]:
    """Fields of a message; empty if it is none."""
    fields, offset = [], 0
    try:
        while offset < len(data):
            tag, offset = decode_varint(data, offset, len(data))
            start, stop = _payload_range(data, offset, tag & 7)
            if not tag >> 3 or stop > len(data):
                return []
            fields.append(Field(tag, data[start:stop]))
            offset = stop
    except (MalformedVarint, KeyError):
        return []
    return fields


def _payload_range(data: bytes, offset: int, wire_type: int) -> tuple[int, int]:
    """Where a payload lies; KeyError for a wire type that is not one of these."""
    if wire_type == 0:
        return offset, decode_varint(data, offset, len(data))[1]
    if wire_type == 2:
        nbytes, offset = decode_varint(data, offset, len(data))
        return offset, offset + nbytes
    return offset, offset + {1: 8, 5: 4}[wire_type]


def join_fields(fields: list[Field]) -> bytes:
    """A message of fields, with right lengths."""
    return b"".join(
        varint(field.tag)
        + (varint(len(field.payload)) if field.wire_type == 2 else b"")
        + field.payload
        for field in fields
    )


def scramble_protobuf(data: bytes, rng: random.Random, depth: int = 0) -> bytes:
    """One field at some depth changed, moved, doubled or left out; lengths around it are right."""
    fields = split_fields(data)
    if not fields:
        return scramble(data, rng)
    at = rng.randrange(len(fields))
    tag, payload = fields[at]
    if tag & 7 == 2 and depth < _DEEPEST and rng.random() < 0.75:
        fields[at] = Field(tag, scramble_protobuf(payload, rng, depth + 1))
        return join_fields(fields)
    return _edit_fields(fields, at, rng)


def _edit_fields(fields: list[Field], at: int, rng: random.Random) -> bytes:
    tag, payload = fields[at]
    kind = rng.randrange(7)
    if kind == 0:
        fields[at] = Field(tag & ~7, varint(rng.choice(NUMBERS)))
    elif kind == 1:
        fields.pop(at)
    elif kind == 2:
        most = max(1, _MOST_ADDED // (1 + len(payload)))
        fields[at:at] = [fields[at]] * min(most, rng.choice((1, 1, 10, 300)))
    elif kind == 3:
        fields.append(fields.pop(at))
    elif kind == 4:
        fields[at] = Field(rng.randrange(1, 20) << 3 | tag & 7, payload)
    elif kind == 5:  # a length that lies, to those behind it
        lie = varint(tag & ~7 | 2) + varint(rng.choice(NUMBERS)) + payload
        return join_fields(fields[:at]) + lie + join_fields(fields[at + 1 :])
    else:
        fields[at] = Field(tag & ~7 | 2, _nested(payload, tag, rng.choice((1, 40, 110))))
    return join_fields(fields)


def _nested(payload: bytes, tag: int, depth: int) -> bytes:
    """A payload inside messages of one field."""
    for _ in range(depth):
        payload = join_fields([Field(tag & ~7 | 2, payload)])
    return payload


Rows = list[tuple[bytes, bytes]]


def rows_of(data: bytes) -> Rows:
    """Keys and values of a table; empty if it cannot be read."""
    try:
        return [row for block in Table(MemoryFile(data)).iter_blocks() for row in block]
    except ModelInspectError:
        return []


def scramble_table(data: bytes, rng: random.Random) -> bytes:
    """Keys and values of a table, or the bytes of a block; checksums are right."""
    rows = rows_of(data)
    if not rows:
        return scramble(data, rng)
    if rng.random() < 0.2:
        return table_of_blocks([(scramble(encode_block(rows), rng), RAW, b"z")])
    for _ in range(rng.choice((1, 1, 2, 4))):
        if rows:
            _edit_rows(rows, rng)
    if rng.random() < 0.9:
        rows = sorted(dict(rows).items())
    compress = snappy if rng.random() < 0.2 else None
    return encode_table(rows, block_size=rng.choice((1, 100, 10**6)), compress=compress)


def _edit_rows(rows: Rows, rng: random.Random) -> None:
    at = rng.randrange(len(rows))
    key, value = rows[at]
    kind = rng.randrange(6)
    if kind < 2:
        rows[at] = key, scramble_protobuf(value, rng)
    elif kind == 2:
        rows[at] = key, scramble(value, rng)
    elif kind == 3:
        rows[at] = scramble(key, rng), value
    elif kind == 4:
        rows[at] = key, rng.choice(rows)[1]
    else:
        rows.pop(at)


def scramble_archive(data: bytes, rng: random.Random) -> bytes:
    """A zip archive: one member damaged below its checksum, or left out, doubled, compressed."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(entry.filename, archive.read(entry)) for entry in archive.infolist()]
    except (zipfile.BadZipFile, zlib.error, NotImplementedError):
        return scramble(data, rng)
    at, kind = rng.randrange(len(members)), rng.randrange(8)
    name, content = members[at]
    if kind < 5:
        members[at] = name, mutator_of(name, content)(content, rng)
    elif kind == 5:
        members.pop(at)
    elif kind == 6:
        members.append(
            (
                rng.choice((name, f"../{name}", scramble(name.encode(), rng).decode("latin-1"))),
                content,
            )
        )
    buffer = io.BytesIO()
    compression = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", compression) as archive:
        warnings.simplefilter("ignore")  # two members of one name are meant
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name.replace("\0", "_") or "_"), content, compression)
    return buffer.getvalue()


def mutator_of(name: str, data: bytes) -> Mutator:
    """What knows the structure of a file, by its content and its name."""
    if data.endswith(MAGIC):
        return scramble_table
    if name.endswith((".pb", ".meta", ".graphdef")):
        return scramble_protobuf
    if name.endswith((".pbtxt", ".json")) or name.rpartition("/")[2] == "checkpoint":
        return scramble_text
    if data.startswith(b"PK"):
        return scramble_archive
    return scramble
