"""Graphs that tests write, as artifacts with their analysis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.formats.graph_def import open_graph
from tensorboard_plugin_modelinspect.formats.saved_model import open_saved_model
from tensorboard_plugin_modelinspect.model.graph import Graph
from tensorboard_plugin_modelinspect.sources.memory import MemoryFolder
from tests.support.graph_writer import GraphWriter
from tests.support.saved_model_writer import SavedModelWriter


def analyse(writer: GraphWriter) -> GraphAnalysis:
    """The analysis of a lone graph."""
    return GraphAnalysis(open_graph(MemoryFolder({"graph.pb": writer.binary()}), "graph.pb"))


def analyse_model(writer: SavedModelWriter) -> GraphAnalysis:
    """The analysis of a SavedModel."""
    return GraphAnalysis(open_saved_model(MemoryFolder(writer.files(), "model")))


def node_numbers(graph: Graph) -> dict[str, int]:
    """Numbers of nodes by name."""
    return {graph.name(node): node for node in range(len(graph))}


def add_typed(
    writer: GraphWriter, name: str, op: str, *inputs: str, into: Any = None, **attributes: Any
) -> Any:
    """Add a node with attributes to the main graph, or into a function; see `set_attribute`."""
    node = writer.add(name, op, *inputs, function=into)
    for key, value in attributes.items():
        set_attribute(node.attr[key], value)
    return node


def set_attribute(attribute: Any, value: Any) -> None:
    """Set an attribute by the type of the value: a plain one, a list of ints, or as marked."""
    if isinstance(value, bool):
        attribute.b = value
    elif isinstance(value, int):
        attribute.i = value
    elif isinstance(value, float):
        attribute.f = value
    elif isinstance(value, str):
        attribute.s = value.encode()
    elif isinstance(value, Mapping):
        _set_marked(attribute, value)
    else:
        attribute.list.i.extend(value)


def _set_marked(attribute: Any, value: Mapping[str, Any]) -> None:
    """A type or types by number, sizes of a shape, a name of a function or several."""
    if "type" in value:
        attribute.type = value["type"]
    elif "types" in value:
        attribute.list.type.extend(value["types"])
    elif "function" in value:
        attribute.func.name = value["function"]
    elif "functions" in value:
        for name in value["functions"]:
            attribute.list.func.add().name = name
    else:
        attribute.shape.SetInParent()
        for size in value["shape"]:
            attribute.shape.dim.add(size=-1 if size is None else size)
