"""The routes `api/scalar_tags` and `api/scalars`: TensorBoard's scalars beside a series."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from tensorboard.data.provider import DataProvider

from tensorboard_plugin_modelinspect.discovery.roots import Root
from tensorboard_plugin_modelinspect.views.http.scalars import MOST_POINTS, nearest_runs
from tests.views.http.real_tensorboard import running_tensorboard, write_scalars
from tests.views.http.route_tests import JsonRouteTests
from tests.views.http.support import Tab, copy_case

SERIES = "keras3_checkpoint/series/ckpt-1"


class Provider:
    """A data provider of some curves.

    Args:
        curves: Points by run and tag.
    """

    def __init__(self, curves: dict[str, dict[str, list[tuple[int, float]]]]) -> None:
        self.curves = curves
        self.asked: list[dict[str, Any]] = []

    def list_scalars(self, ctx: Any = None, **asked: Any) -> dict[str, dict[str, Any]]:
        """See `DataProvider`."""
        self.asked.append(asked)
        return {run: dict.fromkeys(tags) for run, tags in self.curves.items()}

    def read_scalars(self, ctx: Any = None, **asked: Any) -> dict[str, dict[str, list[Any]]]:
        """See `DataProvider`; without filters by more than one run and tag."""
        self.asked.append(asked)
        [run], [tag] = asked["run_tag_filter"].runs, asked["run_tag_filter"].tags
        points = self.curves.get(run, {}).get(tag)
        if points is None:
            return {}
        return {run: {tag: [SimpleNamespace(step=step, value=value) for step, value in points]}}


def tab_with(logdir: Any, provider: Any) -> Tab:
    """The plugin with a data provider."""
    tab = Tab(logdir)
    tab.plugin._context.data_provider = provider
    return tab


CURVES = {
    "keras3_checkpoint/train": {"loss": [(1, 0.5), (3, 0.25)], "accuracy": [(1, 0.1)]},
    "keras3_checkpoint/validation": {"loss": [(0, 9.0)]},
    "elsewhere": {"loss": [(0, 1.0)]},
}


class TestScalarTags(JsonRouteTests):
    """`api/scalar_tags`."""

    route = "scalar_tags"

    def parameters(self, tab):
        """A series."""
        return {"id": tab.id_of(SERIES)}

    def test_runs_beside_the_series(self, model_logdir):
        """Theirs and no others, with their tags; the provider is asked for scalars."""
        provider = Provider(CURVES)
        tab = tab_with(model_logdir, provider)
        answer = tab.get("api/scalar_tags", {"id": tab.id_of(SERIES)}).get_json()
        assert answer["problem"] is None
        assert answer["runs"] == [
            {"run": "keras3_checkpoint/train", "tags": ["accuracy", "loss"]},
            {"run": "keras3_checkpoint/validation", "tags": ["loss"]},
        ]
        assert provider.asked == [{"experiment_id": "", "plugin_name": "scalars"}]

    def test_no_provider_is_said(self, tab):
        """A TensorBoard without one has no scalars for us."""
        answer = tab.get("api/scalar_tags", {"id": tab.id_of(SERIES)}).get_json()
        assert answer["runs"] == []
        assert "no data provider" in answer["problem"]

    def test_a_provider_that_fails_is_said(self, model_logdir):
        """Whatever another's code raises is no error of the route."""
        tab = tab_with(model_logdir, object())
        asked = {"id": tab.id_of(SERIES)}
        assert "did not give" in tab.get("api/scalar_tags", asked).get_json()["problem"]
        answer = tab.get("api/scalars", {**asked, "run": "a", "tag": "b"}).get_json()
        assert answer["steps"] == []
        assert "did not give" in answer["problem"]


class TestScalars(JsonRouteTests):
    """`api/scalars`."""

    route = "scalars"

    def parameters(self, tab):
        """A series, and a curve that there is not."""
        return {"id": tab.id_of(SERIES), "run": "none", "tag": "loss"}

    def read(self, logdir, curve: list[tuple[int, float]]) -> dict[str, Any]:
        """The answer for a curve."""
        tab = tab_with(logdir, Provider({"r": {"t": curve}}))
        asked = {"id": tab.id_of(SERIES), "run": "r", "tag": "t"}
        return tab.get("api/scalars", asked).get_json()

    def test_a_curve_and_its_value_at_each_checkpoint(self, model_logdir):
        """That of the checkpoint's step, or of the nearest one before; none before the first."""
        answer = self.read(model_logdir, [(2, 0.5), (7, 0.25)])
        assert (answer["steps"], answer["values"]) == ([2, 7], [0.5, 0.25])
        checkpoints = answer["checkpoints"]
        assert checkpoints["step"] == [None, 2, 2]
        assert checkpoints["value"] == [None, 0.5, 0.5]
        assert checkpoints["exact"] == [False, True, False]
        assert len(set(checkpoints["id"])) == 3

    def test_a_run_that_was_begun_again(self, model_logdir):
        """Steps that come twice count as they came last, in order."""
        answer = self.read(model_logdir, [(1, 1.0), (3, 3.0), (2, 2.0), (3, 4.0)])
        assert (answer["steps"], answer["values"]) == ([1, 2, 3], [1.0, 2.0, 4.0])
        assert answer["checkpoints"]["value"] == [1.0, 2.0, 4.0]

    def test_values_that_json_has_not(self, model_logdir):
        """A loss that became NaN is null at a step that is there."""
        answer = self.read(model_logdir, [(1, 1.0), (2, float("nan"))])
        assert answer["values"] == [1.0, None]
        assert answer["checkpoints"]["step"] == [1, 2, 2]
        assert answer["checkpoints"]["value"] == [1.0, None, None]

    def test_no_such_curve_is_empty(self, model_logdir):
        """Tags come and go while TensorBoard runs."""
        tab = tab_with(model_logdir, Provider({}))
        asked = {"id": tab.id_of(SERIES), "run": "r", "tag": "t"}
        answer = tab.get("api/scalars", asked).get_json()
        assert (answer["steps"], answer["problem"]) == ([], None)
        assert answer["checkpoints"]["value"] == [None] * 3

    def test_what_is_asked_of_the_provider(self, model_logdir):
        """One run, one tag, and not more points than a screen has."""
        provider = Provider(CURVES)
        tab = tab_with(model_logdir, provider)
        asked = {"id": tab.id_of(SERIES), "run": "elsewhere", "tag": "loss"}
        tab.get("api/scalars", asked)
        assert provider.asked[-1]["downsample"] == MOST_POINTS
        wanted = DataProvider.read_scalars.__kwdefaults__
        assert provider.asked[-1].keys() == {*wanted, "experiment_id", "plugin_name"}


ROOT = Root("", "/logs")


@pytest.mark.parametrize(
    ("folder", "runs", "expected"),
    [
        ("run/ckpts", ["run", "other"], ["run"]),
        ("run/ckpts", ["run/train", "run/validation", "x/train"], ["run/train", "run/validation"]),
        ("run/ckpts", ["run/ckpts", "run/ckpts/eval", "run/train", "run"],
         ["run/ckpts", "run/ckpts/eval", "run", "run/train"]),
        ("run", ["run", "run/eval", "other"], ["run", "run/eval"]),
        ("ckpts", ["train", "validation"], ["train", "validation"]),
        ("a/b/c", [".", "a/x"], ["a/x", "."]),
        (".", [".", "a", "b/c"], [".", "a", "b/c"]),
        ("run10", ["run1", "run10/train"], ["run10/train"]),
        ("run/ckpts", [], []),
    ],
)  # fmt: skip
def test_nearest_runs(folder: str, runs: list[str], expected: list[str]) -> None:
    """The run itself, those above, those beside; others only where there is nothing else."""
    assert nearest_runs(runs, ROOT, folder) == expected


def test_runs_of_another_root() -> None:
    """With `--logdir_spec`, names begin with that of their root."""
    root = Root("a", "/logs")
    assert nearest_runs(["a/run/train", "b/run/train", "a/."], root, "run") == [
        "a/run/train",
        "a/.",
    ]


@pytest.mark.tensorboard
@pytest.mark.parametrize("mode", ["--load_fast=auto", "--load_fast=false"])
def test_in_a_real_tensorboard(tmp_path, mode):
    """Event files that TensorBoard reads give a curve beside the checkpoints, either way."""
    copy_case("series", tmp_path)
    write_scalars(tmp_path / "series" / "train")
    with running_tensorboard(f"--logdir={tmp_path}", mode) as server:
        server.listing()
        rows = {row["path"]: row["id"] for row in server.artifacts()["artifacts"]}
        asked = {"id": rows["series/managed/ckpt-1"]}
        tags = server.tab("api/scalar_tags", asked).json()
        assert tags == {
            "ok": True,
            "runs": [{"run": "series/train", "tags": ["loss"]}],
            "problem": None,
        }
        curve = {**asked, "run": "series/train", "tag": "loss"}
        answer = server.tab("api/scalars", curve).json()
        assert answer["steps"] == [0, 1, 2]
        assert answer["values"] == pytest.approx([1, 1 / 2, 1 / 3])
        assert answer["checkpoints"]["step"] == [1, 2, 2, 2]
        assert answer["checkpoints"]["exact"] == [True, False, False, False]
        assert "odel Inspect" not in server.log()
