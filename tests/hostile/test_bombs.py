"""Files made to exhaust memory or time end in a result or an error, soon and small."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.sandbox import run_trials


@pytest.mark.parametrize(
    "groups", ["declared_sizes tables strings holes", "slices graphs", "models names"]
)
def test_bombs_do_not_go_off(groups: str, tmp_path: Path) -> None:
    """Each file of the groups, a few megabytes at most, is opened and read with bounded memory
    and time, whatever it declares; nothing but a ModelInspectError comes out."""
    run_trials("tests.hostile.bombs", groups, tmp_path)
