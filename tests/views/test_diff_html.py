"""The report of a diff, and what notebooks show: safe, self-contained, true."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np

import tensorboard_plugin_modelinspect as mi
from tensorboard_plugin_modelinspect.analyses.diff.structural import diff_artifacts
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.views.text.diff_html import MOST_TENSORS, make_page
from tests.support.corpus import ROOT as CORPUS
from tests.support.diffs import checkpoint_of, diff_arrays, read_values

EVIL = '</title></style><script>alert("1")</script><img src=x onerror=alert(1)>'
STEPS = [str(CORPUS / "series" / "managed" / name) for name in ("ckpt-4", "ckpt-6")]


class Tags(HTMLParser):
    """All tags of a page with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        self.found.append((tag, dict(attrs)))


def test_nothing_from_a_file_becomes_markup() -> None:
    """Names, keys and paths stay text wherever they stand."""
    before = checkpoint_of({EVIL: np.zeros(2, np.float32)})
    after = Artifact(EVIL, "checkpoint", (), checkpoint_of({f"a/{EVIL}": np.ones(9)}).tensors)
    page = make_page(diff_artifacts(before, after), is_all=True)
    tags = Tags(page).found
    assert not {"script", "img", "link", "iframe"} & {tag for tag, _ in tags}
    assert not any(name.startswith("on") for _, attributes in tags for name in attributes)
    assert page.count("alert(1)") >= 3


def test_nothing_comes_from_elsewhere() -> None:
    """No address in it at all, and a policy that would allow none."""
    page = make_page(diff_artifacts(*map(mi.open, STEPS)))
    assert not re.findall(r"(?:\bsrc|href|url|@import)\s*[=(]", page)
    assert "default-src 'none'" in page
    assert "color-scheme:light dark" in page


def test_histograms_are_pictures_with_words() -> None:
    """Bars as high as there are differences, and a title that says the range."""
    diff = diff_arrays({"w": np.zeros(4)}, {"w": np.array([0.0, 1, 1, 3])})
    page = make_page(read_values(diff, [0]))
    [svg] = [attributes for tag, attributes in Tags(page).found if tag == "svg"]
    assert svg["aria-label"] == "3 differences from 1 to 3"
    heights = [int(one["height"] or 0) for tag, one in Tags(page).found if tag == "rect"]
    assert heights == [28, 14]


def test_pages_are_cut() -> None:
    """A browser is not given a hundred thousand rows unless somebody asks for them."""
    diff = diff_arrays({}, {f"w{i}": np.zeros(1) for i in range(MOST_TENSORS + 5)})
    assert "… and 5 more" in make_page(diff)
    assert make_page(diff, is_all=True).count('<tr class="row">') == MOST_TENSORS + 5


def test_notebook() -> None:
    """One line in a console, tables in a notebook, a page to keep."""
    diff = mi.diff(*STEPS)
    assert repr(diff).startswith("<Diff: same structure; 4 of 5 tensors changed, largest in ")
    html = diff._repr_html_()
    assert diff.summary in html
    assert html.count("<svg") == 4
    assert "<html" not in html
    assert diff.to_html().startswith("<!doctype html>")
    both = mi.diff(mi.open(STEPS[0]), STEPS[1], tolerance=(100.0, 0.0), tensors=["save_*"])
    assert both.counts["close"] == 1


def test_structure_needs_no_numpy() -> None:
    """A diff of indexes, shown in a notebook, imports neither numpy nor TensorFlow."""
    code = (
        "import sys, tensorboard_plugin_modelinspect as mi\n"
        f"mi.diff(*{STEPS!r}, values=False)._repr_html_()\n"
        "print(*sys.modules)"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert not {"numpy", "tensorflow", "ml_dtypes"} & set(done.stdout.split())
