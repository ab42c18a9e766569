"""`modelinspect show --dir`: prints what TensorFlow's `saved_model_cli show` prints, byte for byte.

tensorflow/python/tools/saved_model_cli.py; where this differs is in docs/compatibility.md.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from tensorboard_plugin_modelinspect.errors import BadRequest, NotFound, Unsupported
from tensorboard_plugin_modelinspect.formats.exported_graph import read_exported_graphs
from tensorboard_plugin_modelinspect.model.function import ExportedGraph
from tensorboard_plugin_modelinspect.model.signature import Signature
from tensorboard_plugin_modelinspect.sources.local import LocalFolder
from tensorboard_plugin_modelinspect.views.text.saved_model_cli import (
    Escape,
    describe_ops,
    iter_all,
    iter_signature,
    iter_signature_keys,
    iter_tag_sets,
)
from tensorboard_plugin_modelinspect.views.text.words import printable


class Asked(NamedTuple):
    """What is asked for, by the options of `saved_model_cli show`."""

    is_all: bool
    tag_set: str | None
    signature_def: str | None
    list_ops: bool


def show_dir(folder: str, asked: Asked, *, as_json: bool) -> None:
    """Print what is asked for of a SavedModel's folder.

    Raises:
        NotFound: No SavedModel, MetaGraph or signature of that name.
        Unsupported: The folder is not a local one.
        FormatError: The SavedModel is damaged.
    """
    graphs = read_exported_graphs(open_folder(folder))
    if as_json:
        from tensorboard_plugin_modelinspect.views.cli.output import write_json

        write_json(_record(folder, graphs, asked))
        return
    # A file must not talk to a terminal, but a pipe gets names as they are, like that tool's.
    escape = printable if sys.stdout.isatty() else str
    sys.stdout.write("\n".join(_iter_lines(graphs, asked, escape)))


def open_folder(folder: str) -> LocalFolder:
    """The folder that `--dir` names."""
    if "://" in folder:
        raise Unsupported(f"{folder}: only local folders can be read. Copy the model here first.")
    path = os.path.expanduser(folder)
    if not os.path.isdir(path):
        raise NotFound(f"{folder}: no such folder. --dir takes the folder of a SavedModel.")
    return LocalFolder(path, name=folder.rstrip("/") or folder)


def _record(folder: str, graphs: Sequence[ExportedGraph], asked: Asked) -> dict[str, object]:
    from tensorboard_plugin_modelinspect.views.cli.show_dir_records import (
        chosen_record,
        exported_record,
        full_record,
    )

    if asked.is_all:
        chosen = [full_record(graph) for graph in graphs]
    elif asked.tag_set is None:
        chosen = []
    else:
        graph = find_graph(graphs, asked.tag_set, needs_tags=_needs_tags(asked))
        key = asked.signature_def
        signatures = None if key is None else [find_signature(graph, key)]
        chosen = [chosen_record(graph, signatures, with_ops=asked.list_ops)]
    return exported_record(folder, graphs, chosen)


def _iter_lines(graphs: Sequence[ExportedGraph], asked: Asked, escape: Escape) -> Iterator[str]:
    """Lines to be joined: the last is empty, so that there is a line end."""
    if asked.is_all:
        yield from iter_all(graphs, escape)
        return
    if asked.tag_set is None:
        if asked.list_ops:
            yield "--list_ops must be paired with a tag-set or with --all."
        yield from iter_tag_sets(graphs)
    else:
        graph = find_graph(graphs, asked.tag_set, needs_tags=_needs_tags(asked))
        if asked.list_ops:
            yield describe_ops(graph)
        if asked.signature_def is None:
            yield from iter_signature_keys(graph, escape)
        else:
            yield from iter_signature(find_signature(graph, asked.signature_def), escape)
    yield ""


def find_graph(graphs: Iterable[ExportedGraph], tag_set: str, *, needs_tags: bool) -> ExportedGraph:
    """The first MetaGraph with exactly these tags; their order does not matter."""
    tags = {tag.strip() for tag in tag_set.split(",")} - {""}
    if not tags and needs_tags:
        raise BadRequest(
            "tag_set must contain at least one non-empty item. --all shows MetaGraphs without tags."
        )
    for graph in graphs:
        if set(graph.tags) == tags:
            return graph
    known = [",".join(graph.tags) for graph in graphs]
    raise NotFound(
        f"MetaGraphDef associated with tag-set {tag_set} could not be found in the SavedModel."
        f" Please use one of the following tag-sets: {known}"
    )


def _needs_tags(asked: Asked) -> bool:
    return asked.list_ops or asked.signature_def is not None


def find_signature(graph: ExportedGraph, key: str) -> Signature:
    """The signature of that key."""
    for signature in graph.signatures:
        if signature.key == key:
            return signature
    known = ", ".join(signature.key for signature in graph.signatures)
    raise NotFound(f'Could not find signature "{key}". Please choose from: {known}')
