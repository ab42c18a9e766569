"""Findings in the tab: those of `modelinspect stats`, told as they become known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from tensorboard_plugin_modelinspect.analyses import health
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.views.cli.stats import command
from tensorboard_plugin_modelinspect.views.http import statistics
from tensorboard_plugin_modelinspect.views.http.findings import describe_kinds
from tensorboard_plugin_modelinspect.views.http.payloads import KindPayload
from tests.support.bundle_writer import BundleWriter
from tests.support.keras_writer import weights
from tests.views.http.route_tests import JsonRouteTests
from tests.views.http.stats_support import EXPORT, Gate, by_key, finish, is_over, look, post
from tests.views.http.support import Tab, wait_until

KERNEL = np.random.default_rng(1).normal(0, 0.05, (16, 8)).astype(np.float32)
LAST = "run/ckpt-3"


def write_series(folder: Path) -> None:
    """Checkpoints 1 to 3; in the last one there is a finding of every sort."""
    for step in (1, 2, 3):
        writer = BundleWriter()
        dead = KERNEL + step
        dead[:, 1] = 0
        writer.add("dead/kernel", dead)
        writer.add("frozen/kernel", KERNEL)
        writer.add("grown/kernel", KERNEL * (1000 if step == 3 else step))
        writer.add("nan/bias", np.full(8, np.nan if step == 3 else step, np.float32))
        writer.add("nan/bias/Adam", np.ones(8, np.float32))
        writer.add("gone/kernel/Adam", KERNEL * step)
        writer.write(folder, f"ckpt-{step}")


@pytest.fixture
def series(tmp_path: Path) -> Tab:
    """The tab over such a series."""
    write_series(tmp_path / "run")
    return Tab(tmp_path)


def kinds(tab: Tab, path: str, answer: dict[str, Any]) -> dict[str, list[str]]:
    """Kinds of findings by key, where there are some."""
    rows = by_key(tab, tab.id_of(path), answer)
    return {
        key: [kind for kind, _ in row["findings"]] for key, row in rows.items() if row["findings"]
    }


def is_same(answer: dict[str, Any], job: dict[str, Any]) -> bool:
    """Whether a job is the one of an earlier answer."""
    return {**job, "ok": True} == answer


ALL = {
    "dead/kernel": ["dead_channels"],
    "frozen/kernel": ["untrained"],
    "grown/kernel": ["exploding"],
    "nan/bias": ["nan"],
    "gone/kernel/Adam": ["orphan_slot"],
}


def test_they_are_those_of_the_command_line(series, tmp_path):
    """Kind, severity, words and order of each tensor, and of the artifact as a whole."""
    folder = tmp_path / "run"
    first, before, last = (str(folder / f"ckpt-{step}") for step in (1, 2, 3))
    options = ["--json", "--previous", before, "--initial", first]
    document = json.loads(CliRunner().invoke(command, [last, *options]).output)
    finish(series, series.id_of("run/ckpt-2"))
    answer = finish(series, series.id_of(LAST), "glance")
    assert kinds(series, LAST, answer) == ALL
    for row in document["tensors"]:
        asked = {"id": series.id_of(LAST), "key": row["key"]}
        findings = series.get("api/tensor_stats", asked).get_json()["findings"]
        assert findings == row["findings"]
    assert [one["kind"] for one in document["findings"]] == ["missing_slot"]
    assert answer["of_artifact"] == document["findings"]


def test_other_checkpoints_are_not_read(series, tmp_path):
    """Not for a page that opens: their indexes and the cache say what they say."""
    for shard in (tmp_path / "run").glob("ckpt-[12].data*"):
        shard.unlink()
    series.settle(rescan=True)
    answer = finish(series, series.id_of(LAST))
    assert kinds(series, LAST, answer) == {
        key: found for key, found in ALL.items() if found != ["exploding"]
    }


def test_what_becomes_known_of_the_checkpoint_before_is_taken_in(series):
    """Whoever looks at both sees what exploded, and nothing is read anew for it."""
    last, before = series.id_of(LAST), series.id_of("run/ckpt-2")
    first = finish(series, last, "glance")
    assert "grown/kernel" not in kinds(series, LAST, first)
    assert is_same(post(series, last, "glance"), first["job"])
    finish(series, before, "glance")
    finish(series, last, "glance")
    news = look(series, last, first["generation"])
    assert kinds(series, LAST, news) == {"grown/kernel": ["exploding"]}
    assert (news["job"]["state"], news["job"]["nbytes"], news["whole"]) == ("done", 0, False)
    assert is_same(post(series, last, "glance"), look(series, last)["job"])


def test_names_tell_before_anything_is_read(series, monkeypatch):
    """Of a checkpoint too large to be read for a page; numbers are not known, and come later."""
    monkeypatch.setattr(statistics, "AUTOMATIC_NBYTES", 0)
    answer = finish(series, series.id_of(LAST), "glance")
    rows = by_key(series, series.id_of(LAST), answer)
    assert rows.keys() == {"frozen/kernel", "gone/kernel/Adam"}
    assert [(row["nan"], row["error"]) for row in rows.values()] == [(None, None)] * 2
    assert rows["frozen/kernel"]["findings"] == [["untrained", "warning"]]
    assert (answer["job"]["state"], answer["job"]["done"]) == ("idle", 0)
    assert [one["kind"] for one in answer["of_artifact"]] == ["missing_slot"]
    after = finish(series, series.id_of(LAST))
    assert by_key(series, series.id_of(LAST), after)["frozen/kernel"]["nan"] == 0


class TestChannels:
    """Output channels: another pass, which the opening of a page makes only where it may."""

    path = "ckpt-1"

    @pytest.fixture
    def logdir(self, tmp_path) -> Path:
        """A kernel with a dead channel, and a bias."""
        kernel = KERNEL.copy()
        kernel[:, 1] = 0
        writer = BundleWriter()
        writer.add("dense/bias", np.ones(8, np.float32))
        writer.add("dense/kernel", kernel)
        writer.write(tmp_path, "ckpt-1")
        return tmp_path

    def test_a_page_reads_them_within_its_budget(self, logdir, monkeypatch):
        """All in all, not each pass by itself; what is left is said, and can be asked for."""
        monkeypatch.setattr(statistics, "AUTOMATIC_NBYTES", KERNEL.nbytes + 32)
        tab = Tab(logdir)
        artifact_id = tab.id_of("ckpt-1")
        answer = finish(tab, artifact_id, "glance")
        job = answer["job"]
        assert (job["state"], job["done"], job["total"]) == ("idle", 2, 2)
        assert (job["nbytes"], job["unknown_nbytes"]) == (KERNEL.nbytes + 32, KERNEL.nbytes)
        assert kinds(tab, "ckpt-1", answer) == {}
        finish(tab, artifact_id, "start")
        news = look(tab, artifact_id, answer["generation"])
        assert kinds(tab, "ckpt-1", news) == {"dense/kernel": ["dead_channels"]}
        assert (news["rows"], news["job"]["state"]) == ([1], "done")
        assert news["job"]["nbytes"] == news["job"]["done_nbytes"] == KERNEL.nbytes

    def test_a_page_reads_them_where_it_may(self, logdir, monkeypatch):
        """Just so much."""
        monkeypatch.setattr(statistics, "AUTOMATIC_NBYTES", 2 * KERNEL.nbytes + 32)
        tab = Tab(logdir)
        answer = finish(tab, tab.id_of("ckpt-1"), "glance")
        assert kinds(tab, "ckpt-1", answer) == {"dense/kernel": ["dead_channels"]}
        assert (answer["job"]["state"], answer["job"]["unknown_nbytes"]) == ("done", 0)

    def test_one_tensor_at_once_within_its_own(self, logdir, monkeypatch):
        """The drawer reads a small one twice, a larger one once, and says what is left."""
        asked = {"id": Tab(logdir).id_of("ckpt-1"), "key": "dense/kernel"}
        for nbytes, left, found in (
            (KERNEL.nbytes - 1, 2 * KERNEL.nbytes, None),
            (KERNEL.nbytes, KERNEL.nbytes, []),
            (2 * KERNEL.nbytes, 0, ["dead_channels"]),
        ):
            monkeypatch.setattr(statistics, "AT_ONCE_NBYTES", nbytes)
            tab = Tab(logdir)
            tab.settle()
            answer = tab.get("api/tensor_stats", asked).get_json()
            assert answer["unknown_nbytes"] == left
            assert (answer["stats"] is None) == (found is None)
            assert [one["kind"] for one in answer["findings"]] == (found or [])

    def test_cancelling_ends_within_them(self, logdir, monkeypatch):
        """As within statistics: the next piece is not read."""
        gate = Gate()
        monkeypatch.setattr(health.channels, "iter_pieces", gate.iter_pieces)
        tab = Tab(logdir)
        artifact_id = tab.id_of("ckpt-1")
        post(tab, artifact_id, "start")
        assert gate.begun.acquire(timeout=30)
        assert look(tab, artifact_id)["job"]["done"] == 2
        assert post(tab, artifact_id, "cancel")["state"] == "cancelled"
        gate.open.set()
        wait_until(lambda: is_over(look(tab, artifact_id)))
        assert kinds(tab, "ckpt-1", look(tab, artifact_id)) == {}

    def test_bytes_that_are_not_those_of_the_index(self, logdir, monkeypatch):
        """Statistics came from the cache, by the checksum; the second pass finds it wrong."""
        monkeypatch.setattr(statistics, "AUTOMATIC_NBYTES", KERNEL.nbytes + 32)
        tab = Tab(logdir)
        finish(tab, tab.id_of("ckpt-1"), "glance")
        shard = next(logdir.glob("*.data*"))
        shard.write_bytes(shard.read_bytes()[:-1] + b"!")
        tab.settle(rescan=True)
        answer = finish(tab, tab.id_of("ckpt-1"))
        rows = by_key(tab, tab.id_of("ckpt-1"), answer)
        assert "checksum" in rows["dense/kernel"]["error"]
        assert (rows["dense/kernel"]["nan"], rows["dense/bias"]["nan"]) == (None, 0)
        assert answer["job"]["state"] == "done"


def test_a_content_that_nobody_can_tell_is_kept_with_its_page(tmp_path, monkeypatch):
    """A format without checksums: each pass reads each tensor once, whoever asks again."""
    (tmp_path / "model.weights.h5").write_bytes(weights(dense__kernel=KERNEL))
    monkeypatch.setattr(statistics, "AUTOMATIC_NBYTES", KERNEL.nbytes)
    tab = Tab(tmp_path)
    artifact_id = tab.id_of("model.weights.h5")
    finish(tab, artifact_id, "glance")
    assert finish(tab, artifact_id)["job"]["nbytes"] == KERNEL.nbytes
    assert finish(tab, artifact_id)["job"]["nbytes"] == 0


class TestHome:
    """The flag of an artifact: what jobs told, and nothing that would have to be read."""

    def row(self, tab: Tab, path: str) -> dict[str, Any]:
        """An artifact as Home lists it."""
        rows = tab.get("api/artifacts").get_json()["artifacts"]
        return next(row for row in rows if row["path"] == path)

    def test_it_is_what_is_known(self, series, tmp_path):
        """Nothing before somebody looked; the worst first; gone when the files are others."""
        series.settle()
        assert self.row(series, LAST)["findings"] == []
        finish(series, series.id_of(LAST))
        assert self.row(series, LAST)["findings"] == [
            {"kind": "nan", "severity": "problem", "tensors": 1},
            {"kind": "dead_channels", "severity": "warning", "tensors": 1},
            {"kind": "untrained", "severity": "warning", "tensors": 1},
            {"kind": "orphan_slot", "severity": "warning", "tensors": 1},
        ]
        opened = series.get("api/artifact", {"id": series.id_of(LAST)}).get_json()
        assert opened["artifact"] == self.row(series, LAST)
        assert self.row(series, "run/ckpt-1")["findings"] == []
        shard = next((tmp_path / "run").glob("ckpt-3.data*"))
        shard.write_bytes(shard.read_bytes() + b"!")
        series.settle(rescan=True)
        assert self.row(series, LAST)["findings"] == []

    def test_kinds_stand_once(self):
        """With their worst severity and all their tensors, by severity and then as documented."""
        counts: Any = {
            ("untrained", "note"): 3,
            ("inf", "note"): 2,
            ("inf", "problem"): 1,
            ("constant", "warning"): 1,
            ("nan", "problem"): 4,
        }
        assert describe_kinds(counts) == [
            KindPayload("nan", "problem", 4),
            KindPayload("inf", "problem", 3),
            KindPayload("constant", "warning", 1),
            KindPayload("untrained", "note", 3),
        ]
        assert describe_kinds({}) == []


class TestHealth(JsonRouteTests):
    """`api/health`."""

    route = "health"

    def parameters(self, tab):
        """A healthy model."""
        return {"id": tab.id_of(EXPORT)}

    def test_what_names_tell(self, series, monkeypatch):
        """Findings about no tensor, with words; no value is read, and no job begins."""
        monkeypatch.setattr(Tensor, "read", None)
        answer = series.get("api/health", {"id": series.id_of(LAST)}).get_json()
        [found] = answer["findings"]
        assert (found["kind"], found["severity"]) == ("missing_slot", "note")
        assert found["evidence"] == "1 of 4 weights have optimizer state"
        assert look(series, series.id_of(LAST))["job"]["state"] == "idle"

    def test_nothing_about_what_is_well(self, tab, asked):
        """An empty list."""
        assert tab.get(*asked).get_json()["findings"] == []
