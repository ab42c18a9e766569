"""`api/picture`, `api/strings` and `api/csv`: what is drawn and listed is what the file holds."""

from __future__ import annotations

import base64
import csv
import io

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.opening import open_artifact
from tensorboard_plugin_modelinspect.views.http import routes
from tests.support.bundle_writer import BundleWriter
from tests.views.http.route_tests import JsonRouteTests, RouteTests
from tests.views.http.support import Tab, copy_case


def odd_matrix() -> np.ndarray:
    """300 × 40 numbers, some of which are none."""
    values = np.random.default_rng(3).normal(size=(300, 40)).astype(np.float32)
    values[0, :3] = np.nan, np.inf, -np.inf
    return values


@pytest.fixture(scope="module")
def picture_logdir(tmp_path_factory):
    """A checkpoint with what pictures are made of; only to be read."""
    logdir = tmp_path_factory.mktemp("pictures")
    writer = BundleWriter()
    writer.add("matrix", odd_matrix())
    writer.add("kernel", np.arange(3 * 3 * 4 * 5, dtype=np.float32).reshape(3, 3, 4, 5))
    writer.add("near", 1e9 + np.arange(10.0))
    writer.add("far", np.array([-1e300, 1e300]))
    writer.add("nothing", np.zeros((0, 4), np.float32))
    writer.add("scalar", np.array(7))
    writer.add_strings("words", [b"the", b"The end", b"\xff" * 2000, b"the\x1b"] * 300)
    writer.write(logdir, "ckpt")
    return logdir


@pytest.fixture
def tab(picture_logdir):
    """The plugin over `picture_logdir`."""
    return Tab(picture_logdir)


def decode(answer, name="cells"):
    """Cells or counts as an array of tiles down, across, rows and columns."""
    shape = [answer[g]["cells"] for g in ("tile_rows", "tile_columns", "rows", "columns")]
    types = {"float32": "<f4", "float64": "<f8"}
    dtype = types[answer["cell_type"]] if name == "cells" else "<u4"
    return np.frombuffer(base64.b64decode(answer[name]), dtype).reshape(shape)


class TestPicture(JsonRouteTests):
    """`api/picture`."""

    route = "picture"

    def parameters(self, tab):
        """A matrix of more rows than there may be cells."""
        return {"id": tab.id_of("ckpt"), "key": "matrix", "height": "100", "slice": ":,:30"}

    def test_cells_are_means_and_counts(self, tab):
        """Little-endian numbers in base64, and all that a legend and a sentence need."""
        answer = tab.get("api/picture", self.parameters(tab)).get_json()
        blocks = odd_matrix()[:, :30].astype(float).reshape(100, 3, 30)
        finite = np.where(np.isfinite(blocks), blocks, np.nan)
        cells = decode(answer)
        np.testing.assert_allclose(cells[0, 0], np.nanmean(finite, axis=1), rtol=1e-6)
        assert answer["cell_type"] == "float32"
        for name, at in (("nan", 0), ("posinf", 1), ("neginf", 2)):
            counts = decode(answer, name)
            assert counts[0, 0, 0, at] == counts.sum() == answer[f"{name}_count"] == 1
        assert answer["rows"] == {"axis": 0, "count": 300, "step": 1, "block": 3, "cells": 100}
        assert answer["columns"] == {"axis": 1, "count": 30, "step": 1, "block": 1, "cells": 30}
        assert answer["tile_rows"] == {"axis": None, "count": 1, "step": 1, "block": 1, "cells": 1}
        assert answer["exact"] is False
        assert answer["description"] == (
            "Each cell is the mean of 3 × 1 elements, without NaN and infinities."
        )
        assert answer["region"] == [[0, 300, 1], [0, 30, 1]]
        assert answer["min"] == np.nanmin(finite)
        assert answer["max"] == np.nanmax(finite)
        low, high = answer["full_range"]
        assert (np.float32(low), np.float32(high)) == (cells.min(), cells.max())
        assert low < answer["robust_range"][0] < answer["robust_range"][1] < high
        assert answer["nbytes"] == 299 * 160 + 120

    def test_tiles(self, tab):
        """A grid of kernels, one for each input and output."""
        asked = {"id": tab.id_of("ckpt"), "key": "kernel", "axes": "0,1,2,3"}
        answer = tab.get("api/picture", asked).get_json()
        kernel = np.arange(180).reshape(3, 3, 4, 5)
        np.testing.assert_array_equal(decode(answer), kernel.transpose(2, 3, 0, 1))
        assert answer["exact"] is True
        assert answer["description"] == "Each cell is one element."

    def test_the_axes_are_the_last_two_of_several_indices(self, tab):
        """As the table of values lays a slice out."""
        asked = {"id": tab.id_of("ckpt"), "key": "kernel", "slice": ":,1,:,2"}
        answer = tab.get("api/picture", asked).get_json()
        assert (answer["rows"]["axis"], answer["columns"]["axis"]) == (0, 2)

    @pytest.mark.parametrize(("key", "axis"), [("near", 0), ("scalar", None), ("nothing", 1)])
    def test_vectors_scalars_and_nothing(self, tab, key, axis):
        """One row; one cell; none."""
        answer = tab.get("api/picture", {"id": tab.id_of("ckpt"), "key": key}).get_json()
        assert answer["columns"]["axis"] == axis
        if key == "nothing":
            assert decode(answer).size == 0
            assert answer["full_range"] is answer["robust_range"] is answer["min"] is None

    @pytest.mark.parametrize("key", ["near", "far"])
    def test_float64_where_float32_would_change_a_colour(self, tab, key):
        """Numbers close together, and numbers too large, stay apart."""
        answer = tab.get("api/picture", {"id": tab.id_of("ckpt"), "key": key}).get_json()
        assert answer["cell_type"] == "float64"
        cells = decode(answer).ravel()
        assert np.isfinite(cells).all()
        assert len(np.unique(cells)) == cells.size

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"axes": "0,x"}, "axes=0,x"),
            ({"axes": "0,1,2,3,4"}, "up to four"),
            ({"axes": "-1"}, "axes=-1"),
            ({"axes": "7"}, "different ones of 2"),
            ({"axes": "0"}, "Axis 1: 30 indices"),
            ({"height": "-1"}, "height=-1"),
            ({"height": "1e9"}, "height=1e9"),
            ({"height": "0"}, "0 × 256 cells"),
            ({"width": "999999999"}, "65,536"),
            ({"method": "median"}, "mean, absmax"),
            ({"slice": "x"}, "no slice"),
        ],
    )
    def test_what_makes_no_sense(self, tab, more, words):
        """400, and a sentence that says what would."""
        response = tab.get("api/picture", {**self.parameters(tab), **more})
        assert response.status_code == 400
        self.assert_error(response, "BadRequest", words)

    def test_strings_have_none(self, tab):
        """501 in words."""
        response = tab.get("api/picture", {"id": tab.id_of("ckpt"), "key": "words"})
        assert response.status_code == 501
        self.assert_error(response, "Unsupported", "no picture")

    def test_every_dtype_has_one_or_is_refused(self, tmp_path):
        """Every type and shape that TensorFlow writes: cells that numpy finds, too, or 501."""
        logdir = copy_case("dtypes", tmp_path)
        tab = Tab(logdir)
        artifact_id = tab.id_of("dtypes/all")
        for key, tensor in open_artifact(logdir / "dtypes" / "all").tensors.items():
            region = ",".join([*["0"] * (len(tensor.shape) - 2), *[":"] * len(tensor.shape[-2:])])
            response = tab.get("api/picture", {"id": artifact_id, "key": key, "slice": region})
            if tensor.dtype.name == "string":
                assert response.status_code == 501
                continue
            answer = response.get_json()
            assert answer["ok"], answer
            values = tensor.read((slice(0, 1),) * (len(tensor.shape) - 2))
            numbers = np.abs(values) if values.dtype.kind == "c" else values.astype(float)
            expected = numbers[np.isfinite(numbers)]
            cells = decode(answer)
            np.testing.assert_allclose(np.sort(cells[~np.isnan(cells)]), np.sort(expected.ravel()))


class TestStrings(JsonRouteTests):
    """`api/strings`."""

    route = "strings"

    def parameters(self, tab):
        """Some of them."""
        return {"id": tab.id_of("ckpt"), "key": "words", "q": "THE"}

    def test_gives_what_is_found_page_by_page(self, tab):
        """Places, texts and lengths; how many there are in all."""
        answer = tab.get("api/strings", {**self.parameters(tab), "start": "3"}).get_json()
        assert (answer["count"], answer["matched"], answer["start"]) == (1200, 900, 3)
        assert answer["index"][:3] == [4, 5, 7]
        assert answer["text"][:3] == ["the", "The end", "the\\x1b"]
        assert answer["nbytes"][:3] == [3, 7, 4]
        assert len(answer["index"]) == 897

    def test_no_more_than_a_thousand_and_none_too_long(self, tab):
        """Without a text all are found, the first thousand come, long ones cut."""
        asked = {"id": tab.id_of("ckpt"), "key": "words"}
        answer = tab.get("api/strings", asked).get_json()
        assert (answer["matched"], len(answer["text"])) == (1200, 1000)
        assert answer["text"][2].endswith("(2,000 bytes in all)")
        assert answer["nbytes"][2] == 2000
        assert max(map(len, answer["text"])) < 5000

    def test_numbers_are_refused(self, tab):
        """501 for another type, 400 for a start that is none."""
        response = tab.get("api/strings", {**self.parameters(tab), "key": "matrix"})
        assert response.status_code == 501
        response = tab.get("api/strings", {**self.parameters(tab), "start": "-1"})
        self.assert_error(response, "BadRequest", "start=-1")


class TestCsv(RouteTests):
    """`api/csv`."""

    route = "csv"

    def parameters(self, tab):
        """A slice of a matrix."""
        return {"id": tab.id_of("ckpt"), "key": "matrix", "slice": "0:2,::20"}

    def test_is_a_table_to_download(self, tab):
        """Text with a name, exact numbers, no length promised."""
        response = tab.get("api/csv", self.parameters(tab))
        assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert 'filename="matrix.csv"' in response.headers["Content-Disposition"]
        header, first, second = csv.reader(io.StringIO(response.data.decode()))
        assert header == ["axis_0", "0", "20"]
        assert first[:2] == ["0", "NaN"]
        assert np.float32(second[2]) == odd_matrix()[1, 20]

    def test_strings_can_be_had(self, tab):
        """What `.npy` cannot hold."""
        asked = {"id": tab.id_of("ckpt"), "key": "words", "slice": "0:2"}
        assert tab.get("api/csv", asked).data == b"axis_0,value\n0,the\n1,The end\n"

    def test_more_than_the_limit_is_refused(self, tab, monkeypatch):
        """400 with a slice that fits."""
        monkeypatch.setattr(routes, "CSV_LIMIT", 100)
        response = tab.get("api/csv", {"id": tab.id_of("ckpt"), "key": "matrix"})
        assert response.status_code == 400
        self.assert_error(response, "BadRequest", "0:2,0:40")
