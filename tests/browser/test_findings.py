"""Findings about the health of weights: on the Weights page, on Model, and as flags on Home."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tensorboard_plugin_modelinspect.opening import open_artifact
from tests.browser.conftest import OpenTab
from tests.browser.test_pages import demo_path, id_of
from tests.views.http.real_tensorboard import Server

pytestmark = pytest.mark.browser

FINE_TUNED = "cnn-fine-tuned/checkpoints/ckpt-8"
FIRST = "cnn-fine-tuned/checkpoints/ckpt-1"
DIVERGED = "cnn-diverged/checkpoints/ckpt-8"


def test_frozen_weights_are_filtered_and_told(demo_server: Server, open_tab: OpenTab) -> None:
    """The chip leaves the weights that are those of the first checkpoint; the drawer says so."""
    last, first = (open_artifact(demo_path(demo_server, path)) for path in (FINE_TUNED, FIRST))
    frozen = [
        tensor
        for key, tensor in last.tensors.items()
        if tensor.role == "weight" and tensor.crc32c == first.tensors[key].crc32c
    ]
    tab = open_tab(demo_server, page="weights", id=id_of(demo_server, FINE_TUNED), width=1024)
    whole = tab.frame.get_by_role("list", name="Findings of the artifact")
    expect(whole).to_contain_text(re.compile(r"missing slot: \d+ of 10 weights have optimizer"))
    tab.frame.get_by_role("button", name="untrained").click()
    grid = tab.frame.get_by_role("grid", name="Tensors")
    expect(grid).to_have_attribute("aria-rowcount", str(len(frozen) + 1))
    assert tab.hash_keys()["finding"] == "untrained"
    row = tab.frame.get_by_role("row").filter(has_text=frozen[0].name).first
    expect(row).to_contain_text("untrained")
    row.click()
    told = tab.frame.get_by_role("region", name="Statistics").get_by_role("list", name="Findings")
    expect(told).to_contain_text("note: untrained: the same as in the one at step 1")
    expect(told).to_contain_text("unless it is frozen on purpose")
    assert tab.axe_violations() == []


def test_what_was_found_flags_home_and_model(demo_server: Server, open_tab: OpenTab) -> None:
    """Whoever looked at the weights finds their worst on both, and goes from there to them."""
    artifact_id = id_of(demo_server, DIVERGED)
    tab = open_tab(demo_server, page="weights", id=artifact_id)
    group = tab.frame.get_by_role("group", name="Findings")
    expect(group.get_by_role("button", name="NaN")).to_be_visible()
    tab.frame.get_by_role("link", name="Model Inspect").click()
    flag = tab.frame.get_by_role("row").filter(has_text="NaN").get_by_role("link", name="NaN").first
    expect(flag).to_be_visible()
    assert tab.axe_violations() == []
    tab.open(page="model", id=artifact_id)
    health = tab.frame.get_by_role("region", name="Health")
    health.get_by_role("link", name="NaN").click()
    expect(group.get_by_role("button", name="NaN")).to_have_attribute("aria-pressed", "true")
    assert tab.hash_keys()["finding"] == "nan"
