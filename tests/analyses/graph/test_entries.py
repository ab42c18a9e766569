"""Where signatures lead to, what is plumbing, and what a graph's document says of both."""

from __future__ import annotations

import numpy as np

from tensorboard_plugin_modelinspect.analyses.graph.analysis import PLUMBING, GraphAnalysis
from tensorboard_plugin_modelinspect.analyses.graph.document import make_document
from tests.analyses.graph.test_variables import Library, resource
from tests.support.graph_writer import GraphWriter
from tests.support.graphs import add_typed, analyse, analyse_model
from tests.support.saved_model_writer import SavedModelWriter


def model_with_wrapper() -> SavedModelWriter:
    """A signature whose function only calls another one, with inputs and outputs swapped."""
    model = SavedModelWriter()
    model.add_variable("w", np.zeros((2, 3), np.float32))
    library = Library(model)
    inner, outer = library.function("inner"), library.function("outer")
    for name in ("first", "second"):
        inner.signature.input_arg.add(name=name, type=1)
    resource(inner, "weights")
    library.add("read", "ReadVariableOp", "weights", function=inner)
    library.add("sum", "AddV2", "first", "second", function=inner)
    for name, text in (("p", "sum:z:0"), ("q", "first")):
        inner.signature.output_arg.add(name=name, type=1)
        inner.ret[name] = text
    for name in ("b", "a"):
        outer.signature.input_arg.add(name=name, type=1)
    resource(outer, "captured")
    inputs = ("a", "b", "captured")
    add_typed(library, "call", "PartitionedCall", *inputs, into=outer, f={"function": "inner"})
    library.add("Identity", "Identity", "call:output:1", function=outer)
    for name, text in (("r", "Identity:output:0"), ("s", "call:output:0")):
        outer.signature.output_arg.add(name=name, type=1)
        outer.ret[name] = text
    for name in ("in_b", "in_a"):
        library.add(name, "Placeholder")
    library.add("w", "VarHandleOp")
    library.add("idle", "ReadVariableOp", "w")
    library.add("saver", "SaveV2", "idle")
    inputs = ("in_b", "in_a", "w")
    add_typed(library, "run", "StatefulPartitionedCall", *inputs, f={"function": "outer"})
    signature = model.graph.signature_def["serving_default"]
    signature.inputs["alpha"].name, signature.inputs["beta"].name = "in_a:0", "in_b:0"
    signature.outputs["out_q"].name, signature.outputs["out_p"].name = "run:0", "run:1"
    model.add_function("call", "outer")
    model.objects.concrete_functions["outer"].bound_inputs.append(1)
    return model


def test_signatures_lead_below_wrappers() -> None:
    """To the first function that does more than to call; keys follow inputs and outputs."""
    analysis = analyse_model(model_with_wrapper())
    [entry] = analysis.entries
    assert (entry.graph.id, entry.body.id, analysis.first) == ("outer", "inner", "inner")
    document = make_document(analysis, "inner")
    assert [(port.name, port.key) for port in document.inputs] == [
        ("first", "alpha"),
        ("second", "beta"),
    ]
    assert [(port.name, port.key) for port in document.outputs] == [("p", "out_p"), ("q", "out_q")]
    main = make_document(analysis, "")
    assert [(port.name, port.key) for port in main.inputs] == [("in_b", "beta"), ("in_a", "alpha")]
    assert {port.key for port in main.outputs} == {"out_p", "out_q"}
    assert analysis.cost(entry).parameters == 6
    assert analysis.count_ops(entry) == {
        "PartitionedCall": 1,
        "Identity": 1,
        "ReadVariableOp": 1,
        "AddV2": 1,
    }


def test_which_graph_is_opened() -> None:
    """That of `serving_default` before others; without signatures the one that computes most."""
    model = model_with_wrapper()
    model.graph.signature_def["a_first"].outputs["y"].name = "in_a:0"
    assert analyse_model(model).first == "inner"
    model.graph.ClearField("signature_def")
    library = Library(model)
    long = library.function("long")
    for number in range(9):
        library.add(f"n{number}", "NoOp", function=long)
    model.add_function("some", "long")
    model.add_function("other", "outer")
    assert analyse_model(model).first == "long"
    inner = next(one for one in library.proto.library.function if one.signature.name == "inner")
    relu = library.add("relu", "Relu", "sum:z:0", function=inner)
    relu.attr["_output_shapes"].list.shape.add().dim.add(size=5)
    assert analyse_model(model).first == "inner"
    model.graph.ClearField("object_graph_def")
    assert analyse_model(model).first == ""


def plumbing(analysis: GraphAnalysis) -> set[str]:
    """Names of the nodes of the main graph that are plumbing."""
    graph = analysis.graph("")
    flags = analysis.flags(graph)
    return {graph.name(node) for node in range(len(graph)) if flags[node] & PLUMBING}


def test_plumbing_of_tf2_is_what_no_signature_needs() -> None:
    """Nodes of the main graph, and functions that nothing else calls."""
    model = model_with_wrapper()
    library = Library(model)
    saver = library.function("save_all")
    library.add("n", "NoOp", function=saver)
    add_typed(library, "save", "StatefulPartitionedCall", f={"function": "save_all"})
    analysis = analyse_model(model)
    assert plumbing(analysis) == {"idle", "saver", "save"}
    assert analysis.plumbing_functions == {"save_all"}


def test_plumbing_of_tf1_is_told_by_edges() -> None:
    """First values, savers and groups of them; not what trains, and not a kept placeholder."""
    writer = GraphWriter()
    for name, op, *inputs in (
        ("x", "Placeholder"),
        ("v", "VariableV2"),
        ("shape", "Const"),
        ("random", "RandomUniform", "shape"),
        ("v/Assign", "Assign", "v", "random"),
        ("v/read", "Identity", "v"),
        ("unused/read", "Identity", "v"),
        ("y", "MatMul", "x", "v/read"),
        ("gradient", "Mul", "y", "rate"),
        ("rate", "Const"),
        ("train", "AssignSub", "v", "gradient"),
        ("copy", "Assign", "v", "y"),
        ("save/Const", "PlaceholderWithDefault", "save/filename"),
        ("save/filename", "Const"),
        ("save/names", "Const"),
        ("save/SaveV2", "SaveV2", "save/Const", "save/names", "save/names", "v"),
        ("save/RestoreV2", "RestoreV2", "save/Const", "save/names", "save/names"),
        ("save/Assign", "Assign", "v", "save/RestoreV2"),
        ("save/restore_all", "NoOp", "^save/Assign"),
        ("init", "NoOp", "^v/Assign"),
        ("all", "NoOp", "^init", "^save/restore_all"),
        ("step", "NoOp", "^train", "^init"),
    ):
        writer.add(name, op, *inputs)
    assert plumbing(analyse(writer)) == {
        "shape",
        "random",
        "v/Assign",
        "unused/read",
        "save/Const",
        "save/filename",
        "save/names",
        "save/SaveV2",
        "save/RestoreV2",
        "save/Assign",
        "save/restore_all",
        "init",
        "all",
    }


def test_a_graph_without_signatures_has_its_placeholders() -> None:
    """Its inputs are what has to be fed."""
    writer = GraphWriter()
    writer.add("x", "Placeholder")
    writer.add("y", "Relu", "x")
    document = make_document(analyse(writer), "")
    assert [port.name for port in document.inputs] == ["x"]
