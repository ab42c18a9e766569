"""What `modelinspect graph` prints: the list of graphs, and the summary of one."""

from __future__ import annotations

from collections.abc import Iterator

from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.analyses.graph.entries import EntryGraph
from tensorboard_plugin_modelinspect.analyses.graph.summary import ScopeSummary
from tensorboard_plugin_modelinspect.model.graph import Graph
from tensorboard_plugin_modelinspect.views.cli.output import Column, format_table
from tensorboard_plugin_modelinspect.views.text.words import (
    describe_bytes,
    describe_count,
    printable,
)

_MOST_ROWS = 200
_MOST_FUNCTIONS = 50
_MOST_OPS = 20
_MOST_UNREAD = 10


def format_graphs(analysis: GraphAnalysis) -> Iterator[str]:
    """Lines that list the graphs, what the signatures run, and what nothing reads."""
    graphs = analysis.all_graphs
    columns = (
        Column("graph"),
        Column("nodes", right=True),
        Column("edges", right=True),
        Column("control", right=True),
        Column("calls"),
    )
    rows = [_graph_row(analysis, graph) for graph in graphs[:_MOST_FUNCTIONS]]
    yield from format_table(columns, rows)
    if len(graphs) > _MOST_FUNCTIONS:
        yield f"… and {len(graphs) - _MOST_FUNCTIONS:,} more; --json lists them"
    for entry in analysis.entries:
        if not entry.signature.is_internal:
            yield ""
            yield from _format_signature(analysis, entry)
    unread = analysis.unread
    if unread:
        some = ", ".join(printable(key) for key in unread[:_MOST_UNREAD])
        more = ", …" if len(unread) > _MOST_UNREAD else ""
        yield ""
        yield f"read by nothing but to save them: {describe_count(len(unread), 'tensor')}"
        yield f"  {some}{more}"
    for note in analysis.graphs.notes:
        yield f"note: {printable(note)}"


def _graph_row(analysis: GraphAnalysis, graph: Graph) -> tuple[str, ...]:
    called = len({call.callee.function for call in analysis.calls(graph)})
    is_plumbing = graph.id in analysis.plumbing_functions
    calls = describe_count(called, "function") if called else ""
    return (
        printable(_title(graph)),
        f"{graph.stored_count:,}",
        f"{len(graph.edges.sources):,}",
        f"{len(graph.control.sources):,}",
        ", ".join(part for part in (calls, "saves or loads" if is_plumbing else "") if part),
    )


def _title(graph: Graph) -> str:
    return graph.id or "main graph"


def _format_signature(analysis: GraphAnalysis, entry: EntryGraph) -> Iterator[str]:
    cost = analysis.cost(entry)
    yield f"signature {printable(entry.signature.key)}: runs {printable(_title(entry.body))}"
    yield f"  {_describe_cost(cost.parameters, cost.flops, cost.unknown)}"
    counts = analysis.count_ops(entry).most_common()
    yield f"  ops: {_list_ops(counts)}"


def _list_ops(counts: list[tuple[str, int]]) -> str:
    some = ", ".join(f"{printable(op)} {count:,}" for op, count in counts[:_MOST_OPS])
    more = f", and {len(counts) - _MOST_OPS:,} more" if len(counts) > _MOST_OPS else ""
    return some + more


def _describe_cost(parameters: int, flops: float, unknown: int) -> str:
    known = describe_count(parameters, "parameter")
    if unknown and not flops:
        return f"{known}, operations unknown"
    known = f"{known}, {describe_flops(flops)} for one example"
    return (
        f"{known}, without {describe_count(unknown, 'node')} of unknown cost" if unknown else known
    )


def describe_flops(flops: float) -> str:
    """Operations in decimal units: `1.2 GFLOPs`."""
    for unit in ("", "k", "M", "G", "T"):
        if flops < 999.5:
            return f"{flops:.3g} {unit}FLOPs"
        flops /= 1000
    return f"{flops:,.0f} PFLOPs"


def format_summary(
    graph: Graph, rows: list[ScopeSummary], unknown: list[tuple[str, int]]
) -> Iterator[str]:
    """Lines of a summary; the first row is of all that is shown, `unknown` are ops."""
    total, *below = rows
    where = f", scope {printable(total.name)}" if total.name else ""
    yield f"{printable(_title(graph))}{where}: {describe_count(total.nodes, 'node')}"
    yield _describe_cost(total.parameters, total.flops, total.unknown)
    if unknown:
        yield f"unknown cost: {_list_ops(unknown)}"
    yield ""
    columns = (
        Column("scope"),
        Column("nodes", right=True),
        Column("parameters", right=True),
        Column("size", right=True),
        Column("FLOPs", right=True),
        Column("unknown", right=True),
    )
    shown = [_summary_row(row, total.depth + 1) for row in below[:_MOST_ROWS]]
    yield from format_table(columns, shown)
    if len(below) > _MOST_ROWS:
        yield f"… and {len(below) - _MOST_ROWS:,} more; --json lists them"


def _summary_row(row: ScopeSummary, depth: int) -> tuple[str, ...]:
    leaf = row.name.rpartition("/")[2]
    return (
        "  " * (row.depth - depth) + printable(leaf),
        f"{row.nodes:,}",
        f"{row.parameters:,}",
        describe_bytes(row.nbytes) if row.nbytes else "",
        f"{row.flops:,.0f}",
        f"{row.unknown:,}" if row.unknown else "",
    )
