"""`modelinspect inspect` against what TensorFlow's `inspect_checkpoint` printed."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.views.cli import inspect
from tensorboard_plugin_modelinspect.views.cli.main import run as run_command
from tests.support.corpus import ROOT as CORPUS
from tests.views.cli.suite import ArtifactCommandTests, assert_safe_to_print, imported_by

RECORDED = json.loads((CORPUS / "inspect_checkpoint.json").read_text(encoding="utf-8"))["runs"]
FAILED = ("can't decode byte", "not supported")
"""What that tool says where it gives up."""
RUNS = [
    pytest.param(run, id=" ".join([run["prefix"], *run["options"]]))
    for run in RECORDED
    if not any(words in run["stdout"] for words in FAILED)
]


class TestInspect(ArtifactCommandTests):
    name = "inspect"

    def arguments(self, path: str) -> list[str]:
        return ["--file_name", path]

    @pytest.mark.parametrize("recorded", RUNS)
    def test_prints_what_that_tool_prints(self, run: Any, recorded: dict[str, Any]) -> None:
        """Byte for byte, whatever the options, types and names."""
        result = run("--file_name", str(CORPUS / recorded["prefix"]), *recorded["options"])
        assert (result.code, result.err) == (0, "")
        printed, recorded_lines = result.out, recorded["stdout"]
        if "v1_format" in recorded["prefix"] and not recorded["options"]:
            # The order of a hash table in memory.
            printed, recorded_lines = (sorted(x.split("\n")) for x in (printed, recorded_lines))
        assert printed == recorded_lines

    def test_print_options_are_put_back(self, run: Any) -> None:
        """A command run from Python leaves numpy as it was, even where it fails."""
        before = np.get_printoptions()
        path = str(CORPUS / "sharded" / "four")
        assert run("--file_name", path, "--all_tensors", "--printoptions", "precision=1").code == 0
        assert run("--file_name", path, "--tensor_name=no", "--printoptions", "sign=+").code == 2
        assert np.get_printoptions() == before

    @pytest.mark.parametrize(
        ("option", "words"),
        [
            ("precision", "not in the form k=v"),
            ("=3", "not in the form k=v"),
            ("formatter=x", "no 'formatter'; there are edgeitems"),
            ("prescision=3", "no 'prescision'; there are edgeitems"),
            ("precision=many", "'many' is no value for precision"),
            ("suppress=2", "'2' is no value for suppress"),
            ("floatmode=free", "floatmode"),
        ],
    )
    def test_bad_print_options_are_the_users_error(self, run: Any, option: str, words: str) -> None:
        """Exit 2, and the line says which are taken."""
        path = str(CORPUS / "sharded" / "four")
        result = run("--file_name", path, "--printoptions", option)
        assert (result.code, result.out) == (2, "")
        assert words in result.err

    def test_bad_pattern_is_the_users_error(self, run: Any) -> None:
        """Exit 2 and what is wrong with it; that tool prints the error and exits with 0."""
        result = run("--file_name", str(CORPUS / "sharded/four"), "--count_exclude_pattern", "(")
        assert (result.code, result.out) == (2, "")
        assert "no regular expression" in result.err

    def test_unknown_tensor_is_the_users_error(self, run: Any) -> None:
        """Exit 2 with near names; that tool says so on stdout and exits with 0."""
        result = run(
            "--file_name", str(CORPUS / "tf1_saver/stale/model.ckpt-100"), "--tensor_name=W"
        )
        assert (result.code, result.out) == (2, "")
        assert 'No tensor "W"' in result.err

    @pytest.mark.parametrize("suffix", [".index", ".data-00000-of-00003"])
    def test_file_of_a_checkpoint_shows_it_and_says_the_prefix(self, run: Any, suffix: str) -> None:
        """What is meant is clear; stderr has what that tool would take."""
        prefix = str(CORPUS / "partitioned" / "three_shards")
        result = run("--file_name", prefix + suffix)
        assert result.code == 0
        assert result.out == run("--file_name", prefix).out
        assert result.err.startswith("note: ")
        assert result.err.endswith(f"--file_name {prefix}\n")

    def test_saved_model_is_its_variables(self, run: Any) -> None:
        """A SavedModel's folder does as well as the prefix in it."""
        folder = CORPUS / "keras3_export" / "equal_names"
        variables = run("--file_name", str(folder / "variables" / "variables"), "--all_tensors")
        assert run("--file_name", str(folder), "--all_tensors") == variables

    def test_names_that_are_no_text(self, run: Any) -> None:
        """That tool drops their bytes in the listing and fails elsewhere; here they are escaped."""
        path = str(CORPUS / "odd_names" / "not_text")
        (recorded,) = [one for one in RECORDED if one["prefix"] == "odd_names/not_text"]
        listing, _, error = recorded["stdout"].partition("\n\n")
        assert "decode" in error
        assert run("--file_name", path).out.startswith(listing + "\n\n# Total")
        assert r"caf\xe9" in run("--file_name", path, "--all_tensor_names").out

    @pytest.mark.parametrize("option", ["--all_tensor_names", "--all_tensors=false"])
    def test_terminal_gets_escapes(
        self, run: Any, monkeypatch: pytest.MonkeyPatch, option: str
    ) -> None:
        """A pipe gets names as they are; a terminal would obey them."""
        path = str(CORPUS / "odd_names" / "text")
        assert "\x1b" in run("--file_name", path, option).out
        monkeypatch.setattr(inspect, "_is_terminal", lambda: True)
        result = run("--file_name", path, option)
        assert_safe_to_print(result.out)
        assert r"\x1b[31mred" in result.out

    def test_what_was_read_before_an_error_is_printed(self, run: Any) -> None:
        """Values come one by one: a damaged one is named on stderr, with exit code 3."""
        result = run(
            "--file_name", str(CORPUS / "broken" / "shard_flipped" / "ckpt"), "--all_tensors"
        )
        assert result.code == 3
        assert "checksum" in result.err
        assert "# Total" not in result.out

    def test_json_has_the_same_facts(self, run: Any) -> None:
        """Text of values where asked for, null elsewhere; what was excluded from the count."""
        path = str(CORPUS / "sharded" / "four")
        document = self.check_json(
            run("--file_name", path, "--tensor_name=h", "--count_exclude_pattern=h", "--json").out
        )
        (tensor,) = document["tensors"]
        assert tensor["text"].startswith("[0.    0.125")
        assert (document["parameters"], document["excluded"]) == (
            15,
            {"tensors": 1, "parameters": 9},
        )
        document = self.check_json(run("--file_name", path, "--json").out)
        assert {tensor["text"] for tensor in document["tensors"]} == {None}
        assert (document["parameters"], document["excluded"]) == (24, None)

    def test_values_need_numpy_and_names_do_not(self) -> None:
        """A list starts in a tenth of a second; see `test_imports_little`."""
        path = str(CORPUS / "sharded" / "four")
        assert "numpy" in imported_by("inspect", "--file_name", path, "--tensor_name", "h")


PYTHON = os.environ.get("MODELINSPECT_TF_PYTHON", "")
DATA = Path(os.environ.get("MODELINSPECT_CORPUS", "/nonexistent")) / "data"
READABLE = 100_000_000
"""Bytes of a checkpoint up to which its values are compared too."""

RUN_ALL = """
import json, sys
sys.path.insert(0, sys.argv[1])
import inspect_checkpoint
for prefix, options in json.load(sys.stdin):
    print(json.dumps(inspect_checkpoint.run_tool(prefix, options)), flush=True)
"""


@pytest.mark.corpus
@pytest.mark.tensorflow
@pytest.mark.skipif(not PYTHON, reason="MODELINSPECT_TF_PYTHON names no Python with TensorFlow")
@pytest.mark.skipif(not DATA.is_dir(), reason="MODELINSPECT_CORPUS names no folder with data/")
def test_real_checkpoints_print_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """For each V2 checkpoint of the real models, in every mode that does not end in an error."""
    runs = []
    for index in sorted(DATA.rglob("*.index")):
        prefix = str(index.with_suffix(""))
        nbytes = sum(part.stat().st_size for part in index.parent.glob(f"{index.stem}.data-*"))
        modes = ["--all_tensor_names", *(["--all_tensors"] if nbytes < READABLE else [])]
        runs += [(prefix, options) for options in ([], *([mode] for mode in modes))]
    done = subprocess.run(
        [PYTHON, "-c", RUN_ALL, str(CORPUS)],
        input=json.dumps(runs),
        capture_output=True,
        text=True,
        check=True,
    )
    said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('"')]
    assert len(said) == len(runs)
    compared, different = 0, []
    for (prefix, options), expected in zip(runs, said, strict=True):
        code = run_command(["inspect", "--file_name", prefix, *options])
        out, err = capsys.readouterr()
        has_failed = "# Total number of params: " not in expected.splitlines()[-1]
        assert has_failed == bool(code), (prefix, options, err, expected[-300:])
        compared += not has_failed
        if not has_failed and out != expected:
            different.append((prefix, options))
    assert not different
    assert compared
