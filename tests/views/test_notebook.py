"""The Python door: what `mi.open` returns, and how it shows itself."""

import html.parser
from pathlib import Path

import numpy as np
import pytest

import tensorboard_plugin_modelinspect as mi
from tensorboard_plugin_modelinspect.model.artifact import Artifact, Document, FileInfo
from tensorboard_plugin_modelinspect.opening import open_artifact
from tensorboard_plugin_modelinspect.views.notebook import OpenArtifact
from tests.support.artifacts import lone_graph
from tests.support.bundle_writer import BundleWriter
from tests.support.corpus import Recorded, params
from tests.views.cli.suite import get_artifact, readable

COMPLETE = readable(state="complete")


class Page(html.parser.HTMLParser):
    """Elements and text of an HTML fragment, which must be well nested."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[str] = []
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.elements.append(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1] != "style":
            self.texts.append(data)


def test_opens_what_the_engine_opens() -> None:
    """An opened artifact is the engine's own, field by field."""
    path = get_artifact("keras3_export/network").path
    opened, plain = mi.open(path), open_artifact(path)
    assert isinstance(opened, Artifact)
    assert (opened.path, opened.kind, opened.files) == (plain.path, plain.kind, plain.files)
    assert list(opened.tensors) == list(plain.tensors)
    assert opened.meta_graphs == plain.meta_graphs
    assert opened.notes == plain.notes


def test_values_are_read_on_demand() -> None:
    """The example of docs/python.md works as it stands there."""
    model = mi.open(get_artifact("sharded/four").path)
    tensor = model.tensors["a"]
    np.testing.assert_array_equal(tensor.read(), [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(tensor.read_rows(1, 2), [[3, 4, 5]])
    np.testing.assert_array_equal(tensor.read((slice(0, 10), slice(2))), [[0, 1], [3, 4]])


def test_errors_are_public() -> None:
    """A caller can tell a wrong path from a damaged file by exception classes alone."""
    with pytest.raises(mi.errors.NotFound):
        mi.open("no/such/thing")
    with pytest.raises(mi.errors.FormatError) as caught:
        mi.open(get_artifact("broken/index_half/ckpt").path)
    assert caught.value.path.endswith("ckpt.index")


@pytest.mark.parametrize("artifact", params(COMPLETE))
def test_html_is_whole_and_self_contained(artifact: Recorded) -> None:
    """Well nested, nothing loaded from elsewhere, no script, and small, for any artifact."""
    text = mi.open(artifact.path)._repr_html_()
    page = Page(text)
    assert set(page.elements) <= {
        "style", "div", "table", "thead", "tbody", "tr", "th", "td", "p",
    }  # fmt: skip
    assert page.attributes <= {"class"}
    assert "url(" not in text
    assert len(text) < 40_000
    text.encode("utf-8")


@pytest.mark.parametrize("artifact", params(COMPLETE))
def test_repr_is_one_line(artifact: Recorded) -> None:
    """The console shows what it is and how much is in it, and nothing a terminal obeys."""
    text = repr(mi.open(artifact.path))
    assert text.isprintable()
    if "tensors" in artifact.answers:
        assert f", {len(artifact.answers['tensors'])} tensor" in text


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    """Markup and control characters in names are shown, never interpreted."""
    names = [
        "</td></table><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "a\x1b\n\u202eb",
    ]
    writer = BundleWriter()
    for name in names:
        writer.add(name, np.zeros(1, np.float32))
    writer.write(tmp_path, "<b>bold")
    opened = mi.open(tmp_path / "<b>bold")
    page = Page(opened._repr_html_())
    assert not {"script", "img", "b"} & set(page.elements)
    shown = "\n".join(page.texts)
    assert names[0] in shown
    assert r"a\x1b\n\u202eb" in shown
    assert "<b>bold" in shown
    assert repr(opened).isprintable()


def test_only_the_first_tensors_are_shown(tmp_path: Path) -> None:
    """A hundred tensors are thirty rows and a count of the others; totals are of all."""
    writer = BundleWriter()
    for number in range(1100):
        writer.add(f"layer_{number:04}", np.zeros(10, np.float32))
    writer.write(tmp_path, "many")
    shown = Page(mi.open(tmp_path / "many")._repr_html_()).texts
    assert sum(text.startswith("layer_") for text in shown) == 30
    assert "… and 1,070 more" in shown
    assert "11,000" in shown


def test_missing_files_and_notes_are_said(tmp_path: Path) -> None:
    """What is missing is seen at a glance, not only when values are read."""
    opened = mi.open(get_artifact("broken/shard_missing/ckpt").path)
    assert FileInfo(Path(opened.path).name + ".data-00001-of-00002", None) in opened.files
    shown = "\n".join(Page(opened._repr_html_()).texts)
    assert "1 missing" in shown
    assert opened.notes[0] in shown


def test_documents_and_lone_graphs() -> None:
    """Documents by name and size, not their text; a graph without tags is called by its nodes."""
    opened = OpenArtifact(
        "net.h5",
        "h5",
        (FileInfo("net.h5", 20),),
        {},
        meta_graphs=(lone_graph(),),
        format="legacy",
        documents=(Document("model_config", '{"class_name": "<script>"}'),),
    )
    shown = Page(opened._repr_html_()).texts
    assert {"Keras HDF5", "legacy", "model_config", "26", "3 nodes, 0 functions"} <= set(shown)
    assert "no tags" not in shown
    assert not any("class_name" in text for text in shown)


def test_same_class_for_both_names() -> None:
    """`open` and `open_artifact` are one function, and it returns the documented class."""
    assert mi.open is mi.open_artifact
    assert isinstance(mi.open_artifact(get_artifact("sharded/four").path), OpenArtifact)
