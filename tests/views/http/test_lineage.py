"""The routes of lineage, and the look at all artifacts behind them."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.views.http import lineages
from tensorboard_plugin_modelinspect.views.http.search import Search
from tests.support.bundle_writer import BundleWriter
from tests.views.http.route_tests import JsonRouteTests
from tests.views.http.support import Tab, copy_case, wait_until

EXPORT, STEP, TUNED = "lineage/export/1", "lineage/run/ckpt-2", "lineage/tuned/ckpt-1"


@pytest.fixture(scope="module")
def kin_logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One model in many files; only to be read."""
    return copy_case("lineage", tmp_path_factory.mktemp("kin"))


@pytest.fixture
def tab(kin_logdir: Path) -> Tab:
    """The plugin over it."""
    return Tab(kin_logdir)


def marks(tab: Tab) -> dict[str, Any]:
    """The marks as they are."""
    answer: dict[str, Any] = tab.get("api/lineage_marks").get_json()
    return answer


def looker(tab: Tab) -> lineages.Lineages:
    """Who looks for it; another test's may be busy still, and is not to be meddled with."""
    tab.get("api/status")
    application: Any = tab.plugin._app
    found: lineages.Lineages = application._desk.lineages
    return found


def finish(tab: Tab) -> dict[str, Any]:
    """The marks once all of them are known."""
    tab.settle()
    wait_until(lambda: marks(tab)["job"]["state"] == "done")
    return marks(tab)


def lineage(tab: Tab, path: str) -> dict[str, Any]:
    """That of one artifact, once all are known."""
    finish(tab)
    answer: dict[str, Any] = tab.get("api/lineage", {"id": tab.id_of(path)}).get_json()
    return answer


class TestLineage(JsonRouteTests):
    route = "lineage"

    def parameters(self, tab: Tab) -> dict[str, str]:
        """An export, once it is known."""
        finish(tab)
        return {"id": tab.id_of(EXPORT)}


class TestLineageMarks(JsonRouteTests):
    route = "lineage_marks"

    def parameters(self, tab: Tab) -> dict[str, str]:
        """None; once all are known."""
        finish(tab)
        return {}


class TestSharedLayers(JsonRouteTests):
    route = "shared_layers"

    def parameters(self, tab: Tab) -> dict[str, str]:
        """Two that share layers."""
        finish(tab)
        return {"id": tab.id_of(TUNED), "other": tab.id_of("lineage/run/ckpt-3")}

    def test_layers(self, tab: Tab) -> None:
        """By name, with their tensors."""
        answer = tab.get("api/shared_layers", self.parameters(tab)).get_json()
        layers = {one["name"].rpartition("/")[2]: one for one in answer["layers"]}
        assert layers.keys() == {"hidden", "norm"}
        assert layers["hidden"]["parameters"] == 4 * 16 + 16
        assert (len(layers["norm"]["tensors"]), layers["norm"]["of_tensors"]) == (4, 4)
        assert answer["left_out"] == 0

    def test_other_is_an_id(self, tab: Tab) -> None:
        """An id that is none is 404, and so are two of which one was not looked at."""
        parameters = self.parameters(tab)
        assert tab.get("api/shared_layers", {**parameters, "other": "no"}).status_code == 404
        fresh = Tab(tab.context.logdir)
        fresh.settle()
        assert fresh.get("api/shared_layers", parameters).status_code == 404


def test_the_step_of_an_export(tab: Tab) -> None:
    """With the ids that lead there, the hash, and what is stored twice."""
    answer = lineage(tab, EXPORT)
    first = answer["relations"][0]
    assert first["extent"] == "same"
    assert first["others"] == [
        {"id": tab.id_of(STEP), "path": STEP, "kind": "checkpoint", "step": 2}
    ]
    assert answer["weights"]["hash"].startswith("mi1:")
    assert answer["weights"]["repeated"] == 8
    assert answer["problem"] is None


def test_what_is_not_known_without_reading(tab: Tab) -> None:
    """A Keras file has no checksums: that is said, and nothing is read for it."""
    answer = lineage(tab, "lineage/model.keras")
    assert answer["weights"]["unknown"] == answer["weights"]["tensors"] == 8
    assert answer["weights"]["hash"] is None
    assert answer["relations"] == []


def test_marks(tab: Tab) -> None:
    """A row for each that is related, and for no other."""
    answer = finish(tab)
    paths = {row["id"]: row["path"] for row in tab.settle()["artifacts"]}
    told = {
        paths[one]: (extent, path)
        for one, extent, path in zip(answer["id"], answer["extent"], answer["path"], strict=True)
    }
    assert told[EXPORT] == ("same", STEP)
    assert told[STEP] == ("same", EXPORT)
    assert told[TUNED] == ("part", "lineage/run/ckpt-3")
    assert not told.keys() & {"lineage/every_bit", "lineage/stranger/ckpt-1"}
    place = answer["id"].index(tab.id_of("lineage/run/ckpt-3"))
    assert (answer["step"][place], answer["last_step"][place], answer["ties"][place]) == (1, 2, 2)
    assert 0 < answer["parameters"][place] < answer["of_parameters"][place]


def test_nothing_is_looked_at_before_somebody_asks(tab: Tab, monkeypatch: Any) -> None:
    """A search opens no artifact for lineage, nor does the tab's list."""
    looked: list[Any] = []
    monkeypatch.setattr(lineages.LineageReader, "look", lambda _, found: looked.append(found))
    tab.settle()
    assert looked == []
    tab.get("api/lineage_marks")
    wait_until(lambda: len(looked) > 0)


@pytest.mark.parametrize("what", ["running", "counting"])
def test_waits_for_the_search(tab: Tab, monkeypatch: Any, what: str) -> None:
    """While artifacts are being found, or counted, none is looked at."""
    tab.settle()
    with monkeypatch.context() as patch:
        patch.setattr(Search, what, True)
        assert marks(tab)["job"] == {"state": "waiting", "looked": 0, "artifacts": 13, "note": None}
    assert marks(tab)["job"]["state"] == "looking"


def test_an_answer_never_waits(tab: Tab, monkeypatch: Any) -> None:
    """While it is looked, what is known is told, and how far that is."""
    gate = threading.Event()
    look = lineages.LineageReader.look

    def wait(reader: Any, found: Any) -> None:
        gate.wait(30)
        look(reader, found)

    monkeypatch.setattr(lineages.LineageReader, "look", wait)
    tab.settle()
    job = marks(tab)["job"]
    assert (job["state"], job["looked"], job["artifacts"]) == ("looking", 0, 13)
    answer = tab.get("api/lineage", {"id": tab.id_of(EXPORT)}).get_json()
    assert (answer["weights"], answer["relations"]) == (None, [])
    gate.set()
    assert finish(tab)["job"]["looked"] == 13


def test_one_bad_artifact_does_not_end_it(tab: Tab, monkeypatch: Any, caplog: Any) -> None:
    """Not even an error that should not be: it is in the log, and the artifact says so."""
    look = lineages.LineageReader.look

    def fail(reader: Any, found: Any) -> None:
        if found.path == EXPORT:
            raise RuntimeError("boom")
        look(reader, found)

    monkeypatch.setattr(lineages.LineageReader, "look", fail)
    answer = lineage(tab, EXPORT)
    assert "could not be looked at" in answer["problem"]
    assert "boom" in caplog.text
    assert lineage(tab, TUNED)["relations"]


def test_an_error_at_the_end_is_none_of_the_tabs(tab: Tab, monkeypatch: Any, caplog: Any) -> None:
    """A mistake in the index ends the look; requests answer, and the next search tries again."""
    monkeypatch.setattr(looker(tab)._reader, "lineage", lambda *_: 1 / 0)
    assert finish(tab)["id"] == []
    assert "log says what" in marks(tab)["job"]["note"]
    assert caplog.text.count("could not find out the lineage") == 1
    monkeypatch.undo()
    tab.settle(rescan=True)
    wait_until(lambda: len(marks(tab)["id"]) > 0)


class EndsFirst:
    """A lock that is given once the look that is under way has ended.

    Args:
        lock: The one that is meant.
    """

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock

    def __enter__(self) -> None:
        looks = [one for one in threading.enumerate() if one.name == "modelinspect-lineage"]
        for look in looks:
            if look is not threading.current_thread():
                look.join()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def test_a_look_that_has_just_ended(tab: Tab, monkeypatch: Any, caplog: Any) -> None:
    """Whoever asks at that moment gets what it found out, and begins no other."""
    own = looker(tab)
    monkeypatch.setattr(own._reader, "lineage", lambda *_: 1 / 0)
    tab.settle()
    assert marks(tab)["job"]["state"] == "looking"
    monkeypatch.setattr(own, "_lock", EndsFirst(own._lock))
    assert marks(tab)["job"]["state"] == "done"
    assert caplog.text.count("could not find out the lineage") == 1


def test_what_comes_later(tmp_path: Path) -> None:
    """After a new search what is new is looked at, and only that."""
    value = np.random.default_rng(0).normal(size=50).astype(np.float32)
    writer = BundleWriter()
    writer.add("w", value)
    writer.write(tmp_path, "ckpt-1")
    tab = Tab(tmp_path)
    assert finish(tab)["id"] == []
    (tmp_path / "copy").mkdir()
    for path in tmp_path.glob("ckpt-1.*"):
        shutil.copy(path, tmp_path / "copy")
    tab.settle(rescan=True)
    wait_until(lambda: len(marks(tab)["id"]) == 2)


def test_time_that_is_over(tab: Tab, monkeypatch: Any) -> None:
    """What was not looked at in time is said, and gets its turn after the next search."""
    monkeypatch.setattr(lineages, "LOOK_LIMIT", 9)
    job = finish(tab)["job"]
    assert job["looked"] == 9
    assert job["note"].startswith("4 artifacts were not looked at yet")
    marks(tab)
    assert finish(tab)["job"]["looked"] == 9
    tab.settle(rescan=True)
    wait_until(lambda: marks(tab)["job"]["note"] is None)
    assert finish(tab)["job"]["looked"] == 13
