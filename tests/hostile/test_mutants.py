"""Whatever byte of whatever file is damaged: a result or an error of ours, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.sandbox import run_trials


@pytest.mark.parametrize(
    "group",
    [
        "index", "compressed_index", "data", "saved_model", "text_model", "state_file",
        "values", "keys", "blocks", "index_block", "object_graphs",
    ],
)  # fmt: skip
def test_every_small_damage(group: str, tmp_path: Path) -> None:
    """Cut, delete, insert and flip at every offset of the files of a group: finding, checking,
    opening and reading all of it gives a result or a ModelInspectError, in bounded time and
    memory; what a checksum covers is noticed or unchanged."""
    run_trials(f"tests.hostile.mutants:{group}", tmp_path)
