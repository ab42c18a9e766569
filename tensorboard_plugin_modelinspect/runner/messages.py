"""What is asked of a model and what it answers.

    Load ──► Loaded          Call ──► Answer

Errors are those of `errors.RunnerError`. Nothing here knows of processes, or of TensorFlow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from tensorboard_plugin_modelinspect.runner.findings import NanFinding

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Limits:
    """What a model may take before its process is ended; None is no limit.

    Attributes:
        start_s: Wall time until TensorFlow is imported.
        load_s: Wall time of loading.
        call_s: Wall time of a call.
        cpu_s: Processor time of loading, and again of each call, over all threads.
        memory_nbytes: Memory of the model and its calls, beyond what TensorFlow itself takes.
        answer_nbytes: Size of all outputs and watched tensors of a call.
    """

    start_s: float | None = 120
    load_s: float | None = 600
    call_s: float | None = 60
    cpu_s: float | None = 600
    memory_nbytes: int | None = 4 << 30
    answer_nbytes: int = 1 << 30


@dataclass(frozen=True, slots=True)
class AppliedLimit:
    """How a limit is kept on this platform.

    Attributes:
        name: A field of `Limits`, or `gpu`, `orphan`.
        by: Who keeps it, e.g. `the kernel (RLIMIT_DATA)`; empty if nobody does.
        text: For people, e.g. `memory: 4.0 GiB, by the kernel (RLIMIT_DATA)`.
    """

    name: str
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Load:
    """A model to be loaded, by `tf.saved_model.load`.

    Attributes:
        path: Folder of a SavedModel, resolved: whoever gives it has confined it.
        tags: Of the MetaGraph, in any order; None leaves the choice to TensorFlow, which wants
            a SavedModel with a single one.
        gpu: Whether TensorFlow may see GPUs.
        python: Interpreter to run TensorFlow in; empty for the one that runs this.
    """

    path: str
    tags: tuple[str, ...] | None = None
    gpu: bool = False
    python: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that is loaded.

    Attributes:
        tensorflow: Version of TensorFlow.
        signatures: Keys of what can be called.
        start_s: Wall time until TensorFlow was imported.
        elapsed_s: Wall time of loading.
        memory_nbytes: Resident memory of the process with the model.
        limits: What is limited here and what cannot be.
    """

    tensorflow: str
    signatures: tuple[str, ...]
    start_s: float
    elapsed_s: float
    memory_nbytes: int
    limits: tuple[AppliedLimit, ...]


@dataclass(frozen=True, slots=True)
class Watch:
    """Inner tensors to be given with the outputs.

    Attributes:
        name: A node (`model/dense/MatMul`), one output of it (`model/dense/MatMul:0`), a name
            scope (`model/dense`), or either behind the calls that lead to it
            (`StatefulPartitionedCall/model/dense`); empty for every node.
        graph: Function in which the name is looked for, as the SavedModel calls it; None for
            all that the signature runs. The main graph is "".
    """

    name: str
    graph: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A signature to be run once.

    Attributes:
        signature: Its key.
        inputs: By key, in the numpy type of the input (`DType.to_numpy`); strings as objects,
            `bytes` or `str`.
        watch: Inner tensors that are wanted too.
        keep_nbytes: Watched tensors are given up to this size each, of larger ones only type,
            shape and statistics.
        all_nbytes: Size of all that are given together, the first ones computed; None leaves it to
            the limit of an answer.
        find_nan: Whether to look for the first NaN; not together with `watch`.
        fresh: Whether variables must be as they were loaded: where earlier calls may have changed
            some, the model is loaded again.
    """

    signature: str
    inputs: Mapping[str, np.ndarray]
    watch: tuple[Watch, ...] = ()
    keep_nbytes: int = 64 << 20
    all_nbytes: int | None = None
    find_nan: bool = False
    fresh: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """An output.

    Attributes:
        key: Its key; those of a sparse or ragged one are parts, `x/indices`.
        dtype: What `tf.DType.name` says.
        shape: Sizes.
        values: In `DType.to_numpy`, strings as `bytes` objects; owned by the caller. None for
            what has no values outside of TensorFlow (a resource, a variant).
    """

    key: str
    dtype: str
    shape: tuple[int, ...]
    values: np.ndarray | None


@dataclass(frozen=True, slots=True, eq=False)
class WatchedValue:
    """An inner tensor.

    Attributes:
        node: The node in its graph.
        output: Which of its outputs, from 0.
        op: The node's op.
        graph: The function it is in, as the SavedModel calls it; "" for the main graph.
        calls: Names of the nodes that lead there from the signature, outermost first. A function
            that is called twice is there twice.
        dtype: What `tf.DType.name` says; empty if it could not be had.
        shape: Sizes; None if it could not be had.
        values: As of `Value`; None if it is too large, or could not be had.
        reason: Why there are no values; empty if there are.
        finite: How many elements are neither NaN nor infinite; None if that makes no sense.
        size: How many elements.
    """

    node: str
    output: int
    op: str
    graph: str
    calls: tuple[str, ...]
    dtype: str
    shape: tuple[int, ...] | None
    values: np.ndarray | None
    reason: str
    size: int
    finite: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a call gave.

    Attributes:
        outputs: Sorted by key.
        watched: Inner tensors, each after all that it was computed from.
        elapsed_s: Wall time that TensorFlow took.
        overhead_s: Wall time of everything else: messages, copies, waiting for the process.
        memory_nbytes: Resident memory of the process afterwards.
        peak_nbytes: The most it has been so far; None where the platform does not say.
        is_first: Whether it was the first call of the signature, which traces and compiles.
        log: The end of what the model and TensorFlow printed.
        nan: Where the first NaN is made; None if that was not asked.
        unwatched: Why there are no inner tensors though some were wanted; empty if there are.
    """

    outputs: tuple[Value, ...]
    watched: tuple[WatchedValue, ...] = ()
    elapsed_s: float = 0.0
    overhead_s: float = 0.0
    memory_nbytes: int = 0
    peak_nbytes: int | None = None
    is_first: bool = False
    log: str = field(default="", repr=False)
    nan: NanFinding | None = None
    unwatched: str = ""

    def without_inner(self) -> Answer:
        """The same without inner tensors, which may be large."""
        return replace(self, watched=())


JobState = Literal[
    "queued", "starting", "loading", "restoring", "running", "done", "failed", "cancelled"
]
"""Of a call in a `RunnerPool`; the last three are final."""
