"""The Graph page on the demo: an outline and a picture of what a signature computes."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.support import Tab
from tests.browser.test_pages import EXPORT, id_of
from tests.views.http.real_tensorboard import Server

pytestmark = pytest.mark.browser

CONVOLUTION = "conv_1"
SVG = "{http://www.w3.org/2000/svg}"


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
