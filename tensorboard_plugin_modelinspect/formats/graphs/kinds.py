"""The kinds of nodes that some graphs share: an op with its attributes, and its outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tensorboard_plugin_modelinspect.codecs.spans import MalformedField
from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.formats.graphs.attributes import (
    KEPT_NBYTES,
    Attributes,
    Entries,
    Entry,
    Stripped,
    split_entries,
    strip_entry,
)
from tensorboard_plugin_modelinspect.model.graph import Kind
from tensorboard_plugin_modelinspect.model.ops import Output, outputs_of

Key = tuple[bytes, Entries]
"""Name of an op, and its attributes."""

_MOST_TELLING = 200_000
"""Kinds from which on no more constants are told apart by their values."""
_LARGEST_PORT = 1_000_000


class KindTable:
    """Kinds by their bytes.

    Args:
        path: The file, for errors.
    """

    def __init__(self, path: str) -> None:
        self.kinds: list[Kind] = []
        self.known: dict[Key, int] = {}
        self._path = path
        self._results: dict[str, Sequence[str]] = {}
        self.ports: dict[tuple[int, bytes], int] = {}

    def add(self, key: Key) -> int:
        """The kind of a key that is not in `known`, which may be there without a large value.

        Raises:
            FormatError: An attribute is damaged.
        """
        least = 0 if len(self.kinds) > _MOST_TELLING else KEPT_NBYTES
        op, entries = key[0], self._strip_all(key[1], least)
        kind = self.known.get((op, entries))
        if kind is None:
            kind = self.known[op, entries] = len(self.kinds)
            self.kinds.append(Kind(_text(op), Attributes(entries, self._path)))
        return kind

    def add_pseudo(self, op: str, attributes: Mapping[str, Any]) -> int:
        """A kind that no file stores: an argument or a result."""
        self.kinds.append(Kind(op, attributes))
        return len(self.kinds) - 1

    def _strip_all(self, entries: Entries, least: int) -> Entries:
        if isinstance(entries, bytes) and len(entries) <= least:
            return entries
        try:
            stripped = tuple(_strip(entry, least) for entry in split_entries(entries))
        except MalformedField:
            found = "bytes that are none"
            raise FormatError(path=self._path, expected="an attribute", found=found) from None
        return stripped if any(isinstance(one, Stripped) for one in stripped) else entries

    def learn_results(self, function: str, names: Sequence[str]) -> None:
        """Note what the results of a function are called, for nodes that call it by its name."""
        self._results[function] = names

    def port(self, kind: int, text: bytes) -> int:
        """Number of the output that an input names behind the node's name; -1 if that is none.

        `0` in a main graph, `product:0` in a function. What was asked for is kept in `ports`.
        """
        port = self.ports[kind, text] = self._find_port(self.kinds[kind], text) if text else 0
        return port

    def _find_port(self, kind: Kind, text: bytes) -> int:
        name, _, digits = text.rpartition(b":")
        if not digits.isdigit() or len(digits) > len(str(_LARGEST_PORT)):
            return -1
        number = int(digits)
        return number if not name else self._first_port(kind, _text(name)) + number

    def _first_port(self, kind: Kind, name: str) -> int:
        """Number of the first tensor of a named output; 0 if the op does not have it."""
        results = self._results.get(kind.op)
        if results is not None:
            return results.index(name) if name in results else 0
        first = 0
        for output in outputs_of(kind.op) or ():
            if output.name in (name, ""):
                return first
            first += count_tensors(output, kind)
        return 0


def _strip(entry: Entry, least: int) -> Entry:
    if isinstance(entry, Stripped) or len(entry) <= least:
        return entry
    return strip_entry(entry, 0, len(entry), least) or entry


def count_tensors(output: Output, kind: Kind) -> int:
    """Tensors of an output of a node."""
    if not output.counted_by:
        return 1
    counted = kind.attributes.get(output.counted_by, 0)
    if isinstance(counted, tuple):
        return len(counted)
    return min(max(counted, 0), _LARGEST_PORT) if isinstance(counted, int) else 0


def _text(value: Any) -> str:
    return bytes(value).decode("utf-8", "surrogateescape")
