"""The route `api/verify`, and the verifications behind it."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tensorboard_plugin_modelinspect.analyses.verify import MOST_FINDINGS
from tensorboard_plugin_modelinspect.discovery import Catalog, Root
from tensorboard_plugin_modelinspect.errors import BadRequest, NotFound
from tensorboard_plugin_modelinspect.model.integrity import Finding, Step
from tensorboard_plugin_modelinspect.views.http import verifications
from tensorboard_plugin_modelinspect.views.http.actions import HEADER
from tensorboard_plugin_modelinspect.views.http.verifications import MOST_WAITING, Verifications
from tests.views.http.route_tests import JsonRouteTests
from tests.views.http.support import Tab, copy_case, wait_until

EXPORT = "keras3_export/network"
HEADERS = {HEADER: "1", "Content-Type": "application/json"}


def post(tab: Tab, artifact_id: str, action: str) -> dict[str, Any]:
    """Ask for an action; the answer, which must be good."""
    body = json.dumps({"id": artifact_id, "action": action})
    response = tab.ask("POST", "api/verify", headers=HEADERS, data=body)
    assert response.status_code == 200, response.text
    return response.get_json()


def look(tab: Tab, artifact_id: str) -> dict[str, Any]:
    """How it stands."""
    return tab.get("api/verify", {"id": artifact_id}).get_json()


def finish(tab: Tab, artifact_id: str) -> dict[str, Any]:
    """Start, and wait until it is done."""
    post(tab, artifact_id, "start")
    wait_until(lambda: look(tab, artifact_id)["state"] == "done")
    return look(tab, artifact_id)


class Gate:
    """Steps that wait until a test lets them go on: a verification as long as it likes."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.open = threading.Event()

    def plan(self, *_: object) -> list[Step]:
        def run() -> Iterator[int | Finding]:
            self.begun.release()
            yield 1
            self.open.wait(30)
            yield 1

        return [Step("slow", "Slow", 1, "thing", 2, run)]


@pytest.fixture
def gate(monkeypatch) -> Iterator[Gate]:
    """In place of what the formats supply; open at the end, so that threads end."""
    gate = Gate()
    monkeypatch.setattr(verifications, "plan_steps", gate.plan)
    yield gate
    gate.open.set()


class TestVerify(JsonRouteTests):
    """`api/verify`."""

    route = "verify"

    def parameters(self, tab):
        """An artifact that nobody asked about yet."""
        return {"id": tab.id_of(EXPORT)}

    def test_nothing_is_read_before_somebody_asks(self, tab):
        """The page opens without a byte of the weights being read."""
        answer = look(tab, tab.id_of(EXPORT))
        assert (answer["state"], answer["verdict"], answer["steps"]) == ("idle", None, [])

    def test_a_whole_one_passes(self, tab):
        """All steps, all bytes, no problem; and the result is kept."""
        artifact_id = tab.id_of(EXPORT)
        answer = finish(tab, artifact_id)
        assert answer["verdict"] == "passed"
        assert answer["done_nbytes"] == answer["nbytes"] > 0
        steps = {step["name"]: step for step in answer["steps"]}
        assert {"graph", "index", "tensors", "fingerprint"} <= steps.keys()
        assert {step["outcome"] for step in steps.values()} == {"passed"}
        assert all(step["count"] for step in steps.values())
        assert look(tab, artifact_id) == answer

    def test_a_flipped_byte_is_named(self, tmp_path):
        """File below the logdir, bytes, tensor, fact and what to do."""
        tab = Tab(copy_case("broken", tmp_path))
        answer = finish(tab, tab.id_of("broken/shard_flipped/ckpt"))
        assert answer["verdict"] == "failed"
        [finding] = [one for step in answer["steps"] for one in step["findings"]]
        assert finding["path"] == "broken/shard_flipped/ckpt.data-00001-of-00002"
        assert (finding["problem"], finding["tensor"]) == (True, "numbers")
        assert (finding["start"], finding["stop"]) == (0, 400)
        assert finding["fact"]
        assert finding["next_step"]

    def test_what_cannot_be_opened_is_verified(self, tmp_path):
        """A damaged index is a verdict, not an error of the route."""
        tab = Tab(copy_case("broken", tmp_path))
        answer = finish(tab, tab.id_of("broken/index_garbage/ckpt"))
        assert (answer["verdict"], answer["error"]) == ("failed", None)

    def test_progress_is_seen_and_others_are_served(self, tab, gate):
        """While it runs every route answers, this one with how far it is."""
        artifact_id = tab.id_of(EXPORT)
        assert post(tab, artifact_id, "start")["state"] in ("waiting", "running")
        assert gate.begun.acquire(timeout=30)
        wait_until(lambda: look(tab, artifact_id)["done_nbytes"] == 1)
        answer = look(tab, artifact_id)
        assert (answer["state"], answer["verdict"], answer["nbytes"]) == ("running", None, 2)
        assert answer["steps"][0]["outcome"] == "running"
        assert tab.get("api/artifact", {"id": artifact_id}).status_code == 200

    def test_asking_twice_begins_once(self, tab, gate):
        """Two pages that click at once get one verification."""
        artifact_id = tab.id_of(EXPORT)
        for _ in range(3):
            post(tab, artifact_id, "start")
        gate.open.set()
        wait_until(lambda: look(tab, artifact_id)["state"] == "done")
        assert gate.begun.acquire(blocking=False)
        assert not gate.begun.acquire(blocking=False)

    def test_cancelling_is_at_once_and_not_for_ever(self, tab, gate):
        """It says so before the thread has noticed, and can be begun again."""
        artifact_id = tab.id_of(EXPORT)
        post(tab, artifact_id, "start")
        assert gate.begun.acquire(timeout=30)
        answer = post(tab, artifact_id, "cancel")
        assert (answer["state"], answer["verdict"]) == ("cancelled", None)
        gate.open.set()
        assert finish(tab, artifact_id)["verdict"] == "passed"

    def test_others_wait_for_their_turn(self, tab, gate):
        """One at a time; one that waits can be cancelled, and never begins then."""
        first, second = tab.id_of(EXPORT), tab.id_of("keras3_checkpoint/series/ckpt-3")
        post(tab, first, "start")
        assert gate.begun.acquire(timeout=30)
        assert post(tab, second, "start")["state"] == "waiting"
        assert post(tab, second, "cancel")["state"] == "cancelled"
        gate.open.set()
        wait_until(lambda: look(tab, first)["state"] == "done")
        assert look(tab, second)["state"] == "cancelled"
        assert not gate.begun.acquire(blocking=False)

    def test_a_result_goes_with_its_files(self, tmp_path):
        """After a change the old verdict is not shown any more."""
        tab = Tab(copy_case("sharded", tmp_path))
        artifact_id = tab.id_of("sharded/four")
        assert finish(tab, artifact_id)["verdict"] == "passed"
        shard = next((tmp_path / "sharded").glob("four.data-*"))
        shard.write_bytes(shard.read_bytes() + b"!")
        answer = look(tab, artifact_id)
        assert (answer["state"], answer["verdict"], answer["steps"]) == ("changed", None, [])
        assert finish(tab, artifact_id)["verdict"] == "passed"

    def test_a_change_while_it_runs_is_noticed(self, tmp_path, gate):
        """What was read may be half of the old and half of the new file: no verdict."""
        tab = Tab(copy_case("sharded", tmp_path))
        artifact_id = tab.id_of("sharded/four")
        post(tab, artifact_id, "start")
        assert gate.begun.acquire(timeout=30)
        shard = next((tmp_path / "sharded").glob("four.data-*"))
        shard.write_bytes(shard.read_bytes() + b"!")
        gate.open.set()
        wait_until(lambda: look(tab, artifact_id)["state"] == "changed")

    def test_files_that_vanish(self, tmp_path):
        """A verdict of what is missing, or the news that they changed; never a 500."""
        tab = Tab(copy_case("sharded", tmp_path))
        artifact_id = tab.id_of("sharded/four")
        shutil.rmtree(tmp_path / "sharded")
        assert finish(tab, artifact_id)["verdict"] == "failed"
        tab.settle(rescan=True)
        body = json.dumps({"id": artifact_id, "action": "start"})
        response = tab.ask("POST", "api/verify", headers=HEADERS, data=body)
        assert response.status_code == 404
        assert look(tab, artifact_id)["state"] in ("done", "changed")

    def test_a_mistake_of_ours_is_told(self, tab, monkeypatch):
        """An unexpected exception ends with an id to find it by, and the next one can begin."""

        def fail(*_: object) -> list[Step]:
            raise KeyError("x")

        artifact_id = tab.id_of(EXPORT)
        with monkeypatch.context() as patched:
            patched.setattr(verifications, "plan_steps", fail)
            answer = finish(tab, artifact_id)
        assert (answer["verdict"], answer["error"]["type"]) == (None, "InternalError")
        assert answer["error"]["id"] in answer["error"]["message"]
        assert finish(tab, artifact_id)["verdict"] == "passed"

    def test_answers_are_bounded(self, tab, monkeypatch):
        """However much is wrong, an answer stays small, and says how much there is."""

        def run() -> Iterator[int | Finding]:
            for number in range(MOST_FINDINGS * 3):
                yield Finding(True, "a", f"{number}")

        steps = [Step("bad", "Bad", 1, "thing", 0, run)]
        monkeypatch.setattr(verifications, "plan_steps", lambda *_: steps)
        [step] = finish(tab, tab.id_of(EXPORT))["steps"]
        assert len(step["findings"]) == MOST_FINDINGS
        assert step["problem_count"] == MOST_FINDINGS * 3


@pytest.fixture
def many(tmp_path) -> Callable[[], Any]:
    """The artifacts of a logdir with more checkpoints than may wait."""
    from tests.support.bundle_writer import BundleWriter

    for number in range(MOST_WAITING + 2):
        BundleWriter().write(tmp_path, f"ckpt-{number}")
    catalog = Catalog(lambda: (Root("", str(tmp_path)),))
    return lambda: catalog.scan().artifacts


def test_the_queue_is_bounded(many, gate):
    """Nobody can make the server hold more than a few; the message says what to do."""
    jobs = Verifications()
    artifacts = many()
    for found in artifacts[:MOST_WAITING]:
        jobs.start(found)
    with pytest.raises(BadRequest, match="Cancel one, or wait"):
        jobs.start(artifacts[MOST_WAITING])
    jobs.cancel(artifacts[3])
    jobs.start(artifacts[MOST_WAITING])


def test_old_results_go(many, monkeypatch):
    """The latest results are kept, and memory does not grow with the logdir."""
    monkeypatch.setattr(verifications, "MOST_KEPT", 4)
    jobs = Verifications()
    artifacts = many()
    for found in artifacts:
        job = jobs.start(found)
        wait_until(lambda job=job: not job.is_active)
    kept = [jobs.look(found) is not None for found in artifacts]
    assert kept == [False] * (len(artifacts) - 4) + [True] * 4


def test_what_was_deleted_is_not_found(many, tmp_path):
    """An artifact that the last search missed has nothing to verify."""
    many()
    for path in tmp_path.iterdir():
        path.unlink()
    [first, *_] = many()
    with pytest.raises(NotFound):
        Verifications().start(first)
