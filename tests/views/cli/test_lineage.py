"""`modelinspect lineage`: the table, one artifact, hashes, JSON."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses.lineage.result import (
    EXTENTS,
    MOST_RELATIONS,
    MOST_TIES,
)
from tensorboard_plugin_modelinspect.views.cli.lineage_text import (
    describe_share,
    describe_steps,
)
from tests.support.bundle_writer import BundleWriter
from tests.support.corpus import ROOT as CORPUS
from tests.support.corpus import recorded
from tests.views.cli.suite import SCHEMAS, CommandTests, assert_safe_to_print

CASE = str(CORPUS / "lineage")


def write(folder: Path, prefix: str, **arrays: Any) -> None:
    """A checkpoint."""
    writer = BundleWriter()
    for key, value in arrays.items():
        writer.add(key, np.asarray(value, np.float32))
    folder.mkdir(parents=True, exist_ok=True)
    writer.write(folder, prefix)


class TestLineage(CommandTests):
    name = "lineage"
    is_light = False

    def good_path(self) -> str:
        """Checkpoints alone: other files need more modules."""
        return f"{CASE}/run"

    def test_the_table(self, run: Any) -> None:
        """The step of an export, the layers that were kept, and nothing where nothing is."""
        lines = run(CASE).out.splitlines()
        rows = {line.split("  ")[0]: line.split() for line in lines}
        assert " ".join(rows["export/1"][2:]) == "8 of 8 100 % the same as run/ckpt-2"
        assert rows["one_bit"][2:5] == ["7", "of", "8"]
        assert rows["one_bit"][-4:] == ["in", "part", "as", "run/ckpt-2"]
        assert rows["every_bit"][2:] == ["0", "of", "8", "0", "%", "none"]
        assert rows["model.keras"][4:] == ["not", "known", "--read", "reads", "them"]
        assert rows["tuned/ckpt"][1:3] == ["1,", "2"]
        assert rows["tuned/ckpt"][-4:] == ["in", "part", "as", "run/ckpt-3"]
        assert "stranger/ckpt-1" not in rows
        assert "stored twice: export/1: 8 tensors, 780 B" in lines
        assert lines[-1].startswith("13 artifacts, 7 of them related; 4 with weights not known")

    def test_read(self, run: Any) -> None:
        """What was not known is, and nothing more is offered."""
        out = run(CASE, "--read").out
        assert "--read" not in out
        [line] = [line for line in out.splitlines() if line.startswith("model.keras")]
        assert line.endswith("the same as  run/ckpt-2")

    def test_of(self, run: Any) -> None:
        """One artifact with its hash and layers; a path that is none is the user's error."""
        out = run(CASE, "--of", "tuned/ckpt-2").out
        assert "in part as run/ckpt-3" in out
        assert "hidden: 2 tensors, 80 parameters" in out
        assert out.count("mi1:") == 1
        result = run(CASE, "--of", "tuned/ckpt-9")
        assert (result.code, result.out) == (2, "")
        assert "Did you mean tuned/ckpt-" in result.err

    def test_hashes(self, run: Any) -> None:
        """A line each, as `sha256sum` prints them; with --read there are no gaps."""
        hashes = {
            one.id.removeprefix("lineage/"): one.answers["content_hash"]
            for one in recorded()
            if one.id.startswith("lineage/")
        }
        lines = run(CASE, "--read", "--hash").out.splitlines()
        assert {line[38:]: line[:36] for line in lines} == hashes
        lines = run(CASE, "--hash", "--of", "model.keras").out.splitlines()
        assert lines == ["-".ljust(36) + "  model.keras"]
        assert run(CASE, "--hash", "--json").code == 2

    def test_json(self, run: Any) -> None:
        """Relations by id and path; layers where one artifact is asked for."""
        document = self.check_json(run(CASE, "--json").out)
        by_path = {one["path"]: one for one in document["artifacts"]}
        [relation, *_] = by_path["export/1"]["relations"]
        assert relation["extent"] == "same"
        assert relation["layers"] is None
        assert relation["others"] == [
            {"id": by_path["run/ckpt-2"]["id"], "path": "run/ckpt-2", "step": 2}
        ]
        document = self.check_json(run(CASE, "--json", "--of", "tuned/ckpt-1").out)
        [one] = document["artifacts"]
        names = [layer["name"] for layer in one["relations"][0]["layers"]]
        assert names == ["network/hidden", "network/norm"]

    def test_series_side_by_side(self, run: Any, tmp_path: Path) -> None:
        """Checkpoints that are alike share a row; a copied series is told step by step."""
        values = np.random.default_rng(0).normal(size=(6, 40))
        for step in range(6):
            write(tmp_path / "a", f"ckpt-{step}", w=values[step])
        shutil.copytree(tmp_path / "a", tmp_path / "b")
        out = run(str(tmp_path)).out
        rows = [" ".join(line.split()) for line in out.splitlines()]
        assert "a/ckpt 0–5 1 of 1 100 % the same as the same steps of b/ckpt" in rows

    def test_more_relations_than_are_shown(self, run: Any, tmp_path: Path) -> None:
        """Three, and how many more there are."""
        value = np.random.default_rng(0).normal(size=40)
        for number in range(30):
            write(tmp_path / f"m{number:02}", "model", w=value)
        result = run(str(tmp_path))
        assert f"{29 - 3:,} more; --of m00/model shows them" in result.out
        [one] = self.check_json(run(str(tmp_path), "--json", "--of", "m07/model").out)["artifacts"]
        assert (len(one["relations"]), one["more"]) == (MOST_RELATIONS, 29 - MOST_RELATIONS)

    def test_problems_are_listed(self, run: Any, tmp_path: Path) -> None:
        """What cannot be opened has a line, some of very many; the exit code stays 0."""
        write(tmp_path, "good", w=np.arange(50))
        for number in range(12):
            (tmp_path / f"bad{number}.index").write_bytes(b"x" * 100)
        result = run(str(tmp_path))
        assert (result.code, result.err) == (0, "")
        assert result.out.count("problem: ") == 10
        assert "… and 2 more problems; --json lists them" in result.out

    def test_hostile_names(self, run: Any, tmp_path: Path) -> None:
        """Nothing in a name reaches the terminal."""
        value = np.random.default_rng(0).normal(size=40)
        for name in ("a\x1b[31m\u202e", "b\n"):
            write(tmp_path / name, "model", **{"w\x07\x1b": value})
        for options in ([], ["--hash"], ["--of", "a\x1b[31m\u202e/model"]):
            result = run(str(tmp_path), *options)
            assert result.code == 0
            assert_safe_to_print(result.out)
        self.check_json(run(str(tmp_path), "--json").out)

    def test_an_empty_folder(self, run: Any, tmp_path: Path) -> None:
        """No table, and that there is nothing."""
        assert run(str(tmp_path)).out == "0 artifacts, 0 of them related\n"

    def test_limits_are_those_of_the_engine(self) -> None:
        """What the schema promises."""
        schema = json.loads((SCHEMAS / "lineage.json").read_text())["$defs"]
        relation = schema["relation"]["properties"]
        assert relation["extent"]["enum"] == list(EXTENTS)
        assert relation["others"]["maxItems"] == MOST_TIES
        assert schema["artifact"]["properties"]["relations"]["maxItems"] == MOST_RELATIONS


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [
        (0, 0, "0 %"),
        (0, 9, "0 %"),
        (9, 9, "100 %"),
        (1, 1000, "<1 %"),
        (999, 1000, ">99 %"),
        (1, 2, "50 %"),
    ],
)
def test_shares(part: int, whole: int, words: str) -> None:
    """Nothing and everything are said only where that is so."""
    assert describe_share(part, whole) == words


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([1], "1"),
        ([1000, 2000], "1,000, 2,000"),
        (list(range(9)), "0–8"),
        ([None], "-"),
        ([1, None], "-"),
    ],
)
def test_steps(steps: list[int | None], words: str) -> None:
    """A few by themselves, many by the first and the last, none where one is not known."""
    assert describe_steps(steps) == words
