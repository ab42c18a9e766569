"""Checksums of what a tensor holds, whatever the format it is stored in."""

from __future__ import annotations

import functools
from typing import Protocol, cast, runtime_checkable

from tensorboard_plugin_modelinspect.model.tensor import Tensor


@runtime_checkable
class KnownChecksums(Protocol):
    """What a format supplies that stores checksums of values, or can work them out of others."""

    def known_crc32c(self, tensor: Tensor) -> int | None:
        """See the function; reads nothing."""


def known_crc32c(tensor: Tensor) -> int | None:
    """CRC-32C, not masked, of all values as a tensor bundle has them: little-endian, row-major.

    None where that is not known without reading them, and for types whose elements vary in length.
    """
    if _knows_checksums(type(tensor.values)):
        return cast(KnownChecksums, tensor.values).known_crc32c(tensor)
    return None


@functools.cache
def _knows_checksums(kind: type) -> bool:
    """Kept: asking a protocol takes longer than the answer."""
    return issubclass(kind, KnownChecksums)
