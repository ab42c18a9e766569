"""What `modelinspect run --json` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tensorboard_plugin_modelinspect.model.signature import Signature
from tensorboard_plugin_modelinspect.runner.messages import Answer, Value, WatchedValue
from tensorboard_plugin_modelinspect.views.cli.tensor import json_values


def answer_record(
    path: str,
    tags: Sequence[str],
    signature: Signature,
    answer: Answer,
    saved: Mapping[str, str | None],
) -> dict[str, object]:
    """The document: outputs and inner tensors with their values, time and memory."""
    return {
        "path": path,
        "tags": list(tags),
        "signature": signature.key,
        "outputs": [_value(value, saved.get(value.key)) for value in answer.outputs],
        "watched": [_watched(value) for value in answer.watched],
        "elapsed_s": answer.elapsed_s,
        "memory_nbytes": answer.memory_nbytes,
        "peak_nbytes": answer.peak_nbytes,
        "log": answer.log,
    }


def _value(value: Value, saved: str | None) -> dict[str, object]:
    return {
        "key": value.key,
        "dtype": value.dtype,
        "shape": list(value.shape),
        "values": None if value.values is None else json_values(value.values),
        "file": saved,
    }


def _watched(value: WatchedValue) -> dict[str, object]:
    return {
        "node": value.node,
        "output": value.output,
        "op": value.op,
        "graph": value.graph,
        "calls": list(value.calls),
        "dtype": value.dtype or None,
        "shape": None if value.shape is None else list(value.shape),
        "size": value.size,
        "finite": value.finite,
        "values": None if value.values is None else json_values(value.values),
        "reason": value.reason or None,
    }
