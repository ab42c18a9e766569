"""FarmHash fingerprints of bytes of many lengths, as TensorFlow computes them."""

from pathlib import Path

import numpy as np
import tensorflow as tf

import record

LENGTHS = [*range(1, 200), 255, 256, 257, 1000, 4096, 70_001]
"""Every branch: up to 16, 32 and 64 bytes, and 64 at a time with every rest."""


def sample(length: int) -> bytes:
    """The bytes that are hashed; the test makes the same."""
    return bytes((7 * number * number + number // 3) % 251 for number in range(length))


def make() -> dict[str, record.Facts]:
    """Hash each sample; 64-bit numbers as text, since readers of JSON round them."""
    hashes = {}
    for length in LENGTHS:
        row = np.frombuffer(sample(length), np.uint8)[None]
        hashes[str(length)] = str(int(tf.fingerprint(row).numpy().view("<u8")[0, 0]))
    Path("hashes.json").write_text(record.text_of(hashes) + "\n", encoding="utf-8")
    return {}


if __name__ == "__main__":
    record.main(__file__, make)
