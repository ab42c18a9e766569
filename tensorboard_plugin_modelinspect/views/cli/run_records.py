"""What `modelinspect run --json` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tensorboard_plugin_modelinspect.answering import Answers, Restored
from tensorboard_plugin_modelinspect.model.signature import Signature
from tensorboard_plugin_modelinspect.runner.comparison import Difference, InnerPair, OutputPair
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


def comparison_record(
    restored: Restored | None, path: str | None, found: Answers | None
) -> dict[str, object]:
    """What was restored, and what a comparison found; without inner tensors that are equal."""
    against = None
    if found is not None:
        comparison = found.comparison
        answer, of_other = found.right
        against = {
            "path": path,
            "differs": comparison.differs,
            "outputs": [_output_pair(pair) for pair in comparison.outputs],
            "first": None if comparison.first is None else _inner_pair(comparison.first),
            "inner": [_inner_pair(pair) for pair in comparison.differing],
            "compared": comparison.compared,
            "not_compared": comparison.not_compared,
            "unpaired": list(comparison.unpaired),
            "restored": None if of_other is None else _restored(of_other),
            "log": answer.log,
        }
    return {"restored": None if restored is None else _restored(restored), "against": against}


def _output_pair(pair: OutputPair) -> dict[str, object]:
    return {
        "key": pair.key,
        "left": None if pair.left is None else _value(pair.left, None),
        "right": None if pair.right is None else _value(pair.right, None),
        "difference": _difference(pair.difference),
    }


def _inner_pair(pair: InnerPair) -> dict[str, object]:
    left = pair.left
    return {
        "node": left.node,
        "output": left.output,
        "op": left.op,
        "graph": left.graph,
        "calls": list(left.calls),
        "dtype": left.dtype,
        "shape": list(left.shape or ()),
        "is_read": pair.is_read,
        "difference": _difference(pair.difference),
    }


def _difference(difference: Difference) -> dict[str, object]:
    return {
        **difference._asdict(),
        "place": list(difference.place),
        "values": None if difference.values is None else list(difference.values),
        "reason": difference.reason or None,
    }


def _restored(restored: Restored) -> dict[str, object]:
    return {
        "checkpoint": restored.checkpoint,
        "call": restored.call or None,
        "variables": list(restored.variables),
        "kept": [one._asdict() for one in restored.kept],
        "unused": [one._asdict() for one in restored.unused],
        "failure": restored.failure or None,
    }
