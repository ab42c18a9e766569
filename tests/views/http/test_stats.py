"""The route `api/stats`: what it answers and what it begins."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses.stats import running
from tensorboard_plugin_modelinspect.model.pieces import Piece
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.views.http import describe_stats, statistics
from tests.support.bundle_writer import BundleWriter
from tests.views.http.route_tests import JsonRouteTests
from tests.views.http.stats_support import (
    EXPORT,
    MIB,
    ask,
    by_key,
    columns_of,
    finish,
    is_over,
    look,
    post,
)
from tests.views.http.support import Tab, copy_case, wait_until


class TestStats(JsonRouteTests):
    """`api/stats`."""

    route = "stats"

    def parameters(self, tab):
        """An artifact that nobody asked about yet."""
        return {"id": tab.id_of(EXPORT)}

    def test_nothing_is_read_before_somebody_asks(self, tab):
        """A GET begins nothing, whatever it says."""
        answer = look(tab, tab.id_of(EXPORT), "1.2")
        assert (answer["job"]["state"], answer["rows"], answer["whole"]) == ("idle", [], True)

    def test_all_of_an_artifact(self, tab):
        """Every tensor has numbers; what was read is what there was to read."""
        artifact_id = tab.id_of(EXPORT)
        answer = finish(tab, artifact_id)
        job = answer["job"]
        assert (job["state"], job["error"], job["unknown_nbytes"]) == ("done", None, 0)
        assert job["done"] == job["total"] == len(answer["rows"]) > 10
        assert job["done_nbytes"] == job["nbytes"] > 0
        assert not any(answer["error"])
        assert sorted(answer["rows"]) == list(range(job["total"]))
        assert {len(answer[name]) for name in columns_of(answer)} == {job["total"]}

    def test_numbers_of_odd_tensors(self, odd):
        """All-NaN, empty, scalar, string, complex and huge ones have what exists of them."""
        tab, artifact_id = odd
        rows = by_key(tab, artifact_id, finish(tab, artifact_id))
        good = np.arange(12, dtype=np.float64)
        assert rows["a_good"]["mean"] == good.mean()
        assert rows["a_good"]["std"] == pytest.approx(good.std(), rel=1e-12)
        assert rows["a_good"]["l2"] == pytest.approx(np.linalg.norm(good), rel=1e-12)
        assert (rows["a_good"]["zeros"], rows["a_good"]["findings"]) == (1, [])
        assert (rows["b_nan"]["nan"], rows["b_nan"]["mean"], rows["b_nan"]["min"]) == (
            4,
            None,
            None,
        )
        assert [rows["c_some"][name] for name in ("nan", "posinf", "neginf")] == [1, 1, 1]
        assert rows["c_some"]["findings"] == [["nan", "problem"], ["inf", "problem"]]
        assert (rows["d_empty"]["mean"], rows["d_empty"]["l2"], rows["d_empty"]["nan"]) == (
            None,
            0,
            0,
        )
        assert (rows["e_scalar"]["min"], rows["e_scalar"]["error"]) == (2**53 + 1, None)
        assert (rows["f_text"]["min"], rows["f_text"]["max"], rows["f_text"]["zeros"]) == (0, 3, 1)
        assert (rows["g_complex"]["max"], rows["h_small"]["mean"]) == (5, 2)
        assert (rows["k_huge"]["max"], rows["k_huge"]["l2"]) == (1e300, None)
        assert rows["l_zero"]["zeros"] == 16

    def test_one_bad_tensor_does_not_end_the_rest(self, odd):
        """A checksum that is wrong stands in its row, with what to do."""
        tab, artifact_id = odd
        answer = finish(tab, artifact_id)
        rows = by_key(tab, artifact_id, answer)
        assert "checksum" in rows["j_crc"]["error"]
        assert rows["j_crc"]["nan"] is None
        assert [key for key, row in rows.items() if row["error"]] == ["j_crc"]
        assert (answer["job"]["state"], answer["job"]["done"]) == ("done", 12)

    def test_a_size_that_nobody_stored(self, tmp_path):
        """A trillion declared elements cost nothing and are stated; its neighbours are done."""
        writer = BundleWriter()
        writer.add("a", np.ones(4, np.float32))
        writer.add_hole("b", "float32", (1 << 20, 1 << 20))
        writer.write(tmp_path, "ckpt-1")
        shard = tmp_path / "ckpt-1.data-00000-of-00001"
        with shard.open("r+b") as file:
            file.truncate(16)
        tab = Tab(tmp_path)
        artifact_id = tab.id_of("ckpt-1")
        answer = finish(tab, artifact_id, "glance")
        rows = by_key(tab, artifact_id, answer)
        assert answer["job"]["state"] == "done"
        assert (rows["a"]["mean"], rows["a"]["error"]) == (1, None)
        assert rows["b"]["error"]

    def test_a_shard_that_is_missing(self, odd, tmp_path):
        """Its tensors say so, those of the other shard have numbers."""
        tab, artifact_id = odd
        next(tmp_path.glob("*.data-00001-*")).unlink()
        rows = by_key(tab, artifact_id, finish(tab, artifact_id))
        assert "data-00001-of-00002" in rows["i_shard"]["error"]
        assert rows["a_good"]["mean"] == 5.5

    def test_a_shard_that_disappears_meanwhile(self, odd, tmp_path, reading_gate):
        """What was read of it stays, the rest is stated, and nothing of it is a change."""
        tab, artifact_id = odd
        post(tab, artifact_id, "start")
        assert reading_gate.begun.acquire(timeout=30)
        next(tmp_path.glob("*.data-00001-*")).unlink()
        reading_gate.open.set()
        wait_until(lambda: is_over(look(tab, artifact_id)))
        answer = look(tab, artifact_id)
        rows = by_key(tab, artifact_id, answer)
        assert answer["job"]["state"] == "done"
        assert "data-00001-of-00002" in rows["i_shard"]["error"]
        assert rows["a_good"]["mean"] == 5.5

    def test_types_without_values(self, tmp_path):
        """A variant has no statistics, and its row says why."""
        tab = Tab(copy_case("tf1_meta", tmp_path))
        metas = [row for row in tab.settle()["artifacts"] if row["kind"] == "meta_graph"]
        for row in metas:
            answer = finish(tab, row["id"])
            assert answer["job"]["state"] == "done"
            assert all(answer["error"])

    def test_aliases_share(self, tab):
        """An alias has its original's numbers, and its bytes are counted once."""
        artifact_id = tab.id_of(EXPORT)
        answer = finish(tab, artifact_id)
        tensors = tab.get("api/tensors", {"id": artifact_id}).get_json()
        place = {row: number for number, row in enumerate(answer["rows"])}
        aliases = [(row, to) for row, to in enumerate(tensors["alias_of"]) if to >= 0]
        assert aliases
        for row, original in aliases:
            assert answer["l2"][place[row]] == answer["l2"][place[original]]
        own = [row for row, to in enumerate(tensors["alias_of"]) if to < 0]
        again = [row for row in own if tensors["name"][row].endswith("kernel")]
        nbytes = sum(tensors["nbytes"][row] for row in (*own, *again))
        assert answer["job"]["nbytes"] == answer["job"]["done_nbytes"] == nbytes

    def test_only_what_came_since(self, odd, monkeypatch):
        """Answers are bounded, and together they are everything, once."""
        monkeypatch.setattr(describe_stats, "ROWS_LIMIT", 5)
        tab, artifact_id = odd
        answer = finish(tab, artifact_id)
        assert answer["whole"]
        seen = answer["rows"]
        while answer["rows"]:
            assert len(answer["rows"]) <= 5
            answer = look(tab, artifact_id, answer["generation"])
            assert not answer["whole"]
            seen += answer["rows"]
        assert sorted(seen) == list(range(12))

    @pytest.mark.parametrize("since", ["", "x", "0.3", "a.b", "1.2.3", "99999999999"])
    def test_a_generation_that_is_none(self, odd, since):
        """Of another server, or garbage: everything comes, and says that it is everything."""
        tab, artifact_id = odd
        finish(tab, artifact_id)
        answer = look(tab, artifact_id, since)
        assert (answer["whole"], len(answer["rows"])) == (True, 12)

    def test_rows_asked_for_come_first(self, tmp_path, reading_gate):
        """What somebody looks at overtakes what waits; only what is under way comes before it."""
        writer = BundleWriter()
        for number in range(60):
            writer.add(f"t{number:02}", np.ones(4, np.float32))
        writer.write(tmp_path, "ckpt-1")
        tab = Tab(tmp_path)
        artifact_id = tab.id_of("ckpt-1")
        post(tab, artifact_id, "start")
        assert reading_gate.begun.acquire(timeout=30)
        post(tab, artifact_id, "first", "50,40")
        reading_gate.open.set()
        wait_until(lambda: is_over(look(tab, artifact_id)))
        rows = look(tab, artifact_id)["rows"]
        assert max(rows.index(50), rows.index(40)) < 10
        rest = [row for row in rows if row not in (40, 50)]
        assert rest == sorted(rest)

    def test_some_rows_only(self, odd):
        """One tensor can be asked for; the others stay unknown until they are wanted."""
        tab, artifact_id = odd
        answer = finish(tab, artifact_id, "start", "2")
        assert (answer["job"]["state"], answer["rows"]) == ("idle", [2])
        assert answer["job"]["nbytes"] == answer["job"]["done_nbytes"] == 48
        left = answer["job"]["unknown_nbytes"]
        assert left > 0
        answer = finish(tab, artifact_id)
        assert (answer["job"]["state"], len(answer["rows"])) == ("done", 12)
        assert answer["job"]["nbytes"] == left

    def test_looking_begins_nothing(self, odd):
        """To put rows first is no wish to have them read."""
        tab, artifact_id = odd
        assert post(tab, artifact_id, "first", "1")["state"] == "idle"
        assert look(tab, artifact_id)["rows"] == []

    def test_a_glance_reads_what_is_small(self, odd):
        """A page that opens gets its numbers without a click."""
        tab, artifact_id = odd
        assert finish(tab, artifact_id, "glance")["job"]["state"] == "done"

    def test_a_glance_does_not_read_what_is_large(self, odd, monkeypatch):
        """Above the budget it says how much there would be to read, and reads nothing."""
        monkeypatch.setattr(statistics, "AUTOMATIC_NBYTES", 100)
        tab, artifact_id = odd
        job = finish(tab, artifact_id, "glance")["job"]
        assert (job["state"], job["done"], job["done_nbytes"]) == ("idle", 0, 0)
        assert job["unknown_nbytes"] > 100

    def test_a_glance_does_not_undo_a_cancel(self, odd, reading_gate):
        """Whoever cancelled and comes back has still cancelled."""
        tab, artifact_id = odd
        post(tab, artifact_id, "start")
        assert reading_gate.begun.acquire(timeout=30)
        post(tab, artifact_id, "cancel")
        reading_gate.open.set()
        assert finish(tab, artifact_id, "glance")["job"]["state"] == "cancelled"

    def test_cancelling_ends_within_a_tensor(self, tmp_path, reading_gate):
        """It says so at once, and a tensor of many pieces is left in its middle."""
        writer = BundleWriter()
        writer.add_hole("large", "float32", (16 * MIB,))
        writer.write(tmp_path, "ckpt-1")
        tab = Tab(tmp_path)
        artifact_id = tab.id_of("ckpt-1")
        post(tab, artifact_id, "start")
        assert reading_gate.begun.acquire(timeout=30)
        assert post(tab, artifact_id, "cancel")["state"] == "cancelled"
        reading_gate.open.set()
        name = "modelinspect-statistics"
        wait_until(lambda: name not in {thread.name for thread in threading.enumerate()})
        assert look(tab, artifact_id)["job"]["done_nbytes"] < 64 * MIB
        assert look(tab, artifact_id)["rows"] == []

    def test_what_was_found_before_a_cancel_stays(self, odd, reading_gate):
        """A second start goes on where the first one ended."""
        tab, artifact_id = odd
        reading_gate.open.set()
        finish(tab, artifact_id, "start", "0,1")
        reading_gate.open.clear()
        post(tab, artifact_id, "start")
        post(tab, artifact_id, "cancel")
        reading_gate.open.set()
        assert {0, 1} <= set(look(tab, artifact_id)["rows"])
        answer = finish(tab, artifact_id)
        assert (answer["job"]["state"], len(answer["rows"])) == ("done", 12)

    def test_progress_is_seen_and_others_are_served(self, odd, reading_gate):
        """While it runs every route answers."""
        tab, artifact_id = odd
        post(tab, artifact_id, "start")
        assert reading_gate.begun.acquire(timeout=30)
        answer = look(tab, artifact_id)
        assert answer["job"]["state"] == "running"
        assert answer["job"]["nbytes"] > answer["job"]["done_nbytes"]
        assert tab.get("api/tensors", {"id": artifact_id}).status_code == 200
        assert tab.get("api/histograms", {"id": artifact_id, "rows": "0"}).status_code == 200

    def test_results_go_with_their_files(self, odd, tmp_path):
        """After a change the old numbers are not shown any more, and can be computed anew."""
        tab, artifact_id = odd
        finish(tab, artifact_id)
        shard = next(tmp_path.glob("*.data-00000-*"))
        shard.write_bytes(shard.read_bytes() + b"!")
        answer = look(tab, artifact_id)
        assert (answer["job"]["state"], answer["rows"], answer["whole"]) == ("changed", [], True)
        histograms = tab.get("api/histograms", {"id": artifact_id, "rows": "0"}).get_json()
        assert histograms["rows"] == []
        assert finish(tab, artifact_id, "glance")["job"]["state"] == "done"

    def test_a_change_while_it_runs_is_noticed(self, odd, tmp_path, reading_gate):
        """What was read may be half of the old and half of the new file: no numbers."""
        tab, artifact_id = odd
        post(tab, artifact_id, "start")
        assert reading_gate.begun.acquire(timeout=30)
        shard = next(tmp_path.glob("*.data-00000-*"))
        shard.write_bytes(shard.read_bytes() + b"!")
        reading_gate.open.set()
        wait_until(lambda: look(tab, artifact_id)["job"]["state"] == "changed")
        reading_gate.begun.release()
        assert finish(tab, artifact_id)["job"]["state"] == "done"

    def test_a_mistake_of_ours_is_told(self, odd, monkeypatch):
        """An unexpected exception ends with an id to find it by; the next start goes on."""

        def fail(_: Tensor) -> Iterator[Piece]:
            raise KeyError("x")

        tab, artifact_id = odd
        with monkeypatch.context() as patched:
            patched.setattr(running, "iter_pieces", fail)
            job = finish(tab, artifact_id)["job"]
        assert (job["state"], job["error"]["type"]) == ("idle", "InternalError")
        assert job["error"]["id"] in job["error"]["message"]
        job = finish(tab, artifact_id)["job"]
        assert (job["state"], job["error"]) == ("done", None)

    def test_what_cannot_be_opened(self, tmp_path):
        """The error of the file, as on every other route."""
        tab = Tab(copy_case("broken", tmp_path))
        response = ask(tab, tab.id_of("broken/index_garbage/ckpt"), "start")
        assert response.status_code == 422

    @pytest.mark.parametrize(
        ("action", "rows", "status", "words"),
        [
            ("begin", "", 400, "start, glance, first and cancel"),
            ("start", "1,x", 400, "rows=0,3"),
            ("start", "-1", 400, "rows=0,3"),
            ("first", "99", 200, ""),
            ("start", "99", 404, "99"),
            ("start", ",".join(["1"] * 501), 400, "500"),
        ],
    )
    def test_what_makes_no_sense(self, odd, action, rows, status, words):
        """Refused with words, and nothing begins."""
        tab, artifact_id = odd
        response = ask(tab, artifact_id, action, rows)
        assert response.status_code == status
        assert words in response.text
        assert look(tab, artifact_id)["job"]["state"] == "idle"
