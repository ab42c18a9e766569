"""Downloads: bounded in memory, honest about their length, and well named."""

from __future__ import annotations

import io
import logging
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from tensorboard_plugin_modelinspect.opening import open_artifact
from tensorboard_plugin_modelinspect.views.http.downloads import disposition, file_name
from tests.support.bundle_writer import BundleWriter
from tests.views.http.support import Tab

LARGE = (64, 1 << 20)
"""Of float32: 256 MiB."""


@pytest.fixture
def large(tmp_path):
    """A checkpoint with one tensor of zeros that takes no room on disk, and its parameters."""
    writer = BundleWriter()
    writer.add_hole("big", "float32", LARGE)
    writer.write(tmp_path, "large")
    tab = Tab(tmp_path)
    return tab, {"id": tab.id_of("large"), "key": "big"}


def test_a_large_tensor_is_never_in_memory_as_a_whole(large):
    """256 MiB go out while a part of that is held, header and length right."""
    tab, parameters = large
    tracemalloc.start()
    response = tab.get("api/npy", parameters, buffered=False)
    head, nbytes = b"", 0
    for chunk in response.iter_encoded():
        head, nbytes = head or chunk, nbytes + len(chunk)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert nbytes == int(response.headers["Content-Length"])
    assert np.lib.format.read_magic(io.BytesIO(head)) == (1, 0)
    assert peak < 140 << 20


def test_an_error_before_the_first_byte_has_words(large, tmp_path):
    """A file that ends too early: 422 with the file's name instead of a download."""
    tab, parameters = large
    (tmp_path / "large.data-00000-of-00001").write_bytes(b"")
    response = tab.get("api/npy", parameters)
    assert response.status_code == 422
    assert "large.data-00000-of-00001" in response.get_json()["error"]["message"]


def test_an_error_on_the_way_ends_the_download_early(large, tmp_path, caplog):
    """Fewer bytes than promised: the browser reports a failed download; one line in the log."""
    tab, parameters = large
    response = tab.get("api/npy", parameters, buffered=False)
    chunks = response.iter_encoded()
    nbytes = len(next(chunks)) + len(next(chunks))
    with open(tmp_path / "large.data-00000-of-00001", "r+b") as file:
        file.truncate(1000)
    with caplog.at_level(logging.INFO, "tensorboard"):
        nbytes += sum(map(len, chunks))
    assert 0 < nbytes < int(response.headers["Content-Length"])
    (record,) = caplog.records
    assert "cut a download short" in record.getMessage()
    assert record.exc_info is None


def test_an_error_in_a_csv_breaks_the_connection(large, tmp_path, caplog):
    """No length was promised, so the server must not end the body as if it were whole."""
    tab, parameters = large
    asked = {**parameters, "slice": "0:4,:20000"}
    response = tab.get("api/csv", asked, buffered=False)
    chunks = response.iter_encoded()
    assert next(chunks) == b"axis_0,axis_1,value\n"
    with open(tmp_path / "large.data-00000-of-00001", "r+b") as file:
        file.truncate(1000)
    with caplog.at_level(logging.INFO, "tensorboard"), pytest.raises(ConnectionAbortedError):
        list(chunks)
    (record,) = caplog.records
    assert "cut a download short" in record.getMessage()
    response = tab.get("api/csv", asked)
    assert response.status_code == 422


@pytest.mark.parametrize(
    ("slice_text", "index"),
    [("", ...), ("1", np.s_[1:2]), ("::2,1:,-1", np.s_[::2, 1:, -1:]), ("2:2", np.s_[2:2])],
)
def test_slices(tmp_path, slice_text, index):
    """Whatever the slice, numpy reads back what numpy would have taken; empty ones, too."""
    array = np.arange(5 * 4 * 3, dtype=np.int16).reshape(5, 4, 3)
    writer = BundleWriter()
    writer.add("a", array)
    prefix = writer.write(tmp_path, "small")
    tab = Tab(tmp_path)
    asked = {"id": tab.id_of("small"), "key": "a", "slice": slice_text}
    response = tab.get("api/npy", asked)
    assert int(response.headers["Content-Length"]) == len(response.data)
    got = np.load(io.BytesIO(response.data), allow_pickle=False)
    assert got.dtype == open_artifact(prefix).tensors["a"].dtype.to_numpy()
    assert np.array_equal(got, array[index])


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("model/dense/kernel/.ATTRIBUTES/VARIABLE_VALUE", "model.dense.kernel.npy"),
        ("größe/模型", "größe.模型.npy"),
        ('a"b\r\nX-Evil: 1', "a_b__X-Evil__1.npy"),
        ("../../etc/passwd", "etc.passwd.npy"),
        ("", "tensor.npy"),
        ("..", "tensor.npy"),
        ("x" * 500, "x" * 120 + ".npy"),
    ],
)
def test_file_names(key, name):
    """A name that any file system takes, hides nothing and says which tensor it is."""
    assert file_name(key, "npy") == name


@given(st.text())
def test_any_key_gives_a_header_that_browsers_parse(key):
    """ASCII only, no line ends; the exact name by RFC 5987."""
    name = file_name(key.encode("utf-8", "replace").decode(), "npy")
    header = disposition(name)
    assert header.isascii()
    assert header.isprintable()
    kind, options = parse_options_header(header)
    assert kind == "attachment"
    assert options["filename"] == name
