"""`modelinspect demo`: a logdir worth looking at."""

from __future__ import annotations

import importlib.util
import os
import shlex
import subprocess
import sys
from pathlib import Path

import click

from tensorboard_plugin_modelinspect.errors import (
    BadRequest,
    ModelInspectError,
    RunnerError,
    RunnerMissing,
)
from tensorboard_plugin_modelinspect.views.cli.output import json_option, write_json, write_lines
from tensorboard_plugin_modelinspect.views.text.words import printable

SCRIPT = "make_demo.py"


@click.command("demo")
@click.argument("folder", metavar="[DIR]", default="modelinspect_demo")
@json_option
def command(folder: str, *, as_json: bool) -> None:
    """Train small models into a new logdir and print how to open it.

    DIR is created (modelinspect_demo if not given); it must be empty if it exists. Needs
    TensorFlow, which runs in a process of its own for a minute or two. The data is generated;
    nothing is downloaded.
    """
    check_target(folder)
    script = find_script()
    if importlib.util.find_spec("tensorflow") is None:
        raise RunnerMissing(
            "The demo trains with TensorFlow, which is not installed here: "
            "pip install 'tensorboard-plugin-modelinspect[tensorflow]'"
        )
    run_script(script, folder)
    tensorboard = ["tensorboard", "--logdir", folder]
    if as_json:
        write_json({"logdir": os.path.abspath(folder), "command": tensorboard})
    else:
        write_lines([f"Open it with: {printable(shlex.join(tensorboard))}"])


def check_target(folder: str) -> None:
    """Refuse a folder that holds anything: the demo never mixes with someone's files."""
    try:
        is_empty = not os.listdir(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise BadRequest(f"{folder}: {error.strerror}. Name a new or an empty folder.") from None
    if not is_empty:
        raise BadRequest(f"{folder}: the folder is not empty. Name a new or an empty one.")


def find_script() -> Path:
    """The demo's script: inside the package where it is installed, else in the checkout."""
    package = Path(__file__).resolve().parents[2]
    for folder in (package / "_demo", package.parent / "demo"):
        if (folder / SCRIPT).is_file():
            return folder / SCRIPT
    raise ModelInspectError(f"{package}: {SCRIPT} is missing. Install the package again.")


def run_script(script: Path, folder: str) -> None:
    """Run the script in a child process; what it prints goes to stderr, so that stdout is ours.

    Raises:
        RunnerError: It failed.
    """
    done = subprocess.run([sys.executable, str(script), folder], stdout=sys.stderr, check=False)
    if done.returncode:
        raise RunnerError(
            f"{script.name} ended with exit code {done.returncode} and wrote nothing to {folder}; "
            "its own words are above. Put that right and try again."
        )
