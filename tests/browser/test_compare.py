"""The Compare page on the real server: the demo's runs, equal checkpoints, big ones, odd ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import FrameLocator, Locator, expect

from tensorboard_plugin_modelinspect.opening import open_artifact
from tests.browser.conftest import OpenTab
from tests.browser.support import Tab
from tests.browser.test_pages import demo_path, id_of
from tests.support.bundle_writer import BundleWriter
from tests.views.http.real_tensorboard import Server, running_tensorboard

pytestmark = pytest.mark.browser

SERIES = "cnn-lr-0.01/checkpoints/ckpt-"
EXPORT, KERAS = "cnn-lr-0.01/export/1", "cnn-lr-0.01/model.keras"
TEXT = "text_module/1"
KERNEL = "hidden/kernel"
BIG = 1 << 27
"""Elements of a tensor of 512 MiB, which is not read without being asked for."""


def pairs(frame: FrameLocator) -> Locator:
    """The list of pairs."""
    return frame.get_by_label("Tensors that differ")


def compare(server: Server, open_tab: OpenTab, before: str, after: str, **keys: Any) -> Tab:
    """The page of two artifacts."""
    ids = {"id": id_of(server, after), "with": id_of(server, before)}
    return open_tab(server, page="compare", **ids, **keys)


def read(server: Server, path: str, name: str) -> tuple[str, np.ndarray]:
    """Key and values of a tensor of the demo."""
    model = open_artifact(demo_path(server, path))
    tensor = next(one for one in model.tensors.values() if one.name.endswith(name))
    return tensor.key, tensor.read().astype(np.float64)


def test_the_previous_checkpoint_is_one_click(demo_server: Server, open_tab: OpenTab) -> None:
    """Timeline and Model lead here, with the one before; the address follows each step."""
    eight, seven = id_of(demo_server, f"{SERIES}8"), id_of(demo_server, f"{SERIES}7")
    tab = open_tab(demo_server, page="timeline", id=seven)
    actions = tab.frame.get_by_role("group", name="Selected checkpoint")
    actions.get_by_role("link", name="Compare").click()
    tab.page.wait_for_function("location.hash.includes('with')")
    six = id_of(demo_server, f"{SERIES}6")
    assert tab.hash_keys() == {"page": "compare", "id": seven, "with": six}
    expect(tab.frame.get_by_role("heading", name=re.compile("Same structure; "))).to_be_visible()
    tab.frame.get_by_role("button", name="Next", exact=True).click()
    assert tab.hash_keys() == {"page": "compare", "id": eight, "with": seven}
    tab.frame.get_by_role("button", name="Swap the two").click()
    assert tab.hash_keys() == {"page": "compare", "id": seven, "with": eight}
    tab.frame.get_by_role("button", name="Previous checkpoint").click()
    assert tab.hash_keys() == {"page": "compare", "id": seven, "with": six}
    tab.open(page="model", id=eight)
    tab.frame.get_by_role("link", name="Compare with…").click()
    expect(pairs(tab.frame)).to_be_visible()


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_numbers_are_those_of_the_files(
    demo_server: Server, open_tab: OpenTab, *, is_dark: bool
) -> None:
    """Without a click the rows fill in, and what a row says is what numpy says."""
    key, old = read(demo_server, f"{SERIES}7", KERNEL)
    new = read(demo_server, f"{SERIES}8", KERNEL)[1]
    tab = compare(demo_server, open_tab, f"{SERIES}7", f"{SERIES}8", is_dark=is_dark)
    row = pairs(tab.frame).get_by_role("row").filter(has_text=KERNEL).first
    expect(row).to_contain_text("changed")
    relative = np.linalg.norm(new - old) / np.linalg.norm(old)
    expect(row).to_contain_text(f"{relative:.4g}")
    expect(row).to_contain_text(f"{np.abs(new - old).max():.4g}")
    heading = tab.frame.get_by_role("heading", name=re.compile("largest in"))
    expect(heading).to_contain_text(f"{KERNEL} (relative L2 {relative:.3g})")
    assert tab.axe_violations() == []
    row.click()
    drawer = tab.frame.get_by_role("region", name=re.compile("Pair "))
    count = f"{np.count_nonzero(old != new):,} of {old.size:,} elements differ"
    expect(drawer).to_contain_text(count)
    first = np.argwhere(old != new)[0]
    expect(drawer.get_by_role("button", name=f"[{first[0]}, {first[1]}]")).to_be_visible()
    expect(drawer.get_by_role("slider", name="Histogram of after − before")).to_be_visible()
    assert tab.hash_keys()["tensor"] == key
    assert tab.axe_violations() == []


def test_three_pictures_are_read_at_one_place(demo_server: Server, open_tab: OpenTab) -> None:
    """The arrow keys move over both tensors and their difference, and read out all three."""
    key, old = read(demo_server, f"{SERIES}7", KERNEL)
    new = read(demo_server, f"{SERIES}8", KERNEL)[1]
    tab = compare(demo_server, open_tab, f"{SERIES}7", f"{SERIES}8", tensor=key)
    drawer = tab.frame.get_by_role("region", name=re.compile("Pair "))
    heats = drawer.get_by_role("application")
    expect(heats).to_have_count(3)
    heats.nth(2).focus()
    for press in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight"):
        tab.page.keyboard.press(press)
    readout = drawer.locator("#pair-readout")
    expect(readout).to_contain_text("[1, 3]")
    numbers = [float(text.replace("−", "-")) for text in readout.locator("dd").all_inner_texts()]
    assert numbers == pytest.approx([old[1, 3], new[1, 3], new[1, 3] - old[1, 3]], rel=1e-4)
    expect(tab.frame.locator(".heat-cursor")).to_have_count(3)
    tab.page.keyboard.press("+")
    tab.page.wait_for_function("location.hash.includes('slice')")


def test_values_side_by_side(demo_server: Server, open_tab: OpenTab) -> None:
    """Elements that differ, exactly and by their index; a deep link leads to them."""
    key, old = read(demo_server, f"{SERIES}7", KERNEL)
    new = read(demo_server, f"{SERIES}8", KERNEL)[1]
    keys = {"tensor": key, "show": "values", "slice": "0:10, 0:10"}
    tab = compare(demo_server, open_tab, f"{SERIES}7", f"{SERIES}8", **keys)
    differing = np.count_nonzero(old[:10, :10] != new[:10, :10])
    expect(tab.frame.get_by_text(f"{differing} of 100 elements here differ")).to_be_visible()
    grid = tab.frame.get_by_role("grid", name="Values before and after")
    row, column = np.argwhere(old[:10, :10] != new[:10, :10])[0]
    line = grid.get_by_role("row").filter(has_text=f"[{row}, {column}]")
    texts = line.get_by_role("gridcell").all_inner_texts()
    assert [float(text) for text in texts[1:]] == pytest.approx(
        [old[row, column], new[row, column]]
    )
    tab.frame.get_by_label("Equal ones, too").check()
    expect(grid).to_have_attribute("aria-rowcount", "101")
    assert tab.axe_violations() == []


def test_filters_order_and_tree_stand_in_the_address(
    demo_server: Server, open_tab: OpenTab
) -> None:
    """And come back with it; the keyboard walks the tree and opens a pair."""
    keys = {"state": "renamed", "role": "weight", "sort": "name", "view": "tree"}
    tab = compare(demo_server, open_tab, KERAS, EXPORT, **keys)
    tree = pairs(tab.frame)
    expect(tree).to_have_role("treegrid")
    expect(tab.frame.get_by_role("button", name=re.compile("renamed"))).to_have_attribute(
        "aria-pressed", "true"
    )
    tree.focus()
    tab.page.keyboard.press("Home")
    tab.page.keyboard.press("ArrowLeft")
    expect(tree.get_by_role("row").nth(1)).to_have_attribute("aria-expanded", "false")
    tab.page.keyboard.press("ArrowRight")
    while not tree.get_by_role("row", selected=True).filter(has_text="kernel").count():
        tab.page.keyboard.press("ArrowDown")
    tab.page.keyboard.press("Enter")
    drawer = tab.frame.get_by_role("region", name=re.compile("Pair "))
    expect(drawer).to_contain_text("Paired by")
    expect(drawer).to_contain_text("%")
    expect(drawer).to_contain_text("All elements are equal")
    tab.page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    expect(tree).to_be_focused()
    tab.frame.get_by_role("button", name=re.compile("^Show all")).click()
    tab.page.wait_for_function("location.hash.includes('all=1')")


def test_across_formats(demo_server: Server, open_tab: OpenTab) -> None:
    """A checkpoint and the model exported from it: equal by checksum, and sections say why not."""
    tab = compare(demo_server, open_tab, f"{SERIES}8", EXPORT)
    expect(tab.frame.get_by_text("14 tensors equal by checksum, without reading")).to_be_visible()
    sections = tab.frame.get_by_role("group", name="Section")
    for name, reason in (("Signatures", "No graph before."), ("Objects", "The object graphs of")):
        sections.get_by_role("button", name=name).click()
        expect(tab.frame.get_by_role("heading", name="Not compared")).to_be_visible()
        expect(tab.frame.get_by_text(reason)).to_be_visible()


def test_signatures_side_by_side(demo_server: Server, open_tab: OpenTab) -> None:
    """What differs has a sign, not only a colour; so have ops, objects and documents."""
    tab = compare(demo_server, open_tab, TEXT, EXPORT, part="signatures")
    card = tab.frame.get_by_role("article").filter(has_text="serving_default")
    lines = card.get_by_role("row")
    expect(lines.filter(has_text="input picture")).to_contain_text("+")
    expect(lines.filter(has_text="input texts")).to_contain_text("−")
    for part, words in (("Graph", "ReadVariableOp"), ("Objects", "Object tree")):
        tab.frame.get_by_role("group", name="Section").get_by_role("button", name=part).click()
        expect(tab.frame.get_by_role("article").filter(has_text=words)).to_be_visible()
        assert tab.axe_violations() == []


def test_a_side_that_cannot_be_opened(demo_server: Server, open_tab: OpenTab) -> None:
    """Which one, why, and a way to what is known of it."""
    tab = compare(demo_server, open_tab, f"{SERIES}8", "broken/export/1")
    alert = tab.frame.get_by_role("alert")
    expect(alert).to_contain_text("The one after cannot be opened")
    expect(alert.get_by_role("link", name="What is known of it")).to_be_visible()
    assert tab.axe_violations() == []


def test_any_two_are_picked(demo_server: Server, open_tab: OpenTab) -> None:
    """Of what has no series one chooses; the search finds it, and Enter takes it."""
    tab = open_tab(demo_server, page="compare", id=id_of(demo_server, "other_files/shapes.h5"))
    expect(tab.frame.get_by_role("heading", name="Choose what to compare")).to_be_visible()
    tab.frame.get_by_role("button", name=re.compile("^Before")).click()
    tab.frame.get_by_label("Search paths").fill("shapes.weights")
    tab.page.keyboard.press("ArrowDown")
    tab.page.keyboard.press("Enter")
    expect(tab.frame.get_by_role("heading", name=re.compile("tensors"))).to_be_visible()
    assert tab.hash_keys()["with"] == id_of(demo_server, "other_files/shapes.weights.h5")


def test_what_can_be_taken_away(demo_server: Server, open_tab: OpenTab, tmp_path: Path) -> None:
    """The command, the sentence, and JSON with the numbers of each pair."""
    tab = compare(demo_server, open_tab, f"{SERIES}7", f"{SERIES}8")
    heading = tab.frame.get_by_role("heading", name=re.compile("largest in"))
    expect(heading).to_be_visible()
    copied = {}
    for word in ("Command", "Summary"):
        copied[word] = tab.copied_by(tab.frame.get_by_role("button", name=word))
        expect(tab.frame.get_by_role("button", name="Copied").last).to_be_visible()
    assert re.fullmatch(r"modelinspect diff /\S+/ckpt-7 /\S+/ckpt-8", copied["Command"])
    assert copied["Summary"].capitalize() == heading.inner_text().capitalize()
    with tab.page.expect_download() as waiting:
        tab.frame.get_by_role("button", name="JSON", exact=True).click()
    waiting.value.save_as(tmp_path / "diff.json")
    found = json.loads((tmp_path / "diff.json").read_text())
    place = next(n for n, name in enumerate(found["pairs"]["name"]) if name.endswith(KERNEL))
    old, new = (
        read(demo_server, f"{SERIES}7", KERNEL)[1],
        read(demo_server, f"{SERIES}8", KERNEL)[1],
    )
    assert found["pairs"]["max_abs"][place] == pytest.approx(np.abs(new - old).max())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """TensorBoard on equal checkpoints, on big ones, on texts, and on names of every sort."""
    logdir = tmp_path_factory.mktemp("compare")
    for step in (1, 2):
        writer = BundleWriter()
        writer.add("w/kernel", np.arange(12, dtype=np.float32).reshape(3, 4))
        writer.write(logdir / "same", f"ckpt-{step}")
        writer = BundleWriter()
        for number in range(8):
            writer.add_hole(f"w{number}/kernel", "float32", (BIG,), crc32c=step)
        writer.write(logdir / "big", f"ckpt-{step}")
        writer = BundleWriter()
        writer.add_strings("words", [b"a", b"b%d" % step, b"</script>"])
        writer.add(f"{'long_name/' * 20}kernel", np.full((3, 4), step, np.float32))
        writer.write(logdir / "odd", f"ckpt-{step}")
    with running_tensorboard("--logdir", str(logdir)) as server:
        server.artifacts()
        yield server


def test_identical_ones_say_how_that_is_known(made: Server, open_tab: OpenTab) -> None:
    """By checksum, with no value read; all tensors are one click away."""
    tab = compare(made, open_tab, "same/ckpt-1", "same/ckpt-2")
    expect(tab.frame.get_by_role("heading", name="No tensor differs")).to_be_visible()
    expect(tab.frame.get_by_text("equal by checksum, without reading a value")).to_be_visible()
    assert tab.axe_violations() == []
    tab.frame.get_by_role("button", name="Show all tensors").click()
    row = pairs(tab.frame).get_by_role("row").filter(has_text="w/kernel")
    row.click()
    drawer = tab.frame.get_by_role("region", name="Pair w/kernel")
    expect(drawer).to_contain_text("No value was read for that")


def test_the_same_on_both_sides(made: Server, open_tab: OpenTab) -> None:
    """Nothing is asked of the server: one is to choose another."""
    tab = compare(made, open_tab, "same/ckpt-1", "same/ckpt-1")
    expect(tab.frame.get_by_role("heading", name="The same artifact")).to_be_visible()


def test_much_is_read_only_when_asked_for(made: Server, open_tab: OpenTab) -> None:
    """A button names the bytes; progress can be cancelled, and what changed is listed anyway."""
    tab = compare(made, open_tab, "big/ckpt-1", "big/ckpt-2")
    expect(pairs(tab.frame).get_by_role("row").filter(has_text="changed")).to_have_count(8)
    button = tab.frame.get_by_role(
        "button", name=re.compile(r"Read values of 8 pairs \(\d\.\d GB\)")
    )
    button.click()
    expect(tab.frame.get_by_role("progressbar", name="Reading values")).to_be_visible()
    tab.frame.get_by_role("button", name="Cancel").click()
    expect(tab.frame.get_by_text("Cancelled:")).to_be_visible()
    assert tab.axe_violations() == []


def test_texts_have_no_picture(made: Server, open_tab: OpenTab) -> None:
    """They are listed side by side; names and texts stay text, however long."""
    tab = compare(made, open_tab, "odd/ckpt-1", "odd/ckpt-2", tensor="words", width=1024)
    drawer = tab.frame.get_by_role("region", name="Pair words")
    expect(drawer).to_contain_text("1 of 3 elements differ")
    expect(drawer.get_by_role("gridcell", name="b1")).to_be_visible()
    expect(drawer.get_by_role("gridcell", name="b2")).to_be_visible()
    expect(drawer.get_by_role("application")).to_have_count(0)
    assert tab.axe_violations() == []
