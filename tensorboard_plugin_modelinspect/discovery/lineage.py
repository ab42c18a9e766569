"""Looks at the weights of artifacts, and remembers them while their files are the same."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.lineage.contents import (
    Contents,
    Layout,
    Sketch,
    choose_weights,
    make_sketch,
)
from tensorboard_plugin_modelinspect.analyses.lineage.lineage import Lineage, Looked
from tensorboard_plugin_modelinspect.analyses.lineage.result import Subject
from tensorboard_plugin_modelinspect.discovery.catalog import Catalog
from tensorboard_plugin_modelinspect.discovery.found import Found
from tensorboard_plugin_modelinspect.discovery.roots import Root
from tensorboard_plugin_modelinspect.errors import BadRequest, ModelInspectError, NotFound
from tensorboard_plugin_modelinspect.formats.content_checksums import (
    can_checksum,
    constant_checksums,
    read_crc32c,
)
from tensorboard_plugin_modelinspect.model.checksums import known_crc32c
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.opening import list_tensors, open_candidate
from tensorboard_plugin_modelinspect.sources.base import FileStat

MOST_WEIGHTS = 4_000_000
"""Weights of all artifacts together: 100 MB while their index is made. Others are left out."""

_Files = Mapping[str, FileStat]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is kept of an artifact while its files are the same."""

    files: _Files
    sketch: Sketch | None
    problem: str


class Progress(NamedTuple):
    """How far a lineage is.

    Attributes:
        looked: Artifacts that were looked at.
        artifacts: All there are.
        read_nbytes: Bytes of values that were read, of those that have no checksums.
        nbytes: To read.
        elapsed_s: Since it began.
    """

    looked: int
    artifacts: int
    read_nbytes: int
    nbytes: int
    elapsed_s: float


class LineageReader:
    """Artifacts through time: they come, change and go. For one thread at a time."""

    def __init__(self) -> None:
        self._contents = Contents(constant_checksums)
        self._known: dict[str, _Known] = {}
        self._layouts: dict[str, tuple[tuple[str, ...], Layout]] = {}

    def needs_look(self, found: Found) -> bool:
        """Whether nothing is known of an artifact as it is now."""
        known = self._known.get(found.id)
        return found.state not in ("deleted", "writing") and (
            known is None or known.files != found.candidate.files
        )

    def look(self, found: Found) -> None:
        """Look at an artifact; what is wrong with it becomes its problem.

        Cost: opens it; of a series mostly only the index. Reads no weights.
        """
        sketch, problem = None, ""
        try:
            sketch = self._sketch(found)
        except ModelInspectError as error:
            problem = error.message
        self._known[found.id] = _Known(found.candidate.files, sketch, problem)

    def put_problem(self, found: Found, problem: str) -> None:
        """Do not look at an artifact again as it is now."""
        self._known[found.id] = _Known(found.candidate.files, None, problem)

    def forget_all_but(self, artifacts: Sequence[Found]) -> None:
        """Forget artifacts that are not there any more."""
        current = {found.id for found in artifacts}
        self._known = {key: one for key, one in self._known.items() if key in current}

    def lineage(self, artifacts: Sequence[Found], note: str = "") -> Lineage:
        """What is known of artifacts by now, in this order."""
        looked = []
        left, room = 0, MOST_WEIGHTS
        for found in artifacts:
            one = self._looked(found)
            if one.sketch is not None and len(one.sketch.contents) > room:
                left += 1
                problem = f"Left out: the others have {MOST_WEIGHTS:,} weights together."
                one = one._replace(sketch=None, problem=problem)
            elif one.sketch is not None:
                room -= len(one.sketch.contents)
            looked.append(one)
        if left:
            note = f"{note} {left:,} artifacts are left out: start on a smaller folder.".strip()
        return Lineage(looked, self._contents, note)

    def _looked(self, found: Found) -> Looked:
        known = self._known.get(found.id)
        subject = Subject(
            id=found.id,
            path=found.path,
            kind=found.kind,
            state=found.state,
            step=found.step,
            series=found.series,
            mtime_s=found.mtime_s,
        )
        unit = (found.root, found.kind, found.series or found.id)
        if known is None or found.state == "writing":
            return Looked(subject, unit, None, found.reason or "It was not looked at yet.")
        return Looked(subject, unit, known.sketch, known.problem)

    def _sketch(self, found: Found) -> Sketch:
        """The weights of an artifact; checkpoints of a series mostly have the same layout."""
        folder, candidate = found.open_folder(), found.candidate
        is_of_series = found.series is not None and found.kind == "checkpoint"
        if is_of_series and found.series in self._layouts:
            tensors = list_tensors(folder, candidate)
            keys, layout = self._layouts[found.series]
            if keys == tuple(tensors):
                return make_sketch(tensors, layout, self._contents)
        tensors = open_candidate(folder, candidate).tensors
        layout = choose_weights(tensors)
        if is_of_series and found.series is not None and not layout.aliases:
            self._layouts[found.series] = tuple(tensors), layout
        return make_sketch(tensors, layout, self._contents)

    def plan_reading(self, found: Found) -> int:
        """Bytes of weights that must be read, for want of checksums; none if it cannot be opened.

        Cost: opens it.
        """
        known = self._known.get(found.id)
        if known is None or known.sketch is None or not known.sketch.weights.unknown:
            return 0
        try:
            tensors = open_candidate(found.open_folder(), found.candidate).tensors
        except ModelInspectError:
            return 0  # it could be opened a moment ago; reading it will tell
        keys = choose_weights(tensors).keys
        return sum(tensors[key].nbytes for key in keys if _must_be_read(tensors[key]))

    def read(self, found: Found, note: Callable[[int], None]) -> None:
        """Read weights that have no checksums; what cannot be read becomes the problem.

        Args:
            found: An artifact that was looked at.
            note: Called with the bytes that were read; what it raises ends the reading.
        """
        sketch, problem = None, ""
        try:
            tensors = open_candidate(found.open_folder(), found.candidate).tensors
            layout = choose_weights(tensors)
            read, problem = _read_all([tensors[key] for key in layout.keys], note)
            sketch = make_sketch(tensors, layout, self._contents, read)
        except ModelInspectError as error:
            problem = error.message
        self._known[found.id] = _Known(found.candidate.files, sketch, problem)


def _must_be_read(tensor: Tensor) -> bool:
    return known_crc32c(tensor) is None and can_checksum(tensor.dtype)


def _read_all(tensors: Sequence[Tensor], note: Callable[[int], None]) -> tuple[dict[str, int], str]:
    """Checksums of those that must be read, by key, and why the first of the others has none."""
    read: dict[str, int] = {}
    problem = ""
    for tensor in filter(_must_be_read, tensors):
        try:
            read[tensor.key] = read_crc32c(tensor, note)
        except ModelInspectError as error:  # noqa: PERF203  each by itself may be damaged
            problem = problem or error.message
    return read, problem


def compute_lineage(
    root: str | os.PathLike[str],
    *,
    read: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Lineage:
    """The lineage of all artifacts below a folder.

    Args:
        root: A folder that holds models, such as a logdir.
        read: Whether to read weights that have no checksums: those of Keras files, frozen graphs
            and checkpoints V1. Without it nothing is known of them.
        progress: Called with each artifact, and with each few megabytes read; what it raises ends
            that.

    Raises:
        NotFound: No such folder.
        BadRequest: It is a file.

    What cannot be opened or read is the problem of its entry, and the rest goes on.
    """
    shown = os.fspath(root)
    path = os.path.abspath(os.path.expanduser(shown))
    if not os.path.exists(path):
        raise NotFound(f"{shown}: no such folder. Name one that holds models, such as a logdir.")
    if not os.path.isdir(path):
        raise BadRequest(f"{shown}: a file, not a folder. Name the folder that holds it.")
    snapshot = Catalog(lambda: (Root("", path),)).scan()
    meter = _Meter(len(snapshot.artifacts), progress)
    reader = LineageReader()
    for found in snapshot.artifacts:
        if reader.needs_look(found):
            reader.look(found)
        meter.note_look()
    if read:
        _read_unknown(reader, snapshot.artifacts, meter)
    return reader.lineage(snapshot.artifacts, snapshot.note)


def _read_unknown(reader: LineageReader, artifacts: Sequence[Found], meter: _Meter) -> None:
    sizes = [(found, nbytes) for found in artifacts if (nbytes := reader.plan_reading(found))]
    meter.nbytes = sum(nbytes for _, nbytes in sizes)
    for found, _ in sizes:
        reader.read(found, meter.note_read)


class _Meter:
    """Counts, and tells whoever asked for progress."""

    def __init__(self, artifacts: int, progress: Callable[[Progress], None] | None) -> None:
        self.nbytes = 0
        self._artifacts = artifacts
        self._progress = progress
        self._looked = self._read_nbytes = 0
        self._began = time.monotonic()

    def note_look(self) -> None:
        """One artifact more was looked at."""
        self._looked += 1
        self._tell()

    def note_read(self, nbytes: int) -> None:
        """Some bytes more were read."""
        self._read_nbytes += nbytes
        self._tell()

    def _tell(self) -> None:
        if self._progress is not None:
            elapsed_s = time.monotonic() - self._began
            self._progress(
                Progress(self._looked, self._artifacts, self._read_nbytes, self.nbytes, elapsed_s)
            )
