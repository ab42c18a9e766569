"""Bytecode as `marshal` writes it, taken apart without running or unmarshalling any of it.

`marshal.loads` may crash on what is made to make it crash (its documentation says so), and only
reads what the Python wrote that runs it. This reads the format (Python/marshal.c) within bounds,
and code objects of Python 2.7 to 3.14, whose layouts are tried in turn: one that fits to the last
byte is the right one.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

_MOST_OBJECTS = 100_000
_DEEPEST = 100
_FLAG_REF = 0x80


class CodeObject(NamedTuple):
    """A code object.

    Attributes:
        name: Of the function.
        code: Its instructions.
        constants: What it has as constants; other code objects among them.
        names: Globals, attributes and modules that it names.
        variables: Its local variables.
        layout: The Python that lays code objects out so: `3.8 to 3.10`.
    """

    name: str
    code: bytes
    constants: tuple[object, ...]
    names: tuple[str, ...]
    variables: tuple[str, ...]
    layout: str


class _Unfit(Exception):
    """The bytes are none, or not of the layout that is tried."""


class _Layout(NamedTuple):
    """How a code object is stored: numbers, then objects, then a line number, then objects."""

    pythons: str
    numbers: int
    objects: tuple[str, ...]
    last: int


_OLD = ("code", "constants", "names", "variables", "free", "cells", "file", "name")
_NEW = ("code", "constants", "names", "variables", "kinds", "file", "name", "qualified")
_LAYOUTS = (
    _Layout("3.11 or newer", 5, _NEW, 2),
    _Layout("3.8 to 3.10", 6, _OLD, 1),
    _Layout("3.0 to 3.7", 5, _OLD, 1),
    _Layout("2.7", 4, _OLD, 1),
)


def parse_code(data: bytes) -> CodeObject | None:
    """The code object in some bytes; None if they are none that is known.

    Cost: linear in the bytes; objects and depth are bounded.
    """
    for layout in _LAYOUTS:
        try:
            reader = _Reader(data, layout)
            found = reader.read(0)
        except _Unfit:
            continue
        if isinstance(found, CodeObject) and reader.offset == len(data):
            return found
    return None


def walk_code(code: CodeObject) -> Iterator[CodeObject]:
    """A code object and those within it, outermost first."""
    waiting = [code]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += [inner for inner in reversed(one.constants) if isinstance(inner, CodeObject)]


class _Reader:
    def __init__(self, data: bytes, layout: _Layout) -> None:
        self._data = data
        self._layout = layout
        self._refs: list[object] = []
        self._interned: list[object] = []
        self._count = 0
        self.offset = 0

    def _take(self, nbytes: int) -> bytes:
        if nbytes < 0 or self.offset + nbytes > len(self._data):
            raise _Unfit
        self.offset += nbytes
        return self._data[self.offset - nbytes : self.offset]

    def _number(self) -> int:
        return int(struct.unpack("<i", self._take(4))[0])

    def read(self, depth: int) -> object:
        """The object at the offset."""
        self._count += 1
        if depth > _DEEPEST or self._count > _MOST_OBJECTS:
            raise _Unfit
        tag = self._take(1)[0]
        kind = chr(tag & ~_FLAG_REF)
        if kind == "r":
            return self._referred(self._refs)
        place = None
        if tag & _FLAG_REF:
            place = len(self._refs)
            self._refs.append(None)
        value = self._read_kind(kind, depth + 1)
        if place is not None:
            self._refs[place] = value
        return value

    def _referred(self, known: list[object]) -> object:
        number = self._number()
        if not 0 <= number < len(known):
            raise _Unfit
        return known[number]

    def _read_kind(self, kind: str, depth: int) -> object:
        if kind in _SINGLES:
            return _SINGLES[kind]
        if kind in _PLAIN:
            return _PLAIN[kind](self)
        if kind in "([<>":
            return self._items(self._number(), depth)
        if kind == ")":
            return self._items(self._take(1)[0], depth)
        if kind == "{":
            return self._dictionary(depth)
        if kind == ":":
            return self._items(3, depth)
        if kind == "c":
            return self._code(depth)
        raise _Unfit

    def _items(self, count: int, depth: int) -> tuple[object, ...]:
        if not 0 <= count <= len(self._data) - self.offset:
            raise _Unfit
        return tuple(self.read(depth) for _ in range(count))

    def _dictionary(self, depth: int) -> tuple[object, ...]:
        items: list[object] = []
        while self._data[self.offset : self.offset + 1] != b"0":
            items.append(self.read(depth))
        self._take(1)
        return tuple(items)

    def _code(self, depth: int) -> CodeObject:
        layout = self._layout
        for _ in range(layout.numbers):
            self._number()
        found = {name: self.read(depth) for name in layout.objects}
        self._number()  # first line
        for _ in range(layout.last):
            self.read(depth)
        code, constants = found["code"], found["constants"]
        if not isinstance(code, bytes) or not isinstance(constants, tuple):
            raise _Unfit
        return CodeObject(
            _text(found["name"]),
            code,
            constants,
            _texts(found["names"]),
            _texts(found["variables"]),
            layout.pythons,
        )

    def octets(self) -> bytes:
        """A string of bytes."""
        return self._take(self._number())

    def text(self) -> str:
        """A text in UTF-8."""
        return self.octets().decode("utf-8", "replace")

    def short_text(self) -> str:
        """A text of less than 256 bytes."""
        return self._take(self._take(1)[0]).decode("latin-1")

    def interned(self) -> bytes:
        """A string of Python 2 that is stored once."""
        value = self.octets()
        self._interned.append(value)
        return value

    def interned_again(self) -> object:
        """One of those."""
        return self._referred(self._interned)

    def long(self) -> int:
        """An integer in digits of 15 bits."""
        count = self._number()
        digits = self._take(2 * abs(count))
        value = 0
        if abs(count) > 1000:
            return value  # nobody reads so long a number
        for place, (digit,) in enumerate(struct.iter_unpack("<H", digits)):
            value |= digit << (15 * place)
        return -value if count < 0 else value

    def decimal(self) -> str:
        """A float as text, of old Pythons."""
        return self._take(self._take(1)[0]).decode("latin-1")

    def floats(self, count: int) -> object:
        """Floats in 8 bytes each."""
        values = struct.unpack(f"<{count}d", self._take(8 * count))
        return values[0] if count == 1 else complex(*values)


_SINGLES: dict[str, object] = {"N": None, "F": False, "T": True, "S": StopIteration, ".": Ellipsis}
_PLAIN: dict[str, Callable[[_Reader], object]] = {
    "i": _Reader._number,
    "I": lambda reader: int(struct.unpack("<q", reader._take(8))[0]),
    "l": _Reader.long,
    "f": _Reader.decimal,
    "x": lambda reader: (reader.decimal(), reader.decimal()),
    "g": lambda reader: reader.floats(1),
    "y": lambda reader: reader.floats(2),
    "s": _Reader.octets,
    "t": lambda reader: reader.interned() if reader._layout.numbers == 4 else reader.text(),
    "R": _Reader.interned_again,
    "u": _Reader.text,
    "a": _Reader.text,
    "A": _Reader.text,
    "z": _Reader.short_text,
    "Z": _Reader.short_text,
}


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, str):
        return value
    raise _Unfit


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, tuple):
        raise _Unfit
    return tuple(_text(one) for one in value)
