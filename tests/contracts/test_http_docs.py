"""`docs/http.md` documents every route, parameter, status and path, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tensorboard_plugin_modelinspect import errors
from tensorboard_plugin_modelinspect.views.http.plugin import ModelInspectPlugin
from tensorboard_plugin_modelinspect.views.http.routes import ROUTES

TEXT = (Path(__file__).parents[2] / "docs" / "http.md").read_text(encoding="utf-8")


ANSWERED = (errors.UserError, errors.FormatError, errors.Unsupported, errors.RunnerError)


def sections() -> dict[str, str]:
    """The text of each route's section, by the route's name."""
    parts = re.split(r"^### `api/(\w+)`$", TEXT, flags=re.MULTILINE)[1:]
    bodies = [body.partition("\n## ")[0] for body in parts[1::2]]
    return dict(zip(parts[::2], bodies, strict=True))


def rows(text: str) -> list[list[str]]:
    """Cells of the table rows that begin with code."""
    return [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in re.findall(r"^\| .*`.*$", text, re.MULTILINE)
    ]


def test_every_route_is_documented_and_no_other():
    """A new route needs a section; a route that is gone loses its own."""
    assert list(sections()) == list(ROUTES)


@pytest.mark.parametrize("name", ROUTES)
def test_every_parameter_is_documented_and_no_other(name):
    """The table of a route's section names exactly its parameters, in their order."""
    documented = [row[0].strip("`") for row in rows(sections()[name])]
    assert documented == [*ROUTES[name].required, *ROUTES[name].optional]


@pytest.mark.parametrize("name", [name for name in ROUTES if ROUTES[name].action])
def test_every_action_is_documented(name):
    """A route that does something says what to send."""
    section = sections()[name]
    assert "`POST`" in section
    assert all(f'"{field}"' in section for field in ROUTES[name].action.fields)


@pytest.mark.parametrize("name", ROUTES)
def test_every_route_says_what_it_answers(name):
    """A section is more than a table."""
    assert len(sections()[name].strip().split("\n")[0]) > 30


def test_every_path_is_documented():
    """The paths that TensorBoard routes to us are all there."""
    plugin = ModelInspectPlugin(None)
    for route in plugin.get_plugin_apps():
        assert f"`{route.lstrip('/').replace('*', '…').replace('api/…', 'api/status')}`" in TEXT


def test_every_status_is_the_one_of_its_error():
    """The table of errors agrees with the tree in `errors.py`, and leaves none out that is sent."""
    table = TEXT.partition("| status |")[2].partition("\n\n")[0]
    documented = {
        kind: int(row[0]) for row in table_rows(table) for kind in re.findall(r"`(\w+)`", row[1])
    }
    known = {
        one.__name__: one.http_status
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, ANSWERED)
    }
    never_sent = {"UserError", "UnknownFormat"}
    assert {kind: status for kind, status in documented.items() if kind in known} == {
        kind: status for kind, status in known.items() if kind not in never_sent
    }
    assert set(documented) - set(known) == {"MethodNotAllowed", "InternalError", "StartupError"}


def table_rows(text: str) -> list[list[str]]:
    """Cells of all rows that begin with a number."""
    return [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in re.findall(r"^\| \d.*$", text, re.MULTILINE)
    ]
