"""What can be verified of a tensor bundle: its table, its shards, and every tensor's checksum."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from tensorboard_plugin_modelinspect.codecs.crc32c import crc32c
from tensorboard_plugin_modelinspect.codecs.sstable import Table
from tensorboard_plugin_modelinspect.errors import FormatError, ModelInspectError
from tensorboard_plugin_modelinspect.formats.bundle_entries import Extent
from tensorboard_plugin_modelinspect.formats.bundle_index import BundleIndex, read_index
from tensorboard_plugin_modelinspect.formats.bundle_strings import StoredStrings
from tensorboard_plugin_modelinspect.formats.bundle_values import shard_name
from tensorboard_plugin_modelinspect.formats.bundle_variants import iter_verified_variants
from tensorboard_plugin_modelinspect.formats.lfs import find_lfs_pointer, refuse_lfs_pointer
from tensorboard_plugin_modelinspect.model.dtype import STRING, VARIANT
from tensorboard_plugin_modelinspect.model.integrity import (
    Finding,
    Step,
    fact,
    gap,
    problem,
)
from tensorboard_plugin_modelinspect.sources.base import (
    ByteSource,
    Folder,
    iter_pieces,
    shown_path,
)


class _Part(NamedTuple):
    """What one checksum covers: a tensor, or a slice of one."""

    extent: Extent
    key: str
    dtype: int
    size: int
    """Elements."""

    @property
    def field(self) -> str:
        return f'tensor "{self.key}"'


def plan_bundle(folder: Folder, prefix: str) -> list[Step]:
    """The steps for a bundle; without a readable index only those that need none.

    Cost: reads the index. What is wrong with it is found again, and told, by the first step.
    """
    try:
        with_index = _WithIndex(folder, prefix)
    except ModelInspectError:
        return [_plan_table(folder, f"{prefix}.index")]
    return [_plan_table(folder, f"{prefix}.index"), *with_index.plan()]


def _plan_table(folder: Folder, name: str) -> Step:
    """The step for a table: each of its blocks has a checksum."""
    blocks = nbytes = 0
    try:
        source = folder.open(name)
    except ModelInspectError:
        source = None
    if source is not None:
        try:
            nbytes = source.nbytes
            blocks = len(Table(source).blocks)
        except ModelInspectError:
            pass  # the step says so
        finally:
            source.close()
    return Step("index", "Index", blocks, "block", nbytes, lambda: _iter_table(folder, name))


def _iter_table(folder: Folder, name: str) -> Iterator[int | Finding]:
    source = folder.open(name)
    try:
        refuse_lfs_pointer(source)
        table = Table(source)
        is_whole, left = True, source.nbytes
        for block in table.blocks:
            error = table.verify_block(block)
            if error is not None:
                is_whole = False
                yield problem(error, stop=block.stop)
            left -= block.stop - block.offset
            yield block.stop - block.offset
        yield max(left, 0)
        if is_whole:
            read_index(source)  # what its entries say may contradict itself
    finally:
        source.close()


class _WithIndex:
    """The steps that follow from an index."""

    def __init__(self, folder: Folder, prefix: str) -> None:
        self._folder = folder
        self._prefix = prefix
        source = folder.open(f"{prefix}.index")
        try:
            self._index = read_index(source)
        finally:
            source.close()
        self._parts = sorted(_iter_parts(self._index), key=itemgetter(0))

    def plan(self) -> list[Step]:
        shards, parts = self._index.shard_count, self._parts
        nbytes = sum(part.extent.nbytes for part in parts)
        return [
            Step("shards", "Data shards", shards, "shard", 0, self._iter_shards),
            Step("extents", "Tensor extents", len(parts), "extent", 0, self._iter_extents),
            Step("tensors", "Tensor data", len(parts), "checksum", nbytes, self._iter_tensors),
        ]

    def _name(self, shard: int) -> str:
        return shard_name(self._prefix, shard, self._index.shard_count)

    def _shown(self, shard: int) -> str:
        return shown_path(self._folder.name, self._name(shard))

    def _iter_shards(self) -> Iterator[int | Finding]:
        """Shards that are missing or short, with what that loses."""
        for shard, needed in sorted(self._index.shard_nbytes.items()):
            stat = self._folder.stat(self._name(shard))
            if stat is None or stat.nbytes < needed:
                nbytes = -1 if stat is None else stat.nbytes
                yield problem(self._lost(shard, nbytes, needed))

    def _lost(self, shard: int, nbytes: int, needed: int) -> FormatError:
        if nbytes >= 0:
            error = find_lfs_pointer(self._folder, self._name(shard))
            if error is not None:
                return error
        lost = sum(p.extent.shard == shard and p.extent.stop > nbytes for p in self._parts)
        return FormatError(
            path=self._shown(shard),
            expected=f"{needed:,} bytes",
            found="no such file" if nbytes < 0 else f"{nbytes:,}",
            next_step=f"Copy it again, next to the index: {lost:,} of {len(self._parts):,} tensors"
            " and slices are lost without it.",
        )

    def _iter_extents(self) -> Iterator[int | Finding]:
        """Bytes that two tensors claim, and bytes that none does."""
        groups = groupby(self._parts, key=lambda part: part.extent.shard)
        by_shard = {shard: list(parts) for shard, parts in groups}
        for shard in range(self._index.shard_count):
            yield from self._iter_shard(shard, by_shard.get(shard, ()))

    def _iter_shard(self, shard: int, parts: Iterable[_Part]) -> Iterator[Finding]:
        stat = self._folder.stat(self._name(shard))
        size = 0 if stat is None else stat.nbytes
        stop, before = 0, None
        gaps: list[tuple[int, int]] = []
        for part in parts:
            extent = part.extent
            if extent.offset > stop:
                gaps.append((stop, min(extent.offset, size)))
            elif before is not None and extent.nbytes and extent.offset < stop:
                yield self._overlap(before, part, stop)
            if extent.stop > stop:
                stop, before = extent.stop, part
        gaps.append((stop, size))
        unowned = [(start, end) for start, end in gaps if start < end]
        if unowned:
            nbytes = sum(end - start for start, end in unowned)
            text = f"{nbytes:,} of {size:,} bytes belong to no tensor"
            yield fact(self._shown(shard), text)._replace(start=unowned[0][0], stop=unowned[0][1])

    def _overlap(self, before: _Part, part: _Part, stop: int) -> Finding:
        one, other = before.extent, part.extent
        shared = min(stop, other.stop) - other.offset
        if one == other:
            text = f'{part.field} and tensor "{before.key}" are the same {shared:,} bytes'
            return fact(self._shown(other.shard), text)._replace(start=one.offset, stop=one.stop)
        error = FormatError(
            path=self._shown(other.shard),
            offset=other.offset,
            field=part.field,
            expected="bytes of its own",
            found=f'{shared:,} that are also tensor "{before.key}"',
            next_step="The index was not written by TensorFlow: save the checkpoint again.",
        )
        return problem(error, tensor=part.key, stop=other.offset + shared)

    def _iter_tensors(self) -> Iterator[int | Finding]:
        """Every checksum, in the order of the bytes on disk."""
        shard, source = -1, None
        not_there: Counter[int] = Counter()
        try:
            for part in self._parts:
                if part.extent.shard != shard:
                    if source is not None:
                        source.close()
                    shard, source = part.extent.shard, self._open(part.extent.shard)
                if source is None or part.extent.stop > source.nbytes:
                    not_there[shard] += 1
                    continue
                try:
                    yield from _iter_verified(source, part, self._index)
                except FormatError as error:
                    # The checksum says that they differ, not where: all of its bytes are meant.
                    found = problem(error, tensor=part.key, stop=part.extent.stop)
                    yield found._replace(start=part.extent.offset)
        finally:
            if source is not None:
                source.close()
        for number, count in sorted(not_there.items()):
            text = f"{count:,} of {len(self._parts):,} checksums not verified: no bytes to compare"
            yield gap(self._shown(number), text)

    def _open(self, shard: int) -> ByteSource | None:
        """A shard; None if it cannot be opened, which the step for shards tells."""
        try:
            return self._folder.open(self._name(shard))
        except ModelInspectError:
            return None


def _iter_parts(index: BundleIndex) -> Iterator[_Part]:
    for entry in index.entries.values():
        if entry.extent is not None:
            yield _Part(entry.extent, entry.key, entry.dtype, math.prod(entry.shape))
        for box, extent in entry.parts:
            size = math.prod(stop - start for start, stop in box)
            yield _Part(extent, entry.key, entry.dtype, size)


def _iter_verified(source: ByteSource, part: _Part, index: BundleIndex) -> Iterator[int]:
    """Verify one checksum in bounded memory; gives the bytes read, piece by piece."""
    extent, field = part.extent, part.field
    big = index.is_big_endian
    if part.dtype == STRING.number:
        strings = StoredStrings(source, extent, part.size, field, is_big_endian=big)
        yield from strings.iter_verified()
    elif part.dtype == VARIANT.number:
        yield from iter_verified_variants(source, extent, part.size, field, is_big_endian=big)
    else:
        crc = 0
        for piece in iter_pieces(source, extent.offset, extent.stop):
            crc = crc32c(piece, crc)
            yield len(piece)
        extent.check_crc32c(crc, source.name, field)
