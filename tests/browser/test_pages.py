"""The three pages on the demo logdir: what they show is what the files hold."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from tensorboard_plugin_modelinspect.opening import open_artifact
from tests.browser.conftest import OpenTab
from tests.views.http.real_tensorboard import Server

pytestmark = pytest.mark.browser

EXPORT = "cnn-lr-0.01/export/1"


def id_of(server: Server, path: str) -> str:
    """Id of an artifact of the demo."""
    return next(row["id"] for row in server.artifacts()["artifacts"] if row["path"] == path)


def test_home_lists_every_artifact_by_run(demo_server: Server, open_tab: OpenTab) -> None:
    """Home counts what the server lists, names each run, and gives a broken one's reason."""
    rows = demo_server.artifacts()["artifacts"]
    tab = open_tab(demo_server)
    expect(tab.frame.get_by_role("heading", name=f"{len(rows)} artifacts")).to_be_visible()
    for run in ("cnn-diverged", "cnn-fine-tuned"):  # those further down are not drawn yet
        expect(tab.frame.get_by_text(run, exact=True).first).to_be_visible()
    tab.frame.get_by_role("button", name=re.compile("need attention")).click()
    expect(tab.frame.get_by_text("git lfs pull")).to_be_visible()
    assert tab.hash_keys()["state"] == "broken,deleted,partial"


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_pages_have_no_accessibility_problem(
    demo_server: Server, open_tab: OpenTab, *, is_dark: bool
) -> None:
    """axe-core finds nothing on any page, in either theme (WCAG 2.1 A and AA)."""
    tab = open_tab(demo_server, is_dark=is_dark)
    expect(tab.frame.get_by_role("treegrid")).to_be_visible()
    assert tab.axe_violations() == []
    artifact = id_of(demo_server, EXPORT)
    tab.open(page="model", id=artifact)
    expect(tab.frame.get_by_role("article", name="serving_default")).to_be_visible()
    assert tab.axe_violations() == []
    key = next(iter(open_artifact(demo_path(demo_server, EXPORT)).tensors))
    tab.open(page="weights", id=artifact, tensor=key)
    expect(tab.frame.get_by_role("region", name="Values").or_(tab.frame.get_by_role("alert")).first)
    assert tab.axe_violations() == []


def demo_path(server: Server, path: str) -> str:
    """Where an artifact of the demo lies on disk."""
    return str(Path(server.artifacts()["roots"][0]["path"], path))


def test_model_shows_the_signatures_of_the_file(demo_server: Server, open_tab: OpenTab) -> None:
    """Each signature card names its inputs and outputs with dtype, shape and tensor."""
    model = open_artifact(demo_path(demo_server, EXPORT))
    tab = open_tab(demo_server, page="model", id=id_of(demo_server, EXPORT))
    for signature in model.meta_graphs[0].signatures:
        if signature.is_internal:
            continue
        card = tab.frame.get_by_role("article", name=signature.key, exact=True)
        for spec in (*signature.inputs, *signature.outputs):
            shape = ", ".join("?" if size is None else str(size) for size in spec.shape or ())
            row = card.get_by_role("row").filter(has_text=spec.name)
            expect(row).to_contain_text(spec.key)
            expect(row).to_contain_text(spec.dtype.name)
            expect(row).to_contain_text(f"[{shape}]")


@pytest.mark.parametrize(
    ("path", "kind", "code"),
    [
        ("cnn-lr-0.01/model.keras", "Keras model", "keras.models.load_model"),
        ("other_files/shapes.h5", "Keras HDF5", "keras.models.load_model"),
        ("other_files/shapes.weights.h5", "Keras HDF5", "model.load_weights"),
        ("other_files/shapes_frozen.pb", "GraphDef", "import_graph_def"),
        ("tf1_regression/model.ckpt-200", "Checkpoint", "tf.train.load_checkpoint"),
        ("tf1_old_format/model.ckpt-200", "Checkpoint", "tf.train.load_checkpoint"),
    ],
)
def test_each_format_is_shown_for_what_it_is(
    demo_server: Server, open_tab: OpenTab, path: str, kind: str, code: str
) -> None:
    """Kind, code that loads it, and the ops of its graph if it has one; nothing made up."""
    artifact = open_artifact(demo_path(demo_server, path))
    tab = open_tab(demo_server, page="model", id=id_of(demo_server, path))
    expect(tab.frame.locator(".title")).to_contain_text(kind)
    expect(tab.frame.get_by_role("region", name="Code to load it")).to_contain_text(code)
    has_graph = len(artifact.meta_graphs)
    expect(tab.frame.get_by_role("region", name="Ops", exact=True)).to_have_count(has_graph)
    expect(tab.frame.get_by_role("region", name="Signatures")).to_have_count(0)
    expect(tab.frame.get_by_text("Tags", exact=True)).to_have_count(0)
    assert tab.axe_violations() == []


def test_a_config_is_a_tree_to_search_and_a_text(demo_server: Server, open_tab: OpenTab) -> None:
    """The document of a Keras model: unfolded, searched, and as it is stored."""
    path = "cnn-lr-0.01/model.keras"
    stored = {one.name: one.text for one in open_artifact(demo_path(demo_server, path)).documents}
    tab = open_tab(demo_server, page="model", id=id_of(demo_server, path))
    section = tab.frame.get_by_role("region", name="Documents")
    tree = section.get_by_role("tree", name="config.json")
    expect(tree.get_by_role("treeitem").filter(has_text="Sequential").first).to_be_visible()
    section.get_by_role("searchbox").fill("conv_2")
    expect(section.get_by_role("status")).to_contain_text("match")
    expect(tree.get_by_role("treeitem").last).to_contain_text("conv_2")
    section.get_by_role("button", name="Text").click()
    shown = section.get_by_role("region", name="config.json")
    assert shown.inner_text() == stored["config.json"]


def test_drawer_shows_and_downloads_the_true_values(demo_server: Server, open_tab: OpenTab) -> None:
    """The drawer's numbers are the file's, and so is the `.npy` that it downloads."""
    model = open_artifact(demo_path(demo_server, EXPORT))
    tensor = next(t for t in model.tensors.values() if t.name.endswith("hidden/kernel"))
    values = tensor.read()
    tab = open_tab(
        demo_server,
        page="weights",
        id=id_of(demo_server, EXPORT),
        tensor=tensor.key,
        slice="3:5, :2",
    )
    shown = tab.frame.get_by_role("region", name="Values")
    for value in values[3:5, :2].ravel():
        expect(shown).to_contain_text(re.escape(str(value)[:8]).replace("\\", ""))
    with tab.page.expect_download() as waiting:
        tab.frame.get_by_role("link", name=re.compile("npy")).first.click()
    data = Path(waiting.value.path()).read_bytes()
    np.testing.assert_array_equal(np.load(io.BytesIO(data)), values)


def test_weights_filter_and_totals_agree_with_the_file(
    demo_server: Server, open_tab: OpenTab
) -> None:
    """A filter by role leaves that role's tensors, and the count beside it says how many."""
    model = open_artifact(demo_path(demo_server, EXPORT))
    weights = [t for t in model.tensors.values() if t.role == "weight"]
    tab = open_tab(demo_server, page="weights", id=id_of(demo_server, EXPORT), role="weight")
    grid = tab.frame.get_by_role("grid", name="Tensors")
    expect(grid).to_have_attribute("aria-rowcount", str(len(weights) + 1))
    expect(tab.frame.get_by_text(f"{len(weights)} of {len(model.tensors)} tensors")).to_be_visible()
