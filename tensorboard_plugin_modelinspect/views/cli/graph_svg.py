"""A graph as an SVG picture, light or dark as its reader's screen is.

Names come from files: they are text, escaped, and what XML has no place for is printed as in all
other output.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.analyses.graph.layered import Layout, lay_out
from tensorboard_plugin_modelinspect.analyses.graph.overview import (
    ROOT,
    WAY_IN,
    WAY_OUT,
    Box,
    Line,
    Overview,
)
from tensorboard_plugin_modelinspect.model.graph import Graph
from tensorboard_plugin_modelinspect.views.text.words import (
    describe_count,
    describe_shape,
    printable,
)

_HEAD, _PAD, _MARGIN, _TITLE = 28.0, 14.0, 16.0, 40.0
_LINE_HEIGHT, _LEAST_WIDTH, _MOST_WIDTH = 15.0, 56.0, 280.0
_BESIDE = 10.0
"""How far a line that leads up stands beside one that leads down."""
_FEW_LINES = 400
"""With more lines in the picture shapes are not written at them."""
_NARROW, _WIDE = frozenset("ijltfr.,:;'|!/()[] "), frozenset("mwMW%@")
_LIGHT = {
    "page": "#fff",
    "band": "#fafafa",
    "line": "#a8a8ac",
    "text": "#212121",
    "muted": "#616161",
    "inlet": "#e3edf6",
    "weights": "#fdf0e3",
}
_DARK = {
    "page": "#303030",
    "band": "#383838",
    "line": "#7c7c7c",
    "text": "#f1f1f1",
    "muted": "#bdbdbd",
    "inlet": "#2c3f50",
    "weights": "#4a3a28",
}


class _Frame(NamedTuple):
    """A box where it stands: its corner and size."""

    x: float
    y: float
    width: float
    height: float


def describe(analysis: GraphAnalysis, graph: Graph, overview: Overview) -> tuple[str, str]:
    """Title and description of a picture."""
    scope = overview.boxes[ROOT].name
    parts = ["/".join(analysis.artifact.path.split("/")[-2:]), graph.id or "main graph"]
    title = " \u00b7 ".join([*parts, *([f"scope {scope}"] if scope else [])])
    boxes = describe_count(len(overview.boxes) - 1, "box").replace("boxs", "boxes")
    nodes = describe_count(overview.boxes[ROOT].nodes, "node")
    return title, (
        f"{nodes} in {boxes}; data flows down. Boxes with parameters are tinted, inputs and outputs"
        " are round, and what only holds constants or reads variables is left out."
    )


def format_svg(overview: Overview, title: str, description: str) -> Iterator[str]:
    """Lines of an SVG file, in ASCII.

    Args:
        overview: What to draw.
        title: Printed above it, and what screen readers say.
        description: What else they say.

    Cost: a tenth of a second for a few hundred boxes.
    """
    rooms = _furnish(overview)
    frames = _place(overview, rooms)
    root = frames[ROOT]
    width = max(root.width, _text_width(title) * 1.2) + 2 * _MARGIN
    height = root.height + _TITLE + _MARGIN
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="t d">',
        f'<title id="t">{_text(title)}</title>',
        f'<desc id="d">{_text(description)}</desc>',
        f"<style>{_style()}</style>",
        '<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"'
        ' markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z"/></marker>',
        '<rect class="page" width="100%" height="100%"/>',
        f'<text class="title" x="{_MARGIN:.0f}" y="26">{_text(title)}</text>',
        *_format_boxes(overview, frames, is_open=True),
        *_format_lines(overview, rooms, frames),
        *_format_boxes(overview, frames, is_open=False),
        "</svg>",
    ]
    yield from (line.encode("ascii", "xmlcharrefreplace").decode("ascii") for line in lines)


def _style() -> str:
    return (
        "text{font:12px Roboto,Helvetica,Arial,sans-serif;text-anchor:middle}"
        ".title{font-size:14px;font-weight:500;text-anchor:start}"
        ".scope>text{font-weight:500}.open>text,text.shape{text-anchor:start}"
        "text.note{font-size:10.5px;font-weight:400}text.shape{font-size:10px}"
        ".edge{fill:none;marker-end:url(#head);opacity:.75}.outside>rect{stroke-dasharray:4 3}"
        f"{_colours(_LIGHT)}@media (prefers-color-scheme:dark){{{_colours(_DARK)}}}"
    )


def _colours(tokens: dict[str, str]) -> str:
    return (
        f".page,rect{{fill:{tokens['page']}}}g>rect{{stroke:{tokens['line']}}}"
        f".scope>rect,.odd>rect{{fill:{tokens['band']}}}.even>rect{{fill:{tokens['page']}}}"
        f".weights>rect{{fill:{tokens['weights']}}}.inlet>rect{{fill:{tokens['inlet']}}}"
        f"text{{fill:{tokens['text']}}}.note,.shape{{fill:{tokens['muted']}}}"
        f".edge{{stroke:{tokens['muted']}}}marker{{fill:{tokens['muted']}}}"
    )


class _Room(NamedTuple):
    """The inside of an open box: where its boxes stand, and the lines between them."""

    layout: Layout
    lines: Sequence[Line]
    size: tuple[float, float]


def _furnish(overview: Overview) -> dict[int, _Room]:
    """Open boxes from the inside out, by their places."""
    rooms: dict[int, _Room] = {}
    for place in range(len(overview.boxes) - 1, -1, -1):
        box = overview.boxes[place]
        if not box.children and place != ROOT:
            continue
        sizes = [_size(overview.boxes[child], rooms.get(child)) for child in box.children]
        places = {child: number for number, child in enumerate(box.children)}
        places |= {WAY_IN: len(sizes), WAY_OUT: len(sizes) + 1}
        ports = [(2.0, 0.0)] * 2 if place else []
        top, bottom = (len(sizes), len(sizes) + 1) if place else (-1, -1)
        lines = overview.lines.get(place, [])
        ends = [(places[line.source], places[line.target]) for line in lines]
        joined = {end for pair in ends for end in pair}
        layout = lay_out(
            [*sizes, *ports],
            ends,
            top if top in joined else -1,
            bottom if bottom in joined else -1,
        )
        head = 0.0 if place == ROOT else min(_text_width(_label(box)) + 2 * _PAD, _MOST_WIDTH)
        wide = max(layout.width, head) + 2 * _PAD
        rooms[place] = _Room(layout, lines, (wide, layout.height + 2 * _PAD + _HEAD))
    return rooms


def _size(box: Box, room: _Room | None) -> tuple[float, float]:
    if room is not None:
        return room.size
    texts = _texts(box)
    widest = max(_text_width(text) * (0.9 if row else 1.0) for row, text in enumerate(texts))
    wide = max(_LEAST_WIDTH, min(widest + 20, _MOST_WIDTH))
    return wide, 13 + _LINE_HEIGHT * len(texts)


def _place(overview: Overview, rooms: dict[int, _Room]) -> dict[int, _Frame]:
    """Where boxes stand, from the outside in."""
    frames = {ROOT: _Frame(_MARGIN - _PAD, _TITLE - _HEAD, *rooms[ROOT].size)}
    for place, room in sorted(rooms.items()):
        for number, child in enumerate(overview.boxes[place].children):
            x, y = room.layout.corners[number]
            left, top = _origin(frames[place], room)
            own = _size(overview.boxes[child], rooms.get(child))
            frames[child] = _Frame(left + x, top + y, *own)
    return frames


def _origin(frame: _Frame, room: _Room) -> tuple[float, float]:
    """Where the layout of a room begins: in the middle of a box with a long name."""
    indent = (frame.width - room.layout.width) / 2
    return frame.x + indent, frame.y + _HEAD + _PAD


def _format_boxes(overview: Overview, frames: dict[int, _Frame], *, is_open: bool) -> Iterator[str]:
    depths = {ROOT: 0}
    for place, box in enumerate(overview.boxes[1:], 1):
        depths[place] = depths[box.parent] + 1
        if place in frames and bool(box.children) == is_open:
            yield _format_box(box, frames[place], depths[place])


def _format_box(box: Box, frame: _Frame, depth: int) -> str:
    label, *notes = _texts(box)
    tip = "\n".join([printable(box.name), *notes])
    rect = (
        f'<rect x="{frame.x:.1f}" y="{frame.y:.1f}" width="{frame.width:.1f}"'
        f' height="{frame.height:.1f}" rx="{_corner(box, frame):.0f}"/>'
    )
    if box.children:
        texts = _format_text(label, frame.x + _PAD, frame.y + 18, frame.width - 2 * _PAD)
    else:
        middle = frame.x + frame.width / 2
        rows = enumerate([label, *notes])
        texts = "".join(
            _format_text(text, middle, frame.y + 18 + row * _LINE_HEIGHT, frame.width - 12, row)
            for row, text in rows
        )
    return f'<g class="{_classes(box, depth)}"><title>{_text(tip)}</title>{rect}{texts}</g>'


def _format_text(text: str, x: float, y: float, room: float, row: int = 0) -> str:
    kind = ' class="note"' if row else ""
    short = _shorten(text, room / (0.9 if row else 1.0))
    return f'<text{kind} x="{x:.1f}" y="{y:.1f}">{_text(short)}</text>'


def _corner(box: Box, frame: _Frame) -> float:
    if box.is_boundary:
        return frame.height / 2
    return 3 if box.op else 6


def _classes(box: Box, depth: int) -> str:
    words = {
        "open": bool(box.children),
        "odd": bool(box.children) and depth % 2 == 1,
        "even": bool(box.children) and depth % 2 == 0,
        "scope": not box.op,
        "inlet": box.is_boundary,
        "weights": bool(box.parameters) and not box.children,
        "outside": box.is_outside,
    }
    return " ".join(word for word, is_so in words.items() if is_so) or "node"


def _label(box: Box) -> str:
    return f"{printable(box.name)} \u00d7{box.members}" if box.members > 1 else printable(box.name)


def _texts(box: Box) -> list[str]:
    """What stands in a box: its name, what it is, and what no line leads from."""
    leaf = box.name.rpartition("/")[2].rstrip("0123456789").rstrip("_")
    is_told = not box.op or box.op in (leaf, box.name.rpartition("/")[2])
    facts = [] if is_told else [printable(box.op)]
    if not box.op:
        facts.append(describe_count(box.nodes, "node"))
    if box.parameters:
        facts.append(describe_count(box.parameters, "parameter"))
    rows = [_label(box), " \u00b7 ".join(facts)]
    if box.sources:
        some = ", ".join(printable(name) for name in box.sources[:2])
        more = f" +{len(box.sources) - 2}" if len(box.sources) > 2 else ""
        rows.append(f"\u2190 {some}{more}")
    return [row for row in rows if row]


def _format_lines(
    overview: Overview, rooms: dict[int, _Room], frames: dict[int, _Frame]
) -> Iterator[str]:
    count = sum(len(room.lines) for room in rooms.values())
    for place, room in rooms.items():
        into = _count_ends([line.target for line in room.lines])
        out = _count_ends([line.source for line in room.lines])
        for number, line in enumerate(room.lines):
            points = _points(place, number, rooms, frames)
            width = 1 + min(2.0, math.log10(line.count) * 0.7)
            yield f'<path class="edge" stroke-width="{width:.1f}" d="{_curve(points)}"/>'
            is_last = into.get(line.target) == 1
            text = _line_text(line)
            if text and count <= _FEW_LINES and (is_last or out.get(line.source) == 1):
                x, y = points[-1] if is_last else points[0]
                down = -12 if is_last else 16
                yield f'<text class="shape" x="{x + 6:.1f}" y="{y + down:.1f}">{_text(text)}</text>'


def _count_ends(ends: list[int]) -> dict[int, int]:
    """Lines at each box; those that end at the border count nowhere."""
    return {end: ends.count(end) for end in set(ends) if end >= 0}


def _line_text(line: Line) -> str:
    if line.count > 1:
        return f"\u00d7{line.count}"
    is_known = line.edge_type is not None and bool(line.edge_type.shape)
    return describe_shape(line.edge_type.shape) if line.edge_type and is_known else ""


def _points(
    place: int, number: int, rooms: dict[int, _Room], frames: dict[int, _Frame]
) -> list[tuple[float, float]]:
    """From the lower side of a box by the bends to the upper side of the other."""
    room, around = rooms[place], frames[place]
    left, top = _origin(around, room)
    line = room.lines[number]
    bends = [(left + x, top + y) for x, y in room.layout.bends[number]]
    ports = room.layout.corners[-2:]
    if line.source == WAY_IN:
        first = (left + ports[0][0] + 1, around.y + _HEAD)
    if line.target == WAY_OUT:
        last = (left + ports[1][0] + 1, around.y + around.height)
    is_back = min(line.source, line.target) >= 0 and frames[line.source].y > frames[line.target].y
    if line.source >= 0:
        first = _side(frames[line.source], _BESIDE * is_back, is_lower=not is_back)
    if line.target >= 0:
        last = _side(frames[line.target], _BESIDE * is_back, is_lower=is_back)
    return [first, *bends, last]


def _side(frame: _Frame, beside: float, *, is_lower: bool) -> tuple[float, float]:
    return frame.x + frame.width / 2 + beside, frame.y + (frame.height if is_lower else 0)


def _curve(points: Sequence[tuple[float, float]]) -> str:
    parts = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for (x, y), (next_x, next_y) in pairwise(points):
        middle = (y + next_y) / 2
        if abs(x - next_x) < 0.5:
            parts.append(f"L{next_x:.1f} {next_y:.1f}")
        else:
            parts.append(
                f"C{x:.1f} {middle:.1f} {next_x:.1f} {middle:.1f} {next_x:.1f} {next_y:.1f}"
            )
    return "".join(parts)


def _text(text: str) -> str:
    return escape("\n".join(printable(line) for line in text.split("\n")), quote=False)


def _text_width(text: str) -> float:
    """About how wide a text is at 12 px: no font is at hand, and half a letter does not matter."""
    return sum(
        8.2
        if "A" <= char <= "Z" or char > "\xff"
        else 3.9
        if char in _NARROW
        else 10.4
        if char in _WIDE
        else 7.0
        for char in text[:80]
    )


def _shorten(text: str, room: float) -> str:
    """A text with its middle left out where there is no room for it."""
    if _text_width(text) <= room:
        return text
    most = max(3, int(room / 6.8))
    tail = int((most - 1) * 0.6)
    return text if len(text) <= most else f"{text[: most - 1 - tail]}\u2026{text[-tail:]}"
