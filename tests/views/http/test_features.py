"""`api/features`: what signatures parse out of examples."""

from __future__ import annotations

from tests.views.http.route_tests import JsonRouteTests
from tests.views.http.support import Tab, copy_case

SERIES = "keras3_checkpoint/series/ckpt-3"
EXPORT = "keras3_export/network"


class TestFeatures(JsonRouteTests):
    """`api/features`."""

    route = "features"

    def parameters(self, tab):
        """A signature that parses nothing."""
        return {"id": tab.id_of(EXPORT), "tags": "serve", "signature": "serving_default"}

    def test_an_input_that_is_not_parsed_is_left_out(self, tab, asked):
        """Numbers are no examples."""
        assert tab.get(*asked).get_json()["inputs"] == []

    def test_gives_what_is_parsed(self, tmp_path):
        """Keys, dtypes and sizes, as the model was given them."""
        copy_case("run", tmp_path)
        tab = Tab(tmp_path)
        tab.settle()
        parameters = {"id": tab.id_of("run/examples"), "tags": "serve", "signature": "parse"}
        (parsed,) = tab.get("api/features", parameters).get_json()["inputs"]
        assert parsed["key"] == "examples"
        assert [tuple(one.values()) for one in parsed["features"]] == [
            ("id", "int64", [], None),
            ("name", "string", [], [""]),
            ("weights", "float32", [2], ["0.5", "0.5"]),
        ]

    def test_an_unknown_signature_is_404(self, tab, asked):
        """So is one of other tags, and a checkpoint, which has none."""
        path, parameters = asked
        for change in ({"signature": "no"}, {"tags": "gpu"}, {"id": tab.id_of(SERIES)}):
            response = tab.get(path, {**parameters, **change})
            self.assert_error(response, "NotFound", "no signature")
