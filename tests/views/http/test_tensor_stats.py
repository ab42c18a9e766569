"""The routes `api/histograms` and `api/tensor_stats`: what is known of some tensors, or of one."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from tensorboard_plugin_modelinspect.views.http import statistics
from tests.support.bundle_writer import BundleWriter
from tests.views.http.route_tests import JsonRouteTests
from tests.views.http.stats_support import EXPORT, finish, look
from tests.views.http.support import Tab


class TestHistograms(JsonRouteTests):
    """`api/histograms`."""

    route = "histograms"

    def parameters(self, tab):
        """Rows of which nothing is known yet."""
        return {"id": tab.id_of(EXPORT), "rows": "0,1"}

    def test_only_what_is_known(self, odd):
        """Unknown rows, rows with an error and rows that do not exist are left out."""
        tab, artifact_id = odd
        asked = {"id": artifact_id, "rows": "0,1,9,77"}
        assert tab.get("api/histograms", asked).get_json()["rows"] == []
        finish(tab, artifact_id)
        answer = tab.get("api/histograms", asked).get_json()
        assert answer["rows"] == [0, 1]
        [good, nothing] = answer["histograms"]
        assert (good["edges"][0], good["edges"][-1], sum(good["counts"])) == (0, 11, 12)
        assert len(good["edges"]) == len(good["counts"]) + 1 <= 33
        assert nothing == {"edges": [], "counts": []}

    def test_neighbours_are_joined(self, tmp_path):
        """Few bins have the same counts between the same edges as many, in sums."""
        writer = BundleWriter()
        writer.add("w", np.random.default_rng(1).normal(size=5000).astype(np.float32))
        writer.write(tmp_path, "ckpt-1")
        tab = Tab(tmp_path)
        artifact_id = tab.id_of("ckpt-1")
        finish(tab, artifact_id)
        many = tab.get("api/tensor_stats", {"id": artifact_id, "key": "w"}).get_json()["stats"]
        few = tab.get("api/histograms", {"id": artifact_id, "rows": "0"}).get_json()
        [few] = few["histograms"]
        all_edges, counts = many["histogram"]["edges"], many["histogram"]["counts"]
        assert len(counts) > len(few["counts"]) > 16
        for low, high, count in zip(few["edges"], few["edges"][1:], few["counts"], strict=False):
            start, stop = all_edges.index(low), all_edges.index(high)
            assert sum(counts[start:stop]) == count

    @pytest.mark.parametrize("rows", ["", "x", "1,,2", ",".join(["1"] * 201)])
    def test_rows_that_make_no_sense(self, odd, rows):
        """400 with words."""
        tab, artifact_id = odd
        response = tab.get("api/histograms", {"id": artifact_id, "rows": rows})
        assert response.status_code == 400


class TestTensorStats(JsonRouteTests):
    """`api/tensor_stats`."""

    route = "tensor_stats"

    def parameters(self, tab):
        """A small tensor of which nothing is known yet."""
        artifact_id = tab.id_of(EXPORT)
        key = tab.get("api/tensors", {"id": artifact_id}).get_json()["key"][0]
        return {"id": artifact_id, "key": key}

    def get(self, odd: tuple[Tab, str], key: str) -> dict[str, Any]:
        """What is told of a tensor of the odd checkpoint."""
        tab, artifact_id = odd
        return tab.get("api/tensor_stats", {"id": artifact_id, "key": key}).get_json()

    def test_all_of_a_tensor(self, odd):
        """Numbers, histogram, quantiles, coordinates and findings."""
        answer = self.get(odd, "c_some")
        stats = answer["stats"]
        assert (stats["of"], stats["count"], stats["nan"]) == ("value", 12, 1)
        assert (stats["first_nan"], stats["first_inf"]) == ([1, 2], [2, 0])
        assert sum(stats["histogram"]["counts"]) == 9
        assert list(stats["quantiles"]) == sorted(stats["quantiles"], key=float)
        assert (stats["text"]["min"], stats["text"]["max"]) == ("0.0", "11.0")
        assert [one["kind"] for one in answer["findings"]] == ["nan", "inf"]
        assert answer["findings"][0]["evidence"]

    def test_numbers_that_json_does_not_have(self, odd):
        """They are null, and stand in full as text."""
        assert self.get(odd, "k_huge")["stats"]["l2"] is None
        assert self.get(odd, "k_huge")["stats"]["text"]["l2"] == "inf"
        assert self.get(odd, "e_scalar")["stats"]["text"]["min"] == "9007199254740993"
        assert self.get(odd, "b_nan")["stats"]["text"].keys() == {"l1", "l2"}

    def test_the_type_decides_the_digits(self, tmp_path):
        """0.1 as float32 is 0.1, not what float64 makes of it."""
        writer = BundleWriter()
        writer.add("w", np.array([0.1, 0.3], np.float32))
        writer.add("b", np.array([0.1, 0.3], ml_dtypes.bfloat16))
        writer.write(tmp_path, "ckpt-1")
        tab = Tab(tmp_path)
        odd = tab, tab.id_of("ckpt-1")
        for key in "wb":
            assert self.get(odd, key)["stats"]["text"]["min"] == "0.1"
            assert self.get(odd, key)["stats"]["text"]["max"] == "0.3"

    def test_what_is_large_waits_to_be_asked_for(self, odd, monkeypatch):
        """Above the limit nothing is read, until a job has done it."""
        monkeypatch.setattr(statistics, "AT_ONCE_NBYTES", 40)
        tab, artifact_id = odd
        answer = self.get(odd, "a_good")
        assert (answer["stats"], answer["error"], answer["unknown_nbytes"]) == (None, None, 48)
        finish(tab, artifact_id, "start", "0")
        assert self.get(odd, "a_good")["stats"]["count"] == 12

    def test_what_cannot_be_read(self, odd):
        """The reason comes in the answer: the page shows it in its place."""
        answer = self.get(odd, "j_crc")
        assert (answer["stats"], answer["error"]["type"]) == (None, "BadChecksum")

    def test_a_job_gains_from_it(self, odd, monkeypatch):
        """What was computed for the drawer is not computed again for the table."""
        monkeypatch.setattr(statistics, "AUTOMATIC_NBYTES", 10)
        tab, artifact_id = odd
        finish(tab, artifact_id, "glance")
        self.get(odd, "a_good")
        assert look(tab, artifact_id)["rows"] == [0]
