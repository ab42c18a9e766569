"""Words for people: sizes, counts, shapes, and names made safe to print. Shared by all doors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # every command needs these words, but not all need the model
    from tensorboard_plugin_modelinspect.model.artifact import Kind
    from tensorboard_plugin_modelinspect.model.signature import Shape

_UNITS = ("kB", "MB", "GB", "TB", "PB", "EB")
_KINDS: dict[Kind, str] = {
    "saved_model": "SavedModel",
    "checkpoint": "checkpoint",
    "keras": "Keras model",
    "h5": "Keras HDF5",
    "graph_def": "GraphDef",
    "meta_graph": "TF1 MetaGraph",
    "description": "description of a model",
}


def printable(text: str) -> str:
    r"""Return `text` with all that a terminal might obey, or cannot show, as escapes.

    Control characters and line ends become `\x1b` and `\n`, direction marks `\u202e`, and bytes
    of a name that is not UTF-8 (lone surrogates to Python) `\xff`. Ordinary text costs one scan.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escape(char) for char in text)


def printable_all(texts: Sequence[str]) -> Sequence[str]:
    """`printable` for many: a single scan where all of them are ordinary."""
    return texts if "".join(texts).isprintable() else [printable(text) for text in texts]


def _escape(char: str) -> str:
    if "\udc80" <= char <= "\udcff":  # how Python carries a byte that is not UTF-8
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char.encode("unicode_escape").decode("ascii")


def describe_bytes(nbytes: int) -> str:
    """A size in decimal units: `999 B`, `1.2 MB`, `123 GB`."""
    if nbytes < 1000:
        return f"{nbytes} B"
    value = float(nbytes)
    for unit in _UNITS:
        value /= 1000
        if value < 99.95:
            return f"{value:.1f} {unit}"
        if value < 999.5:
            break
    return f"{value:,.0f} {unit}"


def describe_exact_bytes(nbytes: int) -> str:
    """A size in units and in full: `1.2 MB (1,234,567 bytes)`."""
    exact = describe_count(nbytes, "byte")
    return exact if nbytes < 1000 else f"{describe_bytes(nbytes)} ({exact})"


def describe_count(count: int, noun: str) -> str:
    """A number and its regular noun: `1 tensor`, `2,000 tensors`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def describe_shape(shape: Shape) -> str:
    """`[2, 3]`; `[]` for a scalar, `?` for an unknown size, `unknown rank` for None."""
    if shape is None:
        return "unknown rank"
    return "[" + ", ".join("?" if size is None else str(size) for size in shape) + "]"


def describe_kind(kind: Kind) -> str:
    """What people call a kind of artifact: `SavedModel` for `saved_model`."""
    return _KINDS[kind]
