"""The page Run on the real server: forms, answers, the queue, and what other pages may not do."""

from __future__ import annotations

import http.server
import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, FrameLocator, expect

from tests.browser.conftest import OpenTab
from tests.browser.support import Tab
from tests.browser.test_pages import id_of
from tests.views.http.real_tensorboard import Server, running_tensorboard
from tests.views.http.support import copy_case

PYTHON = os.environ.get("MODELINSPECT_TF_PYTHON", "")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not PYTHON, reason="MODELINSPECT_TF_PYTHON names no Python with TensorFlow"),
]

SHOP, PARSER = "callable/shop", "callable/parser"


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models to be called."""
    folder = tmp_path_factory.mktemp("run")
    copy_case("first_nan", folder)
    return copy_case("callable", folder)


@pytest.fixture(scope="module")
def server(logdir: Path) -> Iterator[Server]:
    """TensorBoard that may run them."""
    flags = ["--modelinspect_allow_run", f"--modelinspect_run_python={PYTHON}"]
    with running_tensorboard("--logdir", str(logdir), *flags) as server:
        server.artifacts()
        yield server


def press_run(frame: FrameLocator) -> None:
    """Press the button of the form."""
    frame.get_by_role("button", name="Run", exact=True).click()


def count_calls(server: Server, path: str = SHOP) -> int:
    """Calls that the server knows of."""
    return len(server.tab("api/run", {"id": id_of(server, path)}).json()["calls"])


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_random_values_give_classes_with_names(
    server: Server, open_tab: OpenTab, *, is_dark: bool
) -> None:
    """By keyboard alone; the log, the code and the list of calls are there, and axe is content."""
    tab = open_tab(server, is_dark=is_dark, page="run", id=id_of(server, SHOP))
    frame = tab.frame
    frame.get_by_role("button", name="Random", exact=True).click()
    run = frame.get_by_role("button", name="Run", exact=True)
    run.focus()
    tab.page.keyboard.press("Enter")
    answer = frame.get_by_role("region", name="Answer")
    expect(answer.get_by_role("row", name=re.compile("sneaker"))).to_be_visible()
    expect(answer).to_contain_text("in TensorFlow")
    answer.get_by_text("What the model and TensorFlow printed").click()
    expect(answer).to_contain_text("hello from the model")
    answer.get_by_text("Code for this call").click()
    expect(answer.get_by_role("region", name=re.compile("Code that calls"))).to_contain_text(
        'model.signatures["serving_default"]'
    )
    expect(frame.get_by_role("region", name="Calls of this session")).to_contain_text("image [1, 4")
    assert tab.axe_violations() == []
    tab.reload_data()
    tab.open(page="run", id=id_of(server, SHOP))
    expect(answer.get_by_role("row", name=re.compile("sneaker"))).to_be_visible()


def test_the_code_gives_the_same_answer(server: Server, open_tab: OpenTab, tmp_path: Path) -> None:
    """Random values that are too many to be written out are made anew by the Python shown."""
    tab = open_tab(server, page="run", id=id_of(server, SHOP))
    frame = tab.frame
    frame.get_by_role("button", name="Random", exact=True).click()
    frame.get_by_label("Size of axis 0 of image").fill("20")
    press_run(frame)
    answer = frame.get_by_role("region", name="Answer")
    scores = answer.get_by_role("article", name="scores")
    expect(scores).to_contain_text("[20, 3]")
    with tab.page.expect_download() as download:
        scores.get_by_role("link", name="Download scores as .npy").click()
    answer.get_by_text("Code for this call").click()
    code = answer.get_by_role("region", name=re.compile("Code that calls")).inner_text()
    assert "default_rng(0).uniform(0, 1, (20, 4, 4, 1))" in code
    saving = f"\nimport numpy\nnumpy.save({str(tmp_path / 'y')!r}, outputs['scores'])"
    subprocess.run([PYTHON, "-c", code + saving], check=True, capture_output=True)
    assert np.array_equal(np.load(tmp_path / "y.npy"), np.load(download.value.path()))


def test_an_image_is_dropped(server: Server, open_tab: OpenTab, tmp_path: Path) -> None:
    """Decoded by the browser, it comes back as the same pixels."""
    tab = open_tab(server, page="run", id=id_of(server, SHOP), signature="brighten")
    frame = tab.frame
    frame.get_by_role("button", name="Image", exact=True).click()
    from PIL import Image

    pixels = np.arange(12 * 10 * 3, dtype=np.uint8).reshape(12, 10, 3)
    Image.fromarray(pixels).save(tmp_path / "picture.png")
    frame.get_by_label(re.compile("an image for image")).set_input_files(tmp_path / "picture.png")
    expect(frame.get_by_text("picture.png: 10 × 12 pixels")).to_be_visible()
    press_run(frame)
    output = frame.get_by_role("article", name="image")
    expect(output.get_by_role("img", name="Picture of image 0")).to_be_visible()
    with tab.page.expect_download() as download:
        output.get_by_role("link", name="Download image as .npy").click()
    array = np.load(download.value.path())
    assert np.array_equal(np.rint(array * 255), pixels)
    assert tab.axe_violations() == []


def test_an_array_is_dropped(server: Server, open_tab: OpenTab, tmp_path: Path) -> None:
    """A `.npy` file; one that is none is refused before it is sent."""
    tab = open_tab(server, page="run", id=id_of(server, SHOP))
    frame = tab.frame
    frame.get_by_role("button", name=".npy", exact=True).click()
    field = frame.get_by_label(re.compile("a .npy file for image"))
    (tmp_path / "no.npy").write_text("no")
    field.set_input_files(tmp_path / "no.npy")
    expect(frame.get_by_text("no.npy is no .npy file")).to_be_visible()
    np.save(tmp_path / "two.npy", np.ones((2, 4, 4, 1)))
    field.set_input_files(tmp_path / "two.npy")
    expect(frame.get_by_text("two.npy: f8 [2, 4, 4, 1]")).to_be_visible()
    press_run(frame)
    scores = frame.get_by_role("article", name="scores")
    expect(scores.get_by_text("Row 1")).to_be_visible()
    scores.get_by_role("button", name="Histogram").click()
    expect(scores.get_by_text("Mean")).to_be_visible()


def test_examples_are_filled_in(server: Server, open_tab: OpenTab) -> None:
    """Fields are the features that the graph parses; one that must be there is asked for."""
    tab = open_tab(server, page="run", id=id_of(server, PARSER), signature="parse")
    frame = tab.frame
    press_run(frame)
    expect(frame.get_by_text("The feature age must be there.")).to_be_visible()
    frame.get_by_label("age of example 1").fill("3")
    frame.get_by_label("words of example 1").fill('["red", "blue"]')
    press_run(frame)
    expect(frame.get_by_role("article", name="clicks")).to_contain_text("3")
    expect(frame.get_by_role("article", name="words")).to_contain_text("blue")
    assert tab.axe_violations() == []


def test_a_reason_is_shown(server: Server, open_tab: OpenTab) -> None:
    """What TensorFlow says of inputs that it does not like; and the next call works."""
    tab = open_tab(server, page="run", id=id_of(server, SHOP), signature="fail")
    frame = tab.frame
    frame.get_by_label("Size of axis 0 of x").fill("2")
    frame.get_by_label("x [1]").fill("-1")
    press_run(frame)
    expect(frame.get_by_role("alert")).to_contain_text("x must not be < 0")
    frame.get_by_label("x [1]").fill("9")
    press_run(frame)
    expect(frame.get_by_role("article", name="root")).to_contain_text("3.0")


def test_a_call_without_an_end_is_cancelled(server: Server, open_tab: OpenTab) -> None:
    """Another sees its place; Cancel ends the process, and the next one runs."""
    shop = id_of(server, SHOP)
    tab = open_tab(server, page="run", id=shop, signature="hang")
    press_run(tab.frame)
    expect(tab.frame.get_by_text("Running", exact=True)).to_be_visible()
    other = open_tab(server, page="run", id=id_of(server, PARSER), signature="parse_one")
    other.frame.get_by_label("age of example 1").fill("1")
    press_run(other.frame)
    expect(other.frame.get_by_role("region", name="Answer")).to_contain_text(
        "1 call before this one"
    )
    tab.frame.get_by_role("button", name="Cancel").click()
    expect(tab.frame.get_by_text(re.compile("Cancelled after"))).to_be_visible()
    expect(other.frame.get_by_role("article", name="age")).to_contain_text("1")


def test_the_first_nan_and_what_was_there(server: Server, open_tab: OpenTab) -> None:
    """The op that was planted is named and linked; its values are shown where the link leads."""
    planted = id_of(server, "first_nan/planted")
    tab = open_tab(server, page="run", id=planted, signature="root")
    frame = tab.frame
    frame.get_by_label("x [0, 0]").fill("1")
    frame.get_by_label("x [0, 1]").fill("3")
    frame.get_by_label("x [0, 2]").fill("6")
    press_run(frame)
    answer = frame.get_by_role("region", name="Answer")
    expect(answer.get_by_role("article", name="y")).to_be_visible()
    answer.get_by_role("button", name="First NaN").click()
    finding = answer.get_by_role("region", name="The first NaN")
    expect(finding).to_contain_text("planted/root:0 (Sqrt, float32): 1 NaN, 2 positive of 3")
    expect(frame.get_by_role("region", name="Calls of this session")).to_contain_text("first NaN")
    assert tab.axe_violations() == []
    finding.get_by_role("link", name="in the graph").first.click()
    frame.get_by_role("button", name="Show values").click()
    values = frame.get_by_role("article", name="planted/root:0")
    expect(values).to_contain_text("2 of 3")
    expect(values).to_contain_text("NaN, 1.0, 2.0")
    assert tab.axe_violations() == []


def test_switched_off(logdir: Path, open_tab: OpenTab) -> None:
    """Without the flag the page says what to do, and there is nothing to press."""
    with running_tensorboard("--logdir", str(logdir)) as off:
        off.artifacts()
        tab = open_tab(off, page="run", id=id_of(off, SHOP))
        expect(tab.frame.get_by_role("heading", name="Running models is")).to_be_visible()
        expect(tab.frame.get_by_text("--modelinspect_allow_run")).to_be_visible()
        expect(tab.frame.get_by_role("button", name="Run", exact=True)).to_have_count(0)
        assert tab.axe_violations() == []


def test_no_link_runs_anything(server: Server, open_tab: OpenTab) -> None:
    """Whatever an address holds, opened, opened again, and after a reload."""
    before = count_calls(server)
    keys = {"page": "run", "id": id_of(server, SHOP), "signature": "hang"}
    inputs = json.dumps({"start": {"values": 0}})
    tab = open_tab(server, **keys, inputs=inputs, action="start", run="1")
    for _ in range(2):
        expect(tab.frame.get_by_role("button", name="Run", exact=True)).to_be_visible()
        tab.page.reload()
    tab.open(**keys, inputs=inputs)
    expect(tab.frame.get_by_role("textbox", name="start")).to_have_value("")
    tab.page.wait_for_timeout(500)
    assert count_calls(server) == before


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of an empty page of another origin."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<title>elsewhere</title>")

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{other.server_port}/"
        other.shutdown()


SEND = """
async ([address, options, body]) => {
  try {
    const answer = await fetch(address, {method: "POST", body, credentials: "include", ...options});
    return answer.type === "opaque" ? "opaque" : String(answer.status);
  } catch (error) { return "refused"; }
}
"""
FORM = """
([address, body]) => {
  const form = document.createElement("form");
  form.action = address; form.method = "POST"; form.enctype = "text/plain"; form.target = "there";
  const frame = document.createElement("iframe"); frame.name = "there";
  const field = document.createElement("input");
  field.name = body.slice(0, -1) + ',"x":"'; field.value = '"}';
  form.append(field); document.body.append(frame, form); form.submit();
  return new Promise((resolve) => { frame.onload = () => resolve("sent"); });
}
"""


def test_another_page_runs_nothing(server: Server, browser: Browser, elsewhere: str) -> None:
    """From a second origin in Chromium: by fetch in every way, by form, by script and picture."""
    before = count_calls(server)
    fields = {"id": id_of(server, SHOP), "tags": "", "signature": "hang"}
    body = json.dumps({**fields, "inputs": json.dumps({"start": {"values": 0}})})
    ours = {"Content-Type": "application/json", "X-Modelinspect-Action": "1"}
    page = browser.new_page()
    page.goto(elsewhere)
    address = f"http://localhost:{server.port}/data/plugin/modelinspect/api/run"
    ways = [
        {"headers": ours},
        {"headers": ours, "mode": "no-cors"},
        {"headers": {"Content-Type": "text/plain"}, "mode": "no-cors"},
        {"mode": "no-cors"},
    ]
    for options in ways:
        assert page.evaluate(SEND, [address, options, body]) in ("refused", "opaque")
    assert page.evaluate(FORM, [address, body]) == "sent"
    page.evaluate(
        """async (address) => {
          for (const name of ["img", "script"]) {
            const one = document.createElement(name);
            const done = new Promise((resolve) => { one.onload = one.onerror = resolve; });
            one.src = address; document.body.append(one); await done;
          }
        }""",
        f"{address}?{fields['id']}",
    )
    page.close()
    assert count_calls(server) == before


def test_a_frame_in_another_page_runs_nothing(
    server: Server, browser: Browser, elsewhere: str
) -> None:
    """A page that shows our tab in a frame, with a link to Run, gets the form and no call."""
    before = count_calls(server)
    page = browser.new_page()
    page.goto(elsewhere)
    hash_ = f"modelinspect&p.modelinspect.page=run&p.modelinspect.id={id_of(server, SHOP)}"
    page.evaluate(
        """async (address) => {
          const frame = document.createElement("iframe");
          const done = new Promise((resolve) => { frame.onload = resolve; });
          frame.src = address; document.body.append(frame); await done;
          await new Promise((resolve) => setTimeout(resolve, 1500));
        }""",
        f"http://localhost:{server.port}/#{hash_}",
    )
    page.close()
    assert count_calls(server) == before


def test_an_old_browser_and_a_rebound_name(server: Server) -> None:
    """Without Sec-Fetch-Site the header decides; under a name of the attacker's nothing does."""
    answer = server.tab("api/run", method="POST", host=f"attacker.example:{server.port}")
    assert (answer.status, answer.json()["error"]["type"]) == (403, "ForbiddenHost")
    assert server.tab("api/run", method="POST").status == 403
    assert server.tab("api/run", method="PUT").status == 405
    ours = {"X-Modelinspect-Action": "1", "Content-Type": "text/plain"}
    assert server.tab("api/run", method="POST", headers=ours).status == 415


def test_narrow_and_long(server: Server, open_tab: OpenTab) -> None:
    """At 1024 px nothing is cut off at the right."""
    tab: Tab = open_tab(server, width=1024, page="run", id=id_of(server, PARSER))
    frame = next(one for one in tab.page.frames if "name=modelinspect" in one.url)
    expect(tab.frame.get_by_role("button", name="Run", exact=True)).to_be_visible()
    width = frame.evaluate("() => [document.body.scrollWidth, innerWidth]")
    assert width[0] <= width[1]
