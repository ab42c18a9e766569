"""Graphs of real models: counts are those of the protobuf, and every variable has a reader.

`truth/…/summary.json` has the counts of nodes, functions and ops, straight from the protobuf. Edges
are counted here, from the same messages.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorboard_plugin_modelinspect as mi
from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.analyses.graph.document import make_document
from tensorboard_plugin_modelinspect.codecs.protos import (
    graph_class,
    message_class,
    meta_graph_class,
    parse_text_message,
)
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.graph import INPUT, OUTPUT
from tensorboard_plugin_modelinspect.opening import recognise
from tensorboard_plugin_modelinspect.sources.walk import list_folder

CORPUS = Path(os.environ.get("MODELINSPECT_CORPUS", "/nonexistent"))
DATA, TRUTH = CORPUS / "data", CORPUS / "truth"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.xdist_group("real graphs"),  # one process analyses each
    pytest.mark.skipif(not DATA.is_dir(), reason="MODELINSPECT_CORPUS names no folder with data/"),
]


def list_artifacts() -> list[Path]:
    """Whatever may have a graph."""
    found = []
    for root, _, _ in os.walk(DATA):
        for candidate in recognise(list_folder(os.path.realpath(root))):
            found.append(Path(root, candidate.name) if candidate.name else Path(root))
    return sorted(found)


def key_of(path: Path) -> str:
    """Path below the data folder."""
    return path.relative_to(DATA).as_posix()


ARTIFACTS = list_artifacts()


@pytest.fixture(scope="module", params=ARTIFACTS, ids=[key_of(path) for path in ARTIFACTS])
def analysis(request: pytest.FixtureRequest) -> GraphAnalysis:
    """The graphs of one artifact; skipped where it has none or cannot be opened."""
    try:
        artifact = mi.open(request.param)
    except mi.errors.ModelInspectError:
        pytest.skip("cannot be opened")
    if artifact.graphs is None:
        pytest.skip("has no graph")
    return GraphAnalysis(artifact)


def stored_graphs(artifact: Artifact) -> list[Any]:
    """The GraphDefs of an artifact, as protobuf parses them."""
    path = Path(artifact.path)
    if artifact.kind == "saved_model":
        text = path / "saved_model.pbtxt"
        binary = path / "saved_model.pb"
        kind = message_class("SavedModel")
        if binary.exists():
            return [meta.graph_def for meta in kind.FromString(binary.read_bytes()).meta_graphs]
        parsed = parse_text_message(kind, text.read_bytes(), path=str(text))
        return [meta.graph_def for meta in parsed.meta_graphs]
    if artifact.kind == "graph_def":
        data = path.read_bytes()
        if artifact.format == "text":
            return [parse_text_message(graph_class(), data, path=str(path))]
        return [graph_class().FromString(data)]
    prefix = artifact.path.removesuffix(".meta").partition("-?????-of-")[0]
    return [meta_graph_class().FromString(Path(f"{prefix}.meta").read_bytes()).graph_def]


def counts(nodes: Any) -> tuple[int, int, int]:
    """Nodes, data edges and control edges."""
    inputs = [text.startswith("^") for node in nodes for text in node.input]
    return len(nodes), inputs.count(False), inputs.count(True)


def test_counts_are_those_of_the_protobuf(analysis: GraphAnalysis) -> None:
    """Of each main graph and function: nodes, ops, data and control edges; none is lost."""
    graphs = analysis.graphs
    if not graphs.mains:
        assert graphs.layers or analysis.artifact.kind in ("keras", "h5")
        return
    stored = stored_graphs(analysis.artifact)
    for main, proto in zip(graphs.mains, stored, strict=True):
        pairs = [(main, proto.node, 0)]
        pairs += [
            (graphs.functions[one.signature.name], one.node_def, len(one.signature.output_arg))
            for one in proto.library.function
        ]
        for graph, nodes, results in pairs:
            count, data, control = counts(nodes)
            assert graph.stored_count == count
            assert len(graph.edges.sources) == data + results
            assert len(graph.control.sources) == control
            assert not graph.dangling + graph.repeated
            ops = Counter(graphs.kinds[kind].op for kind in graph.kinds.tolist())
            assert {op: n for op, n in ops.items() if op not in (INPUT, OUTPUT)} == Counter(
                node.op for node in nodes
            )
            first = graph.argument_count
            names = [graph.name(number) for number in range(first, first + count)]
            assert names == [node.name for node in nodes]


def list_summaries() -> Iterator[tuple[Path, Any]]:
    """Recorded counts of SavedModels and lone graphs."""
    for file in sorted(TRUTH.rglob("summary.json")):
        folder = DATA / file.parent.relative_to(TRUTH)
        for name, summary in json.loads(file.read_text()).get("graphs", {}).items():
            yield folder / name, summary


def test_counts_are_those_that_were_recorded() -> None:
    """Nodes and ops of lone graphs, as another program counted them."""
    seen = 0
    for path, summary in list_summaries():
        artifact = mi.open(path)
        assert artifact.graphs is not None
        graphs = artifact.graphs.read()
        assert len(graphs.mains[0]) == summary["nodes"]
        assert len(graphs.functions) == summary["functions"]
        kinds = graphs.mains[0].kinds.tolist()
        assert Counter(graphs.kinds[kind].op for kind in kinds) == Counter(summary["ops"])
        seen += 1
    assert seen


def test_every_variable_has_a_reader_or_is_unread(analysis: GraphAnalysis) -> None:
    """No tensor of a model is lost: something reads it, or it is listed; weights are read."""
    tensors = analysis.artifact.tensors
    read = {
        analysis.variables[number].key
        for graph in analysis.all_graphs
        for number, nodes in analysis.graph_variables(graph).readers.items()
        if nodes
    }
    originals = {tensors[key].alias_of or key for key in read if key is not None}
    unread = set(analysis.unread)
    roles = ("weight", "state", "optimizer", "counter")
    for key, tensor in tensors.items():
        if tensor.role in roles and analysis.graphs.mains:
            assert key in unread or (tensor.alias_of or key) in originals, key
    if analysis.graphs.entries and analysis.graphs.entries[0].captures:
        weights = [key for key, tensor in tensors.items() if tensor.role == "weight"]
        assert not unread & set(weights)


def test_documents_fit_together(analysis: GraphAnalysis) -> None:
    """Of every graph: the columns have one length, and costs are no nonsense."""
    for graph in analysis.all_graphs:
        document = make_document(analysis, graph.id)
        count = len(graph)
        assert len(document.op_of) == len(document.flags) == len(document.flops) == count
        assert len(document.type_of) == len(graph.edges.sources)
        assert all(-1 <= number < len(document.types) for number in document.type_of)
        assert all(flops is None or flops >= 0 for flops in document.flops)
        for nodes in (document.calls.nodes, document.variables.nodes):
            assert all(0 <= node < count for node in nodes)
        assert np.all(np.diff(graph.edges.targets) >= 0)


def test_signatures_lead_into_functions(analysis: GraphAnalysis) -> None:
    """What a signature of TF2 runs is a function; its inputs have their keys there."""
    for entry in analysis.entries:
        is_tf2 = bool(analysis.graphs.entries[0].captures)
        if entry.signature.is_internal or not is_tf2 or not entry.signature.outputs:
            continue
        assert entry.graph.kind == "function", entry.signature.key
        keys = set(analysis.port_keys(entry.body).inputs.values())
        assert {spec.key for spec in entry.signature.inputs} <= keys
