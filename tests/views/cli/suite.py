"""What every command must do; a command's test class inherits `CommandTests`.

class TestVars(CommandTests):
    name = "vars"

    def arguments(self, path: str) -> list[str]:
        return [path]
"""

import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import click
import jsonschema
import pytest

from tensorboard_plugin_modelinspect.views.cli.main import cli, run
from tests.support.corpus import ROOT as CORPUS
from tests.support.corpus import Recorded, params, recorded

ROOT = Path(__file__).resolve().parents[3]
SCHEMAS = ROOT / "docs" / "schemas"

HEAVY = {"numpy", "tensorflow", "keras", "ml_dtypes", "rich", "werkzeug", "zipfile", "socket"}
"""What a command that lists must not import: its start would take several times as long. The last
two are what the readers of Keras' files need, when there is one."""

CONTROL = re.compile(r"[^\x20-\x7e\u00a1-\U0010ffff\n]|[\u202a-\u202e\u2066-\u2069]")
"""Characters that a terminal obeys. Line ends are left to the tests of each command."""


class Result(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


def get_artifact(artifact_id: str) -> Recorded:
    """One artifact of the corpus."""
    return next(artifact for artifact in recorded() if artifact.id == artifact_id)


def readable(**wanted: str) -> list[Recorded]:
    """Artifacts with these answers in formats that are read; V1 checkpoints are not yet."""
    return [artifact for artifact in recorded(**wanted) if not artifact.id.startswith("v1_format")]


def run_fresh(*args: str, **environment: str) -> Result:
    """Run the command line in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tensorboard_plugin_modelinspect", *args],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def imported_by(*args: str) -> set[str]:
    """Modules that a command imports in a process of its own, which must succeed."""
    result = run_fresh(*args, PYTHONPROFILEIMPORTTIME="1")
    assert result.code == 0, result.err
    return {line.rsplit("|", 1)[1].strip() for line in result.err.splitlines() if "|" in line}


class CommandTests:
    """Laws of a command.

    Attributes:
        name: Of the command.
        schema: What its `--json` is described by, if that is not called as the command is.
        is_light: Whether it must not import numpy.
    """

    name: str
    schema = ""
    is_light = True

    @pytest.fixture
    def run(self, capsys: pytest.CaptureFixture[str]) -> Any:
        """Run the command in this process: `run(*args)` gives a `Result`."""

        def run_command(*args: str) -> Result:
            code = run([self.name, *args])
            out, err = capsys.readouterr()
            return Result(code, out, err)

        return run_command

    def arguments(self, path: str) -> list[str]:
        """Arguments that make the command look at an artifact."""
        return [path]

    def good_path(self) -> str:
        """What the command can look at."""
        return str(get_artifact("sharded/four").path)

    @property
    def command(self) -> click.Command:
        """The command itself."""
        command = cli.get_command(click.Context(cli), self.name)
        assert command is not None
        return command

    def check_json(self, text: str) -> Any:
        """The document, if it is strict JSON and as `docs/schemas` says."""
        schema = json.loads((SCHEMAS / f"{self.schema or self.name}.json").read_text())
        document = json.loads(text, parse_constant=lambda token: pytest.fail(f"{token} in JSON"))
        jsonschema.validate(document, schema, jsonschema.Draft202012Validator)
        return document

    def test_help_is_the_docstring(self, run: Any) -> None:
        """What `--help` says is written once, where the code is; each option says what it does."""
        result = run("--help")
        assert result.code == 0
        assert self.command.callback is not None
        doc = inspect.getdoc(self.command.callback) or ""
        assert " ".join(doc.split()) in " ".join(result.out.split())
        options = [entry for entry in self.command.params if isinstance(entry, click.Option)]
        assert all(option.help for option in options)

    def test_json_is_as_documented(self, run: Any) -> None:
        """`--json` prints one document that its schema allows, and nothing else."""
        result = run(*self.arguments(self.good_path()), "--json")
        assert (result.code, result.err) == (0, "")
        self.check_json(result.out)

    def test_text_is_no_json(self, run: Any) -> None:
        """Without `--json` people get text that ends in one line end."""
        result = run(*self.arguments(self.good_path()))
        assert (result.code, result.err) == (0, "")
        assert not result.out.startswith("{")
        assert result.out.endswith("\n")
        assert not result.out.endswith("\n\n")

    @pytest.mark.parametrize("json_option", [(), ("--json",)])
    def test_missing_path_is_the_users_error(self, run: Any, json_option: tuple[str, ...]) -> None:
        """A path that is not there: exit 2, one line on stderr that names it, nothing on stdout."""
        result = run(*self.arguments(str(CORPUS / "no-such-thing")), *json_option)
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith("error: ")
        assert "no-such-thing" in result.err
        assert result.err.count("\n") == 1

    def test_unknown_option_is_the_users_error(self, run: Any) -> None:
        """An option that does not exist: exit 2 and where to look it up."""
        result = run(*self.arguments(self.good_path()), "--no-such-option")
        assert (result.code, result.out) == (2, "")
        assert f"modelinspect {self.name} --help" in result.err

    def test_imports_little(self) -> None:
        """TensorFlow is never imported, and by a command that lists neither is numpy."""
        heavy = HEAVY if self.is_light else HEAVY - {"numpy", "ml_dtypes"}
        assert not heavy & imported_by(self.name, *self.arguments(self.good_path()))


DAMAGED = [one for one in readable(state="broken") if one.id.startswith("broken/")]
"""Damaged copies of good files, so badly that nothing of them can be shown."""


class ArtifactCommandTests(CommandTests):
    """Laws of a command that looks at one artifact."""

    @pytest.mark.parametrize("artifact", params(DAMAGED))
    def test_broken_artifact_says_what_is_wrong(self, run: Any, artifact: Recorded) -> None:
        """Exit 3; one line that names the file, the fact and what to do; nothing on stdout."""
        result = run(*self.arguments(str(artifact.path)), "--json")
        assert (result.code, result.out) == (3, "")
        assert result.err.count("\n") == 1
        assert str(artifact.path) in result.err
        place, fact = result.err.split(": ", 2)[1:]
        assert place
        assert re.search(r"\. [A-Z].*\.$", fact.strip()), "a fact, then a sentence about what to do"


def assert_safe_to_print(text: str) -> None:
    """No character that a terminal would obey."""
    found = CONTROL.search(text)
    assert found is None, f"{found[0]!r} in {text[max(0, found.start() - 40) : found.end() + 40]!r}"
