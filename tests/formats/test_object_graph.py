"""Object graphs: names and roles from who holds a variable; no shape of graph is a trap."""

from __future__ import annotations

from typing import Any

import pytest

from tensorboard_plugin_modelinspect.codecs.protos import (
    message_class,
    trackable_object_graph_class,
)
from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.formats.object_graph import ObjectGraph, saved_tree
from tensorboard_plugin_modelinspect.model.dtype import DTYPES, DType

FLOAT, INT64 = DTYPES[1], DTYPES[9]


class GraphWriter:
    """A `TrackableObjectGraph` built path by path from the root."""

    def __init__(self) -> None:
        self.proto = trackable_object_graph_class()()
        self.dtypes: dict[str, DType] = {}
        self._numbers = {"": 0}
        self.proto.nodes.add()

    def node(self, path: str) -> int:
        """Number of the object at a path; it and those above are made if missing."""
        if path not in self._numbers:
            above, _, name = path.rpartition("/")
            parent = self.node(above)
            self._numbers[path] = len(self.proto.nodes)
            self.proto.nodes.add()
            self.link(parent, name, self._numbers[path])
        return self._numbers[path]

    def link(self, parent: int, name: str, child: int) -> None:
        self.proto.nodes[parent].children.add(node_id=child, local_name=name)

    def variable(self, path: str, *also: str, full_name: str = "", dtype: DType = FLOAT) -> str:
        """A variable at a path, also held at others; returns its key."""
        number = self.node(path)
        for other in also:
            above, _, name = other.rpartition("/")
            self.link(self.node(above), name, number)
        key = f"{path}/.ATTRIBUTES/VARIABLE_VALUE"
        self.proto.nodes[number].attributes.add(
            name="VARIABLE_VALUE", full_name=full_name, checkpoint_key=key
        )
        self.dtypes[key] = dtype
        return key

    def graph(self, saved: Any = None) -> ObjectGraph:
        return ObjectGraph(self.proto, dict(sorted(self.dtypes.items())), "ckpt", saved)

    def names(self) -> dict[str, str]:
        return {key: name for key, (name, _) in self.graph().namings().items()}

    def roles(self) -> dict[str, str]:
        return {key: role for key, (_, role) in self.graph().namings().items()}


def test_full_names_come_first() -> None:
    """The name is what the variable was called; without one, its path."""
    writer = GraphWriter()
    kernel = writer.variable("model/layer/kernel", full_name="net/dense/kernel")
    bias = writer.variable("model/layer/bias")
    assert writer.names()[kernel] == "net/dense/kernel"
    assert writer.names()[bias] == "model/layer/bias"


def test_slots_are_named_after_their_variable() -> None:
    """A TF2 optimizer's slot without a name is `<variable>/<slot>`, and of the optimizer."""
    writer = GraphWriter()
    weight = writer.variable("model/w", full_name="net/w")
    slot = writer.variable("hidden/slot")
    optimizer = writer.node("optimizer")
    writer.proto.nodes[optimizer].slot_variables.add(
        original_variable_node_id=writer.node("model/w"),
        slot_name="momentum",
        slot_variable_node_id=writer.node("hidden/slot"),
    )
    assert writer.names()[slot] == "net/w/momentum"
    assert writer.roles() == {
        **writer.roles(),
        weight: "weight",
        slot: "optimizer",
    }


def test_roles_follow_who_holds_a_variable() -> None:
    """Lists of trainable and other variables, metrics, optimizers, counters, types and names."""
    writer = GraphWriter()
    wanted = {
        writer.variable("model/w"): "weight",
        writer.variable("model/count_of_words", dtype=INT64): "state",
        writer.variable("model/norm/moving_mean"): "state",
        writer.variable("model/a", "model/trainable_variables/0"): "weight",
        writer.variable("model/moving_mean", "model/trainable_variables/1"): "weight",
        writer.variable("model/b", "model/non_trainable_variables/0"): "state",
        writer.variable("model/metrics/0/total"): "state",
        writer.variable("save_counter", dtype=INT64): "counter",
        writer.variable("model/save_counter", dtype=INT64): "state",
        writer.variable("optimizer/_iterations", dtype=INT64): "optimizer",
        writer.variable("optimizer/_variables/0"): "optimizer",
        writer.variable("optimizer/_trainable_variables/0"): "weight",
        writer.variable("sgd/iter", dtype=INT64): "optimizer",
        writer.variable("sgd/learning_rate"): "optimizer",
    }
    assert {key: role for key, role in writer.roles().items() if key in wanted} == wanted


def test_a_root_that_looks_like_an_optimizer_is_walked() -> None:
    """A checkpoint that keeps `iter` and `learning_rate` beside a model still has its weights."""
    writer = GraphWriter()
    weight = writer.variable("model/w")
    writer.variable("iter", dtype=INT64)
    writer.variable("learning_rate")
    assert writer.roles()[weight] == "weight"


def test_the_saved_model_knows_better() -> None:
    """Where a SavedModel says whether a variable is trainable, that is taken."""
    writer = GraphWriter()
    trained = writer.variable("moving_mean")
    frozen = writer.variable("w")
    saved = message_class("SavedModel")().meta_graphs.add().object_graph_def
    for number in range(len(writer.proto.nodes)):
        node = saved.nodes.add()
        if number:
            node.variable.trainable = number == writer.node("moving_mean")
    roles = {key: role for key, (_, role) in writer.graph(saved).namings().items()}
    assert roles[trained] == "weight"
    assert roles[frozen] == "state"


def test_objects_of_several_tensors_are_found_by_prefix() -> None:
    """A table's key is a prefix of the keys it saved; each is a table, or content of its own."""
    writer = GraphWriter()
    number = writer.node("table")
    prefix = "table/.ATTRIBUTES/table"
    writer.proto.nodes[number].attributes.add(name="table", checkpoint_key=prefix)
    writer.dtypes |= {f"{prefix}-keys": DTYPES[7], f"{prefix}-values": INT64, "tablet": FLOAT}
    roles = writer.roles()
    assert roles[f"{prefix}-keys"] == roles[f"{prefix}-values"] == "table"
    assert "tablet" not in roles
    assert list(writer.graph().tree())[number].keys == (f"{prefix}-keys", f"{prefix}-values")


def test_an_attribute_without_a_key_is_none() -> None:
    """An empty or unknown key takes no tensor."""
    writer = GraphWriter()
    key = writer.variable("w")
    writer.proto.nodes[0].attributes.add(name="VARIABLE_VALUE", checkpoint_key="")
    writer.proto.nodes[0].attributes.add(name="VARIABLE_VALUE", checkpoint_key="none")
    assert set(writer.roles()) == {key, "_CHECKPOINTABLE_OBJECT_GRAPH"}


@pytest.mark.parametrize("node_id", [-1, 2, 1 << 30])
@pytest.mark.parametrize("where", ["child", "variable", "slot", "saved"])
def test_nodes_out_of_range_are_told(node_id: int, where: str) -> None:
    """A node that is not there is a FormatError that names the file and the node it stands in."""
    writer = GraphWriter()
    writer.node("a")
    saved = message_class("SavedModel")().meta_graphs.add().object_graph_def
    saved.nodes.add()
    if where == "child":
        writer.link(1, "x", node_id)
    elif where == "saved":
        saved.nodes[0].children.add(node_id=node_id)
    else:
        ids = {"original_variable_node_id": 1, "slot_variable_node_id": 1}
        ids["original_variable_node_id" if where == "variable" else "slot_variable_node_id"] = (
            node_id
        )
        writer.proto.nodes[1].slot_variables.add(**ids)
    with pytest.raises(
        FormatError, match=rf"ckpt, object graph node \d: .* found node {node_id}\."
    ):
        writer.graph(saved)


def test_trees_of_saved_models_are_checked_too() -> None:
    """A SavedModel without variables has a tree, and its nodes are in range."""
    saved = message_class("SavedModel")().meta_graphs.add().object_graph_def
    saved.nodes.add().children.add(node_id=0, local_name="self")
    assert saved_tree(saved, "model")[0].children == (("self", 0),)
    saved.nodes[0].children.add(node_id=1)
    with pytest.raises(FormatError):
        saved_tree(saved, "model")


def test_nodes_beyond_the_trackable_graph_are_shown() -> None:
    """A SavedModel's graph may have more nodes at its end; links to them are fine."""
    writer = GraphWriter()
    saved = message_class("SavedModel")().meta_graphs.add().object_graph_def
    saved.nodes.add().children.add(node_id=1, local_name="f")
    saved.nodes.add().bare_concrete_function.concrete_function_name = "__inference_f"
    tree = writer.graph(saved).tree()
    assert [node.kind for node in tree] == ["object", "bare_concrete_function"]
    assert tree[1].label == "__inference_f"
    assert [node.kind for node in tree[0:2]] == [node.kind for node in tree]
    with pytest.raises(IndexError):
        tree[2]


def test_cycles_are_legal() -> None:
    """Objects that hold themselves and each other are walked once."""
    writer = GraphWriter()
    key = writer.variable("a/b/w")
    writer.link(writer.node("a/b"), "up", 0)
    writer.link(0, "self", 0)
    writer.link(writer.node("a"), "again", writer.node("a/b"))
    assert writer.roles()[key] == "weight"
    assert len(writer.graph().tree()) == len(writer.proto.nodes)


def test_a_chain_of_ten_thousand_objects() -> None:
    """Depth costs nothing: no walk goes by recursion."""
    writer = GraphWriter()
    nodes = writer.proto.nodes
    for number in range(10_000):
        nodes[number].children.add(node_id=number + 1, local_name="next")
        nodes.add()
    key = "deep/.ATTRIBUTES/VARIABLE_VALUE"
    nodes[10_000].attributes.add(name="VARIABLE_VALUE", checkpoint_key=key)
    writer.dtypes[key] = FLOAT
    assert writer.roles()[key] == "weight"
    assert sum(len(node.children) for node in writer.graph().tree()) == 10_000


def test_edges_are_walked_once_however_they_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many edges into a node that is the child of a node with many edges are not multiplied.

    With `n` edges each the naive walk takes `n * n` steps; 20,000 of each would take minutes.
    """
    asked = []
    ask = ObjectGraph._is_listed_trainable

    def count(graph: ObjectGraph, number: int) -> bool | None:
        asked.append(number)
        return ask(graph, number)

    monkeypatch.setattr(ObjectGraph, "_is_listed_trainable", count)
    writer = GraphWriter()
    nodes = writer.proto.nodes
    hub, leaf = writer.node("hub"), writer.node("hub/leaf")
    for number in range(20_000):
        writer.link(0, f"a{number}", hub)
        writer.link(hub, f"b{number}", leaf)
        key = f"k{number}"
        nodes[leaf].attributes.add(name="VARIABLE_VALUE", checkpoint_key=key)
        writer.dtypes[key] = FLOAT
    assert len(writer.roles()) == 20_001
    assert asked == [leaf]


def test_optimizers_that_list_one_thing_many_times() -> None:
    """A list that stands in an optimizer ten thousand times is entered once."""
    writer = GraphWriter()
    optimizer, held = writer.node("optimizer"), writer.node("optimizer/_trainable_variables")
    for number in range(20_000):
        writer.link(optimizer, "_trainable_variables", held)
        writer.link(held, str(number), writer.node("w"))
    assert len(writer.graph().tree()) == 4


def test_long_names_are_not_multiplied() -> None:
    """Slots repeat their variable's name: one of a megabyte would become gigabytes."""
    writer = GraphWriter()
    writer.variable("w", full_name="x" * 1_000_000)
    optimizer = writer.node("optimizer")
    for number in range(2000):
        writer.variable(f"s{number}")
        writer.proto.nodes[optimizer].slot_variables.add(
            original_variable_node_id=writer.node("w"),
            slot_name="m",
            slot_variable_node_id=writer.node(f"s{number}"),
        )
    assert sum(map(len, writer.names().values())) < 10_000_000
