"""Which variable a `Saver` stores under which key, told from its graph."""

from __future__ import annotations

from typing import Any

import pytest

from tensorboard_plugin_modelinspect.codecs.protos import meta_graph_class
from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.formats.saver_graph import (
    NO_GRAPH,
    GraphNames,
    iter_saved,
    iter_variables,
    read_graph_names,
)
from tensorboard_plugin_modelinspect.model.dtype import DTYPES
from tests.support.saver_graph_writer import add_node, add_strings, add_variable, graph_of

FLOAT = DTYPES[1]


def saved_in(graph: Any) -> list[tuple[str, str | None]]:
    return [(one.key, one.node.name if one.node is not None else None) for one in iter_saved(graph)]


@pytest.mark.parametrize("op", ["SaveV2", "SaveSlices", "Save"])
def test_every_save_op_tells_its_keys(op: str) -> None:
    """Keys and tensors pair off, whichever op saves; control inputs are no tensors."""
    graph = graph_of(("a", "w"), ("b", "v:0"), op=op)
    add_node(graph, "w", "VariableV2")
    add_node(graph, "v", "VarHandleOp")
    assert saved_in(graph) == [("a", "w"), ("b", "v")]


def test_a_variable_is_found_through_its_reads() -> None:
    """Reads and copies to another device are passed; what is no variable has no node."""
    graph = graph_of(("a", "copy"), ("table", "keys:0"), ("gone", "nowhere"), ("loop", "ring"))
    add_node(graph, "copy", "Identity", "read:0")
    add_node(graph, "read", "ReadVariableOp", "w")
    add_node(graph, "w", "VarHandleOp")
    add_node(graph, "keys", "LookupTableExportV2", "t")
    add_node(graph, "ring", "Identity", "ring2")
    add_node(graph, "ring2", "Identity", "ring")
    assert saved_in(graph) == [("a", "w"), ("table", None), ("gone", None), ("loop", None)]


def test_other_savers_of_the_graph_do_not_count() -> None:
    """Only what the Saver of the file runs is taken, through shards and merges."""
    graph = graph_of(("a", "w"))
    add_node(graph, "w", "VariableV2")
    add_node(graph, "other/op", "SaveV2", "prefix", "other/names", "save/slices", "w")
    add_strings(graph, "other/names", "b")
    assert saved_in(graph) == [("a", "w")]
    add_node(graph, "save/all", "MergeV2Checkpoints", "prefix", "^save/done", "^other/op")
    graph.saver_def.save_tensor_name = "save/all:0"
    assert saved_in(graph) == [("a", "w"), ("b", "w")]
    graph.saver_def.save_tensor_name = ""
    assert saved_in(graph) == []


def test_slices_tell_the_full_shape() -> None:
    """Of a slice the shape of the whole is known; equal names at the end are stored once."""
    graph = graph_of(("p", "p0"), ("p", "p1"), slices=("4 6 0,2:-", "4 6 2,2:-"))
    del graph.graph_def.node[2].attr["value"].tensor.string_val[1]
    assert [(one.key, one.shape) for one in iter_saved(graph)] == [("p", (4, 6))] * 2
    for text in ("", "x y -", "-"):
        odd = graph_of(("p", "p0"), slices=(text,))
        assert [one.shape for one in iter_saved(odd)] == [None]


def test_names_of_variables_where_keys_differ() -> None:
    """A renamed variable has its own name, a partitioned one that of the whole."""
    graph = graph_of(("x", "w"), ("y", "part/0"), ("y", "part/1"), ("same", "same"))
    add_variable(graph, "w")
    add_variable(graph, "part/0", full_name="part")
    add_variable(graph, "part/1", full_name="part")
    add_variable(graph, "same", is_trainable=False)
    names = read_graph_names([graph], "x.meta")
    assert names.variables == {"x": "w", "y": "part"}
    assert names.trainable == {"w", "part"}
    naming = names.naming(["x", "y", "same"])
    assert naming("x", FLOAT) == ("w", "weight")
    assert naming("y", FLOAT) == ("part", "weight")
    assert naming("same", FLOAT) == ("same", "state")


def test_slots_are_told_by_the_variable_s_name() -> None:
    """A key that looks like a slot's is none if its variable is not, and the other way round."""
    names = GraphNames({"w/Adam": "w", "z": "w/Momentum"}, frozenset({"w"}))
    naming = names.naming(["w/Adam", "z"])
    assert naming("w/Adam", FLOAT) == ("w", "weight")
    assert naming("z", FLOAT) == ("w/Momentum", "optimizer")


def test_known_names_spare_the_nodes() -> None:
    """Where each key is a variable's name the nodes are not looked at; TF2's graphs never are."""
    graph = graph_of(("x", "w"))
    add_variable(graph, "w")
    assert read_graph_names([graph], "p", ["w"]).variables == {}
    assert read_graph_names([graph], "p", ["w", "x"]).variables == {"x": "w"}
    graph.object_graph_def.nodes.add()
    assert read_graph_names([graph], "p").variables == {}


def test_without_collections_roles_are_guessed() -> None:
    """No list of variables is another thing than an empty list of trained ones."""
    assert read_graph_names([graph_of(("x", "w"))], "p").trainable is None
    graph = graph_of()
    add_variable(graph, "w", is_trainable=False)
    assert read_graph_names([graph], "p").trainable == frozenset()
    assert NO_GRAPH.naming(["w", "w/Adam"])("w/Adam", FLOAT) == ("w/Adam", "optimizer")


def test_variables_without_a_saver() -> None:
    """What a Saver made from the graph would store: each variable under its full name."""
    graph = meta_graph_class()()
    add_variable(graph, "part/0", full_name="part")
    add_variable(graph, "w")
    found = [(one.key, one.shape) for one in iter_variables(graph, "p")]
    assert found == [("part", (4, 6)), ("w", None)]


def test_a_broken_collection_is_told() -> None:
    """An entry that is no VariableDef names the file."""
    graph = graph_of()
    graph.collection_def["variables"].bytes_list.value.append(b"\xff\xff")
    with pytest.raises(FormatError, match=r"x\.meta, a variable"):
        read_graph_names([graph], "x.meta")
