"""Rules for names: natural order, series, and runs as TensorBoard names them."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer

from tensorboard_plugin_modelinspect.discovery import Catalog, resolve_roots
from tensorboard_plugin_modelinspect.discovery.names import natural_key, nearest_run, series_of
from tests.discovery.trees import write_checkpoint, write_events

NAMES = st.text(st.sampled_from("ab-./019"), max_size=8)


def slow_key(text: str) -> list[tuple[int, int]]:
    """The order said plainly: `/` before all, a number by its value in the place of `0`."""
    tokens = re.findall(r"[0-9]+|[^0-9]", text.replace("/", "\0"))
    return [(48, int(token)) if token.isdigit() else (ord(token), 0) for token in tokens]


@given(st.lists(NAMES, max_size=6))
def test_numbers_in_names_count_as_numbers(names: list[str]) -> None:
    """Sorting by key is sorting by the texts and the numbers in the names."""
    keys = [(natural_key(name), slow_key(name)) for name in names]
    assert sorted(keys, key=lambda pair: pair[0]) == sorted(keys, key=lambda pair: pair[1])


def test_natural_order_is_what_people_expect() -> None:
    """9 before 10, a folder's content before its neighbours, no limit for long numbers."""
    names = ["ckpt-9", "ckpt-10", "ckpt-10/a", "ckpt-10.b", "ckpt-" + "9" * 250, "d/1", "d-1"]
    assert sorted(sorted(names), key=natural_key) == names


@pytest.mark.parametrize(
    ("prefix", "series"),
    [
        ("ckpt-100", "ckpt"),
        ("model.ckpt-100", "model.ckpt"),
        ("cp-0001.ckpt", "cp.ckpt"),
        ("weights.05", "weights"),
        ("epoch_3", "epoch"),
        ("ckpt", "ckpt"),
        ("model.ckpt", "model.ckpt"),
        ("resnet50", "resnet50"),
        ("100", "100"),
        ("-5", ""),
        ("a\n-5", "a\n"),
        ("model.ckpt-7-?????-of-00002", "model.ckpt"),
        ("export-?????-of-00001", "export"),
    ],
)
def test_a_series_is_the_name_without_its_step(prefix: str, series: str) -> None:
    """Checkpoints that differ in the step at the end are one series; other numbers stay."""
    assert series_of(prefix) == series


@given(st.text(st.sampled_from("ab-._ckpt0\n"), max_size=10), st.integers(0, 10**17))
def test_all_steps_of_a_manager_are_one_series(base: str, step: int) -> None:
    """`CheckpointManager` and `Saver` join a number with `-`: the series never depends on it."""
    assert series_of(f"{base}-{step}") == base


@given(
    st.lists(st.sampled_from("abc"), max_size=4),
    st.sets(st.lists(st.sampled_from("abc"), max_size=4).map("/".join)),
)
def test_the_nearest_run_is_the_longest_one_above(parts: list[str], runs: set[str]) -> None:
    """An artifact belongs to the longest run whose folder is its own or above it, else to none."""
    above = ["/".join(parts[:length]) for length in range(len(parts) + 1)]
    expected = max((run for run in above if run in runs), key=len, default=None)
    assert nearest_run("/".join(parts), runs) == expected


@pytest.mark.parametrize(
    ("logdir", "spec"),
    [
        ("{root}", ""),
        ("{root}/", ""),
        ("", "{root}"),
        ("", "a:{root}"),
        ("", "a:{root}/train,b:{root}/eval,{root}/other"),
        ("", "a:{root}/train,a:{root}/eval"),
        ("", "{root}/train,{root}/eval"),
        ("", "a:{root}/missing"),
    ],
)
def test_runs_are_named_as_tensorboard_names_them(tmp_path: Path, logdir: str, spec: str) -> None:
    """The names of runs are those of TensorBoard's own reader, for each form of its flags."""
    root = tmp_path / "logs"
    for folder in ("", "train", "train/deep/er", "eval", "eval/validation"):
        write_events(root / folder)
    (root / "other" / "plugins").mkdir(parents=True)
    (root / "other" / "my.tfevents.copy").touch()
    (root / "train" / "link").mkdir()
    (root / "train" / "link" / "events.out.tfevents.1").symlink_to("/nowhere")
    roots = resolve_roots(logdir.format(root=root), spec.format(root=root))
    multiplexer = EventMultiplexer()
    for one in roots:
        multiplexer.AddRunsFromDirectory(one.path, one.name or None)
    snapshot = Catalog(lambda: roots).scan()
    assert sorted(snapshot.runs) == sorted(multiplexer.Runs())


@pytest.mark.parametrize("spec", ["{root}", "a:{root}"])
def test_an_artifact_belongs_to_the_run_around_it(tmp_path: Path, spec: str) -> None:
    """Model folders are no runs: theirs is the nearest run above, the root's too, or none."""
    for run in ("train", "train/deep"):
        write_events(tmp_path / run)
    for folder in ("train", "train/ckpt", "train/deep/export/1", "training", ""):
        write_checkpoint(tmp_path / folder, "model")
    snapshot = Catalog(lambda: resolve_roots("", spec.format(root=tmp_path))).scan()
    prefix = "a/" if spec.startswith("a") else ""
    assert {found.path: found.run for found in snapshot.artifacts} == {
        "train/model": f"{prefix}train",
        "train/ckpt/model": f"{prefix}train",
        "train/deep/export/1/model": f"{prefix}train/deep",
        "training/model": None,
        "model": None,
    }
    write_events(tmp_path)
    (again,) = {
        found.run
        for found in Catalog(lambda: resolve_roots("", spec.format(root=tmp_path))).scan().artifacts
        if os.path.dirname(found.path) in ("", "training")
    }
    assert again == f"{prefix}."
