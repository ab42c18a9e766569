"""The cache behind the statistics of the tab."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np

from tensorboard_plugin_modelinspect.analyses.stats import compute_stats
from tensorboard_plugin_modelinspect.stats_cache import FILE_NAME, VARIABLE, open_cache
from tensorboard_plugin_modelinspect.views.http.user_cache import UserCache
from tests.support.tensors import tensor_of

ROOT = Path(__file__).resolve().parents[3]
TENSOR = tensor_of("w", np.arange(8, dtype=np.float32))


def test_it_is_that_of_the_command_line(tmp_path, monkeypatch):
    """What one of them computed the other knows."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    stats = compute_stats(TENSOR)
    with open_cache() as cache:
        cache.put(TENSOR, stats)
    assert UserCache(list).get(TENSOR) == stats


def test_it_is_never_below_the_logdir(tmp_path, monkeypatch):
    """Then it is in memory only."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "logs" / "cache"))
    (tmp_path / "logs").mkdir()
    cache = UserCache(lambda: [str(tmp_path / "logs")])
    stats = compute_stats(TENSOR)
    cache.put(TENSOR, stats)
    assert cache.get(TENSOR) == stats
    assert list((tmp_path / "logs").iterdir()) == []


def test_the_desk_hands_it_the_roots(tmp_path, monkeypatch):
    """Those of the search, which nothing may be written below."""
    from tensorboard_plugin_modelinspect.discovery import Catalog, Root
    from tensorboard_plugin_modelinspect.views.http.routes import Desk
    from tensorboard_plugin_modelinspect.views.http.search import Search

    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    catalog = Catalog(lambda: (Root("", str(tmp_path)),))
    desk = Desk(Search(catalog, found=threading.Event(), settled=threading.Event()))
    catalog.scan()
    cache = desk.statistics._cache
    assert isinstance(cache, UserCache)
    cache.put(TENSOR, compute_stats(TENSOR))
    cache._opened().close()
    assert not (tmp_path / "cache" / FILE_NAME).exists()


def test_nothing_is_imported_for_it_before_it_is_used():
    """TensorBoard's start does not wait for numpy and a database."""
    code = (
        "import sys\n"
        "from tensorboard_plugin_modelinspect.views.http.user_cache import UserCache\n"
        "UserCache(lambda: [])\n"
        "print(*sorted({'numpy', 'sqlite3', 'platformdirs'} & sys.modules.keys()))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
