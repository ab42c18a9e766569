"""What a diff says: where two artifacts differ, as data. Nothing here reads values.

`before` and `after` are the two sides. What is the same on both sides is not listed, but for
tensors: those are paired, and every pair is there.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, TypeVar

from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.model.artifact import Artifact, Document, MetaGraph
from tensorboard_plugin_modelinspect.model.signature import Signature, TensorSpec
from tensorboard_plugin_modelinspect.model.tensor import Tensor

if TYPE_CHECKING:  # structure is compared without numpy
    from tensorboard_plugin_modelinspect.analyses.stats.result import Histogram

Content = Literal["equal", "changed", "unknown", "incomparable"]
"""What checksums tell of a pair: `unknown` must be read, `incomparable` cannot be (other shape,
strings against numbers, no values, one side only)."""
PairedBy = Literal["key", "name", "content", "guess"]
PAIRED_BY: tuple[PairedBy, ...] = ("key", "name", "content", "guess")
State = Literal[
    "equal", "changed", "close", "added", "removed", "incomparable", "unknown", "unreadable"
]
STATES: tuple[State, ...] = (
    "equal", "changed", "close", "added", "removed", "incomparable", "unknown", "unreadable",
)  # fmt: skip
Section = Literal["graphs", "objects", "documents"]
SECTIONS: tuple[Section, ...] = ("graphs", "objects", "documents")
Of = Literal["value", "magnitude", "equality"]

_Item = TypeVar("_Item")
Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


class Tolerance(NamedTuple):
    """How far elements may be apart: `|b - a| <= atol + rtol * |a|`, `a` being the one before."""

    atol: float = 0.0
    rtol: float = 0.0


EXACT = Tolerance()
_FEW = 8
_CONFIRMED = 0.9


@dataclass(frozen=True, slots=True)
class ValueDiff:
    """How the values of a pair of tensors of the same shape differ, element by element.

    NaN on both sides at the same place is no difference, nor is the same infinity. Numbers from
    `max_abs` on are over the elements that are finite on both sides, in float64.

    Attributes:
        of: `value`; `magnitude` of the differences of complex numbers; `equality` of strings and
            bools, which have no numbers.
        compared_as: Type that both were taken to for it, as they are of different types: `float64`
            or `complex128`; empty if they are of one type.
        count: Elements of each.
        differing: How many differ.
        outside: How many of these are farther apart than the tolerance; all of them without one.
        first: Coordinate of the first that differs, row-major; None if none does.
        nan_both: NaN on both sides at the same place.
        nan_before: NaN before, not after; these differ. Likewise `nan_after`.
        max_abs: Largest |b - a|; None if nothing is finite on both sides, or of `equality`. All
            below are None in the same way.
        max_at: Where that is.
        mean_abs: Mean |b - a| over all, equal ones too.
        l2: Norm of b - a.
        relative_l2: That over the norm of a; None too where that is zero.
        cosine: Of the angle between both, -1 to 1; None too where a norm is zero.
        histogram: Of b - a (complex: of its magnitude) over the elements that differ.
        is_rounding: Of different types: whether one is the other, rounded to its type; else None.
    """

    of: Of
    compared_as: str
    count: int
    differing: int
    outside: int
    first: tuple[int, ...] | None
    nan_both: int = 0
    nan_before: int = 0
    nan_after: int = 0
    max_abs: float | None = None
    max_at: tuple[int, ...] | None = None
    mean_abs: float | None = None
    l2: float | None = None
    relative_l2: float | None = None
    cosine: float | None = None
    histogram: Histogram | None = None
    is_rounding: bool | None = None


@dataclass(frozen=True, slots=True)
class TensorPair:
    """A tensor before and after; one of both is None where it was added or removed.

    Attributes:
        before, after: The tensors.
        by: What paired them; None for one alone.
        confidence: 0 to 1; 1 by key, and for one alone.
        reason: A sentence without a full stop: why they are taken for the same; empty by key.
        content: What checksums tell.
        values: What reading them told; None if they were not read.
        error: Why they cannot be read, or None.
    """

    before: Tensor | None
    after: Tensor | None
    by: PairedBy | None
    confidence: float
    reason: str
    content: Content
    values: ValueDiff | None = None
    error: ModelInspectError | None = None

    @property
    def state(self) -> State:
        """All that is known, in a word: `close` is different, but within the tolerance."""
        if self.before is None or self.after is None:
            return "added" if self.before is None else "removed"
        if self.values is not None:
            if not self.values.differing:
                return "equal"
            return "changed" if self.values.outside else "close"
        # Checksums may tell that it changed even where it cannot be read.
        return "unreadable" if self.error and self.content == "unknown" else self.content

    @property
    def tensor(self) -> Tensor:
        """The one after, or the one before where there is none."""
        tensor = self.after or self.before
        if tensor is None:
            raise ValueError("a pair of nothing")
        return tensor

    @property
    def is_renamed(self) -> bool:
        """Whether it was found under another readable name."""
        both = self.before is not None and self.after is not None
        return both and self.by in ("content", "guess")

    @property
    def changes(self) -> tuple[str, ...]:
        """Fields of `Tensor` that differ; none for one alone."""
        if self.before is None or self.after is None:
            return ()
        pairs = zip(Tensor._fields[:-1], self.before, self.after, strict=False)
        return tuple(name for name, old, new in pairs if old != new)

    @property
    def is_retyped(self) -> bool:
        """Whether the element type is another one."""
        return self._differs("dtype")

    @property
    def is_reshaped(self) -> bool:
        """Whether the shape is another one."""
        return self._differs("shape")

    @property
    def is_moved(self) -> bool:
        """Whether its role is another one."""
        return self._differs("role")

    @property
    def is_counted(self) -> bool:
        """Whether it counts in sums: no alias of another one, and not a format's bookkeeping."""
        roles = [one.role for one in (self.before, self.after) if one is not None]
        return self.tensor.alias_of is None and "metadata" not in roles

    @property
    def needs_values(self) -> bool:
        """Whether reading would tell more than is known by now."""
        return self.content in ("changed", "unknown") and not (self.values or self.error)

    def _differs(self, attribute: str) -> bool:
        if self.before is None or self.after is None:
            return False
        return bool(getattr(self.before, attribute) != getattr(self.after, attribute))


class SpecDiff(NamedTuple):
    """An input or output that differs.

    Attributes:
        direction: Which.
        key: The name that callers use.
        before, after: None where it was added or removed.
        changes: Fields of `TensorSpec` that differ; none for one alone.
    """

    direction: Literal["input", "output"]
    key: str
    before: TensorSpec | None
    after: TensorSpec | None
    changes: tuple[str, ...]

    @property
    def is_visible(self) -> bool:
        """Whether callers notice: all but the name of the tensor inside the graph."""
        return self.changes != ("name",)


class SignatureDiff(NamedTuple):
    """A signature that differs; before or after is None where it was added or removed."""

    key: str
    before: Signature | None
    after: Signature | None
    specs: tuple[SpecDiff, ...]

    @property
    def is_visible(self) -> bool:
        """Whether callers notice."""
        if self.before is None or self.after is None:
            return not (self.before or self.after or _NO_SIGNATURE).is_internal
        is_other_method = self.before.method_name != self.after.method_name
        return is_other_method or any(spec.is_visible for spec in self.specs)


_NO_SIGNATURE = Signature("", "", (), ())


class CountDiff(NamedTuple):
    """Something that is there another number of times: an op, a function, entries of a list."""

    name: str
    before: int
    after: int


class AssetDiff(NamedTuple):
    """A file below `assets/` that differs: the tensor that names it, and bytes (None: missing)."""

    name: str
    before: tuple[str, int | None] | None
    after: tuple[str, int | None] | None


class FactDiff(NamedTuple):
    """A field of `MetaGraph` that differs, such as `tensorflow_version` or `node_count`."""

    name: str
    before: str | int | bool
    after: str | int | bool


@dataclass(frozen=True, slots=True)
class GraphDiff:
    """A tag-set that differs, or is on one side only (then it is compared with an empty graph).

    Attributes:
        tags: Sorted.
        before, after: None where it was added or removed.
        signatures: Sorted by key, those of TensorFlow's own too (`Signature.is_internal`).
        ops: By name.
        functions: By the name without the number behind it, which each save counts anew.
        collections: By name.
        assets: By name.
        facts: The rest.
        repeat: How many graphs before it have the same tags; a damaged file may repeat them.
    """

    tags: tuple[str, ...]
    before: MetaGraph | None
    after: MetaGraph | None
    signatures: tuple[SignatureDiff, ...] = ()
    ops: tuple[CountDiff, ...] = ()
    functions: tuple[CountDiff, ...] = ()
    collections: tuple[CountDiff, ...] = ()
    assets: tuple[AssetDiff, ...] = ()
    facts: tuple[FactDiff, ...] = ()
    repeat: int = 0

    @property
    def is_structural(self) -> bool:
        """Whether more than the writer's version and names inside the graph differ."""
        if self.before is None or self.after is None:
            return True
        counted = self.ops or self.functions or self.collections or self.assets
        visible = any(one.is_visible for one in self.signatures)
        return bool(counted) or visible or any(one.name == "node_count" for one in self.facts)


class ObjectFacts(NamedTuple):
    """What is known of an object at its path.

    Attributes:
        kind, label, detail: As in `ObjectNode`.
        same_as: Path of the object that this one is, where it was met before; else None.
    """

    kind: str
    label: str
    detail: str
    same_as: str | None = None


class ObjectDiff(NamedTuple):
    """An object that differs; before or after is None where it was added or removed.

    Attributes:
        path: Local names from the root, joined with `/` (escaped in a name as TensorFlow does: `/`
            is `.S`, `.` is `..`); empty for the root itself.
        before, after: Facts.
        is_top: Whether it did not come or go with the object above it.
        below: Objects below it that came or went with it, each listed too.
    """

    path: str
    before: ObjectFacts | None
    after: ObjectFacts | None
    is_top: bool = True
    below: int = 0


class JsonChange(NamedTuple):
    """A place in a JSON document that differs.

    Attributes:
        path: Names and places in lists, counted before where there is one, else after.
        kind: What happened.
        before, after: Values; None where it was added or removed.
    """

    path: tuple[str | int, ...]
    kind: Literal["added", "removed", "changed"]
    before: Json
    after: Json


class DocumentDiff(NamedTuple):
    """A document that differs, such as a Keras config.

    Attributes:
        name: What the format calls it.
        before, after: None where it was added or removed.
        changes: Where, if both are JSON.
        is_cut: Whether there are more changes than are listed.
        is_volatile: Whether only what every save writes anew differs: date and version.
        repeat: How many documents before it have the same name.
    """

    name: str
    before: Document | None
    after: Document | None
    changes: tuple[JsonChange, ...] = ()
    is_cut: bool = False
    is_volatile: bool = False
    repeat: int = 0


class Skipped(NamedTuple):
    """A section that is not compared, and why, as a sentence."""

    section: Section
    reason: str


@dataclass(frozen=True)
class ArtifactDiff:
    """Where two artifacts differ.

    Attributes:
        before, after: The artifacts.
        pairs: All tensors, in the order of `after`, those removed last.
        graphs: Tag-sets that differ, in the order of `before`, added ones last.
        objects: Objects that differ, sorted by path.
        documents: Those that differ, in stored order.
        skipped: Sections that are not compared, as one side cannot have them.
        notes: Sentences about what limits the comparison.
        tolerance: That `values` of pairs were computed with.
    """

    before: Artifact
    after: Artifact
    pairs: tuple[TensorPair, ...]
    graphs: tuple[GraphDiff, ...] = ()
    objects: tuple[ObjectDiff, ...] = ()
    documents: tuple[DocumentDiff, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    tolerance: Tolerance = EXACT

    @cached_property
    def counts(self) -> Mapping[State, int]:
        """Pairs that count, by state; every state is there."""
        found = Counter(pair.state for pair in self.pairs if pair.is_counted)
        return {state: found[state] for state in STATES}

    @property
    def has_changed_signatures(self) -> bool:
        """Whether callers notice: a signature or tag-set added, removed or other than before."""
        return any(
            graph.before is None
            or graph.after is None
            or any(signature.is_visible for signature in graph.signatures)
            for graph in self._compared("graphs", self.graphs)
        )

    @property
    def has_changed_structure(self) -> bool:
        """Whether anything but values, the writer's version and dates differs."""
        return (
            any(one.is_structural for one in self._compared("graphs", self.graphs))
            or any(True for _ in self._compared("objects", self.objects))
            or any(not one.is_volatile for one in self._compared("documents", self.documents))
            or self.has_changed_tensors
        )

    @property
    def has_changed_tensors(self) -> bool:
        """Whether a tensor was added, removed, renamed, retyped, reshaped or has another role."""
        return any(
            pair.state in ("added", "removed")
            or pair.is_renamed
            or pair.is_retyped
            or pair.is_reshaped
            or self.has_moved(pair)
            for pair in self.pairs
            if pair.is_counted
        )

    @property
    def has_changed_values(self) -> bool:
        """Whether values of a pair differ beyond the tolerance, or may: unread or unreadable."""
        bad = ("changed", "unknown", "unreadable", "incomparable")
        return any(pair.state in bad for pair in self.pairs if pair.is_counted)

    def is_skipped(self, section: Section) -> bool:
        """Whether a section is not compared."""
        return any(one.section == section for one in self.skipped)

    def has_moved(self, pair: TensorPair) -> bool:
        """Whether a role is another one, where both sides know as much of it.

        Some formats know more than others, and so does an object graph that can be read.
        """
        before, after = self.before, self.after
        is_known = before.kind == after.kind and bool(before.objects) == bool(after.objects)
        return is_known and pair.is_moved

    def with_values(
        self,
        found: Mapping[int, ValueDiff | ModelInspectError],
        tolerance: Tolerance = EXACT,
    ) -> ArtifactDiff:
        """The same with what reading told of pairs, by their place in `pairs`."""
        pairs = list(self.pairs)
        for place, result in found.items():
            if isinstance(result, ModelInspectError):
                pairs[place] = replace(pairs[place], error=result)
            else:
                pairs[place] = _confirm(replace(pairs[place], values=result))
        return replace(self, pairs=tuple(pairs), tolerance=tolerance)

    def _compared(self, section: Section, items: tuple[_Item, ...]) -> Iterator[_Item]:
        return iter(() if self.is_skipped(section) else items)


def _confirm(pair: TensorPair) -> TensorPair:
    """A guess, surer where all values turned out equal and are too many to be so by chance."""
    is_equal = pair.values is not None and not pair.values.differing
    if pair.by != "guess" or not is_equal or pair.tensor.size < _FEW:
        return pair
    confidence = max(pair.confidence, _CONFIRMED)
    return replace(pair, confidence=confidence, reason=f"{pair.reason}; all values are equal")


def measure_change(pair: TensorPair) -> tuple[bool, float]:
    """How much a pair changed, to sort by: weights before the optimizer's, by relative L2.

    Where all was zero before, or there are no numbers, it is least.
    """
    is_weight = pair.tensor.role in ("weight", "state")
    if pair.values is None or not pair.values.differing:
        return is_weight, 0.0
    relative = pair.values.relative_l2 or 0.0
    return is_weight, 0.0 if math.isnan(relative) else relative
