"""The logdir that most tests of the HTTP view ask about."""

from __future__ import annotations

import pytest

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
