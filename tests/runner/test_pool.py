"""The queue of calls: places, cancel, models that stay loaded, and their end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tensorboard_plugin_modelinspect.errors import (
    BadRequest,
    CallFailed,
    NotFound,
    RunnerCancelled,
    RunnerCrashed,
)
from tensorboard_plugin_modelinspect.runner.messages import Load
from tensorboard_plugin_modelinspect.runner.pool import Job, RunnerPool
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
