"""Whatever is wrong with our plugin, TensorBoard starts, its other tabs work, and ours says why.

Each fault is put into a real TensorBoard's process before it starts. The table of what TensorBoard
itself does with a bad plugin: an exception on import, in `define_flags`, or from a second plugin of
one name ends it; one from `frontend_metadata` makes its whole page fail.
"""

from __future__ import annotations

import shutil
from typing import NamedTuple

import pytest

from tests.views.http.real_tensorboard import (
    REPOSITORY,
    Server,
    register,
    running_tensorboard,
    write_scalars,
)
from tests.views.http.support import CORPUS

pytestmark = pytest.mark.tensorboard

PACKAGE = "tensorboard_plugin_modelinspect"
HTTP = f"{PACKAGE}.views.http"


class Fault(NamedTuple):
    """Something wrong with our code.

    Attributes:
        before: Python that brings it about, run before TensorBoard is imported.
        said: What the tab must say; empty where the tab must work all the same.
    """

    before: str
    said: str = ""


def hide(module: str, missing: str = "") -> Fault:
    """A module that cannot be imported, or one that it needs."""
    return Fault(f"import sys; sys.modules[{missing or module!r}] = None", missing or module)


def fail_in(method: str, error: str, said: str | None = None) -> Fault:
    """A method of the plugin that raises."""
    before = f"""
from {HTTP} import plugin
def fail(*_): raise {error}
plugin.ModelInspectPlugin.{method} = fail
"""
    return Fault(before, error.partition("(")[0] if said is None else said)


FAULTS = {
    "plugin module": hide(f"{HTTP}.plugin"),
    "application module": hide(f"{HTTP}.application"),
    "engine": hide(f"{PACKAGE}.discovery"),
    "a reader": hide(f"{PACKAGE}.formats.checkpoint"),
    "a requirement": hide(f"{PACKAGE}.codecs.crc32c", "google_crc32c"),
    "import exits": Fault(
        f"""
import sys, importlib.abc
class Exit(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "{HTTP}.search":
            raise SystemExit("a module that ends the process")
sys.meta_path.insert(0, Exit())
""",
        "SystemExit: a module that ends the process",
    ),
    "constructor raises": fail_in("__init__", "ValueError('no')"),
    "constructor exits": fail_in("__init__", "SystemExit('no')"),
    "constructor has no memory": fail_in("__init__", "MemoryError()"),
    "no routes": fail_in("get_plugin_apps", "RuntimeError('no routes')"),
    "no metadata": fail_in("frontend_metadata", "RuntimeError('no metadata')"),
    "no data names": fail_in("data_plugin_names", "RuntimeError('no names')"),
    "no option group": Fault(
        """
import argparse
taken = argparse.ArgumentParser.add_argument_group
def fail(self, *given, **named):
    if "Model Inspect" in given: raise RuntimeError("no group")
    return taken(self, *given, **named)
argparse.ArgumentParser.add_argument_group = fail
"""
    ),
    "search raises": Fault(
        f"""
from {PACKAGE}.discovery import Catalog
def fail(*_, **__): raise OSError("the disk is gone")
Catalog.scan = fail
"""
    ),
    "search hangs": Fault(
        f"""
import time
from {PACKAGE}.discovery import Catalog
Catalog.scan = lambda *_, **__: time.sleep(10_000)
"""
    ),
    "no threads": Fault(
        f"""
from {HTTP} import plugin
class Thread:
    def __init__(self, **_): pass
    def start(self): raise RuntimeError("can't start new thread")
class Threading:
    def __getattr__(self, name):
        import threading
        return Thread if name == "Thread" else getattr(threading, name)
plugin.threading = Threading()
"""
    ),
}


@pytest.fixture(scope="module")
def logdir(tmp_path_factory):
    """A run with scalars and a model."""
    folder = tmp_path_factory.mktemp("logs")
    write_scalars(folder / "run1")
    shutil.copytree(CORPUS / "keras3_export" / "network", folder / "run1" / "export")
    return folder


def check_tensorboard(server: Server) -> None:
    """TensorBoard's page, its listing and the Scalars tab work, and ours is listed."""
    assert server.ask("/").status == 200
    listing = server.ask("/data/plugins_listing")
    assert listing.status == 200
    assert listing.json()["scalars"]["enabled"] is True
    assert "modelinspect" in listing.json()
    assert "run1" in server.ask("/data/plugin/scalars/tags").json()


@pytest.mark.parametrize("name", FAULTS)
def test_tensorboard_survives(logdir, name):
    """The fault is there, TensorBoard does not mind, and our tab has the reason or works."""
    fault = FAULTS[name]
    with running_tensorboard(f"--logdir={logdir}", before=fault.before) as server:
        check_tensorboard(server)
        entry = server.tab("index.js")
        assert entry.status == 200
        assert entry.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert ("could not start" in entry.text) is bool(fault.said)
        assert fault.said in entry.text
        status = server.tab("api/status")
        assert status.status == 200
        assert fault.said in (status.json()["problem"] or "")
        if fault.said:
            assert server.listing()["modelinspect"]["enabled"] is True
            assert fault.said in server.log()
        assert server.log().count("Traceback") == 0
        check_tensorboard(server)


def test_an_error_in_a_route(logdir):
    """One request fails with an id, and nothing else does."""
    before = f"""
from {HTTP} import routes
def fail(*_): raise ZeroDivisionError("inside")
routes.describe.describe_tensors = fail
"""
    with running_tensorboard(f"--logdir={logdir}", before=before) as server:
        check_tensorboard(server)
        artifact_id = server.artifacts()["artifacts"][0]["id"]
        answer = server.tab("api/tensors", {"id": artifact_id})
        assert answer.status == 500
        assert answer.json()["error"]["id"] in server.log()
        assert "inside" not in answer.text
        assert server.tab("api/artifact", {"id": artifact_id}).status == 200
        check_tensorboard(server)


def test_installed_twice(logdir, tmp_path):
    """Two registrations of our plugin: TensorBoard would die of them; the second steps back."""
    register(tmp_path, name="a_second_one", target=f"{HTTP}.loader:ModelInspectLoader")
    with running_tensorboard(f"--logdir={logdir}", paths=[tmp_path, REPOSITORY]) as server:
        check_tensorboard(server)
        assert server.listing()["modelinspect"]["enabled"] is True
        assert server.artifacts()["artifacts"]
        assert "could not start" not in server.tab("index.js").text


def test_an_option_that_another_plugin_took(logdir, tmp_path):
    """Another plugin defined our flag before us: we do without, with a line in the log."""
    (tmp_path / "greedy.py").write_text(
        """
from tensorboard.plugins.base_plugin import TBLoader
class Greedy(TBLoader):
    def define_flags(self, parser):
        parser.add_argument("--modelinspect_allowed_hosts", type=int, default=3)
"""
    )
    register(tmp_path, name="aaa_greedy", target="greedy:Greedy")
    with running_tensorboard(f"--logdir={logdir}", paths=[tmp_path]) as server:
        check_tensorboard(server)
        assert "goes on without its flags" in server.log()
        assert server.artifacts()["artifacts"]
        refused = server.tab("api/status", host="attacker.example:6006")
        assert refused.status == 403


def test_another_plugin_of_our_name(logdir, tmp_path):
    """A foreign plugin of our name that loads first keeps it, and TensorBoard starts."""
    (tmp_path / "namesake.py").write_text(
        """
from tensorboard.plugins.base_plugin import TBPlugin
class Namesake(TBPlugin):
    plugin_name = "modelinspect"
    def get_plugin_apps(self): return {}
    def is_active(self): return False
"""
    )
    register(tmp_path, name="aaa_namesake", target="namesake:Namesake")
    with running_tensorboard(f"--logdir={logdir}", paths=[tmp_path]) as server:
        check_tensorboard(server)
