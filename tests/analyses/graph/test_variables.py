"""Variables joined to nodes: by captures, through calls, by what saves them."""

from __future__ import annotations

import numpy as np

from tensorboard_plugin_modelinspect.analyses.graph import variables
from tensorboard_plugin_modelinspect.analyses.graph.analysis import READS, GraphAnalysis
from tests.support.graph_writer import GraphWriter
from tests.support.graphs import add_typed, analyse, analyse_model, node_numbers
from tests.support.saved_model_writer import SavedModelWriter

W, B = "w/.ATTRIBUTES/VARIABLE_VALUE", "b/.ATTRIBUTES/VARIABLE_VALUE"


class Library(GraphWriter):
    """The graph of a SavedModel, written as a lone one is."""

    def __init__(self, model: SavedModelWriter) -> None:
        self.proto = model.graph.graph_def


def two_variables() -> tuple[SavedModelWriter, Library]:
    """A model with the variables w (object 1) and b (object 2)."""
    model = SavedModelWriter()
    model.add_variable("w", np.zeros((2, 3), np.float32))
    model.add_variable("b", np.zeros(3, np.float32))
    return model, Library(model)


def readers(analysis: GraphAnalysis, graph_id: str) -> dict[str | None, list[str]]:
    """Names of readers by the key of what they read."""
    graph = analysis.graph(graph_id)
    return {
        analysis.variables[number].key: [graph.name(node) for node in nodes]
        for number, nodes in analysis.graph_variables(graph).readers.items()
        if nodes
    }


def resource(function, name: str) -> None:
    """Add an argument that is a resource."""
    function.signature.input_arg.add(name=name, type=20)


def test_captures_are_the_last_arguments() -> None:
    """Objects by number, in the order of the arguments; a call of a reader is a reader."""
    model, library = two_variables()
    inner, outer = library.function("inner"), library.function("outer")
    for function in (inner, outer):
        function.signature.input_arg.add(name="x", type=1)
    for name in ("first", "second"):
        resource(inner, name)
        resource(outer, name)
    library.add("read", "ReadVariableOp", "second", function=inner)
    library.add("assign", "AssignVariableOp", "first", "x", function=inner)
    library.add("pass", "Identity", "second", function=outer)
    call = ["x", "pass:output:0", "first"]
    add_typed(library, "call", "PartitionedCall", *call, into=outer, f={"function": "inner"})
    model.add_function("call", "outer")
    model.objects.concrete_functions["outer"].bound_inputs.extend([1, 2])
    library.add("w", "VarHandleOp")
    library.add("b", "VarHandleOp")
    library.add("x", "Placeholder")
    add_typed(library, "run", "StatefulPartitionedCall", "x", "w", "b", f={"function": "outer"})
    analysis = analyse_model(model)
    # outer passes b as inner's first argument, which is assigned, and w as its second.
    assert readers(analysis, "inner") == {W: ["read"]}
    assert readers(analysis, "outer") == {W: ["call"]}
    assert readers(analysis, "") == {W: ["run"]}
    main = analysis.graph("")
    stands = {
        main.name(node): [analysis.variables[number].key for number in numbers]
        for node, numbers in analysis.graph_variables(main).stands.items()
    }
    assert stands == {"w": [W], "b": [B]}
    assert analysis.unread == [B]
    assert (
        analysis.flags(analysis.graph("inner"))[node_numbers(analysis.graph("inner"))["read"]]
        & READS
    )


def test_one_function_for_two_variables() -> None:
    """An argument may be several variables; each is read."""
    model, library = two_variables()
    function = library.function("f")
    resource(function, "v")
    library.add("read", "ReadVariableOp", "v", function=function)
    outer = library.function("outer")
    for name in ("a", "b"):
        resource(outer, name)
        add_typed(library, f"of_{name}", "PartitionedCall", name, into=outer, f={"function": "f"})
    model.add_function("call", "outer")
    model.objects.concrete_functions["outer"].bound_inputs.extend([1, 2])
    analysis = analyse_model(model)
    assert readers(analysis, "f") == {W: ["read"], B: ["read"]}
    assert readers(analysis, "outer") == {W: ["of_a"], B: ["of_b"]}


def test_handles_go_round_in_loops_and_circles() -> None:
    """A loop gives its handle on; functions that call each other end."""
    model, library = two_variables()
    body, outer = library.function("body"), library.function("outer")
    resource(body, "v")
    library.add("read", "ReadVariableOp", "v", function=body)
    add_typed(library, "again", "PartitionedCall", "v", into=body, f={"function": "body"})
    resource(outer, "v")
    add_typed(library, "loop", "While", "v", into=outer, body={"function": "body"})
    library.add("after", "ReadVariableOp", "loop:output:0", function=outer)
    model.add_function("call", "outer")
    model.objects.concrete_functions["outer"].bound_inputs.extend([1])
    analysis = analyse_model(model)
    assert readers(analysis, "body") == {W: ["read", "again"]}
    assert readers(analysis, "outer") == {W: ["loop", "after"]}


def test_many_meanings_and_many_steps_are_bounded(monkeypatch) -> None:
    """What cannot be followed is left out, and nothing breaks."""
    monkeypatch.setattr(variables, "_MOST_STEPS", 1)
    monkeypatch.setattr(variables, "_MOST_MEANINGS", 1)
    test_model, library = two_variables()
    function = library.function("f")
    resource(function, "v")
    library.add("read", "ReadVariableOp", "v", function=function)
    for name in ("w", "b"):
        library.add(name, "VarHandleOp")
        add_typed(library, f"call_{name}", "PartitionedCall", name, f={"function": "f"})
    analysis = analyse_model(test_model)
    assert len(readers(analysis, "f")) <= 1


def saved_under(*keys: str) -> SavedModelWriter:
    """A model of TF1: variables `one` and `two` that are saved under other names."""
    model = SavedModelWriter()
    model.graph.ClearField("object_graph_def")
    library = Library(model)
    for key in keys:
        model.bundle.add(key, np.zeros(2, np.float32))
    library.add("one", "VariableV2")
    library.add("one/read", "Identity", "one")
    library.add("two", "VarHandleOp")
    library.add("two/Read", "ReadVariableOp", "two")
    library.add("copy", "Identity", "two/Read")
    library.add("y", "AddV2", "one/read", "copy")
    names = library.add("save/names", "Const").attr["value"].tensor
    names.dtype = 7
    names.tensor_shape.dim.add(size=len(keys))
    names.string_val.extend(key.encode() for key in keys)
    library.add("save/SaveV2", "SaveV2", "prefix", "save/names", "slices", "one", "copy")
    return model


def test_names_of_what_saves() -> None:
    """The list of names of a save op counts, not what the variables are called."""
    analysis = analyse_model(saved_under("k1", "k2"))
    assert readers(analysis, "") == {"k1": ["one/read"], "k2": ["two/Read"]}


def test_names_of_variables_if_nothing_else_tells() -> None:
    """A variable that is saved under no known name is known by its own, or by none."""
    model = saved_under("one", "x")
    model.graph.graph_def.node[-1].ClearField("input")
    analysis = analyse_model(model)
    assert readers(analysis, "") == {"one": ["one/read"], None: ["two/Read"]}


def test_saving_and_assigning_is_no_reading() -> None:
    """A variable that is only written and saved has no reader; adding to it reads."""
    writer = GraphWriter()
    for name in ("v", "counter"):
        writer.add(name, "VariableV2")
    writer.add("v/Assign", "Assign", "v", "x")
    writer.add("save", "SaveV2", "p", "n", "s", "v")
    writer.add("add", "AssignAdd", "counter", "x")
    analysis = analyse(writer)
    found = analysis.graph_variables(analysis.graph("")).readers
    names = {analysis.variables[number].name: nodes for number, nodes in found.items()}
    assert names == {"v": [], "counter": [4]}


def test_weights_of_a_frozen_graph() -> None:
    """Constants that are weights are variables; their parameters belong to the first reader."""
    writer = GraphWriter()
    writer.constant("w", np.zeros((2, 3), np.float32))
    writer.add("w/read", "Identity", "w")
    writer.constant("axis", np.array(1, np.int32))
    writer.add("y", "MatMul", "x", "w/read")
    writer.add("z", "Sum", "w", "axis")
    analysis = analyse(writer)
    graph = analysis.graph("")
    assert readers(analysis, "") == {"w": ["w/read", "z"]}
    assert analysis.parameters(graph) == {1: 6}


def test_sizes_of_variables_without_a_tensor() -> None:
    """As their node says."""
    writer = GraphWriter()
    add_typed(writer, "v", "VarHandleOp", shape={"shape": (2, 3)}).attr["dtype"].type = 2
    writer.add("r", "ReadVariableOp", "v")
    [variable] = analyse(writer).variables
    assert variable == variables.Variable(None, "v", 48, 6)
