"""The Graph page on the demo: an outline and a picture of what a signature computes."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.test_pages import EXPORT, id_of
from tests.views.http.real_tensorboard import Server

pytestmark = pytest.mark.browser

CONVOLUTION = "conv_1"


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
