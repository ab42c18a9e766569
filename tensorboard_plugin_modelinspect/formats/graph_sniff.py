"""What a file of unknown name holds: a graph, or something else that is a protobuf.

A logdir is full of `.pb` and `.pbtxt` files that are no graphs: label maps, pipeline and projector
settings, profiles, graphs of other frameworks. Protobuf says nothing of its type, and takes nearly
any bytes for some message; so what is asked for here is nodes with a name and an op, each in the
form that TensorFlow allows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Literal, NamedTuple

from tensorboard_plugin_modelinspect.codecs.spans import (
    DELIMITED,
    VARINT,
    MalformedField,
    Pages,
    Span,
    iter_spans,
)
from tensorboard_plugin_modelinspect.formats.graph_outline import (
    ATTR,
    FUNCTION,
    INPUT,
    KEY,
    LIBRARY,
    NAME,
    NODE,
    NODE_DEF,
    OP,
    SIGNATURE,
    VALUE,
    VERSIONS,
)
from tensorboard_plugin_modelinspect.sources.base import ByteSource

Content = Literal["GraphDef", "MetaGraphDef", "SavedModel"]

_HEAD_NBYTES = 1 << 16
_PAGE_NBYTES = 4096
_TEXT_NBYTES = 512
_ANYWHERE = 1 << 62
_MOST_FIELDS, _MOST_NODE_FIELDS = 8, 32
"""How many fields of a message are looked at."""
_LONGEST_NAME = 4096
_DEVICE, _DEBUG_INFO, _TYPE = 4, 6, 7
_OTHER_GRAPH_FIELDS = frozenset({3, VERSIONS, 5})
"""The old `version`, `versions` and `debug_info`."""
GRAPH_DEF, META_GRAPHS = 2, 2
_LAST_META_GRAPH_FIELD = 7
_SCHEMA_VERSION = 1
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f]")
_NODE_NAME = re.compile(rb"[A-Za-z0-9._][A-Za-z0-9_.\\/>-]*\Z")
"""`IsValidNodeName` of tensorflow/core/graph/graph_constructor.cc, or a name TensorFlow made up."""
_OP_NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9_.>/:-]*\Z")
"""An op, a function that is called by its name, or an attribute."""
_DEVICE_NAME = re.compile(rb"[^:/]*[:/]")
_IN_TEXT: dict[bytes, Content] = {
    b"node": "GraphDef",
    b"library": "GraphDef",
    b"versions": "GraphDef",
    b"version": "GraphDef",
    b"meta_info_def": "MetaGraphDef",
    b"graph_def": "MetaGraphDef",
    b"saved_model_schema_version": "SavedModel",
    b"meta_graphs": "SavedModel",
}
_TELLING = {(b"node", b"op"), (b"library", b"function", b"signature", b"name")}
_TOKEN = re.compile(
    rb"#[^\n]*|\"(?:[^\"\\\n]|\\.){0,4096}\"|'(?:[^'\\\n]|\\.){0,4096}'|[\w.]+|[{}<>]"
)
_WORD = re.compile(rb"[\w.]+\Z")


class Sniffed(NamedTuple):
    """What a file holds: the message, and whether it is in text form."""

    content: Content
    is_text: bool


def sniff_graph(source: ByteSource) -> Sniffed | None:
    """What a file holds, None if it is no graph of TensorFlow. It may be damaged further on.

    Cost: reads 64 kB, and where nodes are larger a page for each of the first few.
    """
    head = source.read(0, min(source.nbytes, _HEAD_NBYTES))
    is_text = not _CONTROL.search(head[:_TEXT_NBYTES])
    content = _sniff_text(head) if is_text else _sniff_binary(source, head)
    return None if content is None else Sniffed(content, is_text)


def _sniff_binary(source: ByteSource, head: bytes) -> Content | None:
    sniffer = _Sniffer(source, head)
    if sniffer.is_graph(0, _ANYWHERE):
        return "GraphDef"
    if sniffer.is_meta_graph(0, _ANYWHERE):
        return "MetaGraphDef"
    return "SavedModel" if sniffer.is_saved_model() else None


def _sniff_text(head: bytes) -> Content | None:
    """What its first fields are called tells."""
    opened: list[bytes] = []
    word = b""
    for match in _TOKEN.finditer(head.removeprefix(b"\xef\xbb\xbf")):
        token = match[0]
        if token in (b"{", b"<"):
            opened.append(word)
        elif token in (b"}", b">"):
            if not opened:
                return None
            opened.pop()
        elif token[:1] in (b'"', b"'"):
            if (*opened, word) in _TELLING:
                return "GraphDef" if _OP_NAME.match(token[1:-1]) else None
        elif _WORD.match(token):
            word = token
            content = None if opened else _IN_TEXT.get(word)
            if not opened and content != "GraphDef" and not word.isdigit():
                return content
    return None


class _Sniffer:
    """Looks into one file in binary form.

    Fields may end behind the end of the file: of one that is cut short the beginning tells.
    """

    def __init__(self, source: ByteSource, head: bytes) -> None:
        self._pages = Pages(source, _PAGE_NBYTES, head)
        self._nbytes = source.nbytes

    def is_graph(self, start: int, stop: int) -> bool:
        """Whether a GraphDef begins there: one that has a node with an input or an attribute."""
        for number, kind, begin, end in self._first_fields(start, stop):
            if number == NODE and kind == DELIMITED:
                is_legal, is_certain = self._judge_node(begin, end)
            elif number == LIBRARY and kind == DELIMITED:
                is_legal, is_certain = self._judge_library(begin, end)
            else:
                is_legal, is_certain = number in _OTHER_GRAPH_FIELDS, False
            if is_certain or not is_legal:
                return is_legal
        return False

    def is_meta_graph(self, start: int, stop: int) -> bool:
        """Whether a MetaGraphDef begins there: one that has a graph."""
        for number, kind, begin, end in self._first_fields(start, stop):
            if kind != DELIMITED or number > _LAST_META_GRAPH_FIELD:
                return False
            if number == GRAPH_DEF:
                return self.is_graph(begin, end)
        return False

    def is_saved_model(self) -> bool:
        """Whether it is a SavedModel: a version, and a MetaGraphDef."""
        for number, kind, begin, end in self._first_fields(0, _ANYWHERE):
            if (number, kind) == (META_GRAPHS, DELIMITED):
                return self.is_meta_graph(begin, end)
            if (number, kind) != (_SCHEMA_VERSION, VARINT):
                return False
        return False

    def _first_fields(self, start: int, stop: int) -> Iterator[Span]:
        """A few fields; none behind one that is none."""
        try:
            yield from islice(iter_spans(self._pages, start, stop), _MOST_FIELDS)
        except MalformedField:
            return

    def _judge_library(self, start: int, stop: int) -> tuple[bool, bool]:
        """As `_judge_node`, of the first function of a FunctionDefLibrary."""
        for number, kind, begin, end in self._first_fields(start, stop):
            if number == FUNCTION and kind == DELIMITED:
                return self._judge_function(begin, end)
        return True, False

    def _judge_function(self, start: int, stop: int) -> tuple[bool, bool]:
        is_certain = False
        for number, kind, begin, end in self._first_fields(start, stop):
            if number == SIGNATURE:
                first = next(iter(self._first_fields(begin, end)), None)
                if kind != DELIMITED or first is None or not self._matches(_OP_NAME, first):
                    return False, False
            elif number == NODE_DEF:
                is_legal, has_more = self._judge_node(begin, end)
                if kind != DELIMITED or not is_legal:
                    return False, False
                is_certain = is_certain or has_more
        return True, is_certain

    def _judge_node(self, start: int, stop: int) -> tuple[bool, bool]:
        """Whether it can be a NodeDef, and whether it has an input or an attribute."""
        found = set()
        try:
            for span in islice(iter_spans(self._pages, start, stop), _MOST_NODE_FIELDS):
                number = span[0]
                is_twice = number in found and number not in (INPUT, ATTR)
                if span[1] != DELIMITED or is_twice or not self._may_be_in_node(span):
                    return False, False
                found.add(number)
        except MalformedField:
            if stop <= self._nbytes:
                return False, False
        return NAME in found and OP in found, INPUT in found or ATTR in found

    def _may_be_in_node(self, span: Span) -> bool:
        number = span[0]
        if number == NAME:
            return self._matches(_NODE_NAME, span)
        if number == OP:
            return self._matches(_OP_NAME, span)
        if number == _DEVICE:
            return span[2] == span[3] or self._matches(_DEVICE_NAME, span)
        if number == ATTR:
            return self._is_attr(span)
        return number in (INPUT, _DEBUG_INFO, _TYPE)

    def _is_attr(self, span: Span) -> bool:
        """Whether it is an entry of a map from names to messages."""
        for part in self._first_fields(span[2], span[3]):
            if part[0] == KEY and not self._matches(_OP_NAME, part):
                return False
            if part[0] not in (KEY, VALUE) or part[1] != DELIMITED:
                return False
        return True

    def _matches(self, pattern: re.Pattern[bytes], span: Span) -> bool:
        _, kind, start, stop = span
        if kind != DELIMITED or not start < stop <= min(start + _LONGEST_NAME, self._nbytes):
            return False
        return pattern.match(self._pages.read(start, stop)) is not None
