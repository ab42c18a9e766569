"""Statistics on the Weights page: numbers of the file, findings, the drawer, and many tensors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Frame, expect

from tensorboard_plugin_modelinspect.opening import open_artifact
from tests.browser.conftest import OpenTab
from tests.browser.support import Tab
from tests.browser.test_pages import demo_path, id_of
from tests.support.bundle_writer import BundleWriter
from tests.views.http.real_tensorboard import Server, running_tensorboard

pytestmark = pytest.mark.browser

DIVERGED = "cnn-diverged/checkpoints/ckpt-8"
MANY = 100_000

_SCROLL = """async (steps) => {
  const grid = document.querySelector('.grid');
  const head = grid.querySelector('.grid-head').getBoundingClientRect().bottom;
  const box = grid.getBoundingClientRect();
  const frame = () => new Promise(requestAnimationFrame);
  let blank = 0;
  for (const step of steps) {
    grid.scrollTop += step;
    await frame();
    for (let y = head + 10; y < box.bottom - 10; y += 40) {
      const row = document.elementFromPoint(box.left + 60, y)?.closest('.grid-row');
      if (!row?.textContent.includes('kernel')) blank += 1;
    }
  }
  return blank;
}"""


def frame_of(tab: Tab) -> Frame:
    """Our frame, to run code in."""
    return next(frame for frame in tab.page.frames if "name=modelinspect" in frame.url)


def row_of(tab: Tab, name: str):
    """The row of a tensor."""
    return tab.frame.get_by_role("row").filter(has_text=name).first


def test_numbers_are_those_of_the_file(demo_server: Server, open_tab: OpenTab) -> None:
    """Without a click the table fills in, and what a row says is what numpy says."""
    path = "cnn-lr-0.01/export/1"
    model = open_artifact(demo_path(demo_server, path))
    tensor = next(t for t in model.tensors.values() if t.name.endswith("hidden/kernel"))
    values = tensor.read().astype(np.float64)
    cols = "shape,histogram,bad,mean,std"
    tab = open_tab(demo_server, page="weights", id=id_of(demo_server, path), cols=cols)
    row = row_of(tab, "hidden/kernel")
    expect(row.get_by_role("img")).to_have_attribute("aria-label", re.compile("Histogram from"))
    titles = [cell.get_attribute("title") for cell in row.get_by_role("gridcell").all()]
    mean, std = map(float, titles[-2:])
    assert mean == pytest.approx(values.mean(), rel=1e-9)
    assert std == pytest.approx(values.std(), rel=1e-9)
    assert tab.axe_violations() == []


def test_nan_is_found_and_led_to(demo_server: Server, open_tab: OpenTab) -> None:
    """The chip leaves the tensors with NaN; the drawer names the first one and goes there."""
    model = open_artifact(demo_path(demo_server, DIVERGED))
    bad = [
        tensor
        for tensor in model.tensors.values()
        if tensor.dtype.name == "float32" and np.isnan(tensor.read()).any()
    ]
    tab = open_tab(demo_server, page="weights", id=id_of(demo_server, DIVERGED))
    tab.frame.get_by_role("group", name="Findings").get_by_role("button", name="NaN").click()
    grid = tab.frame.get_by_role("grid", name="Tensors")
    expect(grid).to_have_attribute("aria-rowcount", str(len(bad) + 1))
    assert tab.hash_keys()["finding"] == "nan"
    tensor = next(one for one in bad if len(one.shape) == 2)
    first = np.argwhere(np.isnan(tensor.read()))[0]
    row_of(tab, tensor.name).click()
    statistics = tab.frame.get_by_role("region", name="Statistics")
    place = ", ".join(map(str, first))
    statistics.get_by_role("button", name=f"first at [{place}]").click()
    expect(tab.frame.get_by_role("region", name="Values")).to_contain_text("NaN")
    assert "slice" in tab.hash_keys()


def test_a_histogram_is_read_by_keys(demo_server: Server, open_tab: OpenTab) -> None:
    """The arrows read out edges and count of each bar; a table says the same."""
    path = "cnn-lr-0.01/export/1"
    model = open_artifact(demo_path(demo_server, path))
    tensor = next(t for t in model.tensors.values() if t.name.endswith("hidden/kernel"))
    tab = open_tab(demo_server, page="weights", id=id_of(demo_server, path), tensor=tensor.key)
    statistics = tab.frame.get_by_role("region", name="Statistics")
    plot = statistics.get_by_role("slider")
    plot.press("ArrowRight")
    expect(plot).to_have_attribute("aria-valuetext", re.compile(r" to .*: [\d,]+ \(.* %\)"))
    statistics.get_by_text("As a table").click()
    counts = statistics.locator("tbody tr td:nth-child(3)").all_inner_texts()
    assert sum(int(count.replace(",", "")) for count in counts) == tensor.size
    statistics.get_by_label("Log scale").check()
    expect(statistics).to_contain_text("logarithmic")
    with tab.page.expect_download() as waiting:
        statistics.get_by_role("button", name="SVG").click()
    assert "<svg" in Path(waiting.value.path()).read_text()
    assert tab.axe_violations() == []


def test_columns_are_chosen_and_linked_to(demo_server: Server, open_tab: OpenTab) -> None:
    """What the menu shows and hides stands in the address, and Esc closes no more than the menu."""
    tab = open_tab(demo_server, page="weights", id=id_of(demo_server, "cnn-lr-0.01/export/1"))
    heads = tab.frame.get_by_role("columnheader")
    expect(heads.filter(has_text="Std")).to_be_visible()
    tab.frame.get_by_role("button", name="Columns").click()
    tab.frame.get_by_role("checkbox", name="Std").uncheck()
    expect(heads.filter(has_text="Std")).to_have_count(0)
    tab.page.wait_for_function("location.hash.includes('cols')")
    assert "std" not in tab.hash_keys()["cols"].split(",")
    assert tab.axe_violations() == []
    tab.page.keyboard.press("Escape")
    expect(tab.frame.get_by_role("checkbox")).to_have_count(0)


@pytest.fixture(scope="module")
def many_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """TensorBoard on a checkpoint of 100,000 tensors."""
    folder = tmp_path_factory.mktemp("many")
    writer = BundleWriter()
    values = np.random.default_rng(1).normal(size=(MANY, 2, 8)).astype(np.float32)
    for number in range(MANY):
        layer, expert, part = number // 1000, number // 5 % 200, number % 5
        writer.add(f"layer_{layer}/expert_{expert}/part_{part}/kernel", values[number])
    writer.write(folder, "ckpt-1")
    with running_tensorboard("--logdir", str(folder)) as server:
        yield server


@pytest.mark.slow
def test_many_tensors_scroll_without_blank_rows(many_server: Server, open_tab: OpenTab) -> None:
    """While statistics fill in, and sorted by them, each frame of scrolling is full of rows."""
    tab = open_tab(many_server, page="weights", id=id_of(many_server, "ckpt-1"), sort="-std")
    expect(tab.frame.get_by_role("grid")).to_have_attribute("aria-rowcount", str(MANY + 1))
    expect(tab.frame.get_by_role("progressbar")).to_be_visible()
    frame = frame_of(tab)
    steps = [120] * 60 + [5_000] * 20 + [-90_000, 1_200_000, -400_000] * 5
    assert frame.evaluate(_SCROLL, steps) == 0
    shown = tab.frame.get_by_role("gridcell").filter(has_text="kernel").nth(12)
    expect(shown).to_be_visible()
    tab.frame.get_by_role("button", name="Cancel").click()
    expect(tab.frame.get_by_text("Cancelled:")).to_be_visible()
