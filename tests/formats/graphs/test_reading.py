"""Graphs as columns: nodes, names, edges, functions, and what becomes of damaged ones."""

from __future__ import annotations

import numpy as np
import pytest

import tensorboard_plugin_modelinspect as mi
from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.formats.graphs import reading
from tensorboard_plugin_modelinspect.formats.graphs.handle import FileGraphs
from tensorboard_plugin_modelinspect.formats.graphs.nodes import NodeFile
from tensorboard_plugin_modelinspect.formats.graphs.reading import read_graphs
from tensorboard_plugin_modelinspect.model.dtype import DTYPES
from tensorboard_plugin_modelinspect.model.graph import (
    HANDLE_SHAPE,
    Graph,
    Graphs,
    Omitted,
    ShapeValue,
)
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.sources.memory import MemoryFile
from tests.support.corpus import recorded
from tests.support.graph_writer import GraphWriter, typical_graph
from tests.support.saved_model_writer import SavedModelWriter


def handle(graph: GraphWriter) -> FileGraphs:
    """The graphs of a lone GraphDef."""
    data = graph.binary()
    return FileGraphs(lambda: MemoryFile(data, "graph.pb"), "GraphDef")


def edges(graph: Graph) -> list[tuple[str, int, str, int]]:
    """Data edges by name."""
    return [
        (graph.name(source), port, graph.name(target), slot)
        for source, port, target, slot in np.stack(graph.edges, axis=1).tolist()
    ]


def control(graph: Graph) -> list[tuple[str, str]]:
    """Control edges by name."""
    return [(graph.name(a), graph.name(b)) for a, b in np.stack(graph.control, axis=1).tolist()]


def names(graph: Graph) -> list[str]:
    """Names of the nodes, in their order."""
    return [graph.name(node) for node in range(len(graph))]


def test_nodes_and_edges_of_a_main_graph() -> None:
    """In file order, with ports and slots; a control input counts as no slot."""
    writer = GraphWriter()
    writer.add("x", "Placeholder")
    writer.add("split", "Split", "x", "x")
    writer.add("sum", "AddV2", "split:1", "split", "^x")
    graph = handle(writer).read().mains[0]
    assert (graph.id, graph.kind, graph.tags) == ("", "main", ())
    assert names(graph) == ["x", "split", "sum"]
    assert edges(graph) == [
        ("x", 0, "split", 0),
        ("x", 0, "split", 1),
        ("split", 1, "sum", 0),
        ("split", 0, "sum", 1),
    ]
    assert control(graph) == [("x", "sum")]


def test_inputs_of_later_nodes_stand_in_order() -> None:
    """A loop refers to what comes after it; edges are in the order of targets and slots."""
    writer = GraphWriter()
    writer.add("merge", "Merge", "enter", "next", "^next")
    writer.add("enter", "Enter", "next")
    writer.add("next", "NextIteration", "merge:1")
    graph = handle(writer).read().mains[0]
    assert edges(graph) == [
        ("enter", 0, "merge", 0),
        ("next", 0, "merge", 1),
        ("next", 0, "enter", 0),
        ("merge", 1, "next", 0),
    ]
    assert control(graph) == [("next", "merge")]


def test_functions_have_arguments_results_and_named_outputs() -> None:
    """`node:output:0` finds its port by the op's outputs; unknown ops count from 0."""
    writer = GraphWriter()
    function = writer.function("f")
    argument = function.signature.input_arg.add(name="x", type=20)
    argument.handle_data.add(dtype=1).shape.dim.add(size=3)
    function.signature.output_arg.add(name="y", type=1)
    function.signature.output_arg.add(name="z", type=1)
    function.signature.output_arg.add(name="lost", type=1)
    writer.add("norm", "FusedBatchNormV3", "x", "x", function=function)
    parts = writer.add("parts", "Split", "norm:batch_variance:0", function=function)
    parts.attr["num_split"].i = 2
    writer.add("custom", "Unheard", "parts:output:1", "norm:y:0", function=function)
    function.ret["y"] = "custom:anything:2"
    function.ret["z"] = "x"
    function.control_ret["done"] = "custom"
    graphs = handle(writer).read()
    graph = graphs.functions["f"]
    assert (graph.argument_count, graph.result_count, graph.stored_count) == (1, 3, 3)
    assert names(graph) == ["x", "norm", "parts", "custom", "y", "z", "lost"]
    assert edges(graph) == [
        ("x", 0, "norm", 0),
        ("x", 0, "norm", 1),
        ("norm", 2, "parts", 0),
        ("parts", 1, "custom", 0),
        ("norm", 0, "custom", 1),
        ("custom", 2, "y", 0),
        ("x", 0, "z", 0),
    ]
    assert (graph.dangling, graph.dangling_examples) == (1, ("lost: ",))
    assert graph.effects == (3,)
    attributes = graphs.kinds[graph.kinds[0]].attributes
    assert attributes[HANDLE_SHAPE] == ShapeValue((3,))


def test_functions_without_a_name_of_their_own_are_left_out() -> None:
    """Graphs go by their names, and the main graph by an empty one."""
    writer = GraphWriter()
    for name in ("", "f", "f"):
        writer.function(name)
    graphs = handle(writer).read()
    assert list(graphs.functions) == ["f"]
    assert graphs.notes == ("2 functions have no name, or that of an earlier graph: left out.",)


def test_calls_by_name_have_the_outputs_of_the_function() -> None:
    """Where a node's op is a function of the library, its results name the ports."""
    writer = GraphWriter()
    callee, caller = writer.function("callee"), writer.function("caller")
    for name in ("first", "second"):
        callee.signature.output_arg.add(name=name, type=1)
    writer.add("call", "callee", function=caller)
    writer.add("use", "Identity", "call:second:0", function=caller)
    assert edges(handle(writer).read().functions["caller"]) == [("call", 1, "use", 0)]


def test_scopes_and_nodes_share_entries() -> None:
    """`a` is one entry, whether the node or what is below it comes first."""
    writer = GraphWriter()
    for name in ("a/b", "a", "c", "c/d", "a/b/e", "/x", "y/", "p//q", "deep/" * 300 + "leaf"):
        writer.add(name, "NoOp")
    graph = handle(writer).read().mains[0]
    assert names(graph) == [node.name for node in writer.proto.node]
    assert len(set(graph.nodes.tolist())) == len(graph)
    paths = [graph.names.path(entry) for entry in range(len(graph.names.leaves))]
    paths = [path for path in paths if path]  # the scope of `/x` has no name, as the root
    assert len(set(paths)) == len(paths)
    assert all(parent < entry for entry, parent in enumerate(graph.names.parents.tolist()))


def test_equal_names_keep_their_nodes() -> None:
    """A second node of a name is there, with an entry of its own; inputs mean the first."""
    writer = GraphWriter()
    for _ in range(2):
        writer.add("s/x", "NoOp")
    writer.add("y", "Identity", "s/x")
    graph = handle(writer).read().mains[0]
    assert names(graph) == ["s/x", "s/x", "y"]
    assert graph.nodes[0] != graph.nodes[1]
    assert graph.repeated == 1
    assert graph.edges.sources.tolist() == [0]


def test_names_that_are_no_text_stay_what_they_are() -> None:
    """Control characters and bytes that are no UTF-8."""
    writer = GraphWriter()
    writer.add("a\x1b[2J\n", "NoOp", "^a\x1b[2J\n")
    writer.add("PLACE", "NoOp")
    data = writer.binary().replace(b"PLACE", b"PL\xff\xfeE")
    graph = FileGraphs(lambda: MemoryFile(data, "g.pb"), "GraphDef").read().mains[0]
    assert names(graph) == ["a\x1b[2J\n", "PL\udcff\udcfeE"]


@pytest.mark.parametrize("text", ["nowhere", "x:y", "x:-1", "x:99999999999", "", "^nowhere", "x:"])
def test_inputs_that_lead_nowhere_are_counted(text: str) -> None:
    """A node that does not exist, or a port that is none, is no edge; a few are named."""
    writer = GraphWriter()
    writer.add("x", "NoOp")
    for number in range(20):
        writer.add(f"n{number}", "NoOp", text)
    graph = handle(writer).read().mains[0]
    if text == "x:":
        assert len(graph.edges.sources) == 20
        return
    assert not len(graph.edges.sources) + len(graph.control.sources)
    assert graph.dangling == 20
    assert graph.dangling_examples[0] == f"n0: {text}"
    assert len(graph.dangling_examples) == 10


def test_nodes_of_one_kind_share_it() -> None:
    """Equal op and attributes are one kind, whatever the names, devices and inputs."""
    writer = GraphWriter()
    for number in range(5):
        writer.add(f"n{number}", "Relu", *([f"n{number - 1}"] if number else ()))
    writer.proto.node[3].device = "/device:GPU:0"
    graphs = handle(writer).read()
    graph = graphs.mains[0]
    assert len(graphs.kinds) == 1
    assert graphs.kinds[0].op == "Relu"
    assert graphs.kinds[0].attributes["T"] == DTYPES[1]
    assert [graphs.devices[device] for device in graph.devices.tolist()] == [
        *[""] * 3,
        "/device:GPU:0",
        "",
    ]


def test_large_values_are_left_out_but_can_be_read() -> None:
    """Neither a constant nor a node of megabytes is held; type and shape are."""
    writer = typical_graph()
    values = np.arange(300_000, dtype=np.float32)
    writer.constant("large", values)
    writer.constant("medium", values[:100])
    writer.proto.node[0].attr["text"].s = b"z" * 70_000
    source = handle(writer)
    graphs = source.read()
    graph = graphs.mains[0]
    for name, expected in (("large", values), ("medium", values[:100])):
        node = names(graph).index(name)
        kept = graphs.kinds[graph.kinds[node]].attributes["value"]
        assert isinstance(kept, Tensor)
        assert (kept.shape, kept.dtype.name) == (expected.shape, "float32")
        with pytest.raises(FormatError):
            kept.read()
        read = source.read_node(graph, node).attributes["value"]
        assert isinstance(read, Tensor)
        assert np.array_equal(read.read(), expected)
    assert graphs.kinds[graph.kinds[0]].attributes["text"] == Omitted(70_000)
    assert source.read_node(graph, 0).attributes["text"] == "z" * 70_000


def test_all_main_graphs_of_a_saved_model() -> None:
    """Each has an id of its own, by its tags; functions of a name are taken once."""
    writer = SavedModelWriter(tags=("serve",))
    writer.add_signature("s", inputs={}, outputs={"y": (1, ())})
    for tags in (("train", "serve"), ("train", "serve")):
        more = writer.proto.meta_graphs.add()
        more.CopyFrom(writer.graph)
        del more.meta_info_def.tags[:]
        more.meta_info_def.tags.extend(tags)
    data = writer.proto.SerializeToString()
    graphs, _ = read_graphs(NodeFile(MemoryFile(data, "m.pb")), "SavedModel")
    assert [main.id for main in graphs.mains] == ["", "main:serve,train", "main:serve,train#2"]
    assert list(graphs.functions) == ["__inference_s"]
    assert "2 functions" in graphs.notes[0]


def test_what_a_meta_graph_says_of_its_graph() -> None:
    """Saver, initialisers, captures, and which functions are plumbing."""
    writer = SavedModelWriter()
    writer.add_function("call", "__inference_call_1")
    writer.add_function("_initialize", "__inference_init_2")
    writer.objects.concrete_functions["__inference_call_1"].bound_inputs.extend([3, 4])
    writer.graph.saver_def.save_tensor_name = "save/control:0"
    writer.graph.saver_def.restore_op_name = "restore"
    init = writer.graph.signature_def["__saved_model_init_op"]
    init.outputs["__saved_model_init_op"].name = "NoOp"
    data = writer.proto.SerializeToString()
    graphs, _ = read_graphs(NodeFile(MemoryFile(data, "m.pb")), "SavedModel")
    entries = graphs.entries[0]
    assert entries.saver is not None
    assert (entries.saver.save, entries.saver.restore) == ("save/control", "restore")
    assert entries.initialisers == ("NoOp",)
    assert entries.captures["__inference_call_1"] == (3, 4)
    assert entries.plumbing == {"__inference_init_2"}
    assert entries.called == ("__inference_call_1",)


def test_too_many_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than any model has is refused, in functions too."""
    monkeypatch.setattr(reading, "_MOST_NODES", 3)
    writer = GraphWriter()
    for number in range(4):
        writer.add(f"n{number}", "NoOp", function=writer.function(f"f{number}"))
    with pytest.raises(FormatError, match="at most 3 nodes"):
        handle(writer).read()


def test_every_cut_is_an_error_of_ours() -> None:
    """Cut anywhere, or with a byte changed: columns or a FormatError."""
    data = typical_graph().binary()
    for stop in range(len(data)):
        for damaged in (data[:stop], data[:stop] + b"\xff" + data[stop + 1 :]):
            source = FileGraphs(lambda damaged=damaged: MemoryFile(damaged, "g.pb"), "GraphDef")
            try:
                graphs = source.read()
                for graph in (*graphs.mains, *graphs.functions.values()):
                    for node in range(len(graph)):
                        dict(source.read_node(graph, node).attributes)
                        dict(graphs.kinds[graph.kinds[node]].attributes)
            except FormatError:
                continue


@pytest.mark.parametrize("one", [one for one in recorded() if one.answers.get("kind")])
def test_every_artifact_with_a_graph_has_its_columns(one) -> None:
    """Counts of nodes are those that opening tells, for main graphs and functions."""
    try:
        artifact = mi.open(one.path)
    except mi.errors.ModelInspectError:
        return
    if artifact.graphs is None or artifact.kind in ("keras", "h5"):
        assert artifact.kind in ("checkpoint", "keras", "h5")
        return
    graphs: Graphs = artifact.graphs.read()
    assert [len(graph) for graph in graphs.mains] == [
        graph.node_count for graph in artifact.meta_graphs
    ]
    functions = {f.name: f.node_count for graph in artifact.meta_graphs for f in graph.functions}
    assert {g.id: g.stored_count for g in graphs.functions.values()} == functions
    assert not sum(graph.dangling for graph in (*graphs.mains, *graphs.functions.values()))
