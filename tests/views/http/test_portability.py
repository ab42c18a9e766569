"""The route `api/portability`."""

from __future__ import annotations

from tests.views.http.route_tests import JsonRouteTests
from tests.views.http.stats_support import EXPORT


class TestPortability(JsonRouteTests):
    """`api/portability`."""

    route = "portability"

    def parameters(self, tab):
        """An exported model."""
        return {"id": tab.id_of(EXPORT)}

    def test_all_targets_and_every_op(self, tab):
        """Each target has a verdict, each op one for each target; the command says the same."""
        answer = tab.get("api/portability", self.parameters(tab)).get_json()
        names = [one["name"] for one in answer["targets"]]
        assert names == ["tf", "tflite", "tfjs", "serving", "keras3"]
        assert {"2.4", "2.12", answer["oldest"]} <= set(answer["releases"])
        ops = answer["ops"]
        assert [one["name"] for one in ops["support"]] == names
        for one in ops["support"]:
            assert len(one["verdict"]) == len(ops["op"]) == len(ops["since"])
        assert answer["command"].startswith("modelinspect portability /")
        assert answer["command"].endswith(" --target keras3")

    def test_targets_that_are_asked_for(self, tab):
        """Joined by commas; a reason has what it is about, and where."""
        asked = {**self.parameters(tab), "target": "tf==2.9,keras3"}
        answer = tab.get("api/portability", asked).get_json()
        assert [one["target"] for one in answer["targets"]] == ["tf==2.9", "keras3"]
        assert [one["verdict"] for one in answer["targets"]] == ["fails", "needs"]
        (reason, *_) = answer["targets"][0]["evidence"]
        assert (reason["rule"], reason["what"]) == ("op-too-new", "DisableCopyOnRead")
        assert reason["places"][0]["graph"].startswith("__inference__traced_save")

    def test_a_target_that_is_not_known(self, tab):
        """Is a 400, and nothing is kept for it."""
        asked = {**self.parameters(tab), "target": "tf,nonsense"}
        response = tab.get("api/portability", asked)
        assert response.status_code == 400
        self.assert_error(response, "BadRequest", "nonsense")

    def test_a_checkpoint_has_verdicts_too(self, tab):
        """It has no ops."""
        answer = tab.get(
            "api/portability", {"id": tab.id_of("keras3_checkpoint/tied-1")}
        ).get_json()
        assert answer["ops"]["op"] == []
        assert {one["name"]: one["verdict"] for one in answer["targets"]}["keras3"] == "needs"
