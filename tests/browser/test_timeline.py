"""The Timeline page on the real server: the demo's runs, a series that grows, and a big one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import FrameLocator, Locator, expect

from tests.browser.conftest import OpenTab
from tests.browser.test_pages import id_of
from tests.support.bundle_writer import BundleWriter
from tests.views.http.real_tensorboard import Server, running_tensorboard, write_scalars

pytestmark = pytest.mark.browser

SLOW, FAST = "cnn-lr-0.001/checkpoints/ckpt-", "cnn-lr-0.01/checkpoints/ckpt-"
DIVERGED, TUNED = "cnn-diverged/checkpoints/ckpt-", "cnn-fine-tuned/checkpoints/ckpt-"
BIG = 1 << 27
"""Elements of a tensor of 512 MiB, which is not read without being asked for."""


def table(frame: FrameLocator) -> Locator:
    """The table of checkpoints."""
    return frame.get_by_role("grid", name="Checkpoints")


def cursor(frame: FrameLocator) -> Locator:
    """The chart, as the keyboard and screen readers have it."""
    return frame.get_by_role("slider", name="Selected checkpoint")


def test_home_and_model_lead_to_the_timeline(demo_server: Server, open_tab: OpenTab) -> None:
    """A series has a link on Home, a checkpoint in its page bar; both show all checkpoints."""
    tab = open_tab(demo_server, q=SLOW)
    tab.frame.get_by_role("link", name="Timeline").first.click()
    expect(tab.frame.get_by_role("heading", name="8 checkpoints")).to_be_visible()
    expect(table(tab.frame).get_by_role("row")).to_have_count(9)
    tab.open(page="model", id=id_of(demo_server, f"{SLOW}5"))
    tab.frame.get_by_role("navigation").get_by_role("link", name="Timeline").click()
    expect(cursor(tab.frame)).to_have_attribute("aria-valuetext", re.compile("step 5"))


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_values_are_read_by_themselves(
    demo_server: Server, open_tab: OpenTab, *, is_dark: bool
) -> None:
    """Little is read without a question; the numbers are those of the tensors."""
    artifact = id_of(demo_server, f"{SLOW}8")
    tab = open_tab(demo_server, is_dark=is_dark, page="timeline", id=artifact)
    row = table(tab.frame).get_by_role("row", selected=True)
    expect(row).to_contain_text("10 of 10")
    expect(row).to_contain_text(re.compile(r"0\.\d{4,}"))
    values = demo_server.tab("api/timeline_values", {"id": artifact}).json()
    timeline = demo_server.tab("api/timeline", {"id": artifact}).json()
    weights = [at for at, role in enumerate(timeline["tensors"]["role"]) if role == "weight"]
    squares = [values["sum_sq"][values["tensor"].index(at)][7] for at in weights]
    assert f"{np.sqrt(sum(squares)):.4g}" in row.inner_text()
    assert tab.axe_violations() == []


def test_the_lowest_validation_loss_is_one_click(demo_server: Server, open_tab: OpenTab) -> None:
    """Over two runs: the button selects the best of both, whose path and pages are then at hand."""
    first, second = id_of(demo_server, f"{SLOW}1"), id_of(demo_server, f"{FAST}1")
    tab = open_tab(demo_server, page="timeline", id=second, runs=f"{first},{second}")
    expect(tab.frame.get_by_role("heading", name="16 checkpoints of 2 series")).to_be_visible()
    best: dict[float, str] = {}
    for path, run in ((SLOW, "cnn-lr-0.001"), (FAST, "cnn-lr-0.01")):
        asked = {"id": id_of(demo_server, f"{path}1"), "run": run, "tag": "val_loss"}
        found = demo_server.tab("api/scalars", asked).json()["checkpoints"]
        best |= {value: key for key, value in zip(found["id"], found["value"], strict=True)}
    tab.frame.get_by_role("button", name="Lowest val_loss").click()
    wanted = best[min(best)]
    expect(table(tab.frame).get_by_role("row", selected=True)).to_contain_text(f"{min(best):.4g}")
    tab.page.wait_for_function("id => location.hash.includes(id)", arg=wanted)
    copied = tab.copied_by(tab.frame.get_by_role("button", name="Copy path"))
    expect(tab.frame.get_by_role("button", name="Copied")).to_be_visible()
    path = next(row["path"] for row in demo_server.artifacts()["artifacts"] if row["id"] == wanted)
    assert Path(copied).is_absolute()
    assert copied.endswith(path)
    actions = tab.frame.get_by_role("group", name="Selected checkpoint")
    actions.get_by_role("link", name="Weights").click()
    expect(tab.frame.get_by_role("grid", name="Tensors")).to_be_visible()
    assert tab.hash_keys() == {"page": "weights", "id": wanted}


def test_the_first_nan_is_named_and_linked(demo_server: Server, open_tab: OpenTab) -> None:
    """One sentence says at which step and in which tensor, and leads there."""
    tab = open_tab(demo_server, page="timeline", id=id_of(demo_server, f"{DIVERGED}1"))
    note = tab.frame.get_by_role("alert").filter(has_text="NaN or infinite values")
    step = note.get_by_role("button", name=re.compile(r"step \d"))
    step.click()
    expect(cursor(tab.frame)).to_have_attribute(
        "aria-valuetext", re.compile(re.escape(step.inner_text()))
    )
    link = note.get_by_role("link")
    address = urlsplit(link.get_attribute("href") or "").fragment
    keys = parse_qs(address)
    assert keys["p.modelinspect.page"] == ["weights"]
    link.click()
    expect(tab.frame.get_by_text("NaN").first).to_be_visible()


def test_frozen_layers_are_seen_without_reading(demo_server: Server, open_tab: OpenTab) -> None:
    """The map says the same as the checksums, in words too; the arrow keys move over it."""
    artifact = id_of(demo_server, f"{TUNED}8")
    tab = open_tab(demo_server, page="timeline", id=artifact, view="map", group="tensor")
    grid = tab.frame.get_by_role("grid", name="What changed at each checkpoint")
    row = grid.get_by_role("row").filter(has_text="conv_1/kernel")
    expect(row).to_contain_text("0 of 7")
    expect(row.get_by_role("img")).to_have_attribute(
        "aria-label", "first seen at step 1; frozen at step 2 to step 8"
    )
    expect(grid.get_by_role("row").filter(has_text="hidden/kernel")).to_contain_text("7 of 7")
    grid.focus()
    tab.page.keyboard.press("ArrowLeft")
    expect(cursor(tab.frame)).to_have_attribute("aria-valuetext", re.compile("step 7"))
    expect(tab.frame.get_by_role("status")).to_contain_text("step 7: frozen")
    assert tab.axe_violations() == []


def test_a_deep_link_shows_the_same_view(demo_server: Server, open_tab: OpenTab) -> None:
    """Metric, grouping, lines, axes, scalar and selection survive a page load."""
    keys = {
        "page": "timeline",
        "id": id_of(demo_server, f"{SLOW}3"),
        "metric": "l2",
        "group": "role",
        "lines": "optimizer,weight",
        "scalar": "cnn-lr-0.001,loss",
        "axis": "time",
        "scale": "log",
        "view": "map",
    }
    tab = open_tab(demo_server, **keys)
    for _ in range(2):
        expect(tab.frame.get_by_label("Show", exact=True)).to_have_value("l2")
        expect(tab.frame.get_by_label("Scalar", exact=True)).to_have_value("cnn-lr-0.001,loss")
        for name in ("Role", "Time", "Log", "What changed"):
            button = tab.frame.get_by_role("button", name=name, exact=True)
            expect(button).to_have_attribute("aria-pressed", "true")
        expect(tab.frame.get_by_text(re.compile(r"2 of \d lines shown"))).to_be_visible()
        expect(cursor(tab.frame)).to_have_attribute("aria-valuetext", re.compile("step 3"))
        assert tab.hash_keys() == keys
        tab.page.reload()


def test_the_keyboard_moves_the_selection(demo_server: Server, open_tab: OpenTab) -> None:
    """In the chart and in the table; lines are switched in their list."""
    tab = open_tab(demo_server, page="timeline", id=id_of(demo_server, f"{SLOW}1"), group="tensor")
    cursor(tab.frame).focus()
    tab.page.keyboard.press("End")
    expect(table(tab.frame).get_by_role("row", selected=True)).to_contain_text("8")
    table(tab.frame).focus()
    tab.page.keyboard.press("ArrowDown")
    expect(cursor(tab.frame)).to_have_attribute("aria-valuetext", re.compile("step 7"))
    expect(tab.frame.get_by_text("8 of 10 lines shown")).to_be_visible()
    tab.frame.get_by_role("grid", name="Lines").focus()
    tab.page.keyboard.press("Enter")
    expect(tab.frame.get_by_text("7 of 10 lines shown")).to_be_visible()


def test_what_is_seen_can_be_taken_away(
    demo_server: Server, open_tab: OpenTab, tmp_path: Path
) -> None:
    """As CSV with a row for each checkpoint, and as pictures that stand alone."""
    tab = open_tab(demo_server, page="timeline", id=id_of(demo_server, f"{SLOW}8"))
    expect(table(tab.frame).get_by_role("row", selected=True)).to_contain_text("10 of 10")
    contents = {}
    for kind in ("CSV", "PNG", "SVG"):
        tab.frame.get_by_role("button", name="Export").click()
        with tab.page.expect_download() as waiting:
            tab.frame.get_by_role("button", name=re.compile(f"^{kind} ")).click()
        path = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(path)
        contents[kind] = path.read_bytes()
        tab.page.keyboard.press("Escape")
    lines = contents["CSV"].decode().splitlines()
    assert len(lines) == 9
    assert "Relative change: shapes/conv_1" in lines[0]
    assert contents["PNG"].startswith(b"\x89PNG")
    assert b"val_loss" in contents["SVG"]


def write_checkpoint(folder: Path, step: int, value: float) -> None:
    """A checkpoint with a layer that moves and one that does not."""
    writer = BundleWriter()
    writer.add("moving/kernel", np.full((4, 4), value, np.float32))
    writer.add("still/kernel", np.ones(4, np.float32))
    writer.write(folder, f"ckpt-{step}")


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[tuple[Path, Server]]:
    """A run with one checkpoint, and TensorBoard on it."""
    write_scalars(tmp_path / "run")
    write_checkpoint(tmp_path / "run", 1, 1.0)
    with running_tensorboard("--logdir", str(tmp_path)) as server:
        server.artifacts()
        yield tmp_path / "run", server


def test_new_checkpoints_appear_as_training_goes_on(
    growing: tuple[Path, Server], open_tab: OpenTab
) -> None:
    """One has no timeline yet; the next shows by itself with its values, and so does a deletion."""
    run, server = growing
    tab = open_tab(server, page="timeline", id=id_of(server, "run/ckpt-1"))
    expect(tab.frame.get_by_text("One checkpoint has no timeline yet")).to_be_visible()
    write_checkpoint(run, 2, 3.0)
    expect(tab.frame.get_by_role("heading", name="2 checkpoints")).to_be_visible()
    row = table(tab.frame).get_by_role("row").filter(has_text="1 of 2")
    expect(row).to_contain_text(re.compile(r"1\.7\d"))
    for path in run.glob("ckpt-1.*"):
        path.unlink()
    expect(table(tab.frame)).to_contain_text("deleted")
    tab.close()  # before the server goes: the page may still be asking


def test_much_is_read_only_when_asked_for(tmp_path: Path, open_tab: OpenTab) -> None:
    """A button names the bytes; progress can be cancelled; sizes are shown all the while."""
    for step in (1, 2):
        writer = BundleWriter()
        writer.add_hole("w/kernel", "float32", (BIG,), crc32c=step)
        for number in range(40):
            writer.add_hole(f"w{number}/kernel", "float32", (BIG,), crc32c=step)
        writer.write(tmp_path, f"ckpt-{step}")
    with running_tensorboard("--logdir", str(tmp_path)) as server:
        tab = open_tab(server, page="timeline", id=id_of(server, "ckpt-2"), metric="nbytes")
        button = tab.frame.get_by_role("button", name=re.compile(r"Read values \(4\d\.\d GB\)"))
        expect(button).to_be_visible()
        expect(table(tab.frame).get_by_role("row", selected=True)).to_contain_text("22.0 GB")
        button.click()
        expect(tab.frame.get_by_role("progressbar", name="Bytes read")).to_be_visible()
        tab.frame.get_by_role("button", name="Cancel").click()
        expect(tab.frame.get_by_text("Reading was cancelled")).to_be_visible()
        assert tab.axe_violations() == []
        tab.close()  # before the server goes: the page may still be asking


def test_an_artifact_of_no_series_says_what_has_a_timeline(
    demo_server: Server, open_tab: OpenTab
) -> None:
    """Who follows a wrong link is told, and what is known is shown."""
    artifact = id_of(demo_server, "cnn-lr-0.01/export/1")
    tab = open_tab(demo_server, page="timeline", id=artifact)
    expect(tab.frame.get_by_text("A SavedModel has no timeline")).to_be_visible()
    assert tab.axe_violations() == []
