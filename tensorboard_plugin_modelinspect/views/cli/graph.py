"""`modelinspect graph`: what a model computes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tensorboard_plugin_modelinspect.errors import BadRequest, NotFound
from tensorboard_plugin_modelinspect.opening import open_artifact
from tensorboard_plugin_modelinspect.views.cli.files import write_file
from tensorboard_plugin_modelinspect.views.cli.output import json_option, write_json, write_lines
from tensorboard_plugin_modelinspect.views.text.words import printable

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
    from tensorboard_plugin_modelinspect.model.graph import Graph


@click.command("graph")
@click.argument("path")
@click.option(
    "--function", "name", metavar="NAME", help="A function, a main graph's id, or a signature."
)
@click.option("--scope", metavar="NAME", help="Only what is in this name scope.")
@click.option("--summary", "as_summary", is_flag=True, help="Parameters and operations by scope.")
@click.option("--depth", type=click.IntRange(1, 100), default=3, help="Scopes of --summary; 3.")
@click.option("--dot", "as_dot", is_flag=True, help="Print it in the language of Graphviz.")
@click.option("--svg", "svg_path", metavar="FILE", help="Write a picture; - prints it.")
@click.option("--overwrite", is_flag=True, help="Let --svg replace a file.")
@json_option
def command(
    path: str,
    name: str | None,
    scope: str | None,
    depth: int,
    svg_path: str | None,
    *,
    as_summary: bool,
    as_dot: bool,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Show what a model computes: its graphs and functions, and what they cost.

    PATH is a SavedModel, a file with a graph, a checkpoint with its .meta, or a Keras model.
    Without options it lists the graphs and what the signatures run. --json, --dot, --svg and
    --summary show one graph: that of --function, else of the first signature.
    """
    as_svg = svg_path is not None
    if (as_dot or as_svg) and as_dot + as_svg + as_json + as_summary > 1:
        raise BadRequest("--dot and --svg go with neither --json nor --summary: give one of them.")
    # Imported here: --help lists all commands, and this one needs numpy.
    from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
    from tensorboard_plugin_modelinspect.views.cli import graph_text

    analysis = GraphAnalysis(open_artifact(path))
    graph = _find_graph(analysis, name)
    if as_json:
        write_json(_record(analysis, graph, scope, depth if as_summary else None))
    elif as_dot:
        from tensorboard_plugin_modelinspect.analyses.graph.document import make_document
        from tensorboard_plugin_modelinspect.views.cli.graph_dot import format_dot

        write_lines(format_dot(make_document(analysis, graph.id, scope)))
    elif svg_path is not None:
        _write_svg(analysis, graph, scope or "", svg_path, overwrite=overwrite)
    elif as_summary:
        from tensorboard_plugin_modelinspect.analyses.graph.summary import count_unknown, summarise

        rows = summarise(analysis, graph, depth, scope)
        unknown = count_unknown(analysis, graph, scope)
        write_lines(graph_text.format_summary(graph, rows, unknown))
    else:
        write_lines(graph_text.format_graphs(analysis))


def _write_svg(
    analysis: GraphAnalysis, graph: Graph, scope: str, path: str, *, overwrite: bool
) -> None:
    """A picture of the graph in a file, or on stdout for `-`."""
    from tensorboard_plugin_modelinspect.analyses.graph.overview import make_overview
    from tensorboard_plugin_modelinspect.views.cli import graph_svg

    overview = make_overview(analysis, graph, scope)
    lines = graph_svg.format_svg(overview, *graph_svg.describe(analysis, graph, overview))
    if path == "-":
        write_lines(lines)
    else:
        write_file(path, (f"{line}\n".encode() for line in lines), overwrite=overwrite)


def _record(
    analysis: GraphAnalysis, graph: Graph, scope: str | None, depth: int | None
) -> dict[str, object]:
    """The document of `--json`: with the graph, or with a summary down to a depth."""
    from tensorboard_plugin_modelinspect.analyses.graph.document import make_document
    from tensorboard_plugin_modelinspect.analyses.graph.summary import count_unknown, summarise
    from tensorboard_plugin_modelinspect.views.cli import graph_records

    document = None if depth is not None else make_document(analysis, graph.id, scope)
    rows = [] if depth is None else summarise(analysis, graph, depth, scope)
    unknown = [] if depth is None else count_unknown(analysis, graph, scope)
    return {
        **graph_records.graphs_record(analysis),
        "graph": None if document is None else graph_records.document_record(document),
        "summary": graph_records.summary_records(rows),
        "unknown_ops": graph_records.count_records(unknown),
    }


def _find_graph(analysis: GraphAnalysis, name: str | None) -> Graph:
    """The graph that a person names; by the key of a signature the one that it runs."""
    if name is None:
        return analysis.graph(analysis.first)
    for entry in analysis.entries:
        if entry.signature.key == name:
            return entry.body
    try:
        return analysis.graph(name)
    except NotFound as error:
        import difflib

        names = [graph.id for graph in analysis.all_graphs]
        nearest = difflib.get_close_matches(name, names[:1000], 1)
        advice = f" Did you mean {printable(nearest[0])}?" if nearest else ""
        raise NotFound(f"{error.message}{advice}") from None
