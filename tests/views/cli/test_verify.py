"""`modelinspect verify`: verdicts, exit codes, and what is printed of damage."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tensorboard_plugin_modelinspect.analyses.verify import OUTCOMES, VERDICTS
from tests.support.bundle_writer import BundleWriter
from tests.support.corpus import ROOT as CORPUS
from tests.support.corpus import Recorded, params
from tests.views.cli.suite import DAMAGED, SCHEMAS, CommandTests, assert_safe_to_print

FUTURE = str(CORPUS / "hostile_entries" / "header_for_readers_of_version_2")
FLIPPED = str(CORPUS / "broken" / "shard_flipped")


class TestVerify(CommandTests):
    name = "verify"

    @pytest.mark.parametrize("artifact", params(DAMAGED))
    def test_what_cannot_be_opened_is_reported(self, run: Any, artifact: Recorded) -> None:
        """Damage is the result, not an error: exit 3, on stdout, with file, fact and what to do."""
        result = run(str(artifact.path))
        assert (result.code, result.err) == (3, "")
        assert f"problem: {artifact.path}" in result.out
        assert "\nfailed, 1 problem" in result.out
        document = self.check_json(run(str(artifact.path), "--json").out)
        assert document["verdict"] == "failed"

    def test_a_flipped_byte_is_named(self, run: Any) -> None:
        """File, bytes, tensor, fact and next step, in text and in JSON."""
        result = run(FLIPPED)
        assert result.code == 3
        assert 'ckpt.data-00001-of-00002, bytes 0 to 400, tensor "numbers": expected' in result.out
        [artifact] = self.check_json(run(FLIPPED, "--json").out)["artifacts"]
        [finding] = [one for step in artifact["steps"] for one in step["findings"]]
        assert finding["path"].endswith("ckpt.data-00001-of-00002")
        place = {name: finding[name] for name in ("problem", "start", "stop", "tensor")}
        assert place == {"problem": True, "start": 0, "stop": 400, "tensor": "numbers"}

    def test_what_cannot_be_read_here_is_no_damage(self, run: Any) -> None:
        """Exit 4, and the reason."""
        result = run(FUTURE)
        assert (result.code, result.err) == (4, "")
        assert "Update this package" in result.out
        assert self.check_json(run(FUTURE, "--json").out)["verdict"] == "incomplete"

    def test_a_folder_is_verified_with_all_below(self, run: Any, tmp_path: Path) -> None:
        """One table with a row each, problems below their row, and the worst as exit code."""
        for case in ("sharded", "broken/shard_flipped"):
            shutil.copytree(CORPUS / case, tmp_path / "logs" / case)
        folder = str(tmp_path / "logs")
        result = run(folder)
        assert result.code == 3
        assert result.out.count("\npassed ") == 2
        assert "\nfailed, 1 problem; 3 artifacts (2 passed, 1 failed); " in result.out
        rows = result.out.splitlines()
        failed = next(number for number, row in enumerate(rows) if row.startswith("failed "))
        assert rows[failed].endswith(f"{folder}/broken/shard_flipped/ckpt")
        assert rows[failed + 1].startswith(f"    problem: {folder}/broken/shard_flipped/ckpt.data")
        document = self.check_json(run(folder, "--json").out)
        verdicts = {one["path"].removeprefix(folder): one["verdict"]
                    for one in document["artifacts"]}  # fmt: skip
        assert verdicts == {
            "/broken/shard_flipped/ckpt": "failed",
            "/sharded/four": "passed",
            "/sharded/nothing": "passed",
        }

    def test_all_goes_beyond_the_newest(self, run: Any) -> None:
        """A folder with a state file means its newest checkpoint, unless all are asked for."""
        series = str(CORPUS / "keras3_checkpoint" / "series")
        assert "ckpt-3\n" in run(series).out.splitlines(keepends=True)[0]
        assert len(self.check_json(run(series, "--all", "--json").out)["artifacts"]) == 3

    def test_a_folder_without_any_is_the_users_error(self, run: Any, tmp_path: Path) -> None:
        """Nothing to verify is not a pass."""
        for options in ([], ["--all"]):
            result = run(str(tmp_path), *options)
            assert (result.code, result.out) == (2, "")
            assert str(tmp_path) in result.err

    def test_many_problems_are_counted(self, run: Any, tmp_path: Path) -> None:
        """The list has an end, and says how many there are beyond it."""
        import numpy as np

        writer = BundleWriter()
        for number in range(210):
            writer.add(f"w{number}", np.full(2, number, np.float32))
        prefix = writer.write(tmp_path, "ckpt-1")
        data = Path(f"{prefix}.data-00000-of-00001")
        data.write_bytes(bytes(byte ^ 1 for byte in data.read_bytes()))
        result = run(prefix)
        assert result.out.count("problem: ") == 200
        assert "… and 10 more problems" in result.out
        assert "\nfailed, 210 problems; " in result.out

    def test_names_from_files_are_safe_to_print(self, run: Any) -> None:
        """Whatever a file calls its tensors, a terminal obeys none of it."""
        result = run(str(CORPUS), "--all")
        assert result.code == 3
        assert_safe_to_print(result.out)

    def test_words_of_the_schema_are_those_of_the_analysis(self) -> None:
        """Outcomes and verdicts that can be said are those that the schema allows."""
        definitions = json.loads((SCHEMAS / "verify.json").read_text())["$defs"]
        assert definitions["artifact"]["properties"]["verdict"]["enum"] == list(VERDICTS)
        assert definitions["step"]["properties"]["outcome"]["enum"] == list(OUTCOMES)
