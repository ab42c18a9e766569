"""`modelinspect run`: what it prints and writes, beside `saved_model_cli run`."""

from __future__ import annotations

import contextlib
import json
import os
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_modelinspect import answering
from tensorboard_plugin_modelinspect.runner.client import Prepare, Runner
from tensorboard_plugin_modelinspect.runner.messages import Limits, Load
from tests.support.corpus import ROOT as CORPUS
from tests.views.cli.suite import CommandTests, Result, assert_safe_to_print

PYTHON = os.environ.get("MODELINSPECT_TF_PYTHON", "")
RECORDED = json.loads((CORPUS / "saved_model_cli_run.json").read_text(encoding="utf-8"))
RUNS: list[dict[str, Any]] = RECORDED["runs"]

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.xdist_group("run"),  # TensorFlow is imported once for many
    pytest.mark.skipif(not PYTHON, reason="MODELINSPECT_TF_PYTHON names no Python with TensorFlow"),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def kept() -> Iterator[dict[Load, Runner]]:
    """Runners of this module by model: a process for each run would take minutes."""
    runners: dict[Load, Runner] = {}
    yield runners
    for runner in runners.values():
        runner.close()


@pytest.fixture
def warm(kept: dict[Load, Runner], monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands take a runner of `kept`, and leave it running."""

    def take(
        model: Load, limits: Limits, prepare: Prepare | None
    ) -> contextlib.AbstractContextManager[Runner]:
        if prepare is not None:
            return Runner(model, limits, prepare)
        return contextlib.nullcontext(kept.setdefault(model, Runner(model, limits)))

    monkeypatch.setattr(answering, "Runner", take)


def describe(case: dict[str, Any]) -> str:
    """As the id of a test."""
    return " ".join([case["model"], case["signature"], *case["options"]])[:70]


class TestRun(CommandTests):
    """The laws of commands."""

    name = "run"
    is_light = False

    def arguments(self, path: str) -> list[str]:
        """With what the signature takes."""
        return ["--dir", path, "--python", PYTHON, "--input_exprs", "x=[1, 2, 3]"]

    def good_path(self) -> str:
        """A model with one signature."""
        return str(CORPUS / "tf1_saved_model" / "binary")


def start(capsys: pytest.CaptureFixture[str], *arguments: str) -> Result:
    """Run the command in this process, TensorFlow in another."""
    from tensorboard_plugin_modelinspect.views.cli.main import run

    code = run(["run", "--python", PYTHON, *arguments])
    return Result(code, *capsys.readouterr())


def start_case(capsys: pytest.CaptureFixture[str], case: dict[str, Any]) -> Result:
    """A recorded call, with its files in the working folder."""
    for name, data in case["files"].items():
        Path(name).write_bytes(bytes.fromhex(data))
    model = ["--dir", str(CORPUS / case["model"]), "--tag_set", "serve"]
    return start(capsys, *model, "--signature_def", case["signature"], *case["options"])


@pytest.mark.parametrize("case", [case for case in RUNS if case["works"]], ids=describe)
@pytest.mark.usefixtures("warm")
def test_prints_and_writes_what_that_tool_does(
    case: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The same text, and the same bytes in the same files."""
    monkeypatch.chdir(tmp_path)
    result = start_case(capsys, case)
    assert (result.code, result.out) == (0, case["stdout"]), result.err
    saved = {path.name: path.read_bytes().hex() for path in sorted(tmp_path.glob("out/*"))}
    assert saved == case["saved"]


@pytest.mark.parametrize("case", [case for case in RUNS if not case["works"]], ids=describe)
@pytest.mark.usefixtures("warm")
def test_works_where_that_tool_fails(
    case: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It may do more, but never crashes: an answer, or one line that says why there is none."""
    monkeypatch.chdir(tmp_path)
    result = start_case(capsys, case)
    if case["model"].startswith("keras3"):
        assert result.code == 0
    if result.code:
        assert result.err.startswith("error: ")
        assert result.err.count("\n") == 1
    else:
        assert result.out.startswith("Result for output key ")


def test_json_has_the_same_values(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Outputs and inner tensors; a NaN is text; a file that is written is named."""
    result = start(
        capsys,
        *("--dir", str(CORPUS / "run/inner"), "--input_exprs", "x=[[1, 2, 3], [-1, -2, 0.5]]"),
        *("--watch", "logs", "--watch", "layer", "--outdir", str(tmp_path), "--json"),
    )
    assert result.code == 0, result.err
    document = TestRun().check_json(result.out)
    outputs = {row["key"]: row for row in document["outputs"]}
    assert outputs["logs"]["values"] == [[pytest.approx(2.3978953)], ["NaN"]]
    assert outputs["calls"]["file"] == str(tmp_path / "calls.npy")
    assert np.load(tmp_path / "calls.npy") == 1
    watched = {(*row["calls"], row["node"]): row for row in document["watched"]}
    logs = watched["StatefulPartitionedCall", "logs"]
    assert (logs["op"], logs["size"], logs["finite"]) == ("Log", 2, 1)
    products = [row["values"] for path, row in watched.items() if path[-1] == "layer/product"]
    assert products == [[[1, 4, 12], [-1, -4, 2]], [[2, 10, 52], [0, -6, 12]]]


@pytest.mark.usefixtures("warm")
def test_first_nan(capsys: pytest.CaptureFixture[str]) -> None:
    """After the outputs; in JSON with the counts."""
    model = ("--dir", str(CORPUS / "first_nan/planted"), "--signature_def", "softmax")
    arguments = (*model, "--input_exprs", "x=[[1, 2, 3]]", "--first-nan")
    lines = start(capsys, *arguments).out.splitlines()
    assert lines[0] == "Result for output key y:"
    assert lines[2].startswith(
        "First NaN: PartitionedCall/planted/share:0 (RealDiv, float32): 3 NaN"
    )
    assert any(line.startswith("  The infinity comes from") for line in lines)
    found = TestRun().check_json(start(capsys, *arguments, "--json").out)["nan"]
    assert (found["kind"], found["made"]["op"], found["infinity"]["op"]) == (
        "nan",
        "RealDiv",
        "Exp",
    )
    assert found["made"]["counts"]["nan"] == 3


def test_against(capsys: pytest.CaptureFixture[str]) -> None:
    """Two checkpoints in one model: what was restored, outputs, where they part; and as JSON."""
    made = CORPUS / "answers"
    arguments = (
        *("--dir", str(made / "model"), "--signature_def", "serve", "--random"),
        *("--restore", str(made / "last-1"), "--against", str(made / "retrained")),
    )
    lines = start(capsys, *arguments).out.splitlines()
    assert "Restored: 2 variables." in lines
    assert any(line.startswith("Keeps its value: first/kernel: ") for line in lines)
    assert "Output scores: equal" in lines
    assert lines[-2].startswith("16 inner tensors compared: all are equal")
    document = TestRun().check_json(
        start(capsys, *arguments[:-2], "--against", str(made / "training-1"), "--json").out
    )
    assert document["restored"]["variables"] == ["last/bias", "last/kernel"]
    assert not document["against"]["differs"]
    assert len(document["against"]["restored"]["variables"]) == 3


@pytest.mark.usefixtures("warm")
def test_random_inputs_are_the_same_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    """`--random` fills in what is missing, from the seed."""
    model = ("--dir", str(CORPUS / "run/sum"), "--signature_def", "add", "--input_exprs", "x1=[1]")
    texts = [start(capsys, *model, "--random", "--seed", seed).out for seed in ("1", "1", "2")]
    assert texts[0] == texts[1] != texts[2]


MODEL = ("--dir", str(CORPUS / "run/sum"), "--signature_def", "add")
REFUSED = [
    ((*MODEL,), 2, "At least one of --inputs, --input_exprs or --input_examples"),
    ((*MODEL, "--input_exprs", "x9=1"), 2, '"x9" is not a valid input key. Please choose from'),
    ((*MODEL, "--input_exprs", "x1"), 2, "format is incorrect"),
    ((*MODEL, "--input_exprs", "x1=open('x')"), 2, "only functions of numpy can be called"),
    ((*MODEL, "--inputs", "x1=nowhere.npy"), 2, "nowhere.npy: no such file"),
    ((*MODEL, "--input_exprs", "x1=1", "--init_tpu"), 4, "--init_tpu"),
    ((*MODEL, "--input_exprs", "x1=1", "--use_tfrt"), 4, "without a session"),
    ((*MODEL, "--input_exprs", "x1=1", "--worker", "grpc://a"), 4, "on this machine"),
    ((*MODEL, "--input_exprs", "x1=1", "--tf_debug"), 2, "use --watch"),
    (("--dir", str(CORPUS / "run/sum"), "--input_exprs", "x1=1"), 2, "Choose a signature"),
    ((*MODEL[:2], "--signature_def", "no"), 2, 'Could not find signature "no"'),
    ((*MODEL, "--tag_set", "gpu"), 2, "could not be found in the SavedModel"),
    ((*MODEL, "--input_exprs", "x1=1;x2=1", "--first-nan", "--watch", "y"), 2, "use one"),
    (
        (*MODEL, "--input_exprs", "x1=1;x2=1", "--against", str(CORPUS / "run/inner")),
        2,
        'has no signature "add"',
    ),
    ((*MODEL, "--input_exprs", "x1=1;x2=1", "--against", "nowhere"), 2, "nowhere"),
    (("--dir", str(CORPUS / "broken"), "--input_exprs", "x1=1"), 2, "broken"),
]


@pytest.mark.parametrize(("arguments", "code", "words"), REFUSED)
def test_refused(
    arguments: tuple[str, ...], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before TensorFlow is started: one line that says why."""
    result = start(capsys, *arguments)
    assert (result.code, result.out) == (code, "")
    assert words in result.err
    assert result.err.count("\n") == 1


@pytest.mark.usefixtures("warm")
def test_existing_file_is_kept(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Without --overwrite nothing is run; with it the file is replaced."""
    target = tmp_path / "y.npy"
    target.write_bytes(b"mine")
    arguments = (*MODEL, "--input_exprs", "x1=1;x2=2", "--outdir", str(tmp_path))
    result = start(capsys, *arguments)
    assert (result.code, result.out) == (2, "")
    assert "already exists. Add --overwrite" in result.err
    assert target.read_bytes() == b"mine"
    assert start(capsys, *arguments, "--overwrite").code == 0
    assert np.load(target) == 3


def test_missing_tensorflow(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A Python with no packages at all: exit 5, the reason, the line that installs it."""
    venv.create(tmp_path / "bare", with_pip=False)
    python = str(tmp_path / "bare/bin/python")
    result = start(capsys, *MODEL, "--input_exprs", "x1=1;x2=2", "--python", python)
    assert result.code == 5
    assert f"TensorFlow is not installed for {python}. Install it: pip install" in result.err


def test_model_cannot_talk_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """What it prints goes to stderr, each line marked, without control characters."""
    arguments = ("--dir", str(CORPUS / "run/rude"), "--signature_def", "fine")
    result = start(capsys, *arguments, "--input_exprs", "x=1")
    assert result.out == "Result for output key y:\n2.0\n"
    assert "model: a word to stderr\n" in result.err
    assert_safe_to_print(result.err)


@pytest.mark.parametrize(
    ("signature", "value", "timeout_s", "words"),
    [
        ("abort", "1", 100, "SIGABRT"),
        ("leave", "1", 100, "the process ended by itself, with exit code 0"),
        ("hang", "1", 3, "stopped after 3 s"),
        ("wait", "1", 3, "stopped after 3 s"),
        ("allocate", "50_000_000_000", 100, "OOM when allocating tensor"),
    ],
)
def test_rude_models(
    signature: str, value: str, timeout_s: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 5 and the reason, whatever the model does to its process."""
    arguments = ("--dir", str(CORPUS / "run/rude"), "--signature_def", signature)
    limits = ("--timeout", str(timeout_s), "--memory", "2")
    result = start(capsys, *arguments, *limits, "--input_exprs", f"x={value}")
    assert (result.code, result.out) == (5, "")
    assert words in result.err
    assert result.err.count("\n") == 1


def test_flood_is_no_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """Many times what a pipe and the log hold, on both streams; the answer is the answer."""
    arguments = ("--dir", str(CORPUS / "run/rude"), "--signature_def", "flood")
    result = start(capsys, *arguments, "--input_exprs", "x=2000")
    assert (result.code, result.out) == (0, "Result for output key y:\n2000\n")
    assert len(result.err) < 100_000
