"""`modelinspect ls` over the corpus, as a user's folder would hold it."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.corpus import ROOT as CORPUS
from tests.support.corpus import recorded
from tests.views.cli.suite import CommandTests, assert_safe_to_print

LONG_AGO_S = 1_600_000_000
ESCAPING = "a\x1b[31m\nname"


def copy_aged(source: Path, target: Path) -> None:
    """Copy files and make them old: fresh ones may count as being written."""
    shutil.copytree(source, target, dirs_exist_ok=True)
    for folder, _, files in os.walk(target):
        for name in files:
            os.utime(Path(folder, name), (LONG_AGO_S, LONG_AGO_S))


@pytest.fixture
def logdir(tmp_path: Path) -> Path:
    """Two runs of a training, something broken, and names that nobody should choose."""
    root = tmp_path / "logs"
    copy_aged(CORPUS / "keras3_checkpoint" / "series", root / "run1" / "checkpoints")
    (root / "run1" / "events.out.tfevents.1").write_bytes(b"")
    copy_aged(CORPUS / "keras3_export" / "network", root / ESCAPING / "export")
    copy_aged(CORPUS / "broken", root / "broken")
    return root


class TestLs(CommandTests):
    name = "ls"

    def good_path(self) -> str:
        return str(CORPUS / "sharded")

    def test_every_artifact_is_listed_once(self, run: Any, logdir: Path) -> None:
        """Paths are relative to ROOT, kinds and numbers right, ids unique."""
        document = self.check_json(run(str(logdir), "--json").out)
        found = {artifact["path"]: artifact for artifact in document["artifacts"]}
        assert len(found) == len(document["artifacts"])
        assert len({artifact["id"] for artifact in found.values()}) == len(found)
        checkpoint = found["run1/checkpoints/ckpt-2"]
        assert (checkpoint["kind"], checkpoint["state"], checkpoint["reason"]) == (
            "checkpoint",
            "complete",
            None,
        )
        assert (checkpoint["step"], checkpoint["run"]) == (2, "run1")
        assert checkpoint["series"] == found["run1/checkpoints/ckpt-1"]["series"] is not None
        assert (checkpoint["parameters"], checkpoint["mtime_s"]) == (127, LONG_AGO_S)
        export = found[f"{ESCAPING}/export"]
        assert (export["kind"], export["parameters"], export["run"]) == ("saved_model", 127, None)
        assert {
            artifact.id for artifact in recorded() if artifact.id.startswith("broken/")
        } <= found.keys()

    def test_states_come_with_reasons(self, run: Any, logdir: Path) -> None:
        """What is not complete says why, and does not fail the command."""
        result = run(str(logdir), "--json")
        assert result.code == 0
        for artifact in self.check_json(result.out)["artifacts"]:
            assert (artifact["state"] == "complete") == (artifact["reason"] is None)

    def test_reasons_stand_below_their_row(self, run: Any, logdir: Path) -> None:
        """A row without a reason is followed by the next row; the last line sums up."""
        lines = run(str(logdir)).out.splitlines()
        row = next(i for i, line in enumerate(lines) if line.endswith("broken/pb_empty"))
        assert lines[row].startswith("broken")
        assert lines[row + 1].startswith("    ")
        assert "saved_model.pb" in lines[row + 1]
        complete = next(i for i, line in enumerate(lines) if line.endswith("ckpt-1"))
        assert not lines[complete + 1].startswith(" ")
        assert "artifacts (" in lines[-1]
        assert "folders searched" in lines[-1]

    def test_names_cannot_talk_to_the_terminal(self, run: Any, logdir: Path) -> None:
        """Escape sequences and line ends in names of folders are shown, not obeyed."""
        out = run(str(logdir)).out
        assert_safe_to_print(out)
        assert r"a\x1b[31m\nname/export" in out

    def test_filters_select(self, run: Any, logdir: Path) -> None:
        """States and kinds may be repeated; the summary says that more was found."""
        everything = self.check_json(run(str(logdir), "--json").out)["artifacts"]
        options = ("--state", "broken", "--state", "partial", "--kind", "saved_model")
        some = self.check_json(run(str(logdir), "--json", *options).out)["artifacts"]
        assert some == [
            artifact
            for artifact in everything
            if artifact["state"] in ("broken", "partial") and artifact["kind"] == "saved_model"
        ]
        assert (
            f"{len(everything) - len(some)} more" in run(str(logdir), *options).out.splitlines()[-1]
        )

    def test_root_that_is_an_artifact(self, run: Any) -> None:
        """A model's own folder lists the model, as `.`."""
        document = self.check_json(run(str(CORPUS / "keras3_export" / "network"), "--json").out)
        assert [artifact["path"] for artifact in document["artifacts"]] == ["."]

    def test_empty_folder_says_so(self, run: Any, tmp_path: Path) -> None:
        """Nothing found is an answer, with how far the search went."""
        result = run(str(tmp_path))
        assert (result.code, result.out) == (0, "0 artifacts; 1 folder searched\n")

    def test_file_is_the_users_error(self, run: Any, logdir: Path) -> None:
        """A file cannot be searched: exit 2, and the command that looks into it."""
        result = run(str(logdir / "run1" / "checkpoints" / "ckpt-1.index"))
        assert result.code == 2
        assert "modelinspect show" in result.err
