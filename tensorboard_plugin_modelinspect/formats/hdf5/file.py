"""An HDF5 file as records: datasets, the texts beside them, and what was left alone."""

from __future__ import annotations

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.formats.hdf5.client import WORKER
from tensorboard_plugin_modelinspect.formats.hdf5.frames import LARGEST_SENT
from tensorboard_plugin_modelinspect.formats.hdf5.superblock import check_superblock
from tensorboard_plugin_modelinspect.model.dtype import DTYPES, DType
from tensorboard_plugin_modelinspect.sources.base import ByteSource, FileStat

_LISTING_S, _LONGEST_LISTING_S = 2, 60
_LISTED_A_SECOND = 1 << 18
"""Bytes of a file for which one more second is allowed. A dataset of Keras takes 1.4 kB with its
group, and half a millisecond of a slow processor."""
_MOST_AXES = 32
_BY_NAME = {dtype.name: dtype for dtype in DTYPES.values() if dtype.numpy_name}
_DIGITS = re.compile(r"([0-9]+)")


class Dataset(NamedTuple):
    """One dataset.

    Attributes:
        key: Its path, without the leading slash.
        dtype: Element type; without values if it is one of HDF5's that hold no plain numbers.
        is_big_endian: Byte order of the stored numbers.
        shape: Sizes of the axes.
        stored_nbytes: What it takes in the file: less than its elements if compressed.
        offset: Where the elements lie in the file, if they lie there as they are.
        storage: `contiguous`, `compact`, `chunked`, `external` or `virtual`.
        alias_of: Key of the dataset that is this very one, under another name.
    """

    key: str
    dtype: DType
    is_big_endian: bool
    shape: tuple[int, ...]
    stored_nbytes: int
    offset: int | None
    storage: str
    alias_of: str | None


class Elsewhere(NamedTuple):
    """Something that leads to another file: its path, how, the file, and what is meant in that."""

    key: str
    how: str
    file: str
    target: str


class HdfFile(NamedTuple):
    """What a file holds.

    Attributes:
        datasets: By key, in natural order: `vars/2` before `vars/10`.
        groups: By path; those attributes that Keras writes, each a text or a list of texts.
        texts: Attributes of the root that are text, by name.
        notes: What was not followed, as sentences.
        problems: What is damaged, as sentences.
        elsewhere: What leads to other files, which are not opened; the first hundred.
    """

    datasets: Mapping[str, Dataset]
    groups: Mapping[str, Mapping[str, Any]]
    texts: Mapping[str, str]
    notes: tuple[str, ...]
    problems: tuple[str, ...]
    elsewhere: tuple[Elsewhere, ...] = ()


class RecentFiles:
    """What the last few files hold, or why they cannot be read.

    A file is usually opened right after it was checked, and one on which libhdf5 hangs need not
    hang it twice.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._files: OrderedDict[object, HdfFile | FormatError] = OrderedDict()

    def read(self, source: ByteSource, stat: FileStat | None) -> HdfFile:
        """As `read_hdf5`, or from memory if the same file was read lately.

        Args:
            source: The file.
            stat: Of the file that it is, or lies in.
        """
        key = _identity(source, stat)
        with self._lock:
            found = self._files.pop(key, None)
        if found is None:
            try:
                found = read_hdf5(source)
            except FormatError as error:
                found = error
        with self._lock:
            if key is not None:
                self._files[key] = found
            while len(self._files) > self._most:
                self._files.popitem(last=False)
        if isinstance(found, FormatError):
            raise found.with_traceback(None)
        return found


RECENT = RecentFiles(8)


def _identity(source: ByteSource, stat: FileStat | None) -> object:
    """Equal for files with the same name and content; None if that is not known."""
    if stat is not None and stat.inode:
        return source.name, source.nbytes, stat
    if source.nbytes <= LARGEST_SENT:  # not on a disk: told by what is in it
        return source.name, hashlib.sha256(source.read(0, source.nbytes)).digest()
    return None


def read_hdf5(source: ByteSource) -> HdfFile:
    """List all that is in a file.

    Raises:
        FormatError: It is no HDF5, cut short, or damaged so that nothing can be listed.
        Unsupported: There is no h5py.

    Cost: reads the metadata, and about 5 ms for a process.
    """
    check_superblock(source)
    seconds = min(_LONGEST_LISTING_S, _LISTING_S + source.nbytes // _LISTED_A_SECOND)
    answer = WORKER.ask(source, {"ask": "describe"}, cpu_s=seconds).message
    try:
        return _parse(answer, source)
    except (KeyError, TypeError, ValueError):
        raise FormatError(
            path=source.name, field="its HDF5 structure", found="damage that misleads its reader"
        ) from None


def natural_key(key: str) -> tuple[str | int, ...]:
    """Sorts by the numbers in a text. Text and numbers take turns, so they are never compared."""
    return tuple(
        int(part[:18]) if number % 2 else part for number, part in enumerate(_DIGITS.split(key))
    )


def _parse(answer: Mapping[str, Any], source: ByteSource) -> HdfFile:
    rows = [row for row in answer["datasets"] if len(row) > 2]
    found = {dataset.key: dataset for dataset in (_parse_dataset(row, source) for row in rows)}
    _add_aliases(found, [row for row in answer["datasets"] if len(row) == 2])
    groups = {str(path): dict(attributes) for path, attributes in answer["groups"].items()}
    datasets = {key: found[key] for key in sorted(found, key=natural_key)}
    notes = _sentences(answer["notes"], source)
    others = [key for key, one in datasets.items() if one.storage in ("external", "virtual")]
    if others:
        notes.append(_elsewhere(source, others))
    texts = {str(name): str(text) for name, text in answer["texts"].items()}
    problems = _sentences(answer["problems"], source)
    elsewhere = tuple(Elsewhere(*map(str, row)) for row in answer["elsewhere"])
    return HdfFile(datasets, groups, texts, tuple(notes), tuple(problems), elsewhere)


def _sentences(rows: Iterable[list[str]], source: ByteSource) -> list[str]:
    return [f'{source.name}: "{path}" {text}.' for path, text in rows]


def _add_aliases(found: dict[str, Dataset], rows: list[list[str]]) -> None:
    """Add other names of datasets; the first one in order is not called an alias."""
    names: dict[str, list[str]] = {}
    for key, other in rows:
        if other in found:
            names.setdefault(other, [other]).append(str(key))
    for known, keys in names.items():
        first, *others = sorted(keys, key=natural_key)
        dataset = found.pop(known)
        found[first] = dataset._replace(key=first)
        for key in others:
            found[key] = dataset._replace(key=key, alias_of=first)


def _elsewhere(source: ByteSource, keys: list[str]) -> str:
    more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
    return (
        f'{source.name}: the values of "{keys[0]}"{more} lie in other files, which are not opened.'
    )


def _parse_dataset(row: list[Any], source: ByteSource) -> Dataset:
    key, _, name, order, itemsize, shape, stored_nbytes, offset, storage = row
    sizes = tuple(int(size) for size in shape)
    if len(sizes) > _MOST_AXES or any(not 0 <= size < 1 << 63 for size in sizes):
        raise ValueError(sizes)
    known = _BY_NAME.get(name)
    is_known = known is not None and order != "?" and (known.itemsize in (0, itemsize))
    # Types without numbers count no bytes an element, so that they are no parameters.
    plain = known.itemsize if known else itemsize if str(name)[-1:].isdigit() else 0
    dtype = known if is_known and known else DType(0, str(name), plain, "")
    in_file = isinstance(offset, int) and 0 <= offset <= source.nbytes
    return Dataset(
        str(key),
        dtype,
        order == ">",
        sizes,
        max(0, int(stored_nbytes)),
        offset if in_file else None,
        str(storage),
        None,
    )
