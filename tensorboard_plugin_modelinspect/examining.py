"""Statistics of many tensors with what each of them tells of its health, in one go."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.health import (
    HealthFinding,
    find_in_tensor,
    read_channels,
    sort_findings,
)
from tensorboard_plugin_modelinspect.analyses.health.channels import judge_channels
from tensorboard_plugin_modelinspect.analyses.health.names import channel_axes
from tensorboard_plugin_modelinspect.analyses.stats import Outcome, TensorStats, iter_stats
from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.measuring import MOST_THREADS, count_threads
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.stats_cache import ContentCache

MOST_CHANNELS_NBYTES = 1 << 30
"""Of a kernel, or an embedding, whose channels are looked at: that is another pass over it."""


class Examined(NamedTuple):
    """What became of a tensor.

    Attributes:
        tensor: Itself.
        stats: None if it cannot be read.
        error: Why not.
        findings: What is not well with it, the worst first.
        reread_nbytes: Bytes read once more to look at its output channels.
    """

    tensor: Tensor
    stats: TensorStats | None
    error: ModelInspectError | None
    findings: tuple[HealthFinding, ...] = ()
    reread_nbytes: int = 0


@dataclass(frozen=True)
class Examination:
    """How tensors are examined.

    Attributes:
        cache: Asked for what is known of a content, and told of what was not.
        previous: Statistics of the checkpoint before, by key; may be empty.
        threads: At most; as `measure_artifact`.
        reads_channels: Whether to look at output channels, which statistics do not tell.
    """

    cache: ContentCache | None = None
    previous: Mapping[str, TensorStats] = field(default_factory=dict)
    threads: int | None = None
    reads_channels: bool = True

    def run(self, tensors: Iterable[Tensor], advance: Callable[[int], None]) -> Iterator[Examined]:
        """Examine tensors, in their order; one that cannot be read is told, and the rest goes on.

        Args:
            tensors: As for `iter_stats`. An alias has no findings: what it repeats has them.
            advance: As for `iter_stats`.

        Cost: as `iter_stats`, and another pass over kernels and embeddings. Whoever closes the
        iterator cancels the rest.
        """
        waiting: deque[Future[Examined]] = deque()
        with ThreadPoolExecutor(self.threads or count_threads()) as executor:
            try:
                for outcome in iter_stats(tensors, executor, self.cache, advance):
                    waiting.append(self._start(outcome, executor))
                    while len(waiting) > MOST_THREADS or (waiting and waiting[0].done()):
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()

    def _start(self, outcome: Outcome, executor: Executor) -> Future[Examined]:
        """Examine what is known of a tensor; only to read it again is work for a thread."""
        tensor, stats, _ = outcome
        done: Future[Examined] = Future()
        if stats is None or tensor.alias_of is not None:
            done.set_result(Examined(*outcome))
            return done
        found = find_in_tensor(tensor, stats, self.previous.get(tensor.key))
        if self._has_channels(tensor, stats):
            channels = None if self.cache is None else self.cache.get_channels(tensor)
            if channels is None:
                return executor.submit(self._read_channels, outcome, found)
            found += judge_channels(tensor, channels)
        done.set_result(Examined(*outcome, sort_findings(found)))
        return done

    def _has_channels(self, tensor: Tensor, stats: TensorStats) -> bool:
        """Whether they are to be looked at, and differ."""
        is_wanted = self.reads_channels and tensor.nbytes <= MOST_CHANNELS_NBYTES
        return is_wanted and stats.min != stats.max and bool(channel_axes(tensor))

    def _read_channels(self, outcome: Outcome, found: list[HealthFinding]) -> Examined:
        tensor = outcome.tensor
        try:
            channels = read_channels(tensor)
        except ModelInspectError as error:  # the file changed a moment ago
            return Examined(tensor, None, error)
        if channels is None:
            return Examined(*outcome, sort_findings(found))
        if self.cache is not None:
            self.cache.put_channels(tensor, channels)
        found += judge_channels(tensor, channels)
        return Examined(*outcome, sort_findings(found), tensor.nbytes)
