"""The card "Integrity" on the Model page, on the real server."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import FrameLocator, Locator, expect

from tests.browser.conftest import OpenTab
from tests.browser.test_pages import id_of
from tests.support.bundle_writer import BundleWriter
from tests.views.http.real_tensorboard import Server, running_tensorboard
from tests.views.http.support import copy_case

pytestmark = pytest.mark.browser

WHOLE = "keras3_export/network"
FLIPPED = "broken/shard_flipped/ckpt"
UNREADABLE = "broken/index_garbage/ckpt"
ENDLESS = "endless"
"""Zeros that take minutes to read and no room on the disk."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """TensorBoard on whole, damaged and huge artifacts."""
    logdir = tmp_path_factory.mktemp("verify")
    for case in ("keras3_export", "broken"):
        copy_case(case, logdir)
    writer = BundleWriter()
    for number in range(8):
        writer.add_hole(f"w{number}", "float32", (1 << 35,))
    writer.write(logdir, ENDLESS)
    with running_tensorboard("--logdir", str(logdir)) as server:
        yield server


def card(frame: FrameLocator) -> Locator:
    """The card."""
    return frame.get_by_role("region", name="Integrity")


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_a_whole_one_passes(server: Server, open_tab: OpenTab, *, is_dark: bool) -> None:
    """One click, or the keyboard; then a calm line, that a screen reader hears, and the steps."""
    tab = open_tab(server, is_dark=is_dark, page="model", id=id_of(server, WHOLE))
    integrity = card(tab.frame)
    button = integrity.get_by_role("button", name=re.compile("Verify"))
    button.focus()
    tab.page.keyboard.press("Enter")
    expect(integrity).to_contain_text("whole")
    expect(integrity).to_contain_text(re.compile(r"\d+ checksums, .* in (under )?0\.\d\d s"))
    expect(tab.frame.get_by_role("status")).to_have_text("Verified: it is whole")
    steps = integrity.get_by_role("button", name=re.compile("steps"))
    expect(steps).to_have_attribute("aria-expanded", "false")
    steps.click()
    expect(integrity.get_by_role("listitem").filter(has_text="Tensor data")).to_be_visible()
    assert tab.axe_violations() == []


def test_damage_is_named_and_leads_to_the_tensor(server: Server, open_tab: OpenTab) -> None:
    """The row has file, bytes, tensor, fact and what to do; it links to the tensor."""
    tab = open_tab(server, page="model", id=id_of(server, FLIPPED))
    card(tab.frame).get_by_role("button", name="Verify checksums").click()
    row = card(tab.frame).get_by_role("row").filter(has_text="numbers")
    for words in ("ckpt.data-00001-of-00002", "0 to 400", "expected checksum", "copy or save"):
        expect(row).to_contain_text(words)
    copied = tab.copied_by(row.get_by_role("button", name="Copy this problem"))
    assert copied.startswith("broken/shard_flipped/ckpt.data-00001-of-00002, bytes 0 to 400, ")
    assert tab.axe_violations() == []
    # Followed, it would show the values' own error, which the browser logs.
    link = row.get_by_role("link", name="numbers")
    expect(link).to_have_attribute("href", re.compile("page=weights.*tensor=numbers"))


def test_what_cannot_be_opened_can_be_verified(server: Server, open_tab: OpenTab) -> None:
    """A damaged index has no page of its own, but a list of what is wrong."""
    tab = open_tab(server, page="model", id=id_of(server, UNREADABLE))
    card(tab.frame).get_by_role("button", name="Verify checksums").click()
    expect(card(tab.frame)).to_contain_text("1 problem")
    expect(card(tab.frame).get_by_role("row").nth(1)).to_contain_text("ckpt.index")


def test_progress_survives_the_page_and_ends_on_cancel(server: Server, open_tab: OpenTab) -> None:
    """Bytes and speed are shown while it runs, again after coming back, and Cancel ends it."""
    artifact = id_of(server, ENDLESS)
    tab = open_tab(server, page="model", id=artifact)
    card(tab.frame).get_by_role("button", name="Verify checksums").click()
    progress = card(tab.frame).get_by_role("progressbar", name="Bytes verified")
    expect(progress).to_be_visible()
    expect(card(tab.frame)).to_contain_text(re.compile(r"[MG]B of 1\.1 TB"))
    expect(card(tab.frame)).to_contain_text(re.compile(r"[MG]B/s"))
    assert tab.axe_violations() == []
    tab.open()
    tab.open(page="model", id=artifact)
    expect(progress).to_be_visible()
    card(tab.frame).get_by_role("button", name="Cancel").click()
    expect(card(tab.frame)).to_contain_text(re.compile(r"cancelled after .*B"))
    expect(progress).to_have_count(0)
