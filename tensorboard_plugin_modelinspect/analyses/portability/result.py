"""What portability says: a verdict for each target, with the evidence.

All is told from the file and from tables of what each target knows. Nothing is loaded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from tensorboard_plugin_modelinspect.model.artifact import Kind

Verdict = Literal["works", "needs", "unknown", "fails"]
VERDICTS: tuple[Verdict, ...] = ("works", "needs", "unknown", "fails")
"""From good to bad. `works`: nothing stands against it; `needs`: it does once something is given
that the evidence names; `unknown`: the tables do not tell; `fails`: it does not."""

TARGETS = ("tf", "tflite", "tfjs", "serving", "keras3")
"""Names of targets. `tf` goes with a version, as in `tf==2.12`; alone it is the newest one that
the tables know. The others may have one where the tables tell versions apart."""


class Place(NamedTuple):
    """A node: the id of its graph (as in `Graph.id`) and its name; of a Keras layer `keras:layers`.

    Empty texts where no node is meant.
    """

    graph: str
    node: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for a verdict.

    Attributes:
        rule: Stable, for programs; docs/portability.md lists them: `op-too-new`, `custom-op`.
        verdict: What the target's verdict would be by this reason alone.
        what: The op, attribute, layer, type or device that it is about; empty for the artifact.
        fact: A sentence that says what is so.
        advice: A sentence that says what to do; empty where nothing can be done.
        command: A line for the shell that does it, such as `pip install …`; empty if there is none.
        count: Nodes or layers that it is about; 0 where it is about none.
        places: The first of them.
        signatures: Keys of signatures that reach it, sorted; none where only saving and
            initialising do, or nothing does.
    """

    rule: str
    verdict: Verdict
    what: str
    fact: str
    advice: str = ""
    command: str = ""
    count: int = 0
    places: tuple[Place, ...] = ()
    signatures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TargetReport:
    """What is said of one target.

    Attributes:
        target: As it was asked for: `tf==2.12`, `tflite`.
        title: For people: `TensorFlow 2.12`, `TensorFlow Lite`.
        evidence: The worst comes first.
    """

    target: str
    title: str
    evidence: tuple[Evidence, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst that the evidence says; `works` if there is none."""
        return worst(one.verdict for one in self.evidence)


@dataclass(frozen=True, slots=True)
class OpSupport:
    """An op that the model uses, and what the targets make of it.

    Attributes:
        op: Its name.
        count: Nodes of it in all graphs.
        package: Whose it is: `tensorflow`, a name on PyPI, or empty for an unknown one.
        since: Oldest TensorFlow that takes it as it is used here; empty if none or unknown.
        support: Verdict by target name (of `TARGETS`, without version).
        is_plumbing: Whether all its nodes only save, restore or initialise.
    """

    op: str
    count: int
    package: str
    since: str
    support: dict[str, Verdict]
    is_plumbing: bool


class Writer(NamedTuple):
    """Who wrote a MetaGraph, or a Keras file.

    Attributes:
        tags: Sorted.
        tensorflow: Version, empty if it is not stored.
        released: Versions of TensorFlow with that GraphDef producer, such as `2.15`: the oldest and
            the newest; empty texts if unknown.
        keras: Version of Keras, empty if it is not stored.
        producer: GraphDef version of the writer; 0 if it is not stored.
        min_consumer: Oldest GraphDef version that may read it.
    """

    tags: tuple[str, ...]
    tensorflow: str
    released: tuple[str, str]
    keras: str
    producer: int
    min_consumer: int


class Package(NamedTuple):
    """An add-on package whose ops the model uses, and the line that installs it."""

    name: str
    command: str
    ops: tuple[str, ...]


class Device(NamedTuple):
    """A device that nodes are pinned to, and how many."""

    name: str
    nodes: int


class TypeUse(NamedTuple):
    """An element type, and how many tensors and nodes' attributes have it."""

    dtype: str
    uses: int


@dataclass(frozen=True, slots=True)
class Portability:
    """All that is said of an artifact.

    Attributes:
        path: As the user named it.
        kind: Its format.
        writers: One for each MetaGraph, in order.
        oldest: Oldest TensorFlow that takes all of it, such as `2.4`; empty if none or unknown.
        oldest_because: What an older one lacks; empty where `oldest` is the first of the tables.
        targets: In the order in which they were asked for.
        ops: By name.
        packages: By name.
        devices: By name.
        dtypes: By name.
        notes: Sentences about what could not be looked at.
    """

    path: str
    kind: Kind
    writers: tuple[Writer, ...]
    oldest: str
    oldest_because: tuple[Evidence, ...]
    targets: tuple[TargetReport, ...]
    ops: tuple[OpSupport, ...]
    packages: tuple[Package, ...]
    devices: tuple[Device, ...]
    dtypes: tuple[TypeUse, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def verdict(self) -> Verdict:
        """The worst of all targets."""
        return worst(one.verdict for one in self.targets)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of some verdicts; `works` of none."""
    return max(verdicts, key=VERDICTS.index, default="works")
