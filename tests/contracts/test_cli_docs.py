"""docs/cli.md and the schemas say exactly what the commands take and print."""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest

from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.model.artifact import STATES, Kind
from tensorboard_plugin_modelinspect.model.tensor import ROLES
from tensorboard_plugin_modelinspect.views.cli.main import COMMANDS, cli
from tensorboard_plugin_modelinspect.views.http import payloads

DOCS = Path(__file__).resolve().parents[2] / "docs"
TEXT = (DOCS / "cli.md").read_text()
SECTIONS = dict(
    re.findall(r"^## modelinspect (\S+)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
)


def get_command(name: str) -> click.Command:
    """A command by name."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    return command


def load_schema(name: str) -> dict[str, Any]:
    """The schema of a command's `--json`."""
    schema: dict[str, Any] = json.loads((DOCS / "schemas" / f"{name}.json").read_text())
    return schema


def test_every_command_has_a_section() -> None:
    """In the order of the help."""
    assert tuple(SECTIONS) == COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_options_are_documented(name: str) -> None:
    """Each option is in the command's table, and no other is."""
    command = get_command(name)
    options = {
        flag for param in command.params if isinstance(param, click.Option) for flag in param.opts
    }
    assert options == set(re.findall(r"^\| `(--[a-z_-]+)", SECTIONS[name], re.MULTILINE))


@pytest.mark.parametrize("name", COMMANDS)
def test_usage_is_documented(name: str) -> None:
    """The first line of a section is the command with its arguments, as `--help` prints it."""
    command = get_command(name)
    context = click.Context(command, info_name=name)
    arguments = [
        piece
        for param in command.get_params(context)
        if isinstance(param, click.Argument)
        for piece in param.get_usage_pieces(context)
    ]
    usage = " ".join(["modelinspect", name, *arguments])
    assert SECTIONS[name].strip().splitlines()[0].strip() == usage


@pytest.mark.parametrize("name", COMMANDS)
def test_schema_is_linked_and_sound(name: str) -> None:
    """Every command has `--json`, a schema that is one, and a link to it; every name says what."""
    schema = load_schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert f"(schemas/{name}.json)" in SECTIONS[name]
    assert schema["title"] == f"modelinspect {name} --json"


def test_no_schema_without_command() -> None:
    """Each belongs to a command, `show --dir` has its own; one is of a file that is written."""
    assert {path.stem for path in (DOCS / "schemas").glob("*.json")} == {
        *COMMANDS,
        "show_dir",
        "description",
    }
    assert "(schemas/show_dir.json)" in SECTIONS["show"]
    jsonschema.Draft202012Validator.check_schema(load_schema("show_dir"))


def test_words_of_the_schemas_are_those_of_the_model() -> None:
    """Kinds, states and roles that the engine may say are those that the schemas allow."""
    artifact = load_schema("ls")["$defs"]["artifact"]["properties"]
    tensor = load_schema("vars")["$defs"]["tensor"]["properties"]
    shown = load_schema("show")["properties"]
    assert artifact["kind"]["enum"] == shown["kind"]["enum"] == list(Kind.__args__)
    assert artifact["state"]["enum"] == shown["state"]["enum"] == list(STATES)
    assert tensor["role"]["enum"] == list(ROLES)


@pytest.mark.parametrize(
    ("command", "definition", "payload"),
    [
        ("ls", "artifact", payloads.ArtifactRow),
        ("show", "meta_graph", payloads.MetaGraphPayload),
        ("show", "signature", payloads.SignaturePayload),
        ("show", "spec", payloads.SpecPayload),
        ("show", "totals", payloads.TotalsPayload),
        ("show", "sum", payloads.SumPayload),
        ("show_dir", "signature", payloads.SignaturePayload),
        ("show_dir", "spec", payloads.SpecPayload),
        ("vars", "totals", payloads.TotalsPayload),
        ("vars", "sum", payloads.SumPayload),
    ],
)
def test_names_are_those_of_the_tab(command: str, definition: str, payload: Any) -> None:
    """The command line and the tab's routes use the same names for the same things.

    But `ls` reads no weights, and has no server that remembers what was found in them.
    """
    names = {entry.name for entry in dataclasses.fields(payload)}
    names -= {"findings"} if command == "ls" else set()
    assert set(load_schema(command)["$defs"][definition]["properties"]) == names


def test_exit_codes_are_documented() -> None:
    """Every exit code that an error can give is in the table."""
    codes = set(map(int, re.findall(r"^\| (\d+) \|", TEXT, re.MULTILINE)))
    pending, found = [ModelInspectError], set()
    while pending:
        kind = pending.pop()
        found.add(kind.exit_code)
        pending.extend(kind.__subclasses__())
    assert found <= codes
    assert {0, 130} <= codes
