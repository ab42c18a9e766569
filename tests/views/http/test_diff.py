"""The routes `api/diff` and `api/diff_values`, and the reading of pairs behind them."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses.diff import values as diff_values
from tensorboard_plugin_modelinspect.analyses.diff.graphs import diff_graphs
from tensorboard_plugin_modelinspect.analyses.diff.result import ArtifactDiff
from tensorboard_plugin_modelinspect.opening import open_artifact
from tensorboard_plugin_modelinspect.views.http import comparisons, describe_diff_values
from tensorboard_plugin_modelinspect.views.http.comparisons import MOST_WAITING
from tensorboard_plugin_modelinspect.views.http.describe_diff_parts import describe_parts
from tests.views.http.diff_support import SERIES, SidesTests, finish, get, post, rows_of, write
from tests.views.http.support import Tab, copy_case, wait_until


def parts_of(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The parts of a diff by name."""
    return {part["name"]: part for part in answer["parts"]}


@pytest.fixture
def gate(monkeypatch) -> Iterator[threading.Event]:
    """In front of all reading of pairs; open at the end, so that threads end."""
    is_open = threading.Event()
    read = diff_values.iter_pieces

    def wait(*given: Any) -> Any:
        is_open.wait(30)
        yield from read(*given)

    monkeypatch.setattr(diff_values, "iter_pieces", wait)
    yield is_open
    is_open.set()


class TestDiff(SidesTests):
    """`api/diff`."""

    route = "diff"

    def test_what_differs_without_a_byte_read(self, two):
        """Pairs that are known to be equal are counted, the others listed with what is known."""
        (two.folder / "ckpt-1.data-00000-of-00001").write_bytes(b"")
        answer = two.get("diff")
        rows = {row["key"]: row for row in rows_of(answer["pairs"]).values()}
        assert {key: row["state"] for key, row in rows.items()} == {
            "b_kernel": "changed",
            "c_gone": "removed",
            "d_type": "unknown",
            "e_shape": "incomparable",
            "f_text": "changed",
        }
        assert (answer["total"], answer["equal"], answer["same_structure"]) == (6, 1, False)
        assert rows["d_type"]["marks"] == ["retyped"]
        assert rows["e_shape"]["marks"] == ["reshaped"]
        assert (rows["d_type"]["dtype"], rows["d_type"]["before_dtype"]) == ("float64", "float32")
        assert (rows["e_shape"]["shape"], rows["e_shape"]["before_shape"]) == ([4, 5], [4, 4])
        assert rows["b_kernel"]["before_key"] is rows["c_gone"]["before_key"] is None
        assert "1 tensor removed" in answer["summary"]

    def test_all_pairs_on_request(self, two):
        """In the order of the one after, those removed last."""
        keys = two.get("diff", all="1")["pairs"]["key"]
        assert keys == ["a_same", "b_kernel", "d_type", "e_shape", "f_text", "c_gone"]

    def test_renames_have_a_reason(self, tmp_path):
        """With the name before, what paired them, and how sure that is."""
        values = np.random.default_rng(1).normal(size=(8, 8)).astype(np.float32)
        write(tmp_path, "ckpt-1", {"old/kernel": values}, [])
        write(tmp_path, "ckpt-2", {"new/kernel": values}, [])
        tab = Tab(tmp_path)
        sides = {"before": tab.id_of("ckpt-1"), "after": tab.id_of("ckpt-2")}
        [row] = rows_of(get(tab, "diff", sides)["pairs"]).values()
        assert (row["key"], row["before_key"]) == ("new/kernel", "old/kernel")
        assert (row["state"], row["by"], row["marks"]) == ("equal", "content", ["renamed"])
        assert row["reason"] == "the same checksum"
        assert 0.9 < row["confidence"] < 1

    def test_one_artifact_on_both_sides(self, tab):
        """It equals itself."""
        artifact_id = tab.id_of(f"{SERIES}1")
        answer = get(tab, "diff", {"before": artifact_id, "after": artifact_id})
        assert answer["same_structure"]
        assert answer["pairs"]["pair"] == []
        assert not any(part["groups"] for part in answer["parts"])
        assert answer["equal"] == answer["total"] > 0

    def test_signatures_graph_and_objects(self, tmp_path):
        """Of two SavedModels: signatures whole with what stayed, ops, and objects."""
        copy_case("keras3_export", tmp_path)
        tab = Tab(tmp_path)
        models = [row for row in tab.settle()["artifacts"] if row["kind"] == "saved_model"]
        before, after = models[0]["id"], models[-1]["id"]
        assert before != after
        parts = parts_of(get(tab, "diff", {"before": before, "after": after}))
        assert list(parts) == ["signatures", "graph", "objects", "documents"]
        for signature in parts["signatures"]["groups"]:
            [specs] = signature["lists"]
            assert specs["count"] == len(specs["lines"])
            assert any(line["state"] != "equal" for line in specs["lines"])
        [graph] = parts["graph"]["groups"]
        lists = {one["title"]: one for one in graph["lists"]}
        assert graph["state"] == "changed"
        assert sum(one["count"] for one in lists.values()) == parts["graph"]["count"] > 0
        for line in lists["Ops"]["lines"]:
            assert line["before"] != line["after"]
            sides = {"added": "before", "removed": "after"}
            assert all((line[side] is None) == (line["state"] == state)
                       for state, side in sides.items())  # fmt: skip

    def test_what_stays_of_a_signature_is_told(self, tmp_path):
        """What differs is marked, the rest of it stands beside it as equal."""
        folder = copy_case("keras3_export", tmp_path) / "keras3_export" / "network"
        model = open_artifact(folder)
        graph = model.meta_graphs[0]
        first = next(one for one in graph.signatures if one.inputs and not one.is_internal)
        spec = first.inputs[0]
        other = dataclasses.replace(
            first, inputs=(dataclasses.replace(spec, shape=(7,)), *first.inputs[1:])
        )
        graphs = (dataclasses.replace(graph, signatures=(other,)),)
        old = dataclasses.replace(
            model, meta_graphs=(dataclasses.replace(graph, signatures=(first,)),)
        )
        new = dataclasses.replace(model, meta_graphs=graphs)
        diff = ArtifactDiff(old, new, (), diff_graphs(old, new))
        [signature] = describe_parts(diff)[0].groups
        lines = {line.name: line for line in signature.lists[0].lines}
        assert lines[f"input {spec.key}"].after == f"{spec.dtype.name} [7]"
        assert [line.state for line in lines.values()].count("changed") == 1
        assert {line.state for line in lines.values()} == {"changed", "equal"}

    def test_across_kinds_sections_say_why_they_are_skipped(self, tmp_path):
        """A checkpoint has no graph: that is no difference."""
        copy_case("keras3_export", tmp_path)
        copy_case("keras3_checkpoint", tmp_path)
        tab = Tab(tmp_path)
        rows = tab.settle()["artifacts"]
        model = next(row["id"] for row in rows if row["kind"] == "saved_model")
        answer = get(tab, "diff", {"before": tab.id_of(f"{SERIES}1"), "after": model})
        graph = parts_of(answer)["graph"]
        assert (graph["skipped"], graph["groups"]) == ("no graph before", [])

    def test_a_side_that_cannot_be_opened(self, tmp_path):
        """Is told with its error; the other side is still described."""
        copy_case("broken", tmp_path)
        write(tmp_path, "ckpt-1", {"a": np.ones(2, np.float32)}, [])
        tab = Tab(tmp_path)
        broken, good = tab.id_of("broken/index_garbage/ckpt"), tab.id_of("ckpt-1")
        answer = get(tab, "diff", {"before": good, "after": broken})
        assert (answer["before"]["error"], answer["before"]["tensors"]) == (None, 2)
        assert answer["after"]["error"]["message"]
        assert (answer["layout"], answer["pairs"]["pair"]) == ("", [])
        post(tab, {"before": good, "after": broken}, "start", status=422)

    def test_another_file_is_another_comparison(self, two):
        """It is compared anew, and clients see that numbers of pairs no longer hold."""
        first = two.get("diff")
        assert two.get("diff")["layout"] == first["layout"]
        write(two.folder, "ckpt-2", {"a_same": np.ones(9, np.float32)}, [])
        second = two.get("diff")
        assert second["layout"] != first["layout"]
        assert (first["equal"], second["equal"]) == (1, 0)

    def test_one_that_was_deleted(self, two):
        """Says so on its side."""
        sides = two.sides()
        for path in two.folder.glob("ckpt-1*"):
            path.unlink()
        two.tab.settle(rescan=True)
        answer = get(two.tab, "diff", sides)
        assert answer["before"]["error"]["type"] == "NotFound"
        assert answer["after"]["error"] is None

    def test_what_makes_no_sense(self, two):
        """Refused with words, and nothing begins."""
        for action, pairs, status in (("begin", "", 400), ("start", "x", 400), ("start", "99", 404),
                                      ("start", ",".join(["1"] * 501), 400)):  # fmt: skip
            assert post(two.tab, two.sides(), action, pairs, status)["error"]["message"]
        assert two.get("diff_values")["job"]["state"] == "idle"


class TestDiffValues(SidesTests):
    """`api/diff_values`, and what a `POST` to `api/diff` begins and ends."""

    route = "diff_values"

    def test_looking_begins_nothing(self, two):
        """It tells how much there is to read."""
        answer = two.get("diff_values")
        job = answer["job"]
        assert (job["state"], job["done"], job["total"], answer["pair"]) == ("idle", 0, 3, [])
        assert job["unknown_nbytes"] > 12 * 4 * 2

    def test_numbers(self, two):
        """Of each pair that checksums leave open; of strings how many differ."""
        answer = finish(two.tab, two.sides())
        rows = rows_of(answer)
        kernel = rows[int(two.place("b_kernel"))]
        assert (kernel["state"], kernel["count"], kernel["differing"]) == ("changed", 12, 2)
        assert (kernel["nan_before"], kernel["nan_after"]) == (0, 1)
        assert (kernel["max_abs"], kernel["l2"]) == (0.5, 0.5)
        assert kernel["relative_l2"] == pytest.approx(0.5 / np.linalg.norm(np.delete(two.old, 8)))
        retyped = rows[int(two.place("d_type"))]
        assert (retyped["state"], retyped["differing"], retyped["max_abs"]) == ("equal", 0, 0)
        text = rows[int(two.place("f_text"))]
        assert (text["differing"], text["max_abs"], text["cosine"]) == (1, None, None)
        assert answer["job"]["state"] == "done"
        assert answer["job"]["done_nbytes"] == answer["job"]["nbytes"]
        assert "largest in b_kernel" in answer["summary"]

    def test_only_what_came_since(self, two, monkeypatch):
        """Answers are bounded, and together they are everything, once."""
        monkeypatch.setattr(describe_diff_values, "ROWS_LIMIT", 2)
        answer = finish(two.tab, two.sides())
        assert answer["whole"]
        seen = answer["pair"]
        while answer["pair"]:
            answer = two.get("diff_values", since=answer["generation"])
            assert not answer["whole"]
            seen = seen + answer["pair"]
        assert sorted(seen) == sorted(
            int(two.place(key)) for key in ("b_kernel", "d_type", "f_text")
        )

    @pytest.mark.parametrize("since", ["", "x", "0.3", "a.b", "1.2.3"])
    def test_a_generation_that_is_none(self, two, since):
        """Of another server, or garbage: everything comes, and says that it is everything."""
        finish(two.tab, two.sides())
        answer = two.get("diff_values", since=since)
        assert (answer["whole"], len(answer["pair"])) == (True, 3)

    def test_a_glance_reads_what_is_small(self, two):
        """A page that opens gets its numbers without a click."""
        assert finish(two.tab, two.sides(), "glance")["job"]["state"] == "done"

    def test_a_glance_does_not_read_what_is_large(self, two, monkeypatch):
        """Above the budget it says how much there would be to read, and reads nothing."""
        monkeypatch.setattr(comparisons, "AUTOMATIC_NBYTES", 50)
        job = post(two.tab, two.sides(), "glance")
        assert (job["state"], job["done_nbytes"]) == ("idle", 0)
        assert job["unknown_nbytes"] > 50

    def test_some_pairs_only(self, two):
        """One can be asked for; the others stay unknown until they are wanted."""
        place = two.place("b_kernel")
        answer = finish(two.tab, two.sides(), "start", place)
        assert (answer["job"]["state"], answer["pair"]) == ("idle", [int(place)])
        assert answer["job"]["nbytes"] == answer["job"]["done_nbytes"] == 96
        assert finish(two.tab, two.sides())["job"]["state"] == "done"

    def test_what_is_wanted_meanwhile_is_read_too(self, two, gate):
        """A second start joins a reading that is under way."""
        sides = two.sides()
        post(two.tab, sides, "start", two.place("b_kernel"))
        post(two.tab, sides, "start")
        gate.set()
        wait_until(lambda: two.get("diff_values")["job"]["state"] == "done")

    def test_cancelling(self, two, gate):
        """It says so at once, a glance does not undo it, and a start goes on from there."""
        sides = two.sides()
        post(two.tab, sides, "start")
        assert two.get("diff_values")["summary"] is None
        assert post(two.tab, sides, "cancel")["state"] == "cancelled"
        assert post(two.tab, sides, "glance")["state"] == "cancelled"
        gate.set()
        assert two.get("diff_values")["summary"]
        assert finish(two.tab, sides)["job"]["state"] == "done"

    def test_too_many_wait(self, tmp_path, gate):
        """Beyond a few, one has to wait for oneself."""
        for step in range(1, MOST_WAITING + 3):
            write(tmp_path, f"ckpt-{step}", {"a": np.full(4, step, np.float32)}, [])
        tab = Tab(tmp_path)
        before = tab.id_of("ckpt-1")
        for step in range(2, MOST_WAITING + 2):
            post(tab, {"before": before, "after": tab.id_of(f"ckpt-{step}")}, "start")
        last = {"before": before, "after": tab.id_of(f"ckpt-{MOST_WAITING + 2}")}
        assert "Cancel one" in post(tab, last, "start", status=400)["error"]["message"]

    def test_a_pair_that_cannot_be_read(self, two):
        """Says why in its row, the others have numbers, and the summary counts it."""
        shard = two.folder / "ckpt-1.data-00000-of-00001"
        shard.write_bytes(shard.read_bytes()[:30] + b"!" * (shard.stat().st_size - 30))
        rows = rows_of(finish(two.tab, two.sides()))
        row = rows[int(two.place("d_type"))]
        assert (row["state"], row["max_abs"]) == ("unreadable", None)
        assert "checksum" in row["error"]

    def test_a_mistake_of_ours_is_told(self, two, monkeypatch):
        """An unexpected exception ends with an id to find it by; the next start goes on."""

        def fail(*_: Any) -> Any:
            raise KeyError("x")

        with monkeypatch.context() as patched:
            patched.setattr(diff_values, "iter_pieces", fail)
            job = finish(two.tab, two.sides())["job"]
        assert (job["state"], job["error"]["type"]) == ("idle", "InternalError")
        job = finish(two.tab, two.sides())["job"]
        assert (job["state"], job["error"]) == ("done", None)

    def test_numbers_go_with_their_files(self, two):
        """After a change nothing is known any more."""
        finish(two.tab, two.sides())
        write(two.folder, "ckpt-2", {"a_same": np.ones((2, 3), np.float32)}, [])
        answer = two.get("diff_values")
        assert (answer["job"]["state"], answer["pair"], answer["whole"]) == ("idle", [], True)
