"""`modelinspect scan`: exit codes, forms of the output, and many artifacts at once."""

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tensorboard_plugin_modelinspect.analyses.scan.result import SEVERITIES, VERDICTS
from tensorboard_plugin_modelinspect.analyses.scan.rules import RULES
from tests.support.corpus import ROOT as CORPUS
from tests.support.corpus import Recorded, params
from tests.views.cli.suite import DAMAGED, SCHEMAS, CommandTests, assert_safe_to_print

MODELS = CORPUS / "scan" / "models"
WRITES = str(MODELS / "write_keys")
CLEAN = str(MODELS / "clean_keras_export")
KEYS = "/etc/cron.d/job"


class TestScan(CommandTests):
    name = "scan"

    @pytest.mark.parametrize("artifact", params(DAMAGED))
    def test_what_cannot_be_opened_is_reported(self, run: Any, artifact: Recorded) -> None:
        """A broken artifact is a finding, on stdout, and the exit code of damage."""
        result = run(str(artifact.path))
        assert (result.code, result.err) == (3, "")
        assert "Cannot be read" in result.out
        [report] = self.check_json(run(str(artifact.path), "--json").out)["artifacts"]
        assert report["verdict"] == "damaged"
        assert report["problem"]

    def test_what_where_and_who(self, run: Any) -> None:
        """Op, argument, function, node, signature, and what to do."""
        result = run(WRITES)
        assert (result.code, result.err) == (0, "")
        assert f'critical: Writes a file: WriteFile "{KEYS}" at __inference_' in result.out
        assert "reached from: signature serving_default" in result.out
        assert "\ndangerous: 1 critical; " in result.out
        assert_safe_to_print(result.out)

    @pytest.mark.parametrize(
        ("path", "limit", "code"),
        [(WRITES, "critical", 1), (WRITES, "low", 1), (CLEAN, "info", 0), (CLEAN, "high", 0)],
    )
    def test_fail_on(self, run: Any, path: str, limit: str, code: int) -> None:
        """Exit 1 if something is as bad as that, or worse; the report is the same."""
        assert run(path, "--fail-on", limit).code == code
        assert run(path, "--fail-on", limit).out == run(path).out

    def test_fail_on_is_about_findings_not_about_damage(self, run: Any, tmp_path: Path) -> None:
        """Both at once: what was asked for comes first; else a damaged one is 3."""
        shutil.copytree(MODELS / "broken", tmp_path / "logs" / "broken")
        shutil.copytree(WRITES, tmp_path / "logs" / "writes")
        folder = str(tmp_path / "logs")
        assert run(folder, "--fail-on", "critical").code == 1
        assert run(folder).code == 3

    def test_a_folder_is_scanned_with_all_below(self, run: Any, tmp_path: Path) -> None:
        """One table with a row each, what matters below its row, and the worst as verdict."""
        for name in ("write_keys", "clean_keras_export", "print_console"):
            shutil.copytree(MODELS / name, tmp_path / "logs" / name)
        result = run(str(tmp_path / "logs"))
        assert result.out.count("\nclean ") == 2
        assert f'    critical: Writes a file: WriteFile "{KEYS}" at ' in result.out
        assert "Prints to the console" not in result.out
        assert result.out.endswith("\ndangerous; 3 artifacts (1 dangerous, 2 clean)\n")

    def test_integrity_is_joined(self, run: Any) -> None:
        """Only where it is asked for, since it reads all bytes."""
        broken = str(CORPUS / "broken" / "shard_flipped")
        assert run(broken).code == 0
        result = run(broken, "--verify")
        assert result.code == 3
        assert "damaged; " in result.out
        assert "integrity failed" in result.out
        [report] = self.check_json(run(broken, "--verify", "--json").out)["artifacts"]
        assert (report["verdict"], report["integrity"]) == ("damaged", "failed")

    def test_listings(self, run: Any) -> None:
        """Bytecode line by line where it is asked for, and how to get it where not."""
        path = str(MODELS / "lambda_runs" / "model.keras")
        assert "--listing prints its" in run(path).out
        assert "LOAD_GLOBAL" in run(path, "--listing").out

    def test_csv(self, run: Any, tmp_path: Path) -> None:
        """A line a finding, one for an artifact without any, and no formula."""
        for name in ("write_keys", "clean_keras_export"):
            shutil.copytree(MODELS / name, tmp_path / name)
        rows = list(csv.DictReader(io.StringIO(run(str(tmp_path), "--format", "csv").out)))
        assert [row["severity"] for row in rows] == ["", "critical"]
        assert rows[1]["argument"] == KEYS
        assert rows[1]["reached_from"].startswith("signature serving_default")
        file = tmp_path / "findings.csv"
        assert run(str(tmp_path), "--csv", str(file)).code == 0
        assert list(csv.DictReader(file.open())) == rows
        assert run(str(tmp_path), "--csv", str(file)).code == 2
        assert run(str(tmp_path), "--csv", str(file), "--overwrite").code == 0

    def test_sarif(self, run: Any, tmp_path: Path) -> None:
        """Rules, levels and places as code hosts read them."""
        file = tmp_path / "scan.sarif"
        run(WRITES, "--sarif", str(file))
        document = json.loads(file.read_text())
        assert document == json.loads(run(WRITES, "--format", "sarif").out)
        [made] = document["runs"]
        assert document["version"] == "2.1.0"
        assert [rule["id"] for rule in made["tool"]["driver"]["rules"]] == list(RULES)
        [result] = made["results"]
        rule = made["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert (rule["id"], result["ruleId"], result["level"]) == (
            "file-write",
            "file-write",
            "error",
        )
        [place] = result["locations"]
        address = place["physicalLocation"]["artifactLocation"]["uri"]
        assert address.endswith("write_keys/saved_model.pb")
        assert "WriteFile" in place["logicalLocations"][0]["fullyQualifiedName"]
        assert result["properties"]["security-severity"] == "9.5"

    def test_words_of_the_schema(self) -> None:
        """Verdicts, severities and rules are those of the engine."""
        schema = json.loads((SCHEMAS / "scan.json").read_text())
        finding = schema["$defs"]["finding"]["properties"]
        assert schema["properties"]["verdict"]["enum"] == list(VERDICTS)
        assert finding["severity"]["enum"] == list(SEVERITIES)
        assert finding["rule"]["enum"] == list(RULES)
