"""What the process with TensorFlow does: load a model once, call it, tell why it cannot."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import tensorflow as tf
from tensorflow.python.saved_model.loader_impl import parse_saved_model

from tensorboard_plugin_modelinspect.runner import worker_limits
from tensorboard_plugin_modelinspect.runner.frames import (
    Block,
    Frame,
    read_frame,
    to_array,
    write_frame,
)
from tensorboard_plugin_modelinspect.runner.worker_nan import Finding
from tensorboard_plugin_modelinspect.runner.worker_probe import Probed
from tensorboard_plugin_modelinspect.runner.worker_reasons import describe_error
from tensorboard_plugin_modelinspect.runner.worker_values import Taken, make_arguments
from tensorboard_plugin_modelinspect.runner.worker_variables import Variables
from tensorboard_plugin_modelinspect.runner.worker_watch import (
    FileNames,
    Watched,
    changes_variables,
)

VERSION = str(getattr(tf, "__version__", "0"))
OLDEST = (2, 4)
"""Earlier versions of TensorFlow cannot read what the parts of it used here write."""
MOST_WATCHED = 8
"""Signatures with inner tensors that stay built."""

_Built = TypeVar("_Built", Watched, Probed)


def describe_too_old() -> str:
    """Why this TensorFlow cannot be used; empty if it can."""
    if _numbers(VERSION) >= OLDEST:
        return ""
    return f"TensorFlow {VERSION} is too old: {OLDEST[0]}.{OLDEST[1]} or newer is needed."


def serve(requests: io.RawIOBase, answers: io.RawIOBase, token: str) -> None:
    """Answer requests until there are no more."""
    model: Model | None = None
    while (frame := read_frame(requests, sys.maxsize)) is not None:
        blocks: list[Block] = []
        try:
            worker_limits.allow_cpu(frame.header["cpu_s"])
            if frame.header["ask"] == "load":
                model = Model(frame.header["path"], frame.header["tags"])
                header = model.describe()
            elif model is not None and frame.header["ask"] == "assign":
                header = model.assign(frame)
            elif model is not None and frame.header["ask"] == "changed":
                header = {"changed": model.is_changed()}
            elif model is not None:
                header, blocks = model.call(frame)
            else:
                header = {"error": {"kind": "call", "text": "No model is loaded."}}
        except Exception as error:  # noqa: BLE001 - whatever TensorFlow says of the model
            ask = "load" if frame.header["ask"] == "load" else "call"
            told = describe_error(error, ask)
            if ask == "load":
                told["text"] += _describe_newer(frame.header["path"])
            header, blocks = {"error": told}, []
        _mark(token)
        write_frame(answers, header, blocks)


def _describe_newer(path: str) -> str:
    """That a newer TensorFlow wrote a model, and how to get that; nothing if none did."""
    try:
        graphs = parse_saved_model(path).meta_graphs
    except Exception:  # noqa: BLE001 - why it cannot be read has been said
        return ""
    versions = [graph.meta_info_def.tensorflow_version for graph in graphs]
    newest = max(versions, key=_numbers, default="")
    if _numbers(newest) <= _numbers(VERSION):
        return ""
    return (
        f" TensorFlow {newest} wrote the model, and this is {VERSION}:"
        f" pip install 'tensorflow>={newest}'"
    )


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version that can be compared: `2.21`."""
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def _mark(token: str) -> None:
    """Tell the log that the answer comes: what was printed before belongs to it."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(2, f"\n{token}\n".encode())


class Model:
    """A loaded SavedModel."""

    def __init__(self, path: str, tags: list[str] | None) -> None:
        began_s = time.perf_counter()
        self._path = path
        self._tags = tags
        self._loaded = tf.saved_model.load(path, tags=tags)
        self._elapsed_s = time.perf_counter() - began_s
        self._watched: dict[str, Any] = {}
        self._called: dict[str, Any] = {}

    def describe(self) -> dict[str, Any]:
        """What the client wants to know of it."""
        return {
            "signatures": sorted(self._loaded.signatures),
            "elapsed_s": self._elapsed_s,
            "memory_nbytes": worker_limits.measure_memory()[0],
        }

    def call(self, frame: Frame) -> tuple[dict[str, Any], list[Block]]:
        """Run a signature; the answer and its arrays."""
        request = frame.header
        key = request["signature"]
        given = dict(zip(request["inputs"], frame.blocks, strict=True))
        function = self._function(key, given)
        arguments = make_arguments(function, given)
        self._called[key] = function
        taken = Taken(request["keep_nbytes"], request["all_nbytes"], request["most_nbytes"])
        began_s = time.perf_counter()
        watched: Watched | None = None
        inner: list[Any] = []
        found = None
        if request["watch"]:
            watched = self._watch(key, function, request["watch"])
            outputs, inner = watched(_in_order(function, arguments), function.captured_inputs)
            outputs = _structured(function, outputs)
        elif request.get("find_nan"):
            probed = self._probe(key, function)
            outputs, counts = probed(_in_order(function, arguments), function.captured_inputs)
            found = Finding(probed, counts, function, self._variables).describe()
            outputs = _structured(function, outputs)
        else:
            outputs = function(**arguments)
        taken.take_outputs(outputs)
        elapsed_s = time.perf_counter() - began_s
        if watched is not None:
            taken.take_watched(watched.sites, inner)
        memory, peak = worker_limits.measure_memory()
        header = {
            "outputs": taken.outputs,
            "watched": taken.watched,
            "elapsed_s": elapsed_s,
            "memory_nbytes": memory,
            "peak_nbytes": peak,
            "nan": found,
        }
        return header, taken.blocks

    def is_changed(self) -> bool:
        """Whether a call may have changed a variable, so that it has another value than loaded."""
        return any(map(changes_variables, self._called.values()))

    def assign(self, frame: Frame) -> dict[str, Any]:
        """Give a variable another value; why that cannot be."""
        (block,) = frame.blocks
        dtype = tf.as_dtype(block.dtype)
        array = to_array(block, np.dtype(dtype.as_numpy_dtype))
        return {"reason": self._variables.assign(frame.header["path"], array)}

    def _function(self, key: str, given: dict[str, Any]) -> Any:
        """The function of a signature for the inputs that are given."""
        if key not in self._loaded.signatures:
            known = ", ".join(sorted(self._loaded.signatures)) or "none"
            raise ValueError(f'Could not find signature "{key}". Please choose from: {known}')
        function = self._loaded.signatures[key]
        names = function._arg_keywords
        unknown = [name for name in given if name not in names]
        if unknown:
            known = '"' + '", "'.join(names) + '"'
            raise ValueError(
                f'"{unknown[0]}" is not a valid input key. Please choose from {known}.'
            )
        missing = [name for name in names if name not in given]
        return self._with_defaults(key, function, missing) if missing else function

    def _with_defaults(self, key: str, function: Any, missing: list[str]) -> Any:
        """The same function without the inputs that have a default value.

        In TensorFlow 1 that is a placeholder with a default, which a session runs where nothing is
        fed; in TensorFlow 2 it is stored with the signature, and the function fills it in.
        """
        signature = self._meta_graph.signature_def[key]
        if not self._is_tf1:
            lacking = [name for name in missing if name not in signature.defaults]
            if lacking:
                raise ValueError(f'The input "{lacking[0]}" is missing, and has no default value.')
            return function
        graph = self._loaded.graph
        tensors = {
            name: graph.get_tensor_by_name(signature.inputs[name].name)
            for name in function._arg_keywords
            if name in signature.inputs
        }
        for name in missing:
            if name not in tensors or tensors[name].op.type != "PlaceholderWithDefault":
                raise ValueError(f'The input "{name}" is missing, and has no default value.')
        feeds = {name: tensor for name, tensor in tensors.items() if name not in missing}
        specs = {name: tf.TensorSpec(t.shape, t.dtype, name) for name, t in feeds.items()}
        partial = self._loaded.prune(
            list(feeds.values()), dict(signature.outputs), input_signature=((), specs)
        )
        partial._arg_keywords, partial._num_positional_args = list(feeds), 0
        return partial

    def _watch(self, key: str, function: Any, watches: list[Any]) -> Watched:
        """The signature with inner tensors; the last few are kept."""
        name = f"{key} {function._arg_keywords} {watches}"
        return self._built(name, lambda: Watched(function, self._names, self._root(key), watches))

    def _probe(self, key: str, function: Any) -> Probed:
        """The signature with counters of NaNs; kept like those with inner tensors."""
        name = f"{key} {function._arg_keywords} nan"
        return self._built(name, functools.partial(Probed, function, self._names, self._root(key)))

    def _built(self, name: str, build: Callable[[], _Built]) -> _Built:
        if name not in self._watched:
            while len(self._watched) >= MOST_WATCHED:
                del self._watched[next(iter(self._watched))]
            self._watched[name] = build()
        built: _Built = self._watched[name]
        return built

    def _root(self, key: str) -> str:
        """The function of the file that a signature runs; "" for the main graph."""
        return "" if self._is_tf1 else self._names.entry(self._meta_graph.signature_def[key])

    @functools.cached_property
    def _variables(self) -> Variables:
        return Variables(self._loaded)

    @functools.cached_property
    def _meta_graph(self) -> Any:
        """The MetaGraph as it is in the file, where functions have their own names."""
        graphs = parse_saved_model(self._path).meta_graphs
        if self._tags is None:
            return graphs[0]
        return next(item for item in graphs if set(item.meta_info_def.tags) == set(self._tags))

    @functools.cached_property
    def _names(self) -> FileNames:
        return FileNames(self._meta_graph.graph_def)

    @property
    def _is_tf1(self) -> bool:
        return hasattr(self._loaded, "prune")


def _in_order(function: Any, arguments: dict[str, Any]) -> list[Any]:
    return [arguments[name] for name in function._arg_keywords]


def _structured(function: Any, outputs: list[Any]) -> Any:
    """Outputs in the structure that the function itself gives them."""
    return tf.nest.pack_sequence_as(function.structured_outputs, outputs, expand_composites=True)
