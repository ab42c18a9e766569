"""`modelinspect portability`."""

from __future__ import annotations

import pytest

from tests.support.graph_writer import GraphWriter
from tests.views.cli.suite import ArtifactCommandTests, assert_safe_to_print, get_artifact


class TestPortability(ArtifactCommandTests):
    name = "portability"
    is_light = False

    def good_path(self) -> str:
        """An exported model."""
        return str(get_artifact("keras3_export/network").path)

    def test_verdicts_and_reasons_are_told(self, run) -> None:
        """Who wrote it, the oldest release, a row for each target, its reasons and what to do."""
        text = run(self.good_path(), "--target", "tf==2.9", "--target", "keras3").out
        assert "written by: TensorFlow 2.21.0, GraphDef version 2474 (that of 2.21)" in text
        assert "oldest that takes it: TensorFlow 2.10" in text
        assert "TensorFlow 2.9 has no op DisableCopyOnRead; 2.10 is the first that has." in text
        assert "$ keras.layers.TFSMLayer(" in text

    def test_json_says_the_same(self, run) -> None:
        """Targets as they were named."""
        arguments = (self.good_path(), "--target", "tf==2.9", "--target", "serving", "--json")
        document = self.check_json(run(*arguments).out)
        targets = {one["target"]: (one["name"], one["verdict"]) for one in document["targets"]}
        assert targets == {"tf==2.9": ("tf", "fails"), "serving": ("serving", "works")}
        assert document["verdict"] == "fails"
        assert document["oldest"] == "2.10"

    @pytest.mark.parametrize(
        ("target", "fail_on", "code"),
        [
            ("tf==2.9", "fails", 1),
            ("tf==2.9", "needs", 1),
            ("tf", "needs", 0),
            ("keras3", "needs", 1),
            ("keras3", "unknown", 0),
            ("keras3", "fails", 0),
        ],
    )
    def test_exit_code(self, run, target: str, fail_on: str, code: int) -> None:
        """1 where a verdict is as bad as --fail-on or worse; without it 0."""
        path = self.good_path()
        assert run(path, "--target", target, "--fail-on", fail_on).code == code
        assert run(path, "--target", target).code == 0

    def test_a_wrong_target_is_the_users_error(self, run) -> None:
        """It lists what there is."""
        result = run(self.good_path(), "--target", "tf==9.9")
        assert (result.code, result.out) == (2, "")
        assert "1.5 to 2.21" in result.err

    def test_names_from_files_are_safe_to_print(self, run, tmp_path) -> None:
        """Ops, nodes and devices are the file's words."""
        writer = GraphWriter()
        writer.add('odd\x1b["\\name', "Un\x1bheard").device = "/job:\x1b[31m/task:0"
        path = tmp_path / "odd.pb"
        path.write_bytes(writer.binary())
        assert_safe_to_print(run(str(path)).out)
