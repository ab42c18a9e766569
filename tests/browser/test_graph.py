"""The Graph page on the demo: an outline and a picture of what a signature computes."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.support import PATIENCE_MS, Tab
from tests.browser.test_pages import EXPORT, id_of
from tests.support.graph_writer import GraphWriter
from tests.views.http.real_tensorboard import Server, running_tensorboard

pytestmark = pytest.mark.browser

CONVOLUTION = "conv_1"
SVG = "{http://www.w3.org/2000/svg}"
LARGE = 510_000
"""Nodes of a graph that is too large to be given as a whole."""


@pytest.fixture(scope="module")
def odd_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """TensorBoard on graphs that no program would write."""
    logdir = tmp_path_factory.mktemp("odd")
    (logdir / "odd.pb").write_bytes(odd_graph())
    write_chain(logdir / "large.pb", LARGE)
    with running_tensorboard("--logdir", str(logdir)) as server:
        server.artifacts()
        yield server


def odd_graph() -> bytes:
    """Functions in a circle, one that is missing, loose ends, a node that feeds itself."""
    graph = GraphWriter()
    for name, other in (("f", "g"), ("g", "f")):
        function = graph.function(name)
        graph.add("call", "PartitionedCall", function=function).attr["f"].func.name = other
        graph.add("gone", "While", function=function).attr["body"].func.name = "missing"
    graph.add("x", "Placeholder")
    graph.add("a\x00</script>\n/c", "Relu", "nowhere:1", "x")
    graph.add("self", "Merge", "self", "a\x00</script>\n/c")
    graph.add("a" * 60 + "!", "Relu", "self")
    graph.add("start", "StatefulPartitionedCall", "self").attr["f"].func.name = "f"
    graph.add("order", "NoOp", "^start")
    return graph.binary()


def write_chain(path: Path, count: int) -> None:
    """Nodes of one scope, each of which feeds the next; written as bytes, which is quicker."""

    def field(number: int, data: bytes) -> bytes:
        return bytes([number << 3 | 2, len(data)]) + data

    with path.open("wb") as file:
        for node in range(count):
            feed = field(3, b"big/n%d" % (node - 1)) if node else b""
            op = field(2, (b"Relu", b"Tanh")[node % 2])
            file.write(field(1, field(1, b"big/n%d" % node) + op + feed))


def test_the_graph_of_a_signature(demo_server: Server, open_tab: OpenTab) -> None:
    """The layers are there, a worker laid them out, and a link shows what was selected."""
    tab = open_tab(demo_server, page="graph", id=id_of(demo_server, EXPORT))
    outline = tab.frame.get_by_role("tree")
    expect(outline).to_contain_text(CONVOLUTION)
    expect(tab.frame.locator("canvas").first).to_be_visible()
    outline.get_by_text(CONVOLUTION).first.click()
    details = tab.frame.get_by_text("strides", exact=True)
    expect(details).to_be_visible()
    tab.page.wait_for_function("name => location.hash.includes(name)", arg=CONVOLUTION)
    keys = tab.hash_keys()
    tab.page.reload()
    expect(details).to_be_visible()
    assert tab.hash_keys() == keys
    assert tab.axe_violations() == []


def test_search_goes_from_node_to_node(demo_server: Server, open_tab: OpenTab) -> None:
    """It counts what it finds, and opens the way to it."""
    tab = open_tab(demo_server, page="graph", id=id_of(demo_server, EXPORT))
    expect(tab.frame.get_by_role("tree")).to_contain_text(CONVOLUTION)
    field = tab.frame.locator("[data-search]")
    field.fill("op:MatMul")
    field.press("Enter")
    expect(tab.frame.locator("main")).to_contain_text("of 2")
    expect(tab.frame.locator(".graph-details")).to_contain_text("MatMul")
    tab.page.wait_for_function("name => location.hash.includes(name)", arg="MatMul")


def test_the_summary_of_a_graph(demo_server: Server, open_tab: OpenTab) -> None:
    """Scopes, map and ops say the same; each leads back to the picture, and links keep them."""
    tab = open_tab(demo_server, page="graph", id=id_of(demo_server, EXPORT))
    tab.frame.get_by_role("button", name="Summary").click()
    table = tab.frame.get_by_role("treegrid", name="Scopes")
    expect(table).to_contain_text(CONVOLUTION)
    tab.frame.get_by_role("columnheader", name="Parameters").get_by_role("button").click()
    first = table.get_by_role("row").nth(1)
    whole = first.get_by_role("gridcell").nth(1).inner_text()
    tab.frame.get_by_role("button", name="Map", exact=True).click()
    expect(tab.frame.locator(".map")).to_contain_text(f"{whole} parameters")
    tab.page.wait_for_function("location.hash.includes('part=map')")
    assert tab.axe_violations() == []
    tab.page.reload()
    expect(tab.frame.locator(".map")).to_contain_text(whole)
    tab.frame.get_by_role("button", name="Ops", exact=True).click()
    tab.frame.locator("[data-search]").fill("Conv")
    tab.frame.get_by_role("link", name="Conv2D", exact=True).click()
    expect(tab.frame.locator(".graph-details")).to_contain_text("strides")
    expect(tab.frame.get_by_role("tree")).to_contain_text(CONVOLUTION)


def test_the_table_can_be_saved(demo_server: Server, open_tab: OpenTab) -> None:
    """All rows, opened or not, with the sums of the head first."""
    keys = {"page": "graph", "view": "summary"}
    tab = open_tab(demo_server, id=id_of(demo_server, EXPORT), **keys)
    with tab.page.expect_download() as download:
        tab.frame.get_by_role("button", name="CSV").click()
    head, whole, *rows = download.value.path().read_text().splitlines()
    assert head.startswith("scope,op,nodes,parameters,bytes,FLOPs,")
    assert whole.startswith(",,")
    assert any(CONVOLUTION in row for row in rows)


def test_a_scope_leads_to_the_picture(demo_server: Server, open_tab: OpenTab) -> None:
    """By keyboard: arrows move and open, Enter shows it."""
    keys = {"page": "graph", "view": "summary"}
    tab = open_tab(demo_server, id=id_of(demo_server, EXPORT), **keys)
    table = tab.frame.get_by_role("treegrid", name="Scopes")
    expect(table).to_contain_text(CONVOLUTION)
    table.focus()
    table.press("End")
    name = table.locator(".active .summary-name").get_attribute("title")
    table.press("Enter")
    expect(tab.frame.get_by_role("tree")).to_be_visible()
    assert tab.hash_keys()["node"] == (name or "").partition(": show")[0]


def test_what_has_no_graph_says_so(demo_server: Server, open_tab: OpenTab) -> None:
    """A checkpoint of TF2 holds weights only; that is no error."""
    path = "cnn-lr-0.01/checkpoints/ckpt-8"
    tab = open_tab(demo_server, page="graph", id=id_of(demo_server, path))
    expect(tab.frame.locator("main")).to_contain_text("No graph here")


def test_a_checkpoint_with_its_graph_leads_there(demo_server: Server, open_tab: OpenTab) -> None:
    """What TF1 wrote has one beside it, though its kind does not tell."""
    path = "tf1_regression/model.ckpt-200"
    tab = open_tab(demo_server, page="model", id=id_of(demo_server, path))
    tab.frame.get_by_role("link", name="Graph", exact=True).click()
    expect(tab.frame.get_by_role("tree")).to_be_visible()


@pytest.mark.parametrize("is_dark", [False, True])
def test_the_picture_is_taken_away(
    demo_server: Server, open_tab: OpenTab, tmp_path: Path, *, is_dark: bool
) -> None:
    """As SVG with all that the outline lists, as PNG of the size that is told; on its ground."""
    tab = open_tab(demo_server, is_dark=is_dark, page="graph", id=id_of(demo_server, EXPORT))
    outline = tab.frame.get_by_role("tree")
    expect(outline).to_contain_text(CONVOLUTION)
    listed = outline.locator(".outline-name").all_inner_texts()
    tab.frame.get_by_role("button", name="Export").click()
    svg = save(tab, "SVG", tmp_path)
    picture = ElementTree.fromstring(svg.read_text("utf-8"))
    texts = {element.text for element in picture.iter(f"{SVG}text")}
    tips = {(element.text or "").split("\n")[0] for element in picture.iter(f"{SVG}title")}
    assert any(CONVOLUTION in (text or "") for text in texts)
    assert set(listed) <= tips
    ground = picture.find(f"{SVG}rect")
    assert ground is not None
    is_light = int(ground.attrib["fill"][1:3], 16) > 128
    assert is_light is not is_dark
    told = tab.frame.get_by_role("button", name="PNG").inner_text()
    png = save(tab, "PNG", tmp_path).read_bytes()
    size = struct.unpack(">II", png[16:24])
    assert [f"{side:,}" for side in size] == re.findall(r"[\d,]+", told.split("PNG")[1])
    assert tab.axe_violations() == []


def save(tab: Tab, kind: str, folder: Path) -> Path:
    """What a button of the menu downloads."""
    with tab.page.expect_download() as download:
        tab.frame.get_by_role("button", name=kind).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    assert path.suffix == f".{kind.lower()}"
    return path


def test_attributes_are_searched_for(demo_server: Server, open_tab: OpenTab) -> None:
    """A word or a regular expression over `name=value`; what is found is selected."""
    tab = open_tab(demo_server, page="graph", id=id_of(demo_server, EXPORT))
    expect(tab.frame.get_by_role("tree")).to_contain_text(CONVOLUTION)
    field = tab.frame.locator("[data-search]")
    field.fill("attr:/^strides=\\[1, 1, 1, 1\\]$/")
    expect(tab.frame.locator(".graph-found")).not_to_contain_text("none")
    field.press("Enter")
    expect(tab.frame.locator(".graph-details")).to_contain_text("[1, 1, 1, 1]")
    field.fill("attr:/(/")
    expect(tab.frame.locator(".graph-found")).to_contain_text("not valid")


def test_amounts_have_a_scale_and_control_edges_their_nodes(
    demo_server: Server, open_tab: OpenTab
) -> None:
    """Colours say what they mean; a node that only orders is seen where its edges are."""
    tab = open_tab(demo_server, page="graph", id=id_of(demo_server, EXPORT), colour="bytes")
    outline = tab.frame.get_by_role("tree")
    expect(outline).to_contain_text(CONVOLUTION)
    expect(tab.frame.locator(".graph-legend")).to_contain_text("kB in a box")
    expect(outline.get_by_text("NoOp", exact=True)).to_have_count(0)
    tab.frame.get_by_role("button", name="Show").click()
    tab.frame.get_by_label("Control edges").check()
    expect(outline.get_by_text("NoOp", exact=True)).to_have_count(1)
    tab.frame.get_by_role("button", name="all", exact=True).click()
    expect(outline).to_contain_text("Conv2D")
    assert tab.axe_violations() == []


def test_an_odd_graph_is_shown_and_said_to_be_odd(odd_server: Server, open_tab: OpenTab) -> None:
    """Names stay text, circles end, and what is missing is named."""
    tab = open_tab(odd_server, page="graph", id=id_of(odd_server, "odd.pb"))
    outline = tab.frame.get_by_role("tree")
    expect(outline).to_contain_text("a\\x00</script>\\n/c")
    expect(tab.frame.locator("main")).to_contain_text("nowhere:1")
    outline.get_by_text("start").click()
    tab.frame.locator(".graph-details").get_by_role("link", name="f", exact=True).click()
    expect(tab.frame.locator("main")).to_contain_text("not in the library: missing")
    outline.get_by_text("call").first.click()
    tab.frame.locator(".graph-details").get_by_role("link", name="g", exact=True).click()
    tab.page.wait_for_function("() => location.hash.includes('graph=g')")


def test_an_expression_that_never_ends_is_given_up(odd_server: Server, open_tab: OpenTab) -> None:
    """The tab goes on, with the picture there was."""
    tab = open_tab(odd_server, page="graph", id=id_of(odd_server, "odd.pb"))
    outline = tab.frame.get_by_role("tree")
    expect(outline).to_contain_text("start")
    field = tab.frame.locator("[data-search]")
    field.fill("/^(a+)+$/")
    expect(tab.frame.locator(".graph-found")).to_contain_text("given up")
    field.fill("op:merge")
    field.press("Enter")
    expect(tab.frame.locator(".graph-details")).to_contain_text("Merge")


def test_a_graph_too_large_to_load_comes_in_parts(odd_server: Server, open_tab: OpenTab) -> None:
    """What is not loaded says so, and is gone into by Enter; what is left out then is counted."""
    tab = open_tab(odd_server, page="graph", id=id_of(odd_server, "large.pb"))
    outline = tab.frame.get_by_role("tree")
    # Reading half a million nodes takes seconds, on a machine that is busy a minute.
    expect(outline).to_contain_text(f"{LARGE:,} nodes, not loaded", timeout=5 * PATIENCE_MS)
    outline.get_by_text("big").click()
    expect(tab.frame.locator(".graph-details")).to_contain_text(f"{LARGE:,}")
    tab.page.keyboard.press("Enter")
    expect(tab.frame.locator("main")).to_contain_text(f"{LARGE - 100_000:,} entries")
    expect(outline).to_contain_text("×")
    expect(tab.frame.get_by_label("Scope", exact=True)).to_contain_text(f"{LARGE:,} nodes")
    tab.page.go_back()
    expect(outline).to_contain_text("not loaded")
