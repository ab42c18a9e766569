"""Statistics of many tensors with what is wrong with each of them, in one go."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from tensorboard_plugin_modelinspect.analyses.health import (
    Channels,
    HealthFinding,
    find_in_artifact,
    find_in_tensor,
    has_channels,
    read_channels,
    sort_findings,
)
from tensorboard_plugin_modelinspect.analyses.stats import (
    Outcome,
    StatsCache,
    TensorStats,
    iter_stats,
    measure,
)
from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.measuring import MOST_THREADS, count_threads
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.tensor import Tensor

MOST_CHANNELS_NBYTES = 1 << 30
"""Of a kernel, or an embedding, whose channels are looked at: that is another pass over it."""

ChannelPolicy = Literal["read", "known", "skip"]
"""Whether output channels, which statistics do not tell, are read; or judged where they are known;
or not looked at."""

Advance = Callable[[int], None]


class Contents(StatsCache, Protocol):
    """What is known of contents seen before. For any thread."""

    def get_channels(self, tensor: Tensor) -> Channels | None:
        """Of a tensor of that content and kind of name, if they are known."""

    def put_channels(self, tensor: Tensor, channels: Channels) -> None:
        """Keep them, if the tensor's content can be told from others."""


def _nothing(_: object) -> None:
    """Of a tensor of which there is nothing; of bytes that nobody counts."""


@dataclass(frozen=True)
class Context:
    """What a tensor is judged by besides its own values.

    Attributes:
        previous: Statistics of the same tensor in the checkpoint before, where they are known.
        of_tensors: What names and checksums tell, by key.
        of_artifact: The same of the artifact as a whole.
    """

    previous: Callable[[Tensor], TensorStats | None] = _nothing
    of_tensors: Mapping[str, tuple[HealthFinding, ...]] = field(default_factory=dict)
    of_artifact: tuple[HealthFinding, ...] = ()


def make_context(
    artifact: Artifact,
    initial: Artifact | None = None,
    previous: Callable[[Tensor], TensorStats | None] = _nothing,
) -> Context:
    """The context of an artifact's tensors; arguments and cost as `find_in_artifact`."""
    by_key: dict[str | None, list[HealthFinding]] = {}
    for finding in sort_findings(find_in_artifact(artifact, initial)):
        by_key.setdefault(finding.key, []).append(finding)
    whole = tuple(by_key.pop(None, ()))
    of_tensors = {key: tuple(found) for key, found in by_key.items() if key is not None}
    return Context(previous, of_tensors, whole)


class Examined(NamedTuple):
    """What became of a tensor.

    Attributes:
        tensor: Itself.
        stats: None if it cannot be read.
        error: Why not.
        findings: What is not well with it, the worst first.
        channels: Its output channels, where they were looked at.
        reread_nbytes: Bytes read once more to look at them.
    """

    tensor: Tensor
    stats: TensorStats | None
    error: ModelInspectError | None
    findings: tuple[HealthFinding, ...] = ()
    channels: Channels | None = None
    reread_nbytes: int = 0


def channels_nbytes(tensor: Tensor, stats: TensorStats | None = None) -> int:
    """Bytes to be read for a tensor's output channels; 0 if they are not looked at.

    Args:
        tensor: Of large ones, and of aliases, they are not.
        stats: Of it, if known: where all values are one, channels say nothing.
    """
    if tensor.alias_of is not None or tensor.nbytes > MOST_CHANNELS_NBYTES:
        return 0
    if stats is not None and stats.min == stats.max:
        return 0
    return tensor.nbytes if has_channels(tensor) else 0


def left_nbytes(tensor: Tensor, examined: Examined | None) -> int:
    """Bytes to be read for what is not known of a tensor; `examined` None: nothing is known."""
    if examined is None:
        return tensor.nbytes + channels_nbytes(tensor)
    if examined.error is not None or examined.channels is not None:
        return 0
    return channels_nbytes(tensor, examined.stats)


@dataclass(frozen=True)
class Examination:
    """How tensors are examined.

    Attributes:
        cache: Asked for what is known of a content, and told of what was not.
        context: What else tells of a tensor's health.
        channels: Whether output channels are looked at.
        threads: At most; as `measure_artifact`.
        executor: Used instead of threads of its own.
    """

    cache: Contents | None = None
    context: Context = field(default_factory=Context)
    channels: ChannelPolicy = "read"
    threads: int | None = None
    executor: Executor | None = None

    def run(
        self, tensors: Iterable[Tensor], advance: Advance, reread: Advance = _nothing
    ) -> Iterator[Examined]:
        """Examine tensors, in their order; one that cannot be read is told, and the rest goes on.

        Args:
            tensors: As for `iter_stats`.
            advance: As for `iter_stats`.
            reread: The same of the bytes that are read for channels.

        Cost: as `iter_stats`, and another pass over kernels and embeddings. Whoever closes the
        iterator cancels the rest.
        """
        if self.executor is not None:
            yield from self._run(tensors, self.executor, advance, reread)
            return
        with ThreadPoolExecutor(self.threads or count_threads()) as executor:
            yield from self._run(tensors, executor, advance, reread)

    def _run(
        self, tensors: Iterable[Tensor], executor: Executor, advance: Advance, reread: Advance
    ) -> Iterator[Examined]:
        waiting: deque[Future[Examined]] = deque()
        try:
            for outcome in iter_stats(tensors, executor, self.cache, advance):
                waiting.append(self._start(outcome, executor, reread))
                while len(waiting) > MOST_THREADS or (waiting and waiting[0].done()):
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()

    def _start(self, outcome: Outcome, executor: Executor, reread: Advance) -> Future[Examined]:
        """Examine what is known of a tensor; only to read it again is work for a thread."""
        examined = self._judge_known(outcome)
        if examined is None:
            return executor.submit(self._read_channels, outcome, reread)
        done: Future[Examined] = Future()
        done.set_result(examined)
        return done

    def examine(self, tensor: Tensor) -> Examined:
        """Examine one tensor on the caller's thread. Cost: as `run`."""
        outcome = measure(tensor, self.cache)
        return self._judge_known(outcome) or self._read_channels(outcome, _nothing)

    def recall(self, tensor: Tensor) -> Examined | None:
        """What the cache knows of a tensor; None if not its statistics. Cost: reads nothing."""
        stats = None if self.cache is None else self.cache.get(tensor)
        if stats is None:
            return None
        return self._judge(Outcome(tensor, stats, None), self._known_channels(tensor, stats))

    def _judge_known(self, outcome: Outcome) -> Examined | None:
        """Judge a tensor without reading it; None if its channels must be read for that."""
        tensor, stats, _ = outcome
        if stats is None:
            return self._judge(outcome, None)
        channels = self._known_channels(tensor, stats)
        if channels is None and self.channels == "read" and channels_nbytes(tensor, stats):
            return None
        return self._judge(outcome, channels)

    def _known_channels(self, tensor: Tensor, stats: TensorStats) -> Channels | None:
        if self.cache is None or self.channels == "skip" or not channels_nbytes(tensor, stats):
            return None
        return self.cache.get_channels(tensor)

    def _read_channels(self, outcome: Outcome, reread: Advance) -> Examined:
        tensor = outcome.tensor
        try:
            channels = read_channels(tensor, reread)
        except ModelInspectError as error:  # the file changed a moment ago
            return self._judge(Outcome(tensor, None, error), None)
        if self.cache is not None:
            self.cache.put_channels(tensor, channels)
        return self._judge(outcome, channels)._replace(reread_nbytes=tensor.nbytes)

    def _judge(self, outcome: Outcome, channels: Channels | None) -> Examined:
        tensor, stats, _ = outcome
        found = list(self.context.of_tensors.get(tensor.key, ()))
        if stats is not None:
            previous = self.context.previous(tensor) if tensor.role == "weight" else None
            found += find_in_tensor(tensor, stats, previous, channels)
        return Examined(*outcome, sort_findings(found), channels)
