"""Protobuf's text form, turned into its binary form in one pass.

https://protobuf.dev/reference/protobuf/textformat-spec. The library's own parser is written in
Python and takes more than a second for a megabyte of a graph, and there are graphs of tens of
megabytes. This one builds no messages: what it makes is parsed, and checked, as any binary file is.
A megabyte of a graph takes 0.1 s.
"""

from __future__ import annotations

import codecs
import re
from typing import Any

from tensorboard_plugin_modelinspect.codecs.text_fields import (
    Field,
    MalformedText,
    fields_of,
    find_message,
)
from tensorboard_plugin_modelinspect.codecs.varint import encode_varint

_DEEPEST = 100
"""Messages within messages, as many as protobuf's own parsers take."""
_ANY = "google.protobuf.Any"
_BOM = b"\xef\xbb\xbf"
_STATEMENT = re.compile(
    rb"[\s;,]*(?:([A-Za-z_]\w*)[ \t]*"
    rb"(?::[ \t]*(?:(-?[.\w][-+.\w]*)(?=[\s;,}>])"
    rb"|\"([^\"\\\n]{0,200})\"(?=\n\s*[A-Za-z_}])|([\"']))|:?[ \t]*([{<]))|([}>]))"
)
"""What nearly every statement looks like: a name with a value or an opening, or a closing."""
_WORD_GROUP, _PLAIN_GROUP, _QUOTE_GROUP, _OPENING_GROUP = 2, 3, 4, 5
_BETWEEN = re.compile(rb"(?:[\s;,]+|#[^\n]*)*")
_BLANK = re.compile(rb"(?:\s+|#[^\n]*)*")
_NAME = re.compile(rb"[A-Za-z_]\w*|\[\s*([-.\w/%]+)\s*\]")
_WORD = re.compile(rb"[.\w][-+.\w]*")
_ODD_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\[^abfnrtv\\'\"0-3]")
_ESCAPE = re.compile(
    rb"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.?))",
    re.DOTALL,
)
_LETTERS = dict(zip(b"abfnrtv?'\"\\", b"\a\b\f\n\r\t\v?'\"\\", strict=True))


class _Frame:
    """A message that is open.

    Attributes:
        around: The one it is in, None for the outermost.
        message: Its descriptor, None if it is not known and skipped.
        fields: Those of the descriptor, by name.
        field: What it is to the message around it, None if it is skipped.
        closing: The character that ends it.
        is_in_list: Whether more of the same field may follow it, up to a bracket.
        content: Its binary form so far.
        seen: Tags of its fields that it can have but once.
        depth: How many are around it.
    """

    __slots__ = (
        "around",
        "closing",
        "content",
        "depth",
        "field",
        "fields",
        "is_in_list",
        "message",
        "seen",
    )

    def __init__(
        self,
        around: _Frame | None,
        field: Field | None,
        message: Any,
        closing: bytes,
        *,
        is_in_list: bool,
    ) -> None:
        self.around = around
        self.field = field
        self.message = message
        self.fields = fields_of(message) if message is not None else {}
        self.closing = closing
        self.is_in_list = is_in_list
        self.content = bytearray()
        self.seen: set[bytes] = set()
        self.depth: int = around.depth + 1 if around else 0

    def note(self, field: Field) -> None:
        """Note that it has a field that it can have but once."""
        if field.tag in self.seen:
            raise MalformedText("a field that is there twice")
        self.seen.add(field.tag)


def encode_text(message: Any, text: bytes) -> bytes:
    """The binary form of a message in text form; fields that are not known are skipped.

    Args:
        message: The message's descriptor.
        text: In UTF-8, maybe with a byte order mark.

    Raises:
        MalformedText: It is no such message, or nested too deeply.

    Cost: about a second for ten megabytes; holds no more than the result, twice.
    """
    encoder = _Encoder(message, text)
    try:
        return encoder.run()
    except MalformedText as error:
        error.line = text.count(b"\n", 0, encoder.offset) + 1
        error.is_cut = error.is_cut or encoder.is_amid_last_word()
        raise


class _Encoder:
    """One pass over a text; `offset` is where it stands."""

    def __init__(self, message: Any, text: bytes) -> None:
        self._text = text
        self.offset = len(_BOM) if text.startswith(_BOM) else 0
        self._top = _Frame(None, None, message, b"", is_in_list=False)

    def run(self) -> bytes:
        """Encode all of it."""
        match_statement, text = _STATEMENT.match, self._text
        while True:
            match = match_statement(text, self.offset)
            if match is None:
                if not self._take_odd():
                    break
                continue
            self.offset = match.end()
            group = match.lastindex
            if group == _WORD_GROUP:
                self._put_word(self._top.fields.get(match[1]), match[2])
            elif group == _PLAIN_GROUP:
                self._put_text(self._top.fields.get(match[1]), match[3])
            elif group == _OPENING_GROUP:
                self._open(self._top.fields.get(match[1]), match[5], is_in_list=False)
            elif group == _QUOTE_GROUP:
                self._put_strings(self._top.fields.get(match[1]))
            else:
                self._close(match[6])
        if self._top.around is not None:
            raise MalformedText("a message that is not closed", is_cut=True)
        return bytes(self._top.content)

    def is_amid_last_word(self) -> bool:
        """Whether the text ends where it stands, within a message: a word may be cut short."""
        is_word = self._text[-1:].isalnum() or self._text[-1:] in b"_.+-"
        return self._is_last() and is_word and self._top.around is not None

    def _take_odd(self) -> bool:
        """Take what is no plain statement: comments, lists, names in brackets; False at the end."""
        self._skip(_BETWEEN)
        if self.offset == len(self._text):
            return False
        match = _NAME.match(self._text, self.offset)
        if match is None:
            if self._text[self.offset] in b"}>":
                return True
            raise MalformedText(
                f"{self._text[self.offset : self.offset + 20]!r}", is_cut=self._is_last()
            )
        self.offset = match.end()
        field = self._bracketed(match[1]) if match[1] else self._top.fields.get(match[0])
        self._skip(_BLANK)
        if self._peek() == b":":
            self.offset += 1
            self._skip(_BLANK)
        elif self._peek() not in (b"{", b"<", b"[") or (field and field.message is None):
            raise MalformedText("a name without a value", is_cut=self._is_last())
        if self._peek() == b"[":
            self.offset += 1
            self._take_list(field, is_first=True)
        else:
            self._take_value(field, is_in_list=False)
        return True

    def _take_list(self, field: Field | None, *, is_first: bool) -> None:
        """Take elements behind a bracket or an element, up to the next message or the end."""
        self._skip(_BLANK)
        while self._peek() != b"]":
            if not is_first:
                if self._peek() != b",":
                    raise MalformedText("a list without commas", is_cut=self._is_last())
                self.offset += 1
                self._skip(_BLANK)
            is_first = False
            is_message = self._peek() in (b"{", b"<")
            self._take_value(field, is_in_list=is_message)
            if is_message:
                return
            self._skip(_BLANK)
        self.offset += 1

    def _take_value(self, field: Field | None, *, is_in_list: bool) -> None:
        """Take a scalar, or open a message."""
        start = self._peek()
        if start in (b"{", b"<"):
            self.offset += 1
            self._open(field, start, is_in_list=is_in_list)
        elif start in (b'"', b"'"):
            self.offset += 1
            self._put_strings(field)
        else:
            sign = b""
            if start == b"-":
                sign = start
                self.offset += 1
                self._skip(_BLANK)
            match = _WORD.match(self._text, self.offset)
            if match is None:
                raise MalformedText("a field without a value", is_cut=self._is_last())
            self.offset = match.end()
            self._put_word(field, sign + match[0])

    def _bracketed(self, name: bytes) -> Field | None:
        """What a name in brackets stands for: the value of an Any; extensions are skipped."""
        top = self._top
        if top.message is None or top.message.full_name != _ANY or b"/" not in name:
            return None
        top.content.extend(b"\x0a" + encode_varint(len(name)) + name)
        message = find_message(name.rpartition(b"/")[2].decode("ascii", "replace"))
        return None if message is None else Field(b"\x12", None, False, True, message, {})

    def _open(self, field: Field | None, opening: bytes, *, is_in_list: bool) -> None:
        if self._top.depth >= _DEEPEST:
            raise MalformedText(f"messages nested {_DEEPEST} deep")
        message = None if field is None else field.message
        if field is not None and message is None:
            raise MalformedText("a message where a value should be")
        if field is not None and field.is_single:
            self._top.note(field)
        closing = b"}" if opening == b"{" else b">"
        self._top = _Frame(self._top, field, message, closing, is_in_list=is_in_list)

    def _close(self, closing: bytes) -> None:
        frame = self._top
        if frame.closing != closing or frame.around is None:
            raise MalformedText(f"a {closing.decode()} that closes nothing")
        self._top = frame.around
        if frame.field is not None:
            content = self._top.content
            content += frame.field.tag
            content += encode_varint(len(frame.content))
            content += frame.content
        if frame.is_in_list:
            self._take_list(frame.field, is_first=False)

    def _put_word(self, field: Field | None, word: bytes) -> None:
        if field is None:
            return
        if field.is_single:
            self._top.note(field)
        self._top.content += field.encode_word(word)

    def _put_text(self, field: Field | None, octets: bytes) -> None:
        if field is None:
            return
        if not field.is_text:
            raise MalformedText("a string where another value should be")
        if field.is_single:
            self._top.note(field)
        content = self._top.content
        content += field.tag
        content += encode_varint(len(octets))
        content += octets

    def _put_strings(self, field: Field | None) -> None:
        """Take strings, one after the other, that together are one; the first quote is taken."""
        parts = [self._take_string()]
        self._skip(_BLANK)
        while self._peek() in (b'"', b"'"):
            self.offset += 1
            parts.append(self._take_string())
            self._skip(_BLANK)
        self._put_text(field, b"".join(parts))

    def _take_string(self) -> bytes:
        """The string whose quote stands before the offset."""
        text, start = self._text, self.offset
        quote = text[start - 1 : start]
        stop = text.find(quote, start)
        while stop > start and text[stop - 1] == ord("\\") and _is_escaped(text, start, stop):
            stop = text.find(quote, stop + 1)
        if stop < 0:
            raise MalformedText("a string that does not end", is_cut=True)
        octets = text[start:stop]
        if b"\n" in octets:
            raise MalformedText("a string that goes on behind its line")
        self.offset = stop + 1
        return octets if b"\\" not in octets else _unescape(octets)

    def _skip(self, what: re.Pattern[bytes]) -> None:
        match = what.match(self._text, self.offset)
        self.offset = self.offset if match is None else match.end()

    def _peek(self) -> bytes:
        return self._text[self.offset : self.offset + 1]

    def _is_last(self) -> bool:
        return self.offset >= len(self._text)


def _is_escaped(text: bytes, start: int, place: int) -> bool:
    """Whether an odd number of backslashes stands before a place."""
    first = place
    while first > start and text[first - 1] == ord("\\"):
        first -= 1
    return (place - first) % 2 == 1


def _unescape(octets: bytes) -> bytes:
    """The bytes of a string with escapes."""
    if not _ODD_ESCAPE.search(octets):
        plain: bytes = codecs.escape_decode(octets)[0]
        return plain
    return _ESCAPE.sub(_unescape_one, octets)


def _unescape_one(match: re.Match[bytes]) -> bytes:
    octal, short_hex, four, eight, letter = match.groups()
    if four or eight:
        number = int(four or eight, 16)
        if number > 0x10FFFF:
            raise MalformedText(f"the escape {match[0]!r}")
        return chr(number).encode("utf-8", "surrogatepass")
    if letter is not None:
        value = _LETTERS.get(letter[0]) if letter else None
    else:
        value = int(octal, 8) if octal else int(short_hex, 16)
    if value is None or value > 0xFF:
        raise MalformedText(f"the escape {match[0]!r}")
    return bytes([value])
