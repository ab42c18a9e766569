"""A diff as HTML: one file without scripts and without anything from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from tensorboard_plugin_modelinspect.analyses.diff.result import ArtifactDiff, TensorPair
from tensorboard_plugin_modelinspect.analyses.diff.summarise import summarise
from tensorboard_plugin_modelinspect.views.text.diff_words import (
    Change,
    Labels,
    describe_details,
    describe_numbers,
    describe_side,
    describe_state,
    is_structural,
    list_pairs,
    list_parts,
)
from tensorboard_plugin_modelinspect.views.text.histogram import spread
from tensorboard_plugin_modelinspect.views.text.words import describe_shape, printable

MOST_TENSORS = 5000
"""Rows of a page, unless all are asked for: more take a browser seconds."""
MOST_CHANGES = 1000
_BARS, _BAR_WIDTH, _HEIGHT = 32, 4, 28
_TITLES = (
    "tensor",
    "what",
    "dtype",
    "shape",
    "after − before",
    "differing",
    "max",
    "mean",
    "relative L2",
    "cosine",
    "first",
)
_NUMBERS = range(5, 10)
_SIGNS = {"+": "added", "-": "removed", "~": "changed"}

# Blue, orange and ink tell apart for every eye; the sign and the word say the same.
_STYLE = """
:root{color-scheme:light dark;--ink:#202124;--quiet:#5f6368;--line:#dadce0;--paper:#fff;
--added:#0b57d0;--removed:#a1450f}
@media(prefers-color-scheme:dark){:root{--ink:#e8eaed;--quiet:#a6abb1;--line:#45484d;
--paper:#1f1f23;--added:#8ab4f8;--removed:#f2a36b}}
body{margin:24px auto;max-width:1400px;padding:0 24px;background:var(--paper);color:var(--ink);
font:14px/1.45 Roboto,system-ui,sans-serif}
h1{font-size:20px;font-weight:500;margin:0 0 4px}
h2{font-size:15px;font-weight:500;margin:28px 0 4px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;min-width:50%}
th,td{padding:3px 16px 3px 0;text-align:left;vertical-align:top;white-space:nowrap}
thead th{border-bottom:1px solid var(--line);font-weight:500;color:var(--quiet)}
.row td{border-top:1px solid var(--line)}
th.number,td.number{text-align:right;font-variant-numeric:tabular-nums}
.name,.text,.detail td{overflow-wrap:anywhere;white-space:normal}
.name{min-width:18em;font-family:"Roboto Mono",ui-monospace,monospace;font-size:13px}
.detail td{color:var(--quiet);font-size:13px;padding:0 0 4px 24px}
.added{color:var(--added)}.removed{color:var(--removed)}
.quiet{color:var(--quiet)}
svg{display:block;fill:currentColor}
"""


def make_page(diff: ArtifactDiff, *, is_all: bool = False) -> str:
    """The report: a whole document, light or dark as its reader prefers.

    Cost: memory for the text, 600 bytes a tensor; lists are cut unless `is_all`.
    """
    names = " and ".join(_text(side.path) for side in (diff.before, diff.after))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        " style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width">'
        f"<title>Diff of {names}</title><style>{_STYLE}</style></head><body>"
        f"{make_body(diff, None if is_all else MOST_TENSORS)}</body></html>\n"
    )


def make_body(diff: ArtifactDiff, most: int | None) -> str:
    """What the report says, without its style; at most so many tensors."""
    return "".join(_iter_body(diff, most))


def _iter_body(diff: ArtifactDiff, most: int | None) -> Iterator[str]:
    yield f"<h1>{_text(summarise(diff))}</h1>"
    sides = (("before", diff.before), ("after", diff.after))
    yield _table((), (_row((word, *describe_side(side)), ()) for word, side in sides))
    for part in list_parts(diff):
        yield f"<h2>{_text(part.title)}</h2>"
        yield _table((), map(_change_row, part.changes[:MOST_CHANGES]))
        yield _more(len(part.changes) - MOST_CHANGES)
    yield from _iter_tensors(diff, most)
    yield from (
        f'<p class="quiet">{one.section} not compared: {_text(one.reason)}</p>'
        for one in diff.skipped
    )
    yield from (f'<p class="quiet">{_text(note)}</p>' for note in diff.notes)


def _change_row(change: Change) -> str:
    word = _SIGNS[change.sign]
    return (
        f'<tr class="row"><td class="{word}">{word}</td><td class="name">{_text(change.name)}</td>'
        f'<td class="text">{_text(change.text)}</td></tr>'
    )


def _iter_tensors(diff: ArtifactDiff, most: int | None) -> Iterator[str]:
    pairs = list_pairs(diff, is_all=most is None)
    if pairs:
        labels = Labels(diff)
        yield "<h2>tensors</h2>"
        yield _table(_TITLES, (_tensor_rows(diff, pair, labels) for pair in pairs[:most]), _NUMBERS)
        yield _more(len(pairs) - len(pairs[:most]))


def _tensor_rows(diff: ArtifactDiff, pair: TensorPair, labels: Labels) -> str:
    details = "".join(
        f'<tr class="detail"><td colspan="{len(_TITLES)}">{_text(one)}</td></tr>'
        for one in describe_details(diff, pair, labels)
    )
    kind = pair.state if is_structural(diff, pair) else ""
    *numbers, first = describe_numbers(pair)
    cells = "".join(f'<td class="number">{_text(cell)}</td>' for cell in numbers)
    return (
        f'<tr class="row"><td class="name">{_text(labels(pair))}</td>'
        f'<td class="{kind}">{_text(describe_state(diff, pair))}</td>'
        f"<td>{_text(pair.tensor.dtype.name)}</td>"
        f"<td>{_text(describe_shape(pair.tensor.shape))}</td><td>{_draw(pair)}</td>{cells}"
        f"<td>{_text(first)}</td></tr>{details}"
    )


def _draw(pair: TensorPair) -> str:
    """The histogram of its differences as a picture; its title says the same."""
    histogram = None if pair.values is None else pair.values.histogram
    if histogram is None or not histogram.counts:
        return ""
    counts = spread(histogram, _BARS)
    most = max(counts)
    bars = "".join(
        f'<rect x="{place * _BAR_WIDTH}" y="{_HEIGHT - height}" width="{_BAR_WIDTH - 1}"'
        f' height="{height}"/>'
        for place, count in enumerate(counts)
        if (height := -(-_HEIGHT * count // most))
    )
    title = (
        f"{sum(histogram.counts):,} differences from {histogram.edges[0]:.4g}"
        f" to {histogram.edges[-1]:.4g}"
    )
    width = _BARS * _BAR_WIDTH
    return (
        f'<svg width="{width}" height="{_HEIGHT}" role="img" aria-label="{title}">'
        f"<title>{title}</title>{bars}</svg>"
    )


def _table(titles: Sequence[str], rows: Iterable[str], numbers: Sequence[int] = ()) -> str:
    head = "".join(
        f"<th{_class(place, numbers)}>{_text(title)}</th>" for place, title in enumerate(titles)
    )
    head = f"<thead><tr>{head}</tr></thead>" if head else ""
    return f'<div class="scroll"><table>{head}<tbody>{"".join(rows)}</tbody></table></div>'


def _row(cells: Sequence[str], numbers: Sequence[int]) -> str:
    body = "".join(
        f"<td{_class(place, numbers)}>{_text(cell)}</td>" for place, cell in enumerate(cells)
    )
    return f"<tr>{body}</tr>"


def _class(place: int, numbers: Sequence[int]) -> str:
    return ' class="number"' if place in numbers else ""


def _more(count: int) -> str:
    return f'<p class="quiet">… and {count:,} more</p>' if count > 0 else ""


def _text(text: str) -> str:
    return escape(printable(text))
