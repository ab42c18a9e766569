"""Pictures and lists in the drawer, on the real server: what is seen is what the file holds."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpenTab
from tests.browser.support import Tab
from tests.browser.test_pages import id_of
from tests.support.bundle_writer import BundleWriter
from tests.views.http.real_tensorboard import Server, running_tensorboard

pytestmark = pytest.mark.browser

RANDOM = np.random.default_rng(5)
MATRIX = RANDOM.normal(size=(60, 40)).astype(np.float32)
MATRIX[10:20, 5:15], MATRIX[40], MATRIX[45:50, 30] = np.nan, np.inf, -np.inf
KERNEL = RANDOM.normal(size=(3, 3, 20, 30)).astype(np.float32)
LARGE = RANDOM.normal(size=(1200, 900)).astype(np.float32)
IDS = np.arange(40).reshape(4, 10) + 2**60
WORDS = [b"[UNK]", *(f"word {number}".encode() for number in range(2500)), b"x" * 3000]
NAN_COLOUR = [180, 20, 255, 255]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """TensorBoard on a checkpoint with all that pictures are made of."""
    logdir = tmp_path_factory.mktemp("pictures")
    writer = BundleWriter()
    for key, array in (("matrix", MATRIX), ("kernel", KERNEL), ("large", LARGE), ("ids", IDS)):
        writer.add(key, array)
    writer.add("scale", np.linspace(-1, 2, 64, dtype=np.float32))
    writer.add("wave", np.exp(1j * np.arange(20)).reshape(4, 5).astype(np.complex64))
    writer.add_strings("words", WORDS)
    writer.write(logdir, "ckpt")
    with running_tensorboard("--logdir", str(logdir)) as server:
        yield server


def show(server: Server, open_tab: OpenTab, key: str, **more: object) -> tuple[Tab, Locator]:
    """The picture of a tensor, once it is there."""
    keys = {"page": "weights", "id": id_of(server, "ckpt"), "tensor": key, "show": "picture"}
    tab = open_tab(server, **{**keys, **more})
    heat = tab.frame.get_by_role("application", name=f"Heat map of {key}")
    expect(tab.frame.locator(".take")).to_contain_text("SVG")
    expect(heat).to_be_in_viewport()
    return tab, heat


def slice_field(tab: Tab) -> Locator:
    """Where the slice stands as text."""
    return tab.frame.get_by_role("textbox", name="Slice")


def point(heat: Locator, row: float, column: float) -> None:
    """Put the pointer on a share of the height and of the width."""
    box = heat.bounding_box()
    assert box is not None
    heat.hover(position={"x": box["width"] * column, "y": box["height"] * row})


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("key", ["matrix", "kernel", "large", "words"])
def test_no_accessibility_problem(
    server: Server, open_tab: OpenTab, key: str, *, is_dark: bool
) -> None:
    """axe-core finds nothing in either theme."""
    keys = {"page": "weights", "id": id_of(server, "ckpt"), "tensor": key, "show": "picture"}
    tab = open_tab(server, is_dark=is_dark, **keys)
    expect(tab.frame.locator(".take")).to_be_visible()
    assert tab.axe_violations() == []


def test_the_exact_value_is_under_the_pointer(server: Server, open_tab: OpenTab) -> None:
    """Index and value of a cell; NaN and the infinities by name, counted in the legend."""
    tab, heat = show(server, open_tab, "matrix")
    readout = tab.frame.locator(".readout")
    point(heat, 30.5 / 60, 20.5 / 40)
    expect(readout).to_contain_text("[30, 20]")
    expect(readout.locator("strong")).to_have_text(str(MATRIX[30, 20]))
    point(heat, 15.5 / 60, 10.5 / 40)
    expect(readout.locator("strong")).to_have_text("NaN")
    point(heat, 40.5 / 60, 10.5 / 40)
    expect(readout.locator("strong")).to_have_text("inf")
    legend = tab.frame.locator(".legend-marks")
    expect(legend).to_contain_text("NaN 100")
    expect(legend).to_contain_text("+Inf 40")
    expect(legend).to_contain_text("-Inf 5")


def test_numbers_beyond_float64_are_exact_too(server: Server, open_tab: OpenTab) -> None:
    """The colour is that of the nearest float, the value under the pointer the integer itself."""
    tab, heat = show(server, open_tab, "ids")
    point(heat, 0.99, 0.99)
    expect(tab.frame.locator(".readout strong")).to_have_text(str(2**60 + 39))


def test_complex_numbers_are_told_in_full(server: Server, open_tab: OpenTab) -> None:
    """What is coloured is the magnitude, and it is said."""
    tab, heat = show(server, open_tab, "wave")
    point(heat, 0.01, 0.99)
    expect(tab.frame.locator(".readout")).to_contain_text("magnitude 1")
    expect(tab.frame.locator(".readout strong")).to_contain_text("j")
    expect(tab.frame.locator(".picture")).to_contain_text("Each cell is the magnitude")


def test_nan_has_a_colour_of_its_own(server: Server, open_tab: OpenTab) -> None:
    """The pixels of NaN are of that colour, no others are."""
    tab, heat = show(server, open_tab, "matrix")
    frame = next(f for f in tab.page.frames if "name=modelinspect" in f.url)

    def colour(row: float, column: float) -> list[int]:
        found: list[int] = frame.evaluate(
            """([row, column]) => {
              const canvas = document.querySelector('.heat > canvas');
              const x = Math.floor(column * canvas.width), y = Math.floor(row * canvas.height);
              return [...canvas.getContext('2d').getImageData(x, y, 1, 1).data];
            }""",
            [row / 60, column / 40],
        )
        return found

    expect(heat).to_be_visible()
    assert colour(10.2, 5.2) == colour(19.8, 14.8) == NAN_COLOUR
    assert NAN_COLOUR not in (colour(9.5, 5.5), colour(20.5, 14.5), colour(40.5, 3))
    positive, negative = np.argwhere(MATRIX[:9] > 1)[0], np.argwhere(MATRIX[:9] < -1)[0]
    red, _, blue, _ = colour(positive[0] + 0.5, positive[1] + 0.5)
    assert red > blue
    red, _, blue, _ = colour(negative[0] + 0.5, negative[1] + 0.5)
    assert blue > red


def test_the_keyboard_does_what_the_pointer_does(server: Server, open_tab: OpenTab) -> None:
    """Arrows read cells, plus and minus zoom, Shift pans, 0 shows all, Esc leaves the cursor."""
    tab, heat = show(server, open_tab, "matrix")
    readout = tab.frame.locator(".readout")
    heat.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        tab.page.keyboard.press(key)
    expect(readout).to_contain_text("[1, 1]")
    expect(readout.locator("strong")).to_have_text(str(MATRIX[1, 1]))
    tab.page.keyboard.press("+")
    expect(slice_field(tab)).to_have_value("0:48, 0:32")
    tab.page.keyboard.press("Shift+ArrowRight")
    expect(slice_field(tab)).to_have_value("0:48, 1:33")
    tab.page.keyboard.press("0")
    expect(slice_field(tab)).to_have_value(":, :")
    tab.page.keyboard.press("Escape")
    expect(readout).to_contain_text("Point at a cell")
    tab.page.keyboard.press("Escape")
    expect(tab.frame.get_by_role("region", name="Tensor matrix")).to_have_count(0)


def minus(text: str) -> str:
    """As a rounded number is shown; an exact one stays as Python writes it."""
    return text.replace("-", "−")


def test_zooming_reads_what_is_seen_exactly(server: Server, open_tab: OpenTab) -> None:
    """A large matrix is averaged, in words; closer, cells are elements, and the table follows."""
    tab, heat = show(server, open_tab, "large")
    picture = tab.frame.locator(".picture")
    readout = tab.frame.locator(".readout")
    expect(picture).to_contain_text("Each cell is the mean of 5 × 4 elements.")
    point(heat, 0.5, 0.5)
    mean = LARGE[600:605, 448:452].astype(float).mean()
    expect(readout).to_contain_text("[600:605, 448:452]")
    expect(readout.locator("strong")).to_have_text(minus(f"{mean:.6g}".rstrip("0")))
    for _ in range(3):
        tab.page.mouse.wheel(0, -240)
        tab.page.wait_for_timeout(200)
    expect(picture).to_contain_text("Each cell is one element.")
    expect(readout.locator("strong")).to_have_text(re.compile(r"^-?\d"))
    index = re.search(r"\[(\d+), (\d+)\]", readout.inner_text())
    assert index is not None
    row, column = map(int, index.groups())
    assert abs(row - 600) < 4
    expect(readout.locator("strong")).to_have_text(str(LARGE[row, column]))
    part = tab.hash_keys()["slice"]
    tab.frame.get_by_role("button", name="Values", exact=True).click()
    expect(slice_field(tab)).to_have_value(part)


def test_outliers_do_not_vanish(server: Server, open_tab: OpenTab) -> None:
    """A cell can show the element farthest from zero instead of the mean."""
    tab, heat = show(server, open_tab, "large")
    tab.frame.get_by_role("button", name="Largest").click()
    expect(tab.frame.locator(".picture")).to_contain_text("farthest from zero of 5 × 4 elements")
    assert tab.hash_keys()["method"] == "absmax"
    point(heat, 0.5, 0.5)
    block = LARGE[600:605, 448:452].ravel()
    largest = float(block[np.abs(block).argmax()])
    expect(tab.frame.locator(".readout strong")).to_have_text(minus(f"{largest:.6g}"))


def test_kernels_are_tiles(server: Server, open_tab: OpenTab) -> None:
    """A grid over inputs and outputs to page through; another layout is a deep link."""
    tab, heat = show(server, open_tab, "kernel")
    readout = tab.frame.locator(".readout")
    expect(tab.frame.locator(".picture")).to_contain_text("16 × 16 tiles of 3 × 3 elements")
    point(heat, 0.01, 0.01)
    expect(readout).to_contain_text("[0, 0, 0, 0]")
    expect(readout.locator("strong")).to_have_text(str(KERNEL[0, 0, 0, 0]))
    tab.frame.get_by_role("button", name="Tiles across: on").click()
    expect(slice_field(tab)).to_have_value(":, :, 0:16, 16:30")
    expect(tab.frame.locator(".picture")).to_contain_text("16 × 14 tiles")
    point(heat, 0.99, 0.99)
    expect(readout.locator("strong")).to_have_text(str(KERNEL[2, 2, 15, 29]))
    tab.frame.get_by_role("button", name="One slice").click()
    expect(slice_field(tab)).to_have_value(re.compile("^:, :, 0, 16$"))
    tab, heat = show(server, open_tab, "kernel", axes="3,2", slice="1, 2, :, :")
    point(heat, 29.5 / 30, 19.5 / 20)
    expect(tab.frame.locator(".readout strong")).to_have_text(str(KERNEL[1, 2, 19, 29]))


def test_a_vector_is_a_strip(server: Server, open_tab: OpenTab) -> None:
    """Rank 1 is one row."""
    tab, heat = show(server, open_tab, "scale")
    point(heat, 0.5, 63.5 / 64)
    expect(tab.frame.locator(".readout")).to_contain_text("[63]")
    expect(tab.frame.locator(".readout strong")).to_have_text("2.0")


def test_ranges_robust_full_and_kept(server: Server, open_tab: OpenTab) -> None:
    """The range is said, changes the legend, and a kept one goes with the link."""
    tab, _ = show(server, open_tab, "large")
    legend = tab.frame.locator(".legend-ticks .last")
    robust = legend.inner_text()
    tab.frame.get_by_role("button", name="Full").click()
    expect(legend).not_to_have_text(robust)
    assert tab.hash_keys()["range"] == "full"
    tab.frame.get_by_role("button", name="Keep").click()
    low, high = map(float, tab.hash_keys()["range"].split(":"))
    assert low < 0 < high
    expect(tab.frame.locator(".picture")).to_contain_text("as kept")


def test_downloads_hold_what_is_seen(server: Server, open_tab: OpenTab) -> None:
    """CSV has the numbers, PNG is a picture, SVG is well formed and has the title as text."""
    tab, _ = show(server, open_tab, "matrix", slice="8:12, 0:7")
    take = tab.frame.locator(".take")

    def download(name: str) -> bytes:
        with tab.page.expect_download() as waiting:
            take.get_by_text(name, exact=True).click()
        assert waiting.value.suggested_filename == f"matrix.{name.lower()}"
        return Path(waiting.value.path()).read_bytes()

    header, *lines = csv.reader(io.StringIO(download("CSV").decode()))
    assert header == ["axis_0", *map(str, range(7))]
    got = np.array([line[1:] for line in lines], np.float32)
    np.testing.assert_array_equal(got, MATRIX[8:12, :7])
    assert download("PNG").startswith(b"\x89PNG")
    root = ET.fromstring(download("SVG"))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "matrix" in texts
    assert any("slice [8:12, 0:7]" in (text or "") for text in texts)


def test_strings_are_a_list_to_search(server: Server, open_tab: OpenTab) -> None:
    """Index, text and length; the search is the server's; a long one is copied whole."""
    keys = {"page": "weights", "id": id_of(server, "ckpt"), "tensor": "words"}
    tab = open_tab(server, **keys)
    drawer = tab.frame.get_by_role("region", name="Tensor words")
    expect(drawer).to_contain_text(f"{len(WORDS):,} strings")
    drawer.get_by_role("textbox").fill("WORD 24")
    expect(drawer).to_contain_text(f"111 of {len(WORDS):,} strings")
    expect(drawer.get_by_role("row").first).to_contain_text("25")
    expect(drawer.get_by_role("row").first).to_contain_text("7 bytes")
    drawer.get_by_role("textbox").fill("xxx")
    expect(drawer.get_by_role("row")).to_have_count(1)
    expect(drawer.get_by_role("row")).to_contain_text("3,000 bytes")
    button = drawer.get_by_role("row").get_by_role("button", name="Copy string 2501")
    copied = tab.copied_by(button)
    expect(tab.frame.locator(".hidden[role=status]")).to_have_text("Copied")
    assert copied == WORDS[-1].decode()
    drawer.get_by_role("textbox").fill("")
    expect(drawer.get_by_role("row").nth(1)).to_contain_text("word 0")
    drawer.get_by_role("grid", name="Strings").focus()
    tab.page.keyboard.press("End")
    expect(drawer.get_by_role("row").last).to_contain_text("2501")
