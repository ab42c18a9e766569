"""`modelinspect restore-check`: the verdict first, then what does not match; exit codes for CI."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.corpus import ROOT
from tests.views.cli.suite import CommandTests

RESTORE = ROOT / "restore"


def prefix(name: str) -> str:
    """The checkpoint of a scenario."""
    return str(next((RESTORE / name).glob("checkpoint*.index"))).removesuffix(".index")


class TestRestoreCheck(CommandTests):
    name = "restore-check"

    def arguments(self, path: str) -> list[str]:
        return [path, "--into", path]

    def test_verdict_and_exit_code(self, run: Any) -> None:
        """What fits ends with 0, what does not with 3; the first line says it in words."""
        good = run(prefix("identical"), "--into", str(RESTORE / "identical/target"))
        assert (good.code, good.out.splitlines()[0]) == (0, "All of 4 variables restored.")
        bad = run(prefix("renamed_attribute"), "--into", str(RESTORE / "renamed_attribute/target"))
        assert bad.code == 3
        assert bad.out.startswith("2 of 4 variables restored: 2 are missing in the checkpoint")
        assert "tf.train.Checkpoint(encoder=model.backbone" in bad.out

    def test_only_what_differs_unless_all(self, run: Any) -> None:
        """What matches is printed on request."""
        arguments = [
            prefix("renamed_attribute"),
            "--into",
            str(RESTORE / "renamed_attribute/target"),
        ]
        assert "model.head.kernel" not in run(*arguments).out.partition("# ")[0]
        assert "model.head.kernel" in run(*arguments, "--all").out

    def test_attachment_is_said(self, run: Any) -> None:
        """Another attachment than root to root is named, with what root to root would do."""
        scenario = "root_is_saved_one_below"
        arguments = [prefix(scenario), "--into", str(RESTORE / scenario / "target")]
        found = run(*arguments)
        assert found.code == 0
        assert "attached: the target from `model` of the checkpoint" in found.out
        assert "root to root it would be 0 of 4 variables" in found.out
        assert run(*arguments, "--attach", "").code == 3

    def test_options_that_make_no_sense(self, run: Any) -> None:
        """They are the user's error: exit 2."""
        path = prefix("identical")
        target = str(RESTORE / "identical/target")
        for options in (
            ["--by-name"],
            ["--skip-mismatch"],
            ["--method", "keras_h5"],
            ["--attach", "nothing"],
            ["--var", "a=b"],
        ):
            result = run(path, "--into", target, *options)
            assert (result.code, result.out) == (2, ""), options

    def test_missing_target_is_the_users_error(self, run: Any, tmp_path: Path) -> None:
        """As a missing checkpoint is."""
        result = run(self.good_path(), "--into", str(tmp_path / "nothing"))
        assert (result.code, result.out) == (2, "")
        assert "nothing" in result.err
