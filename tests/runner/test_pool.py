"""The queue of calls: places, cancel, models that stay loaded, and their end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.errors import (
    BadRequest,
    CallFailed,
    NotFound,
    RunnerCancelled,
    RunnerCrashed,
)
from tensorboard_plugin_modelinspect.runner.client import Assign
from tensorboard_plugin_modelinspect.runner.jobs import Done, Job, Preparation, Task
from tensorboard_plugin_modelinspect.runner.messages import Answer, Call, Load
from tensorboard_plugin_modelinspect.runner.pool import RunnerPool
from tests.runner.pretend import MODEL, ask, pretending

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")


@pytest.fixture
def pool() -> Iterator[RunnerPool]:
    """One without TensorFlow, ended afterwards."""
    with pretending():
        pool = RunnerPool(most_queued=3)
        yield pool
        pool.close()


def until(condition: Callable[[], object]) -> None:
    """Wait until something is so, and not for ever."""
    deadline_s = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def test_job_is_done(pool: RunnerPool) -> None:
    """It can be asked for by id, has an answer, and knows the model."""
    job = pool.submit(MODEL, ask("fine", 3))
    assert pool.get(job.id) is job
    assert job.result().outputs[0].shape == (3,)
    assert (job.state, job.position, job.error) == ("done", 0, None)
    assert job.loaded is not None
    assert job.elapsed_s < time.monotonic()
    assert pool.warm == (MODEL,)


def test_failed_job_raises(pool: RunnerPool) -> None:
    """Its error, for everybody who asks; the next one is done."""
    job = pool.submit(MODEL, ask("fail"))
    for _ in range(2):
        with pytest.raises(CallFailed):
            job.result()
    assert job.state == "failed"
    crashed = pool.submit(MODEL, ask("leave"))
    with pytest.raises(RunnerCrashed):
        crashed.result()
    assert pool.submit(MODEL, ask("fine", 1)).result().outputs


def test_places_are_seen(pool: RunnerPool) -> None:
    """The first runs, the others see how many are before them; cancelled ones leave the queue."""
    first = pool.submit(MODEL, ask("hang"))
    until(lambda: first.state == "running")
    second, third = pool.submit(MODEL, ask("fine", 1)), pool.submit(MODEL, ask("fine", 1))
    assert [job.position for job in (first, second, third)] == [0, 1, 2]
    assert (second.state, third.state) == ("queued", "queued")
    second.cancel()
    assert (second.state, third.position) == ("cancelled", 1)
    first.cancel()
    with pytest.raises(RunnerCancelled):
        first.result()
    assert third.result().outputs
    third.cancel()
    assert third.state == "done"


def test_queue_is_bounded(pool: RunnerPool) -> None:
    """Nobody can fill memory by asking."""
    first = pool.submit(MODEL, ask("hang"))
    until(lambda: first.position == 0 and first.state != "queued")
    for _ in range(3):
        pool.submit(MODEL, ask("fine"))
    with pytest.raises(BadRequest, match="3 calls are waiting"):
        pool.submit(MODEL, ask("fine"))


def test_unknown_job() -> None:
    """An id of nobody."""
    with pytest.raises(NotFound):
        RunnerPool().get("nobody")


def test_old_answers_are_forgotten() -> None:
    """The last few can be asked for; those that wait are never forgotten."""
    with pretending():
        pool = RunnerPool(most_kept=2)
        jobs = [pool.submit(MODEL, ask("fine", 1)) for _ in range(3)]
        jobs[-1].result()
        last = pool.submit(MODEL, ask("hang"))
        with pytest.raises(NotFound):
            pool.get(jobs[0].id)
        assert [pool.get(job.id) for job in (*jobs[1:], last)] == [*jobs[1:], last]
        pool.close()


def test_one_process_for_a_model(pool: RunnerPool, tmp_path: Path) -> None:
    """It serves all calls until its files change; two models stay loaded, the oldest gives way."""
    models = [Load(str(tmp_path / name)) for name in "abc"]
    for model in models:
        Path(model.path).mkdir()
        Path(model.path, "saved_model.pb").write_bytes(b"1")

    def is_first(model: Load) -> bool:
        return pool.submit(model, ask("fine", 1)).result().is_first

    assert [is_first(models[0]), is_first(models[0])] == [True, False]
    Path(models[0].path, "saved_model.pb").write_bytes(b"22")
    assert [is_first(models[0]), is_first(models[0])] == [True, False]
    assert [is_first(models[1]), is_first(models[0]), is_first(models[2])] == [True, False, True]
    assert pool.warm == (models[0], models[2])
    assert is_first(models[1])


def test_idle_models_end() -> None:
    """Nobody called for a while: no process and no thread; the next call starts both."""
    with pretending():
        pool = RunnerPool(idle_s=0.2)
        pool.submit(MODEL, ask("fine", 1)).result()
        until(lambda: not pool.warm)
        assert pool.submit(MODEL, ask("fine", 1)).result().is_first
        pool.close()


def test_close_cancels_everything() -> None:
    """The running call and those that wait; no more are taken."""
    with pretending():
        pool = RunnerPool()
        jobs: list[Job] = [pool.submit(MODEL, ask("hang")), pool.submit(MODEL, ask("fine"))]
        until(lambda: jobs[0].state == "running")
        pool.close()
        assert [job.state for job in jobs] == ["cancelled", "cancelled"]
        with pytest.raises(RunnerCancelled):
            pool.submit(MODEL, ask("fine"))


class Given:
    """Values for variables, as a test changes them; counts how often they were put in."""

    def __init__(self, name: str, *, fails: bool = False) -> None:
        self.stamp = 0
        self.count = 0
        self.fails = fails
        self.preparation = Preparation(name, lambda: self.stamp, self.put)

    def put(self, assign: Assign) -> str:
        """Assign one variable, and fail behind it if it should."""
        self.count += 1
        assert assign(["w"], np.float32([self.count])) == ""
        if self.fails:
            raise BadRequest("the second cannot be read")
        return f"put {self.count}"


def test_a_model_with_other_values_is_another_one(pool: RunnerPool) -> None:
    """It has a process of its own, whose values are put in once, and anew if they changed."""
    given, other = Given("a"), Given("b")

    def outputs(preparation: Preparation | None) -> list[str]:
        answer = pool.submit(MODEL, ask("fine", 1), preparation).result()
        return [f"{one.key} {one.values}" for one in answer.outputs]

    assert outputs(None) == ["y [0.]"]
    assert [outputs(given.preparation) for _ in range(2)] == [["y [0.]", "w [1.]"]] * 2
    assert (outputs(None), given.count) == (["y [0.]"], 1)
    given.stamp = 1
    assert outputs(given.preparation) == ["y [0.]", "w [2.]"]
    assert outputs(other.preparation) == ["y [0.]", "w [1.]"]
    assert pool.submit(MODEL, ask("leave"), other.preparation).wait()
    assert outputs(other.preparation) == ["y [0.]", "w [2.]"]


def test_half_prepared_models_do_not_stay(pool: RunnerPool) -> None:
    """Nothing is called with some values of the one and some of the other."""
    given = Given("a", fails=True)
    for count in (1, 2):
        with pytest.raises(BadRequest, match="the second"):
            pool.submit(MODEL, ask("fine", 1), given.preparation).result()
        assert (pool.warm, given.count) == ((), count)
    given.fails = False
    answer = pool.submit(MODEL, ask("fine", 1), given.preparation).result()
    assert answer.outputs[1].values == [3]


def test_calls_that_belong_together(pool: RunnerPool) -> None:
    """They have one place in the queue, are done in order, and what is kept can be chosen."""
    given = Given("a")
    tasks = [Task(MODEL, ask("fine", 2)), Task(MODEL, ask("print", 1), given.preparation)]
    told: list[object] = []

    def finish(done: Sequence[Done]) -> Sequence[Answer]:
        told.extend(one.prepared for one in done)
        return [one.answer for one in done][:1]

    job = pool.submit_all(tasks, finish)
    assert job.result().outputs[0].shape == (2,)
    assert (len(job.answers), job.place) == (1, 1)
    assert told == [None, "put 1"]
    assert pool.submit_all(tasks).wait()


def test_the_second_of_two_fails_or_is_cancelled(pool: RunnerPool) -> None:
    """The job says where it was; nothing of the first is given out."""
    failing = pool.submit_all([Task(MODEL, ask("fine", 1)), Task(MODEL, ask("fail"))])
    with pytest.raises(CallFailed):
        failing.result()
    assert (failing.place, failing.answers) == (1, ())
    other = Given("a").preparation
    hanging = pool.submit_all([Task(MODEL, ask("fine", 1)), Task(MODEL, ask("hang"), other)])
    until(lambda: (hanging.place, hanging.state) == (1, "running"))
    hanging.cancel()
    assert hanging.wait(30)
    assert (hanging.state, hanging.answers) == ("cancelled", ())


def test_without_inner_tensors_rather_than_not_at_all(pool: RunnerPool) -> None:
    """Where a model gives none, its outputs still come, with the reason."""
    task = Task(MODEL, ask("fail", 1), plain=ask("fine", 1))
    answer = pool.submit_all([task]).result()
    assert "does not like that" in answer.unwatched
    assert answer.outputs[0].shape == (1,)


def test_a_lost_file_is_told_of_its_task(pool: RunnerPool) -> None:
    """What cannot even be looked for is that task's failure, not the queue's."""

    def lost() -> int:
        raise NotFound("ckpt-1: it was deleted.")

    gone = Preparation("a", lost, lambda assign: None)
    job = pool.submit_all([Task(MODEL, ask("fine", 1)), Task(MODEL, ask("fine", 1), gone)])
    with pytest.raises(NotFound):
        job.result()
    assert job.place == 1
    assert pool.submit(MODEL, ask("fine", 1)).result().outputs


def test_a_fresh_call_finds_variables_as_they_were_loaded(pool: RunnerPool) -> None:
    """The model is loaded again, and prepared again, only if a call may have changed some."""
    given = Given("a")
    fresh = replace(ask("fine", 1), fresh=True)

    def is_first(call: Call) -> bool:
        return pool.submit(MODEL, call, given.preparation).result().is_first

    assert [is_first(ask("fine", 1)), is_first(fresh), is_first(ask("count", 1))] == [
        True,
        False,
        True,
    ]
    assert not is_first(ask("count", 1))
    assert given.count == 1
    assert [is_first(fresh), is_first(fresh)] == [True, False]
    assert given.count == 2
