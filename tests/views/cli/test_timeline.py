"""`modelinspect timeline`: the table, its groups, JSON and CSV, and exit codes."""

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses.timeline import MARKS
from tensorboard_plugin_modelinspect.model.artifact import STATES
from tests.support.bundle_writer import BundleWriter
from tests.support.corpus import ROOT as CORPUS
from tests.views.cli.suite import SCHEMAS, CommandTests, assert_safe_to_print

MANAGED = str(CORPUS / "series" / "managed")
CHANGING = str(CORPUS / "series" / "changing")


def rows(text: str) -> list[list[str]]:
    """Cells of the rows of checkpoints."""
    return [line.split() for line in text.splitlines() if line.startswith("ckpt-")]


class TestTimeline(CommandTests):
    name = "timeline"
    is_light = False

    def good_path(self) -> str:
        """A series."""
        return MANAGED

    def test_the_table(self, run: Any) -> None:
        """A row for each checkpoint in order, and where NaN begins."""
        result = run(MANAGED)
        assert result.code == 0
        assert result.out.startswith("ckpt  4 checkpoints, 5 tensors\n")
        table = rows(result.out)
        assert [row[0] for row in table] == ["ckpt-1", "ckpt-4", "ckpt-5", "ckpt-6"]
        assert [row[4] for row in table] == ["preserved", "kept", "kept", "kept"]
        assert [row[-1] for row in table] == ["0", "0", "1", "1"]
        assert table[1][-4:-1] == ["2", "of", "5"]
        assert "\nfirst NaN or infinite value at step 5 (ckpt-5) in 1 tensor: " in result.out

    def test_no_values(self, run: Any) -> None:
        """What checksums tell, and no numbers."""
        result = run(MANAGED, "--no-values")
        assert [row[5:9] for row in rows(result.out)] == [["-"] * 4] * 4
        assert "2 of 5" in result.out
        assert "NaN or" not in result.out

    def test_groups(self, run: Any) -> None:
        """A table for each layer, role or tensor; patterns choose tensors."""
        result = run(MANAGED, "--group", "tensor", "--tensor", "network/*", "--json")
        groups = self.check_json(result.out)["groups"]
        assert len(groups) == 4
        assert all(group["tensors"] == 1 for group in groups)
        text = run(CHANGING, "--group", "layer").out
        assert text.index("\nother  1 tensor\n") < text.index("\nw  1 tensor\n")
        result = run(MANAGED, "--tensor", "nothing*")
        assert (result.code, result.out) == (2, "")
        assert "nothing*" in result.err

    def test_json_has_everything(self, run: Any) -> None:
        """Numbers by place of the checkpoint, hyperparameters, notes."""
        document = self.check_json(run(CHANGING, "--tensor", "w", "--json").out)
        [group] = document["groups"]
        assert [one["previous"] for one in group["values"]] == [None, 0, None, None, None, None, 5]
        assert [one["count"] for one in group["values"]] == [4, 4, 4, None, 4, 4, 4]
        assert group["values"][1]["mean_abs_change"] == 1.0
        assert [note["checkpoint"] for note in document["notes"]] == [1, 2, 4, 5]
        assert document["first_nonfinite"] is None
        document = self.check_json(run(MANAGED, "--json").out)
        assert document["first_nonfinite"]["checkpoint"] == 2
        assert [1, 4, 5, 6] in [one["values"] for one in document["hyperparameters"]]

    def test_csv(self, run: Any) -> None:
        """A row for each checkpoint of each group; nothing for what is not known."""
        table = list(csv.DictReader(io.StringIO(run(CHANGING, "--csv", "--group", "tensor").out)))
        assert len(table) == 14
        assert [row["step"] for row in table[:7]] == [str(step) for step in range(1, 8)]
        assert {row["group"] for row in table} == {"w", "other"}
        [gone] = [row for row in table if row["group"] == "w" and row["step"] == "4"]
        assert (gone["count"], gone["l2"]) == ("", "")

    def test_fail_on_nan(self, run: Any) -> None:
        """Exit 3 with NaN, 0 without; the table is there all the same."""
        result = run(MANAGED, "--fail-on", "nan")
        assert (result.code, result.err) == (3, "")
        assert len(rows(result.out)) == 4
        assert run(CHANGING, "--fail-on", "nan").code == 0
        assert run(MANAGED, "--fail-on", "nan", "--tensor", "*half*").code == 0

    def test_what_cannot_be_read_may_hold_nan(self, run: Any, tmp_path: Path) -> None:
        """Problems are listed and harm nothing, unless NaN must be ruled out."""
        shutil.copytree(CHANGING, tmp_path / "logs")
        folder = str(tmp_path / "logs")
        Path(folder, "ckpt-2.data-00000-of-00001").unlink()
        result = run(folder)
        assert result.code == 0
        assert f"problem: {folder}/ckpt-2.data-00000-of-00001" in result.out
        assert "\nno NaN and no infinite value in what could be read\n" in result.out
        assert run(folder, "--fail-on", "nan").code == 3
        for path in Path(folder).glob("*.index"):
            path.write_bytes(b"no table")
        result = run(folder)
        assert result.code == 3
        assert result.out.count("problem: ") == 7

    def test_many_problems_are_counted(self, run: Any, tmp_path: Path) -> None:
        """The list has an end, and says how many there are beyond it."""
        writer = BundleWriter()
        for number in range(30):
            writer.add(f"w{number}", np.full(2, number, np.float32))
        prefix = writer.write(tmp_path, "ckpt-1")
        Path(f"{prefix}.data-00000-of-00001").unlink()
        result = run(prefix)
        assert result.out.count("problem: ") == 10
        assert "… and 21 more problems; --json lists them" in result.out
        assert len(self.check_json(run(prefix, "--json").out)["notes"]) == 30

    @pytest.mark.parametrize("options", [["--csv", "--json"], ["--no-values", "--fail-on", "nan"]])
    def test_options_that_exclude_each_other(self, run: Any, options: list[str]) -> None:
        """Exit 2 and a sentence."""
        result = run(MANAGED, *options)
        assert (result.code, result.out) == (2, "")
        assert options[0] in result.err

    def test_numbers_that_json_has_not(self, run: Any, tmp_path: Path) -> None:
        """A norm beyond float64 is a text."""
        for step in (1, 2):
            writer = BundleWriter()
            writer.add("w", np.full(2, 1e200 * step))
            writer.write(tmp_path, f"ckpt-{step}")
        [group] = self.check_json(run(str(tmp_path), "--json").out)["groups"]
        assert [one["l2"] for one in group["values"]] == ["Infinity", "Infinity"]
        assert group["values"][1]["cosine"] is None

    @pytest.mark.parametrize("case", ["odd_names", "hostile_entries", "broken/index_garbage"])
    def test_names_from_files_are_safe_to_print(self, run: Any, case: str) -> None:
        """Whatever a file calls its tensors, a terminal obeys none of it."""
        for path in sorted(CORPUS.joinpath(case).glob("*.index")):
            result = run(str(path), "--group", "tensor")
            assert_safe_to_print(result.out + result.err)

    def test_words_of_the_schema_are_those_of_the_analysis(self) -> None:
        """Marks and states that can be said are those that the schema allows."""
        checkpoint = json.loads((SCHEMAS / "timeline.json").read_text())["$defs"]["checkpoint"]
        assert checkpoint["properties"]["mark"]["enum"] == list(MARKS)
        assert checkpoint["properties"]["state"]["enum"] == list(STATES)
