"""The jobs behind `api/stats`: contents read once, work and memory bounded."""

from __future__ import annotations

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses.health import Channels
from tensorboard_plugin_modelinspect.analyses.stats import TensorStats, running
from tensorboard_plugin_modelinspect.discovery import Catalog, Found, Root
from tensorboard_plugin_modelinspect.errors import BadRequest, NotFound
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.views.http import statistics
from tensorboard_plugin_modelinspect.views.http.statistics import MOST_ACTIVE, Job, Statistics
from tests.support.bundle_writer import BundleWriter
from tests.views.http.support import wait_until


class Cache(dict[int, TensorStats]):
    """Statistics by checksum; no channels."""

    def get_channels(self, tensor: Tensor) -> Channels | None:
        return None

    def put_channels(self, tensor: Tensor, channels: Channels) -> None:
        raise AssertionError("none here is a kernel")

    def get(self, tensor: Tensor) -> TensorStats | None:  # type: ignore[override]
        return super().get(tensor.crc32c or 0)

    def put(self, tensor: Tensor, stats: TensorStats) -> None:
        self[tensor.crc32c or 0] = stats


@pytest.fixture
def many(tmp_path) -> tuple[Statistics, Catalog, list[Found], Cache]:
    """Statistics of a logdir of equal checkpoints, of each of which 64 bytes are frozen."""
    for number in range(MOST_ACTIVE + 2):
        writer = BundleWriter()
        writer.add("frozen", np.arange(16, dtype=np.float32))
        writer.add("trained", np.full(8, number, np.float32))
        writer.write(tmp_path, f"ckpt-{number}")
    catalog, cache = Catalog(lambda: (Root("", str(tmp_path)),)), Cache()
    found = list(catalog.scan().artifacts)
    return Statistics(catalog.open, lambda: found, cache), catalog, found, cache


def wait_for(job: Job) -> Job:
    """Wait for its end."""
    wait_until(lambda: not job.is_active)
    return job


def test_a_content_is_read_once(many, monkeypatch):
    """What is equal in another checkpoint is not read there."""
    jobs, _, artifacts, cache = many
    wait_for(jobs.start(artifacts[0]))
    monkeypatch.setattr(statistics, "AUTOMATIC_NBYTES", 0)
    job = wait_for(jobs.glance(artifacts[1]))
    assert (job.state, len(job.results), job.results.unknown_nbytes) == ("idle", 1, 32)
    assert (job.queue.nbytes, len(cache)) == (0, 2)


def test_work_is_bounded(many, reading_gate):
    """Nobody can make the server hold more than a few jobs; the message says what to do."""
    jobs, _, artifacts, _ = many
    for found in artifacts[:MOST_ACTIVE]:
        jobs.start(found)
    with pytest.raises(BadRequest, match="Cancel one, or wait"):
        jobs.start(artifacts[MOST_ACTIVE])
    jobs.cancel(artifacts[3])
    jobs.start(artifacts[MOST_ACTIVE])


def test_old_results_go(many, monkeypatch):
    """The latest results are kept, and memory does not grow with the logdir."""
    monkeypatch.setattr(statistics, "MOST_KEPT", 8)
    jobs, _, artifacts, _ = many
    for found in artifacts:
        wait_for(jobs.start(found))
    kept = [jobs.look(found) is not None for found in artifacts]
    assert kept == [False] * (len(artifacts) - 4) + [True] * 4


def test_what_was_deleted_is_not_found(many, tmp_path):
    """An artifact that the last search missed has nothing to compute."""
    jobs, catalog, _, _ = many
    for path in tmp_path.iterdir():
        path.unlink()
    with pytest.raises(NotFound):
        jobs.start(catalog.scan().artifacts[0])


def test_asking_twice_begins_once(many, reading_gate):
    """Two pages that open at once share a job."""
    jobs, _, artifacts, _ = many
    job = jobs.glance(artifacts[0])
    assert jobs.glance(artifacts[0]) is job
    assert jobs.start(artifacts[0]) is job
    reading_gate.open.set()
    assert wait_for(job).state == "done"


def test_packing_loses_nothing(many):
    """What is kept in a small form is what was computed."""
    jobs, _, artifacts, _ = many
    results = wait_for(jobs.start(artifacts[0])).results
    for row, tensor in enumerate(results.tensors):
        stats = running.compute_stats(tensor)
        assert results.get(row) == stats
        assert results.histogram(row) == stats.histogram
