"""The `modelinspect` command: finds its sub-commands and turns errors into exit codes."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.version import __version__
from tensorboard_plugin_modelinspect.views.text.words import printable

COMMANDS = (
    "ls",
    "show",
    "vars",
    "tensor",
    "stats",
    "inspect",
    "verify",
    "scan",
    "timeline",
    "diff",
    "restore-check",
    "lineage",
    "graph",
    "run",
    "portability",
    "demo",
)
"""In the order of the help. A name is a module of this folder with a `command` in it."""

DEBUG_VARIABLE = "MODELINSPECT_DEBUG"


class LazyGroup(click.Group):
    """Imports a command when it is asked for: starting one must not cost the others' imports."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"{__package__}.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="modelinspect")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Show what is inside SavedModels and checkpoints, without loading TensorFlow.

    Every command takes --json. Exit codes: 0 done, 2 wrong request, 3 broken file, 4 not
    supported, 5 TensorFlow is missing or failed.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit.

    Args:
        args: Without the program's name; those of the process if None.
    """
    # A command ends in a moment: looking for cycles among 100,000 records costs more than it frees.
    gc.set_threshold(1_000_000)
    for stream in (sys.stdout, sys.stderr):
        # A terminal that is not UTF-8 gets escapes instead of a traceback.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(run(args))


def run(args: Sequence[str] | None) -> int:
    """Run one command; returns the exit code. The one place that catches everything."""
    try:
        # Without standalone mode an early end (--help, --version) is the code it returns.
        code = cli.main(args, prog_name="modelinspect", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.UsageError as error:
        return _fail(_describe_usage(error), 2)
    except click.ClickException as error:
        return _fail(error.format_message(), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        _close_stdout()
        return 1
    except ModelInspectError as error:
        return _fail(error.message, error.exit_code)
    except Exception as error:  # noqa: BLE001 - the outer edge
        return _fail(_describe_unexpected(error), 1)


def _fail(message: str, code: int) -> int:
    """Say what went wrong, on one line, and return `code`; call it while handling the error."""
    if os.environ.get(DEBUG_VARIABLE):
        import traceback

        traceback.print_exc()
    click.echo(f"error: {printable(message)}", err=True)
    return code


def _describe_usage(error: click.UsageError) -> str:
    path = error.ctx.command_path if error.ctx else "modelinspect"
    return f"{error.format_message().rstrip('.')}. See: {path} --help"


def _describe_unexpected(error: Exception) -> str:
    """One line with an id that is the same wherever and whenever the same fault occurs."""
    import hashlib
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    place = "|".join(f"{os.path.basename(frame.filename)}:{frame.name}" for frame in frames)
    fault = f"{type(error).__name__}|{place}"
    fault_id = hashlib.sha256(fault.encode(errors="replace")).hexdigest()[:8]
    return (
        f"unexpected {type(error).__name__}: {error} (id {fault_id}). "
        f"Please report it with this id; set {DEBUG_VARIABLE}=1 for the traceback."
    )


def _close_stdout() -> None:
    """Let the interpreter flush into nothing at exit: the reader of our output has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
