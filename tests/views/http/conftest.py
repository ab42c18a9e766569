"""The logdirs that tests of the HTTP view ask about, and a gate in front of all reading."""

from __future__ import annotations

from collections.abc import Iterator

import ml_dtypes
import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses.stats import running
from tests.support.bundle_writer import BundleWriter
from tests.views.http.diff_support import Two
from tests.views.http.stats_support import Gate
from tests.views.http.support import Tab, copy_case


@pytest.fixture(scope="session")
def model_logdir(tmp_path_factory):
    """SavedModels of Keras and a series of checkpoints; only to be read."""
    logdir = tmp_path_factory.mktemp("models")
    copy_case("keras3_checkpoint", logdir)
    return copy_case("keras3_export", logdir)


@pytest.fixture
def tab(model_logdir):
    """The plugin over `model_logdir`."""
    return Tab(model_logdir)


@pytest.fixture
def reading_gate(monkeypatch) -> Iterator[Gate]:
    """In front of all reading."""
    gate = Gate()
    monkeypatch.setattr(running, "iter_pieces", gate.iter_pieces)
    yield gate
    gate.open.set()


@pytest.fixture
def odd(tmp_path) -> tuple[Tab, str]:
    """A checkpoint of tensors of every odd sort, and its id."""
    writer = BundleWriter(shard_count=2)
    good = np.arange(12, dtype=np.float32).reshape(3, 4)
    some = good.copy()
    some[1, 2], some[2, 0], some[2, 1] = np.nan, np.inf, -np.inf
    writer.add("a_good", good)
    writer.add("b_nan", np.full((2, 2), np.nan, np.float32))
    writer.add("c_some", some)
    writer.add("d_empty", np.zeros((0, 3), np.float32))
    writer.add("e_scalar", np.array(2**53 + 1, np.int64))
    writer.add_strings("f_text", [b"", b"abc", b"de"])
    writer.add("g_complex", np.array([3 + 4j, 0], np.complex64))
    writer.add("h_small", np.array([1, 2, 3], ml_dtypes.bfloat16))
    writer.add("i_shard", good + 1, shard=1)
    writer.add_hole("j_crc", "float32", (4,), crc32c=7)
    writer.add("k_huge", np.array([1e300, -1e300]))
    writer.add("l_zero", np.zeros((4, 4), np.float32))
    writer.write(tmp_path, "ckpt-1")
    tab = Tab(tmp_path)
    return tab, tab.id_of("ckpt-1")


@pytest.fixture
def two(tmp_path) -> Two:
    """Two checkpoints."""
    return Two(tmp_path)
