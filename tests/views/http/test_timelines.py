"""The routes `api/timeline` and `api/timeline_values`, and the reading behind them."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.views.http import timelines
from tensorboard_plugin_modelinspect.views.http.actions import HEADER
from tensorboard_plugin_modelinspect.views.http.timelines import MOST_KEPT, MOST_WAITING
from tests.support.bundle_writer import BundleWriter
from tests.views.http.route_tests import JsonRouteTests
from tests.views.http.support import Tab, copy_case, wait_until

SERIES = "keras3_checkpoint/series/ckpt-"
HEADERS = {HEADER: "1", "Content-Type": "application/json"}
KERNEL = "network/trained/.ATTRIBUTES/VARIABLE_VALUE"


def post(tab: Tab, artifact_id: str, action: str, status: int = 200) -> dict[str, Any]:
    """Ask for an action."""
    body = json.dumps({"id": artifact_id, "action": action})
    response = tab.ask("POST", "api/timeline", headers=HEADERS, data=body)
    assert response.status_code == status, response.text
    return response.get_json()


def look(tab: Tab, artifact_id: str) -> dict[str, Any]:
    """The timeline."""
    return tab.get("api/timeline", {"id": artifact_id}).get_json()


def values(tab: Tab, artifact_id: str, **parameters: str) -> dict[str, Any]:
    """Its values."""
    return tab.get("api/timeline_values", {"id": artifact_id, **parameters}).get_json()


def finish(tab: Tab, artifact_id: str) -> dict[str, Any]:
    """Start, and wait until all is read."""
    post(tab, artifact_id, "start")
    wait_until(lambda: values(tab, artifact_id)["job"]["state"] == "done")
    return values(tab, artifact_id)


def row_of(answer: dict[str, Any], found: dict[str, Any], key: str) -> dict[str, Any]:
    """The row of a tensor in the columns of its values."""
    place = answer["tensor"].index(found["tensors"]["key"].index(key))
    columns = {name for name, column in answer.items() if isinstance(column, list)} - {"notes"}
    return {name: answer[name][place] for name in columns - {"tensor"}}


class Gate:
    """A reading that waits until a test lets it go on."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.open = threading.Event()

    def compute(self, timeline: Any, opener: Any, executor: Any, note: Any) -> None:
        """In place of `compute_values`."""
        self.begun.release()
        while not self.open.wait(0.01):
            note((1, 2, 0.0))


@pytest.fixture
def gate(monkeypatch) -> Iterator[Gate]:
    """In place of reading; open at the end, so that threads end."""
    gate = Gate()
    monkeypatch.setattr(timelines, "compute_values", gate.compute)
    yield gate
    gate.open.set()


class TestTimeline(JsonRouteTests):
    """`api/timeline`."""

    route = "timeline"

    def parameters(self, tab):
        """Any checkpoint of a series."""
        return {"id": tab.id_of(f"{SERIES}2")}

    def test_a_series_from_any_of_its_checkpoints(self, tab):
        """The same answer, in order of step, without a byte of weights read."""
        answers = [look(tab, tab.id_of(f"{SERIES}{step}")) for step in (1, 2, 3)]
        assert answers[0] == answers[1] == answers[2]
        answer = answers[0]
        assert answer["series"] == {
            "name": "ckpt",
            "run": None,
            "folder": "keras3_checkpoint/series",
        }
        assert answer["checkpoints"]["path"] == [f"{SERIES}{step}" for step in (1, 2, 3)]
        assert answer["checkpoints"]["step"] == [1, 2, 3]
        assert answer["checkpoints"]["mark"] == ["kept"] * 3
        assert answer["checkpoints"]["problem"] == [None] * 3
        assert (answer["notes"], answer["job"]["state"]) == ([], "idle")
        assert answer["job"]["nbytes"] > answer["job"]["done_nbytes"] == 0

    def test_columns_have_one_length(self, tab):
        """Of tensors, and of checkpoints in each row."""
        answer = look(tab, tab.id_of(f"{SERIES}2"))
        rows = {name: len(column) for name, column in answer["tensors"].items()}
        assert set(rows.values()) == {len(answer["content"])}
        assert {len(row) for row in answer["content"]} == {3}
        assert {len(row) for row in answer["checkpoints"].values()} == {3}

    def test_hyperparameters(self, tab):
        """As numbers, and as exact text."""
        answer = look(tab, tab.id_of(f"{SERIES}2"))
        [rate] = [one for one in answer["hyperparameters"] if one["name"] == "adam/learning_rate"]
        assert (rate["values"], rate["text"]) == ([0.01] * 3, ["0.01"] * 3)

    def test_content_says_what_is_frozen(self, tmp_path):
        """Equal numbers for equal contents, -1 for absent ones."""
        tab = Tab(copy_case("series", tmp_path))
        answer = look(tab, tab.id_of("series/changing/ckpt-1"))
        content = dict(zip(answer["tensors"]["key"], answer["content"], strict=True))
        assert content == {"other": list(range(7)), "w": [0, 1, 2, -1, 0, 3, 4]}
        assert [note["checkpoint"] for note in answer["notes"]] == [1, 2, 4, 5]
        assert not any(note["problem"] for note in answer["notes"])
        answer = look(tab, tab.id_of("series/managed/ckpt-4"))
        assert answer["checkpoints"]["mark"] == ["preserved", "kept", "kept", "kept"]
        content = dict(zip(answer["tensors"]["key"], answer["content"], strict=True))
        assert content["network/frozen/.ATTRIBUTES/VARIABLE_VALUE"] == [0, 0, 0, 0]
        assert content[KERNEL] == [0, 1, 2, 3]

    def test_formats_without_checksums(self, tmp_path):
        """What is not known is null, and values tell."""
        tab = Tab(copy_case("series", tmp_path))
        artifact_id = tab.id_of(next(one["path"] for one in tab.settle()["artifacts"]
                                     if one["kind"] == "h5"))  # fmt: skip
        answer = look(tab, artifact_id)
        assert answer["checkpoints"]["step"] == [1, 2]
        assert answer["content"] == [[None, None]] * len(answer["content"])
        assert all(None not in row for row in finish(tab, artifact_id)["sum_sq"])

    def test_what_is_no_series_is_one_of_its_own(self, tab):
        """A SavedModel has a timeline of one."""
        answer = look(tab, tab.id_of("keras3_export/network"))
        assert len(answer["checkpoints"]["path"]) == 1

    def test_what_cannot_be_opened_is_said_in_place(self, tmp_path):
        """A damaged checkpoint, a deleted one that was seen, and one that was not."""
        logdir = copy_case("series", tmp_path)
        folder = logdir / "series" / "managed"
        tab = Tab(logdir)
        artifact_id = tab.id_of("series/managed/ckpt-6")
        finish(tab, artifact_id)
        (folder / "ckpt-4.index").write_bytes(b"no table")
        for path in folder.glob("ckpt-5.*"):
            path.unlink()
        state = (folder / "checkpoint").read_text()
        (folder / "checkpoint").write_text(state + '\nall_model_checkpoint_paths: "ckpt-3"')
        tab.settle(rescan=True)
        answer = look(tab, artifact_id)
        columns = answer["checkpoints"]
        assert columns["step"] == [1, 3, 4, 5, 6]
        assert columns["state"] == ["complete", "deleted", "broken", "deleted", "complete"]
        assert columns["mark"] == ["preserved", "deleted", "kept", "deleted", "kept"]
        assert columns["id"][1] is None
        assert all(columns["problem"][place] for place in (1, 2, 3))
        content = dict(zip(answer["tensors"]["key"], answer["content"], strict=True))
        assert content[KERNEL] == [0, None, None, 1, 2]
        row = row_of(finish(tab, artifact_id), answer, KERNEL)
        assert row["previous"] == [None, None, None, None, 3]
        assert [one is None for one in row["sum_sq"]] == [False, True, True, False, False]


class TestTimelineValues(JsonRouteTests):
    """`api/timeline_values`."""

    route = "timeline_values"

    def parameters(self, tab):
        """A series that nobody looked at yet."""
        return {"id": tab.id_of(f"{SERIES}1")}

    def test_nothing_is_read_before_somebody_asks(self, tab):
        """GET never starts work."""
        answer = values(tab, tab.id_of(f"{SERIES}1"))
        assert (answer["tensor"], answer["job"]["state"]) == ([], "idle")

    def test_numbers(self, tmp_path):
        """Sums of each tensor at each checkpoint, and what they are against."""
        tab = Tab(copy_case("series", tmp_path))
        artifact_id = tab.id_of("series/managed/ckpt-6")
        answer = finish(tab, artifact_id)
        row = row_of(answer, look(tab, artifact_id), KERNEL)
        assert row["count"] == [6] * 4
        assert row["nonfinite"] == [0, 0, 1, 1]
        assert row["previous"] == [None, 0, 1, 2]
        assert row["delta_abs_sum"] == [None, 4.5, 1.25, 1.25]
        assert row["delta_sum_sq"] == [None, 3.375, 0.3125, 0.3125]
        assert row["pairs"] == [None, None, 5, 5]
        assert row["pair_sum_sq"][2] == row["sum_sq"][2]
        assert row["previous_pair_sum_sq"][2] < row["sum_sq"][1]
        job = answer["job"]
        assert job["done_nbytes"] == job["nbytes"] > 0
        frozen = row_of(answer, look(tab, artifact_id), "network/frozen/.ATTRIBUTES/VARIABLE_VALUE")
        assert frozen["delta_abs_sum"] == [None, 0, 0, 0]
        assert frozen["dot"][1:] == frozen["sum_sq"][1:]

    def test_only_what_is_new(self, tab):
        """With `since`, rows that changed after it; nothing when nothing did."""
        artifact_id = tab.id_of(f"{SERIES}1")
        answer = finish(tab, artifact_id)
        generation = answer["job"]["generation"]
        assert values(tab, artifact_id, since=str(generation))["tensor"] == []
        assert len(values(tab, artifact_id, since=str(generation - 2))["tensor"]) == 2
        response = tab.get("api/timeline_values", {"id": artifact_id, "since": "-1"})
        assert (response.status_code, response.get_json()["error"]["type"]) == (400, "BadRequest")

    def test_a_new_checkpoint_makes_it_idle_again(self, tmp_path):
        """Another layout, the numbers that were read stay, and the rest is there to be read."""
        series = tmp_path / "logs"
        write(series, 1)
        write(series, 2)
        tab = Tab(series)
        artifact_id = tab.id_of("ckpt-1")
        before = finish(tab, artifact_id)
        write(series, 3)
        tab.settle(rescan=True)
        answer = look(tab, artifact_id)
        assert (answer["job"]["state"], answer["job"]["nbytes"]) == ("idle", 2 * 12)
        assert answer["job"]["layout"] != before["job"]["layout"]
        assert values(tab, artifact_id)["count"] == [[3, 3, None]]
        after = finish(tab, artifact_id)
        assert after["count"] == [[3, 3, 3]]
        assert after["job"]["generation"] > before["job"]["generation"]

    def test_what_is_damaged_is_noted(self, tmp_path):
        """With the places of checkpoint and tensor; the rest goes on, and it is done."""
        logdir = copy_case("series", tmp_path)
        shard = logdir / "series" / "managed" / "ckpt-5.data-00000-of-00001"
        shard.write_bytes(bytes(len(shard.read_bytes())))
        tab = Tab(logdir)
        artifact_id = tab.id_of("series/managed/ckpt-6")
        answer = finish(tab, artifact_id)
        found = look(tab, artifact_id)
        notes = {found["tensors"]["key"][one["tensor"]]: one for one in answer["notes"]}
        assert notes[KERNEL]["checkpoint"] == 2
        assert notes[KERNEL]["problem"] is True
        assert "checksum" in notes[KERNEL]["message"]
        assert row_of(answer, found, KERNEL)["previous"] == [None, 0, None, 1]

    def test_numbers_that_json_has_not(self, tmp_path):
        """Sums beyond float64 are null, never `Infinity`."""
        for step in (1, 2):
            write(tmp_path, step, np.full(3, 1e200 * step))
        tab = Tab(tmp_path)
        answer = finish(tab, tab.id_of("ckpt-1"))
        assert answer["sum_sq"] == [[None, None]]
        assert answer["delta_abs_sum"] == [[None, 3e200]]


def write(folder: Path, step: int, value: Any = None) -> None:
    """Write a checkpoint of one tensor."""
    writer = BundleWriter()
    writer.add("w", np.full(3, step, np.float32) if value is None else value)
    writer.write(folder, f"ckpt-{step}")


class TestReading:
    """What a POST to `api/timeline` does."""

    def test_progress_is_seen_and_others_are_served(self, tab, gate):
        """While values are read every route answers, and asking twice begins once."""
        artifact_id = tab.id_of(f"{SERIES}1")
        for _ in range(3):
            assert post(tab, artifact_id, "start")["state"] in ("waiting", "running")
        assert gate.begun.acquire(timeout=30)
        wait_until(lambda: values(tab, artifact_id)["job"]["done_nbytes"] == 1)
        assert values(tab, artifact_id)["job"]["state"] == "running"
        assert look(tab, artifact_id)["job"]["nbytes"] == 2
        assert not gate.begun.acquire(blocking=False)

    def test_cancelling_is_at_once_and_not_for_ever(self, tab, gate):
        """It says so before the thread has noticed, and can be begun again."""
        artifact_id = tab.id_of(f"{SERIES}1")
        post(tab, artifact_id, "start")
        assert gate.begun.acquire(timeout=30)
        assert post(tab, artifact_id, "cancel")["state"] == "cancelled"
        assert post(tab, artifact_id, "start")["state"] in ("waiting", "running")
        assert gate.begun.acquire(timeout=30)

    def test_one_series_after_the_other(self, tmp_path, gate):
        """Others wait; too many are refused."""
        for number in range(MOST_WAITING + 1):
            write(tmp_path / str(number), 1)
        tab = Tab(tmp_path)
        ids = [tab.id_of(f"{number}/ckpt-1") for number in range(MOST_WAITING + 1)]
        post(tab, ids[0], "start")
        assert gate.begun.acquire(timeout=30)
        states = [post(tab, one, "start")["state"] for one in ids[1:-1]]
        assert states == ["waiting"] * (MOST_WAITING - 1)
        assert "are being read" in post(tab, ids[-1], "start", 400)["error"]["message"]
        assert post(tab, ids[1], "cancel")["state"] == "cancelled"
        assert post(tab, ids[-1], "start")["state"] == "waiting"

    def test_few_series_are_kept(self, tmp_path):
        """The numbers of those looked at longest ago are forgotten."""
        for number in range(MOST_KEPT + 1):
            write(tmp_path / f"{number:02}", 1)
        tab = Tab(tmp_path)
        ids = [tab.id_of(f"{number:02}/ckpt-1") for number in range(MOST_KEPT + 1)]
        finish(tab, ids[0])
        finish(tab, ids[1])
        for one in ids[2:]:
            look(tab, one)
        assert values(tab, ids[1])["job"]["state"] == "done"
        assert values(tab, ids[0])["job"]["state"] == "idle"

    def test_unknown_actions(self, tab):
        """There are start and cancel."""
        answer = post(tab, tab.id_of(f"{SERIES}1"), "stop", 400)
        assert '"stop"' in answer["error"]["message"]

    def test_nothing_to_read_is_done(self, tab):
        """Asking again reads nothing."""
        artifact_id = tab.id_of(f"{SERIES}1")
        finish(tab, artifact_id)
        assert post(tab, artifact_id, "start")["state"] == "done"

    def test_all_is_gone(self, tmp_path):
        """A folder that was deleted meanwhile: notes, or deleted checkpoints; never a 500."""
        tab = Tab(copy_case("series", tmp_path))
        artifact_id = tab.id_of("series/managed/ckpt-6")
        look(tab, artifact_id)
        shutil.rmtree(tmp_path / "series")
        assert all(look(tab, artifact_id)["checkpoints"]["problem"])
        finish(tab, artifact_id)
        tab.settle(rescan=True)
        assert set(look(tab, artifact_id)["checkpoints"]["state"]) == {"deleted"}

    def test_a_mistake_of_ours_is_told(self, tab, monkeypatch):
        """The tab says that it failed and under which id the log says more."""

        def fail(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(timelines, "compute_values", fail)
        artifact_id = tab.id_of(f"{SERIES}1")
        post(tab, artifact_id, "start")
        wait_until(lambda: values(tab, artifact_id)["job"]["state"] == "failed")
        error = values(tab, artifact_id)["job"]["error"]
        assert (error["type"], len(error["id"])) == ("InternalError", 8)
