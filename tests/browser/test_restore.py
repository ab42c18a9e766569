"""The Restore page on the demo: two artifacts are chosen, and what a restore would do is told."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpenTab
from tests.browser.support import Tab
from tests.browser.test_pages import id_of
from tests.views.http.real_tensorboard import Server

pytestmark = pytest.mark.browser

RUN = "cnn-lr-0.01"
LAST = f"{RUN}/checkpoints/ckpt-8"
FIRST = f"{RUN}/checkpoints/ckpt-1"
OTHER = "cnn-fine-tuned/checkpoints/ckpt-8"
MODEL = f"{RUN}/model.keras"
WEIGHTS = "other_files/shapes.weights.h5"


def verdict(tab: Tab) -> Locator:
    """The sentence at the top."""
    return tab.frame.locator(".verdict .headline")


def grid(tab: Tab) -> Locator:
    """The list of variables."""
    return tab.frame.get_by_role("grid", name="Variables")


def test_a_checkpoint_fits_its_series(demo_server: Server, open_tab: OpenTab) -> None:
    """Nothing differs; all variables are a click away, and there is a call to paste."""
    keys = {"page": "restore", "id": id_of(demo_server, LAST), "with": id_of(demo_server, FIRST)}
    tab = open_tab(demo_server, **keys)
    expect(verdict(tab)).to_contain_text(re.compile(r"^Fits\. All of \d+ variables restored"))
    expect(tab.frame.get_by_role("region", name="The call")).to_contain_text("tf.train.Checkpoint(")
    expect(grid(tab)).to_be_hidden()
    tab.frame.get_by_role("button", name="Show all").click()
    expect(grid(tab).get_by_role("row").nth(1)).to_contain_text("Matched")
    assert tab.hash_keys() == {**keys, "state": "all"}
    expect(tab.frame.get_by_label("In a terminal")).to_contain_text("modelinspect restore-check ")


def test_what_differs_has_its_reason(demo_server: Server, open_tab: OpenTab) -> None:
    """A link with filter and row shows just that; Esc closes the row, chips change the filter."""
    keys = {
        "page": "restore",
        "id": id_of(demo_server, LAST),
        "with": id_of(demo_server, OTHER),
        "state": "shape_mismatch,missing",
    }
    tab = open_tab(demo_server, **keys)
    expect(verdict(tab)).to_contain_text("variables restored")
    grid(tab).get_by_text("hidden/kernel").first.click()
    detail = tab.frame.get_by_role("region", name="Variable")
    expect(detail).to_contain_text("Looked for")
    row = tab.hash_keys()["tensor"]
    tab.page.reload()
    expect(detail).to_be_visible()
    assert tab.hash_keys() == {**keys, "tensor": row}
    grid(tab).press("Escape")
    expect(detail).to_be_hidden()
    tab.frame.get_by_role("button", name=re.compile("^Differing")).click()
    assert "state" not in tab.hash_keys()
    assert not tab.axe_violations()


def test_from_the_timeline_to_a_verdict_by_keyboard(demo_server: Server, open_tab: OpenTab) -> None:
    """The selected checkpoint leads here; a target is searched for and chosen without a mouse."""
    tab = open_tab(demo_server, page="timeline", id=id_of(demo_server, LAST))
    tab.frame.get_by_role("link", name="Restore check").press("Enter")
    expect(tab.frame.get_by_role("heading", name="What would it be restored into?")).to_be_visible()
    picker = tab.frame.get_by_role("button", name="Into:")
    picker.press("Enter")
    expect(tab.frame.get_by_role("dialog")).to_be_visible()
    tab.page.keyboard.type("cnn-lr-0.01/checkpoints/ckpt-1")
    tab.page.keyboard.press("ArrowDown")
    tab.page.keyboard.press("Enter")
    expect(verdict(tab)).to_contain_text("Fits.")
    expect(picker).to_be_focused()
    assert tab.hash_keys()["with"] == id_of(demo_server, FIRST)


def test_weights_of_keras(demo_server: Server, open_tab: OpenTab) -> None:
    """Options of `load_weights` are chips; exchanged, the sides are asked for the other way."""
    keys = {
        "page": "restore",
        "id": id_of(demo_server, WEIGHTS),
        "with": id_of(demo_server, MODEL),
    }
    tab = open_tab(demo_server, **keys)
    call = tab.frame.get_by_role("region", name="The call")
    expect(call).to_contain_text("model.load_weights(")
    tab.frame.get_by_role("button", name="skip_mismatch").click()
    expect(call).to_contain_text("skip_mismatch=True")
    assert tab.hash_keys() == {**keys, "option": "skip_mismatch"}
    tab.frame.get_by_role("button", name="Exchange the two").click()
    expect(tab.frame.get_by_role("button", name="Into:")).to_contain_text("shapes.weights.h5")


def test_a_model_is_restored_into(demo_server: Server, open_tab: OpenTab) -> None:
    """From a model's page the newest checkpoint of its run is restored into it."""
    tab = open_tab(demo_server, page="model", id=id_of(demo_server, f"{RUN}/export/1"))
    tab.frame.get_by_role("link", name="Restore", exact=True).click()
    expect(verdict(tab)).to_be_visible()
    assert tab.hash_keys()["id"] == id_of(demo_server, LAST)
    assert tab.hash_keys()["with"] == id_of(demo_server, f"{RUN}/export/1")
