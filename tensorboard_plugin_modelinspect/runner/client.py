"""A model in a process of its own, from the side that asks.

    with Runner(Load("/models/half_plus_two")) as runner:
        answer = runner.call(Call("serving_default", {"x": numpy.float32([1, 2])}))

Nothing of TensorFlow is imported here. Several callers with one model or more want `pool.py`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any

import numpy as np

from tensorboard_plugin_modelinspect.errors import (
    CallFailed,
    LoadFailed,
    ModelInspectError,
    RunnerCancelled,
    RunnerError,
    RunnerMissing,
    RunnerOutOfMemory,
)
from tensorboard_plugin_modelinspect.model.dtype import DTYPES
from tensorboard_plugin_modelinspect.runner.findings import parse_finding
from tensorboard_plugin_modelinspect.runner.frames import (
    BadFrame,
    Block,
    Frame,
    to_array,
    to_block,
)
from tensorboard_plugin_modelinspect.runner.messages import (
    Answer,
    AppliedLimit,
    Call,
    JobState,
    Limits,
    Load,
    Loaded,
    Value,
    WatchedValue,
)
from tensorboard_plugin_modelinspect.runner.process import INSTALL, Process

Assign = Callable[[Sequence[str], np.ndarray], str]
"""Gives a variable of a loaded model another value; why that cannot be, or "".

It takes the names along its object graph from the root (of TensorFlow 1 the variable's name), and
an array in the type of the variable.
"""
Prepare = Callable[[Assign], Any]
"""What a model goes through each time it is loaded, before it is called; it may raise."""

_TYPES = {dtype.name: dtype for dtype in DTYPES.values()}
_KINDS: dict[str, type[RunnerError]] = {
    "missing": RunnerMissing,
    "load": LoadFailed,
    "memory": RunnerOutOfMemory,
    "call": CallFailed,
}


class Runner:
    """One model in one process: started and loaded when first called, and again after its end.

    May be shared by threads; calls wait for each other. `cancel` waits for nobody.

    Args:
        model: What to load.
        limits: What it may take.
        prepare: Called whenever it was loaded. If that raises, the process ends.

    Attributes:
        prepared: What `prepare` gave.
    """

    def __init__(
        self, model: Load, limits: Limits | None = None, prepare: Prepare | None = None
    ) -> None:
        self.model = model
        self.limits = limits or Limits()
        self.loaded: Loaded | None = None
        self.state: JobState = "queued"
        self.prepared: Any = None
        self._prepare = prepare
        self._turn = threading.Lock()
        self._process: Process | None = None
        self._called: set[str] = set()
        self._cancelled = threading.Event()

    def __enter__(self) -> Runner:
        """Start nothing yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the process."""
        self.close()

    def load(self) -> Loaded:
        """Start the process and load the model, unless that is done.

        Raises:
            RunnerMissing: No TensorFlow, or one that is too old.
            LoadFailed: TensorFlow cannot load it.
            RunnerTimeout, RunnerOutOfMemory, RunnerCrashed, RunnerCancelled: As they say.
            ModelInspectError: What `prepare` raises.

        Cost: 3 s for TensorFlow, 0.1 s to minutes for the model.
        """
        with self._turn:
            self._cancelled = threading.Event()
            return self._load()

    def call(self, call: Call, cancelled: threading.Event | None = None) -> Answer:
        """Run a signature; loads the model first if need be.

        Args:
            call: What to run.
            cancelled: Set before `cancel` by whoever may cancel before the call begins.

        Raises:
            CallFailed: TensorFlow refuses the inputs, or fails on them; the process lives on.
            RunnerError: As for `load`; the process has ended, and the next call starts another.
        """
        with self._turn:
            self._cancelled = cancelled or threading.Event()
            if call.fresh and self.is_warm and self._is_changed():
                self._forget()
            self._load()
            return self._call(call)

    def cancel(self) -> None:
        """End the process; whoever waits for an answer gets `RunnerCancelled`."""
        self._cancelled.set()
        process = self._process
        if process is not None:
            process.kill(RunnerCancelled("Cancelled."))

    def close(self) -> None:
        """End the process and wait until it is gone. A later call starts another."""
        self.cancel()
        with self._turn:
            self._forget()

    @property
    def is_warm(self) -> bool:
        """Whether the model is loaded and its process lives."""
        return self.loaded is not None and self._process is not None and self._process.is_alive

    @property
    def pid(self) -> int | None:
        """The process, if there is one."""
        return self._process.pid if self._process is not None else None

    def _forget(self) -> None:
        process, self._process, self.loaded = self._process, None, None
        self._called.clear()
        if process is not None:
            process.close()

    def _load(self) -> Loaded:
        if self.loaded is not None and self.is_warm:
            return self.loaded
        self._forget()
        try:
            start_s, ready = self._start()
            loaded = self._ask_to_load(start_s, ready)
            if self._prepare is not None:
                self.state = "restoring"
                self.prepared = self._prepare(self._assign)
            self.loaded = loaded
        except BaseException:
            self._forget()
            raise
        return loaded

    def _start(self) -> tuple[float, Frame]:
        """Start the process; the seconds that took, and its first word."""
        self.state = "starting"
        began_s = time.monotonic()
        self._process = Process(
            self.model.python,
            gpu=self.model.gpu,
            limits={"memory_nbytes": self.limits.memory_nbytes},
        )
        ready = self._exchange(None, (), self.limits.start_s, "starting TensorFlow")
        return time.monotonic() - began_s, ready

    def _ask_to_load(self, start_s: float, ready: Frame) -> Loaded:
        self.state = "loading"
        request = {
            "ask": "load",
            "path": self.model.path,
            "tags": self.model.tags,
            "cpu_s": self.limits.cpu_s,
        }
        header = self._exchange(request, (), self.limits.load_s, "loading the model").header
        self._take_log()  # of its first words nobody asks
        with _understood():
            return Loaded(
                tensorflow=str(ready.header["tensorflow"]),
                signatures=tuple(map(str, header["signatures"])),
                start_s=start_s,
                elapsed_s=float(header["elapsed_s"]),
                memory_nbytes=int(header["memory_nbytes"]),
                limits=tuple(AppliedLimit(**limit) for limit in ready.header["limits"]),
            )

    def _is_changed(self) -> bool:
        """Whether the calls so far may have changed variables."""
        request = {"ask": "changed", "cpu_s": self.limits.cpu_s}
        frame = self._exchange(request, (), self.limits.load_s, "looking at earlier calls")
        self._take_log()
        with _understood():
            return bool(frame.header["changed"])

    def _assign(self, path: Sequence[str], array: np.ndarray) -> str:
        request = {"ask": "assign", "path": list(path), "cpu_s": self.limits.cpu_s}
        doing = f"assigning {'/'.join(path)}"
        frame = self._exchange(request, [_encode(array)], self.limits.load_s, doing)
        self._take_log()  # its end must not be taken for that of a call
        with _understood():
            return str(frame.header["reason"])

    def _call(self, call: Call) -> Answer:
        self.state = "running"
        began_s = time.monotonic()
        request = {
            "ask": "call",
            "signature": call.signature,
            "inputs": list(call.inputs),
            "watch": [[watch.name, watch.graph] for watch in call.watch],
            "keep_nbytes": call.keep_nbytes,
            "all_nbytes": call.all_nbytes,
            "find_nan": call.find_nan,
            "most_nbytes": self.limits.answer_nbytes,
            "cpu_s": self.limits.cpu_s,
        }
        blocks = [_encode(array) for array in call.inputs.values()]
        doing = f"calling {call.signature}"
        try:
            frame = self._exchange(request, blocks, self.limits.call_s, doing)
        except BaseException:
            if not self.is_warm:
                self._forget()
            raise
        with _understood():
            answer = _parse_answer(frame)
        is_first = call.signature not in self._called
        self._called.add(call.signature)
        return dataclasses.replace(
            answer,
            log=self._take_log(),
            is_first=is_first,
            overhead_s=time.monotonic() - began_s - answer.elapsed_s,
        )

    def _exchange(
        self,
        request: dict[str, Any] | None,
        blocks: Sequence[Block],
        wall_s: float | None,
        doing: str,
    ) -> Frame:
        """One question and its answer, unless that is an error."""
        process = self._process
        if process is None or self._cancelled.is_set():
            raise RunnerCancelled("Cancelled.")
        frame = process.exchange(
            request, blocks, wall_s=wall_s, most_nbytes=self.limits.answer_nbytes, doing=doing
        )
        error = frame.header.get("error")
        if error is None:
            return frame
        self._take_log()
        raise _describe(error, doing)

    def _take_log(self) -> str:
        return self._process.log.take() if self._process is not None else ""


@contextlib.contextmanager
def _understood() -> Iterator[None]:
    """What the worker says is checked like a file: its process has run the model."""
    try:
        yield
    except (BadFrame, KeyError, TypeError, ValueError, AttributeError, StopIteration):
        raise CallFailed("The process that ran the model gave an answer without sense.") from None


def _describe(error: object, doing: str) -> ModelInspectError:
    """The error that the worker tells of."""
    told = error if isinstance(error, dict) else {}
    text = str(told.get("text", "no reason"))[:2000]
    kind = _KINDS.get(str(told.get("kind")), CallFailed)
    if kind is RunnerMissing:
        return RunnerMissing(f"{text} Install it: {INSTALL}")
    return kind(f"{doing}: {text}")


def _encode(array: np.ndarray) -> Block:
    if array.dtype.kind in "OSU":
        return to_block(array, "string")
    return to_block(array, array.dtype.name)


def _decode(block: Block) -> np.ndarray:
    dtype = _TYPES.get(block.dtype)
    if dtype is None or not dtype.numpy_name:
        raise BadFrame(f"values of type {block.dtype}")
    return to_array(block, dtype.to_numpy())


def _parse_answer(frame: Frame) -> Answer:
    header = frame.header
    arrays = iter([_decode(block) for block in frame.blocks])
    return Answer(
        outputs=tuple(_parse_value(row, arrays) for row in header["outputs"]),
        watched=tuple(_parse_watched(row, arrays) for row in header["watched"]),
        elapsed_s=float(header["elapsed_s"]),
        memory_nbytes=int(header["memory_nbytes"]),
        peak_nbytes=header["peak_nbytes"],
        nan=parse_finding(header["nan"]) if header.get("nan") else None,
    )


def _parse_value(row: dict[str, Any], arrays: Iterator[np.ndarray]) -> Value:
    return Value(
        key=str(row["key"]),
        dtype=str(row["dtype"]),
        shape=tuple(row["shape"]),
        values=next(arrays) if row["has_values"] else None,
    )


def _parse_watched(row: dict[str, Any], arrays: Iterator[np.ndarray]) -> WatchedValue:
    return WatchedValue(
        node=str(row["node"]),
        output=int(row["output"]),
        op=str(row["op"]),
        graph=str(row["graph"]),
        calls=tuple(map(str, row["calls"])),
        dtype=str(row["dtype"]),
        shape=None if row["shape"] is None else tuple(row["shape"]),
        values=next(arrays) if row["has_values"] else None,
        reason=str(row["reason"]),
        size=int(row["size"]),
        finite=row["finite"],
    )
