"""Bytecode as lines that people can read, for the Pythons in `opcodes.json`. Nothing is run."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tensorboard_plugin_modelinspect.analyses.scan.marshalled import CodeObject, walk_code

_TABLE = Path(__file__).with_name("opcodes.json")
_LONGEST = 200
_FIRSTS = frozenset({"RESUME", "COPY_FREE_VARS", "MAKE_CELL", "RETURN_GENERATOR"})
_LASTS = ("RETURN", "RAISE", "RERAISE", "JUMP")
_SHIFTED = {"LOAD_GLOBAL": 1, "LOAD_ATTR": 1, "LOAD_SUPER_ATTR": 2}
"""Bits below the number of the name, from Python 3.11 or 3.12 on."""


class Opcodes(NamedTuple):
    """The instructions of one Python.

    Attributes:
        version: Two numbers.
        ops: Names by number.
        have_argument: From which number on instructions take an argument.
        names, constants, locals: Numbers of those whose argument is the place of one.
        caches: Words behind an instruction that are none, by number.
    """

    version: tuple[int, int]
    ops: Mapping[int, str]
    have_argument: int
    names: frozenset[int]
    constants: frozenset[int]
    locals: frozenset[int]
    caches: Mapping[int, int]


class Instruction(NamedTuple):
    """An instruction at a byte; its argument is None if it takes none."""

    offset: int
    number: int
    argument: int | None


@functools.cache
def known_opcodes() -> tuple[Opcodes, ...]:
    """All that are known, oldest first."""
    stored = json.loads(_TABLE.read_text(encoding="utf-8"))
    return tuple(_parse(version, table) for version, table in stored.items())


def _parse(version: str, table: Any) -> Opcodes:
    major, minor = version.split(".")
    ops = dict(entry.split(":") for entry in table["ops"].split(" "))
    return Opcodes(
        (int(major), int(minor)),
        {int(number): name for number, name in ops.items()},
        table["have_argument"],
        frozenset(table["names"]),
        frozenset(table["constants"]),
        frozenset(table["locals"]),
        {int(number): count for number, count in table["caches"].items()},
    )


def list_code(code: CodeObject, most: int) -> Iterator[str]:
    """At most `most` lines: each function, and its instructions if they are known."""
    fitting = [opcodes for opcodes in known_opcodes() if _fits_all(code, opcodes)]
    left = most
    for one in walk_code(code):
        for line in _list_one(one, fitting):
            if not left:
                yield "…"
                return
            yield line
            left -= 1


def _list_one(code: CodeObject, fitting: list[Opcodes]) -> Iterator[str]:
    pythons = " or ".join("{}.{}".format(*one.version) for one in fitting) or code.layout
    yield f"{code.name}({', '.join(code.variables)})  # Python {pythons}"
    if not fitting:
        yield f"  names {', '.join(code.names) or '-'}"
        yield from (f"  constant {describe_constant(one)}" for one in code.constants)
        yield f"  {len(code.code)} bytes: {code.code[:64].hex(' ')}"
        return
    opcodes = fitting[-1]
    for instruction in _decode(code.code, opcodes):
        name = opcodes.ops[instruction.number]
        meaning = _describe(instruction, name, code, opcodes)
        argument = "" if instruction.argument is None else str(instruction.argument)
        yield f"  {instruction.offset:>5}  {name:<24} {argument:>4}  {meaning}".rstrip()


def _describe(instruction: Instruction, name: str, code: CodeObject, opcodes: Opcodes) -> str:
    number, argument = instruction.number, instruction.argument
    if argument is None:
        return ""
    if number in opcodes.names:
        place = _place_of_name(name, argument, opcodes)
        return code.names[place] if place < len(code.names) else ""
    if number in opcodes.constants:
        return describe_constant(code.constants[argument])
    if number in opcodes.locals and argument < len(code.variables):
        return code.variables[argument]
    return ""


def _place_of_name(name: str, argument: int, opcodes: Opcodes) -> int:
    since = (3, 11) if name == "LOAD_GLOBAL" else (3, 12)
    return argument >> _SHIFTED.get(name, 0) if opcodes.version >= since else argument


def describe_constant(value: object) -> str:
    """A constant as Python would write it, shortened."""
    if isinstance(value, CodeObject):
        return f"<code {value.name}>"
    if isinstance(value, tuple):
        return f"({', '.join(map(describe_constant, value))})"[:_LONGEST]
    return repr(value)[:_LONGEST]


def _fits_all(code: CodeObject, opcodes: Opcodes) -> bool:
    if not _has_layout(code.layout, opcodes.version):
        return False
    return all(_fits(one, opcodes) for one in walk_code(code))


def _has_layout(layout: str, version: tuple[int, int]) -> bool:
    first, _, last = layout.partition(" to ")
    if layout.endswith("or newer"):
        return version >= _version(layout.partition(" ")[0])
    return _version(first) <= version <= _version(last or first)


def _version(text: str) -> tuple[int, int]:
    major, minor = text.split(".")
    return int(major), int(minor)


def _fits(code: CodeObject, opcodes: Opcodes) -> bool:
    """Whether the instructions are whole, known, and name what there is."""
    last = first = ""
    for instruction in _decode(code.code, opcodes):
        name = opcodes.ops.get(instruction.number)
        if name is None or not _has_place(instruction, name, code, opcodes):
            return False
        first, last = first or name, name
    if opcodes.version >= (3, 11) and first not in _FIRSTS:
        return False
    return last.startswith(_LASTS)


def _has_place(instruction: Instruction, name: str, code: CodeObject, opcodes: Opcodes) -> bool:
    number, argument = instruction.number, instruction.argument
    if argument is None:
        return True
    if number in opcodes.names:
        return _place_of_name(name, argument, opcodes) < len(code.names)
    return number not in opcodes.constants or argument < len(code.constants)


def _decode(code: bytes, opcodes: Opcodes) -> Iterator[Instruction]:
    """The instructions; one that is not whole has number -1, and is the last."""
    offset = extended = 0
    is_word = opcodes.version >= (3, 6)
    while offset < len(code):
        number = code[offset]
        takes = number >= opcodes.have_argument or opcodes.version >= (3, 13)
        nbytes = 2 if is_word else 3 if takes else 1
        if offset + nbytes > len(code):
            yield Instruction(offset, -1, None)
            return
        argument = int.from_bytes(code[offset + 1 : offset + nbytes], "little")
        argument |= extended
        name = opcodes.ops.get(number)
        extended = argument << (8 if is_word else 16) if name == "EXTENDED_ARG" else 0
        if name != "EXTENDED_ARG":
            yield Instruction(offset, number, argument if takes else None)
        offset += nbytes
        offset += 2 * opcodes.caches.get(number, 0)
        if extended.bit_length() > 32:
            yield Instruction(offset, -1, None)
            return
