"""The route `api/restore`: what the Restore page is told."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses.restore.result import RestoreCheck
from tensorboard_plugin_modelinspect.views.cli.main import run
from tensorboard_plugin_modelinspect.views.http import describe_restore, restores
from tests.support.bundle_writer import BundleWriter
from tests.views.http.route_tests import JsonRouteTests
from tests.views.http.support import Tab, copy_case

SERIES = "keras3_checkpoint/series/ckpt-"
MODEL = "keras3_checkpoint/model_is_root"
COLUMNS = ("target_key", "target_name", "target_dtype", "target_shape")


def write(folder: Path, name: str, **tensors: tuple[int, ...]) -> None:
    """A checkpoint by name with zeros of these shapes."""
    writer = BundleWriter()
    for key, shape in sorted(tensors.items()):
        writer.add(key, np.zeros(shape, np.float32))
    writer.write(folder, name)


def ask(tab: Tab, checkpoint: str, target: str, code: int = 200, **more: str) -> dict[str, Any]:
    """The answer for two artifacts by their paths."""
    asked = {"checkpoint": tab.id_of(checkpoint), "target": tab.id_of(target), **more}
    response = tab.get("api/restore", asked)
    assert response.status_code == code, response.text
    return response.get_json()


@pytest.fixture
def by_name(tmp_path) -> Tab:
    """Two checkpoints without objects: one fits, one has another shape, and each has its own."""
    write(tmp_path, "old", fits=(2,), wide=(2, 3), left=(7,))
    write(tmp_path, "new", fits=(2,), wide=(2, 4), only=(5,))
    return Tab(tmp_path)


@pytest.fixture
def checks(monkeypatch) -> list[RestoreCheck]:
    """Results as they are made: what is kept adds none."""
    made: list[RestoreCheck] = []
    real = restores.check_restore

    def check(*given: Any) -> RestoreCheck:
        made.append(real(*given))
        return made[-1]

    monkeypatch.setattr(restores, "check_restore", check)
    return made


class TestRestore(JsonRouteTests):
    """`api/restore`."""

    route = "restore"

    def parameters(self, tab):
        """Two checkpoints of a series."""
        return {"checkpoint": tab.id_of(f"{SERIES}3"), "target": tab.id_of(f"{SERIES}1")}

    @pytest.mark.parametrize("side", ["checkpoint", "target"])
    def test_unknown_artifacts_are_not_found(self, tab, asked, side):
        """On either side; a path is no id."""
        path, parameters = asked
        for artifact_id in ("0" * 12, "../../etc/passwd", f"{SERIES}3", ""):
            response = tab.get(path, {**parameters, side: artifact_id})
            assert response.status_code == 404
            self.assert_error(response, "NotFound", "id")

    def test_what_fits(self, tab):
        """Nothing differs, so that no row is shown unless it is asked for."""
        answer = ask(tab, f"{SERIES}3", f"{SERIES}1")
        assert (answer["method"], answer["fits"], answer["failure"]) == ("object", True, None)
        assert answer["verdict"].startswith("All of ")
        assert answer["restored"] == answer["total"] == answer["counts"]["matched"] > 0
        assert (answer["row_count"], answer["rows"]["status"]) == (0, [])
        answer = ask(tab, f"{SERIES}3", f"{SERIES}1", status="matched")
        assert answer["rows"]["status"] == ["matched"] * answer["row_count"]
        assert answer["row_count"] == answer["total"]

    def test_columns_have_one_length(self, by_name):
        """A side that has nothing is null in all of its columns."""
        every = "matched,shape_mismatch,missing,unused"
        rows = ask(by_name, "old", "new", status=every)["rows"]
        assert {len(column) for column in rows.values()} == {4}
        assert dict(zip(rows["target_key"], rows["status"], strict=True)) == {
            "fits": "matched",
            "wide": "shape_mismatch",
            "only": "missing",
            None: "unused",
        }
        assert {rows[name][rows["status"].index("unused")] for name in COLUMNS} == {None}
        at = rows["status"].index("shape_mismatch")
        assert (rows["target_shape"][at], rows["checkpoint_shape"][at]) == ([2, 4], [2, 3])
        assert rows["reason"][at]

    def test_rows_that_are_asked_for(self, by_name):
        """By status; the counts are always of all."""
        for status, count in {"": 3, "matched": 1, "missing,unused": 2, "partial": 0}.items():
            answer = ask(by_name, "old", "new", status=status)
            assert answer["row_count"] == len(answer["rows"]["status"]) == count
            assert sum(answer["counts"].values()) == 4

    def test_a_long_answer_is_cut(self, by_name, monkeypatch):
        """There are as many as it says, and no more are sent than a page is for."""
        monkeypatch.setattr(describe_restore, "ROWS_LIMIT", 2)
        answer = ask(by_name, "old", "new")
        assert (answer["row_count"], len(answer["rows"]["status"])) == (3, 2)

    def test_an_exception_is_cut_too(self, tmp_path, monkeypatch):
        """Its first keys and the beginning of its words, and how many keys there are."""
        monkeypatch.setattr(describe_restore, "_MOST_KEYS", 2)
        monkeypatch.setattr(describe_restore, "_LONGEST_MESSAGE", 10)
        write(tmp_path, "old", only=(1,))
        write(tmp_path, "new", a=(1,), b=(1,), c=(1,))
        failure = ask(Tab(tmp_path), "old", "new")["failure"]
        assert len(failure["message"]) == 11
        assert len(failure["keys"]) <= 2
        assert failure["key_count"] >= len(failure["keys"])

    def test_attachments(self, tab):
        """A forced one is shown among those that were tried without it."""
        free = ask(tab, f"{SERIES}3", MODEL)
        assert free["attachments"][free["attached"]]["checkpoint"] == "model"
        forced = ask(tab, f"{SERIES}3", MODEL, attach="")
        assert len(forced["attachments"]) == len(free["attachments"]) > 1
        shown = forced["attachments"][forced["attached"]]
        assert (shown["checkpoint"], shown["target"]) == ("", "")
        assert forced["restored"] < free["restored"]

    def test_the_command_says_the_same(self, tab, capsys):
        """As it stands it can be pasted, and it is about the same restore."""
        for more in ({}, {"attach": "model"}, {"method": "name"}):
            answer = ask(tab, f"{SERIES}3", MODEL, **more)
            program, *words = shlex.split(answer["command"])
            run(words)
            said = capsys.readouterr().out
            assert program == "modelinspect"
            assert said.startswith(answer["verdict"])
            assert answer["call"] in said

    def test_ways_to_restore(self, tab):
        """All that are possible, the one that is chosen for us first; another on demand."""
        answer = ask(tab, f"{SERIES}3", f"{SERIES}1")
        assert (answer["method"], answer["methods"]) == ("object", ["object", "name"])
        by_name = ask(tab, f"{SERIES}3", f"{SERIES}1", method="name")
        assert (by_name["method"], by_name["call"]) == ("name", "")

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("method", "saver"),
            ("method", "keras_h5"),
            ("by_name", "yes"),
            ("by_name", "1"),
            ("skip_mismatch", "1"),
            ("attach", "no.such.object"),
            ("status", "matched,gone"),
        ],
    )
    def test_parameters_that_make_no_sense(self, tab, asked, name, value):
        """400, with words that name the parameter or its value."""
        path, parameters = asked
        response = tab.get(path, {**parameters, name: value})
        assert response.status_code == 400
        self.assert_error(response, "BadRequest", value if name == "attach" else name)

    def test_a_broken_side(self, tmp_path):
        """An artifact that cannot be opened is named."""
        write(tmp_path, "good", w=(1,))
        write(tmp_path, "bad", w=(1,))
        tab = Tab(tmp_path)
        tab.settle()
        (tmp_path / "bad.index").write_bytes(b"nothing")
        for sides in (("bad", "good"), ("good", "bad")):
            error = ask(tab, *sides, code=422)["error"]
            assert "bad" in error["message"]

    def test_an_artifact_into_itself(self, by_name):
        """Nothing to fear, and nothing wrong."""
        assert ask(by_name, "old", "old")["fits"] is True


class TestKept:
    """Results are kept while both artifacts are as they were."""

    def test_asked_again(self, by_name, checks):
        """Other rows of the same restore are no other restore; other options are."""
        for status in ("", "matched", "missing"):
            ask(by_name, "old", "new", status=status)
        assert len(checks) == 1
        ask(by_name, "new", "old")
        ask(by_name, "old", "new", method="name")
        assert len(checks) == 3

    @pytest.mark.parametrize("changed", ["old", "new"])
    def test_a_file_that_changed(self, by_name, checks, tmp_path, changed):
        """On either side it is played through again."""
        before = ask(by_name, "old", "new")
        write(tmp_path, changed, fits=(2,), wide=(2, 9))
        os.utime(tmp_path / f"{changed}.index", ns=(1, 1))
        assert ask(by_name, "old", "new")["verdict"] != before["verdict"]
        assert len(checks) == 2

    def test_few_are_kept(self, by_name, checks, monkeypatch):
        """The oldest goes, by number and by rows; the last one stays."""
        monkeypatch.setattr(restores, "_MOST_ROWS_KEPT", 1)
        ask(by_name, "old", "new")
        ask(by_name, "old", "new")
        assert len(checks) == 1
        ask(by_name, "new", "old")
        ask(by_name, "old", "new")
        assert len(checks) == 3


def test_no_weights_are_read(tmp_path):
    """It works where the data file is there in name only."""
    copy_case("keras3_checkpoint", tmp_path)
    tab = Tab(tmp_path)
    tab.settle()
    write(tmp_path, "lone", w=(1000,))
    tab.settle(rescan=True)
    asked = {"checkpoint": tab.id_of("lone"), "target": tab.id_of("lone")}
    data = tmp_path / "lone.data-00000-of-00001"
    data.write_bytes(b"\0" * data.stat().st_size)
    assert tab.get("api/restore", asked).get_json()["fits"] is True
