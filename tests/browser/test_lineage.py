"""Lineage in the tab: marks on Home that lead there, and the card on Model."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.test_pages import id_of
from tests.views.http.real_tensorboard import Server

pytestmark = pytest.mark.browser

RUN = "cnn-lr-0.001"
EXPORT, LAST = f"{RUN}/export/1", f"{RUN}/checkpoints/ckpt-8"
FINE_TUNED = "cnn-fine-tuned/checkpoints/ckpt-8"


def test_the_mark_leads_to_the_step(demo_server: Server, open_tab: OpenTab) -> None:
    """Home fills in which step an export is; from there one is at that step in one click."""
    tab = open_tab(demo_server, page="home", q="export")
    row = tab.frame.get_by_role("row").filter(has_text="export/1").first
    mark = row.get_by_role("link", name="step 8")
    expect(mark).to_have_attribute("title", f"The same weights as {LAST}")
    assert tab.axe_violations() == []
    mark.click()
    expect(tab.frame.get_by_role("heading", name="ckpt-8")).to_be_visible()
    assert tab.hash_keys()["id"] == id_of(demo_server, LAST)


def test_the_card_tells_step_and_hash(demo_server: Server, open_tab: OpenTab) -> None:
    """The export's step first, the hash to copy, and what is stored twice."""
    tab = open_tab(demo_server, page="model", id=id_of(demo_server, EXPORT))
    card = tab.frame.get_by_role("region", name="Where its weights came from")
    first = card.get_by_role("listitem").first
    expect(first).to_contain_text("the same as")
    expect(first.get_by_role("link")).to_have_text(LAST)
    expect(first).to_contain_text("all 14 tensors")
    expect(card).to_contain_text("14 tensors are stored twice: 39.3 kB")
    copied = tab.copied_by(card.get_by_role("button", name="Copy: content hash of the weights"))
    assert copied == card.locator("code").inner_text()
    assert copied.startswith("mi1:")
    tab.open(page="model", id=id_of(demo_server, LAST))
    expect(card.locator("code")).to_have_text(copied)
    assert tab.axe_violations() == []


@pytest.mark.parametrize("width", [1440, 1024])
def test_shared_layers(demo_server: Server, open_tab: OpenTab, width: int) -> None:
    """A model that was fine-tuned shares the layers that were frozen; they are listed by name."""
    artifact_id = id_of(demo_server, FINE_TUNED)
    tab = open_tab(demo_server, page="model", id=artifact_id, width=width, is_dark=width == 1024)
    card = tab.frame.get_by_role("region", name="Where its weights came from")
    row = card.get_by_role("listitem").filter(has_text=LAST)
    expect(row).to_contain_text("in part as")
    expect(row).to_contain_text("10 of 14 tensors")
    row.get_by_role("button", name=f"Layers shared with {LAST}").click()
    table = row.get_by_role("table")
    expect(table.get_by_role("row")).to_have_count(5)
    expect(table.get_by_role("row").nth(1)).to_contain_text("conv_1")
    assert tab.axe_violations() == []
    row.get_by_role("link").click()
    expect(tab.frame.get_by_role("heading", name="ckpt-8")).to_be_visible()


def test_what_is_not_known_without_reading(demo_server: Server, open_tab: OpenTab) -> None:
    """A file of Keras has no checksums: the card says so, and how to compare it."""
    tab = open_tab(demo_server, page="model", id=id_of(demo_server, f"{RUN}/model.keras"))
    card = tab.frame.get_by_role("region", name="Where its weights came from")
    expect(card).to_contain_text("not known without reading: no checksums are stored")
    expect(card).to_contain_text("modelinspect lineage LOGDIR --read")
    expect(card.get_by_role("button", name="Copy: content hash")).to_have_count(0)
