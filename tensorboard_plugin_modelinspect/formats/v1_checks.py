"""What can be verified of a checkpoint V1: its files, and the checksum of each of their blocks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress

from tensorboard_plugin_modelinspect.codecs.sstable import Handle, Table
from tensorboard_plugin_modelinspect.errors import FormatError, ModelInspectError
from tensorboard_plugin_modelinspect.formats.checkpoint_checks import plan_around
from tensorboard_plugin_modelinspect.formats.checkpoint_v1 import OpenV1
from tensorboard_plugin_modelinspect.formats.lfs import refuse_lfs_pointer
from tensorboard_plugin_modelinspect.formats.reader import Candidate
from tensorboard_plugin_modelinspect.formats.v1_index import open_table
from tensorboard_plugin_modelinspect.formats.v1_names import file_names, prefix_of
from tensorboard_plugin_modelinspect.model.integrity import Finding, Step, problem
from tensorboard_plugin_modelinspect.sources.base import Folder, shown_path


def plan_checkpoint_v1(folder: Folder, candidate: Candidate) -> list[Step]:
    """The steps for a checkpoint V1. Cost: footer and index block of each file."""
    name = candidate.name
    around = plan_around(folder, prefix_of(name))
    return [_plan_files(folder, name), _plan_tables(folder, name), *around]


def _plan_files(folder: Folder, name: str) -> Step:
    files = file_names(name)

    def run() -> Iterator[int | Finding]:
        for file in files:
            if folder.stat(file) is None:
                error = FormatError(
                    path=shown_path(folder.name, file),
                    expected=f"one of {len(files):,} files",
                    found="no such file",
                    next_step="Copy it next to the others: the tensors in it are lost without it.",
                )
                yield problem(error)

    return Step("files", "Files", len(files), "file", 0, run)


def _plan_tables(folder: Folder, name: str) -> Step:
    """The step for the files that are there: blocks have checksums, which cover values too."""
    files = [file for file in file_names(name) if folder.stat(file) is not None]
    blocks = nbytes = 0
    for file in files:
        with suppress(ModelInspectError), closing(folder.open(file)) as source:
            nbytes += source.nbytes
            blocks += len(open_table(source).blocks)  # if it is none the step says so

    def run() -> Iterator[int | Finding]:
        is_whole = True
        for file in files:
            for found in _iter_table(folder, file):
                is_whole = is_whole and isinstance(found, int)
                yield found
        if is_whole:
            OpenV1(folder, name)  # what the files say may contradict itself

    return Step("tables", "Tables", blocks, "block", nbytes, run)


def _iter_table(folder: Folder, file: str) -> Iterator[int | Finding]:
    try:
        with closing(folder.open(file)) as source:
            refuse_lfs_pointer(source)
            table, left = open_table(source), source.nbytes
            for block in table.blocks:
                for found in _iter_block(table, block):
                    left -= found if isinstance(found, int) else 0
                    yield found
            yield max(left, 0)
    except ModelInspectError as error:
        yield problem(error)


def _iter_block(table: Table, block: Handle) -> Iterator[int | Finding]:
    try:
        yield from table.iter_verified(block)
    except FormatError as error:
        yield problem(error, stop=block.stop)
