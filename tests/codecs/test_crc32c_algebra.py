"""Checksums from checksums are those of the bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.codecs.crc32c import crc32c
from tensorboard_plugin_modelinspect.codecs.crc32c_algebra import join_crc32c, repeat_crc32c


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_joined(first: bytes, second: bytes) -> None:
    """The checksum of two runs of bytes is that of both written one after the other."""
    assert join_crc32c(crc32c(first), crc32c(second), len(second)) == crc32c(first + second)


@given(st.binary(min_size=1, max_size=17), st.integers(0, 20_000))
def test_repeated(pattern: bytes, count: int) -> None:
    """The checksum of a repeated pattern is that of the bytes written out."""
    assert repeat_crc32c(pattern, count) == crc32c(pattern * count)


@pytest.mark.parametrize("nbytes", [4, 1 << 16, 1 << 20, (1 << 24) - 4])
def test_long(nbytes: int) -> None:
    """Lengths beyond a few bytes, too."""
    assert repeat_crc32c(b"\0\0\x80\x3f", nbytes // 4) == crc32c(b"\0\0\x80\x3f" * (nbytes // 4))


def test_nothing_is_written_out() -> None:
    """A length that fits into no memory is no matter."""
    assert 0 <= repeat_crc32c(b"\0\0\0\0", 1 << 60) < 1 << 32
