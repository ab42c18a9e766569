"""Whether the tab is active: asked on every load of TensorBoard's page, which waits for it."""

from __future__ import annotations

import logging
import sys
import threading

import pytest

from tensorboard_plugin_modelinspect.discovery import Catalog
from tests.views.http.support import Tab, copy_case, wait_until


def search_thread_count() -> int:
    """Threads of ours that are alive."""
    return sum(thread.name.startswith("modelinspect") for thread in threading.enumerate())


def test_nothing_begins_before_somebody_asks(model_logdir):
    """Constructing the plugin starts no thread: TensorBoard's start is not ours to spend."""
    before = search_thread_count()
    Tab(model_logdir).plugin.get_plugin_apps()
    assert search_thread_count() == before


def test_a_logdir_with_models_is_active(model_logdir):
    """A search finds them, and then the answer never changes."""
    plugin = Tab(model_logdir).plugin
    wait_until(plugin.is_active)
    assert plugin.is_active() is True


def test_a_logdir_without_models_is_not_active(tmp_path):
    """No artifact: inactive, and the tab can still be opened by hand."""
    tab = Tab(tmp_path)
    assert tab.plugin.is_active() is False
    tab.settle()
    assert tab.plugin.is_active() is False


def test_models_that_come_later_are_noticed(tmp_path):
    """While inactive each question begins another search, whose answer the next question gets."""
    tab = Tab(tmp_path / "later")
    assert tab.plugin.is_active() is False
    tab.settle()
    copy_case("sharded", tmp_path / "later")
    wait_until(tab.plugin.is_active)


def test_active_stays_active(tmp_path):
    """A tab that was there does not vanish because a training run cleans up."""
    logdir = copy_case("sharded", tmp_path)
    tab = Tab(logdir)
    wait_until(tab.plugin.is_active)
    for path in (logdir / "sharded").iterdir():
        path.unlink()
    tab.settle(rescan=True)
    assert tab.plugin.is_active() is True


def test_a_search_that_hangs_does_not_hold_the_page(monkeypatch, tmp_path):
    """The first question waits a moment for the search, later ones not at all."""
    release = threading.Event()
    monkeypatch.setattr(Catalog, "scan", lambda _self, *, progress: release.wait())
    plugin = Tab(tmp_path).plugin
    try:
        assert plugin.is_active() is False
        wait_until(lambda: search_thread_count() > 0)
        assert plugin.is_active() is False
    finally:
        release.set()


def test_the_first_artifact_is_enough(monkeypatch, tmp_path):
    """A search of a large logdir makes the tab active before it ends."""
    release = threading.Event()

    def scan(_self, *, progress):
        progress(1, 1)
        release.wait()

    monkeypatch.setattr(Catalog, "scan", scan)
    plugin = Tab(tmp_path).plugin
    try:
        wait_until(plugin.is_active)
    finally:
        release.set()


@pytest.mark.parametrize("error", [OSError("disk"), ValueError("\0"), MemoryError()])
def test_a_search_that_fails_is_said_once_and_tried_again(monkeypatch, model_logdir, caplog, error):
    """It neither raises nor leaves the plugin dead: the next question searches again."""
    scan = Catalog.scan
    failures = iter([error])

    def fail_once(self, *, progress):
        for problem in failures:
            raise problem
        return scan(self, progress=progress)

    monkeypatch.setattr(Catalog, "scan", fail_once)
    plugin = Tab(model_logdir).plugin
    with caplog.at_level(logging.WARNING, "tensorboard"):
        assert plugin.is_active() is False
        wait_until(plugin.is_active)
    assert ["could not search the logdir" in r.getMessage() for r in caplog.records] == [True]
    assert caplog.records[0].exc_info is None


def test_no_more_threads_is_no_exception(monkeypatch, model_logdir, caplog):
    """A machine at its limit: inactive now, one line in the log, and no exception."""

    def fail(_self):
        raise RuntimeError("can't start new thread")

    plugin = Tab(model_logdir).plugin
    with monkeypatch.context() as limited, caplog.at_level(logging.WARNING, "tensorboard"):
        limited.setattr(threading.Thread, "start", fail)
        assert plugin.is_active() is False
    assert "can't start new thread" in caplog.text


@pytest.mark.parametrize("module", ["search", "application", "routes", "downloads", "hosts"])
def test_an_engine_that_cannot_be_imported_shows_in_the_tab(monkeypatch, model_logdir, module):
    """Broken code behind the door: the tab is active and its entry says what is wrong."""
    name = "tensorboard_plugin_modelinspect.views.http."
    for loaded in [key for key in sys.modules if key.startswith(name)]:
        if not loaded.endswith(("loader", "plugin", "payloads")):
            monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, name + module, None)
    tab = Tab(model_logdir)
    wait_until(tab.plugin.is_active)
    entry = tab.get("index.js")
    assert entry.status_code == 200
    if module != "hosts":  # the one that decides who may read the reason
        assert f"{name}{module}" in entry.text
    assert "could not start" in entry.text
    assert tab.get("api/artifacts").status_code == 500
