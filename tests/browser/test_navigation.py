"""Links, history, keyboard, theme and Reload: the tab behaves as a part of TensorBoard."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.support import FRAME
from tests.browser.test_pages import EXPORT, id_of
from tests.support.bundle_writer import BundleWriter
from tests.views.http.real_tensorboard import Server, running_tensorboard, write_scalars

pytestmark = pytest.mark.browser


def test_a_deep_link_survives_a_page_load(demo_server: Server, open_tab: OpenTab) -> None:
    """A link with page, artifact, tensor and slice shows just that when opened anew."""
    keys = {"page": "weights", "id": id_of(demo_server, EXPORT), "q": "hidden"}
    tab = open_tab(demo_server, **keys)
    expect(tab.frame.get_by_label("Search names and keys")).to_have_value("hidden")
    tab.page.reload()
    expect(tab.frame.get_by_label("Search names and keys")).to_have_value("hidden")
    assert tab.hash_keys() == keys


def test_a_link_opened_before_the_first_search_waits_for_it(
    demo_server: Server, demo_logdir: Path, open_tab: OpenTab
) -> None:
    """A server that has looked at nothing yet asks for patience, and logs no error."""
    keys = {"page": "weights", "id": id_of(demo_server, EXPORT)}
    with running_tensorboard("--logdir", str(demo_logdir)) as server:
        tab = open_tab(server, **keys)
        expect(tab.frame.get_by_role("grid", name="Tensors")).to_be_visible()
        tab.close()


def test_back_and_forward_move_between_pages(demo_server: Server, open_tab: OpenTab) -> None:
    """The browser's history goes Home, Model, Weights and back, without loading the page again."""
    tab = open_tab(demo_server, q=EXPORT)
    tab.frame.get_by_role("treegrid").get_by_role("link").first.click()
    expect(tab.frame.get_by_role("article", name="serving_default")).to_be_visible()
    tab.frame.get_by_role("link", name="Weights", exact=True).click()
    expect(tab.frame.get_by_role("grid", name="Tensors")).to_be_visible()
    tab.page.go_back()
    expect(tab.frame.get_by_role("article", name="serving_default")).to_be_visible()
    tab.page.go_back()
    expect(tab.frame.get_by_role("treegrid")).to_be_visible()
    tab.page.go_forward()
    expect(tab.frame.get_by_role("article", name="serving_default")).to_be_visible()


def test_the_keyboard_reaches_a_value(demo_server: Server, open_tab: OpenTab) -> None:
    """Without a mouse: search, open the artifact, open Weights, open a tensor, close its drawer."""
    tab = open_tab(demo_server)
    expect(tab.frame.get_by_role("treegrid")).to_be_visible()
    tab.frame.locator("body").press("/")
    tab.page.keyboard.type(EXPORT)
    tab.page.keyboard.press("ArrowDown")
    tab.page.keyboard.press("Enter")
    expect(tab.frame.get_by_role("article", name="serving_default")).to_be_visible()
    tab.frame.get_by_role("link", name="Weights", exact=True).press("Enter")
    tab.frame.get_by_role("grid", name="Tensors").focus()
    tab.page.keyboard.press("ArrowDown")
    tab.page.keyboard.press("Enter")
    drawer = tab.frame.locator(".drawer")
    expect(drawer).to_be_visible()
    tab.page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()


def test_theme_follows_tensorboard(demo_server: Server, open_tab: OpenTab) -> None:
    """The page is dark where TensorBoard is, and changes with it while it is open."""
    tab = open_tab(demo_server, is_dark=True)
    background = "() => getComputedStyle(document.body).backgroundColor"
    frame = next(f for f in tab.page.frames if "name=modelinspect" in f.url)
    dark = frame.evaluate(background)
    tab.page.evaluate("() => document.body.classList.remove('dark-mode')")
    frame.wait_for_function(f"old => ({background})() !== old", arg=dark)


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[tuple[Path, Server]]:
    """A run with one checkpoint, and TensorBoard on it."""
    write_scalars(tmp_path / "run")
    BundleWriter().write(tmp_path / "run", "ckpt-1")
    with running_tensorboard("--logdir", str(tmp_path)) as server:
        server.artifacts()
        yield tmp_path, server


def test_reload_shows_what_is_new(growing: tuple[Path, Server], open_tab: OpenTab) -> None:
    """Reload finds a new checkpoint and marks a deleted one; the search text stays."""
    logdir, server = growing
    tab = open_tab(server, q="ckpt")
    expect(tab.frame.get_by_role("heading", name="1 artifact")).to_be_visible()
    BundleWriter().write(logdir / "run", "ckpt-2")
    tab.reload_data()
    expect(tab.frame.get_by_role("heading", name="2 artifacts")).to_be_visible()
    shutil.rmtree(logdir / "run")
    tab.reload_data()
    expect(tab.frame.get_by_text("deleted").first).to_be_visible()
    assert tab.hash_keys() == {"q": "ckpt"}


@pytest.mark.parametrize("name", ["", "missing"], ids=["empty", "missing"])
def test_empty_logdir_says_what_would_fill_it(tmp_path: Path, open_tab: OpenTab, name: str) -> None:
    """No artifact, or no folder at all: the page says so and gives code that saves one."""
    with running_tensorboard("--logdir", str(tmp_path / name)) as server:
        tab = open_tab(server)
        expect(tab.frame.get_by_text("tf.train.Checkpoint").first).to_be_visible()
        tab.close()  # before its server, which it asks again while a search runs


def test_names_from_files_stay_text(tmp_path: Path, open_tab: OpenTab) -> None:
    """A folder or tensor named like markup is shown as it is named, and runs nothing."""
    markup = "<img src=x onerror=alert(1)>"
    writer = BundleWriter()
    writer.add_strings(f"{markup}</script>", [b"<b>bold</b>"])
    writer.write(tmp_path / markup, "ckpt-1")
    with running_tensorboard("--logdir", str(tmp_path)) as server:
        row = server.artifacts()["artifacts"][0]
        tab = open_tab(server)
        expect(tab.frame.get_by_text(markup).first).to_be_visible()
        tab.open(page="weights", id=row["id"], tensor=f"{markup}</script>")
        expect(tab.frame.get_by_text("<b>bold</b>").first).to_be_visible()
        assert tab.frame.locator("img").count() == 0
        tab.close()  # before its server, which it may ask for statistics


def test_path_prefix_and_slow_loading(tmp_path: Path, open_tab: OpenTab) -> None:
    """Every address of the tab is relative: it works below a prefix, in the slow mode too."""
    BundleWriter().write(tmp_path, "ckpt-1")
    arguments = ("--logdir", str(tmp_path), "--path_prefix=/a/b", "--load_fast=false")
    with running_tensorboard(*arguments) as server:
        server.artifacts()
        tab = open_tab(server)
        expect(tab.frame.get_by_role("heading", name="1 artifact")).to_be_visible()
        tab.frame.get_by_role("treegrid").get_by_role("link").first.click()
        expect(tab.frame.get_by_role("link", name="Weights", exact=True)).to_be_visible()
        tab.close()  # before the server goes: the page may still be asking


def test_a_plugin_that_cannot_start_says_so_in_its_tab(tmp_path: Path, open_tab: OpenTab) -> None:
    """With a broken installation the tab holds the reason and what to do, in words."""
    before = "import sys; sys.modules['tensorboard_plugin_modelinspect.views.http.plugin'] = None"
    with running_tensorboard("--logdir", str(tmp_path), before=before) as server:
        tab = open_tab(server)
        expect(tab.page.frame_locator(FRAME).get_by_role("alert")).to_contain_text(
            "Model Inspect could not start"
        )
        tab.close()
