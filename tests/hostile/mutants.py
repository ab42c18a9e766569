"""Every small damage of every small file: cut, flip, insert and delete at each offset.

Two kinds. Damage to a file as it is: checksums must notice. Damage below the checksums, which are
made right again: what the entries say must be checked by itself.
"""

from __future__ import annotations

import os
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

FLIPS = (0x01, 0x80, 0xFF, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40)
IS_THOROUGH = "MODELINSPECT_THOROUGH" in os.environ
"""Whether each kind of damage is done at each offset, or one flip and one edit, taking turns."""


def damage(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Damaged forms of some bytes, with labels: cut and flipped at each offset at least."""
    for position in range(len(data)):
        before, byte, behind = data[:position], data[position], data[position + 1 :]
        yield f"cut at {position}", before
        for flip in FLIPS if IS_THOROUGH else (FLIPS[position % 3],):
            yield f"flip {flip:02x} at {position}", before + bytes((byte ^ flip,)) + behind
        if IS_THOROUGH or position % 2:
            yield f"delete {position}", before + behind
        if IS_THOROUGH or not position % 2:
            yield f"insert at {position}", before + b"\xff" + data[position:]


def as_it_is(seed: str, name: str, *, is_sure: bool) -> Trials:
    """Damage to one file of a seed; `is_sure` if a checksum covers all that is read of it."""
    files = SEEDS[seed]()
    [candidate] = candidates_in_memory(files)
    whole = describe(open_candidate(MemoryFolder(files, "folder"), candidate))
    for label, data in damage(files[name]):
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


def v1() -> Trials:
    """Files of format V1, values included, and the graph beside them or alone."""
    yield from as_it_is("v1_checkpoint", "export-00000-of-00002", is_sure=True)
    yield from as_it_is("v1_compressed", "model.ckpt-9", is_sure=True)
    yield from as_it_is("lone_graph", "model.meta", is_sure=False)


def saved_model() -> Trials:
    """`saved_model.pb` of TF2 and of TF1, and a fingerprint."""
    yield from as_it_is("model", "saved_model.pb", is_sure=False)
    yield from as_it_is("old_model", "saved_model.pb", is_sure=False)
    files = SEEDS["model"]()
    for label, data in damage(fingerprint()):
        yield f"fingerprint.pb: {label}", partial(exercise, {**files, "fingerprint.pb": data})


def text_model() -> Trials:
    """`saved_model.pbtxt`."""
    return as_it_is("text_model", "saved_model.pbtxt", is_sure=False)


def state_file() -> Trials:
    """The `checkpoint` file."""
    files = SEEDS["checkpoint"]()

    def read(state: bytes) -> None:
        folder = MemoryFolder({**files, "checkpoint": state})
        with suppress(ModelInspectError):
            assert locate_prefix(folder, read_checkpoint_state(folder).newest) == "ckpt-3"

    for label, data in damage(files["checkpoint"]):
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
        for label, damaged in damage(key):
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
    for label, damaged in damage(table[-48:-8]):
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
