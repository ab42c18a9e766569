"""Every small damage of every small file: cut, flip, insert and delete at each offset.

Two kinds. Damage to a file as it is: checksums must notice. Damage below the checksums, which are
made right again: what the entries say must be checked by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

import numpy as np

from tensorboard_plugin_modelinspect.codecs.sstable import MAGIC, Table
from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.formats.checkpoint_state import (
    locate_prefix,
    read_checkpoint_state,
)
from tensorboard_plugin_modelinspect.opening import open_candidate
from tensorboard_plugin_modelinspect.sources.memory import MemoryFile, MemoryFolder
from tests.hostile.exercise import exercise
from tests.hostile.sandbox import Trials
from tests.hostile.seeds import SEEDS, fingerprint, object_graph
from tests.support.artifacts import candidates_in_memory, describe
from tests.support.bundle_writer import BundleWriter
from tests.support.table_writer import RAW, encode_block, encode_table, table_of_blocks

ALL_BITS = (0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF)
SOME_BITS = (0x01, 0x80, 0xFF)


def damage(data: bytes, flips: tuple[int, ...] = SOME_BITS) -> Iterator[tuple[str, bytes]]:
    """Each damaged form of some bytes, with a label."""
    for position in range(len(data)):
        yield f"cut at {position}", data[:position]
        yield f"delete {position}", data[:position] + data[position + 1 :]
        yield f"insert at {position}", data[:position] + b"\xff" + data[position:]
        for flip in flips:
            byte = bytes((data[position] ^ flip,))
            yield f"flip {flip:02x} at {position}", data[:position] + byte + data[position + 1 :]


def as_it_is(seed: str, name: str, flips: tuple[int, ...] = SOME_BITS, *, is_sure: bool) -> Trials:
    """Damage to one file of a seed; `is_sure` if a checksum covers all that is read of it."""
    files = SEEDS[seed]()
    [candidate] = candidates_in_memory(files)
    whole = describe(open_candidate(MemoryFolder(files, "folder"), candidate))
    for label, data in damage(files[name], flips):
        # The list of files shows new sizes, rightly.
        infos = [info._replace(nbytes=len(data)) if info.name == name else info
                 for info in whole["files"]]  # fmt: skip
        unchanged = {**whole, "files": tuple(infos)} if is_sure else None
        yield (
            f"{seed}/{name}: {label}",
            partial(exercise, {**files, name: data}, unchanged=unchanged),
        )


def index() -> Trials:
    """An index: any damage is noticed, or changes nothing that is shown."""
    return as_it_is("checkpoint", "ckpt-3.index", is_sure=True)


def compressed_index() -> Trials:
    """An index of Snappy blocks."""
    return as_it_is("compressed", "model.ckpt-12.index", is_sure=True)


def data() -> Trials:
    """Data shards; damage shows when values are read."""
    for number in (0, 1):
        yield from as_it_is("checkpoint", f"ckpt-3.data-0000{number}-of-00002", is_sure=False)


def saved_model() -> Trials:
    """`saved_model.pb` of TF2 and of TF1, and a fingerprint."""
    yield from as_it_is("model", "saved_model.pb", is_sure=False)
    yield from as_it_is("old_model", "saved_model.pb", is_sure=False)
    files = SEEDS["model"]()
    for label, data in damage(fingerprint(), ALL_BITS):
        yield f"fingerprint.pb: {label}", partial(exercise, {**files, "fingerprint.pb": data})


def text_model() -> Trials:
    """`saved_model.pbtxt`."""
    return as_it_is("text_model", "saved_model.pbtxt", (0x01, 0xFF), is_sure=False)


def state_file() -> Trials:
    """The `checkpoint` file."""
    files = SEEDS["checkpoint"]()

    def read(state: bytes) -> None:
        folder = MemoryFolder({**files, "checkpoint": state})
        with suppress(ModelInspectError):
            assert locate_prefix(folder, read_checkpoint_state(folder).newest) == "ckpt-3"

    for label, data in damage(files["checkpoint"], ALL_BITS):
        yield f"checkpoint: {label}", partial(read, data)


def with_index(index: bytes) -> Callable[[], object]:
    """Trial of the checkpoint seed with another index."""
    return partial(exercise, {**SEEDS["checkpoint"](), "ckpt-3.index": index})


def rows_of(index: bytes) -> list[tuple[bytes, bytes]]:
    """Keys and values of an index."""
    return [row for block in Table(MemoryFile(index)).iter_blocks() for row in block]


def values() -> Trials:
    """Values of the index (header and entries), in a table whose checksums are right."""
    rows = rows_of(SEEDS["checkpoint"]()["ckpt-3.index"])
    for number, (key, value) in enumerate(rows):
        for label, damaged in damage(value):
            table = encode_table([*rows[:number], (key, damaged), *rows[number + 1 :]])
            yield f"value of {key!r}: {label}", with_index(table)


def keys() -> Trials:
    """Keys of the index, slice keys too; in their order and out of it."""
    rows = rows_of(SEEDS["checkpoint"]()["ckpt-3.index"])
    for key, value in rows:
        if b"ATTRIBUTES" in key:
            continue  # one long name is enough
        for label, damaged in damage(key, (0x01, 0xFF)):
            others = [row for row in rows if row[0] not in (key, damaged)]
            yield (
                f"key {key!r}: {label}",
                with_index(encode_table(sorted([*others, (damaged, value)]))),
            )
    for number in range(len(rows)):
        moved = [*rows[:number], *rows[number + 1 :], rows[number]]
        yield f"row {number} moved to the end", with_index(encode_table(moved))
        yield f"row {number} left out", with_index(encode_table(rows[:number] + rows[number + 1 :]))


def blocks() -> Trials:
    """The contents of a block, its checksum made right again."""
    rows = rows_of(SEEDS["checkpoint"]()["ckpt-3.index"])
    for label, damaged in damage(encode_block(rows)):
        yield f"block: {label}", with_index(table_of_blocks([(damaged, RAW, b"z")]))


def index_block() -> Trials:
    """The block of handles and the footer: swapped, repeated, shifted, with right checksums."""
    table = SEEDS["checkpoint"]()["ckpt-3.index"]
    for label, damaged in damage(table[-48:-8], ALL_BITS):
        padded = damaged[:40].ljust(40, b"\0")
        yield f"footer: {label}", with_index(table[:-48] + padded + MAGIC)


def object_graphs() -> Trials:
    """The object graph, in a string tensor whose checksums are right."""
    for label, damaged in damage(object_graph()):
        writer = BundleWriter()
        for name in ("a", "save_counter"):
            writer.add(f"{name}/.ATTRIBUTES/VARIABLE_VALUE", np.array(1, np.int64))
        writer.add_strings("words", [b"a"])
        writer.add_object_graph(damaged)
        files = writer.files("ckpt-3")
        yield f"object graph: {label}", partial(exercise, files)
