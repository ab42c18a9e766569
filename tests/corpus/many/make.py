"""Indexes of several blocks, raw and compressed by Snappy, as early TensorFlow wrote them."""

import numpy as np

import bundle
import record


def tensors() -> dict[str, bundle.Stored]:
    """300 tensors of which few bytes are data; names share long prefixes."""
    shapes = [(), (1,), (3,), (2, 2), (0,)]
    return {
        f"network/block_{i // 20}/layer_{i}/weight": bundle.plain(
            np.full(shapes[i % 5], i % 100, [np.int8, np.int32, np.float32][i % 3])
        )
        for i in range(300)
    }


def make() -> dict[str, record.Facts]:
    """The same tensors, in thirty blocks as they are, and in four compressed ones."""
    pairs, data = bundle.packed(tensors())
    pairs.insert(0, bundle.header())
    bundle.write("raw", bundle.table(pairs, per_block=10), data)
    bundle.write("snappy", bundle.table(pairs, per_block=70, compression=bundle.SNAPPY), data)
    return {path: record.checkpoint() for path in ("raw", "snappy")}


if __name__ == "__main__":
    record.main(__file__, make)
