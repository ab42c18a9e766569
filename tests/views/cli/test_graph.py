"""`modelinspect graph`."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses.graph import document, selection
from tensorboard_plugin_modelinspect.analyses.graph.overview import Box, Overview
from tensorboard_plugin_modelinspect.views.cli import graph_dot, graph_svg
from tests.support.graph_writer import GraphWriter
from tests.views.cli.suite import ArtifactCommandTests, assert_safe_to_print, get_artifact

SVG = "{http://www.w3.org/2000/svg}"


def parse_svg(text: str) -> ElementTree.Element:
    """The root of a picture."""
    return ElementTree.fromstring(text)


@pytest.fixture
def layered(tmp_path):
    """A graph of two blocks of a dense layer each, with odd names, on disk."""
    writer = GraphWriter()
    placeholder = writer.add("x", "Placeholder")
    placeholder.attr["dtype"].type = 1
    for size in (-1, 4):
        placeholder.attr["shape"].shape.dim.add(size=size)
    before = "x"
    for block in range(2):
        scope = f"model/block_{block}"
        writer.constant(f"{scope}/w", np.ones((4, 4), np.float32)).tensor_content += b""
        writer.proto.node[-1].attr["dtype"].type = 1
        writer.add(f"{scope}/w/read", "Identity", f"{scope}/w")
        writer.add(f"{scope}/MatMul", "MatMul", before, f"{scope}/w/read")
        before = f"{scope}/MatMul"
    writer.add('odd\x1b["\\name', "Unheard", before, f"^{before}")
    path = tmp_path / "layered.pb"
    path.write_bytes(writer.binary())
    return str(path)


class TestGraph(ArtifactCommandTests):
    name = "graph"
    is_light = False

    def good_path(self) -> str:
        """An exported model."""
        return str(get_artifact("keras3_export/network").path)

    def test_graphs_and_signatures_are_listed(self, run) -> None:
        """With counts, costs and ops; and JSON has the same."""
        text = run(self.good_path()).out
        document = self.check_json(run(self.good_path(), "--json").out)
        assert document["graph"]["graph"] == document["first"]
        for graph in document["graphs"]:
            assert (graph["id"] or "main graph") in text
            assert f"{graph['nodes']:,}" in text
        serving = next(one for one in document["signatures"] if one["key"] == "serving_default")
        assert f"runs {serving['body']}" in text
        assert f"{serving['parameters']:,} parameters" in text
        assert "MatMul" in text

    @pytest.mark.parametrize("wanted", ["serving_default", "", "__inference__traced_save"])
    def test_a_graph_by_name(self, run, wanted: str) -> None:
        """By the key of a signature, by its own id, and a hint where there is none."""
        graphs = self.check_json(run(self.good_path(), "--json").out)["graphs"]
        names = [graph["id"] for graph in graphs]
        result = run(self.good_path(), "--function", wanted, "--json")
        if wanted.startswith("__inference"):
            full = next(name for name in names if name.startswith(wanted))
            assert result.code == 2
            assert f"Did you mean {full}?" in result.err
            return
        assert self.check_json(result.out)["graph"]["graph"] in names

    def test_summary_adds_up(self, run, layered: str) -> None:
        """A scope has the sums of what is in it; the batch counts as one."""
        document = self.check_json(run(layered, "--summary", "--json").out)
        assert document["graph"] is None
        rows = {row["name"]: row for row in document["summary"]}
        assert rows[""]["nodes"] == 8
        assert rows["model"] == {
            "name": "model",
            "depth": 1,
            "nodes": 6,
            "parameters": 32,
            "nbytes": 128,
            "flops": 2 * 2 * 4 * 4.0,
            "unknown": 0,
        }
        assert rows["model/block_1"]["parameters"] == 16
        assert rows[""]["unknown"] == 1
        assert document["unknown_ops"] == [{"name": "Unheard", "count": 1}]
        text = run(layered, "--summary", "--depth", "1").out
        assert "block_1" not in text
        assert "unknown cost: Unheard 1\n" in text
        assert "128 B" in text
        assert "32 parameters, 64 FLOPs for one example, without 1 node of unknown cost" in text

    def test_summary_of_a_scope(self, run, layered: str) -> None:
        """Only its rows; a scope that is not there is the user's error."""
        assert "block_0" not in run(layered, "--summary", "--scope", "model/block_1").out
        result = run(layered, "--summary", "--scope", "nowhere")
        assert result.code == 2
        assert 'No scope "nowhere"' in result.err

    def test_dot_is_a_picture(self, run, layered: str) -> None:
        """Scopes are clusters, shapes stand at edges, and names are quoted."""
        text = run(layered, "--dot").out
        assert text.startswith('digraph "main graph" {\n')
        assert text.count("{") == text.count("}") == 1 + 3 + 2
        assert 'label="block_1";' in text
        assert 'label="float32 [?, 4]"' in text
        assert 'odd\\\\x1b[\\"\\\\name' in text
        assert "style=dashed" in text
        assert_safe_to_print(text.replace("\n", " "))

    def test_dot_of_too_many_nodes(self, run, layered: str, monkeypatch) -> None:
        """Refused, with what to do."""
        monkeypatch.setattr(graph_dot, "DOT_LIMIT", 3)
        result = run(layered, "--dot")
        assert result.code == 2
        assert "--scope" in result.err

    def test_svg_is_a_picture(self, run, layered: str) -> None:
        """Well-formed XML with title, names, sizes and shapes, for light and dark screens."""
        text = run(layered, "--svg", "-").out
        assert text.isascii()
        assert_safe_to_print(text.replace("\n", " "))
        texts = [element.text for element in parse_svg(text).iter(f"{SVG}text")]
        assert (texts[0] or "").endswith("/layered.pb \u00b7 main graph")
        for label in ("x", "Placeholder", "block_0/MatMul", "16 parameters", "[?, 4]"):
            assert label in texts
        assert 'odd\\x1b["\\name' in texts
        assert "prefers-color-scheme:dark" in text
        titles = [element.text or "" for element in parse_svg(text).iter(f"{SVG}title")]
        assert texts[0] in titles
        assert any("Unheard" in title for title in titles)

    def test_svg_of_any_names(self) -> None:
        """They are text, and what XML has no place for is printed."""
        name = "</title>&\x00\ufffe\udc80\U0001f600"
        boxes = [Box(name, -1, children=[1]), Box(name, 0, op=name, sources=[name])]
        text = "\n".join(graph_svg.format_svg(Overview(boxes, {}), name, name))
        printed = "</title>&\\x00\\ufffe\\x80\U0001f600"
        picture = parse_svg(text)
        assert picture.findtext(f"{SVG}title") == printed
        assert picture.findtext(f"{SVG}desc") == printed
        assert picture.findtext(f"{SVG}g/{SVG}title").split("\n")[0] == printed

    def test_svg_as_a_file(self, run, layered: str, tmp_path) -> None:
        """The same; another file is replaced only if that is asked for."""
        path = tmp_path / "picture.svg"
        assert run(layered, "--svg", str(path)).out == ""
        assert path.read_text("ascii") == run(layered, "--svg", "-").out
        again = run(layered, "--svg", str(path))
        assert again.code == 2
        assert "--overwrite" in again.err
        assert run(layered, "--svg", str(path), "--overwrite").code == 0
        assert {file.name for file in tmp_path.iterdir()} == {"layered.pb", "picture.svg"}

    def test_svg_of_a_scope(self, run, layered: str, tmp_path) -> None:
        """With what is joined to it; a scope that is not there leaves no file."""
        picture = parse_svg(run(layered, "--svg", "-", "--scope", "model/block_1").out)
        outside = [one for one in picture.iter(f"{SVG}g") if "outside" in one.attrib["class"]]
        assert len(outside) == 2
        path = tmp_path / "none.svg"
        assert run(layered, "--svg", str(path), "--scope", "nowhere").code == 2
        assert not path.exists()

    def test_svg_of_a_signature(self, run) -> None:
        """Inputs and outputs are round, and every parameter of the model is told."""
        picture = parse_svg(run(self.good_path(), "--svg", "-").out)
        classes = [element.attrib["class"] for element in picture.iter(f"{SVG}g")]
        assert sum("inlet" in one for one in classes) >= 2
        assert any("weights" in one for one in classes)

    def test_parts_of_large_graphs(self, run, layered: str, monkeypatch) -> None:
        """Scopes that are left out are named, and can be asked for."""
        monkeypatch.setattr(document, "WHOLE_LIMIT", 3)
        monkeypatch.setattr(selection, "GIVEN_LIMIT", 5)
        graph = self.check_json(run(layered, "--json").out)["graph"]
        assert graph["partial"]
        assert graph["hidden"]["scope"] == ["model/block_0", "model/block_1"]
        assert "shape=box3d" in run(layered, "--dot").out
        result = run(layered, "--json", "--scope", "model/block_1")
        part = self.check_json(result.out)["graph"]
        assert part["scope"] == "model/block_1"
        assert [flag & 128 for flag in part["nodes"]["flags"]].count(128) == 2
        assert run(layered, "--json", "--scope", "nowhere").code == 2

    def test_names_are_safe_to_print(self, run, layered: str) -> None:
        """No text of the command lets a name talk to the terminal."""
        for options in ((), ("--summary",), ("--dot",), ("--svg", "-")):
            assert_safe_to_print(run(layered, *options).out.replace("\n", " "))

    def test_options_that_do_not_fit(self, run, layered: str) -> None:
        """A picture is no JSON."""
        assert run(layered, "--dot", "--json").code == 2
        assert run(layered, "--dot", "--summary").code == 2
        for option in ("--dot", "--json", "--summary"):
            assert run(layered, "--svg", "-", option).code == 2

    def test_artifacts_without_a_graph(self, run) -> None:
        """Say so, and which have one."""
        result = run(str(get_artifact("sharded/four").path))
        assert result.code == 2
        assert "has no graph" in result.err
