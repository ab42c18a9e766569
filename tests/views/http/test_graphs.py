"""The routes of graphs: `api/graphs`, `graph`, `graph_attributes` and `graph_node`."""

from __future__ import annotations

import gzip
import json
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses.graph import document, selection
from tensorboard_plugin_modelinspect.views.http import describe_attributes
from tests.support.graph_writer import GraphWriter
from tests.views.http.route_tests import JsonRouteTests
from tests.views.http.stats_support import EXPORT
from tests.views.http.support import Tab

CHECKPOINT = "keras3_checkpoint"


def names_of(answer: dict[str, Any]) -> list[str]:
    """Whole names of the nodes of a document."""
    parents, leaves = answer["names"]["parent"], answer["names"]["leaf"]
    paths = [""]
    for parent, leaf in zip(parents[1:], leaves[1:], strict=True):
        paths.append(f"{paths[parent]}/{leaf}" if parent else leaf)
    return [paths[entry] for entry in answer["nodes"]["name"]]


@pytest.fixture
def graph_tab(tmp_path):
    """A lone graph, changed by the test: `graph_tab(writer)` gives the tab and the id."""

    def make(writer: GraphWriter) -> tuple[Tab, str]:
        (tmp_path / "graph.pb").write_bytes(writer.binary())
        tab = Tab(tmp_path)
        return tab, tab.id_of("graph.pb")

    return make


class TestGraphs(JsonRouteTests):
    """`api/graphs`."""

    route = "graphs"

    def parameters(self, tab):
        """An exported model."""
        return {"id": tab.id_of(EXPORT)}

    def test_signatures_lead_to_functions(self, tab):
        """Each has the function it runs, the one to open, its ops and its costs."""
        answer = tab.get("api/graphs", {"id": tab.id_of(EXPORT)}).get_json()
        graphs = answer["graphs"]
        assert len({len(column) for column in graphs.values()}) == 1
        serving = next(one for one in answer["signatures"] if one["key"] == "serving_default")
        assert not serving["internal"]
        assert graphs["kind"][graphs["id"].index(serving["graph"])] == "function"
        assert answer["first"] == serving["body"] != serving["graph"]
        ops = {one["name"]: one["count"] for one in serving["ops"]}
        assert ops["MatMul"] == 1
        assert serving["parameters"] > 0
        assert serving["flops"] > 0
        called = graphs["calls"][graphs["id"].index(serving["graph"])]
        assert serving["body"] in [graphs["id"][place] for place in called]
        assert any(graphs["plumbing"])
        assert len({len(column) for column in answer["ops"].values()}) == 1
        assert ops.keys() <= set(answer["ops"]["name"])
        assert set(answer["ops"]["graph"]) <= set(graphs["id"])

    def test_artifacts_without_a_graph(self, tab):
        """An empty list: that is no error. Who asks for a graph of it is told which have one."""
        rows = tab.settle()["artifacts"]
        checkpoint = next(row["id"] for row in rows if row["kind"] == "checkpoint")
        answer = tab.get("api/graphs", {"id": checkpoint}).get_json()
        assert (answer["ok"], answer["first"]) == (True, "")
        assert set(map(len, answer["graphs"].values())) == {0}
        response = tab.get("api/graph", {"id": checkpoint, "graph": ""})
        assert response.status_code == 404
        self.assert_error(response, "NotFound", "no graph")


class TestGraph(JsonRouteTests):
    """`api/graph`."""

    route = "graph"

    def parameters(self, tab):
        """The main graph of an exported model."""
        return {"id": tab.id_of(EXPORT), "graph": ""}

    def ask(self, tab, artifact_id: str, graph: str, **more: str) -> Any:
        """The document."""
        return tab.get("api/graph", {"id": artifact_id, "graph": graph, **more}).get_json()

    def test_columns_fit_together(self, tab):
        """Of every graph: lengths are equal, and numbers are places that exist."""
        artifact_id = tab.id_of(EXPORT)
        for graph in tab.get("api/graphs", {"id": artifact_id}).get_json()["graphs"]["id"]:
            answer = self.ask(tab, artifact_id, graph)
            nodes, edges = answer["nodes"], answer["edges"]
            count = len(nodes["name"])
            assert nodes.pop("number") == []
            assert {len(column) for column in nodes.values()} == {count}
            assert len({len(column) for column in edges.values()}) == 1
            assert all(0 <= one < count for one in edges["source"] + edges["target"])
            assert all(-1 <= one < len(answer["types"]) for one in edges["type"])
            assert edges["target"] == sorted(edges["target"])
            assert all(one < len(answer["ops"]) for one in nodes["op"])
            assert len({len(column) for column in answer["calls"].values()}) == 1
            assert len({len(column) for column in answer["variables"].values()}) == 1
            assert len(answer["costs"]["flops"]) == count
            assert not answer["partial"]

    def test_variables_have_tensors_and_readers(self, tab):
        """Keys are those of `api/tensors`; whoever reads one is flagged."""
        artifact_id = tab.id_of(EXPORT)
        keys = tab.get("api/tensors", {"id": artifact_id}).get_json()["key"]
        first = tab.get("api/graphs", {"id": artifact_id}).get_json()["first"]
        answer = self.ask(tab, artifact_id, first)
        variables = answer["variables"]
        assert len(variables["key"]) > 3
        assert set(variables["key"]) <= set(keys)
        readers = [node for nodes in variables["readers"] for node in nodes]
        assert all(answer["nodes"]["flags"][node] & 16 for node in readers)
        assert sum(variables["parameters"]) == sum(answer["costs"]["parameters"])
        [entry] = answer["inputs"]
        assert entry["key"]
        assert answer["nodes"]["flags"][entry["node"]] == 1

    def test_it_is_compressed_and_kept(self, tab):
        """The second answer has the tag of the first, and asks for nothing again."""
        parameters = self.parameters(tab)
        headers = {"Accept-Encoding": "gzip"}
        response = tab.get("api/graph", parameters, headers=headers)
        assert response.headers["Content-Encoding"] == "gzip"
        assert json.loads(gzip.decompress(response.data))["ok"]
        again = tab.get(
            "api/graph", parameters, headers={"If-None-Match": response.headers["ETag"]}
        )
        assert again.status_code == 304

    def test_unknown_graphs(self, tab):
        """404 that names it."""
        response = tab.get("api/graph", {"id": tab.id_of(EXPORT), "graph": "nowhere"})
        assert response.status_code == 404
        self.assert_error(response, "NotFound", '"nowhere"')

    def test_odd_names_and_loose_ends(self, graph_tab):
        """Control characters stay text; inputs that lead nowhere are counted and named."""
        writer = GraphWriter()
        writer.add("b", "Unheard", "nowhere:1", "b", "b")
        writer.add("a\x00</script>", "NoOp", "^a\x00</script>")
        writer.add("b", "Identity", "b")
        tab, artifact_id = graph_tab(writer)
        answer = self.ask(tab, artifact_id, "")
        assert names_of(answer) == ["b", "a\x00</script>", "b"]
        assert answer["dangling"] == {"count": 1, "examples": ["b: nowhere:1"]}
        assert (answer["edges"]["source"], answer["edges"]["target"]) == ([0, 0, 0], [0, 0, 2])
        assert answer["nodes"]["flags"][0] & 32
        assert len(answer["notes"]) == 2

    def test_functions_that_call_themselves_or_are_missing(self, graph_tab):
        """Recursion ends; what the library lacks is marked."""
        writer = GraphWriter()
        for name, other in (("f", "g"), ("g", "f")):
            function = writer.function(name)
            call = writer.add("call", "PartitionedCall", function=function)
            call.attr["f"].func.name = other
            writer.add("gone", "While", function=function).attr["body"].func.name = "missing"
        writer.add("start", "StatefulPartitionedCall").attr["f"].func.name = "f"
        tab, artifact_id = graph_tab(writer)
        answer = self.ask(tab, artifact_id, "f")
        assert answer["functions"] == ["g", "missing"]
        assert answer["calls"] == {
            "node": [0, 1],
            "role": ["call", "body"],
            "function": [0, 1],
            "known": [True, False],
            "shift": [0, 0],
        }
        assert answer["costs"]["flops"][1] is None
        assert "missing" in answer["notes"][0]

    def test_too_many_nodes_come_scope_by_scope(self, graph_tab, monkeypatch):
        """Scopes that are left out are nodes with their edges; each can be asked for."""
        monkeypatch.setattr(document, "WHOLE_LIMIT", 20)
        monkeypatch.setattr(selection, "GIVEN_LIMIT", 12)
        writer = GraphWriter()
        writer.add("x", "Placeholder")
        for block in range(4):
            writer.add(f"block_{block}", "Identity", f"block_{block - 1}/op_8" if block else "x")
            for op in range(9):
                before = f"block_{block}/op_{op - 1}" if op else f"block_{block}"
                writer.add(f"block_{block}/op_{op}", "Relu", before, before)
        tab, artifact_id = graph_tab(writer)
        whole = self.ask(tab, artifact_id, "")
        assert whole["partial"]
        assert whole["hidden"]["scope"] == [f"block_{block}" for block in range(4)]
        assert whole["hidden"]["count"] == [9] * 4
        names = names_of(whole)
        shown = [
            (names[source], names[target])
            for source, target in zip(
                whole["edges"]["source"], whole["edges"]["target"], strict=True
            )
        ]
        assert ("x", "block_0") in shown
        assert len(shown) == 1 + 4 + 3
        assert [flag & 64 for flag in whole["nodes"]["flags"]].count(64) == 4
        part = self.ask(tab, artifact_id, "", scope="block_2")
        assert part["partial"]
        inside = [f"block_2/op_{op}" for op in range(9)]
        assert names_of(part) == [*inside, "block_2", "block_3"]
        assert [flag & 128 for flag in part["nodes"]["flags"]] == [0] * 9 + [128] * 2
        node = part["nodes"]["number"][3]
        asked = {"id": artifact_id, "graph": "", "node": str(node)}
        assert tab.get("api/graph_node", asked).get_json()["name"] == "block_2/op_3"
        response = tab.get("api/graph", {"id": artifact_id, "graph": "", "scope": "nowhere"})
        assert response.status_code == 404

    def test_too_many_nodes_in_one_scope(self, graph_tab, monkeypatch):
        """The first are given, and a note says how many are not."""
        monkeypatch.setattr(document, "WHOLE_LIMIT", 20)
        monkeypatch.setattr(selection, "GIVEN_LIMIT", 12)
        writer = GraphWriter()
        for number in range(100):
            writer.add(f"n{number}", "Relu", *([f"n{number - 1}"] if number else ()))
        tab, artifact_id = graph_tab(writer)
        answer = self.ask(tab, artifact_id, "")
        assert len(answer["nodes"]["name"]) == 12
        assert "88 entries" in answer["notes"][0]


class TestGraphAttributes(JsonRouteTests):
    """`api/graph_attributes`."""

    route = "graph_attributes"

    def parameters(self, tab):
        """The main graph of an exported model."""
        return {"id": tab.id_of(EXPORT), "graph": ""}

    def ask(self, graph_tab, writer: GraphWriter) -> tuple[list[list[str]], int]:
        """Texts of each node, and how many kinds were left out."""
        tab, artifact_id = graph_tab(writer)
        answer = tab.get("api/graph_attributes", {"id": artifact_id, "graph": ""}).get_json()
        start, places = answer["start"], answer["attribute"]
        texts = [
            [answer["text"][place] for place in places[start[kind] : start[kind + 1]]]
            for kind in answer["kind"]
        ]
        return texts, answer["left_out"]

    def test_nodes_have_the_texts_of_their_kinds(self, graph_tab):
        """Strings without quotes, lists as JSON; what is long is cut."""
        writer = GraphWriter()
        convolution = writer.add("c", "Conv2D")
        convolution.attr["padding"].s = b"SAME"
        convolution.attr["strides"].list.i.extend([1, 2, 2, 1])
        writer.add("r", "Relu")
        writer.add("p", "Placeholder").attr["long"].s = b"x" * 250
        writer.add("s", "Relu")
        texts, left_out = self.ask(graph_tab, writer)
        assert texts[0] == ["T=float32", "padding=SAME", "strides=[1, 2, 2, 1]"]
        assert texts[1] == texts[3] == ["T=float32"]
        assert len(texts[2][1]) == 200
        assert left_out == 0

    def test_there_is_an_end_to_it(self, graph_tab, monkeypatch):
        """From a size on kinds have none, and the answer says of how many."""
        monkeypatch.setattr(describe_attributes, "MOST_CHARACTERS", 20)
        writer = GraphWriter()
        for number in range(5):
            writer.add(f"n{number}", "Relu").attr["name"].s = b"n%d" % number
        texts, left_out = self.ask(graph_tab, writer)
        assert [len(one) for one in texts] == [2, 2, 0, 0, 0]
        assert left_out == 3

    def test_a_damaged_attribute_is_no_error(self, graph_tab):
        """What is before it can be found."""
        writer = GraphWriter()
        writer.add("n", "Relu").attr["z"].shape.dim.add(size=-5)
        texts, _ = self.ask(graph_tab, writer)
        assert texts[0][0] == "T=float32"


class TestGraphNode(JsonRouteTests):
    """`api/graph_node`."""

    route = "graph_node"

    def parameters(self, tab):
        """The first node of an exported model."""
        return {"id": tab.id_of(EXPORT), "graph": "", "node": "0"}

    def test_every_node_can_be_asked_for(self, tab):
        """Names and ops are those of the columns, for arguments and results too."""
        artifact_id = tab.id_of(EXPORT)
        first = tab.get("api/graphs", {"id": artifact_id}).get_json()["first"]
        whole = tab.get("api/graph", {"id": artifact_id, "graph": first}).get_json()
        for number, name in enumerate(names_of(whole)):
            asked = {"id": artifact_id, "graph": first, "node": str(number)}
            node = tab.get("api/graph_node", asked).get_json()
            assert node["name"] == name
            assert node["op"] == whole["ops"][whole["nodes"]["op"][number]]
            assert node["flags"] == whole["nodes"]["flags"][number]
            assert node["flops"] == whole["costs"]["flops"][number]

    def test_values_of_a_constant(self, graph_tab):
        """The first thousand; those that do not fit their shape are a note."""
        writer = GraphWriter()
        writer.constant("w", np.arange(3000, dtype=np.int32).reshape(3, 1000))
        writer.constant("bad", np.zeros(3, np.float32)).tensor_content = b"1"
        tab, artifact_id = graph_tab(writer)
        asked = {"id": artifact_id, "graph": "", "node": "0"}
        answer = tab.get("api/graph_node", asked).get_json()
        constant = answer["constant"]
        assert (constant["count"], constant["shown"]) == (3000, 1000)
        assert constant["text"][-1] == "999"
        [value] = [one for one in answer["attributes"] if one["name"] == "value"]
        assert value == {"name": "value", "kind": "tensor", "value": "int32 [3, 1000]"}
        bad = tab.get("api/graph_node", {**asked, "node": "1"}).get_json()
        assert bad["constant"]["text"] == []
        assert "12 bytes" in bad["notes"][0]

    def test_inputs_have_names(self, graph_tab):
        """Those of the op, numbered where it takes a list."""
        writer = GraphWriter()
        writer.add("x", "Placeholder")
        writer.add("c", "ConcatV2", "x", "x", "x", "^x").attr["N"].i = 2
        tab, artifact_id = graph_tab(writer)
        asked = {"id": artifact_id, "graph": "", "node": "1"}
        answer = tab.get("api/graph_node", asked).get_json()
        assert [one["name"] for one in answer["inputs"]] == ["values[0]", "values[1]", "axis"]
        assert answer["control_inputs"] == [0]

    @pytest.mark.parametrize(("node", "status"), [("x", 400), ("-1", 400), ("99999", 404)])
    def test_nodes_that_do_not_exist(self, tab, node, status):
        """400 for what is no number, 404 for one that is too large."""
        response = tab.get("api/graph_node", {**self.parameters(tab), "node": node})
        assert response.status_code == status
