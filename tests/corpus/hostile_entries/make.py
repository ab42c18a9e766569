"""Indexes whose checksums are right and whose entries lie. TensorFlow aborts on some of them.

Each bundle holds a tensor `good` and one thing that is wrong, in the index or with the tensor
`bad`. A reader may find it when it opens the bundle or when it reads `bad`. What harms nobody
is `complete`: a dtype of the future, a key that is no slice's, an object graph that is none.
"""

from collections.abc import Callable

import numpy as np
from tensorflow.core.protobuf import tensor_bundle_pb2

import bundle
import record

Entry = tensor_bundle_pb2.BundleEntryProto
Edit = Callable[[Entry], None]


def change(**fields: int) -> Edit:
    """Set plain fields of the entry."""

    def edit(entry: Entry) -> None:
        for name, value in fields.items():
            setattr(entry, name, value)

    return edit


def reshape(*sizes: int) -> Edit:
    """Replace the shape."""

    def edit(entry: Entry) -> None:
        del entry.shape.dim[:]
        for size in sizes:
            entry.shape.dim.add(size=size)

    return edit


def no_rank(entry: Entry) -> None:
    """Say that the rank is unknown."""
    entry.shape.unknown_rank = True


def add_slice(*extents: tuple[int, int]) -> Edit:
    """Say that the tensor is in slices, and list one that has no entry of its own."""

    def edit(entry: Entry) -> None:
        added = entry.slices.add()
        for start, length in extents:
            added.extent.add(start=start, length=length)

    return edit


ENTRIES: dict[str, Edit] = {
    "offset_beyond_end": change(offset=1 << 40),
    "offset_negative": change(offset=-8),
    "offset_overflows": change(offset=(1 << 63) - 4),
    "size_too_small": change(size=4),
    "size_too_large": change(size=1 << 40),
    "size_negative": change(size=-16),
    "shard_unknown": change(shard_id=7),
    "shard_negative": change(shard_id=-1),
    "dtype_unknown": change(dtype=99),
    "dtype_invalid": change(dtype=0),
    "dtype_reference": change(dtype=101),
    "dtype_resource": change(dtype=20),
    "dtype_string": change(dtype=7),
    "dtype_variant": change(dtype=21),
    "rank_unknown": no_rank,
    "rank_300": reshape(*[1] * 300),
    "dimension_negative": reshape(-1, 4),
    "dimensions_overflow": reshape(1 << 40, 1 << 40),
    "dimensions_huge": reshape(1 << 50),
    "slice_missing": add_slice((0, 2)),
    "slice_outside": add_slice((2, 9)),
    "slice_of_other_rank": add_slice((0, 2), (0, 2)),
}

HARMLESS = {"dtype_unknown", "key_of_a_slice_garbage", "object_graph_of_floats"}


def save(name: str, pairs: list[bundle.Pair], data: bytes) -> None:
    """A bundle with these pairs in its index, in this order."""
    bundle.write(name, bundle.table(pairs, per_block=100), data)


def save_with_wrong_entry(name: str, edit: Edit) -> None:
    """A bundle whose entry of `bad` was edited."""
    tensors = {key: bundle.plain(np.arange(4, dtype=np.float32)) for key in ("bad", "good")}
    [(key, value), good], data = bundle.packed(tensors)
    entry = Entry.FromString(value)
    edit(entry)
    save(name, [bundle.header(), (key, entry.SerializeToString()), good], data)


def save_with_wrong_index() -> list[str]:
    """Bundles whose header, order of keys or special keys are wrong; their names."""
    tensors = {key: bundle.plain(np.arange(4, dtype=np.float32)) for key in ("bad", "good")}
    pairs, data = bundle.packed(tensors)
    save("header_missing", pairs, data)
    save("header_for_readers_of_version_2", [bundle.header(min_consumer=2), *pairs], data)
    save("header_garbage", [(b"", b"\xff" * 9), *pairs], data)
    save("entry_garbage", [bundle.header(), (b"bad", b"\xff" * 9), pairs[1]], data)
    save("keys_unsorted", [bundle.header(), pairs[1], pairs[0]], data)
    save("keys_twice", [bundle.header(), *pairs, pairs[1]], data)
    save("key_of_a_slice_garbage", [bundle.header(), (b"\0bad\0", pairs[0][1]), pairs[1]], data)
    graph = (b"_CHECKPOINTABLE_OBJECT_GRAPH", pairs[0][1])
    save("object_graph_of_floats", [bundle.header(), graph, pairs[1]], data)
    names = ["header_missing", "header_garbage", "header_for_readers_of_version_2"]
    names += ["entry_garbage", "keys_unsorted", "keys_twice"]
    return [*names, "key_of_a_slice_garbage", "object_graph_of_floats"]


def make() -> dict[str, record.Facts]:
    """One bundle for each lie."""
    for name, edit in ENTRIES.items():
        save_with_wrong_entry(name, edit)
    words = dict.fromkeys(ENTRIES, "bad")
    words |= {name: f"{name}.index" for name in save_with_wrong_index()}
    return {
        name: record.damaged("checkpoint", "complete")
        if name in HARMLESS
        else record.damaged("checkpoint", "broken", word)
        for name, word in words.items()
    }


if __name__ == "__main__":
    record.main(__file__, make)
