"""A graph as few boxes."""

from __future__ import annotations

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses.graph import overview
from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.analyses.graph.overview import (
    WAY_IN,
    WAY_OUT,
    Overview,
    make_overview,
)
from tensorboard_plugin_modelinspect.errors import BadRequest, NotFound
from tensorboard_plugin_modelinspect.opening import open_artifact
from tests.support.corpus import recorded
from tests.support.graph_writer import GraphWriter
from tests.support.graphs import analyse


def overview_of(writer: GraphWriter, scope: str = "") -> Overview:
    """Of the main graph."""
    analysis = analyse(writer)
    return make_overview(analysis, analysis.graph(""), scope)


def lines_of(picture: Overview, room: int) -> list[str]:
    """Lines as `source > target xcount`; the border is `|`."""

    def name(place: int) -> str:
        return "|" if place in (WAY_IN, WAY_OUT) else picture.boxes[place].name

    lines = picture.lines.get(room, [])
    return sorted(f"{name(one.source)} > {name(one.target)} x{one.count}" for one in lines)


def place_of(picture: Overview, name: str) -> int:
    """Place of the only box of a name."""
    (place,) = [place for place, box in enumerate(picture.boxes) if box.name == name]
    return place


def blocks() -> GraphWriter:
    """Two layers of a model, and a head."""
    writer = GraphWriter()
    writer.add("x", "Placeholder")
    before = "x"
    for block in ("model/a", "model/b"):
        writer.constant(f"{block}/w", np.ones((4, 4), np.float32))
        writer.add(f"{block}/w/read", "Identity", f"{block}/w")
        writer.add(f"{block}/MatMul", "MatMul", before, f"{block}/w/read")
        writer.add(f"{block}/Relu", "Relu", f"{block}/MatMul")
        before = f"{block}/Relu"
    writer.add("head", "Softmax", before)
    return writer


def test_the_main_scope_is_open() -> None:
    """Scopes in it are boxes, constants are in none, and lines pass its border."""
    picture = overview_of(blocks())
    names = [box.name for box in picture.boxes]
    assert names == ["", "x", "model", "head", "a", "b"]
    assert lines_of(picture, 0) == ["model > head x1", "x > model x1"]
    assert lines_of(picture, place_of(picture, "model")) == ["a > b x1", "b > | x1", "| > a x1"]
    assert [box.nodes for box in picture.boxes] == [6, 1, 4, 1, 2, 2]
    assert [box.parameters for box in picture.boxes] == [32, 0, 32, 0, 16, 16]
    assert [box.op for box in picture.boxes] == ["", "Placeholder", "", "Softmax", "", ""]


def test_a_scope_with_what_is_joined_to_it() -> None:
    """What is outside stands as the largest scopes without it."""
    picture = overview_of(blocks(), "model/b")
    outside = {box.name for box in picture.boxes if box.is_outside}
    assert outside == {"model/a", "head"}
    assert lines_of(picture, 0) == [
        "MatMul > Relu x1",
        "Relu > head x1",
        "model/a > MatMul x1",
    ]
    assert picture.boxes[0].nodes == 2
    with pytest.raises(NotFound, match="nowhere"):
        overview_of(blocks(), "nowhere")


def test_a_node_with_the_name_of_a_scope() -> None:
    """Is a box in it."""
    writer = GraphWriter()
    writer.add("x", "Placeholder")
    writer.add("dense", "Relu", "x")
    writer.add("dense/a", "Relu", "dense")
    writer.add("dense/b", "Relu", "dense/a")
    picture = overview_of(writer)
    inner = picture.boxes[place_of(picture, "x") + 1].children
    assert [picture.boxes[place].name for place in inner] == ["dense", "a", "b"]
    assert picture.boxes[0].nodes == 4


def test_boxes_that_are_alike_are_a_series() -> None:
    """Side by side, with the same around them; what comes one after another is not."""
    writer = GraphWriter()
    writer.add("x", "Placeholder")
    for number in range(10):
        writer.add(f"branch_{number}/Relu6", "Relu6", "x")
        writer.add(f"other_{number}", "Elu", "x")
    for number in range(20):
        writer.add(f"chain_{number}", "Tanh", f"chain_{number - 1}" if number else "x")
    writer.add("sum", "AddN", *(f"branch_{number}/Relu6" for number in range(10)))
    writer.add("more", "AddN", *(f"other_{number}" for number in range(5)))
    writer.add("pack", "Pack", *(f"other_{number}" for number in range(5, 10)))
    picture = overview_of(writer)
    series = picture.boxes[place_of(picture, "branch/Relu6")]
    assert (series.members, series.nodes) == (10, 10)
    assert "branch/Relu6 > sum x10" in lines_of(picture, 0)
    shown = [picture.boxes[place] for place in picture.boxes[0].children]
    assert sum(box.name.startswith("chain_") for box in shown) == 20
    assert sum(box.name.startswith("other_") for box in shown) == 10
    assert sum(box.nodes for box in shown) == picture.boxes[0].nodes


def test_what_many_take_is_told_at_them() -> None:
    """Rather than joined to them by lines across the picture."""
    writer = GraphWriter()
    for name in ("mask", "x"):
        writer.add(name, "Placeholder")
    before = "x"
    for number in range(7):
        writer.add(f"step{number}", "Mul", before, "mask")
        before = f"step{number}"
    picture = overview_of(writer)
    assert not any(line.startswith("mask") for line in lines_of(picture, 0))
    assert picture.boxes[place_of(picture, "step3")].sources == ["mask"]


def test_too_many_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of like names are one, alike or not; if that is not enough, it is refused."""
    monkeypatch.setattr(overview, "BOX_LIMIT", 12)
    writer = GraphWriter()
    writer.add("x", "Placeholder")
    for number in range(20):
        writer.add(f"chain_{number}", "Tanh", f"chain_{number - 1}" if number else "x")
    picture = overview_of(writer)
    assert [box.name for box in picture.boxes[1:]] == ["x", "chain"]
    for letter in "abcdefghijklmn":
        writer.add(letter, "Tanh", "x")
    with pytest.raises(BadRequest, match=r"16 boxes .* 12 at most.* --scope"):
        overview_of(writer)


@pytest.mark.parametrize("name", ["keras3_export/network", "tf1_saved_model/binary"])
def test_nothing_is_lost(name: str) -> None:
    """Every node that is shown is in one box, and every parameter too."""
    (artifact,) = [one for one in recorded() if one.id == name]
    analysis = GraphAnalysis(open_artifact(str(artifact.path)))
    for graph in analysis.all_graphs:
        picture = make_overview(analysis, graph)
        leaves = [box for box in picture.boxes if box.members and not box.children]
        if len(picture.boxes) > 1:
            assert sum(box.nodes for box in leaves) == picture.boxes[0].nodes
            assert sum(box.parameters for box in leaves) == picture.boxes[0].parameters
