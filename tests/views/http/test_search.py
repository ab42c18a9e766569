"""Searching and counting in the background."""

from __future__ import annotations

import threading

import pytest

from tensorboard_plugin_modelinspect.analyses.totals import compute_totals
from tensorboard_plugin_modelinspect.discovery import Catalog, checking, resolve_roots
from tensorboard_plugin_modelinspect.discovery import catalog as catalog_module
from tensorboard_plugin_modelinspect.errors import NotFound
from tensorboard_plugin_modelinspect.opening import open_artifact
from tensorboard_plugin_modelinspect.views.http import search as search_module
from tensorboard_plugin_modelinspect.views.http.search import Counts, Search
from tests.views.http.support import copy_case, wait_until

UNKNOWN = Counts(None, None)


@pytest.fixture
def logdir(tmp_path):
    """Two small checkpoints."""
    return copy_case("sharded", tmp_path)


@pytest.fixture
def search(logdir):
    """A search of them that has not begun."""
    catalog = Catalog(lambda: resolve_roots(str(logdir)))
    return Search(catalog, found=threading.Event(), settled=threading.Event())


def finish(search):
    """Wait until it rests."""
    wait_until(lambda: not search.running and not search.counting)


def counts(search):
    """What is counted, by path."""
    return {found.path: search.counts(found) for found in search.catalog.snapshot.artifacts}


def test_counts_follow_a_search(search, logdir):
    """After a search every artifact is opened once, and its numbers kept."""
    search.start()
    assert search.running or search.counting
    finish(search)
    known = counts(search)
    artifact = open_artifact(logdir / "sharded" / "four")
    totals = compute_totals(artifact.tensors.values())
    assert known["sharded/four"] == (totals.model_parameters, len(artifact.tensors))
    assert UNKNOWN not in known.values()


def test_what_cannot_be_opened_has_no_counts(search, monkeypatch):
    """None, and the counting goes on with the next one, whatever the error is."""
    failures = iter([NotFound("gone"), ZeroDivisionError("bug")])
    monkeypatch.setattr(Catalog, "parameters", lambda _self, _found: raise_next(failures))
    search.start()
    finish(search)
    assert set(counts(search).values()) == {UNKNOWN}
    assert next(failures, None) is None


def raise_next(failures):
    """Raise what comes next."""
    raise next(failures)


def test_only_what_changed_is_counted_again(search, logdir, monkeypatch):
    """A second search opens nothing that is the same, and drops what is gone."""
    counted = []
    parameters = Catalog.parameters

    def note(self, found):
        counted.append(found.path)
        return parameters(self, found)

    monkeypatch.setattr(Catalog, "parameters", note)
    search.start()
    finish(search)
    index = logdir / "sharded" / "nothing.index"
    index.write_bytes(index.read_bytes())
    search.start()
    finish(search)
    assert counted == ["sharded/four", "sharded/nothing", "sharded/nothing"]


def test_counting_is_bounded(search, monkeypatch):
    """At most so many artifacts after one search; the others get their turn after the next."""
    monkeypatch.setattr(search_module, "COUNT_LIMIT", 1)
    search.start()
    finish(search)
    assert list(counts(search).values()).count(UNKNOWN) == 1
    search.start()
    finish(search)
    assert UNKNOWN not in counts(search).values()


def test_counting_has_a_deadline(search, monkeypatch):
    """And at most so long."""
    monkeypatch.setattr(search_module, "COUNT_SECONDS", -1.0)
    search.start()
    finish(search)
    assert set(counts(search).values()) == {UNKNOWN}


def test_one_search_at_a_time(search, monkeypatch):
    """Asking again while one runs begins no other: reloading is no way to load the machine."""
    running, begun, release = threading.Semaphore(1), threading.Event(), threading.Event()
    scan = Catalog.scan

    def slow(self, *, progress):
        assert running.acquire(blocking=False), "two searches at once"
        begun.set()
        release.wait()
        try:
            return scan(self, progress=progress)
        finally:
            running.release()

    monkeypatch.setattr(Catalog, "scan", slow)
    search.start()
    assert begun.wait(30)
    for _ in range(20):
        search.start()
    assert search.running
    release.set()
    finish(search)
    assert search.catalog.snapshot.generation == 1


def test_a_search_goes_before_counting(search, monkeypatch):
    """Who asks for a search while artifacts are counted gets it at once; counting follows."""
    counting, release = threading.Event(), threading.Event()
    parameters = Catalog.parameters

    def slow(self, found):
        counting.set()
        release.wait()
        return parameters(self, found)

    monkeypatch.setattr(Catalog, "parameters", slow)
    search.start()
    assert counting.wait(30)
    assert (search.running, search.counting) == (False, True)
    search.start()
    assert search.running
    release.set()
    finish(search)
    assert search.catalog.snapshot.generation == 2
    assert UNKNOWN not in counts(search).values()


def test_the_very_first_artifact_counts(search, monkeypatch):
    """The tab is active with the first artifact of a long search, not with its next pulse."""
    release = threading.Event()
    check = checking.check_artifact

    def check_slowly(folder, candidate, *, now_s):
        if candidate.name != "four":
            release.wait()
        return check(folder, candidate, now_s=now_s)

    monkeypatch.setattr(catalog_module, "_PULSE_S", 10_000)
    monkeypatch.setattr(checking, "check_artifact", check_slowly)
    search.start()
    try:
        wait_until(search.found.is_set)
        assert search.running
    finally:
        release.set()
    finish(search)
