"""Code of signatures on the Model page: chosen by keyboard, copied, remembered."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.test_pages import id_of
from tests.views.http.real_tensorboard import Server

pytestmark = pytest.mark.browser

EXPORT = "cnn-lr-0.001/export/1"


def test_the_way_to_call_it_is_remembered(demo_server: Server, open_tab: OpenTab) -> None:
    """What is shown is what is copied, and a reload shows it again."""
    tab = open_tab(demo_server, page="model", id=id_of(demo_server, EXPORT))
    card = tab.frame.get_by_role("article").filter(has_text="Code to call it").first
    code = card.get_by_role("region")
    expect(code).to_contain_text("tf.saved_model.load")
    rest = card.get_by_role("button", name="REST", exact=True)
    rest.press("Enter")
    expect(code).to_contain_text("/v1/models/export/versions/1:predict")
    copied = tab.copied_by(card.get_by_role("button", name="Copy the code"))
    assert copied == code.text_content()
    assert tab.axe_violations() == []
    tab.page.reload()
    expect(rest).to_have_attribute("aria-pressed", "true")
    expect(code).to_contain_text("/v1/models/export/versions/1:predict")
