"""What a pickle would import and call, read from its opcodes by `pickletools`; never unpickled."""

from __future__ import annotations

import io
import pickletools
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.scan.names import (
    DANGEROUS_IN_PICKLES,
    HARMLESS_IN_PICKLES,
)

_MOST_OPCODES = 2_000_000
_MOST_LISTED = 200
_LONGEST_ARGUMENT = 200
_CALLS = frozenset({"REDUCE", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "BUILD"})
_TEXTS = frozenset(
    {"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE", "STRING", "SHORT_BINSTRING"}
    | {"BINSTRING"}
)
_PUTS = frozenset({"PUT", "BINPUT", "LONG_BINPUT"})
_GETS = frozenset({"GET", "BINGET", "LONG_BINGET"})


class PickleReading(NamedTuple):
    """What a pickle names.

    Attributes:
        names: What it would import, `module.name`, in order.
        calls: How often it calls something.
        is_whole: Whether it was read to its end.
        listing: Its opcodes that import or call, and texts between them.
    """

    names: tuple[str, ...]
    calls: int
    is_whole: bool
    listing: tuple[str, ...]

    @property
    def dangerous(self) -> list[str]:
        """Names that a pickle has no honest use for."""
        return [name for name in self.names if is_dangerous(name)]

    @property
    def unknown(self) -> list[str]:
        """Names that are not known to be harmless."""
        return [name for name in self.names if name not in HARMLESS_IN_PICKLES]


def is_dangerous(name: str) -> bool:
    """Whether a name, or a module that it is in, has no honest use in a file."""
    parts = name.split(".")
    inside = {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
    return name not in HARMLESS_IN_PICKLES and not inside.isdisjoint(DANGEROUS_IN_PICKLES)


def read_pickle(data: bytes) -> PickleReading:
    """Go through the opcodes of a pickle. Cost: 1 µs a byte; nothing is imported or called."""
    reading = _Reading()
    is_whole = False
    try:
        for count, (opcode, argument, offset) in enumerate(pickletools.genops(io.BytesIO(data))):
            if count > _MOST_OPCODES:
                break
            reading.add(opcode.name, argument, offset or 0)
        else:
            is_whole = True
    except Exception:  # noqa: BLE001  pickletools raises whatever bad bytes make it
        is_whole = False
    names = tuple(dict.fromkeys(reading.names))
    return PickleReading(names, reading.calls, is_whole, tuple(reading.listing))


class _Reading:
    """What was seen so far, with the texts that a STACK_GLOBAL may take."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.calls = 0
        self.listing: list[str] = []
        self._texts: list[str] = ["", ""]
        self._memo: dict[int, str] = {}

    def add(self, name: str, argument: object, offset: int) -> None:
        """Take one opcode."""
        if name in _TEXTS:
            self._texts = [*self._texts[-63:], str(argument)]
            self._list(offset, name, repr(argument))
        elif name == "MEMOIZE":
            self._memo[len(self._memo)] = self._texts[-1]
        elif name in _PUTS and isinstance(argument, int):
            self._memo[argument] = self._texts[-1]
        elif name in _GETS and isinstance(argument, int):
            self._texts = [*self._texts[-63:], self._memo.get(argument, "")]
        elif name in ("GLOBAL", "INST"):
            self._import(str(argument).replace(" ", ".", 1), offset, name)
        elif name == "STACK_GLOBAL":
            self._import(".".join(self._texts[-2:]), offset, name)
        elif name == "EXT1" or name == "EXT2" or name == "EXT4":
            self._import(f"copyreg.extension_{argument}", offset, name)
        if name in _CALLS:
            self.calls += 1
            self._list(offset, name, "")

    def _import(self, name: str, offset: int, opcode: str) -> None:
        self.names.append(name)
        self._list(offset, opcode, name)

    def _list(self, offset: int, opcode: str, argument: str) -> None:
        if len(self.listing) < _MOST_LISTED:
            self.listing.append(
                f"{offset:>6}  {opcode:<18} {argument[:_LONGEST_ARGUMENT]}".rstrip()
            )
