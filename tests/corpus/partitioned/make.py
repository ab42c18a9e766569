"""Variables saved in slices: along each axis, in a grid, in several shards, with awkward names."""

import shutil
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

import numpy as np
import tensorflow as tf

import record

Extent = tuple[int, int] | None


class Piece(NamedTuple):
    """One slice of a variable; an extent is (start, length), None the whole axis."""

    key: str
    full: np.ndarray
    extents: tuple[Extent, ...]

    def spec(self) -> str:
        """In the words of SaveV2: the full shape, then `start,length` or `-` for each axis."""
        sizes = " ".join(str(size) for size in self.full.shape)
        extents = ":".join("-" if e is None else f"{e[0]},{e[1]}" for e in self.extents)
        return f"{sizes} {extents}"

    def value(self) -> np.ndarray:
        """The elements of the slice."""
        return self.full[
            tuple(slice(None) if e is None else slice(e[0], e[0] + e[1]) for e in self.extents)
        ]


def pieces(key: str, full: np.ndarray, *all_extents: tuple[Extent, ...]) -> Iterator[Piece]:
    """The slices of one variable."""
    return (Piece(key, full, extents) for extents in all_extents)


def numbers(*shape: int, dtype: type = np.float32) -> np.ndarray:
    """Different numbers of that shape."""
    return np.arange(1, 1 + np.prod(shape)).reshape(shape).astype(dtype)


def all_pieces() -> Iterator[Piece]:
    """Each way to cut that TensorFlow knows; a comment where the key needs a special encoding."""
    yield from pieces("axis0", numbers(10, 3), ((0, 4), None), ((4, 4), None), ((8, 2), None))
    yield from pieces("axis1", numbers(3, 10), (None, (0, 7)), (None, (7, 3)))
    yield from pieces(
        "grid", numbers(5, 4), *(((r, 3 - r // 3), (c, 2)) for r in (0, 3) for c in (0, 2))
    )
    yield from pieces("rank3", numbers(2, 4, 3), (None, (0, 1), None), (None, (1, 3), None))
    # The length of the other axis in numbers where others write "-".
    yield from pieces("explicit", numbers(6, 2), ((0, 3), (0, 2)), ((3, 3), (0, 2)))
    # Numbers from 64 on take two bytes in the key, from 8192 on three.
    yield from pieces("long", numbers(300, dtype=np.uint8), ((0, 63),), ((63, 65),), ((128, 172),))
    yield from pieces("longer", numbers(9000, dtype=np.int8), ((0, 8500),), ((8500, 500),))
    # A byte 00 in the name is escaped; so is ff, which no UTF-8 text has.
    yield from pieces('nul\0name/ÿ "quoted"', numbers(4, dtype=np.int64), ((0, 2),), ((2, 2),))
    yield from pieces("flags", np.array([True, False, True]), ((0, 2),), ((2, 1),))
    # One slice that covers everything is saved as if it were not sliced.
    yield from pieces("whole", numbers(2, 2), (None, None))
    yield from pieces("whole_explicit", numbers(2, 2), ((0, 2), (0, 2)))


def unjoined_pieces() -> Iterator[Piece]:
    """Dtypes that TensorFlow saves and restores slice by slice, but cannot join to the whole."""
    cuts = ((0, 1),), ((1, 3),)
    yield from pieces("half", numbers(4, dtype=np.float16), *cuts)
    yield from pieces("uint16", numbers(4, dtype=np.uint16), *cuts)
    yield from pieces("uint32", numbers(4, dtype=np.uint32), *cuts)
    yield from pieces("string", np.array([b"a", b"", b"ccc", b"d\0"], object), *cuts)


def unjoined_answers(prefix: str) -> list[record.Answers]:
    """The values of `unjoined_pieces`, restored with the very slices that were saved."""
    by_key = {
        key: list(some) for key, some in groupby(unjoined_pieces(), key=lambda piece: piece.key)
    }
    return [
        record.restored_answer(
            prefix, key.encode(), tf.constant(some[0].full).dtype, [piece.spec() for piece in some]
        )
        for key, some in sorted(by_key.items())
    ]


def save(prefix: str, some: list[Piece]) -> str:
    """Save slices as a bundle of one shard; returns its prefix."""
    tf.raw_ops.SaveV2(
        prefix=prefix,
        tensor_names=[piece.key for piece in some],
        shape_and_slices=[piece.spec() for piece in some],
        tensors=[tf.constant(piece.value()) for piece in some],
    )
    return prefix


def make() -> dict[str, record.Facts]:
    """The same slices in one shard, and dealt out to three of them."""
    everything = list(all_pieces())
    save("one_shard", everything)
    parts = [save(f"parts/{i}", everything[i::3]) for i in range(3)]
    tf.raw_ops.MergeV2Checkpoints(
        checkpoint_prefixes=parts, destination_prefix="three_shards", delete_old_dirs=False
    )
    shutil.rmtree("parts")
    save("unjoined", list(unjoined_pieces()))
    return {
        "one_shard": record.checkpoint(),
        "three_shards": record.checkpoint(),
        "unjoined": record.checkpoint(restored=True, tensors=unjoined_answers("unjoined")),
    }


if __name__ == "__main__":
    record.main(__file__, make)
