"""Fields of messages by their names, and the binary form of words that are their values.

https://protobuf.dev/reference/protobuf/textformat-spec#values.
"""

from __future__ import annotations

import functools
import math
import re
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

from tensorboard_plugin_modelinspect.codecs.varint import encode_varint

_INTEGER = re.compile(rb"-?(?:0[xX][0-9a-fA-F]{1,16}|[0-9]{1,22})")
_FLOAT = re.compile(rb"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?[fF]?")
_BOOLS = {
    **dict.fromkeys((b"true", b"True", b"t", b"1"), b"\1"),
    **dict.fromkeys((b"false", b"False", b"f", b"0"), b"\0"),
}
_MOST_WORDS = 1000
_LONGEST_WORD = 40
"""Words of a field whose binary form is remembered."""


class MalformedText(ValueError):
    """Text that is no message of its type; callers turn it into a FormatError.

    Attributes:
        line: Where, from 1.
        is_cut: Whether all that is wrong is that it ends too early.
    """

    line = 0

    def __init__(self, found: str, *, is_cut: bool = False) -> None:
        self.is_cut = is_cut
        super().__init__(found)


class Field(NamedTuple):
    """A field of a message.

    Attributes:
        tag: Its binary form without the value.
        encode: How a word is encoded, None if there is none.
        is_text: Whether it is a string.
        is_single: Whether a message has it once at most.
        message: Its descriptor if it is a message.
        words: The binary form of words seen.
    """

    tag: bytes
    encode: Callable[[bytes], bytes] | None
    is_text: bool
    is_single: bool
    message: Any
    words: dict[bytes, bytes]

    def encode_word(self, word: bytes) -> bytes:
        """The field with a word as its value, in binary form.

        Raises:
            MalformedText: It is no value of its type.
        """
        known = self.words.get(word)
        if known is None:
            if self.encode is None:
                kind = "string" if self.is_text else "message"
                raise MalformedText(f"{word[:40]!r} where a {kind} should be")
            known = self.tag + self.encode(word)
            if len(self.words) < _MOST_WORDS and len(word) <= _LONGEST_WORD:
                self.words[word] = known
        return known


def find_message(name: str) -> Any:
    """The descriptor of a message, None if it is not known; TensorBoard has TensorFlow's."""
    from google.protobuf import descriptor_pool

    start, _, rest = name.partition(".")
    try:
        full_name = f"tensorboard.{rest}" if start == "tensorflow" else name
        return descriptor_pool.Default().FindMessageTypeByName(full_name)
    except KeyError:
        return None


@functools.cache
def fields_of(message: Any) -> dict[bytes, Field]:
    """The fields of a descriptor by name."""
    fields = {}
    for field in message.fields:
        name, encode = _ENCODERS.get(field.type, (_DELIMITED, None))
        tag = encode_varint(field.number << 3 | name)
        is_text = field.type in (field.TYPE_STRING, field.TYPE_BYTES)
        if field.type == field.TYPE_ENUM:
            numbers = {value.name.encode(): value.number for value in field.enum_type.values}
            encode = functools.partial(_encode_enum, numbers)
        is_single = not _is_repeated(field)
        known = Field(tag, encode, is_text, is_single, field.message_type, {})
        fields[field.name.encode()] = known
    return fields


def _is_repeated(field: Any) -> bool:
    if hasattr(field, "is_repeated"):
        return bool(field.is_repeated)
    return bool(field.label == field.LABEL_REPEATED)  # before protobuf 6.31


def _encode_int(low: int, high: int, word: bytes) -> bytes:
    return encode_varint(_parse_int(low, high, word) & 0xFFFFFFFFFFFFFFFF)


def _parse_int(low: int, high: int, word: bytes) -> int:
    if not _INTEGER.fullmatch(word):
        raise MalformedText(f"{word[:40]!r} where a whole number should be")
    digits = word.lstrip(b"-")
    is_octal = len(digits) > 1 and digits[:1] == b"0" and digits.isdigit()
    try:
        number = int(word, 8 if is_octal else 0)
    except ValueError:
        raise MalformedText(f"{word[:40]!r} where a whole number should be") from None
    if not low <= number <= high:
        raise MalformedText(f"{word[:40]!r}, a number out of range")
    return number


def _encode_enum(numbers: dict[bytes, int], word: bytes) -> bytes:
    number = numbers.get(word)
    if number is None:
        number = _parse_int(*_INT32, word)
    return encode_varint(number & 0xFFFFFFFFFFFFFFFF)


def _encode_bool(word: bytes) -> bytes:
    if word not in _BOOLS:
        raise MalformedText(f"{word[:40]!r} where true or false should be")
    return _BOOLS[word]


def _encode_fixed(form: str, low: int, high: int, word: bytes) -> bytes:
    return struct.pack(form, _parse_int(low, high, word))


def _encode_float(form: str, word: bytes) -> bytes:
    name = word.lower().removeprefix(b"-")
    if name in (b"inf", b"infinity", b"inff", b"infinityf", b"nan", b"nanf"):
        number = math.nan if name.startswith(b"nan") else math.inf
    elif _FLOAT.fullmatch(word):
        number = abs(float(word.rstrip(b"fF")))
    else:
        raise MalformedText(f"{word[:40]!r} where a number should be")
    number = -number if word.startswith(b"-") else number
    try:
        return struct.pack(form, number)
    except OverflowError:
        return struct.pack(form, math.copysign(math.inf, number))


_VARINT, _FIXED64, _DELIMITED, _FIXED32 = 0, 1, 2, 5
_INT32, _UINT32 = (-(1 << 31), (1 << 31) - 1), (0, (1 << 32) - 1)
_INT64, _UINT64 = (-(1 << 63), (1 << 63) - 1), (0, (1 << 64) - 1)
_ENCODERS: dict[int, tuple[int, Callable[[bytes], bytes] | None]] = {
    1: (_FIXED64, functools.partial(_encode_float, "<d")),
    2: (_FIXED32, functools.partial(_encode_float, "<f")),
    3: (_VARINT, functools.partial(_encode_int, *_INT64)),
    4: (_VARINT, functools.partial(_encode_int, *_UINT64)),
    5: (_VARINT, functools.partial(_encode_int, *_INT32)),
    6: (_FIXED64, functools.partial(_encode_fixed, "<Q", *_UINT64)),
    7: (_FIXED32, functools.partial(_encode_fixed, "<I", *_UINT32)),
    8: (_VARINT, _encode_bool),
    13: (_VARINT, functools.partial(_encode_int, *_UINT32)),
    14: (_VARINT, None),
}
"""By `FieldDescriptor.type`, of the types TensorFlow uses: wire type, and encoding of a scalar."""
