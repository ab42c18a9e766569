"""The outer edge of the command line: help, exit codes, and errors of every kind."""

import os
import pkgutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tensorboard_plugin_modelinspect import __version__
from tensorboard_plugin_modelinspect.views import cli as cli_package
from tensorboard_plugin_modelinspect.views.cli import vars as vars_command
from tensorboard_plugin_modelinspect.views.cli.main import COMMANDS, run
from tests.views.cli.suite import HEAVY, ROOT, get_artifact, imported_by, run_fresh

GOOD = str(get_artifact("sharded/four").path)


def fail_with(kind: type[BaseException], *args: object) -> Any:
    """A function that raises."""

    def fail(*_: object) -> None:
        raise kind(*args)

    return fail


def test_every_command_module_is_a_command() -> None:
    """A file with a `command` in it cannot be forgotten in the table."""
    modules = {
        module.name
        for module in pkgutil.iter_modules(cli_package.__path__)
        if "\n@click.command(" in Path(cli_package.__path__[0], f"{module.name}.py").read_text()
    }
    assert modules == {name.replace("-", "_") for name in COMMANDS}


def test_help_lists_all_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """Each command has one line, and no arguments at all mean help."""
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    lines = out.split("Commands:\n")[1].splitlines()
    assert [line.split()[0] for line in lines] == list(COMMANDS)
    assert all(line.endswith(".") for line in lines)
    assert run([]) == 0
    assert capsys.readouterr().out == out


def test_help_imports_little() -> None:
    """Help comes at once: neither numpy nor TensorFlow is imported for it."""
    assert not HEAVY & imported_by("--help")


def test_version() -> None:
    """The version of the package, by the module form too."""
    assert run_fresh("--version").out.strip().endswith(__version__)


@pytest.mark.parametrize("args", [["lss"], ["show"], ["show", GOOD, "more"], ["--nothing"]])
def test_usage_errors(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2 and one line that says where to look."""
    assert run(args) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert "--help" in err
    assert err.count("\n") == 1


def test_unexpected_error_has_an_id(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 1 and one line whose id is the same for the same fault; the traceback is for asking."""
    monkeypatch.setattr(vars_command, "open_artifact", fail_with(ZeroDivisionError, "odd\x1b\n"))
    lines = set()
    for _ in range(2):
        assert run(["vars", GOOD]) == 1
        lines.add(capsys.readouterr().err)
    (line,) = lines
    assert line.count("\n") == 1
    assert "ZeroDivisionError: odd\\x1b\\n (id " in line
    assert "MODELINSPECT_DEBUG=1" in line

    monkeypatch.setattr(vars_command, "open_artifact", fail_with(KeyError, "odd"))
    assert run(["vars", GOOD]) == 1
    assert capsys.readouterr().err.split("(id ")[1][:8] != line.split("(id ")[1][:8]

    monkeypatch.setenv("MODELINSPECT_DEBUG", "1")
    assert run(["vars", GOOD]) == 1
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_interrupt_is_130(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C ends quietly with the code that shells expect."""
    monkeypatch.setattr(vars_command, "open_artifact", fail_with(KeyboardInterrupt))
    assert run(["vars", GOOD]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_errors_cannot_talk_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A name in an error is escaped, and an error is one line."""
    assert run(["show", "no\x1b[31m\nsuch\udcff"]) == 2
    err = capsys.readouterr().err
    assert r"no\x1b[31m\nsuch\xff" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("path", [str(get_artifact("dtypes/all").path), GOOD])
def test_closed_pipe_is_quiet(path: str, unbuffered: str) -> None:
    """`modelinspect vars … | head -1` says nothing on stderr, however long the output is."""
    with subprocess.Popen(
        [sys.executable, "-m", "tensorboard_plugin_modelinspect", "vars", path],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 1


def test_terminal_without_utf8() -> None:
    """Where the terminal cannot show a character it gets an escape, never a traceback."""
    result = run_fresh(
        "tensor", str(get_artifact("dtypes/all").path), "string/vector", PYTHONIOENCODING="ascii"
    )
    assert (result.code, result.err) == (0, "")
    assert result.out.isascii()
