"""The routes `api/scan` and `api/scan_marks`."""

from __future__ import annotations

import json
import shutil
import time

import pytest

from tensorboard_plugin_modelinspect.formats.graphs import reading
from tensorboard_plugin_modelinspect.formats.graphs.reading import read_graphs
from tests.views.http.route_tests import JsonRouteTests
from tests.views.http.support import CORPUS, PATIENCE_S, Tab
from tests.views.http.test_verify import HEADERS

MODELS = CORPUS / "scan" / "models"
NAMES = ("write_keys", "clean_keras_export", "print_console", "broken")


@pytest.fixture(scope="module")
def logdir(tmp_path_factory):
    """One that writes, a clean one, one that prints, and one that cannot be read."""
    folder = tmp_path_factory.mktemp("logs")
    for name in NAMES:
        shutil.copytree(MODELS / name, folder / name)
    return folder


@pytest.fixture
def tab(logdir):
    """The plugin over these."""
    return Tab(logdir)


def settled_marks(tab: Tab) -> dict:
    """The answer once all are scanned."""
    tab.settle()
    deadline = time.monotonic() + PATIENCE_S
    while (answer := tab.get("api/scan_marks").get_json())["running"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return answer


class TestScan(JsonRouteTests):
    """`api/scan`."""

    route = "scan"

    def parameters(self, tab):
        """One with a finding."""
        return {"id": tab.id_of("write_keys")}

    def test_what_where_and_who(self, tab):
        """A finding names op, argument, signature, and the node as the graph's routes know it."""
        answer = tab.get("api/scan", self.parameters(tab)).get_json()
        assert (answer["verdict"], answer["worst"]) == ("dangerous", "critical")
        assert answer["counts"]["critical"] == 1
        [finding] = answer["findings"]
        assert finding["title"] == "Writes a file"
        assert finding["argument"] == "/etc/cron.d/job"
        assert {"kind": "signature", "name": "serving_default"} in finding["reached_from"]
        where = finding["where"]
        parameters = {"id": tab.id_of("write_keys"), "graph": where["graph"]}
        node = tab.get("api/graph_node", {**parameters, "node": str(where["number"])}).get_json()
        assert (node["name"], node["op"]) == (where["node"], "WriteFile")

    def test_what_cannot_be_opened_is_a_finding(self, tab):
        """Answered, not refused."""
        answer = tab.get("api/scan", {"id": tab.id_of("broken")}).get_json()
        assert (answer["verdict"], answer["findings"][0]["rule"]) == ("damaged", "unreadable")
        assert answer["problem"]

    def test_the_last_verification_is_joined(self, tmp_path):
        """Null before there is one; after a failed one the verdict is damaged."""
        shutil.copytree(CORPUS / "broken" / "shard_flipped", tmp_path / "flipped")
        tab = Tab(tmp_path)
        artifact_id = tab.id_of("flipped/ckpt")
        assert tab.get("api/scan", {"id": artifact_id}).get_json()["integrity"] is None
        body = json.dumps({"id": artifact_id, "action": "start"})
        assert tab.ask("POST", "api/verify", headers=HEADERS, data=body).status_code == 200
        deadline = time.monotonic() + PATIENCE_S
        while tab.get("api/verify", {"id": artifact_id}).get_json()["state"] != "done":
            assert time.monotonic() < deadline
            time.sleep(0.02)
        answer = tab.get("api/scan", {"id": artifact_id}).get_json()
        assert (answer["integrity"], answer["verdict"]) == ("failed", "damaged")

    def test_a_changed_file_is_scanned_anew(self, tmp_path):
        """What is kept is of the files as they are."""
        shutil.copytree(MODELS / "clean_strings", tmp_path / "model")
        tab = Tab(tmp_path)
        artifact_id = tab.id_of("model")
        assert tab.get("api/scan", {"id": artifact_id}).get_json()["verdict"] == "clean"
        shutil.copy(MODELS / "write_keys" / "saved_model.pb", tmp_path / "model")
        assert tab.get("api/scan", {"id": artifact_id}).get_json()["verdict"] == "dangerous"

    def test_graphs_are_read_once_for_all_routes(self, tab, monkeypatch):
        """The Graph page, asked for while the scan of the Model page reads, waits for that."""
        read = []

        def count(*given):
            read.append(given)
            return read_graphs(*given)

        monkeypatch.setattr(reading, "read_graphs", count)
        tab.get("api/scan", self.parameters(tab))
        tab.get("api/graphs", self.parameters(tab))
        assert len(read) == 1


class TestScanMarks(JsonRouteTests):
    """`api/scan_marks`."""

    route = "scan_marks"

    def parameters(self, tab):
        """None; all are scanned, so that answers stay the same."""
        settled_marks(tab)
        return {}

    def test_the_worst_of_each(self, tab):
        """All are scanned; clean ones have no mark."""
        answer = settled_marks(tab)
        assert (answer["scanned"], answer["artifacts"], answer["note"]) == (4, 4, None)
        marks = {one["id"]: one for one in answer["marks"]}
        told = {name: marks.get(tab.id_of(name)) for name in NAMES}
        assert told["clean_keras_export"] is None
        assert (told["write_keys"]["worst"], told["write_keys"]["rule"]) == (
            "critical",
            "file-write",
        )
        assert (told["print_console"]["verdict"], told["print_console"]["worst"]) == (
            "clean",
            "low",
        )
        assert told["broken"]["verdict"] == "damaged"

    def test_new_ones_are_scanned_after_a_search(self, tmp_path):
        """Only these."""
        shutil.copytree(MODELS / "write_keys", tmp_path / "one")
        tab = Tab(tmp_path)
        assert settled_marks(tab)["scanned"] == 1
        shutil.copytree(MODELS / "read_secret", tmp_path / "two")
        tab.get("api/artifacts", {"rescan": "1"})
        answer = settled_marks(tab)
        assert (answer["scanned"], len(answer["marks"])) == (2, 2)
