"""Whatever byte of whatever file is damaged: a result or an error of ours, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.sandbox import run_trials

MUTANTS = "tests.hostile.mutants"
GROUPS = (
    "index compressed_index index_block keys blocks",
    "values object_graphs data",
    "saved_model text_model state_file",
    "v1",
)


@pytest.mark.parametrize("groups", GROUPS)
def test_damage_at_every_offset(groups: str, tmp_path: Path) -> None:
    """Cut and flip at every offset of the files of a group, insert or delete: finding, checking,
    opening and reading all of it gives a result or a ModelInspectError, in bounded time and
    memory; what a checksum covers is noticed or unchanged."""
    run_trials(MUTANTS, groups, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("groups", GROUPS)
def test_every_damage_at_every_offset(groups: str, tmp_path: Path) -> None:
    """The same with each bit flipped, inserted and deleted at each offset."""
    run_trials(MUTANTS, groups, tmp_path, MODELINSPECT_THOROUGH="1")
