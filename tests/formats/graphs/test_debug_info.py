"""Lines of the program that made a node, from a SavedModel's debug information."""

from __future__ import annotations

from tensorboard.compat.proto import graph_debug_info_pb2

from tensorboard_plugin_modelinspect.formats.saved_model import open_saved_model
from tensorboard_plugin_modelinspect.model.graph import SourceLine
from tensorboard_plugin_modelinspect.sources.memory import MemoryFolder
from tests.support.saved_model_writer import SavedModelWriter

PATH = "debug/saved_model_debug_info.pb"


def lines(debug: bytes | None, name: str, graph_id: str) -> tuple[SourceLine, ...]:
    """Where a node of a model with that debug information was made."""
    model = SavedModelWriter()
    model.add_signature("s", inputs={"x": (1, ())}, outputs={"y": (1, ())})
    files = model.files() | ({} if debug is None else {PATH: debug})
    source = open_saved_model(MemoryFolder(files, "model")).graphs
    assert source is not None
    graphs = source.read()
    graph = graphs.functions[graph_id] if graph_id else graphs.mains[0]
    names = [graph.name(node) for node in range(len(graph))]
    return source.read_node(graph, names.index(name)).lines


def test_traces_in_either_form() -> None:
    """By name of node and function; the innermost call is stored first, and given last."""
    info = graph_debug_info_pb2.GraphDebugInfo(files=["a.py", "b.py"])
    trace = info.traces["s_x@"]
    trace.file_line_cols.add(file_index=1, line=20, func="inner")
    trace.file_line_cols.add(file_index=0, line=10, func="outer")
    info.name_to_trace_id["Identity@__inference_s"] = 7
    info.traces_by_id[7].frame_id.extend([3, 99])
    info.frames_by_id[3].CopyFrom(trace.file_line_cols[0])
    info.frames_by_id[3].file_index = 5
    data = info.SerializeToString()
    assert lines(data, "s_x", "") == (
        SourceLine("a.py", 10, "outer"),
        SourceLine("b.py", 20, "inner"),
    )
    assert lines(data, "Identity", "__inference_s") == (SourceLine("", 20, "inner"),)
    assert lines(data, "s", "") == ()


def test_without_debug_information() -> None:
    """None, and damaged: nodes have no lines."""
    assert lines(None, "s_x", "") == ()
    assert lines(b"\xff\xff", "s_x", "") == ()
