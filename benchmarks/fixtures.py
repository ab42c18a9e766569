"""Checkpoints to measure on: many tensors, or tensors too large to be written for real."""

from __future__ import annotations

import math
from pathlib import Path

import google_crc32c
import numpy as np

from tests.support.bundle_writer import BundleWriter

_PIECE = 1 << 24


def write_named_checkpoint(prefix: str, count: int) -> None:
    """Write `count` small float32 tensors under names as TF1's `Saver` would."""
    writer = BundleWriter()
    for number in range(count):
        value = np.full((2 + number % 7,), number, np.float32)
        writer.add(f"model/block_{number // 100}/layer_{number % 100}/kernel", value)
    path = Path(prefix)
    writer.write(path.parent, path.name)


def write_sparse_checkpoint(
    prefix: str, count: int, shape: tuple[int, ...], *, is_checksummed: bool
) -> None:
    """Write `count` float32 tensors of zeros as holes in a sparse data file.

    Args:
        prefix: Checkpoint prefix.
        count: Number of tensors, `tensor_0` and on.
        shape: Of each.
        is_checksummed: Store the true checksum, so that TensorFlow reads them too.
    """
    nbytes = math.prod(shape) * 4
    crc = checksum_of_zeros(nbytes) if is_checksummed else 0
    writer = BundleWriter()
    for number in range(count):
        writer.add_hole(f"tensor_{number}", "float32", shape, crc32c=crc)
    path = Path(prefix)
    writer.write(path.parent, path.name)


def checksum_of_zeros(nbytes: int) -> int:
    """CRC-32C of so many zeros. Cost: goes over as many bytes."""
    piece = bytes(_PIECE)
    crc = 0
    for start in range(0, nbytes, _PIECE):
        crc = google_crc32c.extend(crc, piece[: nbytes - start])
    return crc
