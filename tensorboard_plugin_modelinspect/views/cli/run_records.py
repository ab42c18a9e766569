"""What `modelinspect run --json` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tensorboard_plugin_modelinspect.model.signature import Signature
from tensorboard_plugin_modelinspect.runner.findings import Counted, Made, NanFinding
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
        "nan": None if answer.nan is None else nan_record(answer.nan),
    }


def nan_record(finding: NanFinding) -> dict[str, object]:
    """Where the first NaN is made."""
    return {
        "kind": finding.kind,
        "made": None if finding.made is None else _made(finding.made),
        "infinity": None if finding.infinity is None else _made(finding.infinity),
        "looked_at": finding.looked_at,
        "with_nan": finding.with_nan,
        "with_infinity": finding.with_infinity,
        "unseen": [one._asdict() for one in finding.unseen],
    }


def _made(made: Made) -> dict[str, object]:
    return {
        **_counted(made.tensor),
        "inputs": [_counted(one) for one in made.inputs],
        "argument": made.argument or None,
        "variable": made.variable or None,
    }


def _counted(tensor: Counted) -> dict[str, object]:
    return {
        "node": tensor.node,
        "output": tensor.output,
        "op": tensor.op or None,
        "graph": tensor.graph,
        "calls": list(tensor.calls),
        "dtype": tensor.dtype or None,
        "turns": list(tensor.turns),
        "counts": None if tensor.counts is None else tensor.counts._asdict(),
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
