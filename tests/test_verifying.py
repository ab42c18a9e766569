"""Verifying by path: what surrounds the tensors, and what TensorFlow itself wrote."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tensorboard_plugin_modelinspect.analyses.verify import Verification, verify
from tensorboard_plugin_modelinspect.errors import NotFound
from tensorboard_plugin_modelinspect.formats.saved_model_checks import _OTHER_HASHES
from tensorboard_plugin_modelinspect.formats.v1_names import prefix_of
from tensorboard_plugin_modelinspect.opening import READERS
from tensorboard_plugin_modelinspect.sources.memory import MemoryFolder
from tensorboard_plugin_modelinspect.verifying import PLANS, plan_steps, verify_artifact
from tests.hostile.seeds import SEEDS
from tests.support.artifacts import candidates_in_memory
from tests.support.corpus import ROOT, Recorded, params, recorded

DAMAGED_DATA = {"broken/shard_flipped/ckpt", "broken/fingerprint_garbage"}
"""Complete to a look at names and sizes; only their checksums, or a parser, tell."""
UNREAL = "hostile_entries/"
"""Entries that nobody writes: some are damaged data, some are well."""

DAMAGED = [
    one
    for one in recorded()
    if one.answers["state"] in ("broken", "partial") and one.answers["kind"] in
    ("checkpoint", "saved_model") and not one.id.startswith(UNREAL)
]  # fmt: skip


def look(files: Mapping[str, bytes]) -> Verification:
    """Verify the one artifact among some files in memory."""
    [candidate] = candidates_in_memory(files)
    return verify(plan_steps(MemoryFolder(files, "run"), candidate))


def outcome(verification: Verification, name: str) -> str:
    """Of the step of that name."""
    return next(report.outcome for report in verification.steps if report.name == name)


def test_every_plan_belongs_to_a_reader() -> None:
    """A misspelt format would silently verify nothing but that it opens."""
    assert PLANS.keys() <= {reader.format for reader in READERS}


@pytest.mark.parametrize("artifact", params(DAMAGED))
def test_what_is_not_complete_fails(artifact: Recorded) -> None:
    """Damage that opening notices is noticed here too, and names a file."""
    found = verify_artifact(artifact.path)
    assert found.verdict == "failed"
    name = prefix_of(artifact.path.name)
    assert all(name in one.path + one.fact for one in found.problems)


@pytest.mark.parametrize("artifact_id", sorted(DAMAGED_DATA))
def test_what_looks_complete_may_fail(artifact_id: str) -> None:
    """Damage that no name and no size shows."""
    found = verify_artifact(ROOT / artifact_id)
    assert found.verdict == "failed"
    assert len(found.problems) == 1


def test_a_missing_path_is_an_error() -> None:
    """There is nothing to give a verdict on."""
    with pytest.raises(NotFound):
        verify_artifact(ROOT / "no-such-thing")


def test_a_header_from_the_future_leaves_the_verdict_open() -> None:
    """What this version cannot read may be whole."""
    found = verify_artifact(ROOT / "hostile_entries" / "header_for_readers_of_version_2")
    assert (found.verdict, outcome(found, "index")) == ("incomplete", "skipped")


class TestStateFile:
    """Facts on the `checkpoint` file: none of them harms the checkpoint beside it."""

    def verify(self, state: str, folder: Path, **more: bytes) -> Verification:
        """Verify a good checkpoint beside this state file."""
        for name, data in {**SEEDS["checkpoint"](), "checkpoint": state.encode(), **more}.items():
            (folder / name).write_bytes(data)
        found = verify_artifact(folder / "ckpt-3")
        assert found.verdict == "passed"
        return found

    def test_absolute_paths_of_another_folder(self, tmp_path: Path) -> None:
        """TensorFlow would look there and find nothing, or another checkpoint."""
        text = 'model_checkpoint_path: "/old/place/ckpt-3"'
        [stale] = self.verify(text, tmp_path).facts
        assert "/old/place/ckpt-3" in stale.fact
        assert stale.path.endswith("/checkpoint")
        assert stale.next_step

    def test_absolute_paths_of_this_folder(self, tmp_path: Path) -> None:
        """As TF1 writes them, and right as long as nothing moves; through a link as well."""
        link = tmp_path / "link"
        real = tmp_path / "real"
        real.mkdir()
        link.symlink_to(real)
        assert self.verify(f'model_checkpoint_path: "{real}/ckpt-3"', real).facts == []
        assert self.verify(f'model_checkpoint_path: "{link}/ckpt-3"', link).facts == []
        assert self.verify(f'model_checkpoint_path: "{real}/ckpt-3"', link).facts == []

    def test_checkpoints_that_are_gone(self, tmp_path: Path) -> None:
        """Said once, with how many."""
        names = "".join(f'all_model_checkpoint_paths: "ckpt-{number}"\n' for number in range(9))
        [gone] = self.verify(f'model_checkpoint_path: "ckpt-3"\n{names}', tmp_path).facts
        assert "ckpt-0, ckpt-1, ckpt-2 and 5 more" in gone.fact

    def test_a_damaged_one(self, tmp_path: Path) -> None:
        """It hides the newest checkpoint, but does not damage one."""
        [damaged] = self.verify("\0\1 no text proto", tmp_path).facts
        assert damaged.path.endswith("/checkpoint")


@pytest.mark.parametrize(
    "name",
    [
        "ckpt-3_temp/part-00000-of-00001.index",
        "ckpt-3.data-00000-of-00002.tempstate123",
        "ckpt-3.index.tempstate9",
    ],
)
def test_leftovers_of_a_save_are_facts(tmp_path: Path, name: str) -> None:
    """Files that an interrupted save left are named, and nothing is wrong with the checkpoint."""
    for one, data in {**SEEDS["checkpoint"](), name: b"x"}.items():
        (tmp_path / one).parent.mkdir(exist_ok=True)
        (tmp_path / one).write_bytes(data)
    found = verify_artifact(tmp_path / "ckpt-3")
    assert found.verdict == "passed"
    assert [name.split("/")[0] in one.fact for one in found.facts] == [True]


class TestSavedModel:
    """What a SavedModel has beside its variables."""

    def test_a_whole_one_passes(self) -> None:
        """A model of TensorFlow's, with its fingerprint; what is not recomputed is said."""
        found = verify_artifact(ROOT / "keras3_export" / "network")
        assert found.verdict == "passed"
        assert outcome(found, "fingerprint") == "passed"
        [said] = found.facts
        assert all(name in said.fact for name in _OTHER_HASHES)

    def test_variables_of_another_export_fail(self, tmp_path: Path) -> None:
        """Whole variables, but not those that were exported: only the fingerprint shows it."""
        target = tmp_path / "model"
        shutil.copytree(ROOT / "keras3_export" / "network", target)
        shutil.rmtree(target / "variables")
        shutil.copytree(ROOT / "keras3_export" / "equal_names" / "variables", target / "variables")
        found = verify_artifact(target)
        [problem] = found.problems
        assert problem.path.endswith("variables.index")
        assert outcome(found, "tensors") == "passed"
        assert outcome(found, "fingerprint") == "failed"

    def test_missing_assets_are_all_named(self) -> None:
        """Each file that the graph reads must be there."""
        files = SEEDS["model"]()
        assert outcome(look(files), "assets") == "passed"
        del files["assets/vocab.txt"]
        found = look(files)
        assert outcome(found, "assets") == "failed"
        assert "run/assets/vocab.txt" in [one.path for one in found.problems]

    def test_assets_that_lead_outside_are_not_followed(self, tmp_path: Path) -> None:
        """A name from a file is never a way out of the folder."""
        files = SEEDS["model"]()
        data = files["saved_model.pb"].replace(b"vocab.txt", b"../../x.y")
        found = look({**files, "saved_model.pb": data})
        assert outcome(found, "assets") == "failed"

    def test_missing_variables_fail(self) -> None:
        """TensorFlow cannot load it without them."""
        files = {n: d for n, d in SEEDS["model"]().items() if not n.startswith("variables/")}
        found = look(files)
        assert outcome(found, "index") == "failed"
        assert "run/variables/variables.index" in [one.path for one in found.problems]

    def test_a_broken_graph_leaves_the_variables_verified(self) -> None:
        """Each part is told by itself."""
        files = {**SEEDS["model"](), "saved_model.pb": b"\xff" * 20}
        del files["fingerprint.pb"]
        found = look(files)
        assert outcome(found, "graph") == "failed"
        assert outcome(found, "tensors") == "passed"


@pytest.mark.corpus
def test_real_models_are_whole() -> None:
    """What others saved passes: a check that cries wolf is worse than none."""
    root = os.environ.get("MODELINSPECT_CORPUS")
    if not root:
        pytest.skip("MODELINSPECT_CORPUS is not set")
    from tensorboard_plugin_modelinspect.discovery import Catalog, Root

    missing_asset = "tfs-half-plus-two-config"  # its tree really lacks a file
    data = os.path.join(root, "data")
    snapshot = Catalog(lambda: (Root("", data),)).scan()
    assert len(snapshot.artifacts) > 50
    for found in snapshot.artifacts:
        verdict = verify(plan_steps(found.open_folder(), found.candidate)).verdict
        is_whole = found.state == "complete" and missing_asset not in found.path
        assert verdict == ("passed" if is_whole else "failed"), found.path
