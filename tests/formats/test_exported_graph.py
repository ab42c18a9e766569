"""Functions of a SavedModel: which there are, and that no file makes too much of them."""

from __future__ import annotations

import pytest

from tensorboard_plugin_modelinspect.errors import FormatError, LimitExceeded, NotFound
from tensorboard_plugin_modelinspect.formats import exported_graph
from tensorboard_plugin_modelinspect.formats.exported_graph import read_exported_graphs
from tensorboard_plugin_modelinspect.model.function import Argument, Function
from tensorboard_plugin_modelinspect.sources.memory import MemoryFolder
from tests.support.saved_model_writer import SavedModelWriter


def functions_of(writer: SavedModelWriter) -> tuple[Function, ...]:
    (graph,) = read_exported_graphs(MemoryFolder(writer.files(), "export"))
    functions = graph.read_functions()
    assert functions is not None
    return functions


def test_functions_are_attributes_of_the_root() -> None:
    """Sorted by name; of two attributes with one name the last counts, as in loading."""
    writer = SavedModelWriter()
    writer.add_function("b", "first")
    writer.add_function("a", "second")
    writer.add_function("b", "third")
    functions = functions_of(writer)
    assert [(one.name, [trace.name for trace in one.traces]) for one in functions] == [
        ("a", ["second"]),
        ("b", ["third"]),
    ]


def test_functions_of_other_objects_are_left_out() -> None:
    """A function that only a child of the root has is not the model's."""
    writer = SavedModelWriter()
    writer.add_function("inner", "trace")
    child = writer.objects.nodes.add()
    child.children.add().CopyFrom(writer.root.children.pop())
    writer.root.children.add(node_id=len(writer.objects.nodes) - 1, local_name="child")
    assert functions_of(writer) == ()


def test_names_of_arguments_are_taken_where_there_is_no_signature() -> None:
    """Concrete functions of old versions have no more."""
    writer = SavedModelWriter()
    node = writer.objects.nodes.add()
    node.bare_concrete_function.concrete_function_name = "trace"
    node.bare_concrete_function.argument_keywords.extend(["x", "y"])
    writer.root.children.add(node_id=1, local_name="bare")
    (function,) = functions_of(writer)
    (trace,) = function.traces
    assert [argument.literal for argument in trace.arguments] == ["x", "y"]
    assert trace.keywords == ()


@pytest.mark.parametrize("saves", [[".TENSORS"], [".TENSORS", "other"], ["other"]])
def test_functions_that_save_the_root(saves: list[str]) -> None:
    """Loading makes two attributes of them, if nothing else saves it."""
    writer = SavedModelWriter()
    writer.add_function("f", "save")
    for name in saves:
        writer.root.saveable_objects[name].save_function = 1
        writer.root.saveable_objects[name].restore_function = 1
    names = [function.name for function in functions_of(writer)]
    both = ["_restore_from_tensors", "_serialize_to_tensors"]
    assert names == ([*both, "f"] if saves == [".TENSORS"] else ["f"])


def test_node_that_is_not_there_is_refused() -> None:
    """An attribute that names no node."""
    writer = SavedModelWriter()
    writer.root.children.add(node_id=99, local_name="f")
    with pytest.raises(FormatError, match="node 99"):
        functions_of(writer)


def test_object_graph_without_objects() -> None:
    """Nothing in it, no functions; that is not the same as none at all."""
    writer = SavedModelWriter()
    del writer.objects.nodes[:]
    assert functions_of(writer) == ()
    writer.graph.ClearField("object_graph_def")
    (graph,) = read_exported_graphs(MemoryFolder(writer.files(), "export"))
    assert graph.read_functions() is None


def test_functions_named_again_and_again_are_refused() -> None:
    """Thousands of attributes times thousands of traces are no more than their bytes times 16."""
    writer = SavedModelWriter()
    writer.add_function("f", *["trace"] * 1000)
    assert len(functions_of(writer)[0].traces) == 1000
    for number in range(20):
        writer.root.children.add(node_id=1, local_name=f"f{number}")
    with pytest.raises(LimitExceeded, match="again and again"):
        functions_of(writer)


def test_deep_values_are_refused() -> None:
    """A limit of ours, far below Python's."""
    writer = SavedModelWriter()
    writer.add_function("f", "trace")
    value = writer.objects.concrete_functions["trace"].canonicalized_input_signature
    for _ in range(102):
        value = value.tuple_value.values.add()
    # Not through a file: protobuf's own limit is lower, but not that of every version.
    with pytest.raises(LimitExceeded, match="100 deep"):
        exported_graph._functions(writer.graph, "export")


def test_values_of_a_kind_that_is_not_known() -> None:
    """A value of a newer TensorFlow, or none at all, is a value too."""
    writer = SavedModelWriter()
    writer.add_function("f", "trace")
    stored = writer.objects.concrete_functions["trace"].canonicalized_input_signature
    stored.tuple_value.values[0].tuple_value.values.add()
    (function,) = functions_of(writer)
    assert function.traces[0].arguments[1] == Argument("unknown")


def test_ops_of_functions_that_are_called() -> None:
    """By name or by a call's `f`; those of functions that nobody calls are left out."""
    writer = SavedModelWriter()
    nodes, library = writer.graph.graph_def.node, writer.graph.graph_def.library.function
    for name, op in (("by_name", "Abs"), ("by_call", "Neg"), ("never", "Exp"), ("inner", "Log")):
        function = library.add()
        function.signature.name = name
        function.node_def.add(name="a", op=op)
    library[1].node_def.add(name="b", op="inner")
    library[3].node_def.add(name="c", op="by_call")
    nodes.add(name="x", op="by_name")
    nodes.add(name="y", op="PartitionedCall").attr["f"].func.name = "by_call"
    nodes.add(name="z", op="While").attr["body"].func.name = "never"
    (graph,) = read_exported_graphs(MemoryFolder(writer.files(), "export"))
    assert graph.read_ops() == ("Abs", "Log", "Neg", "PartitionedCall", "While")


def test_folder_without_a_model() -> None:
    """The message names the folder."""
    with pytest.raises(NotFound, match=r"export: no saved_model\.pb"):
        read_exported_graphs(MemoryFolder({}, "export"))
