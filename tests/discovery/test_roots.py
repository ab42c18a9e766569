"""Roots are TensorBoard's: what it reads from its flags is what is searched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tensorboard.backend.event_processing import data_ingester

from tensorboard_plugin_modelinspect.discovery import Root, resolve_roots
from tensorboard_plugin_modelinspect.discovery.roots import label_roots

PARTS = st.lists(
    st.text(st.sampled_from("ab~:/.,\\ é\udc80")) | st.sampled_from(["gs://", "s3://b/c", "C:"]),
    max_size=6,
).map("".join)


@given(PARTS)
@example("a:/x,b:/y,/z")
@example("a:/x:with/colon,/y:z")
@example("gs://bucket/logs,a:gs://bucket/logs")
@example("a:/x,b:/x")
@example(":/x,,a:")
@example("C:\\logs")
def test_logdir_spec_is_read_as_tensorboard_reads_it(spec: str) -> None:
    """Every `--logdir_spec` gives the folders and names that TensorBoard gives, in its order."""
    expected = data_ingester._parse_event_files_spec(spec) if spec else {}
    roots = resolve_roots("", spec)
    assert [(root.path, root.name) for root in roots] == [
        (path, name or "") for path, name in expected.items()
    ]


@pytest.mark.parametrize(
    "given_as", ["logs", "./logs", "logs/", "~/logs", "{tmp}/logs", "x/../logs"]
)
def test_a_logdir_is_made_absolute(
    given_as: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TensorBoard hands on the raw flag: relative, with `~`, with a trailing slash."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    logdir = given_as.replace("{tmp}", str(tmp_path))
    assert resolve_roots(logdir) == (Root("", str(tmp_path / "logs")),)


def test_a_logdir_is_one_path() -> None:
    """`--logdir a:/x,b:/y` is one strange path: TensorBoard does not split it."""
    assert resolve_roots("/x:y,/z") == (Root("", "/x:y,/z"),)


@pytest.mark.parametrize("url", ["gs://bucket/logs", "s3://bucket/logs", "hdfs://host/logs"])
def test_a_url_stays_a_url(url: str) -> None:
    """A URL is not mistaken for a relative path, alone or in a list."""
    assert resolve_roots(url) == (Root("", url),)
    assert resolve_roots("", f"a:{url}") == (Root("a", url),)
    assert Root("", url).is_remote
    assert not Root("", "/x://y").is_remote


def test_no_flag_gives_no_root() -> None:
    """Without any logdir nothing is searched: not the working directory, not `/`."""
    assert resolve_roots("", "") == ()


@given(st.lists(st.tuples(st.sampled_from(["", "a", "b"]), st.sampled_from("xyz")), unique=True))
def test_labels_tell_roots_apart(pairs: list[tuple[str, str]]) -> None:
    """Roots never share a label, or their artifacts would share ids; the first keeps its name."""
    roots = [Root(name, os.sep + path) for name, path in pairs]
    labels = label_roots(roots)
    assert len(set(labels)) == len(roots)
    for name in {root.name for root in roots}:
        assert name in labels
