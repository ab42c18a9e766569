"""A bundle as a big-endian machine writes it; TensorFlow on a little-endian one reads it."""

import struct

import ml_dtypes
import numpy as np

import bundle
import record

ARRAYS = {
    "float32": np.array([[1.5, -0.0], [np.inf, 1e-30]], np.float32),
    "float64": np.array(np.pi),
    "float16": np.array([1, -2, 65504], np.float16),
    "bfloat16": np.array([1, -2, 3e38], ml_dtypes.bfloat16),
    "int8": np.array([-128, 127], np.int8),
    "uint16": np.array([1, 65534], np.uint16),
    "int32": np.array([-2, 2**30], np.int32),
    "uint32": np.array([2**32 - 2], np.uint32),
    "int64": np.array([2**40, -1], np.int64),
    "bool": np.array([True, False]),
    "complex64": np.array([1 - 2j, 3.5j], np.complex64),
    "complex128": np.array([[1e300 - 1j]]),
    "empty": np.zeros((0, 3), np.float32),
}
WORDS = np.array([b"", b"three", b"x" * 130], object)


def swapped(array: np.ndarray) -> bundle.Stored:
    """Numbers with their bytes in reverse order, each part of a complex one for itself."""
    nbytes = array.dtype.itemsize // (2 if array.dtype.kind == "c" else 1)
    content = np.atleast_1d(array).view(f"u{nbytes}").byteswap().tobytes()
    return bundle.Stored(array, content, bundle.crc32c(content))


def strings(array: np.ndarray) -> bundle.Stored:
    """Lengths, their checksum, and the bytes; every number in a checksum is big-endian too."""
    lengths = [len(word) for word in array]
    crc = bundle.crc32c(b"".join(struct.pack(">I", length) for length in lengths))
    checksum = struct.pack(">I", bundle.masked(crc))
    words = b"".join(array)
    content = b"".join(bundle.varint(length) for length in lengths) + checksum + words
    return bundle.Stored(array, content, bundle.crc32c(checksum + words, crc))


def make() -> dict[str, record.Facts]:
    """One bundle of numbers, complex numbers, booleans and strings."""
    tensors = {name: swapped(array) for name, array in ARRAYS.items()}
    pairs, data = bundle.packed({**tensors, "string": strings(WORDS)})
    index = bundle.table([bundle.header(big_endian=True), *pairs], per_block=100)
    bundle.write("big", index, data)
    return {"big": record.checkpoint()}


if __name__ == "__main__":
    record.main(__file__, make)
