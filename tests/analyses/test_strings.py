"""Searching strings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses import strings
from tensorboard_plugin_modelinspect.analyses.strings import find_strings
from tensorboard_plugin_modelinspect.errors import BadChecksum, BadRequest, Unsupported
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.opening import open_artifact
from tests.support.array_tensor import array_tensor
from tests.support.bundle_writer import BundleWriter

WORDS = ["the", "The end", "größe", "STRASSE", "\x00\xff", "", "straße"]


def words() -> Tensor:
    """Words, as a table of 7 rows and 1 column."""
    values = np.array([word.encode("latin-1") for word in WORDS], object)
    values[2], values[6] = WORDS[2].encode(), WORDS[6].encode()
    return array_tensor(values.reshape(7, 1))[0]


@pytest.mark.parametrize(
    ("text", "indices"),
    [
        ("", [0, 1, 2, 3, 4, 5, 6]),
        ("the", [0, 1]),
        ("THE E", [1]),
        ("GRÖSSE", [2]),
        ("strasse", [3, 6]),
        ("\x00", [4]),
        ("nothing", []),
    ],
)
def test_finds_whatever_the_case(text: str, indices: list[int]) -> None:
    """Indices count row-major; strings that are no UTF-8 are searched, too."""
    found = find_strings(words(), text, 0, 10)
    assert found.indices == indices
    assert found.matched == len(indices)
    assert [value.count(b"") for value in found.values] == [
        len(bytes(words().read().reshape(-1)[index])) + 1 for index in indices
    ]


def test_pages_go_on_where_the_last_one_ended() -> None:
    """Pages make up the whole; behind the last there is nothing."""
    pages = [find_strings(words(), "", start, 3).indices for start in (0, 3, 6, 9)]
    assert pages == [[0, 1, 2], [3, 4, 5], [6], []]


def test_other_types_and_sizes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers are not searched, nor strings of more bytes than stated."""
    with pytest.raises(Unsupported, match="float32"):
        find_strings(array_tensor(np.ones(2, np.float32))[0], "", 0, 1)
    monkeypatch.setattr(strings, "SEARCH_LIMIT", 10)
    with pytest.raises(BadRequest, match="slice"):
        find_strings(words(), "", 0, 1)


def test_damage_is_found(tmp_path: Path) -> None:
    """All is read, so the checksum is verified."""
    writer = BundleWriter()
    writer.add_strings("words", [b"one", b"two"])
    prefix = writer.write(tmp_path, "words")
    data = Path(f"{prefix}.data-00000-of-00001")
    data.write_bytes(data.read_bytes()[:-1] + b"?")
    with pytest.raises(BadChecksum):
        find_strings(open_artifact(prefix).tensors["words"], "", 0, 1)
