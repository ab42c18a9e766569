"""What a catalog opens: kept while the files stay the same, read again when they change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.discovery import Catalog, resolve_roots
from tensorboard_plugin_modelinspect.errors import FormatError, NotFound
from tests.discovery.trees import (
    catalog_of,
    delete_checkpoint,
    watch,
    write_checkpoint,
)
from tests.support.bundle_writer import BundleWriter


def test_an_opened_artifact_is_kept_while_its_files_are_the_same(tmp_path: Path) -> None:
    """Opening again costs no read; a changed file, changed since the last search too, is read."""
    write_checkpoint(tmp_path, "ckpt", size=2)
    catalog = catalog_of(tmp_path)
    (found,) = catalog.scan().artifacts
    artifact = catalog.open(found.id)
    with watch(tmp_path) as touched:
        assert catalog.open(found.id) is artifact
    assert touched.opened == []
    write_checkpoint(tmp_path, "ckpt", size=5)
    assert catalog.open(found.id).tensors["w"].shape == (5,)
    delete_checkpoint(tmp_path, "ckpt")
    with pytest.raises(NotFound, match="ckpt.index"):
        catalog.open(found.id)


def test_few_artifacts_stay_open(tmp_path: Path) -> None:
    """Only the last ones used are kept: memory and file handles are bounded."""
    for number in range(12):
        write_checkpoint(tmp_path, f"ckpt-{number}")
    catalog = catalog_of(tmp_path)
    ids = [found.id for found in catalog.scan().artifacts]
    first = catalog.open(ids[0])
    for one in ids[1:]:
        catalog.open(one)
        assert catalog.open(ids[0]) is first  # used again and again, it stays
    for one in ids[1:]:
        catalog.open(one)
    assert catalog.open(ids[0]) is not first


def test_what_cannot_be_opened_says_why_each_time(tmp_path: Path) -> None:
    """An error is not kept as if it were the artifact; it names the file by root and path."""
    write_checkpoint(tmp_path / "run", "ckpt")
    (tmp_path / "run" / "ckpt.index").write_bytes(b"garbage" * 20)
    catalog = Catalog(lambda: resolve_roots("", f"a:{tmp_path}"))
    (found,) = catalog.scan().artifacts
    assert catalog.parameters(found) is None
    for _ in range(2):
        with pytest.raises(FormatError, match=r"^a/run/ckpt\.index"):
            catalog.open(found.id)


def test_parameters_are_counted_once_for_each_change(tmp_path: Path) -> None:
    """The list asks for them again and again; only a change of the files opens the artifact."""
    write_checkpoint(tmp_path, "ckpt", size=4)
    catalog = catalog_of(tmp_path)
    (found,) = catalog.scan().artifacts
    assert catalog.parameters(found) == (4, 1)
    with watch(tmp_path) as touched:
        assert catalog.parameters(found) == (4, 1)
    assert touched.opened == []
    write_checkpoint(tmp_path, "ckpt", size=6)
    (found,) = catalog.scan().artifacts
    assert catalog.parameters(found) == (6, 1)


@pytest.mark.parametrize(("count", "is_kept"), [(2, False), (10_000, True)])
def test_only_what_was_slow_to_count_stays_open(
    tmp_path: Path, count: int, *, is_kept: bool
) -> None:
    """Whoever opens it next does not wait for that once more."""
    writer = BundleWriter()
    for number in range(count):
        writer.add(f"w{number}", np.float32(0))
    writer.write(tmp_path, "ckpt")
    catalog = catalog_of(tmp_path)
    (found,) = catalog.scan().artifacts
    assert catalog.parameters(found) == (count, count)
    with watch(tmp_path) as touched:
        assert len(catalog.open(found.id).tensors) == count
    assert (touched.opened == []) == is_kept
    write_checkpoint(tmp_path, "ckpt", size=5)
    assert catalog.open(found.id).tensors["w"].shape == (5,)


@pytest.mark.parametrize("name", ["", "0" * 12, "../../etc/passwd", "\n", "x" * 10_000])
def test_an_unknown_id_is_not_found(tmp_path: Path, name: str) -> None:
    """Ids come from the client: any text is looked up, never a path, and answered briefly."""
    catalog = catalog_of(tmp_path)
    catalog.scan()
    with pytest.raises(NotFound) as caught:
        catalog.get(name)
    assert len(caught.value.message) < 250
