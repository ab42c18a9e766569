"""Calls of models that the tab asked for: who may ask, what is kept of them.

Nothing of this begins by itself, nor by anything that stands in an address.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.discovery import Found
from tensorboard_plugin_modelinspect.errors import BadRequest, NotFound, RunDisabled
from tensorboard_plugin_modelinspect.model.arrays import dtype_named, tensor_of
from tensorboard_plugin_modelinspect.model.artifact import Artifact, MetaGraph
from tensorboard_plugin_modelinspect.model.dtype import DType
from tensorboard_plugin_modelinspect.model.signature import Signature
from tensorboard_plugin_modelinspect.model.tensor import Tensor

if TYPE_CHECKING:
    import numpy as np

    from tensorboard_plugin_modelinspect.runner.jobs import Job, Preparation
    from tensorboard_plugin_modelinspect.runner.messages import Call, Load, Watch
    from tensorboard_plugin_modelinspect.runner.pool import RunnerPool
    from tensorboard_plugin_modelinspect.views.http.versus import Versus

FLAG = "--modelinspect_allow_run"
MOST_KEPT = 32
"""Calls whose inputs and outputs are kept; those that are under way beside them."""
KEPT_NBYTES = 1 << 30
"""Of all that is kept."""
WATCHED_NBYTES = 16 << 20
"""Inner tensors that are larger are counted, but their values are not brought here."""
ALL_WATCHED_NBYTES = 256 << 20
"""Of the inner tensors of a call, or of a side of a comparison: of those that are computed later
there are no values."""
MOST_SHOWN = 16
"""Calls whose inner tensors are kept; they go before any call of the history."""
SHOWN_NBYTES = 512 << 20
"""Of those, with their inputs and outputs; the one that is made beside them."""
_FINAL = ("done", "failed", "cancelled")
_PLACE = re.compile("[0-9]{1,6}")


@dataclass(frozen=True, slots=True, eq=False)
class Ran:
    """A call that was asked for.

    Attributes:
        found: The model.
        tags: Of its MetaGraph.
        signature: What is called.
        inputs: What with, by key.
        job: How it stands, and its answer.
        asked_s: Seconds since 1970.
        shows: Whether it only shows inner tensors of an earlier call; the history leaves it out.
        finds_nan: Whether it looks for the first NaN.
        preparation: What the model went through first: its variables got other values.
        versus: Of a comparison both sides, of which this call is the first.
    """

    found: Found
    tags: tuple[str, ...]
    signature: Signature
    inputs: dict[str, np.ndarray]
    job: Job
    asked_s: float
    shows: bool = False
    finds_nan: bool = False
    preparation: Preparation | None = None
    versus: Versus | None = None

    @property
    def id(self) -> str:
        """Not to be guessed: who has it may see the answer."""
        return self.job.id

    @property
    def has_ended(self) -> bool:
        """Whether its state is final."""
        return self.job.state in _FINAL

    @property
    def nbytes(self) -> int:
        """Bytes of its inputs and outputs, about: a string counts as its pointer."""
        arrays: list[np.ndarray | None] = [*self.inputs.values()]
        for answer in self.job.answers:
            arrays += [one.values for one in answer.outputs]
            arrays += [one.values for one in answer.watched]
        return sum(array.nbytes for array in arrays if array is not None)

    def input_dtype(self, key: str) -> DType:
        """The type of an input that was given."""
        from tensorboard_plugin_modelinspect.runner.inputs.feeding import expand_specs

        return expand_specs(self.signature)[key].dtype

    def input_tensor(self, key: str) -> Tensor:
        """An input as a tensor.

        Raises:
            NotFound: None of that key was given.
        """
        if key not in self.inputs:
            raise NotFound(f'This call was given no input "{key[:200]}".')
        return tensor_of(key, self.input_dtype(key), self.inputs[key])

    def output_tensor(self, key: str, place: int = 0) -> Tensor:
        """An output as a tensor; of a comparison that of the side in this place.

        Raises:
            RunnerError: The call failed.
            NotFound: None of that key came, or it has no values, or the call is under way.
        """
        if not self.has_ended:
            raise NotFound("This call is under way, and has no outputs yet.")
        self.job.result()
        outputs = [value for one in self.job.answers[place : place + 1] for value in one.outputs]
        for value in outputs:
            if value.key == key and value.values is not None:
                return tensor_of(key, dtype_named(value.dtype), value.values)
        raise NotFound(f'This call gave no output "{key[:200]}" that has values.')

    def watched_tensor(self, key: str) -> Tensor:
        """An inner tensor by its place among those that were asked for.

        Raises:
            RunnerError: The call failed.
            NotFound: There is none, or it has no values, or the call is under way.
        """
        if not self.has_ended:
            raise NotFound("This call is under way, and has no inner tensors yet.")
        watched = self.job.result().watched
        place = int(key) if _PLACE.fullmatch(key) else len(watched)
        if place >= len(watched) or (values := watched[place].values) is None:
            raise NotFound(f'This call has no inner tensor "{key[:20]}" that has values.')
        inner = watched[place]
        name = f"{'/'.join((*inner.calls, inner.node))}:{inner.output}"
        return tensor_of(name, dtype_named(inner.dtype), values)


class Runs:
    """Starts calls and keeps the last ones, of each model at least its last. For any thread.

    Args:
        allowed: Whether models may be run at all.
        python: Interpreter that has TensorFlow; empty for the one that runs this.
    """

    def __init__(self, *, allowed: bool = False, python: str = "") -> None:
        self.allowed = allowed
        self._python = os.path.expanduser(python)
        self._lock = threading.Lock()
        self._pool: RunnerPool | None = None
        self._kept: OrderedDict[str, Ran] = OrderedDict()

    def require_allowed(self) -> None:
        """Refuse what whoever started TensorBoard did not allow.

        Raises:
            RunDisabled: Says how to allow it.
        """
        if not self.allowed:
            raise RunDisabled(
                f"Running models is switched off. Start TensorBoard with {FLAG} to switch it on: "
                "whoever can open TensorBoard can then run the models below its logdir."
            )

    def start(
        self, found: Found, graph: MetaGraph, signature: Signature, inputs: dict[str, np.ndarray]
    ) -> Ran:
        """Ask for a call; it waits for its turn.

        Raises:
            RunDisabled: Nobody allowed it.
            BadRequest: Too many are waiting, or it is no SavedModel.
            NotFound: It was deleted.
            PathEscape: It was replaced by a link that leads out of the logdir.
        """
        from tensorboard_plugin_modelinspect.runner.messages import Call

        return self._submit(found, graph.tags, signature, Call(signature.key, inputs))

    def find_nan(self, found: Found, ran: Ran) -> Ran:
        """Ask for a call again, to find its first NaN; raises as `start` does."""
        from tensorboard_plugin_modelinspect.runner.messages import Call

        call = Call(ran.signature.key, ran.inputs, find_nan=True)
        return self._submit(found, ran.tags, ran.signature, call, ran.preparation)

    def watch(self, found: Found, ran: Ran, watch: Watch) -> Ran:
        """Ask for a call again, with inner tensors; raises as `start` does."""
        from tensorboard_plugin_modelinspect.runner.messages import Call

        call = Call(
            ran.signature.key,
            ran.inputs,
            (watch,),
            keep_nbytes=WATCHED_NBYTES,
            all_nbytes=ALL_WATCHED_NBYTES,
        )
        return self._submit(found, ran.tags, ran.signature, call, ran.preparation)

    def compare(self, ran: Ran, versus: Versus) -> Ran:
        """Ask two sides for the same call, with all inner tensors; raises as `start` does."""
        from tensorboard_plugin_modelinspect.runner.jobs import Task
        from tensorboard_plugin_modelinspect.runner.messages import Call, Watch

        self.require_allowed()
        plain = Call(ran.signature.key, ran.inputs, fresh=True)
        call = replace(plain, watch=(Watch(""),), all_nbytes=ALL_WATCHED_NBYTES)
        tasks = [
            Task(self._load(side.model, side.tags), call, side.preparation, plain)
            for side in versus.sides
        ]
        job = self._runner_pool().submit_all(tasks, versus.finish)
        left = versus.sides[0]
        asked = (dict(ran.inputs), job, time.time(), False, False, left.preparation, versus)
        return self._keep(Ran(left.model, left.tags, ran.signature, *asked))

    def _submit(
        self,
        found: Found,
        tags: tuple[str, ...],
        signature: Signature,
        call: Call,
        preparation: Preparation | None = None,
    ) -> Ran:
        self.require_allowed()
        job = self._runner_pool().submit(self._load(found, tags), call, preparation)
        asked = (dict(call.inputs), job, time.time(), bool(call.watch), call.find_nan, preparation)
        return self._keep(Ran(found, tags, signature, *asked))

    def _load(self, found: Found, tags: tuple[str, ...]) -> Load:
        from tensorboard_plugin_modelinspect.runner.messages import Load

        if found.state == "deleted":
            raise NotFound(f"{found.path}: it was deleted.")
        if found.kind != "saved_model":
            raise BadRequest(f"{found.path}: only a SavedModel can be called.")
        found.open_folder()  # refuses one that leads outside
        return Load(os.path.realpath(found.folder), tags, python=self._python)

    def _keep(self, ran: Ran) -> Ran:
        with self._lock:
            self._kept[ran.id] = ran
            self._forget()
        return ran

    def get(self, call_id: str) -> Ran:
        """A call by its id.

        Raises:
            RunDisabled: Nobody allowed to run models.
            NotFound: It is none, or not kept any more.
        """
        self.require_allowed()
        with self._lock:
            ran = self._kept.get(call_id)
        if ran is None:
            raise NotFound("No such call. Its answer is not kept any more: run it again.")
        return ran

    def calls_of(self, found: Found) -> list[Ran]:
        """The calls of a model that are kept, the last first.

        Raises:
            RunDisabled: Nobody allowed to run models.
        """
        self.require_allowed()
        with self._lock:
            kept = reversed(self._kept.values())
            return [ran for ran in kept if ran.found.id == found.id and not ran.shows]

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    def _runner_pool(self) -> RunnerPool:
        from tensorboard_plugin_modelinspect.runner.pool import RunnerPool

        with self._lock:
            if self._pool is None:
                self._pool = RunnerPool(most_kept=0)  # they are kept here
            return self._pool

    def _forget(self) -> None:
        """Drop the oldest, first of those that are not their model's last."""
        shown = [ran for ran in self._kept.values() if ran.has_ended and ran.shows]
        self._drop(shown, MOST_SHOWN, SHOWN_NBYTES)
        last = {ran.found.id: ran.id for ran in self._kept.values() if not ran.shows}
        ended = [ran for ran in self._kept.values() if ran.has_ended]
        ended.sort(key=lambda ran: (last.get(ran.found.id) == ran.id, not ran.shows))
        self._drop(ended, MOST_KEPT, KEPT_NBYTES)

    def _drop(self, ended: list[Ran], most: int, most_nbytes: int) -> None:
        """Drop the first of some calls until the others are few and small enough."""
        count, nbytes = len(ended), sum(ran.nbytes for ran in ended)
        for ran in ended:
            if count <= most and nbytes <= most_nbytes:
                return
            count, nbytes = count - 1, nbytes - ran.nbytes
            del self._kept[ran.id]


def find_signature(artifact: Artifact, tags: str, key: str) -> tuple[MetaGraph, Signature]:
    """A signature of a MetaGraph.

    Args:
        artifact: A SavedModel.
        tags: Joined by commas; empty for the first MetaGraph.
        key: Of the signature.

    Raises:
        NotFound: There is none.
    """
    for graph in artifact.meta_graphs:
        if tags and ",".join(graph.tags) != tags:
            continue
        for signature in graph.signatures:
            if signature.key == key and not signature.is_internal:
                return graph, signature
        break
    of = f" of the tags {tags[:80]}" if tags else ""
    raise NotFound(f'{artifact.path}: no signature "{key[:200]}"{of} that can be called.')
