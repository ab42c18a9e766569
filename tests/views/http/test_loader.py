"""TensorBoard's door: flags, loading, and the plugin that stands in for one that cannot start."""

from __future__ import annotations

import argparse
import ast
import json
import logging
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest
from tensorboard.backend.application import TensorBoardWSGI, TensorBoardWSGIApp
from tensorboard.plugins.base_plugin import TBContext, TBLoader, TBPlugin
from werkzeug.test import Client

from tensorboard_plugin_modelinspect.version import __version__
from tensorboard_plugin_modelinspect.views.http import loader
from tests.views.http.support import BASE_URL

ROOT = "/data/plugin/modelinspect/"
PLUGIN_MODULE = "tensorboard_plugin_modelinspect.views.http.plugin"


def load(**given):
    """What the loader gives for a context."""
    return loader.ModelInspectLoader().load(TBContext(**given))


def test_the_entry_module_needs_nothing_that_may_be_missing():
    """At its top it imports the standard library, TensorBoard's base class and our version."""
    tree = ast.parse(Path(loader.__file__).read_text())
    names = [node.module for node in tree.body if isinstance(node, ast.ImportFrom)]
    names += [a.name for node in tree.body if isinstance(node, ast.Import) for a in node.names]
    foreign = {name for name in names if name.partition(".")[0] not in sys.stdlib_module_names}
    assert foreign == {"tensorboard.plugins", "tensorboard_plugin_modelinspect.version"}


def test_loading_imports_no_engine():
    """TensorBoard starts without our readers: they come with the first request."""
    code = f"""
import sys
from tensorboard.plugins.base_plugin import TBContext
before = set(sys.modules)
from {loader.__name__} import ModelInspectLoader
plugin = ModelInspectLoader().load(TBContext())
plugin.get_plugin_apps(), plugin.frontend_metadata(), plugin.data_plugin_names()
new = set(sys.modules) - before
print([name for name in new if name.startswith("tensorboard_plugin_modelinspect")])
print([name for name in ("numpy", "google", "tensorflow", "werkzeug") if name in new])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours, heavy = map(ast.literal_eval, done.stdout.splitlines())
    package = "tensorboard_plugin_modelinspect"
    assert set(ours) == {
        package,
        f"{package}.errors",
        f"{package}.version",
        f"{package}.views",
        f"{package}.views.http",
        f"{package}.views.http.loader",
        f"{package}.views.http.plugin",
    }
    assert heavy == []


def test_metadata():
    """The tab's name, and an entry path that Safari's WebKit resolves as well."""
    plugin = load()
    metadata = plugin.frontend_metadata()
    assert plugin.plugin_name == "modelinspect"
    assert metadata.tab_name == "Model Inspect"
    assert metadata.es_module_path == "/plugin/modelinspect/index.js"
    assert metadata.es_module_path in plugin.get_plugin_apps()
    assert tuple(plugin.data_plugin_names()) == ()


def test_every_flag_is_optional():
    """Without any flag parsing succeeds, and ours allow nothing more."""
    parser = argparse.ArgumentParser()
    loader.ModelInspectLoader().define_flags(parser)
    assert parser.parse_args([]).modelinspect_allowed_hosts == ""
    flags = parser.parse_args(["--modelinspect_allowed_hosts=a.example,*.b.example"])
    assert flags.modelinspect_allowed_hosts == "a.example,*.b.example"
    assert "--modelinspect_allowed_hosts" in parser.format_help()


def test_running_models_is_off_unless_asked_for():
    """The flag is a switch; what runs them has another."""
    parser = argparse.ArgumentParser()
    loader.ModelInspectLoader().define_flags(parser)
    usual = parser.parse_args([])
    assert (usual.modelinspect_allow_run, usual.modelinspect_run_python) == (False, "")
    given = parser.parse_args(["--modelinspect_allow_run", "--modelinspect_run_python=/tf/python"])
    assert given.modelinspect_allow_run is True
    assert given.modelinspect_run_python == "/tf/python"


def test_a_flag_that_is_taken_is_left_alone(caplog):
    """An option that another plugin (or our twin) defined: one line in the log, no exception."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--modelinspect_allowed_hosts", type=int, default=7)
    with caplog.at_level(logging.INFO, "tensorboard"):
        loader.ModelInspectLoader().define_flags(parser)
        loader.ModelInspectLoader().define_flags(parser)
    assert len(caplog.records) == 2
    flags = parser.parse_args([])
    loader.ModelInspectLoader().fix_flags(flags)
    assert load(flags=flags) is not None


def test_a_second_one_steps_back():
    """TensorBoard dies of two plugins of one name: who comes second is none."""
    assert load(plugin_name_to_instance={"modelinspect": object()}) is None


def test_two_loaders_in_one_tensorboard():
    """Installed twice, TensorBoard's own application is built with one of them."""
    flags = Namespace(logdir="", samples_per_plugin={}, window_title="", path_prefix="")
    twins = [loader.ModelInspectLoader(), loader.ModelInspectLoader()]
    app = TensorBoardWSGIApp(flags, twins)
    listing = Client(app).get("/data/plugins_listing").get_json()
    assert list(listing) == ["modelinspect"]


@pytest.mark.parametrize("given", [{}, {"logdir": None, "flags": None}, {"flags": Namespace()}])
def test_any_field_of_the_context_may_be_missing(given):
    """TensorBoard promises none of them: the tab comes up, with an empty list."""
    plugin = load(**given)
    client = Client(TensorBoardWSGI([plugin]))
    assert client.get(f"{ROOT}api/status", base_url=BASE_URL).status_code == 200
    assert client.get(f"{ROOT}api/artifacts", base_url=BASE_URL).get_json()["roots"] == []


class TestProblem:
    """The plugin that stands in."""

    @pytest.fixture(params=[ImportError, AttributeError, SystemExit, MemoryError])
    def client(self, request, monkeypatch):
        """A TensorBoard whose Model Inspect fails to construct its plugin."""

        def fail(_self, _context):
            raise request.param("</script> is broken\ud800")

        monkeypatch.setattr(f"{PLUGIN_MODULE}.ModelInspectPlugin.__init__", fail)
        plugin = load(flags=None)
        assert isinstance(plugin, loader.ProblemPlugin)
        return Client(TensorBoardWSGI([plugin]))

    def test_is_listed_as_the_tab_would_be(self, client):
        """Same name, same entry; active, for the tab is where the reason stands."""
        listing = client.get("/data/plugins_listing").get_json()["modelinspect"]
        assert listing["enabled"] is True
        assert listing["tab_name"] == "Model Inspect"
        assert listing["loading_mechanism"]["module_path"].endswith(loader.ENTRY_ROUTE)

    @pytest.mark.parametrize("route", loader.ENTRY_ROUTES)
    def test_its_tab_says_what_is_wrong(self, client, route):
        """The entry is a script that puts the reason into the page as text."""
        response = client.get(f"{ROOT}{route[1:]}", base_url=BASE_URL)
        assert response.status_code == 200
        assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "is broken" in response.text
        assert "innerHTML" not in response.text

    def test_its_routes_say_what_is_wrong(self, client):
        """`api/status` holds the problem, any other route the one error shape."""
        status = client.get(f"{ROOT}api/status", base_url=BASE_URL).get_json()
        assert status["version"] == __version__
        assert "could not start" in status["problem"]
        response = client.get(f"{ROOT}api/artifacts", base_url=BASE_URL)
        assert response.status_code == 500
        assert response.get_json()["error"]["type"] == "StartupError"
        assert response.get_json()["error"]["message"] == status["problem"]

    def test_a_strange_host_learns_only_the_fact(self, client):
        """The reason may name paths of this machine: not for a page under another name."""
        for path in ("index.js", "api/status", "api/artifacts"):
            response = client.get(ROOT + path, base_url="http://attacker.example:6006")
            assert "is broken" not in response.text
            assert "could not start" in response.text

    def test_it_only_reads(self, client):
        """405 for everything but GET and HEAD."""
        for method in ("POST", "OPTIONS"):
            response = client.open(f"{ROOT}api/status", method=method, base_url=BASE_URL)
            assert response.status_code == 405
            assert response.headers["Allow"] == "GET, HEAD"
        assert client.head(f"{ROOT}index.js", base_url=BASE_URL).data == b""


def test_what_cannot_be_imported_is_one_line_in_the_log(monkeypatch, caplog):
    """No traceback on TensorBoard's terminal: a sentence with the reason and what to do."""
    monkeypatch.setitem(sys.modules, PLUGIN_MODULE, None)
    with caplog.at_level(logging.INFO, "tensorboard"):
        assert isinstance(load(), loader.ProblemPlugin)
    (record,) = caplog.records
    assert record.exc_info is None
    assert "ModuleNotFoundError" in record.getMessage()
    assert "pip install" in record.getMessage()


def test_a_problem_is_a_string_in_the_script():
    """Quotes, line ends and markup of a message stay inside the string."""
    problem = 'a "quoted"\n</script>\u2028\\ end PROBLEM'
    script = loader.problem_script(problem)
    literal = script.partition("text.textContent = ")[2].partition(";\n")[0]
    assert json.loads(literal) == problem
    assert script.isascii()


def test_the_loader_is_what_tensorboard_expects():
    """A loader class and plugins of TensorBoard's own types."""
    assert issubclass(loader.ModelInspectLoader, TBLoader)
    assert isinstance(load(), TBPlugin)
