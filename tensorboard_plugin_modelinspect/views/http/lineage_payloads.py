"""What the routes of lineage answer; `payloads.py` says what all have in common."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LineageJobPayload:
    """How far the look at all artifacts is.

    `state`: `waiting` for the search, `looking`, `relating` (all are looked at; what the marks say
    is being worked out) or `done`. `note` says what was left out.
    """

    state: str
    looked: int
    artifacts: int
    note: str | None


@dataclass(frozen=True, slots=True)
class WeightsPayload:
    """The weights of an artifact: those that count, as `docs/lineage.md` says, aliases once.

    `hash` is null if there are none, or the checksum of one is not known; `unknown` counts these,
    `telling` those whose content is evidence, `left_out` all other tensors. `repeated` tensors are
    stored once more, which takes `repeated_nbytes`.
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
class RelativePayload:
    """An artifact that has something in common with another."""

    id: str
    path: str
    kind: str
    step: int | None


@dataclass(frozen=True, slots=True)
class RelationPayload:
    """What an artifact has in common with a series or one other artifact.

    `extent`: `same`, `within` (all of its own are in the other, which has more), `holds` (all of
    the other's are in its own) or `part`. `others` have most in common with it: several only of one
    series, in order of step; `ties` counts all of those, `less` the others of the series. `tensors`
    of its weights are in the other, too, and `other_tensors` of the other's in its own.
    """

    extent: str
    others: list[RelativePayload]
    ties: int
    less: int
    tensors: int
    parameters: int
    other_tensors: int
    other_parameters: int


@dataclass(frozen=True, slots=True)
class LineagePayload:
    """`lineage`: of one artifact.

    `weights` is null while it was not looked at, and if it cannot be opened; `problem` says why.
    `more` counts further relations, at least.
    """

    job: LineageJobPayload
    weights: WeightsPayload | None
    problem: str | None
    relations: list[RelationPayload]
    more: int


@dataclass(frozen=True, slots=True)
class SharedTensorPayload:
    """A weight that two artifacts share; `is_telling`: it is evidence by itself."""

    name: str
    other_name: str
    dtype: str
    shape: list[int]
    size: int
    is_telling: bool


@dataclass(frozen=True, slots=True)
class SharedLayerPayload:
    """A layer that two artifacts share: those of its `of_tensors` weights that are equal."""

    name: str
    other_name: str
    of_tensors: int
    parameters: int
    tensors: list[SharedTensorPayload]


@dataclass(frozen=True, slots=True)
class SharedLayersPayload:
    """`shared_layers`: in stored order. `left_out` layers are too many to be listed."""

    layers: list[SharedLayerPayload]
    left_out: int


@dataclass(frozen=True, slots=True)
class LineageMarksPayload:
    """`lineage_marks`: the closest relation of each artifact that has one, as columns.

    `parameters` of `of_parameters` elements of its weights are in `other`, too; `ties` as in a
    relation, and `last_step` is that of the last of them. What the marks are is known up to the
    artifact that the job is at.
    """

    job: LineageJobPayload
    id: list[str]
    extent: list[str]
    other: list[str]
    path: list[str]
    step: list[int | None]
    last_step: list[int | None]
    ties: list[int]
    parameters: list[int]
    of_parameters: list[int]
