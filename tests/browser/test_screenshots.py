"""Pictures of every page, for people to look at: `make screenshots`."""

from __future__ import annotations

import os
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.test_pages import EXPORT, id_of
from tests.views.http.real_tensorboard import Server

pytestmark = pytest.mark.browser

VIEWS = {
    "home": ("", {}),
    "home-attention": ("", {"state": "broken,partial"}),
    "model": (EXPORT, {"page": "model"}),
    "model-checkpoint": ("cnn-lr-0.01/checkpoints/ckpt-8", {"page": "model"}),
    "model-broken": ("broken/export/1", {"page": "model"}),
    "model-text": ("text_module/1", {"page": "model"}),
    "model-keras": ("cnn-lr-0.01/model.keras", {"page": "model"}),
    "model-h5": ("other_files/shapes.h5", {"page": "model"}),
    "model-graph": ("other_files/shapes_frozen.pb", {"page": "model"}),
    "model-tf1": ("tf1_old_format/model.ckpt-200", {"page": "model"}),
    "weights": (EXPORT, {"page": "weights"}),
    "weights-tree": (EXPORT, {"page": "weights", "view": "tree"}),
    "weights-drawer": (
        "cnn-lr-0.01/checkpoints/ckpt-8",
        {
            "page": "weights",
            "tensor": "optimizer/_trainable_variables/6/.ATTRIBUTES/VARIABLE_VALUE",
        },
    ),
    **{
        f"picture-{name}": (path, {"page": "weights", "show": "picture", "tensor": tensor})
        for name, path, tensor in (
            ("kernel", EXPORT, "variables/5/.ATTRIBUTES/VARIABLE_VALUE"),
            ("dense", EXPORT, "variables/11/.ATTRIBUTES/VARIABLE_VALUE"),
            ("scale", EXPORT, "variables/6/.ATTRIBUTES/VARIABLE_VALUE"),
            ("embedding", "text_module/1", "vectors/.ATTRIBUTES/VARIABLE_VALUE"),
        )
    },
    "strings": (
        "text_module/1",
        {"page": "weights", "tensor": "words/.ATTRIBUTES/VARIABLE_VALUE"},
    ),
    **{
        f"compare-{name}": (path, {"page": "compare", **keys})
        for name, path, keys in (
            ("series", "cnn-lr-0.01/checkpoints/ckpt-8", {}),
            (
                "drawer",
                "cnn-lr-0.01/checkpoints/ckpt-8",
                {"tensor": "optimizer/_trainable_variables/6/.ATTRIBUTES/VARIABLE_VALUE"},
            ),
            ("tree", "cnn-fine-tuned/checkpoints/ckpt-8", {"view": "tree"}),
            ("choose", EXPORT, {}),
        )
    },
    "timeline": ("cnn-lr-0.01/checkpoints/ckpt-8", {"page": "timeline"}),
    "timeline-nan": ("cnn-diverged/checkpoints/ckpt-4", {"page": "timeline"}),
    "timeline-map": (
        "cnn-fine-tuned/checkpoints/ckpt-8",
        {"page": "timeline", "view": "map", "group": "tensor"},
    ),
}


@pytest.mark.parametrize("view", VIEWS)
def test_screenshot(demo_server: Server, open_tab: OpenTab, tmp_path: Path, view: str) -> None:
    """Every view is drawn in both themes, without an error and without a sideways scrollbar."""
    path, keys = VIEWS[view]
    if path:
        keys = {**keys, "id": id_of(demo_server, path)}
    tab = open_tab(demo_server, **keys)
    expect(tab.frame.locator(".waiting")).to_have_count(0)
    if "show" in keys:
        expect(tab.frame.locator(".heat")).to_be_visible()
    frame = next(f for f in tab.page.frames if "name=modelinspect" in f.url)
    frame.wait_for_function("() => document.fonts.ready.then(() => true)")
    folder = Path(os.environ.get("MODELINSPECT_SCREENSHOTS") or tmp_path)
    overflow = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    for width, theme in product((1440, 1024), ("light", "dark")):
        tab.page.set_viewport_size({"width": width, "height": 900})
        tab.set_theme(is_dark=theme == "dark")
        tab.page.screenshot(path=folder / f"{view}-{width}-{theme}.png")
        assert frame.evaluate(overflow) <= 0
