"""Bundles of several shards, one of them empty; and one with a single shard that is empty."""

import shutil

import numpy as np
import tensorflow as tf

import record


def save(prefix: str, **arrays: np.ndarray) -> str:
    """Save arrays as a bundle of one shard; returns its prefix."""
    slices = [""] * len(arrays)
    tensors = [tf.constant(array) for array in arrays.values()]
    tf.raw_ops.SaveV2(
        prefix=prefix, tensor_names=list(arrays), shape_and_slices=slices, tensors=tensors
    )
    return prefix


def make() -> dict[str, record.Facts]:
    """Four shards whose keys interleave; the third has no byte."""
    parts = [
        save(
            "parts/0",
            a=np.arange(6, dtype=np.float32).reshape(2, 3),
            g=np.array([1, 2, 3], np.int8),
        ),
        save("parts/1", b=np.array([b"one", b"", b"three"]), z=np.array(7, np.int64)),
        save("parts/2", c=np.zeros((0, 4), np.float32)),
        save("parts/3", d=np.array([[True], [False]]), h=np.linspace(0, 1, 9)),
    ]
    tf.raw_ops.MergeV2Checkpoints(
        checkpoint_prefixes=parts, destination_prefix="four", delete_old_dirs=False
    )
    save("nothing", empty=np.zeros((3, 0), np.float16))
    shutil.rmtree("parts")
    return {"four": record.checkpoint(), "nothing": record.checkpoint()}


if __name__ == "__main__":
    record.main(__file__, make)
