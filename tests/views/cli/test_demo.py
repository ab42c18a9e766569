"""`modelinspect demo`: what it refuses, and that it writes a logdir where TensorFlow is at hand."""

import importlib.util
import json
import os
import subprocess
from pathlib import Path

import jsonschema
import pytest

from tensorboard_plugin_modelinspect.views.cli.demo import find_script
from tensorboard_plugin_modelinspect.views.cli.main import run
from tests.views.cli.suite import ROOT, SCHEMAS

TF_PYTHON = os.environ.get("MODELINSPECT_TF_PYTHON", "")

_QUICK = """
import subprocess
from tensorboard_plugin_modelinspect.views.cli.main import main

run = subprocess.run
subprocess.run = lambda command, **more: run([*command, "--quick"], **more)
main()
"""


@pytest.mark.parametrize("name", ["folder", "file"])
def test_refuses_what_is_there(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder with anything in it, or a file, is left alone: exit 2."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine").write_text("precious")
    (tmp_path / "file").write_text("precious")
    assert run(["demo", str(tmp_path / name)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert name in err
    assert len(list(tmp_path.rglob("*"))) == 3


@pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is not None, reason="TensorFlow is installed here"
)
def test_says_how_to_install_tensorflow(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without TensorFlow: exit 5, the line to type, and no folder made."""
    assert run(["demo", str(tmp_path / "new")]) == 5
    assert "pip install 'tensorboard-plugin-modelinspect[tensorflow]'" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_script_is_found() -> None:
    """In a checkout it is the one of `demo/`; test_packaging.py looks after the wheel."""
    assert find_script() == ROOT / "demo" / "make_demo.py"


@pytest.mark.tensorflow
@pytest.mark.slow
@pytest.mark.skipif(not TF_PYTHON, reason="MODELINSPECT_TF_PYTHON names no Python with TensorFlow")
def test_writes_a_logdir(tmp_path: Path) -> None:
    """The logdir exists, `--json` names it, and TensorFlow's chatter stays out of stdout.

    It is trained for a moment only: `make demo-logdir` trains it as users do.
    """
    done = subprocess.run(
        [TF_PYTHON, "-c", _QUICK, "demo", "new", "--json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    jsonschema.validate(document, json.loads((SCHEMAS / "demo.json").read_text()))
    assert document == {
        "logdir": str(tmp_path / "new"),
        "command": ["tensorboard", "--logdir", "new"],
    }
    assert list((tmp_path / "new").glob("*/checkpoints/checkpoint"))
