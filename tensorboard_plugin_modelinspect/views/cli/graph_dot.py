"""A graph in the language of Graphviz: scopes as clusters, data edges with types, control dashed.

https://graphviz.org/doc/info/lang.html
"""

from __future__ import annotations

from collections.abc import Iterator

from tensorboard_plugin_modelinspect.analyses.graph.analysis import BOUNDARY
from tensorboard_plugin_modelinspect.analyses.graph.document import GraphDocument
from tensorboard_plugin_modelinspect.analyses.graph.selection import HIDDEN, OUTSIDE
from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.views.text.words import describe_shape, printable

DOT_LIMIT = 20_000
"""Nodes of a picture; Graphviz takes minutes for a tenth of that."""


def format_dot(document: GraphDocument) -> Iterator[str]:
    """Lines of a `.dot` file.

    Raises:
        BadRequest: Too many nodes for a picture.
    """
    count = len(document.op_of)
    if count > DOT_LIMIT:
        raise BadRequest(
            f"{count:,} nodes; a picture has {DOT_LIMIT:,} at most. Choose a part with --scope, or"
            " take --json."
        )
    yield f"digraph {_quote(document.title)} {{"
    yield "  rankdir=BT; node [shape=box, style=rounded, fontname=Helvetica, fontsize=10];"
    yield "  edge [fontname=Helvetica, fontsize=8];"
    yield from _format_scopes(document)
    yield from _format_edges(document)
    yield "}"


def _format_scopes(document: GraphDocument) -> Iterator[str]:
    """Scopes with their nodes, from the outermost on; not by recursion, for they may be deep."""
    names = document.selection.names
    parents = names.parents.tolist()
    nodes: dict[int, list[int]] = {}
    for node, entry in enumerate(document.selection.entries.tolist()):
        nodes.setdefault(parents[entry], []).append(node)
    is_scope = _scopes_of_nodes(parents, nodes)
    children: dict[int, list[int]] = {}
    for entry in sorted(is_scope - {0}):
        children.setdefault(parents[entry], []).append(entry)
    waiting: list[tuple[int, int, bool]] = [(0, 1, True)]
    while waiting:
        entry, depth, opens = waiting.pop()
        indent = "  " * depth
        if not opens:
            yield f"{indent}}}"
            continue
        if entry:
            yield f"{indent}subgraph cluster_{entry} {{ label={_quote(names.leaves[entry])};"
            waiting.append((entry, depth, False))
        for node in nodes.get(entry, ()):
            yield f"{indent}  {_format_node(document, node)}"
        waiting += [(child, depth + 1, True) for child in reversed(children.get(entry, []))]


def _scopes_of_nodes(parents: list[int], nodes: dict[int, list[int]]) -> set[int]:
    """Entries that hold nodes, or scopes with nodes."""
    found: set[int] = {0}
    for scope in nodes:
        entry = scope
        while entry not in found:
            found.add(entry)
            entry = parents[entry]
    return found


def _format_node(document: GraphDocument, node: int) -> str:
    leaf = document.selection.names.leaves[int(document.selection.entries[node])]
    op, flags = document.ops[document.op_of[node]], document.flags[node]
    label = leaf if op in (leaf, "") else f"{leaf}\n{op}"
    style = ""
    if flags & BOUNDARY:
        style = ", shape=ellipse"
    elif flags & HIDDEN:
        style = ", shape=box3d"
    elif flags & OUTSIDE:
        style = ', style="rounded,dashed"'
    return f"n{node} [label={_quote(label)}{style}];"


def _format_edges(document: GraphDocument) -> Iterator[str]:
    edges, control = document.selection.edges, document.selection.control
    columns = (edges.sources.tolist(), edges.targets.tolist(), document.type_of.tolist())
    for source, target, number in zip(*columns, strict=True):
        label = ""
        if number >= 0:
            edge_type = document.types[number]
            label = f" [label={_quote(f'{edge_type.dtype} {describe_shape(edge_type.shape)}')}]"
        yield f"  n{source} -> n{target}{label};"
    for source, target in zip(control.sources.tolist(), control.targets.tolist(), strict=True):
        yield f"  n{source} -> n{target} [style=dashed];"


def _quote(text: str) -> str:
    r"""A string of the language; only `\` and `"` mean something in it, and `\n` ends a line."""
    lines = (printable(line) for line in text.split("\n"))
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    joined = "\\n".join(escaped)
    return f'"{joined}"'
