"""CRC-32C and the mask it is stored under."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.codecs.crc32c import crc32c, mask, unmask

CRCS = st.integers(0, (1 << 32) - 1)


@pytest.mark.parametrize(
    ("data", "crc"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (b"\0" * 32, 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
    ],
)
def test_known_answers(data: bytes, crc: int) -> None:
    """The vectors of RFC 3720, appendix B.4, and the check value of the catalogue of CRCs."""
    assert crc32c(data) == crc
    assert crc32c(memoryview(data)) == crc
    assert crc32c(np.frombuffer(data, np.uint8)) == crc


def test_mask_of_leveldb() -> None:
    """Masking as leveldb/util/crc32c.h defines it: rotate by 15, add a constant."""
    assert mask(0) == 0xA282EAD8
    assert mask(0x8000) == (1 + 0xA282EAD8)
    assert mask(1) == ((1 << 17) + 0xA282EAD8)


@given(CRCS)
def test_unmask_undoes_mask(crc: int) -> None:
    """A stored checksum gives back the one that was computed, and 32 bits always."""
    assert 0 <= mask(crc) < 1 << 32
    assert unmask(mask(crc)) == crc
    assert mask(unmask(crc)) == crc


@given(st.binary(max_size=40), st.integers(0, 40))
def test_parts_continue(data: bytes, cut: int) -> None:
    """The checksum of parts, one continuing the other, is that of the whole."""
    assert crc32c(data[cut:], crc32c(data[:cut])) == crc32c(data)


def test_large_views_are_read_whole() -> None:
    """Views are taken a piece at a time; element size and pieces do not show in the result."""
    data = bytes(range(256)) * 8200  # two pieces and a bit
    assert crc32c(memoryview(data).cast("I")) == crc32c(data)
    assert crc32c(memoryview(bytearray(data))) == crc32c(data)
