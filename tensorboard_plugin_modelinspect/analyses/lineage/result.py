"""What lineage says: whose weights are equal to whose, wholly or in part.

Said from checksums alone, and only what they say: that contents are equal. Which of two artifacts
was made from the other is not known; dates and kinds let a reader guess.

What of an artifact counts as its weights, and what is evidence, is decided in `contents.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from tensorboard_plugin_modelinspect.model.artifact import Kind, State

Extent = Literal["same", "within", "holds", "part"]
EXTENTS: tuple[Extent, ...] = ("same", "within", "holds", "part")
"""What an artifact has of another one's weights: `same`: both have the same; `within`: all of its
own are in the other, which has more; `holds`: all of the other's are in its own; `part`: some."""

MOST_RELATIONS = 20
"""Related series and single artifacts that are told of each artifact; the closest come first."""
MOST_TIES = 64
"""Checkpoints of a series that fit equally well and are named; `ties` counts all of them."""


class Subject(NamedTuple):
    """An artifact as its finder knows it.

    Attributes:
        id: Of its finder.
        path: Below its root, with `/`.
        kind: Its format.
        state: As it was checked.
        step: Training step; None if unknown.
        series: Id of the series it is one of; None for a single artifact.
        mtime_s: Newest of its files, in seconds since 1970.
    """

    id: str
    path: str
    kind: Kind
    state: State
    step: int | None
    series: str | None
    mtime_s: float


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of one artifact, as far as they are known without reading them.

    Attributes:
        hash: Content hash of all of them, `mi1:` and 32 hexadecimal digits; None if there are none,
            or one has no checksum.
        tensors: That count as weights, aliases once.
        parameters: Their elements.
        nbytes: Their bytes.
        unknown: Those among them without a checksum: nothing is known of them without reading.
        telling: Those whose content is evidence when another artifact has it too.
        left_out: Other tensors: of the optimizer, counters, tables, seeds, metrics.
        repeated: Tensors whose content is stored in this artifact once more, aliases included.
        repeated_nbytes: Bytes that this takes.
    """

    hash: str | None
    tensors: int
    parameters: int
    nbytes: int
    unknown: int
    telling: int
    left_out: int
    repeated: int
    repeated_nbytes: int


@dataclass(frozen=True, slots=True)
class Relation:
    """What an artifact has in common with a series, or with one other artifact.

    Attributes:
        extent: See `EXTENTS`.
        others: Places in `Lineage.looked` of those that have most in common with it, in order of
            step: several only of one series, and at most `MOST_TIES`.
        ties: How many have exactly as much.
        less: Further ones of the series that have something in common with it, but less.
        tensors: Weights of the artifact that are in the other, too.
        parameters: Their elements.
        other_tensors: Weights of the other that are in this one, too.
        other_parameters: Their elements.
    """

    extent: Extent
    others: tuple[int, ...]
    ties: int
    less: int
    tensors: int
    parameters: int
    other_tensors: int
    other_parameters: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An artifact, its weights and its relations.

    Attributes:
        subject: Which one.
        weights: None if they cannot be known; `problem` says why.
        problem: A sentence; empty if there is none.
        relations: The closest first: at most `MOST_RELATIONS`.
        more: Further series and single artifacts that have something in common with it.
    """

    subject: Subject
    weights: Weights | None
    problem: str
    relations: tuple[Relation, ...] = ()
    more: int = 0


class SharedTensor(NamedTuple):
    """A weight that two artifacts share.

    Attributes:
        name: Readable name in the first one.
        other_name: In the second one.
        dtype: TensorFlow's name of the element type.
        shape: Sizes of the axes.
        size: Number of elements.
        is_telling: Whether it is evidence by itself.
    """

    name: str
    other_name: str
    dtype: str
    shape: tuple[int, ...]
    size: int
    is_telling: bool


class SharedLayer(NamedTuple):
    """A layer that two artifacts share, in whole or in part: its tensors that are equal.

    Attributes:
        name: What the names of its tensors in the first artifact begin with.
        other_name: In the second one: of the first of its tensors.
        tensors: Equal ones, in the order of the first artifact.
        of_tensors: All weights of the layer in the first artifact.
    """

    name: str
    other_name: str
    tensors: tuple[SharedTensor, ...]
    of_tensors: int

    @property
    def parameters(self) -> int:
        """Elements of its equal tensors."""
        return sum(tensor.size for tensor in self.tensors)
