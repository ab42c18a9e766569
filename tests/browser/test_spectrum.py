"""Singular values in the drawer: asked for, and those of the file."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tensorboard_plugin_modelinspect.opening import open_artifact
from tests.browser.conftest import OpenTab
from tests.browser.test_pages import EXPORT, demo_path, id_of
from tests.views.http.real_tensorboard import Server

pytestmark = pytest.mark.browser


def test_singular_values_of_a_kernel(demo_server: Server, open_tab: OpenTab) -> None:
    """A click computes them; the numbers, the plot's words and the list are numpy's."""
    tensors = open_artifact(demo_path(demo_server, EXPORT)).tensors
    key, kernel = next((key, one) for key, one in tensors.items() if len(one.shape) == 4)
    matrix = kernel.read().reshape(-1, kernel.shape[-1]).astype(np.float64)
    expected = np.linalg.svd(matrix, compute_uv=False)
    tab = open_tab(demo_server, page="weights", id=id_of(demo_server, EXPORT), tensor=key)
    drawer = tab.frame.get_by_role("region", name=re.compile("^Tensor "))
    button = drawer.get_by_role("button", name="Singular values")
    expect(drawer.get_by_text("Spectral norm")).to_have_count(0)
    button.click()
    measures = drawer.locator("dl.measures")
    expect(measures).to_contain_text(f"{matrix.shape[0]} × {matrix.shape[1]}")
    expect(measures).to_contain_text(f"{expected[0]:.4g}")
    plot = drawer.get_by_role("img", name=re.compile(f"down to {expected[-1]:.4g}"))
    plot.hover(position={"x": 60, "y": 40})
    expect(drawer.get_by_text("No. 1:")).to_be_visible()
    drawer.get_by_text("All values").click()
    rows = drawer.get_by_role("region", name="All singular values").get_by_role("row")
    expect(rows).to_have_count(len(expected) + 1)
    assert float(rows.nth(1).get_by_role("cell").inner_text()) == pytest.approx(expected[0])
    assert tab.axe_violations() == []


def test_a_vector_has_no_such_button(demo_server: Server, open_tab: OpenTab) -> None:
    """Nor has anything else that is no matrix."""
    tensors = open_artifact(demo_path(demo_server, EXPORT)).tensors
    key = next(key for key, one in tensors.items() if len(one.shape) == 1)
    tab = open_tab(demo_server, page="weights", id=id_of(demo_server, EXPORT), tensor=key)
    expect(tab.frame.get_by_role("region", name=re.compile("^Tensor "))).to_be_visible()
    expect(tab.frame.get_by_role("button", name="Singular values")).to_have_count(0)
