"""Layers of Keras models as a graph: calls, nested and shared models, shapes, damage."""

from __future__ import annotations

import json
from typing import Any

import pytest

import tensorboard_plugin_modelinspect as mi
from tensorboard_plugin_modelinspect.formats.keras import dataflow
from tensorboard_plugin_modelinspect.formats.keras.config import LayerConfig
from tensorboard_plugin_modelinspect.formats.keras.layer_graphs import LayerGraphs
from tensorboard_plugin_modelinspect.model.artifact import Document
from tensorboard_plugin_modelinspect.model.graph import Graph, Graphs, ShapeValue
from tests.support.corpus import recorded


def layer(kind: str, name: str, *inbound: Any, **options: Any) -> dict[str, Any]:
    """A layer as Keras 3 writes it; `inbound` has an entry for each call."""
    entry = {"module": "keras.layers", "class_name": kind, "config": {"name": name, **options}}
    return {**entry, "name": name, "inbound_nodes": list(inbound)}


def tensor(name: str, call: int = 0, port: int = 0) -> dict[str, Any]:
    """A tensor in a call, as Keras 3 writes it."""
    config = {"shape": [None, 4], "dtype": "float32", "keras_history": [name, call, port]}
    return {"class_name": "__keras_tensor__", "config": config}


def call(*tensors: Any, **keywords: Any) -> dict[str, Any]:
    """A call as Keras 3 writes it."""
    return {"args": list(tensors), "kwargs": keywords}


def functional(name: str, entries: list[Any], inputs: Any, outputs: Any) -> dict[str, Any]:
    """A model whose layers say what they take."""
    options = {"name": name, "layers": entries, "input_layers": inputs, "output_layers": outputs}
    return {"module": "keras", "class_name": "Functional", "config": options}


def read(config: Any, name: str = "config.json") -> Graphs:
    """The graphs of a model with that config."""
    text = config if isinstance(config, str) else json.dumps(config)
    return LayerGraphs([Document(name, text)]).read()


def edges(graph: Graph) -> list[tuple[str, int, str, int]]:
    """Edges by name."""
    columns = zip(*(column.tolist() for column in graph.edges), strict=True)
    return [(graph.name(a), port, graph.name(b), slot) for a, port, b, slot in columns]


def names(graph: Graph) -> list[str]:
    """Names of the nodes."""
    return [graph.name(node) for node in range(len(graph))]


def test_a_sequence_is_a_chain() -> None:
    """Each layer takes what the one before gives; what it was built for is the shape of that."""
    entries = [
        {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, 8]}},
        {
            "class_name": "Dense",
            "config": {"name": "a"},
            "build_config": {"input_shape": [None, 8]},
        },
        {"class_name": "Mine", "module": "my.layers", "config": {"name": "b", "n": 3}},
        {"class_name": "Dense", "config": {"name": "c"}, "build_config": {"input_shape": [2, 5]}},
    ]
    graphs = read({"class_name": "Sequential", "config": {"name": "s", "layers": entries}})
    [graph] = graphs.layers
    assert (graph.id, graph.kind) == ("keras:layers", "layers")
    assert edges(graph) == [("x", 0, "a", 0), ("a", 0, "b", 0), ("b", 0, "c", 0)]
    kinds = [graphs.kinds[kind] for kind in graph.kinds.tolist()]
    assert [kind.op for kind in kinds] == ["InputLayer", "Dense", "Mine", "Dense"]
    assert kinds[0].attributes["_output_shapes"] == (ShapeValue((None, 8)),)
    assert kinds[2].attributes["_output_shapes"] == (ShapeValue((2, 5)),)
    assert kinds[2].attributes["n"] == 3
    assert kinds[2].attributes["module"] == "my.layers"
    assert graph.effects == (3,)


def test_calls_of_keras_3() -> None:
    """Tensors in arguments, nested and by keyword; several calls are several nodes."""
    entries = [
        layer("InputLayer", "x"),
        layer("Dense", "shared", call(tensor("x")), call(tensor("shared"))),
        layer("Add", "add", call([tensor("shared"), tensor("shared", 1)])),
        layer("MultiHeadAttention", "mha", call(tensor("add"), value=tensor("x"))),
    ]
    [graph] = read(functional("m", entries, ["x", 0, 0], [["mha", 0, 0]])).layers
    assert names(graph) == ["x", "shared", "shared:1", "add", "mha"]
    assert edges(graph) == [
        ("x", 0, "shared", 0),
        ("shared", 0, "shared:1", 0),
        ("shared", 0, "add", 0),
        ("shared:1", 0, "add", 1),
        ("add", 0, "mha", 0),
        ("x", 0, "mha", 1),
    ]
    assert graph.effects == (4,)


def test_calls_of_keras_2() -> None:
    """Lists, in any order, and tensors among the keywords."""
    entries = [
        layer("Add", "add", [["a", 0, 0, {}], ["b", 0, 1, {"mask": ["x", 0, 0]}]]),
        layer("Dense", "a", [["x", 0, 0, {}]]),
        layer("LSTM", "b", [["a", 0, 0]]),
        layer("InputLayer", "x"),
    ]
    for entry in entries:
        del entry["module"]
    [graph] = read(functional("m", entries, [["x", 0, 0]], [["add", 0, 0]]), "model_config").layers
    assert set(edges(graph)) == {
        ("x", 0, "a", 0),
        ("a", 0, "b", 0),
        ("a", 0, "add", 0),
        ("b", 1, "add", 1),
        ("x", 0, "add", 2),
    }


def test_models_inside_are_scopes() -> None:
    """What they are given goes to their inputs, what they give comes from their outputs."""
    inner = functional(
        "inner",
        [
            layer("InputLayer", "i"),
            layer("Dense", "p", call(tensor("i"))),
            layer("Dense", "q", call(tensor("i"))),
        ],
        [["i", 0, 0]],
        [["p", 0, 0], ["q", 0, 0]],
    )
    inner = {**inner, "name": "inner", "inbound_nodes": [call(tensor("x")), call(tensor("y"))]}
    entries = [
        layer("InputLayer", "x"),
        layer("InputLayer", "y"),
        inner,
        layer("Add", "add", call([tensor("inner", 0, 1), tensor("inner", 1, 0)])),
    ]
    [graph] = read(functional("m", entries, [["x", 0, 0], ["y", 0, 0]], ["add", 0, 0])).layers
    found = set(edges(graph))
    assert ("x", 0, "inner/i", 0) in found
    assert ("y", 0, "inner:1/i", 0) in found
    assert ("inner/q", 0, "add", 0) in found
    assert ("inner:1/p", 0, "add", 1) in found
    assert len(graph) == 3 + 2 * 3


def test_models_that_count_calls_from_one() -> None:
    """As Keras 2 does, since making such a model was a call as well."""
    inner = {
        "class_name": "Sequential",
        "config": {"name": "inner", "layers": [layer("Dense", "d")]},
        "name": "inner",
        "inbound_nodes": [[["x", 0, 0, {}]], [["inner", 1, 0, {}]]],
    }
    entries = [layer("InputLayer", "x"), inner, layer("Dense", "head", [["inner", 2, 0, {}]])]
    [graph] = read(functional("m", entries, [["x", 0, 0]], [["head", 0, 0]])).layers
    assert edges(graph) == [
        ("x", 0, "inner/d", 0),
        ("inner/d", 0, "inner:1/d", 0),
        ("inner:1/d", 0, "head", 0),
    ]


@pytest.mark.parametrize(
    "config",
    [
        functional("m", [layer("Dense", "a", call(tensor("a", 0)))], [], []),
        functional("m", [layer("Dense", "a", call(tensor("gone")))], 7, {"a": ["a", 0, 0]}),
        functional("m", [layer("Dense", "a", [["a", -1, "x"], 3, None])], [["a"]], None),
        functional("m", [layer("Dense", "a", "text"), layer("Dense", "a", {"args": 1})], [], [[]]),
        {"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {}}]},
    ],
)  # fmt: skip
def test_configs_that_make_no_sense(config: Any) -> None:
    """Every layer is a node all the same."""
    [graph] = read(config).layers
    assert len(graph) >= 1


@pytest.mark.parametrize(
    "text", ["", "no json", "[]", "{}", '{"class_name": "Dense", "config": {}}']
)
def test_other_documents(text: str) -> None:
    """No layers; what is no JSON is a note."""
    graphs = read(text)
    assert graphs.layers == ()
    assert bool(graphs.notes) == (text in ("", "no json", "[]"))


def test_too_deep_and_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """A note, and no graph."""
    config: Any = {"class_name": "Dense", "config": {"name": "d"}}
    for depth in range(30):
        options = {"name": f"s{depth}", "layers": [config]}
        config = {"class_name": "Sequential", "config": options}
    assert "20 deep" in read(config).notes[0]
    monkeypatch.setattr(dataflow, "_MOST_LAYERS", 3)
    entries = [{"class_name": "Dense", "config": {"name": f"d{number}"}} for number in range(4)]
    graphs = read({"class_name": "Sequential", "config": {"layers": entries}})
    assert graphs.layers == ()
    assert "at most 3 layers" in graphs.notes[0]


WITH_CONFIG = [one for one in recorded() if one.answers.get("kind") in ("keras", "h5")]


@pytest.mark.parametrize("one", WITH_CONFIG, ids=lambda one: one.id)
def test_layers_of_real_files(one) -> None:
    """Every layer of a config is a node, and each but inputs is joined to something."""
    try:
        artifact = mi.open(one.path)
    except mi.errors.ModelInspectError:
        return
    if artifact.graphs is None:
        return
    graphs = artifact.graphs.read()
    texts = [d.text for d in artifact.documents if d.name in ("config.json", "model_config")]
    config = LayerConfig(json.loads(texts[0]))
    wanted = {
        layer.name for layer in config.iter_layers() if layer.name and not layer.listed("layers")
    }
    if not wanted:
        assert graphs.layers == ()
        return
    [graph] = graphs.layers
    leaves = {graph.name(node).rpartition("/")[2].partition(":")[0] for node in range(len(graph))}
    assert wanted <= leaves
    fed = set(graph.edges.targets.tolist())
    for node in range(len(graph)):
        if node not in fed and len(graph) > 1:
            op = graphs.kinds[graph.kinds[node]].op
            assert op == "InputLayer" or node == 0
