"""The Trust page, its line on the Model page and its mark on Home, on planted and clean models."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpenTab
from tests.browser.support import Tab
from tests.browser.test_pages import id_of
from tests.views.http.real_tensorboard import Server, running_tensorboard
from tests.views.http.support import CORPUS

pytestmark = pytest.mark.browser

CLEAN = "clean_keras_export"
WRITES = "write_in_loop"
LAMBDA = "h5_lambda_runs/model.h5"
BROKEN = "broken"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """TensorBoard on a few models of the scan's set."""
    logdir = tmp_path_factory.mktemp("trust")
    for path in (CLEAN, WRITES, LAMBDA, BROKEN):
        name = path.partition("/")[0]
        shutil.copytree(CORPUS / "scan" / "models" / name, logdir / name)
    with running_tensorboard("--logdir", str(logdir)) as server:
        server.artifacts()
        yield server


def verdict(tab: Tab) -> Locator:
    """The sentence at the top."""
    return tab.frame.locator(".trust-verdict .headline")


def test_home_marks_the_worst_and_leads_to_it(server: Server, open_tab: OpenTab) -> None:
    """Only what is not clean has a mark; it says what it is in its title."""
    tab = open_tab(server)
    mark = tab.frame.get_by_role("row").filter(has_text=WRITES).locator(".severity")
    expect(mark).to_have_text("critical")
    expect(tab.frame.get_by_role("row").filter(has_text=CLEAN).locator(".severity")).to_have_count(
        0
    )
    expect(mark.locator("xpath=..")).to_have_attribute("title", re.compile("^Writes a file"))
    assert not tab.axe_violations()
    mark.click()
    expect(verdict(tab)).to_contain_text("Dangerous.")
    assert tab.hash_keys() == {"page": "trust", "id": id_of(server, WRITES)}


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_a_planted_write(server: Server, open_tab: OpenTab, *, is_dark: bool) -> None:
    """Argument, signature and severity are told; the place leads into the graph."""
    keys = {"page": "trust", "id": id_of(server, WRITES)}
    tab = open_tab(server, is_dark=is_dark, **keys)
    expect(verdict(tab)).to_contain_text(
        "1 critical finding: writes a file, reached from signature serving_default."
    )
    security = tab.frame.get_by_role("region", name="Security", exact=True)
    row = security.get_by_role("row").filter(has_text="signature serving_default")
    expect(row).to_contain_text("/tmp/loop")
    expect(security).to_contain_text("Ask who made the model what it is for")
    expect(security).to_contain_text("modelinspect scan /")
    assert not tab.axe_violations()
    row.get_by_role("link").click()
    expect(tab.frame.get_by_role("link", name="Graph", exact=True)).to_have_attribute(
        "aria-current", "page"
    )
    told = tab.hash_keys()
    assert (told["page"], told["node"], told["scope"]) == ("graph", "while/WriteFile", "while")
    assert told["graph"].startswith("while_body_")


def test_bytecode_is_listed(server: Server, open_tab: OpenTab) -> None:
    """Behind a disclosure; nothing of it was run."""
    tab = open_tab(server, page="trust", id=id_of(server, LAMBDA))
    listing = tab.frame.get_by_role("region", name="Disassembly")
    expect(listing).to_be_hidden()
    tab.frame.locator("summary").filter(has_text="Disassembly").click()
    expect(listing).to_contain_text("curl evil.example")


def test_clean_whole_and_portable(server: Server, open_tab: OpenTab) -> None:
    """The Model page leads here; a verification is in the verdict; targets are asked for."""
    tab = open_tab(server, page="model", id=id_of(server, CLEAN))
    card = tab.frame.get_by_role("region", name="Trust", exact=True)
    expect(card).to_contain_text("clean")
    expect(card).not_to_contain_text("whole")
    tab.frame.get_by_role("button", name="Verify checksums").click()
    expect(card).to_contain_text("clean and whole")
    card.get_by_role("link").click()
    expect(verdict(tab)).to_contain_text("Clean and whole. Nothing that the rules know was found.")
    tab.frame.get_by_role("button", name="Verify again").click()
    expect(verdict(tab)).to_contain_text("All bytes are as they were saved.")
    field = tab.frame.get_by_role("combobox", name="Another target")
    for target in ("tf==2.9", "nonsense"):
        field.fill(target)
        field.press("Enter")
    portability = tab.frame.get_by_role("region", name="Portability", exact=True)
    asked = portability.get_by_role("listitem").filter(has_text="TensorFlow 2.9")
    expect(asked.locator("summary")).to_contain_text(re.compile("fails.*DisableCopyOnRead"))
    expect(portability.get_by_role("alert")).to_contain_text('No target "nonsense"')
    portability.get_by_role("button", name="Leave nonsense out").click()
    assert tab.hash_keys()["target"] == "tf==2.9"
    (refused,) = tab.problems  # the browser's own line about the answer
    assert "400" in refused
    assert "target=nonsense" in refused
    tab.problems.clear()
    tab.page.reload()
    expect(asked).to_be_visible()


def test_a_broken_artifact_is_a_finding(server: Server, open_tab: OpenTab) -> None:
    """The page says why; where it would run is not asked for."""
    tab = open_tab(server, page="trust", id=id_of(server, BROKEN))
    expect(verdict(tab)).to_contain_text("Damaged. It cannot be read")
    expect(tab.frame.get_by_role("table")).to_contain_text("Cannot be read")
    expect(tab.frame.get_by_role("region", name="Portability")).to_contain_text("is not known")
    assert not tab.axe_violations()
